from django.conf import settings
from django.db import migrations
from django.utils.dateparse import parse_datetime

OWNERS = (("run", "OmsRun"), ("fill", "OmsFill"))
LONGEST_NAME = 150


def move_into_the_table(apps, schema_editor):
    """A stamp of a person who has no account keeps what it says of them."""
    alias = schema_editor.connection.alias
    people = dict(apps.get_model(settings.AUTH_USER_MODEL).objects.using(alias).values_list("username", "pk"))
    typed_facts = apps.get_model("oms", "TypedFact").objects.using(alias)
    for kind, model in OWNERS:
        for owner in apps.get_model("oms", model).objects.using(alias).exclude(typed={}).iterator():
            for name, stamp in owner.typed.items():
                typed_facts.create(**{kind: owner}, name=name, at=_moment(stamp), **_person(stamp, people))


def _moment(stamp):
    return parse_datetime(stamp.get("at") or "")


def _person(stamp, people):
    by, name = stamp.get("by"), stamp.get("name", "")
    key = by if by in people.values() else people.get(by)
    if key:
        return {"by_id": key}
    told = f"account {by}" if isinstance(by, int) else by
    return {"by_name": (name or told or "")[:LONGEST_NAME]}


def back_into_the_rows(apps, schema_editor):
    alias = schema_editor.connection.alias
    for kind, model in OWNERS:
        owners = apps.get_model("oms", model).objects.using(alias)
        for owner in owners.filter(typed_facts__isnull=False).distinct().prefetch_related("typed_facts"):
            owner.typed = {each.name: _stamp(each) for each in owner.typed_facts.all()}
            owner.save(update_fields=["typed"])
    apps.get_model("oms", "TypedFact").objects.using(alias).all().delete()


def _stamp(fact):
    at = fact.at.isoformat(timespec="seconds") if fact.at else None
    return {"by": fact.by_id, "at": at, **({"name": fact.by_name} if fact.by_name else {})}


class Migration(migrations.Migration):
    """Who typed a fact is a foreign key; the copy in JSON on the row goes."""

    dependencies = [("oms", "0007_typed_facts")]

    operations = [migrations.RunPython(move_into_the_table, back_into_the_rows)]
