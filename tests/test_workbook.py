"""The workbook: what its formulas say agrees with the tables, text is never a formula, and all of it can be read and printed."""

import shutil
from collections import Counter

import numpy as np
import pandas as pd
import pytest
from openpyxl import load_workbook
from spreadsheet import formulas, recalculated, shown

from sim.core.faults import InputError
from sim.record.measures import MEASURES
from sim.report.findings import Findings
from sim.report.workbook import writing
from sim.report.workbook.book import Book
from sim.report.workbook.facts import Facts
from sim.report.workbook.money import TOTALS, waterfall_rows
from sim.rerun import redraw
from sim.results.files import read_decisions, read_tables
from sim.results.joined import read_csv
from sim.results.plain import plain, rounded
from sim.results.summary import RUN_COLUMNS
from sim.results.years import by_year

SHEETS = [
    "Contents", "Verdict", "Waterfall", "Who pays and gains", "By year and agency", "Cash flow", "Present value",
    "Differences", "Incentives", "Assumptions", "Meanings",
]  # fmt: skip
FORMULA = "=1+1"


def told(folder):
    """What a workbook is written from."""
    runs, flows, summary, manifest = read_tables(folder)
    apart = read_csv(folder / "differences.csv")
    return Findings(runs, flows, summary, apart, read_decisions(folder), manifest)


@pytest.fixture(scope="module")
def folder(compared, tmp_path_factory):
    """The tables of a comparison, without a report."""
    found = tmp_path_factory.mktemp("tables")
    compared.write(found, report=False)
    return found


@pytest.fixture(scope="module")
def written(folder, tmp_path_factory):
    """Its workbook."""
    found = tmp_path_factory.mktemp("book")
    writing.write_workbook(found, told(folder))
    return found / writing.WORKBOOK


@pytest.fixture(scope="module")
def cells(written):
    return shown(written)


def grid(cells, sheet):
    """Rows of a sheet: values by column letter, by row number."""
    found = {}
    for (title, address), value in cells.items():
        if title == sheet:
            letters = address.rstrip("0123456789")
            found.setdefault(int(address[len(letters) :]), {})[letters] = value
    return found


def test_the_sheets_stand_in_their_order_and_the_first_names_the_others(written, cells):
    assert load_workbook(written, read_only=True).sheetnames == SHEETS
    assert SHEETS[1:] == [cells["Contents", f"A{row}"] for row in range(5, 5 + len(SHEETS) - 1)]


def test_the_waterfall_is_the_summary_to_the_penny(folder, cells):
    _, _, summary, manifest = read_tables(folder)
    means = summary[summary["agency"] == "all"].set_index(["arrangement", "measure"])["mean"]
    rows = waterfall_rows(Facts(told(folder)))
    for column, code in zip("CDEFG", manifest["arrangements"], strict=True):
        for measure in TOTALS:
            value = cells["Waterfall", f"{column}{rows[measure][0] + 1}"]
            assert value == pytest.approx(means[code, measure], abs=0.0051), (code, measure)


def test_every_total_says_that_it_agrees(cells):
    said = Counter(value for value in cells.values() if value in ("agrees", "differs", "another rate"))
    assert said.keys() == {"agrees"}
    assert said["agrees"] > 50


def test_a_total_that_does_not_agree_says_so(folder, tmp_path):
    found = told(folder)
    summary = found.summary
    of_it = (summary["arrangement"] == "silo") & (summary["agency"] == "all") & (summary["measure"] == "cash_released")
    summary.loc[of_it, "mean"] += 0.02
    writing.write_workbook(tmp_path, found)
    found = [key for key, value in shown(tmp_path / writing.WORKBOOK).items() if value == "differs"]
    assert [sheet for sheet, _ in found] == ["Waterfall"]


def test_net_present_value_is_the_models(folder, cells):
    _, _, summary, manifest = read_tables(folder)
    means = summary[(summary["agency"] == "all") & (summary["measure"] == "npv")].set_index("arrangement")["mean"]
    last = max(column for row in grid(cells, "Present value").values() for column in row)
    values = [
        row[last] for row in grid(cells, "Present value").values() if row.get("A") == "Present value" and last in row
    ]
    assert values == pytest.approx([means[code] for code in manifest["arrangements"]], abs=0.0051)


def test_who_gains_adds_up_to_the_net_position_of_the_place(folder, cells):
    _, _, summary, manifest = read_tables(folder)
    means = summary[(summary["agency"] == "all") & (summary["measure"] == "net_position")].set_index("arrangement")[
        "mean"
    ]
    rows = [row for row in grid(cells, "Who pays and gains").values() if row.get("A") == "The place"]
    assert [row["K"] for row in rows] == pytest.approx([means[code] for code in manifest["arrangements"]], abs=0.0051)


