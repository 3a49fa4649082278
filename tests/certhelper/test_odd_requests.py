"""Whatever a request looks like: no 500, nothing garbled is stored, and a page says what is wrong with it."""

from io import BytesIO
from itertools import product
from urllib.parse import quote

import pytest
from django.conf import settings
from django.contrib import admin
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import models
from django.test import Client
from django.urls import reverse

from certhelper.wsgi import application
from certify.models import Draft, TrackerCertification
from tests.factories import EXPRESS, VERDICT, make_certification
from tests.served import ask, connection_kept
from tests.users.doors import addresses, everything
from users.models import User

URLENCODED, MULTIPART = "application/x-www-form-urlencoded", "multipart/form-data; boundary=part"
OTHER_ENCODINGS = (
    "hex",
    "latin-1",
    "utf-16",
    "utf-7",
    "idna",
    "undefined",
    "unicode_escape",
    "punycode",
    "rot13",
    "nil",
)
READ_AS_UTF_8 = ("utf-8", "UTF-8", "utf8", '"utf-8"', "us-ascii")
EVERY_PATH = dict(addresses())


def parts(*fields: tuple[str, str]) -> bytes:
    """A multipart body. `fields`: what stands behind Content-Disposition, and the value."""
    return (
        "".join(f"--part\r\nContent-Disposition: form-data; {name}\r\n\r\n{value}\r\n" for name, value in fields)
        + "--part--\r\n"
    ).encode()


BODIES = {URLENCODED: b"comment=caf%C3%A9", MULTIPART: parts(('name="comment"', "café"))}


@pytest.fixture(autouse=True)
def nobody_answers(oms_is_down, registry_is_down):
    pass


@pytest.fixture
def as_root(client, db):
    client.force_login(User.objects.create_superuser("root"))
    return client


@pytest.mark.parametrize(("charset", "kind"), list(product(OTHER_ENCODINGS, BODIES)))
def test_a_form_in_another_encoding_is_refused_in_words(as_shifter, charset, kind):
    before = everything()
    page = as_shifter.generic("POST", "/certify/325000/express/", BODIES[kind], f"{kind}; charset={charset}")
    assert page.status_code == 415
    assert "UTF-8" in page.text
    assert everything() == before
    assert not Draft.objects.exists()


@pytest.mark.parametrize(("charset", "kind"), list(product(READ_AS_UTF_8, BODIES)))
def test_a_form_in_utf_8_is_read_however_that_is_written(as_shifter, charset, kind):
    body = BODIES[kind].replace(b"comment", b"reason")
    page = as_shifter.generic("POST", "/list/325000/prompt/delete/", body, f"{kind}; charset={charset}")
    assert page.status_code == 404
    assert page.wsgi_request.POST["reason"] == "café"


@pytest.mark.parametrize("charset", [*OTHER_ENCODINGS, *READ_AS_UTF_8])
def test_what_only_reads_has_no_encoding_of_its_own(as_shifter, charset):
    page = as_shifter.generic("GET", "/list/?comment=caf%C3%A9", content_type=f"{URLENCODED}; charset={charset}")
    assert page.status_code == 200
    assert "café" in page.text


def test_no_address_minds_an_odd_encoding(as_root):
    answers = {
        (name, method): ask(as_root, method, path, "a=b", f"{URLENCODED}; charset=hex").status_code
        for name, path in EVERY_PATH.items()
        for method in ("GET", "POST")
    }
    assert not [told for told, status in answers.items() if status == 500]
    assert {status for (_, method), status in answers.items() if method == "POST"} == {415, 405}


ODD_TYPES = (
    "",
    ";",
    "multipart/form-data",
    "multipart/form-data; boundary=",
    f"multipart/form-data; boundary={'x' * 300}",
    "multipart/form-data; boundary=é",
    "multipart/form-data; boundary*=hex''part",
    f"{URLENCODED}; charset*=hex''x",
    f"{URLENCODED}; charset*=undefined''x",
    f"{URLENCODED}; charset*=utf-8''%00",
    f"{URLENCODED}; charset*=nil''utf-8",
    f"{URLENCODED}; charset*0*=idna''x; charset*1=y",
    "application/json",
    "text/plain; charset=latin-1",
    "multipart/mixed; boundary=part",
)


