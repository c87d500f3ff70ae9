"""Why nothing was bought: the first reason by hand, taken down once, and summed up in one line."""

from types import SimpleNamespace

import pandas as pd
import pytest

from sim.api import compare
from sim.core.calendar import Calendar
from sim.deals.decisions import DecisionBook
from sim.programmes import refusals
from sim.results.nothing import bought_nothing
from sim.results.summary import DECISION_COLUMNS
from tests.test_agents import agency, system
from tests.test_market import choosing
from tests.test_outcome_arrangements import changed_file


def _reasons(model, party="council"):
    return {row[4]: row[5] for row in model.decisions.rows if row[1:3] == (party, "decline")}


def test_each_programme_is_refused_for_the_first_reason_that_holds():
    """Prices of 100 and 900 pence, worth 100, nothing, and to nobody; 1,000 pence and fees of 100 buy none of six at 900."""
    model = system("silo")
    names = ["parenting", "triple_p", "keyworker", "drug_treatment", "through_the_gate"]
    prices = {"parenting": 100, "triple_p": 900, "keyworker": 100, "drug_treatment": 100}
    values = {"parenting": 100.0, "triple_p": 100.0, "keyworker": 0.0, "drug_treatment": None}
    council = choosing(model, agency(model, "council"), prices, values, room=6)
    council.horizon = lambda: 3.0
    model.catalogue = {name: model.catalogue[name] for name in names}
    council.commission(1000)
    assert [contract.programme for contract in model.contracts.running] == ["parenting"]
    assert _reasons(model) == {
        "keyworker": "not worth the price within 3 years",
        "drug_treatment": "with nobody like the target",
        "through_the_gate": "outside its powers",
        "triple_p": "without money for as many as a project takes",
    }


def test_what_stands_between_worth_and_a_contract():
    """A pilot that failed, too few families, no chance dared and no provider, each where all before it is well."""
    model = system("silo")
    model.catalogue = {"parenting": model.catalogue["parenting"]}
    council = choosing(model, agency(model, "council"), {"parenting": 100}, {"parenting": 100.0}, room=1)
    council.commission(1000)
    assert _reasons(model) == {"parenting": refusals.FEW}
    model.market.stage = lambda name, families: 0
    council.commission(1000)
    assert _reasons(model) == {"parenting": refusals.PILOT}
    model.market.is_feasible = lambda project: False
    council.commission(1000)
    assert _reasons(model) == {"parenting": refusals.FEASIBLE}
    council.dares = lambda appraisal: False
    council.commission(1000)
    assert _reasons(model) == {"parenting": refusals.CHANCE}
    model.market.best_provider = lambda *bid: None
    council.commission(1000)
    assert _reasons(model) == {"parenting": refusals.PROVIDER}
    model.evidence = SimpleNamespace(accredits=lambda name: False)
    council.may_commission = lambda programme: False
    council.commission(1000)
    assert _reasons(model) == {"parenting": refusals.ACCREDITED}
    rows = len(model.decisions.rows)
    model.arrangement = SimpleNamespace(is_for=lambda name: False, only_listed=False)
    council.commission(1000)
    assert len(model.decisions.rows) == rows  # an arrangement for other programmes has refused none


def test_a_reason_is_taken_down_once_until_it_is_another_or_the_programme_is_bought():
    book = DecisionBook(Calendar(1))
    for why in ("not worth the price", "not worth the price", "not accredited", "not accredited"):
        book.declined("council", "parenting", why)
    book.taken("council", "commission", 5, "parenting", "5 families")
    book.declined("council", "parenting", "not accredited")
    book.declined("nhs", "parenting", "not accredited")
    assert [(row[1], row[5]) for row in book.rows if row[2] == "decline"] == [
        ("council", "not worth the price"), ("council", "not accredited"), ("council", "not accredited"),
        ("nhs", "not accredited"),
    ]  # fmt: skip


def _book(*rows):
    """Decisions of replicate 0, in year 1 if they do not say which."""
    return pd.DataFrame([(row[0], 0, *row[1:]) for row in rows], columns=DECISION_COLUMNS)


def test_each_programme_counts_once_where_it_came_nearest_to_being_bought():
    """Of two bodies the one that may buy it counts; of two years with one reason the later one's words; others by number."""
    price, powers = "not worth the price within {} years", "outside its powers"
    rows = [
        ("silo", 1, "council", "decline", "yes", "a", price.format(5)),
        ("silo", 1, "nhs", "decline", "yes", "a", powers),
        ("silo", 4, "council", "decline", "yes", "a", price.format(3)),
        ("silo", 1, "council", "decline", "yes", "b", price.format(3)),
        ("silo", 1, "council", "decline", "yes", "c", powers),
        ("silo", 2, "council", "commission", "0", "c", "none"),
        ("silo", 3, "council", "commission", "9", "c", "refused: no money left"),
        ("late", 1, "pool", "decline", "yes", "", "not agreed yet"),
        ("buys", 1, "council", "decline", "yes", "a", powers),
        ("buys", 1, "council", "commission", "9", "b", "9 families at 5 pence by x"),
    ]
    assert bought_nothing(_book(*rows)) == {
        "silo": "2 programmes not worth the price within 3 years, 1 outside its powers",
        "late": "the body that would buy was never agreed",
    }
    assert bought_nothing(_book()) == {}


@pytest.mark.parametrize("reason", refusals.REASONS)
def test_no_reason_is_taken_for_another(reason):
    assert refusals.REASONS[refusals.nearness(refusals.within(reason, 3))] == reason


def test_an_arrangement_for_needs_that_a_place_does_not_have_says_so():
    result = compare(["work_programme"], place="milltown", years=2, replicates=1, families=1000)
    why = "1 programme for needs that the place does not have"
    assert result.notes == [f"work_programme bought nothing: {why}"]


def test_a_run_in_which_nothing_is_bought_says_why(tmp_path):
    """A year of foresight pays for no parenting programme: one line on screen and in the report, and few rows."""
    settings = {"agencies.horizon_years": 1, "programmes.optimism": 0.5}
    silo = changed_file(tmp_path, "silo", 'programmes = ["parenting"]')
    result = compare(["do_nothing", silo], place="milltown", settings=settings, years=3, replicates=1, families=1000)
    why = "1 programme not worth the price within 1 year"
    assert result.notes == [f"silo_changed bought nothing: {why}"]
    result.write(tmp_path / "out")
    assert f"bought no new programme in any run: {why}." in (tmp_path / "out/report.html").read_text("utf-8")
    declined = result.decisions[result.decisions["kind"] == "decline"]
    assert not declined.duplicated(["arrangement", "replicate", "year", "party", "what"]).any()