def test_cash_flow_ends_at_the_balances_that_the_model_recorded(folder, cells):
    """Of the joint body of the pool: what the ledger holds of it by year, from nothing to its recorded balance."""
    runs, flows, _, manifest = read_tables(folder)
    pool = flows[flows["arrangement"] == "pooled_s75"]
    moved = pool[pool["payee"] == "pool"]["pence"].sum() - pool[pool["payer"] == "pool"]["pence"].sum()
    name = manifest["arrangements"]["pooled_s75"]["name"]
    rows = [
        row for row in grid(cells, "Cash flow").values() if (row.get("A"), row.get("B")) == (name, "Pool (joint body)")
    ]
    (closing,) = (row for row in rows if row["C"] == "Closing balance")
    years = [column for column in closing if column not in "ABC"][: manifest["years"]]
    assert closing[years[-1]] == pytest.approx(moved / 100 / 2, abs=0.005)
    held = runs[
        (runs["arrangement"] == "pooled_s75") & (runs["agency"] == "pool") & (runs["measure"] == "closing_balance")
    ]
    assert moved == held[held["year"] == manifest["years"]]["value_pence"].sum()
    moves = [row for row in rows if row["C"] not in ("Opening balance", "Closing balance")]
    assert sum(row.get(years[0], 0) for row in moves) == pytest.approx(closing[years[0]])


def test_years_by_hand():
    """Two seeds: 10 and 20 pounds on two lines in year 1, of one seed 6 in year 2; a balance has no total; a return is known once."""
    rows = [
        ("a", 0, 1, 1, "nhs", "x", "retained", 1000, np.nan),
        ("a", 0, 1, 1, "nhs", "y", "retained", 2000, np.nan),
        ("a", 0, 1, 2, "nhs", "x", "retained", 600, np.nan),
        ("a", 1, 2, 1, "police", None, "retained", 1, np.nan),
        ("a", 1, 2, 2, "nhs", None, "closing_balance", 500, np.nan),
        ("a", 1, 2, 2, "vehicle", None, "investor_irr", None, 0.04),
    ]
    runs = pd.DataFrame(rows, columns=RUN_COLUMNS).astype({"value_pence": "Int64", "value": "float64"})
    found = by_year(runs)
    assert list(found.columns) == [1, 2]
    assert found.loc[("a", "nhs", "retained")].tolist() == [15.0, 3.0]
    assert found.loc[("a", "all", "retained")].tolist() == pytest.approx([15.005, 3.0])
    assert found.loc[("a", "nhs", "closing_balance")].tolist() == [0.0, 2.5]
    assert ("a", "all", "closing_balance") not in found.index
    assert np.isnan(found.loc[("a", "vehicle", "investor_irr"), 1])
    assert found.loc[("a", "vehicle", "investor_irr"), 2] == 0.04
    assert found.index[0] == ("a", "all", "retained")


def test_years_in_wide_form_are_the_summary_year_by_year(folder):
    years = pd.read_csv(folder / "years.csv", keep_default_na=False, dtype=str)
    assert list(years.columns) == ["arrangement", "agency", "measure", *map(str, range(1, 16))]
    summary = read_tables(folder)[2].set_index(["arrangement", "agency", "measure"])["mean"]
    money = years[[MEASURES[name].is_money and MEASURES[name].adds_up == "sum" for name in years["measure"]]]
    numbers = money.set_index(["arrangement", "agency", "measure"]).astype(float).sum(axis=1)
    assert (numbers - summary[numbers.index]).abs().max() < 0.005 * 16
    assert money[list("123")].stack().str.fullmatch(r"-?\d+\.\d\d").all()


@pytest.mark.parametrize("name", ["summary.csv", "years.csv"])
def test_csv_files_have_plain_decimals(folder, name):
    """Money in two places, all else in two to six, and no exponent anywhere."""
    table = pd.read_csv(folder / name, keep_default_na=False, dtype=str)
    money = np.array([MEASURES[measure].is_money for measure in table["measure"]])
    for column in table.columns.difference(["arrangement", "agency", "measure", "n"]):
        assert table.loc[money, column].str.fullmatch(r"(-?\d+\.\d\d)?").all()
        assert table.loc[~money, column].str.fullmatch(r"(-?\d+\.\d{2,6})?").all()
        assert not table[column].str.fullmatch("-0.0+").any()


def test_plain_numbers_by_hand():
    texts = [plain(value, "retained") for value in (1234567.891, -0.004, 0.005, 1e15, float("nan"))]
    assert texts == ["1234567.89", "0.00", "0.01", "1000000000000000.00", ""]
    assert [plain(value, "retention") for value in (1 / 3, 2.0, 1.5e-7, -0.25)] == ["0.333333", "2.00", "0.00", "-0.25"]
    assert rounded(2.675, "retained") == 2.67  # which is below 2.675 as computers have it


