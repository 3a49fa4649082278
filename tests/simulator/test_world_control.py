"""The world is changed over HTTP: by JSON, by a form, and by the forms of the control page itself."""

from html.parser import HTMLParser

import pytest

from simulator.world_requests import CHANGES, arguments_of

EXPRESS = "/Express/Collisions2026/DQM"
PROMPT = "/PromptReco/Collisions2026A/DQM"


@pytest.fixture
def number(simulator):
    return simulator.world.examples["four_reconstructions"]


@pytest.fixture
def fields(simulator, number):
    """For every change fields with which it is possible, and whether it then happened."""
    world = simulator.world
    running, fill = world.examples["running"], world.run(number)["attributes"]["fill_number"]
    run, of, at = {"run_number": number}, {"run_number": number, "dataset": EXPRESS}, {"fill_number": fill}

    def express():
        return world.dataset(number, EXPRESS)

    def copy():
        return express()["Run"]

    return {
        "move_state": ({**of, "state": "waiting dqm gui"}, lambda: state(express()) == "waiting dqm gui"),
        "hide": (of, lambda: express()["deleted"]),
        "show": (of, lambda: not express()["deleted"]),
        "add_dataset": ({**of, "dataset": "/New/DQM", "state": "SIGNOFF"}, lambda: world.dataset(number, "/New/DQM")),
        "rename_dataset": ({**of, "new_name": "/New/DQM"}, lambda: world.dataset(number, "/New/DQM")),
        "delete_dataset": (of, lambda: express() is None),
        "drop_triplet_cache": (of, lambda: EXPRESS not in [row["name"] for row in world.datasets_of(number)]),
        "restore_triplet_cache": (of, lambda: express() in world.datasets_of(number)),
        "end_run": ({"run_number": running}, lambda: world.run(running)["attributes"]["end_time"]),
        "add_run": ({"run_number": 399999, "like": number}, lambda: world.run(399999) and world.datasets_of(399999)),
        "rename_run": ({**run, "new_number": 399999}, lambda: world.run(399999) and not world.run(number)),
        "delete_run": ({**run, "service": "oms"}, lambda: world.run(number) is None and express()),
        "hide_run": (run, lambda: number in world.tables.hidden_runs),
        "show_run": (run, lambda: number not in world.tables.hidden_runs),
        "add_fill": ({"fill_number": 12999}, lambda: world.fill(12999)),
        "rename_fill": ({**at, "new_number": 12999}, lambda: world.fill(12999) and not world.fill(fill)),
        "delete_fill": (at, lambda: world.fill(fill) is None),
        "change_run": (
            {**run, "attribute": "recorded_lumi", "value": 7.25, "unit": "/nb"},
            lambda: fact(world.run(number), "recorded_lumi") == (7.25, {"units": "/nb"}),
        ),
        "change_fill": (
            {**at, "attribute": "peak_lumi", "value": None, "unit": "/nb"},
            lambda: fact(world.fill(fill), "peak_lumi") == (None, {"units": "/nb"}),
        ),
        "change_copy": (
            {**run, "attribute": "components", "value": ["DT", "RPC"]},
            lambda: copy()["oms_attributes"]["components"] == ["DT", "RPC"],
        ),
        "change_registry_run": (
            {**run, "attribute": "class", "value": "Cosmics26"},
            lambda: copy()["rr_attributes"]["class"] == "Cosmics26",
        ),
    }


def state(row):
    return row["dataset_attributes"]["tracker_state"]


def fact(row, attribute):
    return row["attributes"][attribute], row["meta"]["row"][attribute]


def undo_first(change, world, number):
    """What only shows that it worked after its opposite."""
    if change == "show":
        world.hide(number, EXPRESS)
    if change == "restore_triplet_cache":
        world.drop_triplet_cache(number, EXPRESS)
    if change == "show_run":
        world.hide_run(number)


def written(value):
    """As somebody would type it into the form."""
    return {None: "null"}.get(value, str(value)) if not isinstance(value, list) else '["DT", "RPC"]'


def post(ask, path, **options):
    return ask.session.post(ask.simulator.url + path, timeout=5, allow_redirects=False, **options)


