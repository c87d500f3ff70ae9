"""Files, names and rates of a comparison."""

import json

import numpy as np
import pandas as pd
import pytest

from sim.core.faults import InputError
from sim.record.measures import MEASURES
from sim.record.rows import Rows
from sim.report.page import million, spread
from sim.results.files import read_tables
from sim.results.summary import FLOW_COLUMNS, RUN_COLUMNS, SUMMARY_COLUMNS, summarise
from sim.studies.study import load_study
from tests.test_outcome_arrangements import system

COUNTED = ("family_years_spared", "families_turned_around")
CONTRACT = """promised optimism_and_luck need_prevented never_served gross_avoided case_finding backfill_unmet_need
backfill_threshold stranded_notice stranded_unclosed overtime cash_released cash_below_budget avoided_growth
returned_to_centre retained efficiency_saving management_cash programme_cost transaction_cost evaluation_cost
pool_overhead closing_cost opening_cost outcome_payment_in outcome_payment_out capital_in capital_repaid
investor_return reinvested distributed net_position beyond_horizon families_enrolled families_turned_around
care_quarters_avoided unmet_need_met measured_saving true_saving list_alive members trust cashability retention
self_sustaining npv bcr payback_year"""


def test_every_measure_of_the_contract_is_in_the_summary(compared):
    part = compared.summary[(compared.summary["arrangement"] == "list_public") & (compared.summary["agency"] == "all")]
    assert set(CONTRACT.split()) <= set(part["measure"])
    assert set(CONTRACT.split()) <= set(MEASURES)


def test_tables_have_the_columns_of_the_contract(compared):
    assert list(compared.runs.columns) == RUN_COLUMNS
    assert list(compared.flows.columns) == FLOW_COLUMNS
    assert list(compared.summary.columns) == SUMMARY_COLUMNS
    assert str(compared.runs["value_pence"].dtype) == "Int64"
    assert compared.runs["value"].dtype == np.float64
    assert (compared.runs["value_pence"].isna() != compared.runs["value"].isna()).all()
    assert set(compared.runs["year"]) == set(range(1, 16))
    assert set(compared.runs["seed"] - compared.runs["replicate"]) == {3}
    assert set(compared.flows["year"]) == set(range(16))
    opening = compared.flows[compared.flows["year"] == 0]
    assert set(opening["payer"]) == {"outside"}
    assert set(opening["purpose"]) == {"opening_balance"}


def _rows(**measures):
    """Runs of one made-up arrangement: pounds by year, one agency and one line."""
    rows = []
    for replicate in (0, 1):
        for measure, years in measures.items():
            for year, pounds in enumerate(years, 1):
                rows.append(("a", replicate, replicate, year, "council", None, measure, pounds * 100, np.nan))
    frame = pd.DataFrame(rows, columns=RUN_COLUMNS)
    return frame.astype({"value_pence": "Int64", "value": "float64"})


def _summary(bodies=(), **measures):
    table = summarise(_rows(**measures), {"a": bodies})
    return table[table["agency"] == "all"].set_index("measure")


BASE = {
    "gross_avoided": [0, 100, 100, 100, 100, 100],
    "cash_released": [0, 40, 40, 40, 40, 40],
    "retained": [0, 30, 30, 30, 30, 30],
    "programme_cost": [50, 10, 10, 10, 10, 10],
    "net_position": [-50, 20, 20, 20, 20, 20],
}


def test_rates_by_hand():
    table = _summary(**BASE)
    assert table.loc["cashability", "mean"] == pytest.approx(0.4)
    assert table.loc["retention", "mean"] == pytest.approx(0.75)
    discount = [1.035**-year for year in range(6)]
    npv = sum(a * b for a, b in zip(BASE["net_position"], discount, strict=True))
    assert table.loc["npv", "mean"] == pytest.approx(npv)
    benefit = sum(a * b for a, b in zip(BASE["retained"], discount, strict=True))
    cost = sum(a * b for a, b in zip(BASE["programme_cost"], discount, strict=True))
    assert table.loc["bcr", "mean"] == pytest.approx(benefit / cost)
    assert table.loc["payback_year", "mean"] == 4  # 50 owed; 20 a year, discounted, has repaid it in year 4
    assert table.loc["promised", "mean"] == 0
    assert table.loc["gross_avoided", "n"] == 2


def test_what_never_pays_back_and_what_has_no_base_is_null():
    table = _summary(**{**BASE, "retained": [0] * 6, "gross_avoided": [0] * 6, "cash_released": [0] * 6})
    for name in ("payback_year", "cashability", "retention"):
        assert table.loc[name, "n"] == 0
        assert np.isnan(table.loc[name, "mean"])
    nothing = _summary(**{name: [0] * 6 for name in BASE})
    assert nothing.loc["payback_year", "n"] == 0
    assert nothing.loc["bcr", "n"] == 0


def test_self_sustaining_by_hand():
    assert _summary(**BASE).loc["self_sustaining", "mean"] == 1  # retains 30 a year, spends 10
    assert _summary(**{**BASE, "retained": [0, 5, 5, 5, 5, 5]}).loc["self_sustaining", "mean"] == 0
    stopped = {**BASE, "programme_cost": [50, 10, 10, 10, 10, 0]}
    assert _summary(**stopped).loc["self_sustaining", "mean"] == 0  # prevention has ended
    assert _summary(bodies=("list",), **BASE).loc["self_sustaining", "mean"] == 0  # a body without receipts
    body = _rows(**BASE, outcome_payment_in=[0, 10, 10, 10, 10, 10]).assign(agency="list")
    table = summarise(body, {"a": ("list",)})
    table = table[table["agency"] == "all"].set_index("measure")
    assert table.loc["self_sustaining", "mean"] == 1
    back = _rows(clawed_back=[0, 0, 0, 0, 0, 1]).assign(agency="ministry")
    table = summarise(pd.concat([body, back]), {"a": ("list",)}).query("agency == 'all'").set_index("measure")
    assert table.loc["self_sustaining", "mean"] == 0  # what the centre takes back was never earned


