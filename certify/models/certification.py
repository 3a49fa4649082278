"""What shifters say of a reconstruction."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils import timezone

from certify.models.reconstruction import Dataset, Reconstruction, RunReconstruction
from certify.models.vocabulary import BadReason, PixelProblem, StripProblem, TrackingProblem
from oms.models import MAX_RUN_NUMBER, RunType
from users.models import User

COMPONENTS = ("pixel", "strip", "tracking")


class Verdict(models.TextChoices):
    GOOD = "good", "Good"
    BAD = "bad", "Bad"
    EXCLUDED = "excluded", "Excluded"


class TrackerMap(models.TextChoices):
    EXISTS = "exists", "Exists"
    MISSING = "missing", "Missing"


def _passes(component: str) -> Q:
    """A component passes when its verdict is good, or it is marked low-stat and not excluded."""
    return Q(**{component: Verdict.GOOD}) | (Q(**{f"{component}_lowstat": True}) & ~Q(**{component: Verdict.EXCLUDED}))


class CertificationQuerySet(models.QuerySet):
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
        """Those that wait for a service: facts of the run are missing, or the name of the dataset."""
        return self.filter(Q(external_info_complete=False) | Q(dataset=None))

    def of(self, run_number: int, reco: str) -> CertificationQuerySet:
        # What no column can be compared with is not certified either.
        if run_number > MAX_RUN_NUMBER or reco not in Reconstruction.values:
            return self.none()
        return self.filter(run_reconstruction__run_id=run_number, run_reconstruction__reconstruction=reco)

    def recos_of(self, run_number: int) -> set[str]:
        """The reconstructions of the run that are certified."""
        certified = self.filter(run_reconstruction__run_id=run_number)
        return set(certified.values_list("run_reconstruction__reconstruction", flat=True))

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
    # Several may be in the bin; a constraint allows only one outside it.
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
        help_text="Empty while the Run Registry could not confirm it.",
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
        permissions = [("change_others_certification", "Can correct what others certified")]
        # What the list filters by, each in the list's order, newest first: see bench/.
        indexes = [
            models.Index(fields=["-created_at", "-id"]),
            models.Index(fields=["date", "id"]),
            *(
                models.Index(fields=[name, "-created_at", "-id"])
                for name in ("reconstruction", "author", "dataset", "reference_runreconstruction", *COMPONENTS)
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
                condition=Q(reconstruction__in=Reconstruction.values), name="certified_reconstruction_known"
            ),
            models.UniqueConstraint(
                fields=["run_reconstruction"], condition=Q(deleted_at=None), name="one_certification"
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

    def clean(self) -> None:
        # The database's constraint in words, for the admin: Django's own check needs `deleted_at` in the form.
        others = TrackerCertification.objects.filter(run_reconstruction=self.run_reconstruction_id).exclude(pk=self.pk)
        if self.run_reconstruction_id and not self.deleted_at and others.exists():
            raise ValidationError("This reconstruction is certified already. Correct or delete that certification.")

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
