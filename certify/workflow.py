"""The certify flow up to its forms: target, permission, external info. Knows no request and no HTML."""

from __future__ import annotations

from dataclasses import dataclass, replace

from certify.claims import refuse_if_claimed
from certify.exceptions import (
    DatasetRefused,
    MayNotCertify,
    ReconstructionNotToBeFound,
    RunReconstructionAllDatasetsCertified,
    RunReconstructionAlreadyCertified,
    SeveralDatasetsCertified,
)
from certify.external import ExternalInfo, ask_for_external_info, known_external_info
from certify.models import TrackerCertification
from certify.target import (
    Target,
    find_target,
    look_again,
    read_reco,
    unseal,
    with_last_known,
    without_a_seal,
)
from oms.client import OmsClient
from oms.models import OmsRun
from oms.services import ask_ahead
from runregistry.client import RunRegistryClient
from upstream.ahead import Ahead
from upstream.names import RUN_REGISTRY
from upstream.notices import ServiceNotice
from users.models import User


@dataclass(frozen=True)
class CertificationContext:
    """All that the forms and the page need. `certification` is the one to be changed, None for a new one.

    `unnamed`: one of the same reconstruction whose dataset is not known, and which may be of this one.
    """

    target: Target
    info: ExternalInfo
    certification: TrackerCertification | None = None
    unnamed: TrackerCertification | None = None

    @property
    def run(self) -> OmsRun:
        return self.info.run

    @property
    def warnings(self) -> tuple[ServiceNotice, ...]:
        return (*self.target.warnings, *self.info.warnings)


def open_new(
    run_number: int,
    reco: str,
    dataset: str,
    user: User,
    *,
    oms: OmsClient,
    registry: RunRegistryClient,
    seal: str = "",
    facts_are_typed: bool = False,
    is_starting: bool = True,
    anew: bool = False,
) -> CertificationContext:
    """What a new certification starts from; raises a CertificationRefused when there is none to start.

    `seal` comes back with the form this made before: then what it was made with counts, not the address, and OMS need
    not be asked about `facts_are_typed`. Who claimed it keeps others from starting, never from finishing. `anew`: OMS
    is to be asked in any case.
    """
    if not user.may_certify:
        raise MayNotCertify("You are signed in, but you have no role that certifies.")
    told = read_reco(run_number, reco, dataset)
    looked_at = _looked_at(seal, run_number, told, dataset)
    told, dataset = (looked_at.reco, looked_at.dataset or "") if looked_at else (told, dataset)
    unnamed = refuse_if_certified(run_number, told, dataset)
    oms, registry = Ahead(oms), Ahead(registry)
    is_known = facts_are_typed and not anew and unseal(seal, run_number, told)
    _ask_for_datasets(run_number, registry)
    # Where something of the reconstruction is certified there may be nothing left to ask the facts for.
    is_likely_new = bool(dataset) or not TrackerCertification.objects.of(run_number, told).exists()
    if is_likely_new and not is_known:
        ask_ahead(run_number, oms, anew)
    target = look_again(looked_at, registry) if looked_at else _find(run_number, told, dataset, registry)
    if (target.reco, target.dataset) != (told, dataset or None):
        unnamed = refuse_if_certified(run_number, target.reco, target.dataset or "")
    if is_starting:
        refuse_if_claimed(run_number, target.reco, target.dataset, user)
    if not is_likely_new and not is_known:
        ask_ahead(run_number, oms, anew)
    if is_known:
        info = known_external_info(run_number, nobody_knows=target.nobody_knows)
    else:
        info = ask_for_external_info(target, oms, anew)
    return CertificationContext(replace(target, nobody_knows=info.nobody_knows), info, unnamed=unnamed)


def _looked_at(seal: str, run_number: int, reco: str, dataset: str) -> Target | None:
    """None without a form, or where its address has to tell because it was open for too long."""
    sealed = unseal(seal, run_number, reco)
    return sealed if sealed or dataset or not seal else without_a_seal(run_number, reco)