def test_quantiles_are_over_replicates():
    rows = _rows(**BASE)
    rows.loc[rows["replicate"] == 1, "value_pence"] *= 3
    table = summarise(rows, {})
    cell = table[(table["agency"] == "all") & (table["measure"] == "cash_released")].iloc[0]
    assert (cell["mean"], cell["p50"], cell["n"]) == (400, 400, 2)
    assert cell["p05"] == pytest.approx(220)
    assert cell["p95"] == pytest.approx(580)


def test_stocks_are_those_of_the_last_year(compared):
    part = compared.runs[(compared.runs["arrangement"] == "list_public") & (compared.runs["measure"] == "members")]
    last = part[part["year"] == 15].groupby("replicate")["value"].sum()
    cell = compared.summary.query("arrangement == 'list_public' and agency == 'list' and measure == 'members'").iloc[0]
    assert cell["mean"] == last.mean()


def test_what_is_written_is_read_back(compared, tmp_path):
    compared.write(tmp_path)
    runs, flows, summary, manifest = read_tables(tmp_path)
    pd.testing.assert_frame_equal(runs, compared.runs, check_dtype=False)
    pd.testing.assert_frame_equal(flows, compared.flows, check_dtype=False)
    pd.testing.assert_frame_equal(summary, compared.summary, check_dtype=False)
    assert manifest["seed"] == 3
    assert manifest["place"] == "milltown"
    assert manifest["inputs"]["lines.care.unit_cost"]["source"].startswith("unit_costs:SS1.0")
    assert "scenarios/places/milltown/lines.csv" in manifest["files"]
    json.dumps(manifest)


def test_deflators_beside_an_arrangement_are_among_the_files_read(tmp_path):
    text = 'extends = "silo"\nname = "mine"\nsource = "assumption: test"\ndiffers = "nothing"\n'
    (tmp_path / "mine.toml").write_text(text)
    own = tmp_path / "deflators.csv"
    assert str(own) not in load_study(tmp_path / "mine.toml", "milltown").request.texts
    own.write_text("price_year,to_2010_11,source\n2026/27,0.65,assumption: test\n")
    assert str(own) in load_study(tmp_path / "mine.toml", "milltown").request.texts


def test_the_report_stands_alone_and_says_what_it_must(compared, tmp_path):
    compared.write(tmp_path)
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    body = page.split("<h2>Assumptions and sources</h2>")[0]
    assert "<script" not in page
    assert "http" not in body.replace(
        "http://www.w3.org", ""
    )  # nothing is loaded; addresses stand only among the sources
    assert 'src="' not in page
    for title in (
        "The answer",
        "From promise to cash",
        "Who pays and who gains",
        "Which leak took what",
        "People, and results for each pound",
        "How to reproduce",
    ):
        assert title in page
    assert page.count('role="img"') == page.count("<svg ")
    assert {path.name for path in (tmp_path / "figures").iterdir()} >= {"leaks.svg", "who_gains.svg"}


def test_spreads_have_no_signed_noughts():
    row = {"mean": -40_000.0, "p05": -1.26e6, "p95": 1.2345e9}
    assert spread(row) == "0.0 (-1.3 to 1,234.5)"
    assert million(row) == "£0.0m (-1.3 to 1,234.5)"
    assert million({**row, "mean": -1.26e6}) == "-£1.3m (-1.3 to 1,234.5)"
    assert spread({**row, "mean": np.nan}) == "n/a"


def test_reading_what_is_no_run(tmp_path):
    with pytest.raises(InputError, match="not a finished run"):
        read_tables(tmp_path)


def test_a_return_that_is_undefined_in_a_replicate_is_left_out_and_not_nought():
    """Returns of -0.2 and -0.4 in two replicates and none in a third: mean -0.3 of two."""
    rows = [("a", r, r, 1, "council", None, "programme_cost", 100, None) for r in range(3)]
    rows += [("a", r, r, 1, "vehicle", None, "investor_irr", None, rate) for r, rate in ((0, -0.2), (2, -0.4))]
    frame = pd.DataFrame(rows, columns=RUN_COLUMNS).astype({"value_pence": "Int64", "value": "float64"})
    summary = summarise(frame, {"a": ()}).set_index(["agency", "measure"])
    for agency in ("all", "vehicle"):
        row = summary.loc[(agency, "investor_irr")]
        assert row["mean"] == pytest.approx(-0.3)
        assert row["n"] == 2


def test_families_spared_and_turned_around_are_counted_in_the_population():
    run = system("silo", years=2)
    run.recorder.finish(run)
    rows = Rows(run.place, run.services.prices, run.recorder, run.recorder.twin).build()
    total = {name: sum(row[5] for row in rows if row[0] == 2 and row[3] == name) for name in COUNTED}
    entrenched = int((run.families.columns.levels >= 2).any(axis=1).sum())
    assert total["family_years_spared"] == run.recorder.twin.entrenched[1] - entrenched
    first = [cohort for cohort in run.cohorts.cohorts if cohort.year == 1]
    turned = sum(int(cohort.turned_around(run.families)[0].sum()) for cohort in first)
    assert total["families_turned_around"] == turned > 0
