"""What shifters say of a dataset."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date, datetime, time, timedelta
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Length
from django.db.models.lookups import LessThanOrEqual
from django.utils import timezone

from certify.models.reconstruction import CERTIFIED_RECONSTRUCTIONS, Dataset, Reconstruction, RunReconstruction
from certify.models.vocabulary import BadReason, PixelProblem, StripProblem, TrackingProblem
from oms.models import MAX_RUN_NUMBER, RunType
from runregistry.models import KnownDataset
from runregistry.names import is_dataset_name
from users.models import User
from users.roles import LEADERS

COMPONENTS = ("pixel", "strip", "tracking")
LONGEST_COMMENT = 10_000
LONGEST_REASON = 500
# An identity: reconstruction and the name of the dataset, None where it is not known by name.
NamedDataset = tuple[str, str | None]


class Verdict(models.TextChoices):
    GOOD = "good", "Good"
    BAD = "bad", "Bad"
    EXCLUDED = "excluded", "Excluded"


class TrackerMap(models.TextChoices):
    EXISTS = "exists", "Exists"
    MISSING = "missing", "Missing"


class DatasetStanding(models.TextChoices):
    """What the Run Registry has said of the dataset. Only CONFIRMED counts as confirmed."""

    CONFIRMED = "confirmed", "confirmed"
    UNCONFIRMED = "unconfirmed", "not confirmed"
    SEVERAL = "several", "not known: there are several"
    TAKEN = "taken", "not known: the only one is certified already"
    UNLISTED = "unlisted", "no longer listed in the Run Registry"

    @property
    def in_short(self) -> str:
        short = {"several": "one of several", "taken": "certified twice", "unlisted": "no longer listed"}
        return short.get(self.value, self.label)


# No service is waited for: somebody chooses the dataset, moves the certification, or bins one of two.
FOR_A_PERSON = (DatasetStanding.SEVERAL, DatasetStanding.TAKEN, DatasetStanding.UNLISTED)


_writing: ContextVar[bool] = ContextVar("writing", default=False)


@contextmanager
def writing() -> Iterator[None]:
    """Only certify.writer opens this: it keeps right, version and history of what is written inside."""
    token = _writing.set(True)
    try:
        yield
    finally:
        _writing.reset(token)


class NotByTheWriter(TypeError):
    """A certification was about to change without right, version and history."""


def _only_by_the_writer(what: str) -> None:
    if not _writing.get():
        raise NotByTheWriter(f"{what} passes by the history: certifications are changed by certify.writer.")


def _passes(component: str) -> Q:
    """A component passes when its verdict is good, or it is marked low-stat and not excluded."""
    return Q(**{component: Verdict.GOOD}) | (Q(**{f"{component}_lowstat": True}) & ~Q(**{component: Verdict.EXCLUDED}))


class CertificationQuerySet(models.QuerySet):
    """Refuses what would change certifications in bulk, without their history."""

    def update(self, **values: Any) -> int:
        _only_by_the_writer("update()")
        return super().update(**values)

    update.alters_data = True

    def delete(self) -> tuple[int, dict[str, int]]:
        _only_by_the_writer("delete()")
        return super().delete()

    delete.alters_data = True
    delete.queryset_only = True

    def bulk_create(self, *args: Any, **kwargs: Any) -> list[TrackerCertification]:
        _only_by_the_writer("bulk_create()")
        return super().bulk_create(*args, **kwargs)

    def bulk_update(self, *args: Any, **kwargs: Any) -> int:
        _only_by_the_writer("bulk_update()")
        return super().bulk_update(*args, **kwargs)

    def in_bin(self) -> CertificationQuerySet:
        return self.filter(deleted_at__isnull=False)

    def good(self) -> CertificationQuerySet:
        """Those whose `is_good` is true: tests prove both equal over every combination."""
        cosmics = Q(run_reconstruction__run__run_type=RunType.COSMICS)
        return self.filter(_passes("strip") & _passes("tracking") & (_passes("pixel") | cosmics))

    def bad(self) -> CertificationQuerySet:
        """All others."""
        cosmics = Q(run_reconstruction__run__run_type=RunType.COSMICS)
        return self.filter(~_passes("strip") | ~_passes("tracking") | (~_passes("pixel") & ~cosmics))

    def waiting(self) -> CertificationQuerySet:
        """Those that wait for a service: facts of the run are missing, or the dataset is not confirmed.

        Where a person must choose the dataset or bin one of two, no service is waited for.
        """
        unsaid = (DatasetStanding.UNCONFIRMED, DatasetStanding.UNLISTED)
        return self.filter(Q(external_info_complete=False) | Q(dataset_standing__in=unsaid))

    def unsettled(self) -> CertificationQuerySet:
        """Those whose dataset a person has to settle."""
        return self.filter(dataset_standing__in=FOR_A_PERSON)

    def of(self, run_number: int, reco: str) -> CertificationQuerySet:
        """All of the reconstruction, one for each dataset of it."""
        # What no column can be compared with is not certified either.
        if run_number > MAX_RUN_NUMBER or reco not in Reconstruction.values:
            return self.none()
        return self.filter(run_reconstruction__run_id=run_number, run_reconstruction__reconstruction=reco)

    def of_dataset(self, run_number: int, reco: str, dataset: str | None) -> CertificationQuerySet:
        """That of one dataset; None is the one whose dataset is not known by name."""
        if dataset and not is_dataset_name(dataset):
            return self.none()
        found = self.of(run_number, reco)
        return found.filter(dataset__name=dataset) if dataset else found.filter(dataset=None)

    def maybe_of(self, run_number: int, reco: str, dataset: str | None) -> CertificationQuerySet:
        """Those that may be of this dataset: where no name is known, all of the reconstruction."""
        found = self.of(run_number, reco)
        return found.filter(Q(dataset__name=dataset) | Q(dataset=None)) if dataset else found

    def datasets_of(self, run_number: int) -> set[NamedDataset]:
        """What of the run is certified."""
        certified = self.filter(run_reconstruction__run_id=run_number)
        return set(certified.values_list("run_reconstruction__reconstruction", "dataset__name"))

    def of_day(self, day: date) -> CertificationQuerySet:
        """Dated that day, or entered then: nobody misses what she has just saved."""
        start = timezone.make_aware(datetime.combine(day, time.min))
        return self.filter(Q(date=day) | Q(created_at__gte=start, created_at__lt=start + timedelta(days=1)))

    def with_rows_shown(self) -> CertificationQuerySet:
        """All that a row of a table shows, in one query."""
        return self.select_related(
            "run_reconstruction__run__fill", "dataset", "author", "bad_reason", "reference_runreconstruction"
        )

    def with_everything_shown(self) -> CertificationQuerySet:
        return self.with_rows_shown().prefetch_related("pixel_problems", "strip_problems", "tracking_problems")


class LiveCertifications(models.Manager):
    """All but those in the bin."""

    def get_queryset(self) -> CertificationQuerySet:
        return super().get_queryset().filter(deleted_at=None)


def today() -> date:
    return timezone.localdate()


class CopiedReconstruction(models.CharField):
    """That of `run_reconstruction`, whichever way the row is saved."""

    def pre_save(self, model_instance: models.Model, add: bool) -> str:
        model_instance.reconstruction = model_instance.run_reconstruction.reconstruction
        return model_instance.reconstruction


class TrackerCertification(models.Model):
    """Of one dataset: its identity is (run, reconstruction, dataset).

    One whose dataset is not known by name holds the place of its reconstruction. Several of the same identity may be
    in the bin; constraints allow only one outside it.
    """

    run_reconstruction = models.ForeignKey(RunReconstruction, on_delete=models.PROTECT, related_name="certifications")
    reconstruction = CopiedReconstruction(
        max_length=10, choices=Reconstruction.choices, editable=False, help_text="Once more, for an index of the list."
    )
    dataset = models.ForeignKey(
        Dataset,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="certifications",
        help_text="Empty while nobody knows its name.",
    )
    dataset_standing = models.CharField(
        max_length=11,
        choices=DatasetStanding.choices,
        default=DatasetStanding.UNCONFIRMED,
        editable=False,
        help_text="What the Run Registry said of the dataset last.",
    )
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="certifications")
    reference_runreconstruction = models.ForeignKey(
        RunReconstruction,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="referenced_by",
        verbose_name="reference",
    )
    pixel = models.CharField(max_length=8, choices=Verdict.choices)
    pixel_lowstat = models.BooleanField("low stat", default=False)
    pixel_problems = models.ManyToManyField(PixelProblem, through="PixelProblemSeen", blank=True)
    strip = models.CharField(max_length=8, choices=Verdict.choices)
    strip_lowstat = models.BooleanField("low stat", default=False)
    strip_problems = models.ManyToManyField(StripProblem, through="StripProblemSeen", blank=True)
    tracking = models.CharField(max_length=8, choices=Verdict.choices)
    tracking_lowstat = models.BooleanField("low stat", default=False)
    tracking_problems = models.ManyToManyField(TrackingProblem, through="TrackingProblemSeen", blank=True)
    bad_reason = models.ForeignKey(BadReason, on_delete=models.PROTECT, null=True, blank=True)
    trackermap = models.CharField("tracker map", max_length=7, choices=TrackerMap.choices)
    date = models.DateField(default=today)
    comment = models.TextField(blank=True)
    external_info_complete = models.BooleanField(
        default=False, help_text="Every needed fact of run and fill was known when this was last saved."
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    version = models.PositiveIntegerField(default=1, editable=False)
    deleted_at = models.DateTimeField(null=True, blank=True, editable=False)
    deleted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, editable=False, related_name="+"
    )
    delete_reason = models.TextField(blank=True, editable=False)

    objects = LiveCertifications.from_queryset(CertificationQuerySet)()
    # Those in the bin too.
    everything = CertificationQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-id"]
        default_manager_name = "everything"
        base_manager_name = "everything"
        permissions = [("change_others_certification", "Can correct what others certified")]
        # What the list filters by, each in the list's order, newest first: see bench/.
        indexes = [
            models.Index(fields=["-created_at", "-id"]),
            models.Index(fields=["date", "id"]),
            *(
                models.Index(fields=[name, "-created_at", "-id"])
                for name in (
                    *("reconstruction", "author", "dataset", "dataset_standing", "reference_runreconstruction"),
                    *COMPONENTS,
                )
            ),
            *(
                models.Index(
                    fields=["-created_at", "-id"],
                    name=f"cert_{name}_lowstat",
                    condition=Q(**{f"{name}_lowstat": True}),
                )
                for name in COMPONENTS
            ),
            models.Index(
                fields=["-created_at", "-id"], name="cert_incomplete", condition=Q(external_info_complete=False)
            ),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(**{f"{component}__in": Verdict.values}), name=f"{component}_verdict")
            for component in COMPONENTS
        ] + [
            models.CheckConstraint(condition=Q(trackermap__in=TrackerMap.values), name="trackermap_known"),
            models.CheckConstraint(
                condition=Q(reconstruction__in=[str(reco) for reco in CERTIFIED_RECONSTRUCTIONS])
                | Q(deleted_at__isnull=False),
                name="online_is_never_certified",
            ),
            models.CheckConstraint(condition=Q(dataset_standing__in=DatasetStanding.values), name="standing_known"),
            models.CheckConstraint(
                condition=LessThanOrEqual(Length("comment"), LONGEST_COMMENT), name="comment_not_too_long"
            ),
            models.UniqueConstraint(
                fields=["run_reconstruction", "dataset"], condition=Q(deleted_at=None), name="one_of_a_dataset"
            ),
            models.UniqueConstraint(
                fields=["run_reconstruction"],
                condition=Q(deleted_at=None, dataset=None),
                name="one_without_a_dataset",
            ),
            models.CheckConstraint(
                condition=Q(deleted_at=None, deleted_by=None) | Q(deleted_at__isnull=False, deleted_by__isnull=False),
                name="deleted_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return str(self.run_reconstruction)

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Every save of a stored certification is a version of its own, whoever saves it."""
        if not self._state.adding:
            self.version += 1
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        _only_by_the_writer("delete()")
        return super().delete(*args, **kwargs)

    @property
    def dataset_name(self) -> str | None:
        return self.dataset.name if self.dataset_id else None

    @property
    def is_confirmed(self) -> bool:
        return self.dataset_standing == DatasetStanding.CONFIRMED

    @property
    def standing_in_short(self) -> str:
        return DatasetStanding(self.dataset_standing).in_short

    @property
    def full_name(self) -> str:
        """With the dataset where the reconstruction has more than one."""
        others = TrackerCertification.everything.filter(run_reconstruction=self.run_reconstruction_id)
        others = others.exclude(dataset=self.dataset_id) if self.dataset_id else others.exclude(dataset=None)
        of = self.run_reconstruction
        listed = KnownDataset.objects.filter(run_id=of.run_id, reco=of.reconstruction).exclude(name=self.dataset_name)
        if not (others.exists() or listed.exists()):
            return str(self)
        return f"{self} ({self.dataset_name or 'dataset not known'})"

    def passes(self, component: str) -> bool:
        """The same rule as `_passes`, on this one."""
        verdict = getattr(self, component)
        return verdict == Verdict.GOOD or (getattr(self, f"{component}_lowstat") and verdict != Verdict.EXCLUDED)

    @property
    def is_good(self) -> bool:
        return self.is_good_as(self.run_reconstruction.run.run_type)

    def is_good_as(self, run_type: str) -> bool:
        """Collisions need pixel, strip and tracking, cosmics strip and tracking.

        As long as the run type is unknown all three are needed: then it is good whichever type it turns out to be.
        """
        return (
            self.passes("strip") and self.passes("tracking") and (run_type == RunType.COSMICS or self.passes("pixel"))
        )

    def can_be_edited_by(self, user: User) -> bool:
        return user.is_shift_leader or (user.may_certify and self.author_id == user.pk)

    @property
    def correctors(self) -> str:
        """Who may edit it, in words that follow its author's name; an author may have lost their role."""
        return f"they, {LEADERS}" if self.can_be_edited_by(self.author) else LEADERS

    @property
    def restorers(self) -> str:
        """As `correctors`, for `can_be_restored_by`, after the name of who deleted it."""
        is_one_of_them = self.deleted_by.is_shift_leader or not self.can_be_restored_by(self.deleted_by)
        return LEADERS if is_one_of_them else f"they, {LEADERS}"

    @property
    def movers(self) -> str:
        """As `correctors`, for `can_be_moved_by`."""
        return self.correctors if self.dataset_id is None else LEADERS

    def can_be_moved_by(self, user: User) -> bool:
        """Who may say which dataset it is of: the author only while nobody knows."""
        return user.is_shift_leader or (self.dataset_id is None and self.can_be_edited_by(user))

    def can_be_restored_by(self, user: User) -> bool:
        """What a shift leader deleted its author certifies again, or asks for."""
        return self.can_be_edited_by(user) and (user.is_shift_leader or self.deleted_by_id == user.pk)


class ProblemSeen(models.Model):
    """A problem noted in a certification. It goes with the certification, never with the word."""

    certification = models.ForeignKey(TrackerCertification, on_delete=models.CASCADE, related_name="+")

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return str(self.problem)


class PixelProblemSeen(ProblemSeen):
    problem = models.ForeignKey(PixelProblem, on_delete=models.PROTECT)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["certification", "problem"], name="pixel_problem_once")]


class StripProblemSeen(ProblemSeen):
    problem = models.ForeignKey(StripProblem, on_delete=models.PROTECT)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["certification", "problem"], name="strip_problem_once")]


class TrackingProblemSeen(ProblemSeen):
    problem = models.ForeignKey(TrackingProblem, on_delete=models.PROTECT)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["certification", "problem"], name="tracking_problem_once")]