def open_existing(
    certification: TrackerCertification,
    *,
    oms: OmsClient,
    registry: RunRegistryClient,
    seal: str = "",
    facts_are_typed: bool = False,
    anew: bool = False,
) -> CertificationContext:
    """What an update starts from. What it is about stays as it is stored: only the state is asked for."""
    target = _target_of(certification)
    is_known = facts_are_typed and not anew and unseal(seal, target.run_number, target.reco)
    oms, registry = Ahead(oms), Ahead(registry)
    if not is_known:
        ask_ahead(target.run_number, oms, anew)
    if certification.is_confirmed:
        target = with_last_known(target)
    else:
        _ask_for_datasets(target.run_number, registry)
        target = _with_news(target, registry)
    info = known_external_info(target.run_number) if is_known else ask_for_external_info(target, oms, anew)
    return CertificationContext(target, info, certification)


def open_conflicting(certification: TrackerCertification) -> CertificationContext:
    """The page of somebody who submits what is certified already: from our database alone."""
    target = _target_of(certification)
    return CertificationContext(target, known_external_info(target.run_number), certification)


def refuse_if_certified(run_number: int, reco: str, dataset: str = "") -> TrackerCertification | None:
    """Raises RunReconstructionAlreadyCertified, if it is this dataset.

    A named dataset of a reconstruction that is certified without a name is no refusal: that one is returned.
    """
    if not reco:
        return None
    of_reco = TrackerCertification.objects.of(run_number, reco)
    # Nearly always there is none, and all that a page shows of it is a costly query.
    certified = dict(of_reco.values_list("dataset__name", "pk"))
    if (dataset or None) in certified:
        first = of_reco.with_everything_shown().filter(pk=certified[dataset or None]).first()
        if first:
            raise RunReconstructionAlreadyCertified(first)
    return of_reco.select_related("author").filter(dataset=None).first() if None in certified else None


def _ask_for_datasets(run_number: int, registry: Ahead) -> None:
    registry.ask("datasets_of", run_number)
    registry.ask("dataset_names_of", run_number)


def _find(run_number: int, reco: str, dataset: str, registry: RunRegistryClient) -> Target:
    """Of a reconstruction whose datasets are all certified, or of which nobody can name one, that is what counts."""
    try:
        target = find_target(run_number, reco, dataset, registry)
    except RunReconstructionAllDatasetsCertified:
        if reco:
            _refuse_reconstruction(run_number, reco)
        raise
    if target.dataset is None:
        _refuse_reconstruction(run_number, reco)
    return target


def _refuse_reconstruction(run_number: int, reco: str) -> None:
    """Raises RunReconstructionAlreadyCertified for the only one, SeveralDatasetsCertified for more."""
    certified = list(TrackerCertification.objects.of(run_number, reco).with_everything_shown()[:2])
    if len(certified) == 1:
        raise RunReconstructionAlreadyCertified(certified[0])
    if certified:
        raise SeveralDatasetsCertified(run_number, reco)


def _with_news(target: Target, registry: RunRegistryClient) -> Target:
    """What was certified must stay correctable, whatever the Run Registry says or does not say of it by now."""
    try:
        found = find_target(target.run_number, target.reco, target.dataset or "", registry)
    except RunReconstructionAllDatasetsCertified:
        return target
    except ReconstructionNotToBeFound as exc:
        return replace(target, warnings=(ServiceNotice(str(exc), exc.meanwhile, RUN_REGISTRY),))
    except DatasetRefused:
        gone = ServiceNotice(f"The Run Registry no longer lists {target.dataset}.", service=RUN_REGISTRY)
        return replace(target, warnings=(gone,))
    if target.dataset is None:
        is_only = found.confirmed and len(found.siblings) == 1
        only = found.dataset or "" if is_only else ""
        return replace(found, dataset=None, confirmed=False, tracker_state="", only_dataset=only)
    return replace(found, confirmed=target.confirmed)


def _target_of(certification: TrackerCertification) -> Target:
    of = certification.run_reconstruction
    return Target(of.run_id, of.reconstruction, certification.dataset_name, confirmed=certification.is_confirmed)
