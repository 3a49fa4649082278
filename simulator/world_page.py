"""The part of the control page that shows and changes the world."""

from html import escape

from simulator.changing import SERVICES
from simulator.world import World
from simulator.world_requests import CHANGES, arguments_of, look_at

_STATES = ("OPEN", "SIGNOFF", "COMPLETED", "waiting dqm gui", "")
_SHOWN = 10


def world_section(world: World, run_number: int | None) -> str:
    number = "" if run_number is None else str(run_number)
    return (
        "<h2>The world</h2>"
        f'<form method="get" action="/">{_field("run", "Run", number, "runs")}<button>Look at</button></form>'
        f"{_run(world, run_number)}{_datalist('runs', world.examples)}"
        f"{_dataset_form(number)}{_run_form(number)}{_fill_form()}{_fact_form(number)}{_history(world)}{_over_http()}"
    )


def _run(world: World, run_number: int | None) -> str:
    if run_number is None:
        return ""
    found = look_at(world, run_number)
    rows = "".join(
        f"<tr><th scope=row>{escape(each['name']) or '(empty name)'}<td>{escape(str(each['tracker_state'] or 'none'))}"
        f"<td>{_yes(each['in_search'])}<td>{_yes(each['in_names'])}</tr>"
        for each in found["datasets"]
    )
    attributes = (found["oms"] or {}).get("attributes", {})
    known = ", ".join(f"{name} {attributes.get(name)}" for name in ("fill_number", "start_time", "end_time", "hlt_key"))
    return (
        f"<p>OMS: {escape(known) if attributes else 'does not know the run'}.</p>"
        f"<table><thead><tr><th>Dataset<th>Tracker state<th>In searches<th>In the list</tr></thead>{rows}</table>"
        f"{_datalist('datasets', {each['name']: each['name'] for each in found['datasets']})}"
        f'<p><a href="/world/runs/{run_number}">All that is known of it</a></p>'
    )


def _dataset_form(number: str) -> str:
    fields = (
        _field("run_number", "Run", number, "runs"),
        _field("dataset", "Dataset", "", "datasets", "wide"),
        _select("state", "State", _STATES),
        _field("new_name", "New name", "", "", "wide"),
    )
    buttons = {
        "move_state": "Move to this state",
        "hide": "Hide",
        "show": "Show",
        "add_dataset": "Add in this state",
        "rename_dataset": "Rename",
        "delete_dataset": "Delete",
        "drop_triplet_cache": "Remove its triplet cache",
        "restore_triplet_cache": "Restore its triplet cache",
    }
    return _form("A dataset", fields, buttons)


def _run_form(number: str) -> str:
    fields = (
        _field("run_number", "Run", number, "runs"),
        _select("service", "In", SERVICES),
        _field("new_number", "New number"),
        _field("fill_number", "Fill, if added"),
        _field("like", "Copy of run, if added", "", "runs"),
        _field("facts", "Final facts as JSON, if ended", "", "", "wide"),
    )
    buttons = {
        "end_run": "End",
        "add_run": "Add",
        "rename_run": "Give the new number",
        "delete_run": "Delete",
        "hide_run": "Mark as deleted",
        "show_run": "Unmark",
    }
    return _form("A run", fields, buttons)


def _fill_form() -> str:
    fields = (
        _field("fill_number", "Fill"),
        _field("new_number", "New number"),
        _field("like", "Copy of fill, if added"),
    )
    return _form("A fill", fields, {"add_fill": "Add", "rename_fill": "Give the new number", "delete_fill": "Delete"})


def _fact_form(number: str) -> str:
    fields = (
        _field("run_number", "Run", number, "runs"),
        _field("fill_number", "or fill"),
        _field("attribute", "Attribute", "", "", "wide"),
        _field("value", "Value", "", "", "wide"),
        _field("unit", "Unit", "", "", "wide"),
        '<label><input type="checkbox" name="no_unit"> without unit</label> ',
    )
    buttons = {
        "change_run": "Change OMS's run",
        "change_fill": "Change OMS's fill",
        "change_copy": "Change the Run Registry's copy of OMS",
        "change_registry_run": "Change the Run Registry's own word",
    }
    return _form("A fact", fields, buttons, "A value is JSON where it can be: 3.8, true, null, or else a text.")


def _form(title: str, fields: tuple[str, ...], buttons: dict[str, str], hint: str = "") -> str:
    pressed = " ".join(f'<button formaction="/world/{name}">{text}</button>' for name, text in buttons.items())
    return (
        f'<form method="post"><fieldset><legend>{title}</legend>{"".join(fields)}'
        f"{_field('after_page', 'Only after page')}<p>{hint}</p>{pressed}</fieldset></form>"
    )


def _history(world: World) -> str:
    waiting = "".join(f"<li>{escape(words)}</li>" for words in world.waiting)
    told = "".join(f"<li>{escape(words)}</li>" for words in world.told[: -_SHOWN - 1 : -1])
    return (
        f"<h3>Waiting</h3><ul>{waiting or '<li>nothing</li>'}</ul><h3>Changed</h3><ul>{told or '<li>nothing</li>'}</ul>"
        '<form method="post" action="/world/reset"><button>Reset the world</button></form>'
    )


def _over_http() -> str:
    lines = "".join(f"<li>POST /world/{name}: {', '.join(map(str, _told(name)))}</li>" for name in CHANGES)
    return (
        "<details><summary>Over HTTP</summary><p>As a form or as JSON. With <code>after_page</code> 0 a change waits "
        "until the Run Registry has answered page 0 of a search with more pages to come.</p>"
        f"<ul>{lines}<li>POST /world/reset</li><li>GET /world</li><li>GET /world/runs/&lt;number&gt;</li></ul>"
        "</details>"
    )


def _told(change: str) -> list[str]:
    return [name if is_required else f"[{name}]" for name, is_required in arguments_of(change).items()]


def _field(name: str, label: str, value: str = "", suggested: str = "", size: str = "") -> str:
    listed = f' list="{suggested}"' if suggested else ""
    return f'<label>{label} <input name="{name}" value="{escape(value)}" class="{size}"{listed}></label> '


def _select(name: str, label: str, choices: tuple[str, ...]) -> str:
    options = "".join(f'<option value="{each}">{each or "none"}</option>' for each in choices)
    return f'<label>{label} <select name="{name}">{options}</select></label> '


def _datalist(name: str, choices: dict[str, object]) -> str:
    options = "".join(
        f'<option value="{escape(str(each))}">{escape(label)}</option>' for label, each in choices.items()
    )
    return f'<datalist id="{name}">{options}</datalist>'


def _yes(is_so: bool) -> str:
    return "yes" if is_so else "no"
