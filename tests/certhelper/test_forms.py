"""What every form of the site has in common."""

import re
from pathlib import Path

import pytest
from django.conf import settings

from tests.factories import make_certification

# A password manager may fill in the sign-in; nothing there is made from a version.
SIGN_IN = settings.BASE_DIR / "templates" / "users" / "login.html"
TEMPLATES = sorted((settings.BASE_DIR / "templates").rglob("*.html"))
POST_FORM = re.compile(r'<form\b[^>]*method="post"[^>]*>')


@pytest.mark.parametrize("template", [path for path in TEMPLATES if path != SIGN_IN], ids=lambda path: path.name)
def test_a_browser_fills_in_no_form_that_stores_something(template: Path):
    for form in POST_FORM.findall(template.read_text()):
        assert 'autocomplete="off"' in form


@pytest.mark.parametrize("path", ["/list/325000/prompt/delete/", "/list/325000/prompt/", "/list/", "/openruns/"])
def test_nor_one_that_a_library_writes(as_shifter, shifter, registry_is_down, path):
    make_certification(shifter)
    forms = POST_FORM.findall(as_shifter.get(path).text)
    assert forms
    assert all('autocomplete="off"' in form for form in forms)