@pytest.mark.parametrize("kind", ODD_TYPES)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_no_content_type_breaks_the_application(shifter, client, kind, method):
    """As a web server calls it: some are read before any middleware."""
    client.force_login(shifter)
    body = parts(('name="comment"', "typed"))
    environ = client._base_environ(
        REQUEST_METHOD=method,
        PATH_INFO="/list/325000/prompt/delete/",
        CONTENT_TYPE=kind.encode().decode("latin-1"),
        CONTENT_LENGTH=str(len(body)),
        **{"wsgi.input": BytesIO(body)},
    )
    told = []
    with connection_kept():
        application(environ, lambda status, headers: told.append(status)).close()
    assert told[0][:3] in ("400", "403", "404", "415"), told


ODD_PARTS = (
    ("name*=hex''comment", "typed"),
    ("name*=undefined''comment", "typed"),
    ("name*=utf-8''com%00ment", "typed"),
    ('name="com\x00ment"', "ty\x00ped"),
    ("", "typed"),
    ('name="comment"\r\nContent-Transfer-Encoding: base64', "not base64"),
    ('name="comment"\r\nContent-Type: text/plain; charset=hex', "typed"),
)


@pytest.mark.parametrize("part", ODD_PARTS)
def test_no_part_of_a_form_breaks_the_page(as_shifter, part):
    page = as_shifter.generic("POST", "/certify/325000/express/", parts(part, ('name="pixel"', "good")), MULTIPART)
    assert page.status_code in (400, 422)


def test_nul_in_the_path_is_no_address(as_root):
    paths = [path.replace("prompt", "prompt%00") for path in EVERY_PATH.values() if "prompt" in path]
    for path in [*paths, "/list/%00/", "/static/css/%00.css", "/%00", "/admin/users/user/1%00/change/"]:
        assert as_root.get(path).status_code == 404, path
        assert as_root.post(path, {"a": "b"}).status_code == 404, path


def test_nul_in_what_is_asked_for_breaks_nothing(as_root):
    asked = "&".join(f"{name}=%00" for name in ("q", "runs", "dataset", "comment", "next", "draft", "show", "%00"))
    for path in EVERY_PATH.values():
        assert ask(as_root, "GET", f"{path}?{asked}").status_code != 500, path
    assert "325�097" in as_root.get("/list/?show=all&runs=325%00097").text


def test_nul_in_a_form_breaks_nothing(as_root):
    for path in EVERY_PATH.values():
        typed = dict.fromkeys(
            ("next", "username", "password", "claim", "reason", "name", "to", "seal", "\x00"), "a\x00"
        )
        assert as_root.post(path, typed).status_code < 500, path


def test_nul_in_a_comment_is_stored_as_it_is_shown(as_shifter):
    typed = {**VERDICT, "comment": "no\x00 noise", "omsrun-run_type": "cosmics"}
    assert as_shifter.post(f"/certify/325000/express/?dataset={quote(EXPRESS)}", typed).status_code == 302
    assert TrackerCertification.objects.get().comment == "no� noise"


def test_nul_in_a_cookie_is_no_session(db):
    client = Client(headers={"Cookie": 'sessionid="a\\000b"; csrftoken="\\000"; messages="\\000"'})
    assert client.get("/").status_code == 200


# --- The admin's lists ----------------------------------------------------------------------------

ODD_VALUES = ("a\x00", "99999999999999999999", "-99999999999999999999", "9" * 400, "é,")
ODD_QUERIES = [
    *(
        {name: value}
        for name in ("q", "p", "o", "e", "all", "_changelist_filters", "_popup", "_to_field")
        for value in ODD_VALUES
    ),
    {"p": "-1"},
    {"o": "1.-2.99.x.-"},
    {"o": "." * 200},
    {"_changelist_filters": "pixel%3D%00&a=&&=&e=1"},
    {"_to_field": "password"},
    {"pk__in": "1,x," + "9" * 30},
    {"id__exact": "9" * 30},
    {"id__gt": "9" * 30},
    {"id__isnull": "x"},
    {"nothing__exact": "1"},
    {"password__startswith": "a"},
]


