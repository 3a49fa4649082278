"""What the Run Registry says later of the datasets that were certified."""

from __future__ import annotations

from django.db.models import Count

from certify import writer
from certify.models import DatasetStanding, TrackerCertification
from runregistry.listing import Listing
from users.models import User


def settle_datasets(listing: Listing) -> set[int]:
    """Confirm, name or mark the datasets of all certifications of the run. Primary keys of those that changed."""
    certifications = TrackerCertification.objects.filter(run_reconstruction__run_id=listing.run_number)
    changed = set()
    for certification in certifications.select_related("run_reconstruction", "dataset"):
        standing, name = judge(certification, listing)
        if (standing, name) == (certification.dataset_standing, certification.dataset_name):
            continue
        if writer.settle_dataset(certification.pk, standing, name):
            changed.add(certification.pk)
    return changed


def unsettled(author: User | None = None) -> dict[DatasetStanding, int]:
    """How many datasets a person has to settle, of one author or of all."""
    certifications = TrackerCertification.objects.unsettled()
    if author:
        certifications = certifications.filter(author=author)
    counted = certifications.order_by().values_list("dataset_standing").annotate(number=Count("pk"))
    return {DatasetStanding(standing): number for standing, number in sorted(counted)}


def judge(certification: TrackerCertification, listing: Listing) -> tuple[DatasetStanding, str | None]:
    """The standing and the name of the dataset that the listing gives it.

    Without a name it becomes the only dataset of its reconstruction; of several a person chooses.
    """
    name = certification.dataset_name
    stored = DatasetStanding(certification.dataset_standing)
    if name:
        if listing.named(name):
            return DatasetStanding.CONFIRMED, name
        return (DatasetStanding.UNLISTED if listing.lacks(name) else stored), name
    of_reco = listing.of(certification.reconstruction)
    if len(of_reco) > 1:
        return DatasetStanding.SEVERAL, None
    if not of_reco:
        return stored, None
    of = certification.run_reconstruction
    if TrackerCertification.objects.of_dataset(of.run_id, of.reconstruction, of_reco[0].name).exists():
        return DatasetStanding.TAKEN, None
    return DatasetStanding.CONFIRMED, of_reco[0].name
