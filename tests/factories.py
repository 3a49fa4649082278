"""Makers of test data: each test names what it depends on, the rest is sensible."""

from django.contrib.auth.models import Group

from certify.models import Dataset, DatasetStanding, RunReconstruction, TrackerCertification
from oms.models import OmsFill, OmsRun, RunType, Source
from users import roles
from users.models import User

COLLISIONS_RUN = {
    "run_number": 325000,
    "fill_number": 7324,
    "hlt_key": "/cdaq/physics/Run2018/2e34/v3.6.1/HLT/V2",
    "stable_beam": True,
    "last_lumisection_number": 381,
    "b_field": 3.8,
    "energy": 6499,
    "delivered_lumi": 99.478719,
    "recorded_lumi": 95.161531,
    "init_lumi": 1.42,
    "end_lumi": 1.026495,
    "start_time": "2018-10-21T08:03:09Z",
    "end_time": "2018-10-21T10:27:58Z",
}
FILL = {"fill_number": 7324, "peak_lumi": 1.766, "bunches_colliding": 2544, "end_time": "2018-10-21T14:22:51Z"}
UNITS = {
    "delivered_lumi": "pb^{-1}",
    "recorded_lumi": "pb^{-1}",
    "init_lumi": "10^{34}cm^{-2}s^{-1}",
    "end_lumi": "10^{34}cm^{-2}s^{-1}",
    "peak_lumi": "10^{34}cm^{-2}s^{-1}",
    "b_field": "T",
}
EXPRESS, PROMPT = "/Express/Collisions2018/DQM", "/PromptReco/Collisions2018D/DQM"
DATASETS = {
    "express": EXPRESS,
    "prompt": PROMPT,
    "rereco": "/ReReco/Run2018D_17Sept2018/DQM",
    "rerecoul": "/ReReco/Run2018D_UL2019/DQM",
}
VERDICT = {"pixel": "good", "strip": "good", "tracking": "good", "trackermap": "exists", "date": "2026-01-15"}

# Two campaigns of one reconstruction of run 325000, and a form that may be sent for either of them.
NOVEMBER, SEPTEMBER = "/ReReco/Run2026D_12Nov2026/DQM", "/ReReco/Run2026D_17Sept2026/DQM"
COSMICS = {**VERDICT, "omsrun-run_type": "cosmics", "initial-omsrun-run_type": ""}


def make_user(username: str, role: str = roles.SHIFTER) -> User:
    user = User.objects.create_user(username, password=username)
    user.groups.add(Group.objects.get(name=role))
    return user


def make_run(run_number: int = 325000, **fields) -> OmsRun:
    return OmsRun.objects.create(run_number=run_number, **{"source": Source.OMS, **fields})


def make_fill(fill_number: int = 7324, **fields) -> OmsFill:
    return OmsFill.objects.create(fill_number=fill_number, **{"source": Source.OMS, **fields})


def make_reconstruction(run_number: int = 325000, reco: str = "prompt", **fields) -> RunReconstruction:
    run, _ = OmsRun.objects.get_or_create(
        pk=run_number, defaults={"source": Source.OMS, "run_type": RunType.COLLISIONS}
    )
    return RunReconstruction.objects.create(run=run, reconstruction=reco, **fields)


def make_certification(author: User, run_number: int = 325000, reco: str = "prompt", **fields) -> TrackerCertification:
    dataset, _ = Dataset.objects.get_or_create(name=fields.pop("dataset", None) or DATASETS[reco])
    verdict = {**VERDICT, "dataset_standing": DatasetStanding.CONFIRMED, **fields}
    of = RunReconstruction.objects.filter(run_id=run_number, reconstruction=reco).first()
    return TrackerCertification.objects.create(
        run_reconstruction=of or make_reconstruction(run_number, reco), author=author, dataset=dataset, **verdict
    )
