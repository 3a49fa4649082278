"""Which certification an address means: run, reconstruction and, where there are several, the dataset."""

from __future__ import annotations

from collections.abc import Mapping

from certify.chronicle import was_without_dataset
from certify.exceptions import CertificationDeleted, CertifiedWithAnotherDataset, SeveralDatasetsCertified
from certify.models import CertificationQuerySet, TrackerCertification
from certify.versions import read_version

# A form's hidden field beside `version`: the key of the certification that its page showed. A program need not say it.
CERTIFICATION = "certification"


def living(run_number: int, reco: str, dataset: str | None) -> TrackerCertification:
    """`dataset`: "" is the one that is not known by name; None is not said, which does where there is only one.

    Raises DoesNotExist, CertificationDeleted, CertifiedWithAnotherDataset and SeveralDatasetsCertified.
    """
    found = list(TrackerCertification.objects.of(run_number, reco).with_everything_shown())
    if dataset is not None:
        meant = _meant(found, dataset)
        if meant:
            return meant
        _refuse_deleted(TrackerCertification.everything.in_bin().of_dataset(run_number, reco, dataset or None))
        if found:
            raise CertifiedWithAnotherDataset(found[0], dataset or None)
    if len(found) > 1:
        raise SeveralDatasetsCertified(run_number, reco)
    if not found:
        _refuse_deleted(TrackerCertification.everything.in_bin().of(run_number, reco))
        raise TrackerCertification.DoesNotExist
    return found[0]


def version_of(form: Mapping[str, str], pk: int | None) -> int | None:
    """The version of the certification `pk` that a form says it was made with.

    None for none, an odd one, or one of another certification that was at the same address before: versions of two
    may have the same number.
    """
    of = form.get(CERTIFICATION, "")
    return read_version(form.get("version", "")) if of in ("", str(pk)) else None


def to_be_shown(run_number: int, reco: str, dataset: str | None) -> TrackerCertification:
    """The living one, else what the bin had last.

    Raises DoesNotExist, CertifiedWithAnotherDataset and SeveralDatasetsCertified.
    """
    of_reco = TrackerCertification.everything.of(run_number, reco).with_everything_shown().select_related("deleted_by")
    alive = list(of_reco.filter(deleted_at=None))
    if dataset is None:
        if len(alive) > 1:
            raise SeveralDatasetsCertified(run_number, reco)
        return alive[0] if alive else of_reco.latest("deleted_at")
    meant = _meant(alive, dataset)
    if meant:
        return meant
    binned = of_reco.of_dataset(run_number, reco, dataset or None).order_by("deleted_at").last()
    if binned:
        return binned
    if alive:
        raise CertifiedWithAnotherDataset(alive[0], dataset or None)
    raise TrackerCertification.DoesNotExist


def _meant(alive: list[TrackerCertification], dataset: str) -> TrackerCertification | None:
    """A page that knew it without a name may be older than its name."""
    for certification in alive:
        if (certification.dataset_name or "") == dataset:
            return certification
    named_since = [] if dataset else [each for each in alive if was_without_dataset(each)]
    return named_since[0] if len(named_since) == 1 else None


def _refuse_deleted(deleted: CertificationQuerySet) -> None:
    last = deleted.select_related("run_reconstruction", "deleted_by", "dataset").order_by("deleted_at").last()
    if last:
        raise CertificationDeleted(last)
