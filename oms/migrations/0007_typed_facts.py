import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


def owner(to):
    return models.ForeignKey(
        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="typed_facts", to=to
    )


class Migration(migrations.Migration):
    """The table; 0008 fills it and 0009 drops the column that it replaces."""

    dependencies = [
        ("oms", "0006_hold_the_differences_to_their_rules"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="TypedFact",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=40)),
                (
                    "by_name",
                    models.CharField(
                        blank=True, help_text="Of a person who has no account any more.", max_length=150
                    ),
                ),
                ("at", models.DateTimeField(default=django.utils.timezone.now, null=True)),
                (
                    "by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("run", owner("oms.omsrun")),
                ("fill", owner("oms.omsfill")),
            ],
            options={
                "ordering": ["id"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("fill__isnull", False), ("run__isnull", True)),
                            models.Q(("fill__isnull", True), ("run__isnull", False)),
                            _connector="OR",
                        ),
                        name="typed_of_a_run_or_a_fill",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("by__isnull", True), ("by_name", ""), _connector="OR"),
                        name="typed_by_key_or_by_name",
                    ),
                    models.UniqueConstraint(fields=("run", "name"), name="typed_once_of_a_run"),
                    models.UniqueConstraint(fields=("fill", "name"), name="typed_once_of_a_fill"),
                ],
            },
        ),
    ]
