"""What is certified: a reconstruction of a run, and the dataset that the Run Registry knows it by."""

from django.db import models
from django.db.models import Q

from oms.models import OmsRun
from runregistry.names import LONGEST_NAME


class Reconstruction(models.TextChoices):
    ONLINE = "online", "Online"
    EXPRESS = "express", "Express"
    PROMPT = "prompt", "Prompt"
    RERECO = "rereco", "ReReco"
    RERECO_UL = "rerecoul", "ReReco UL"


# `online` exists in the Run Registry and may be a reference; it is never certified.
CERTIFIED_RECONSTRUCTIONS = [choice for choice in Reconstruction if choice != Reconstruction.ONLINE]


class Dataset(models.Model):
    name = models.CharField(max_length=LONGEST_NAME, unique=True, help_text="As the Run Registry writes it.")

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class RunReconstruction(models.Model):
    run = models.ForeignKey(OmsRun, on_delete=models.PROTECT, related_name="reconstructions")
    reconstruction = models.CharField(max_length=10, choices=Reconstruction.choices)
    is_reference = models.BooleanField(default=False, db_index=True)

    class Meta:
        ordering = ["-run_id", "reconstruction"]
        constraints = [
            models.UniqueConstraint(fields=["run", "reconstruction"], name="one_run_reconstruction"),
            models.CheckConstraint(condition=Q(reconstruction__in=Reconstruction.values), name="reconstruction_known"),
        ]

    def __str__(self) -> str:
        return f"{self.run_id} {self.reconstruction}"