@pytest.mark.parametrize("change", CHANGES)
def test_every_change_works_as_json(ask, simulator, fields, number, change):
    given, has_happened = fields[change]
    undo_first(change, simulator.world, number)
    answer = post(ask, f"/world/{change}", json=given)
    assert answer.status_code == 200, answer.text
    assert answer.json()["changes"] == simulator.world.told != []
    assert has_happened()


class Forms(HTMLParser):
    """Of a page: for each button that goes somewhere the fields of its form, with their values."""

    def __init__(self, html):
        super().__init__()
        self.forms, self._fields, self._select = {}, {}, ""
        self.labels = 0
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        if tag == "form":
            self._fields = {}
        elif tag == "input" and attributes.get("type") != "checkbox":
            self._fields[attributes["name"]] = attributes.get("value", "")
        elif tag == "select":
            self._select = attributes["name"]
            self._fields[self._select] = None
        elif tag == "option" and self._fields.get(self._select, "") is None:
            self._fields[self._select] = attributes["value"]
        elif tag == "button" and "formaction" in attributes:
            self.forms[attributes["formaction"]] = self._fields


@pytest.mark.parametrize("change", CHANGES)
def test_every_change_works_in_the_form_of_the_page(ask, simulator, fields, number, change):
    given, has_happened = fields[change]
    undo_first(change, simulator.world, number)
    page = ask.session.get(f"{simulator.url}/?run={number}", timeout=5).text
    form = Forms(page).forms[f"/world/{change}"]
    assert set(given) <= set(form), "the form has no field for it"
    answer = post(ask, f"/world/{change}", data={**form, **{name: written(value) for name, value in given.items()}})
    assert answer.status_code == 303, answer.text
    assert has_happened()
    assert ask.session.get(simulator.url + answer.headers["Location"], timeout=5).status_code == 200


def test_the_page_has_a_button_for_every_change_and_for_nothing_else(ask, simulator):
    page = ask.session.get(simulator.url, timeout=5).text
    assert set(Forms(page).forms) == {f"/world/{change}" for change in CHANGES}
    for change in CHANGES:
        assert f"POST /world/{change}" in page


def test_the_page_shows_what_is_known_of_a_run_and_escapes_it(ask, simulator, number):
    simulator.world.add_dataset(number, "<script>alert(1)</script>")
    simulator.world.hide(number, PROMPT)
    page = ask.session.get(f"{simulator.url}/?run={number}", timeout=5).text
    assert EXPRESS in page and "<script>" not in page and "&lt;script&gt;" in page
    assert f"Run {number}, dataset &#x27;{PROMPT}&#x27;: hidden." in page
    assert ask.session.get(f"{simulator.url}/?run=1", timeout=5).status_code == 200
    assert ask.session.get(f"{simulator.url}/?run=<b>", timeout=5).status_code == 200


def test_what_each_service_holds_of_a_run_is_told_as_json(ask, simulator, number):
    simulator.world.drop_triplet_cache(number, PROMPT)
    known = ask.session.get(f"{simulator.url}/world/runs/{number}", timeout=5).json()
    assert known["oms"]["id"] == str(number)
    assert known["fill"]["attributes"]["fill_number"] == known["oms"]["attributes"]["fill_number"]
    (prompt,) = [row for row in known["datasets"] if row["name"] == PROMPT]
    assert (prompt["in_search"], prompt["in_names"]) == (False, True)
    nothing = ask.session.get(f"{simulator.url}/world/runs/1", timeout=5).json()
    assert nothing == {"oms": None, "fill": None, "run_registry": None, "datasets": []}


@pytest.mark.parametrize("how", ["json", "data"])
def test_a_change_waits_for_a_page(ask, simulator, number, how):
    before = [row["name"] for row in simulator.world.datasets_of(number)]
    given = {"run_number": number, "dataset": before[0], "after_page": 0}
    assert post(ask, "/world/hide", **{how: given}).status_code in (200, 303)
    waiting = ask.session.get(f"{simulator.url}/world", timeout=5).json()["waiting"]
    assert waiting == [f"After page 0: hide run_number {number}, dataset '{before[0]}'"]
    pages = [ask.datasets({"run_number": number}, page=page, page_size=2).json() for page in (0, 1)]
    assert [row["name"] for page in pages for row in page["datasets"]] == [*before[:2], *before[3:5]]


