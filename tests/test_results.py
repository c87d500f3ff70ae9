"""Files, names and rates of a comparison."""

import json
import re
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from sim.core.faults import InputError
from sim.record.measures import MEASURES
from sim.report import figures, panels
from sim.report.findings import Findings
from sim.report.numbers import million, spread, verdict
from sim.report.page import _levels, _people
from sim.report.screen import show
from sim.results.differences import DIFFERENCE_COLUMNS
from sim.results.files import read_tables
from sim.results.kinds import by_kind
from sim.results.plain import rounded_table
from sim.results.summary import (
    DECISION_COLUMNS,
    FLOW_COLUMNS,
    RUN_COLUMNS,
    STATISTICS,
    SUMMARY_COLUMNS,
    summarise,
    tables,
)
from sim.studies.done import RunResult
from sim.studies.study import load_study

CONTRACT = """promised optimism_and_luck need_prevented never_served gross_avoided case_finding backfill_unmet_need
backfill_threshold stranded_notice stranded_unclosed overtime cash_released cash_below_budget avoided_growth
returned_to_centre returned_ame returned_surrender returned_rebasing retained efficiency_saving management_cash programme_cost transaction_cost evaluation_cost
pool_overhead closing_cost opening_cost outcome_payment_in outcome_payment_out capital_in capital_repaid
investor_return reinvested distributed net_position beyond_horizon families_enrolled families_turned_around
care_quarters_avoided unmet_need_met measured_saving true_saving list_alive members trust cashability retention
self_sustaining npv financial_roi payback_year"""


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
                rows.append(("a", replicate, replicate, year, "council", None, measure, round(pounds * 100), np.nan))
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
    assert table.loc["financial_roi", "mean"] == pytest.approx(benefit / cost)
    assert table.loc["payback_year", "mean"] == 4  # 50 owed; 20 a year, discounted, has repaid it in year 4
    assert table.loc["promised", "mean"] == 0
    assert table.loc["gross_avoided", "n"] == 2


def test_a_rate_of_a_negative_base_is_a_rate_and_of_nought_is_none():
    """40 released of -100 avoided; 30 retained of nothing released."""
    rates = _summary(gross_avoided=[-60, -40], cash_released=[40, 0], retained=[30, 0], net_position=[0, 0])
    assert rates.loc["cashability", "mean"] == pytest.approx(-0.4)
    assert rates.loc["retention", "mean"] == pytest.approx(0.75)
    rates = _summary(gross_avoided=[100, 0], cash_released=[40, -40], retained=[30, 0], net_position=[0, 0])
    assert rates.loc["cashability", "mean"] == 0
    assert np.isnan(rates.loc["retention", "mean"])
    assert rates.loc["retention", "n"] == 0


def test_rates_count_every_cost_and_what_working_as_one_saves():
    """Undiscounted in the first year: 30 retained and 6 saved by working as one over 10 + 1 + 2 + 3 + 4 + 5 = 25.

    For each pound put in, whoever paid: 8 of delivery and the 15 that are no programme cost, 23.
    """
    costs = {
        "programme_cost": 10,
        "transaction_cost": 1,
        "evaluation_cost": 2,
        "pool_overhead": 3,
        "closing_cost": 4,
        "opening_cost": 5,
    }
    money = {
        "retained": 30,
        "efficiency_saving": 6,
        "gross_avoided": 92,
        "cash_released": 46,
        "delivery_cost": 8,
        "net_position": 11,
    }
    table = _summary(**{name: [pounds] for name, pounds in {**costs, **money}.items()})["mean"]
    assert table["financial_roi"] == pytest.approx(36 / 25)
    assert table["gross_per_pound"] == pytest.approx(4.0)
    assert table["cash_per_pound"] == pytest.approx(2.0)
    assert table["npv"] == 11
    assert table["payback_year"] == 1
    dear = _summary(**{name: [pounds] for name, pounds in {**costs, **money, "retained": 18.99}.items()})["mean"]
    assert np.isnan(dear["payback_year"])  # 24.99 against 25
    even = _summary(**{name: [pounds] for name, pounds in {**costs, **money, "retained": 19}.items()})["mean"]
    assert even["payback_year"] == 1


