"""What certifying and updating share: one page with the forms of one certification."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.functional import cached_property
from django.views import View

from certify import drafts, merge, workflow
from certify.addressed import CERTIFICATION, version_of
from certify.buttons import BUTTONS, HELPERS, Button
from certify.chronicle import latest, was_without_dataset
from certify.deciders import who_decides
from certify.differences import mark_rows, open_differences
from certify.exceptions import (
    CertificationOvertaken,
    CertificationRefused,
    CertifiedWithAnotherDataset,
    FactsOvertaken,
)
from certify.forms import CertificationForms
from certify.handover import CertificationHandover, opening_of
from certify.links import address, certify_url, draft_keeping_url, url_of, url_of_draft
from certify.models import LONGEST_REASON, Draft, Reconstruction, TrackerCertification
from certify.references import references_for
from certify.refreshing import AskedAMomentAgo, ask_anew
from certify.refusals import in_one_message, ways_on
from certify.snapshots import state_of
from certify.target import RECOS, unseal
from certify.writer import Act
from oms.presentation import fact_groups
from runregistry.states import state_in_words
from users.carry import Fields, typed_fields
from users.models import User
from users.served import TAKEN_OVER, taken_over_from

# Fields of a form that say what it was made from: they do not go along to another reconstruction or dataset.
_MADE_FROM = ("version", CERTIFICATION, "seal")


class CertificationPage(View):
    """Shows (GET) and saves (POST) the forms of `self.context`, which a subclass finds in `resolve`."""

    handover = CertificationHandover()

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        if request.method == "POST":
            self.keep_draft()  # before anything can go wrong
        try:
            self.context = self.resolve(**kwargs)
            return super().dispatch(request, *args, **kwargs)
        except CertificationOvertaken as overtaken:  # by save, when somebody else saved meanwhile
            return self.overtaken(overtaken)
        except CertifiedWithAnotherDataset as refusal:
            return self.another_dataset(refusal)
        except CertificationRefused as refusal:  # by resolve, and by save when somebody was faster
            return self.refuse(refusal)

    def resolve(self, **kwargs: Any) -> workflow.CertificationContext:
        raise NotImplementedError

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if self.draft and self.draft.dataset not in ("", self.context.target.dataset):
            return redirect(url_of_draft(self.draft))
        return self.render(self.forms())

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        forms = self.forms()
        if not self.is_submit:
            return self.render(forms)
        if not forms.is_valid():
            return self.render(forms, status=forms.refusal_status)
        try:
            saved = forms.save(Act(request.user, self.reason, self.typed_by), self.version)
        except FactsOvertaken as overtaken:  # the forms say which facts
            return self.render(forms, status=overtaken.status)
        if forms.doubts:
            of_run = f"The energy of run {self.context.target.run_number} that is stored now is odd."
            messages.warning(request, f"{of_run} {forms.doubts} You can still correct it.")
        for each in forms.proposed:
            messages.warning(request, f"What you typed of {each} is kept as a difference: {who_decides(each)}.")
        return self.saved(saved)

    def saved(self, saved: TrackerCertification) -> HttpResponse:
        self.drop_draft()
        messages.success(self.request, self.saved_message(saved))
        for news in self.news():
            messages.warning(self.request, news)
        return redirect("listruns:list")

    def news(self) -> list[str]:
        """What the Run Registry said between opening and saving."""
        target = self.context.target
        told = list(map(str, target.warnings)) if target.dataset and not target.confirmed else []
        if target.moved_to:
            told.append(f"Meanwhile {target.dataset} became “{state_in_words(target.moved_to)}” in the Run Registry.")
        return told

    @property
    def asked_dataset(self) -> str | None:
        """The dataset that the URL names: "" is the one that is not known by name, None is not said."""
        return self.request.GET.get("dataset")

    @property
    def asked_for(self) -> tuple[int, str]:
        return self.kwargs["run_number"], self.kwargs.get("reco", "")

    @cached_property
    def draft(self) -> Draft | None:
        """The draft that the URL opens."""
        return drafts.opened(self.request.user, *self.asked_for, self.asked_dataset, self.request.GET.get("draft", ""))

    @cached_property
    def draft_page(self) -> str:
        return self.draft.page if self.draft else drafts.page_of(self.request.POST.get(drafts.PAGE, ""))

    @property
    def is_submit(self) -> bool:
        """It is to be saved, not only to come back as it is, with nothing saved."""
        return self.request.method == "POST" and not any(button in self.request.POST for button in Button)

    @property
    def helper(self) -> Button | None:
        """The button that was pressed, where it only helps to fill in the form. One is a link too."""
        if self.request.method != "POST":
            return Button.CORRECT if Button.CORRECT in self.request.GET else None
        return next((button for button in HELPERS if button in self.request.POST), None)

    @cached_property
    def asks_anew(self) -> bool:
        """The services are to be asked once more, whatever the page was made with. Raises MayNotRefresh."""
        if Button.REFRESH not in self.request.POST:
            return False
        try:
            ask_anew(self.request.user)
        except AskedAMomentAgo as refusal:
            messages.warning(self.request, in_one_message(refusal, self.request.user))
            return False
        return True

    @property
    def version(self) -> int | None:
        """The stored version that the page was made with, as the form remembers it."""
        stored = self.context.certification
        return version_of(self.typed or {}, stored and stored.pk)

    @property
    def typed_by(self) -> User | None:
        """Whose typing this is, where it was taken over."""
        typed = self.typed or {}
        opening = opening_of(self.kwargs["run_number"], typed.get(drafts.PAGE, ""))
        return taken_over_from(typed.get(TAKEN_OVER, ""), self.request.user, opening)

    @property
    def reason(self) -> str:
        return self.request.POST.get("change_reason", "").strip()[:LONGEST_REASON]

    @cached_property
    def typed(self) -> QueryDict | None:
        """What is in the forms: sent now, from a draft, or nothing yet."""
        if self.request.method != "POST":
            return drafts.as_post(self.draft) if self.draft else None
        return self.request.POST

    def filled_in(self) -> CertificationForms:
        correct = self.helper == Button.CORRECT
        return CertificationForms(self.context, self.typed, correct=correct, refreshed=self.asks_anew)

    def forms(self) -> CertificationForms:
        forms = self.filled_in()
        if self.helper or (self.request.method != "POST" and self.draft):
            forms.hide_errors()
        return forms

    def keep_draft(self) -> None:
        typed = typed_fields(self.request.POST, BUTTONS)
        if drafts.says_something(typed):
            drafts.keep(self.request.user, *self.asked_for, self.asked_dataset or "", self.draft_page, typed)

    def drop_draft(self) -> None:
        """Theirs, and that of whom they took it over from."""
        target = self.context.target
        for person in filter(None, (self.request.user, self.typed_by)):
            drafts.drop(person, target.run_number, target.reco, self.draft_page)

    def another_dataset(self, refusal: CertifiedWithAnotherDataset) -> HttpResponse:
        """Nothing is merged: to what is stored, or on with the dataset that the form is about."""
        run_number, reco = self.asked_for
        certification, looked_at = refusal.certification, refusal.looked_at
        context = {
            "refusal": refusal,
            "stored_url": url_of(certification),
            "typed": [(name, value) for name, value in self.typed_anew() if name != drafts.PAGE],
            "mine_url": certify_url(run_number, reco or certification.reconstruction, looked_at),
            "may_certify_mine": looked_at is not None and self.request.user.may_certify,
        }
        return render(self.request, "certify/another_dataset.html", context, status=refusal.status)

    def refuse(self, refusal: CertificationRefused) -> HttpResponse:
        typed = self.typed_anew()
        run_number, reco = self.asked_for
        context = {
            **ways_on(refusal, self.request.user),
            "recos": _labelled(refusal.recos or (RECOS if typed and refusal.may_go_on else ())),
            "run_number": run_number,
            "typed": typed,
            "drafts": drafts.offered(self.request.user, run_number, reco, self.asked_dataset) if reco in RECOS else [],
        }
        return render(self.request, "certify/refused.html", context, status=refusal.status)

    def typed_anew(self) -> Fields:
        """What was typed, to be sent for another reconstruction or dataset."""
        typed = typed_fields(self.request.POST, BUTTONS)
        return [(name, value) for name, value in typed if name not in _MADE_FROM]

    def overtaken(self, refusal: CertificationOvertaken) -> HttpResponse:
        """Both versions side by side, unless they say the same, as after the second of two clicks."""
        if refusal.certification.deleted_at:
            return self.refuse(refusal)
        return self.choose_between(refusal.certification, refusal)

    def choose_between(self, stored: TrackerCertification, refusal: CertificationRefused) -> HttpResponse:
        if not self.is_about(stored):
            return self.another_dataset(CertifiedWithAnotherDataset(stored, self.looked_at or None))
        forms = self.filled_in()
        if not forms.is_valid():
            return self.render(forms, status=forms.refusal_status)
        found = merge.differences(state_of(forms.certify.cleaned_data), stored, self.version, self.request.POST)
        if not found and not forms.facts_differ(self.request.user):
            self.drop_draft()
            saved = f"The certification of {stored.full_name} was saved already; nothing was changed."
            messages.info(self.request, saved)
            return redirect("listruns:list")
        context = {
            "refusal": refusal,
            "certification": stored,
            "version": stored.version,
            "latest": latest(stored),
            "differences": found,
            "typed": merge.without_choices(self.typed),
            "facts_typed": forms.facts_differ(self.request.user),
            "action": url_of(stored, "conflict"),
            "edit_url": url_of(stored, "update"),
        }
        return render(self.request, "certify/conflict.html", context, status=409)

    def saved_message(self, saved: TrackerCertification) -> str:
        unconfirmed = "" if saved.is_confirmed else " Its dataset is not confirmed yet."
        return f"The certification of {saved.full_name} is saved: {'good' if saved.is_good else 'bad'}.{unconfirmed}"

    def render(self, forms: CertificationForms, status: int = 200, **more: Any) -> HttpResponse:
        return render(self.request, "certify/certify.html", {**self.page(forms), **more}, status=status)

    def page(self, forms: CertificationForms) -> dict[str, Any]:
        context = self.context
        target = context.target
        search = self.request.POST.get("reference_search", "")
        if context.certification:
            mark_rows([context.certification])
        chosen = str(forms.certify["reference_runreconstruction"].value() or "")
        return {
            "form": forms.certify,
            "omsrun_form": forms.run,
            "omsfill_form": forms.fill,
            "run": context.run,
            "run_number": target.run_number,
            "reco": target.reco,
            "reco_name": Reconstruction(target.reco).label,
            "dataset": target.dataset,
            "target": target,
            "tracker_state": state_in_words(target.tracker_state),
            "siblings": self.siblings(),
            "certification": context.certification,
            "marked": context.certification or {"open_differences": open_differences(context.run)},
            "external_info_complete": context.info.complete,
            "warnings": context.warnings,
            "fact_groups": fact_groups(context.run),
            "references": references_for(context.run, target.reco, query=search, chosen=chosen),
            "reference_search": search,
            "helper": self.helper,
            "is_typed": self.helper and self.request.method == "POST",
            "seal": target.seal,
            "action": self.canonical_url(),
            "typed_by": self.typed_by,
            "taken_over": (self.typed or {}).get(TAKEN_OVER, ""),
            "draft": self.draft,
            "draft_page": self.draft_page,
            "drafts": drafts.offered(
                self.request.user, target.run_number, target.reco, target.dataset, but=self.draft_page
            ),
            "draft_url": draft_keeping_url(target.run_number, target.reco, target.dataset),
        }

    def siblings(self) -> list[dict[str, Any]]:
        """The other datasets of the reconstruction, each with the page it leads to."""
        target = self.context.target
        others = [sibling for sibling in target.siblings if sibling.name != target.dataset]
        return [
            {
                "name": other.name,
                "is_certified": other.is_certified,
                "url": address("detail", target.run_number, target.reco, other.name)
                if other.is_certified
                else certify_url(target.run_number, target.reco, other.name),
            }
            for other in others
        ]

    def canonical_url(self) -> str:
        """Where the form is sent: it names all that was found, so that nothing else is found the second time."""
        target = self.context.target
        return certify_url(target.run_number, target.reco, target.dataset)

    @property
    def looked_at(self) -> str | None:
        """The dataset that the form is about, "" without a name; None when it does not say (a program's)."""
        seal = self.request.POST.get("seal")
        sealed = unseal(seal or "", *self.asked_for)
        if sealed:
            return sealed.dataset or ""
        return self.asked_dataset if seal is None or self.asked_dataset is not None else ""

    def is_about(self, stored: TrackerCertification) -> bool:
        """Whether the form was made for what is stored, which may have got its name since, or does not say."""
        if self.looked_at in (None, stored.dataset_name or ""):
            return True
        return not self.looked_at and was_without_dataset(stored)


def _labelled(recos: tuple[str, ...]) -> list[tuple[str, str]]:
    return [(reco, Reconstruction(reco).label) for reco in recos]
