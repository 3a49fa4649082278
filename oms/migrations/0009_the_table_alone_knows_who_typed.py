from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("oms", "0008_fill_the_typed_facts")]

    operations = [
        migrations.RemoveField(model_name="omsfill", name="typed"),
        migrations.RemoveField(model_name="omsrun", name="typed"),
    ]
