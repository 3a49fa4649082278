from django.db import migrations


class Migration(migrations.Migration):
    """The tables belong to runregistry from now on; the database stays as it is."""

    dependencies = [("openruns", "0001_initial"), ("runregistry", "0001_known_from_openruns")]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[migrations.DeleteModel("KnownDataset"), migrations.DeleteModel("KnownRun")]
        )
    ]