def test_the_second_year_is_discounted_once():
    table = _summary(retained=[0, 103.5], programme_cost=[50, 0], gross_avoided=[0, 1], net_position=[-50, 103.5])[
        "mean"
    ]
    assert table["npv"] == pytest.approx(50)  # 103.5 / 1.035 - 50
    assert table["financial_roi"] == pytest.approx(2)
    assert table["payback_year"] == 2


def test_a_party_has_the_measures_it_has_and_the_whole_has_them_all():
    """Two agencies' costs add up; a balance is the last year's, and of the whole there is none; years of a LIST are counted."""
    mine = _rows(programme_cost=[1, 2], closing_balance=[5, 7])
    theirs = _rows(programme_cost=[10, 20], list_alive=[1, 1], members=[3, 4]).assign(agency="list")
    theirs.loc[theirs["measure"].isin(["list_alive", "members"]), ["value", "value_pence"]] = np.nan
    for name, numbers in (("list_alive", [1, 1, 1, 1]), ("members", [3, 4, 3, 4])):
        theirs.loc[theirs["measure"] == name, "value"] = [float(number) for number in numbers]
    table = summarise(pd.concat([mine, theirs]), {"a": ()}).set_index(["agency", "measure"])["mean"]
    assert table["all", "programme_cost"] == 33
    assert table["council", "programme_cost"] == 3
    assert table["council", "closing_balance"] == 7
    assert ("all", "closing_balance") not in table.index
    assert table["list", "members"] == 4
    assert table["all", "list_years"] == 2
    assert ("council", "promised") not in table.index
    assert ("council", "npv") not in table.index
    assert table["all", "promised"] == 0


def test_what_sustains_itself_does_so_to_the_pound_over_the_last_five_years():
    """10 a year retained pays for 7 of programmes, 2 of agreeing and 1 of evaluating; the first year is not looked at."""
    base = {
        "programme_cost": [99, 7, 7, 7, 7, 7],
        "transaction_cost": [0, 2, 2, 2, 2, 2],
        "evaluation_cost": [0, 1, 1, 1, 1, 1],
    }
    for retained, sustains in ((10, 1), (9.99, 0)):
        assert _summary(**base, retained=[0] + [retained] * 5).loc["self_sustaining", "mean"] == sustains
    pennies = {name: [0.01 * pounds for pounds in years] for name, years in base.items()}
    assert _summary(**pennies, retained=[0] + [0.1] * 5).loc["self_sustaining", "mean"] == 1  # however small
    own = _rows(**base, outcome_payment_in=[0] + [10] * 5).assign(agency="list")
    others = _rows(outcome_payment_in=[0] + [50] * 5)
    for frame, bodies, sustains in ((own, ("list",), 1), (pd.concat([_rows(**base), others]), ("list",), 0)):
        table = summarise(frame, {"a": bodies}).query("agency == 'all'").set_index("measure")
        assert table.loc["self_sustaining", "mean"] == sustains  # an agency's receipts are not the LIST's


def test_tables_stand_by_arrangement_and_replicate():
    def result(name, seed, pence):
        rows = [(1, "council", None, "retained", pence, None)]
        flows, taken = [(1, "a", "b", "grant", pence)], [(1, "council", "join", "yes", "list", str(pence))]
        return RunResult(name, seed, rows, flows, (), taken)

    runs, flows, decisions, _ = tables(
        [[result("x", 7, 1), result("y", 7, 2)], [result("x", 8, 3), result("y", 8, 4)]], seed=7
    )
    assert list(runs[["arrangement", "replicate", "seed", "value_pence"]].itertuples(index=False, name=None)) == [
        ("x", 0, 7, 1), ("x", 1, 8, 3), ("y", 0, 7, 2), ("y", 1, 8, 4),
    ]  # fmt: skip
    assert list(flows["pence"]) == [1, 3, 2, 4]
    assert list(decisions["outcome"]) == ["1", "3", "2", "4"]


def test_what_an_agency_pays_beyond_its_cash_it_spends_on_outcomes():
    """Paid 5 and 4, retained 6 and 1: 2; who retained more spent nothing on them; the whole has none, for it is hand to hand."""
    for retained, spent in (([6, 1], 2), ([6, 9], 0)):
        rows = _rows(outcome_payment_out=[5, 4], retained=retained)
        table = summarise(rows, {"a": ()}).set_index(["agency", "measure"])["mean"]
        assert table["council", "spent_on_outcomes"] == spent
        assert ("all", "spent_on_outcomes") not in table.index


