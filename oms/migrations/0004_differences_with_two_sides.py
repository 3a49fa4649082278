import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

SOURCES = [("oms", "OMS"), ("run_registry", "Run Registry's copy"), ("person", "typed by hand")]
STATES = [
    ("open", "To be decided"),
    ("seen", "Typed over knowingly, not asked"),
    ("kept", "The stored value kept"),
    ("taken", "The other value taken"),
    ("settled", "They agree by now"),
    ("withdrawn", "Taken back by who proposed it"),
]


def person():
    return models.ForeignKey(
        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
    )


class Migration(migrations.Migration):
    """The columns, all rows kept; 0005 fills them and 0006 holds them to their rules."""

    dependencies = [
        ("oms", "0003_contradictions_and_the_queue"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveConstraint("Contradiction", "decided_with_a_decision"),
        migrations.RemoveConstraint("Contradiction", "one_open_task_of_a_run"),
        migrations.RemoveConstraint("Contradiction", "one_open_task_of_a_fill"),
        migrations.RenameModel("Contradiction", "Difference"),
        migrations.AlterField(
            "Difference",
            "run",
            models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="differences",
                to="oms.omsrun",
            ),
        ),
        migrations.AlterField(
            "Difference",
            "fill",
            models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="differences",
                to="oms.omsfill",
            ),
        ),
        migrations.RenameField("Difference", "typed", "stored"),
        migrations.RenameField("Difference", "official", "told"),
        migrations.RenameField("Difference", "typed_by", "stored_by_name"),
        migrations.AlterField(
            "Difference",
            "stored_by_name",
            models.CharField(blank=True, help_text="Of a person who has no account any more.", max_length=150),
        ),
        migrations.AddField("Difference", "stored_by", person()),
        migrations.AddField(
            "Difference", "stored_source", models.CharField(blank=True, choices=SOURCES, default="", max_length=20),
            preserve_default=False,
        ),
        migrations.AddField("Difference", "told_by", person()),
        migrations.AddField(
            "Difference", "told_source", models.CharField(blank=True, choices=SOURCES, default="oms", max_length=20),
            preserve_default=False,
        ),
        migrations.AddField(
            "Difference", "state", models.CharField(choices=STATES, default="open", max_length=9),
        ),
        migrations.AddField("Difference", "stands", models.BooleanField(default=True)),
    ]
