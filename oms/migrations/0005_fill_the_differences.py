from django.conf import settings
from django.db import migrations
from django.utils import timezone

STATES = {"": "open", "mine": "kept", "theirs": "taken", "settled": "settled"}


def fill(apps, schema_editor):
    people = dict(apps.get_model(settings.AUTH_USER_MODEL).objects.values_list("username", "pk"))
    Difference = apps.get_model("oms", "Difference")
    for row in Difference.objects.iterator():
        row.stored_by_id = people.get(row.stored_by_name)
        if row.stored_by_id:
            row.stored_by_name = ""
        row.state, row.stands = STATES[row.decision], row.decision == ""
        row.save()
    for kind, model in (("run", "OmsRun"), ("fill", "OmsFill")):
        owners = apps.get_model("oms", model).objects
        for owner in owners.exclude(typed={}).iterator():
            owner.typed = {name: _stamp(stamp, people) for name, stamp in owner.typed.items()}
            owner.save(update_fields=["typed"])
        for owner in owners.exclude(official={}).iterator():
            for name, said in owner.official.items():
                if name != "fill":
                    _stand(Difference, {kind: owner}, owner, name, said)
    # Open, and yet OMS contradicts nothing: nobody could decide these.
    for row in Difference.objects.filter(state="open").select_related("run", "fill"):
        if row.name not in (row.run or row.fill).official:
            row.state, row.stands, row.decided_at = "settled", False, timezone.now()
            row.save()


def _stamp(stamp, people):
    name, at = stamp.get("by", ""), stamp.get("at")
    if name in people:
        return {"by": people[name], "at": at}
    return {"by": None, "name": name, "at": at}


def _stand(Difference, of, owner, name, said):
    """What OMS says otherwise stands in the table, once."""
    unit = getattr(owner, f"{name}_unit", "") or owner.units.get(name, "")
    stored, told = [getattr(owner, name), unit], [said["value"], said["unit"]]
    rows = Difference.objects.filter(**of, name=name)
    row = rows.filter(state="open").first()
    if row is None and not said["seen"]:
        row = rows.filter(state="kept", stored=stored, told=told).first()
        if row:
            row.stands = True
            row.save()
            return
    stamp = owner.typed.get(name) or owner.typed.get(f"{name}_unit") or {}
    row = row or Difference(**of, name=name, told_source="oms", opened_at=owner.fetched_at or timezone.now())
    row.state, row.stands = "seen" if said["seen"] else "open", True
    row.stored, row.told = stored, told
    row.stored_by_id, row.stored_by_name = stamp.get("by"), stamp.get("name", "")
    row.save()


class Migration(migrations.Migration):
    """Who typed is a person; what OMS says otherwise moves from the rows of runs and fills into the table."""

    dependencies = [("oms", "0004_differences_with_two_sides")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