def test_what_was_recovered_of_completed_cohorts():
    """6 of 8 in one year and 3 of 4 in the next: 75 pence a pound."""
    table = _summary(completed_receipts=[6, 3], completed_cost=[8, 4], gross_avoided=[0, 0], net_position=[0, 0])[
        "mean"
    ]
    assert table["recovery"] == pytest.approx(0.75)


# Labels: each measure's number under its own words. A measure stands for so many millions, by this list.

WORDS = {
    "promised": "Promised", "optimism_and_luck": "less optimism and luck", "gross_avoided": "Service use avoided (gross)",
    "case_finding": "less case finding", "backfill_unmet_need": "less backfill: unmet need",
    "backfill_threshold": "less backfill: lower thresholds", "stranded_notice": "less stranded: under notice",
    "stranded_unclosed": "less stranded: not closed", "overtime": "less overtime and bought places", "cash_released": "Cash released",
    "returned_to_centre": "less returned to the centre", "returned_ame": "of it benefits the centre pays",
    "returned_surrender": "of it clawed back or lapsed", "returned_rebasing": "of it taken by review or formula", "retained": "Retained by the place", "programme_cost": "Programme cost",
    "transaction_cost": "Transaction cost", "net_position": "Net position of the place", "management_cash": "Cash by management alone",
    "efficiency_saving": "Duplication removed", "outcome_payment_out": "Outcome payments, hand to hand",
    "invested": "Put in by investors", "investor_income": "Got back by investors", "provider_surplus": "Providers' surplus",
}  # fmt: skip
PEOPLE_WORDS = {
    "families_enrolled": "Families enrolled", "families_turned_around": "Families turned around, before and after",
    "family_years_spared": "Family-years spared an entrenched need", "care_quarters_avoided": "Quarters in care avoided",
    "unmet_need_met": "Quarters of waiting need served", "gross_per_pound": "Service use avoided, £ for each pound put in",
    "cash_per_pound": "Cash released, £ for each pound put in", "list_years": "Years in which the LIST lived",
    "years_bought": "Years in which the LIST bought", "recovery": "Recovered, £ for each pound of completed cohorts",
    "provider_failures": "Providers that failed", "deals_with_loss": "Investors' deals closed with a loss",
}  # fmt: skip


def labelled(arrangements=("a",)):
    """A summary in which the n-th money measure is n millions and the n-th of people is n, and cases to show it for."""
    numbers = {name: 1e6 * (i + 1) for i, name in enumerate(WORDS)} | {
        name: float(i + 1) for i, name in enumerate(PEOPLE_WORDS)
    }
    numbers["self_sustaining"] = 0.25
    rows = [(code, "all", name, *[number] * 4, 2) for code in arrangements for name, number in numbers.items()]
    named = [SimpleNamespace(id=code, name=f"The {code}") for code in arrangements]
    study = SimpleNamespace(place=SimpleNamespace(name="Town"), families=10, years=3, future=None, arrangements=named)
    summary = pd.DataFrame(rows, columns=SUMMARY_COLUMNS)
    apart = [(code, arrangements[0], "all", name, 1e6, low, 3e6, 2)
             for code in arrangements[1:] for name, low in zip(numbers, (0.0, 0.5e6) * len(numbers), strict=False)]  # fmt: skip
    apart = pd.DataFrame(apart, columns=DIFFERENCE_COLUMNS)
    return SimpleNamespace(
        summary=summary, study=study, replicates=2, differences=apart, bases=(arrangements[0],), again=()
    )


def test_on_screen_each_number_stands_beside_its_words(capsys):
    show(labelled("abc"))
    lines = capsys.readouterr().out.splitlines()
    for i, label in enumerate(WORDS.values()):
        assert [line for line in lines if line.strip().startswith(label) and f" {i + 1}.0 " in line], label
    assert any("Self-sustaining" in line and "25%" in line for line in lines)


def test_no_line_on_screen_is_wider_than_eighty_and_no_cell_is_cut(capsys):
    for arrangements in ("ab", "abcd", "abcdef"):
        done = labelled(arrangements)
        done.summary[["mean", "p05", "p50", "p95"]] *= 100
        done.differences[["mean", "low", "high"]] *= -123
        for item in done.study.arrangements:
            item.name = f"{item.name}: each agency for itself, whatever it costs"
        show(done)
        lines = capsys.readouterr().out.splitlines()
        assert max(map(len, lines)) <= 80
        assert re.search(r"-123\.0 \(\S+ to -369\.0\) less", "\n".join(lines))
        assert [line for line in lines if "…" in line and "The" not in line] == []


