"""The list as a file."""

import csv
import io
import json
from contextlib import closing
from datetime import UTC

import openpyxl
import pytest

from certify.models import PixelProblem
from listruns.export import COLUMNS, harmless
from tests.factories import make_certification, make_reconstruction, make_run


def rows(client, query: dict | None = None) -> list[dict]:
    answer = client.get("/list/export.csv", query or {"show": "all"})
    assert answer.streaming
    return list(csv.DictReader(io.StringIO(answer.getvalue().decode(), newline="")))


def objects(client, query: dict | None = None) -> list[dict]:
    return json.loads(client.get("/list/export.json", query or {"show": "all"}).getvalue())


@pytest.fixture
def one(shifter):
    lumi = {"recorded_lumi": 95161.5, "recorded_lumi_unit": r"{\mu}b^{-1}", "delivered_lumi": 99.4}
    make_run(325000, run_type="collisions", lumisections=381, b_field=3.8, fill_number=7324, **lumi)
    certification = make_certification(
        shifter,
        pixel="bad",
        strip_lowstat=True,
        comment='first "line"\nsecond, line',
        reference_runreconstruction=make_reconstruction(324021, is_reference=True),
    )
    for name in ("b", "a"):
        certification.pixel_problems.add(PixelProblem.objects.create(name=name))
    return certification


def test_a_row_has_stable_columns_with_units_in_their_names(as_shifter, one):
    row = rows(as_shifter)[0]
    assert list(row) == list(COLUMNS)
    assert (row["run_number"], row["reconstruction"], row["verdict"]) == ("325000", "prompt", "bad")
    assert (row["pixel_problems"], row["strip_lowstat"], row["pixel_lowstat"]) == ("a; b", "True", "False")
    assert row["comment"] == 'first "line"\nsecond, line'
    assert (row["reference_run"], row["reference_reconstruction"]) == ("324021", "prompt")
    assert float(row["recorded_lumi [pb^-1]"]) == pytest.approx(0.0951615)
    assert (row["recorded_lumi_as_given"], row["recorded_lumi_unit"]) == ("95161.5", r"{\mu}b^{-1}")
    # Without a unit it is not known in pb^-1, and unknown is not zero.
    assert (row["delivered_lumi [pb^-1]"], row["delivered_lumi_as_given"]) == ("", "99.4")


def test_json_says_the_same_with_its_own_types(as_shifter, one):
    row = objects(as_shifter)[0]
    assert list(row) == list(COLUMNS)
    assert (row["run_number"], row["strip_lowstat"], row["b_field [T]"], row["energy [GeV]"]) == (
        325000,
        True,
        3.8,
        None,
    )
    assert row["comment"] == 'first "line"\nsecond, line'


def test_the_file_has_all_pages_of_the_screen_in_its_order(as_shifter, shifter):
    for number in range(120):
        make_certification(shifter, 325000 + number, ("express", "prompt")[number % 2])
    query = {"reco": "express", "sort": "run"}
    screen = []
    for page in ("1", "2"):
        shown = as_shifter.get("/list/", {**query, "page": page}).context["page"].rows
        screen += [str(row.run_reconstruction.run_id) for row in shown]
    assert len(screen) == 60
    assert [row["run_number"] for row in rows(as_shifter, query)] == screen
    assert [str(row["run_number"]) for row in objects(as_shifter, query)] == screen


def test_all_text_is_quoted_so_that_a_semicolon_separates_nothing(as_shifter, shifter):
    make_certification(shifter, comment="x;y")
    assert ',"x;y",' in as_shifter.get("/list/export.csv").getvalue().decode()


@pytest.mark.parametrize(
    "text", ["x;=cmd|'/c'!A1", "x\t=1", "x\n=1", "x\r\n  @SUM(A1)", "a; b ;\t-1", "=1;=2", "ok;＝1"]
)
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_no_cell_is_a_formula_whatever_separates_the_cells(as_shifter, shifter, text, separator):
    make_certification(shifter, comment=text)
    PixelProblem.objects.create(name=text[:50])
    written = as_shifter.get("/list/export.csv").getvalue().decode()
    for line in written.splitlines()[1:]:
        for cell in line.split(separator):
            assert not cell.strip().strip('"').lstrip().startswith(tuple("=+@＝＋＠")), cell