@pytest.mark.parametrize("how", ["json", "data"])
def test_the_world_is_reset(ask, simulator, number, how):
    simulator.world.delete_run(number)
    answer = post(ask, "/world/reset", **{how: {"x": "y"}})
    assert answer.status_code == (200 if how == "json" else 303)
    assert simulator.world.run(number) and len(simulator.world.datasets_of(number)) == 5


def test_an_empty_name_is_a_name(ask, simulator, number):
    assert post(ask, "/world/add_dataset", data={"run_number": number, "dataset": "", "state": ""}).status_code == 303
    assert simulator.world.dataset(number, "")["dataset_attributes"] == {"global_state": "OPEN", "dt_state": "OPEN"}


@pytest.mark.parametrize(
    "typed, stored", [("3.8", 3.8), ("true", True), ("null", None), ('"5"', "5"), ("PB", "PB"), ("[1", "[1")]
)
def test_a_value_in_the_form_is_json_where_it_can_be(ask, simulator, number, typed, stored):
    form = {"run_number": number, "attribute": "b_field", "value": typed}
    assert post(ask, "/world/change_run", data=form).status_code == 303
    assert simulator.world.run(number)["attributes"]["b_field"] == stored


def test_a_unit_is_taken_away_in_the_form(ask, simulator, number):
    form = {"run_number": number, "attribute": "b_field", "value": "", "unit": "", "no_unit": "on"}
    assert post(ask, "/world/change_run", data=form).status_code == 303
    row = simulator.world.run(number)
    assert "b_field" not in row["meta"]["row"] and row["attributes"]["b_field"] == 3.8


WRONG = [
    ("hide", {"run_number": 396015}, "hide needs dataset."),
    ("hide", {"run_number": "12a", "dataset": "x"}, "run_number must be a whole number, not '12a'."),
    ("hide", {"run_number": 1, "dataset": "<b>"}, "The Run Registry has no dataset '<b>' of run 1."),
    ("delete_run", {"run_number": 1, "service": "both"}, "Neither service has run 1."),
    ("end_run", {"run_number": 1, "facts": "[1"}, "Facts are a JSON object"),
    ("change_fill", {"fill_number": 1, "attribute": "b_field", "value": "1"}, "OMS has no fill 1."),
    ("add_fill", {"fill_number": 1, "after_page": "soon"}, "after_page must be a whole number"),
]


@pytest.mark.parametrize("change, given, words", WRONG)
def test_what_is_wrong_is_told_in_a_sentence(ask, simulator, change, given, words):
    answer = post(ask, f"/world/{change}", json=given)
    assert answer.status_code == 400 and words in answer.json()["error"]
    page = post(ask, f"/world/{change}", data=given)
    assert page.status_code == 400 and "role=alert" in page.text and "<b>" not in page.text
    assert simulator.world.told == simulator.world.waiting == []


@pytest.mark.parametrize(
    "body, words",
    [
        ("{", "The body is no JSON."),
        ("[1]", "The body is no JSON object."),
        ('{"run": 1}', "hide has no field 'run'; it has run_number, dataset, after_page."),
        ('{"run_number": true, "dataset": "x"}', "run_number must be a whole number, not True."),
        ('{"run_number": 1, "dataset": 5}', "5 is no text."),
    ],
)
def test_json_that_is_wrong_is_told_in_a_sentence(ask, body, words):
    answer = post(ask, "/world/hide", data=body, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()) == (400, {"error": words})


@pytest.mark.parametrize("path", ["/world/reset_everything", "/world/", "/world/runs/1", "/world/__init__"])
def test_there_is_no_other_change(ask, path):
    assert post(ask, path, json={}).status_code == 404


def test_every_field_of_every_change_is_one_that_can_be_read():
    known = {"run_number", "new_number", "fill_number", "like", "dataset", "new_name", "state", "workspace", "service"}
    known |= {"facts", "attribute", "value", "unit"}
    assert {name for change in CHANGES for name in arguments_of(change)} == known