def odd_queries(shown: admin.ModelAdmin) -> list[dict[str, str]]:
    """What its list takes, each with odd values."""
    fields = [each if isinstance(each, str) else each[0] for each in shown.list_filter]
    lookups = [f"{field}__{how}" for field in fields for how in ("exact", "in", "isempty")]
    day = shown.date_hierarchy
    if day:
        lookups += [f"{day}__{part}" for part in ("year", "month", "day", "gte", "lt", "exact", "range")]
    return [*ODD_QUERIES, *({name: value} for name in lookups for value in ODD_VALUES)]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("model", list(admin.site._registry), ids=lambda model: model.__name__)
def test_no_query_breaks_a_list_of_the_admin(as_root, shifter, model):
    make_certification(shifter)
    url = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
    queries = odd_queries(admin.site._registry[model])
    broken = [query for query in queries if as_root.get(url, query).status_code not in (200, 302, 400, 403)]
    assert not broken


ODD_KEYS = ("9" * 30, "-1", "x", "_00", "_2F", "1_0", "9" * 400, "é", "0x1")


@pytest.mark.parametrize("model", list(admin.site._registry), ids=lambda model: model.__name__)
@pytest.mark.parametrize("what", ["change", "delete", "history"])
def test_no_key_breaks_a_page_of_the_admin(as_root, model, what):
    name = f"admin:{model._meta.app_label}_{model._meta.model_name}_{what}"
    for key in ODD_KEYS:
        url = reverse(name, args=[key])
        for answer in (as_root.get(url), as_root.post(url, {"post": "yes"})):
            assert answer.status_code in (302, 403, 404), key


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("model", list(admin.site._registry), ids=lambda model: model.__name__)
def test_no_choice_of_rows_breaks_an_action_of_the_admin(as_root, model):
    url = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
    for key in (*ODD_KEYS, "\x00"):
        for action in ("delete_selected", "retire", "make_reference", "nothing", "\x00"):
            answer = as_root.post(url, {"action": action, "_selected_action": key, "index": key, "post": "yes"})
            assert answer.status_code < 500, (key, action)


@pytest.mark.parametrize("key", ["9" * 30, "x", "", "\x00", "-1"])
def test_what_django_s_admin_looks_up_by_itself_is_no_500(as_root, key):
    for asked in ("app_label", "model_name", "field_name", "term", "page"):
        query = {"app_label": "users", "model_name": "user", "field_name": "groups", "term": "a", asked: key}
        assert as_root.get("/admin/autocomplete/", query).status_code < 500
    assert as_root.get(f"/admin/r/1/{quote(key)}/").status_code < 500
    assert as_root.get(f"/admin/users/user/{quote(key)}/password/").status_code < 500


# --- Files ----------------------------------------------------------------------------------------


def test_no_file_is_taken(as_root, monkeypatch):
    monkeypatch.setattr("tempfile.NamedTemporaryFile", None)
    before = everything()
    for name, path in EVERY_PATH.items():
        answer = as_root.post(path, {"comment": "typed", "file": SimpleUploadedFile("a.txt", b"x" * 100_000)})
        assert answer.status_code in (415, 404, 405), name
    assert everything() == before
    assert "No files" in as_root.post("/openruns/claims/", {"file": SimpleUploadedFile("a.txt", b"x")}).text


def test_a_field_for_a_file_that_is_empty_is_no_file(as_root):
    body = parts(('name="file"; filename=""', ""), ('name="comment"', "typed"))
    page = as_root.generic("POST", "/certify/325000/express/", body, MULTIPART)
    assert page.status_code == 422


def test_a_form_that_did_not_arrive_whole_is_no_500(as_shifter):
    class Broken(BytesIO):
        def read(self, *args):
            raise OSError("gone")

    page = as_shifter.post(
        "/list/undo/1/", **{"wsgi.input": Broken(), "CONTENT_LENGTH": "10", "CONTENT_TYPE": URLENCODED}
    )
    assert page.status_code == 400


def test_no_model_keeps_files():
    """If one does some day, refusing files is to be thought over."""
    fields = [field for model in admin.site._registry for field in model._meta.get_fields()]
    assert not [field for field in fields if isinstance(field, models.FileField)]
    assert settings.FILE_UPLOAD_HANDLERS == ["certhelper.readable.NoFiles"]
