"""The control page: what is wrong with which service, what the world is like, and forms to change both.

GET  /                 the page; with ?run=<number> also what is known of that run
POST /control          target (oms, runregistry, sso, all), mode (see faults.MODES), seconds
GET  /requests         the recent requests to the services, as JSON
POST /requests/clear   forget them
/world...              see world_requests
"""

from html import escape
from urllib.parse import parse_qs

from simulator.answers import Answer, Request, html_answer, json_answer, not_found, redirect
from simulator.changing import CannotChange
from simulator.faults import DEFAULT_SECONDS, MODES, TARGETS, Fault, Faults
from simulator.request_log import RequestLog
from simulator.world import World
from simulator.world_page import world_section
from simulator.world_requests import CHANGES, is_json, look_at, overview, perform

_NAMES = {"oms": "OMS", "runregistry": "Run Registry", "sso": "SSO (tokens)"}
_STYLE = """
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 50rem; margin: 2rem auto; padding: 0 1rem }
:root { color-scheme: light dark }
table { border-collapse: collapse; width: 100% } th, td { text-align: left; padding: .5rem; border-bottom: 1px solid }
tr.ill th { border-left: .4rem solid #c33 } input { width: 5rem } button { margin-top: .2rem }
input.wide { width: 20rem } input[type=checkbox] { width: auto }
label { display: inline-block; margin: .2rem .6rem .2rem 0 }
fieldset { margin: 1rem 0; border: 1px solid } fieldset p:empty { display: none } code, li { overflow-wrap: anywhere }
"""


class Control:
    def __init__(self, faults: Faults, requests: RequestLog, world: World) -> None:
        self.faults = faults
        self.requests = requests
        self.world = world

    def answer(self, request: Request) -> Answer:
        routes = {
            ("GET", "/"): lambda: self._page(run_number=_number(parse_qs(request.query).get("run", [""])[0])),
            ("POST", "/control"): lambda: self._set(request),
            ("GET", "/requests"): lambda: json_answer(self.requests.all()),
            ("POST", "/requests/clear"): self._clear_requests,
            ("GET", "/world"): lambda: json_answer(overview(self.world)),
            ("POST", "/world/reset"): lambda: self._reset(request),
        }
        if request.path.startswith("/world/") and (request.method, request.path) not in routes:
            return self._of_the_world(request)
        route = routes.get((request.method, request.path))
        return route() if route else not_found(request)

    def _page(self, message: str = "", status: int = 200, run_number: int | None = None) -> Answer:
        rows = "".join(self._row(target) for target in TARGETS)
        return html_answer(
            f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>Simulated services</title>'
            f"<style>{_STYLE}</style></head><body><h1>Simulated services</h1>"
            f"{f'<p role=alert>{escape(message)}</p>' if message else ''}"
            f"<table><thead><tr><th>Service<th>State<th>Requests<th>Change</tr></thead><tbody>{rows}</tbody></table>"
            '<form method="post" action="/control"><input type="hidden" name="target" value="all">'
            '<button name="mode" value="ok">Everything works again</button></form>'
            '<form method="post" action="/requests/clear"><button>Forget the requests</button></form>'
            f'<p><a href="/requests">Recent requests</a></p>{world_section(self.world, run_number)}</body></html>',
            status,
        )

    def _row(self, target: str) -> str:
        fault = self.faults.fault(target)
        options = "".join(
            f'<option value="{mode}"{" selected" if mode == fault.mode else ""}>{mode}: {escape(meaning)}</option>'
            for mode, meaning in MODES.items()
        )
        return (
            f'<tr class="{"well" if fault.mode == "ok" else "ill"}"><th scope="row">{_NAMES[target]}</th>'
            f"<td>{_state(fault)}</td><td>{len(self.requests.of(target))}</td>"
            f'<td><form method="post" action="/control"><input type="hidden" name="target" value="{target}">'
            f'<select name="mode" aria-label="State of {_NAMES[target]}">{options}</select> '
            f'<input name="seconds" type="number" min="0" max="3600" step="any" value="{fault.seconds:g}" '
            f'aria-label="Seconds, for slow"> <button>Set</button></form></td></tr>'
        )

    def _set(self, request: Request) -> Answer:
        form = {name: values[-1] for name, values in parse_qs(request.body.decode("utf-8", "replace")).items()}
        target, mode = form.get("target", ""), form.get("mode", "")
        try:
            seconds = float(form.get("seconds", DEFAULT_SECONDS))
            for chosen in TARGETS if target == "all" else (target,):
                self.faults.set(chosen, mode, seconds)
        except ValueError as exc:
            return self._page(str(exc), 400)
        return redirect("/", 303)

    def _of_the_world(self, request: Request) -> Answer:
        what = request.path.removeprefix("/world/")
        number = _number(what.removeprefix("runs/"))
        if request.method == "GET" and what.startswith("runs/") and number is not None:
            return json_answer(look_at(self.world, number))
        if request.method == "POST" and what in CHANGES:
            return self._change(what, request)
        return not_found(request)

    def _change(self, change: str, request: Request) -> Answer:
        try:
            fields = perform(self.world, change, request)
        except CannotChange as exc:
            return json_answer({"error": str(exc)}, 400) if is_json(request) else self._page(str(exc), 400)
        if is_json(request):
            return json_answer(overview(self.world))
        run_number = fields.get("new_number", fields.get("run_number")) if "run_number" in fields else None
        return redirect("/" if run_number is None else f"/?run={run_number}", 303)

    def _reset(self, request: Request) -> Answer:
        self.world.reset()
        return json_answer(overview(self.world)) if is_json(request) else redirect("/", 303)

    def _clear_requests(self) -> Answer:
        self.requests.clear()
        return redirect("/", 303)


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else None


def _state(fault: Fault) -> str:
    seconds = f" ({fault.seconds:g} s)" if fault.mode == "slow" else ""
    return f"{fault.mode}{seconds}: {escape(MODES[fault.mode])}"
