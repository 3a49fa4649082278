"""The control page: what is wrong with which service, and a form to change it."""

from html import escape
from urllib.parse import parse_qs

from simulator.answers import Answer, Request, html_answer, json_answer, not_found, redirect
from simulator.faults import DEFAULT_SECONDS, MODES, TARGETS, Fault, Faults
from simulator.request_log import RequestLog

_NAMES = {"oms": "OMS", "runregistry": "Run Registry", "sso": "SSO (tokens)"}
_STYLE = """
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 50rem; margin: 2rem auto; padding: 0 1rem }
:root { color-scheme: light dark }
table { border-collapse: collapse; width: 100% } th, td { text-align: left; padding: .5rem; border-bottom: 1px solid }
tr.ill th { border-left: .4rem solid #c33 } input { width: 5rem } button { margin-top: .2rem }
"""


class Control:
    def __init__(self, faults: Faults, requests: RequestLog) -> None:
        self.faults = faults
        self.requests = requests

    def answer(self, request: Request) -> Answer:
        routes = {
            ("GET", "/"): self._page,
            ("POST", "/control"): lambda: self._set(request),
            ("GET", "/requests"): lambda: json_answer(self.requests.all()),
            ("POST", "/requests/clear"): self._clear_requests,
        }
        route = routes.get((request.method, request.path))
        return route() if route else not_found(request)

    def _page(self, message: str = "", status: int = 200) -> Answer:
        rows = "".join(self._row(target) for target in TARGETS)
        return html_answer(
            f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>Simulated services</title>'
            f"<style>{_STYLE}</style></head><body><h1>Simulated services</h1>"
            f"{f'<p role=alert>{escape(message)}</p>' if message else ''}"
            f"<table><thead><tr><th>Service<th>State<th>Requests<th>Change</tr></thead><tbody>{rows}</tbody></table>"
            '<form method="post" action="/control"><input type="hidden" name="target" value="all">'
            '<button name="mode" value="ok">Everything works again</button></form>'
            '<form method="post" action="/requests/clear"><button>Forget the requests</button></form>'
            '<p><a href="/requests">Recent requests</a></p></body></html>',
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

    def _clear_requests(self) -> Answer:
        self.requests.clear()
        return redirect("/", 303)


def _state(fault: Fault) -> str:
    seconds = f" ({fault.seconds:g} s)" if fault.mode == "slow" else ""
    return f"{fault.mode}{seconds}: {escape(MODES[fault.mode])}"