def test_text_is_never_a_formula(folder, tmp_path):
    found = told(folder)
    manifest = found.manifest
    for sign, code in zip("=+-@", manifest["arrangements"], strict=False):
        manifest["arrangements"][code]["name"] = f'{sign}HYPERLINK("http://127.0.0.1","a")'
    manifest["place_name"], manifest["agencies"]["nhs"] = FORMULA, "http://127.0.0.1"
    name = next(iter(manifest["inputs"]))
    manifest["inputs"][name]["unit"] = FORMULA
    writing.write_workbook(tmp_path, found)
    path = tmp_path / writing.WORKBOOK
    own = formulas(path)
    assert not [key for key, text in own.items() if "HYPERLINK" in text or text == FORMULA]
    cells, book = shown(path), load_workbook(path)
    begins = [
        key for key, value in cells.items() if isinstance(value, str) and value[:1] in [*"=+-@"] and key not in own
    ]
    assert {cells[key][0] for key in begins} == set("=+-@")
    for sheet, address in begins:
        cell = book[sheet][address]
        assert (cell.data_type, cell.quotePrefix) == ("s", True)  # so that it stays text when somebody edits it
    assert not [key for key, value in cells.items() if str(value).startswith("http") and book[key[0]][key[1]].hyperlink]


def test_the_same_tables_give_the_same_bytes(folder, written, tmp_path):
    shutil.copytree(folder, tmp_path / "elsewhere")
    found = told(tmp_path / "elsewhere")
    found.manifest.update(command=["compare", "--out", "elsewhere"], time="2030-01-01T00:00:00+00:00")
    writing.write_workbook(tmp_path, found)
    assert (tmp_path / writing.WORKBOOK).read_bytes() == written.read_bytes()


def test_sheets_fit_on_paper_and_their_heads_stay(written):
    book = load_workbook(written)
    for sheet in book:
        assert (sheet.page_setup.orientation, sheet.page_setup.paperSize) == ("landscape", 9)
        assert (sheet.sheet_properties.pageSetUpPr.fitToPage, sheet.page_setup.fitToHeight) == (
            True,
            0,
        )  # as wide as one
        if sheet.title != "Incentives":  # of which there are none here
            assert sheet.freeze_panes is not None, sheet.title
            assert sheet.print_title_rows == "$4:$4", sheet.title


def test_columns_are_wide_enough_for_their_numbers(written):
    """As whole pounds with separators; a number that does not fit would be shown as ####."""
    book = load_workbook(written, data_only=True)
    for sheet in book:
        widths = {}
        for letter, column in sheet.column_dimensions.items():
            for number in range(column.min, column.max + 1):
                widths[number] = column.width
            assert letter
        for row in sheet.iter_rows(min_row=5):
            for cell in row:
                if isinstance(cell.value, int | float) and "£" in cell.number_format:
                    assert len(f"£{cell.value:,.0f}") + 1 <= widths[cell.column], (sheet.title, cell.coordinate)


def test_a_workbook_that_cannot_be_put_in_place_is_one_line_and_nothing_is_lost(compared, tmp_path, monkeypatch):
    """As on a system where a file that is open in a spreadsheet cannot be replaced."""
    from sim.core import folders

    compared.write(tmp_path / "r")
    before = {path: path.read_bytes() for path in (tmp_path / "r").rglob("*") if path.is_file()}

    def replace(source, target, put=folders.os.replace):
        if str(target).endswith(".xlsx"):
            raise PermissionError(13, "Permission denied")
        put(source, target)

    monkeypatch.setattr(folders.os, "replace", replace)
    with pytest.raises(InputError, match=r"tables\.xlsx: cannot be replaced \(Permission denied\).*close it"):
        redraw(tmp_path / "r")
    assert {path: path.read_bytes() for path in (tmp_path / "r").rglob("*") if path.is_file()} == before


def test_a_book_holds_what_it_is_given_by_hand(tmp_path):
    book = Book()
    sheet = book.sheet("One", [10, 10], "Title", "Note", "")
    sheet.number(3, 0, 2.5, "pounds")
    sheet.number(3, 1, float("nan"), "pounds")
    sheet.formula(4, 0, "A4*2", -0.0, "pounds")
    (tmp_path / "a.xlsx").write_bytes(book.bytes())
    assert shown(tmp_path / "a.xlsx") == {
        ("One", "A1"): "Title", ("One", "A2"): "Note", ("One", "A4"): 2.5, ("One", "B4"): "n/a", ("One", "A5"): 0,
    }  # fmt: skip
    assert formulas(tmp_path / "a.xlsx") == {("One", "A5"): "=A4*2"}


@pytest.mark.office
def test_libreoffice_works_every_formula_out_to_the_same_penny(written, cells, tmp_path):
    afresh, own = recalculated(written, tmp_path), formulas(written)
    assert len(own) > 1000
    for key, formula in own.items():
        now, then = afresh[key], cells[key]
        same = now == then if isinstance(then, str) or isinstance(now, str) else abs(now - then) < 0.005
        assert same, (key, formula, then, now)


@pytest.mark.office
def test_another_discount_rate_gives_another_present_value(written, cells, tmp_path):
    """At no discount at all, present values are the net positions."""
    afresh = grid(recalculated(written, tmp_path, discount_rate=0), "Present value")
    last = max(column for row in afresh.values() for column in row)
    for label, now in ((row.get("A"), row.get(last)) for row in afresh.values()):
        if label == "Net position of the place":
            net = now
        if label == "Present value" and now is not None:
            assert now == pytest.approx(net, abs=0.005)
    assert {row.get(last) for row in afresh.values() if str(row.get("A")).startswith("held")} == {"another rate"}
