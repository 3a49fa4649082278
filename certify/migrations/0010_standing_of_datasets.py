"""What was stored before gets its standing; what no constraint will allow is put where it is kept."""

from uuid import uuid4

from django.db import migrations
from django.db.models import F
from django.db.models.functions import Length
from django.utils import timezone

LONGEST_COMMENT = 10_000
SOURCE = "CertHelper"


def give_standing(apps, schema_editor):
    """Until now only what the Run Registry had confirmed had a dataset."""
    certifications = apps.get_model("certify", "TrackerCertification")._base_manager.using(schema_editor.connection.alias)
    certifications.filter(dataset__isnull=False).update(dataset_standing="confirmed")


def bin_online(apps, schema_editor):
    """`online` is never certified; what the admin let pass stays readable, and its history says why."""
    alias = schema_editor.connection.alias
    certifications = apps.get_model("certify", "TrackerCertification")._base_manager.using(alias)
    entries = apps.get_model("history", "Entry").objects.using(alias)
    reason = "online is never certified."
    for each in certifications.filter(reconstruction="online", deleted_at=None).select_related("run_reconstruction"):
        certifications.filter(pk=each.pk).update(
            deleted_at=timezone.now(), deleted_by=each.author_id, delete_reason=reason, version=F("version") + 1
        )
        _tell(entries, each, "deleted", reason, {}, each.version + 1)


def shorten_comments(apps, schema_editor):
    """Only the admin let pass more than the form does; all of it stands in the history."""
    alias = schema_editor.connection.alias
    certifications = apps.get_model("certify", "TrackerCertification")._base_manager.using(alias)
    entries = apps.get_model("history", "Entry").objects.using(alias)
    too_long = certifications.annotate(length=Length("comment")).filter(length__gt=LONGEST_COMMENT)
    for each in too_long.select_related("run_reconstruction"):
        kept = each.comment[:LONGEST_COMMENT]
        certifications.filter(pk=each.pk).update(comment=kept, version=F("version") + 1)
        changes = {"comment": [each.comment, kept]}
        _tell(entries, each, "changed", "Comments have up to 10 000 characters.", changes, each.version + 1)


def _tell(entries, certification, action, reason, changes, version):
    of = certification.run_reconstruction
    entries.create(
        subject=f"certification {of.run_id} {of.reconstruction}",
        row=certification.pk,
        action=action,
        source=SOURCE,
        reason=reason,
        changes=changes,
        version=version,
        click=uuid4(),
    )


class Migration(migrations.Migration):

    dependencies = [
        ("certify", "0009_a_certification_is_of_one_dataset"),
        ("history", "0003_people_and_more_actions"),
    ]

    operations = [
        migrations.RunPython(give_standing, migrations.RunPython.noop),
        migrations.RunPython(bin_online, migrations.RunPython.noop),
        migrations.RunPython(shorten_comments, migrations.RunPython.noop),
    ]
