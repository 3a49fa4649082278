from datetime import timedelta

from django.conf import settings
from django.db import migrations, models
from django.utils import timezone


def forget_recent_starts(apps, schema_editor):
    """Nobody kept their ends: until the Run Registry answers again these runs must not all seem to be going on."""
    lately = timezone.now() - timedelta(hours=settings.RUNNING_HOURS)
    apps.get_model("runregistry", "KnownRun").objects.filter(start_time__gt=lately).update(start_time=None)


class Migration(migrations.Migration):
    dependencies = [
        ("runregistry", "0001_known_from_openruns"),
    ]

    operations = [
        migrations.AddField(
            model_name="knownrun",
            name="end_time",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="knownrun",
            name="fill_type",
            field=models.CharField(blank=True, max_length=100),
        ),
        migrations.RunPython(forget_recent_starts, migrations.RunPython.noop),
    ]
