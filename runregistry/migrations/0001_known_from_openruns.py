import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """The tables of openruns belong to this app from now on; the database stays as it is."""

    initial = True

    dependencies = [("openruns", "0001_initial")]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
            migrations.CreateModel(
                name='KnownRun',
                fields=[
                    ('run_number', models.PositiveIntegerField(primary_key=True, serialize=False)),
                    ('run_class', models.CharField(blank=True, max_length=100)),
                    ('lumisections', models.PositiveIntegerField(help_text="The Run Registry's copy.", null=True)),
                    ('recorded_lumi', models.FloatField(help_text="The Run Registry's copy, which has no units.", null=True)),
                    ('start_time', models.DateTimeField(null=True)),
                    ('asked_at', models.DateTimeField(db_index=True, help_text='When the Run Registry was asked.')),
                ],
                options={
                    'db_table': 'openruns_knownrun',
                    'ordering': ['-run_number'],
                },
            ),
            migrations.CreateModel(
                name='KnownDataset',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('name', models.CharField(max_length=255)),
                    ('reco', models.CharField(db_index=True, max_length=10)),
                    ('tracker_state', models.CharField(blank=True, db_index=True, max_length=100)),
                    ('run', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='datasets', to='runregistry.knownrun')),
                ],
                options={
                    'db_table': 'openruns_knowndataset',
                    'ordering': ['-run_id', 'name'],
                    'constraints': [models.UniqueConstraint(fields=('run', 'name'), name='one_known_dataset')],
                },
            ),
            ]
        )
    ]
