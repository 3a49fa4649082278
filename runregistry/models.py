"""What the Run Registry said last of the runs we asked for: a cache, so that its silence hides nothing."""

from __future__ import annotations

from django.db import models

from oms.completeness import is_going_on


class KnownRun(models.Model):
    run_number = models.PositiveIntegerField(primary_key=True)
    run_class = models.CharField(max_length=100, blank=True)
    lumisections = models.PositiveIntegerField(null=True, help_text="The Run Registry's copy.")
    recorded_lumi = models.FloatField(null=True, help_text="The Run Registry's copy, which has no units.")
    start_time = models.DateTimeField(null=True)
    end_time = models.DateTimeField(null=True)
    fill_type = models.CharField(max_length=100, blank=True)
    asked_at = models.DateTimeField(db_index=True, help_text="When the Run Registry was asked.")

    class Meta:
        # Named after the app where it began.
        db_table = "openruns_knownrun"
        ordering = ["-run_number"]

    def __str__(self) -> str:
        return str(self.run_number)

    @property
    def is_running(self) -> bool:
        """As far as the Run Registry's copy knows; where OMS answered itself, its word counts."""
        return is_going_on(self.start_time, self.end_time)


class KnownDataset(models.Model):
    run = models.ForeignKey(KnownRun, on_delete=models.CASCADE, related_name="datasets")
    name = models.CharField(max_length=255)
    reco = models.CharField(max_length=10, db_index=True)
    tracker_state = models.CharField(max_length=100, blank=True, db_index=True)

    class Meta:
        db_table = "openruns_knowndataset"
        ordering = ["-run_id", "name"]
        constraints = [models.UniqueConstraint(fields=["run", "name"], name="one_known_dataset")]

    def __str__(self) -> str:
        return f"{self.run_id} {self.name}"

    @property
    def is_open(self) -> bool:
        return self.tracker_state == "OPEN"
