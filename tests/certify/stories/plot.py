"""What happens in a story: people open pages, fill in and send the forms that they find there, early or late."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Any
from urllib.parse import parse_qs, urlsplit

from django.contrib.auth.models import Group
from django.test import Client
from django.urls import resolve

from certify.completion import refresh_waiting
from certify.links import url_of_draft
from certify.models import BadReason, Draft, PixelProblem, StripProblem, TrackingProblem
from oms.client import OmsClient
from oms.models import Difference, OmsRun
from runregistry.client import RunRegistryClient
from runregistry.models import KnownDataset
from tests.certify.stories.book import COMPONENTS, GUEST, LEADER, LOWSTATS, PROBLEMS, SHIFTER, UNSAID, Act, Book, typed
from tests.certify.stories.outside import KEYS, NAMES, Outside
from tests.certify.stories.pages import Fields, Form, forms_of
from tests.factories import make_reconstruction, make_user

_LEAVES_OPEN = ("review", "correct", "refresh")
_MOST_TABS = 15
_EAGERNESS = {
    "certify": 2.5,
    "update": 6.0,
    "delete": 4.0,
    "undo": 1.2,
    "restore": 1.2,
    "bring_back": 0.5,
    "refresh": 0.6,
    "differences_of_run": 6.0,
}


@dataclass
class Browser:
    """Several people may sit at it one after the other; what was opened stays open."""

    client: Client
    person: str | None = None


@dataclass
class Tab:
    """A form that somebody has open. `made_from`: key and version of the certification that its page showed."""

    browser: Browser
    person: str | None
    form: Form
    made_from: tuple[int, int] = (0, 0)

    @property
    def page(self) -> Any:
        return resolve(urlsplit(self.form.url).path)

    @property
    def kind(self) -> str:
        return self.page.url_name

    @property
    def at(self) -> str | None:
        """The dataset that its address names."""
        query = parse_qs(urlsplit(self.form.url).query, keep_blank_values=True)
        return query.get("dataset", [UNSAID])[0] or None


@dataclass
class Sent:
    """`act`: what is to be stored of it, None where nothing is."""

    tab: Tab
    by: str | None
    fields: Fields
    page: Any
    act: Act | None


class Plot:
    def __init__(self, random: Random, outside: Outside) -> None:
        self.random, self.outside, self.run = random, outside, outside.run
        self.book = Book({"ann": SHIFTER, "ben": SHIFTER, "lea": LEADER})
        self.people = {name: make_user(name, role) for name, role in self.book.roles.items()}
        self.browsers = [Browser(Client()) for _ in self.people]
        for browser, name in zip(self.browsers, self.people, strict=True):
            self.sits_down(browser, name)
        self.tabs: list[Tab] = []
        self.judged = 0
        self.taken_over: dict[str, tuple[str | None, str | None]] = {}  # seal → whose typing, who took it over
        for model in (PixelProblem, StripProblem, TrackingProblem, BadReason):
            for name in ("dead", "noisy"):
                model.objects.create(name=name)
        for number in (320001, 320002):
            make_reconstruction(number, "rereco", is_reference=True)
        is_named = random.random() < 0.5
        for browser, dataset in zip(self.browsers, NAMES, strict=True):
            self.open(browser, f"/certify/{self.run}/rereco/" + (f"?dataset={dataset}" if is_named else ""))

    # --- what happens ---------------------------------------------------------------------------------

    def sits_down(self, browser: Browser, name: str | None) -> None:
        browser.person = name
        if name:
            browser.client.force_login(self.people[name])
        else:
            browser.client.logout()

    def somebody_comes_or_goes(self) -> None:
        browser = self.random.choice(self.browsers)
        before = browser.person
        self.sits_down(browser, self.random.choice([*self.people, *self.people, None]))
        print(f"{browser.person} sits down where {before} sat")

    def somebodys_role_changes(self) -> None:
        name, role = self.random.choice(["ann", "ben"]), self.random.choice([SHIFTER, SHIFTER, GUEST, LEADER])
        self.book.roles[name] = role
        self.people[name].groups.set([Group.objects.get(name=role)])
        print(f"{name} is {role}")

    def worker_goes_round(self) -> None:
        OmsRun.objects.update(due_at=None, leased_until=None)
        print("worker:", refresh_waiting(OmsClient(), RunRegistryClient()))

    def opens(self) -> None:
        browser = self.random.choice(self.browsers)
        self.open(browser, self.random.choice(self.addresses(browser.person)))

    def open(self, browser: Browser, url: str) -> None:
        page = browser.client.get(url, follow=True)
        print(f"{browser.person} opens {url}: {page.status_code}")
        self.keep_open(browser, page)

    def addresses(self, person: str | None) -> list[str]:
        certify, shown = f"/certify/{self.run}/", f"/list/{self.run}/rereco/"
        certified = [row.dataset or "" for row in self.book.rows.values()]
        dataset = self.random.choice(["", *(f"?dataset={name}" for name in (*certified, *certified, self.name()))])
        drafts = [url_of_draft(draft) for draft in Draft.objects.filter(user__username=person or "")]
        return [
            *(certify, f"{certify}rereco/", f"{certify}rereco/?dataset={self.name()}&correct=1"),
            *(f"{shown}{page}{dataset}" for page in ("", "", "", "update/", "update/", "delete/", "delete/")),
            *(f"{shown}update/{dataset or '?'}&correct=1",) * 4,
            *("/list/", "/list/bin/"),
            *(f"/list/{self.run}/differences/",) * (6 if Difference.objects.open().exists() else 1),
            *([self.random.choice(drafts)] if drafts else []),
        ]

    def name(self) -> str:
        return self.random.choice(NAMES)

    def keep_open(self, browser: Browser, page: Any, came_from: Tab | None = None) -> None:
        """All its forms that a story knows, as tabs."""
        for form in forms_of(page):
            tab = Tab(browser, browser.person, form)
            if hasattr(self, f"expects_{tab.kind}") and tab.page.kwargs.get("reco", "rereco") == "rereco":
                tab.made_from = _made_from(tab, page, came_from)
                if came_from and "taken_over" in form.fields:
                    self.taken_over.setdefault(form.fields["taken_over"][0], (came_from.person, tab.person))
                self.tabs.append(tab)
        self.tabs = self.tabs[-_MOST_TABS:]

    def sends(self) -> Sent | None:
        """One of the open forms, by whoever sits there now; it may stay open for a second click or Back."""
        if not self.tabs:
            return None
        kinds = sorted({tab.kind for tab in self.tabs})
        kind = self.random.choices(kinds, [_EAGERNESS.get(kind, 2.0) for kind in kinds])[0]
        tab = self.random.choice([tab for tab in self.tabs if tab.kind == kind])
        if self.random.random() < 0.5:
            self.tabs.remove(tab)
        fields, browser = self.fill_in(tab), tab.browser
        if self.random.random() < 0.25:
            fields.pop("served_to", None)  # as a program of anybody's sends it
            browser = self.random.choice(self.browsers)
        by = browser.person
        is_theirs = tab.person == by or "served_to" not in fields
        act = getattr(self, f"expects_{tab.kind}")(tab, by, fields) if by and is_theirs else None
        print(f"{by} sends {tab.form.url} of {tab.person}, made from {tab.made_from}: {fields.get('comment')}")
        page = browser.client.post(tab.form.url, fields)
        told = [str(each) for each in (page.context or {}).get("messages", [])]
        print(f"    {page.status_code} {told}, expected: {act}")
        if act and _facts_are_in_the_way(page):
            act = None
        self.keep_open(browser, page, tab)
        if page.status_code == 302 and page.url.startswith("/list/"):
            self.open(browser, page.url)
        return Sent(tab, by, fields, page, act)

    # --- what is typed --------------------------------------------------------------------------------

    def fill_in(self, tab: Tab) -> Fields:
        fields, options = {name: [*values] for name, values in tab.form.fields.items()}, tab.form.options
        if "trackermap" in options and self.random.random() < 0.8:
            self.judge(fields, options)
        if "reason" in fields:
            fields["reason"] = ["because"]
        for name in options:
            if name == "to" or name.startswith(("take-", "task-")):
                fields[name] = [self.random.choice(options[name])]
                fields[name.replace("-decision", "-reason")] = [*fields[name]]
        if tab.kind == "update" and "seal" in fields and "draft_page" in fields and "trackermap" not in options:
            fields["merge"] = [self.random.choice(["mix", "mine", "theirs"])]
        elif tab.kind in ("certify", "update") and self.random.random() < 0.15:
            fields[self.random.choice(_LEAVES_OPEN)] = ["1"]
        return fields

    def judge(self, fields: Fields, options: Fields) -> None:
        self.judged += 1
        for name in COMPONENTS:
            # Mostly the run type decides whether it is good.
            often = ["bad" if name == "pixel" else "good"] * 6
            fields[name] = [self.random.choice(["good", "bad", "excluded", *often])]
        for name in (*LOWSTATS, *PROBLEMS):
            fields[name] = [each for each in options[name] if self.random.random() < 0.2]
        for name in ("bad_reason", "reference_runreconstruction", "trackermap"):
            fields[name] = [self.random.choice(options[name])]
        fields["date"] = [str(date(2026, 1, 15) + timedelta(days=self.random.randrange(90)))]
        fields["comment"] = [f"{self.judged}\nsaid of it"]
        for name in ("dataset_unknown", "dataset_waiting"):
            if name in options and self.random.random() < 0.8:
                fields[name] = ["on"]
        if "omsrun-run_type" in options and self.random.random() < 0.7:
            fields["omsrun-run_type"] = [self.random.choice(["collisions", "cosmics"])]
            if self.random.random() < 0.3:
                fields["omsrun-hlt_key"] = [self.random.choice(KEYS)]

    # --- what is to come of it ------------------------------------------------------------------------

    def expects_certify(self, tab: Tab, by: str, sent: Fields) -> Act | None:
        dataset = None if tab.at == UNSAID else tab.at
        is_waiting = "dataset_waiting" in tab.form.options and "dataset_waiting" not in sent
        if _is_left_open(sent) or is_waiting:
            return None
        if dataset is None and not {None, self.outside.only_one} & self.book.datasets:
            dataset = self.outside.only_one
        return self.book.create(by, dataset, typed(sent), "dataset_unknown" in sent, self.typist(by, sent))

    def expects_update(self, tab: Tab, by: str, sent: Fields) -> Act | None:
        if _is_left_open(sent) or sent.get("merge") == ["theirs"]:
            return None
        words, row = typed(sent), self.book.rows.get(tab.made_from[0])
        if row and sent.get("merge") == ["mix"]:
            words |= {name: row.words[name] for name in words if sent.get(f"take-{name}") == ["theirs"]}
        return self.book.change(by, tab.made_from, tab.at, words, self.typist(by, sent))

    def expects_delete(self, tab: Tab, by: str, sent: Fields) -> Act | None:
        return self.book.delete(by, tab.made_from, tab.at, self.typist(by, sent))

    def expects_restore(self, tab: Tab, by: str, sent: Fields) -> Act | None:
        return self.book.restore(by, tab.made_from)

    def expects_undo(self, tab: Tab, by: str, sent: Fields) -> Act | None:
        return self.book.undo(by, tab.page.kwargs["pk"])

    def expects_bring_back(self, tab: Tab, by: str, sent: Fields) -> Act | None:
        return self.book.bring_back(by, tab.made_from, tab.at, tab.page.kwargs["pk"])

    def expects_move(self, tab: Tab, by: str, sent: Fields) -> Act | None:
        remembered = set(KnownDataset.objects.values_list("name", flat=True))
        known = self.outside.listed if self.outside.is_well("runregistry") else remembered
        return self.book.move(by, tab.made_from, tab.at, sent["to"][0], known)

    def typist(self, by: str, sent: Fields) -> str | None:
        typist, to = self.taken_over.get(sent.get("taken_over", [""])[0], (None, None))
        return typist if to == by else None

    def expects_refresh(self, tab: Tab, by: str, sent: Fields) -> None:
        return None

    def expects_differences_of_run(self, tab: Tab, by: str, sent: Fields) -> None:
        return None


def _made_from(tab: Tab, page: Any, came_from: Tab | None) -> tuple[int, int]:
    version = int(tab.form.fields.get("version", ["0"])[0])
    if tab.kind == "restore":
        return tab.page.kwargs["pk"], version
    shown = page.context and page.context.get("certification")
    # A page that gives the typing back shows nothing of what is stored.
    is_given_back = came_from and came_from.kind == tab.kind and "trackermap" in tab.form.options
    if came_from and came_from.made_from[1] == version and (is_given_back or not shown):
        return came_from.made_from
    return shown.pk if shown else 0, version


def _is_left_open(sent: Fields) -> bool:
    return any(button in sent for button in _LEAVES_OPEN)


def _facts_are_in_the_way(page: Any) -> bool:
    """Facts of the run that are missing, or were changed meanwhile, are asked for first."""
    forms = [page.context and page.context.get(name) for name in ("omsrun_form", "omsfill_form")]
    return page.status_code in (409, 422) and any(form and form.errors for form in forms)
