"""The roles, as Django groups with permissions. Each role may do what the one before it may, and more."""

from django.contrib.auth.models import Group, Permission

GUEST = "guest"
SHIFTER = "shifter"
SHIFT_LEADER = "shift leader"
EXPERT = "expert"
ADMINISTRATOR = "administrator"

# In sentences that say who may what, since each role may do what the one before it may.
LEADERS = "shift leaders, experts and administrators"
GIVERS = "an administrator"

_CERTIFY = {"certify.add_trackercertification", "certify.change_trackercertification"}
_LEAD = {"certify.change_others_certification", "certify.change_runreconstruction"}
_VOCABULARY = {
    f"certify.{action}_{model}"
    for action in ("add", "change", "delete")
    for model in ("pixelproblem", "stripproblem", "trackingproblem", "badreason")
}
_EVERYTHING = {
    f"{app}.{action}_{model}"
    for action in ("add", "change", "delete")
    for app, model in (
        ("users", "user"),
        ("auth", "group"),
        ("oms", "omsrun"),
        ("oms", "omsfill"),
        ("certify", "dataset"),
        ("certify", "runreconstruction"),
        ("certify", "trackercertification"),
    )
}
_VIEW = {
    f"{app}.view_{model}"
    for app, models in {
        "oms": ("omsrun", "omsfill"),
        "history": ("entry",),
        "certify": (
            "dataset",
            "runreconstruction",
            "trackercertification",
            "pixelproblem",
            "stripproblem",
            "trackingproblem",
            "badreason",
        ),
    }.items()
    for model in models
}

PERMISSIONS: dict[str, set[str]] = {
    GUEST: _VIEW,
    SHIFTER: _VIEW | _CERTIFY,
    SHIFT_LEADER: _VIEW | _CERTIFY | _LEAD,
    EXPERT: _VIEW | _CERTIFY | _LEAD | _VOCABULARY,
    ADMINISTRATOR: _VIEW | _CERTIFY | _LEAD | _VOCABULARY | _EVERYTHING | {"users.view_user", "auth.view_group"},
}


def create_roles(using: str = "default", **kwargs: object) -> None:
    """Make the groups that are missing; a group that an administrator changed stays as she left it.

    Runs after every `migrate`, once per app, so it waits until all permissions exist.
    """
    known = {
        f"{p.content_type.app_label}.{p.codename}": p
        for p in Permission.objects.using(using).select_related("content_type")
    }
    if not set().union(*PERMISSIONS.values()) <= known.keys():
        return
    for role, names in PERMISSIONS.items():
        group, created = Group.objects.using(using).get_or_create(name=role)
        if created:
            group.permissions.set(known[name] for name in names)