def content(answer) -> bytes:
    with closing(answer):
        return answer.getvalue()


def workbook(client, query: dict | None = None):
    answer = client.get("/list/export.xlsx", query or {"show": "all"})
    assert answer.status_code == 200
    return openpyxl.load_workbook(io.BytesIO(content(answer)))


def test_the_workbook_has_typed_cells_and_a_header_that_stays(as_shifter, one):
    sheet = workbook(as_shifter).active
    header, row = ([cell.value for cell in line] for line in sheet.iter_rows())
    assert header == list(COLUMNS)
    assert sheet.freeze_panes == "C2"
    cells = dict(zip(header, row, strict=True))
    assert (cells["run_number"], cells["strip_lowstat"], cells["b_field [T]"]) == (325000, True, 3.8)
    assert cells["comment"] == 'first "line"\nsecond, line'
    assert cells["date"].date().isoformat() == one.date
    assert cells["certified_at [UTC]"].replace(tzinfo=UTC) == one.created_at.replace(microsecond=0)
    assert cells["delivered_lumi [pb^-1]"] is None


@pytest.mark.parametrize(
    "text", ["=1+1", "Zähler 日本", "https://cern.ch", "00123", "1e5", "\x01 bell", "{=1}", "x" * 9_999]
)
def test_text_stays_text_in_the_workbook(as_shifter, shifter, text):
    make_certification(shifter, comment=text)
    sheet = workbook(as_shifter).active
    (cell,) = [cell for cell in sheet[2] if sheet.cell(1, cell.column).value == "comment"]
    assert (cell.data_type, cell.hyperlink) == ("s", None)
    assert cell.value.replace("_x0001_", "\x01") == text


def test_more_than_a_sheet_holds_is_told_in_a_sentence(as_shifter, shifter, monkeypatch):
    monkeypatch.setattr("listruns.spreadsheet.MOST_ROWS", 1)
    for number in (325000, 325001):
        make_certification(shifter, number)
    page = as_shifter.get("/list/export.xlsx?show=all", follow=True)
    assert "A sheet of Excel holds 1 certifications" in page.text
    assert content(as_shifter.get("/list/export.xlsx?runs=325000"))


def test_nothing_is_a_valid_file_too(as_shifter, db):
    assert rows(as_shifter) == []
    assert objects(as_shifter) == []


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", " =1", "＝1", "\tx", "\rx", "\nx"])
def test_what_a_spreadsheet_would_run_is_text(as_shifter, shifter, text):
    make_certification(shifter, comment=text)
    assert rows(as_shifter)[0]["comment"] == f"'{text}"
    assert objects(as_shifter)[0]["comment"] == text


@pytest.mark.parametrize("value", [-0.004, "3.8", "a=b", "", None, True, "LS 310-320"])
def test_numbers_and_harmless_text_stay_as_they_are(value):
    assert harmless(value) == value


def test_the_links_carry_filters_and_order(as_shifter, one):
    page = as_shifter.get("/list/", {"reco": "prompt", "sort": "run"}).text
    assert "/list/export.csv?reco=prompt&amp;sort=run&amp;show=all" in page


def test_it_is_a_file_with_a_name_and_needs_a_sign_in(client, as_shifter, one):
    answer = as_shifter.get("/list/export.csv")
    assert answer["Content-Disposition"].startswith('attachment; filename="certifications-')
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    client.logout()
    assert client.get("/list/export.json").status_code == 302


def test_the_number_of_queries_grows_with_chunks_not_with_rows(as_shifter, shifter, django_assert_max_num_queries):
    for number in range(60):
        make_certification(shifter, 325000 + number)
    with django_assert_max_num_queries(14):
        assert len(rows(as_shifter)) == 60