def test_a_difference_is_more_or_less_only_where_its_interval_leaves_nought(capsys):
    """Lows of 0 and 0.5, by turns in the order of the measures: Gross avoided is the third, Cash released the tenth."""
    show(labelled("ab"))
    lines = capsys.readouterr().out.splitlines()
    assert next(line for line in lines if "Gross avoided " in line).split()[-5:] == [
        "+1.0",
        "(0.0",
        "to",
        "+3.0)",
        "unclear",
    ]
    assert [line for line in lines if line.startswith(" Cash released  ")][-1].split()[-1] == "more"
    row = {"mean": 1.0, "low": -0.1, "high": 2.0, "n": 3}
    assert verdict(row) == verdict({**row, "low": 0.0}) == verdict({**row, "low": -2.0, "high": 0.0}) == "unclear"
    assert [verdict({**row, "low": 0.1}), verdict({**row, "low": -2.0, "high": -0.1})] == ["more", "less"]
    assert verdict({**row, "low": np.nan, "n": 1}) == "one run"
    assert verdict({**row, "mean": 0.0, "low": 0.0, "high": 0.0}) == "same"


def test_a_bad_run_is_told_from_a_hundred_seeds_on():
    row = {"mean": 2e6, "p05": 1e6, "p95": 3e6, "n": 100}
    assert spread(row) == "2.0 (1.0 to 3.0)"
    assert spread({**row, "n": 99}) == "2.0"


def test_a_small_place_has_decimals_enough(capsys):
    done = labelled()
    done.summary[["mean", "p05", "p50", "p95"]] /= 1000
    show(done)
    assert " 0.010 \n" in capsys.readouterr().out
    assert "<td>£0.010m</td>" in re.sub(r"</?data[^>]*>", "", _levels(found(done)))


def test_many_arrangements_stand_in_rows_under_the_right_heads(capsys):
    show(labelled("abcdef"))
    lines = capsys.readouterr().out.splitlines()
    first = next(i for i, line in enumerate(lines) if "Gross" in line)
    assert lines[first].split() == ["Gross", "Cash", "Programme", "Net", "Cash", "per"]
    assert lines[first + 1].split() == ["avoided", "released", "Retained", "cost", "position", "£"]
    shown = next(line for line in lines if "The f" in line).split()[2:]
    order = list(WORDS)
    expected = ["gross_avoided", "cash_released", "retained", "programme_cost", "net_position"]
    assert shown == [*(f"{order.index(name) + 1}.0" for name in expected), "7.00"]


def found(done):
    """What a report is drawn from, of a made-up comparison."""
    arranged = {item.id: {"name": item.name, "bodies": []} for item in done.study.arrangements}
    manifest = {"arrangements": arranged, "agencies": {}, "years": 3, "replicates": 2}
    return Findings(None, None, done.summary, done.differences, None, manifest)


def test_in_the_report_each_number_stands_beside_its_words():
    of_all = found(labelled())
    text = re.sub(r"</?data[^>]*>", "", _levels(of_all) + _people(of_all))
    for i, label in enumerate(WORDS.values()):
        assert f"<td class='text'>{label}</td><td>£{i + 1}.0m<" in text, label
    for i, label in enumerate(PEOPLE_WORDS.values()):
        assert re.search(rf"<td class='text'>{re.escape(label)}</td><td>{i + 1}(\.0+)?<", text), label


