"""The certify flow up to its forms: target, permission, external info. Knows no request and no HTML."""

from __future__ import annotations

from dataclasses import dataclass, replace

from certify.claims import refuse_if_claimed
from certify.exceptions import MayNotCertify, ReconstructionNotToBeFound, RunReconstructionAlreadyCertified
from certify.external import ExternalInfo, ask_for_external_info, known_external_info
from certify.models import TrackerCertification
from certify.target import Target, find_target, read_reco, unseal
from oms.client import OmsClient
from oms.models import OmsRun
from oms.services import ask_ahead
from runregistry.client import RunRegistryClient
from upstream.ahead import Ahead
from users.models import User


@dataclass(frozen=True)
class CertificationContext:
    """All that the forms and the page need. `certification` is the one to be changed, None for a new one."""

    target: Target
    info: ExternalInfo
    certification: TrackerCertification | None = None

    @property
    def run(self) -> OmsRun:
        return self.info.run

    @property
    def warnings(self) -> tuple[str, ...]:
        return tuple(filter(None, (self.target.warning, *self.info.warnings)))


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

    `seal` comes back with the form this made before: then nobody outside need be asked again, neither what the
    dataset is nor, when `facts_are_typed`, what OMS could not tell. Who claimed it keeps others from starting, never
    from finishing. `anew`: OMS is to be asked in any case.
    """
    if not user.may_certify:
        raise MayNotCertify("You are signed in, but you have no role that certifies.")
    told = read_reco(run_number, reco, dataset)
    refuse_if_certified(run_number, told)
    sealed = unseal(seal, run_number, told)
    confirmed = sealed and sealed.dataset and dataset in ("", sealed.dataset)
    oms, registry = Ahead(oms), Ahead(registry)
    is_known = sealed and facts_are_typed and not anew
    if not confirmed:
        registry.ask("datasets_of", run_number)
    if not is_known:
        ask_ahead(run_number, oms, anew)
    target = sealed if confirmed else find_target(run_number, told, dataset, registry)
    if target.reco != told:
        refuse_if_certified(run_number, target.reco)
    if is_starting:
        refuse_if_claimed(run_number, target.reco, user)
    info = known_external_info(run_number) if is_known else ask_for_external_info(target, oms, anew)
    return CertificationContext(target, info)


def open_existing(
    certification: TrackerCertification,
    *,
    oms: OmsClient,
    registry: RunRegistryClient,
    seal: str = "",
    facts_are_typed: bool = False,
    anew: bool = False,
) -> CertificationContext:
    """What an update starts from. A dataset that was not known when it was certified is looked for again."""
    target = _target_of(certification)
    is_known = facts_are_typed and not anew and unseal(seal, target.run_number, target.reco)
    oms, registry = Ahead(oms), Ahead(registry)
    if not is_known:
        ask_ahead(target.run_number, oms, anew)
    if not target.dataset:
        registry.ask("datasets_of", target.run_number)
        target = _look_again(target, registry)
    info = known_external_info(target.run_number) if is_known else ask_for_external_info(target, oms, anew)
    return CertificationContext(target, info, certification)


def open_conflicting(certification: TrackerCertification) -> CertificationContext:
    """The page of somebody who submits what is certified already: from our database alone."""
    target = _target_of(certification)
    return CertificationContext(target, known_external_info(target.run_number), certification)


def _look_again(target: Target, registry: RunRegistryClient) -> Target:
    """What was certified must stay correctable, also when the Run Registry turns out to have no such dataset."""
    try:
        return find_target(target.run_number, target.reco, "", registry)
    except ReconstructionNotToBeFound as exc:
        return replace(target, warning=str(exc))


def _target_of(certification: TrackerCertification) -> Target:
    of = certification.run_reconstruction
    return Target(of.run_id, of.reconstruction, certification.dataset.name if certification.dataset else None)


def refuse_if_certified(run_number: int, reco: str) -> None:
    """Raises RunReconstructionAlreadyCertified."""
    certified = TrackerCertification.objects.of(run_number, reco)
    # Nearly always there is none, and all that a page shows of it is a costly query.
    if reco and certified.exists():
        raise RunReconstructionAlreadyCertified(certified.with_everything_shown().get())
