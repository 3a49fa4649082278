"""The datasets of one reconstruction of a run, as last known, with what is certified of them."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Exists, OuterRef

from certify.links import address, certify_url
from certify.models import RunReconstruction, TrackerCertification
from runregistry.models import KnownDataset
from runregistry.states import state_in_words
from users.models import User


@dataclass(frozen=True)
class DatasetOfReco:
    """`name` is "" for a certification that has none; `is_listed`: the Run Registry listed it last."""

    name: str
    url: str
    certification: TrackerCertification | None = None
    state: str = ""
    is_listed: bool = False


def siblings_of(run_number: int, reco: str) -> list[DatasetOfReco]:
    """Those that the Run Registry listed last, and those that are certified without being listed."""
    certified = {
        each.dataset_name or "": each
        for each in TrackerCertification.objects.of(run_number, reco).select_related(
            "dataset", "author", "run_reconstruction__run"
        )
    }
    listed = {each.name: each for each in KnownDataset.objects.filter(run_id=run_number, reco=reco)}
    names = [*sorted(listed), *(name for name in certified if name not in listed)]
    return [_sibling(run_number, reco, name, certified.get(name), listed.get(name)) for name in names]


def has_uncertified(run_number: int) -> bool:
    """Whether the Run Registry listed a dataset of the run that nobody has certified by its name."""
    certified = TrackerCertification.objects.filter(run_reconstruction__run=run_number, dataset__name=OuterRef("name"))
    return KnownDataset.objects.filter(~Exists(certified), run=run_number).exclude(reco="").exists()


def datasets_to_choose(certification: TrackerCertification, siblings: list[DatasetOfReco], user: User) -> list[str]:
    """Names that this person may give it now: listed, and certified by nobody."""
    if certification.deleted_at or not certification.can_be_moved_by(user):
        return []
    return [each.name for each in siblings if each.is_listed and not each.certification]


def _sibling(
    run_number: int,
    reco: str,
    name: str,
    certification: TrackerCertification | None,
    listed: KnownDataset | None,
) -> DatasetOfReco:
    to_it = address("detail", run_number, reco, name) if certification else certify_url(run_number, reco, name)
    state = state_in_words(listed.tracker_state) if listed else ""
    return DatasetOfReco(name, to_it, certification, state, listed is not None)


def reconstructions_with_several(ofs: list[RunReconstruction]) -> set[int]:
    """Keys of those of which more than one dataset is known, as `TrackerCertification.full_name` says of one."""
    names: dict[int, set[str | None]] = {of.pk: set() for of in ofs}
    certified = TrackerCertification.everything.filter(run_reconstruction__in=names)
    for key, name in certified.values_list("run_reconstruction", "dataset__name"):
        names[key].add(name)
    keys = {(of.run_id, of.reconstruction): of.pk for of in ofs}
    listed = KnownDataset.objects.filter(run__in={run for run, _ in keys})
    for run, reco, name in listed.values_list("run", "reco", "name"):
        if (run, reco) in keys:
            names[keys[run, reco]].add(name)
    return {key for key, of in names.items() if len(of) > 1}