def test_in_the_figure_each_step_stands_beside_its_words():
    """Steps that are nought in every arrangement are left out; what is paid in and out within the place is no step."""
    figures.setup()
    axis = panels.waterfall(found(labelled()), "a", "A", (0, 30)).axes[0]
    words = [label.get_text() for label in axis.get_yticklabels()]
    shown = dict(zip(words, [text.get_text() for text in axis.texts], strict=True))
    order = list(WORDS)
    assert words[0] == "Promised"
    assert words[-1] == "Net position"
    for words, name, sign in (
        ("Promised", "promised", ""), ("Optimism and luck", "optimism_and_luck", "-"), ("Gross avoided", "gross_avoided", ""),
        ("Case finding", "case_finding", "-"), ("Backfill: unmet need", "backfill_unmet_need", "-"),
        ("Stranded: not closed", "stranded_unclosed", "-"), ("Cash released", "cash_released", ""), ("Benefits the centre pays", "returned_ame", "-"),
        ("Taken by review or formula", "returned_rebasing", "-"), ("Retained", "retained", ""), ("Programme cost", "programme_cost", "-"),
        ("Duplication removed", "efficiency_saving", "+"), ("Net position", "net_position", ""),
    ):  # fmt: skip
        assert shown[words] == f"{sign}{order.index(name) + 1}.0", words


def test_the_steps_lead_to_the_net_position_of_every_arrangement(compared):
    cells = compared.summary[compared.summary["agency"] == "all"].set_index(["arrangement", "measure"])
    for code in ("silo", "pooled_s75", "list_public", "plan"):
        *_, (_, _, before, _), (name, _, last, total) = panels.steps(cells, code)
        assert (name, total) == ("net_position", True)
        assert before == pytest.approx(last, abs=1e-6), code


def test_what_never_pays_back_and_what_has_no_base_is_null():
    table = _summary(**{**BASE, "retained": [0] * 6, "gross_avoided": [0] * 6, "cash_released": [0] * 6})
    for name in ("payback_year", "cashability", "retention"):
        assert table.loc[name, "n"] == 0
        assert np.isnan(table.loc[name, "mean"])
    nothing = _summary(**{name: [0] * 6 for name in BASE})
    assert nothing.loc["payback_year", "n"] == 0
    assert nothing.loc["financial_roi", "n"] == 0


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
    compared.write(tmp_path, report=False)
    runs, flows, summary, manifest = read_tables(tmp_path)
    pd.testing.assert_frame_equal(runs, compared.runs, check_dtype=False)
    pd.testing.assert_frame_equal(flows, compared.flows, check_dtype=False)
    pd.testing.assert_frame_equal(summary, rounded_table(compared.summary, STATISTICS), check_dtype=False)
    assert manifest["seed"] == 3
    assert manifest["place"] == "milltown"
    assert manifest["inputs"]["lines.foster_care.unit_cost"]["source"].startswith("unit_costs:SS2.0")
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
        "From promise to net position",
        "Who pays and who gains",
        "Of each promised pound",
        "How sure the differences are",
        "Who paid whom for what",
        "People, and results for each pound",
        "How to reproduce",
    ):
        assert title in page
    assert page.count('role="img"') == page.count("<svg ")
    assert {path.name for path in (tmp_path / "figures").iterdir()} >= {
        "leaks_silo.svg",
        "who_gains_silo.svg",
        "payments_silo.svg",
        "differences_cash_released.svg",
    }


def test_spreads_have_no_signed_noughts():
    row = {"mean": -40_000.0, "p05": -1.26e6, "p95": 1.2345e9, "n": 100}
    assert spread(row) == "0.0 (-1.3 to 1,234.5)"
    assert million(row) == "£0.0m (-1.3 to 1,234.5)"
    assert million({**row, "mean": -1.26e6}) == "-\N{WORD JOINER}£1.3m (-1.3 to 1,234.5)"
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


def test_decisions_are_counted_by_kind_and_party():
    """Two arrangements of three runs, in the order they came in; a kind that one run had twice is in one run."""
    rows = [
        ("silo", 0, 1, "nhs", "commission", "5", "", ""),
        ("list_full", 0, 2, "list", "found", "yes", "", ""),
        ("list_full", 2, 2, "list", "found", "yes", "", ""),
        ("list_full", 2, 3, "list", "dormant", "yes", "", ""),
        ("list_full", 2, 5, "list", "dormant", "yes", "", ""),
        ("list_full", 1, 5, "nhs", "leave", "yes", "", ""),
    ]
    counted = by_kind(pd.DataFrame(rows, columns=DECISION_COLUMNS), 3)
    assert counted.to_numpy().tolist() == [
        ["silo", "commission", "nhs", 1, 1, 3],
        ["list_full", "dormant", "list", 2, 1, 3],
        ["list_full", "found", "list", 2, 2, 3],
        ["list_full", "leave", "nhs", 1, 1, 3],
    ]
