"""Institutions one by one: money rules worked by hand, and what a LIST's members live through."""

import numpy as np
import pytest

from sim.agents.party import Belief
from sim.core.calendar import QUARTERS
from sim.core.ledger import OUTSIDE
from sim.model import TREASURY, LocalSystem
from sim.place.burn_in import burn_in
from sim.record.recorder import Recorder
from sim.studies.inputs import load_inputs
from tests.conftest import one, sums


def system(arrangement, settings=None, years=0, seed=1):
    """A model of Milltown after some years."""
    inputs = load_inputs(arrangement, "milltown", settings)
    start = burn_in(inputs.place, inputs.place_dials, seed, inputs.n_families)
    blank = Recorder(served=[np.zeros(inputs.n_families, np.uint32)] * 60)
    model = LocalSystem(inputs, start, seed, Recorder(blank))
    for _ in range(years * QUARTERS):
        model.step()
    return model


def agency(model, code):
    return next(item for item in model.agencies if item.code == code)


def test_beliefs_move_by_precision():
    belief = Belief(1.3, 0.25)
    belief.update(0.3, 0.75)
    assert belief.mean == pytest.approx(1.05)  # a quarter of the way
    assert belief.variance == pytest.approx(0.1875)
    belief.update(-9.0, 0.01)
    assert belief.mean == 0.0


def test_every_agency_starts_in_balance():
    model = system("do_nothing")
    for item in model.agencies:
        spent = sum(model.outturn.spending[q][item.own_lines].sum() for q in range(-3, 1))
        assert item.budget_pence == spent


@pytest.mark.parametrize(("code", "keeps"), [("council", 1.0), ("police", 1.0), ("nhs", 0.1), ("justice", 0.1)])
def test_year_end_rules_by_hand(code, keeps):
    """An underspend of 1,000: kept whole, or a tenth carried forward; a quarter of what is kept goes to prevention."""
    model = system("do_nothing", years=1)
    item = agency(model, code)
    model.ledger.transfer(OUTSIDE, item.account("service"), 100_000, "grant")
    before = {purse: item.balance(purse) for purse in ("prevention", "reserve")}
    flows = len(model.ledger.postings)
    item.close_year()
    kept = round(100_000 * keeps)
    assert item.balance("service") == 0
    assert item.balance("prevention") - before["prevention"] + _spent_elsewhere(model, item, flows) == round(
        kept * 0.25
    )
    assert item.balance("reserve") - before["reserve"] == kept - round(kept * 0.25)
    clawed = sum(p[3] for p in model.ledger.postings[flows:] if p[4] == "claw_back")
    assert clawed == 100_000 - kept


def _spent_elsewhere(model, item, since):
    return sum(
        p[3] for p in model.ledger.postings[since:] if p[4] == "other_services" and p[1] == item.account("prevention")
    )


def test_a_deficit_takes_reserve_then_discretionary_money_then_the_parent():
    model = system("do_nothing", years=1)
    item = agency(model, "council")
    reserve, free = item.balance("reserve"), item.balance("prevention")
    item.pay(OUTSIDE, item.balance("service") + reserve + free + 5_000, "service", "service")
    item.close_year()
    assert item.balance("reserve") == item.balance("prevention") == item.balance("service") == 0
    assert item.to_recover == 5_000
    support = [p for p in model.ledger.postings if p[4] == "emergency_support" and p[2] == item.account("service")]
    assert support[-1][3] == 5_000


def test_no_agency_ever_owes():
    model = system("silo", {"families.demand_growth": 0.05, "departments.real_growth": -0.03}, years=6)
    for item in model.agencies:
        for purse in ("service", "prevention", "reserve"):
            assert item.balance(purse) >= 0, (item.code, purse)


def test_third_quarter_cuts_prevention_first():
    model = system("silo")
    for _ in range(2):
        model.step()
    item = agency(model, "council")
    item.budget_pence = 0  # whatever is spent is too much
    model.step()
    assert model.calendar.quarter == 3
    bought = [contract for contract in model.contracts.running if contract.body == "council"]
    if bought:
        assert model.contracts.owed_next_quarter(item.account(item.purse)) == 0
    assert item.balance("prevention") == 0


def test_budgets_are_rebased_on_outturn_at_a_review_and_only_then():
    model = system("do_nothing", {"departments.review_years": 2})
    council = agency(model, "council")
    opening = council.opening_budget
    budgets, outturns = [], []
    for _ in range(2):
        for _ in range(QUARTERS):
            model.step()
        budgets.append(council.budget_pence)
        outturns.append(council.spent(model.calendar.quarters_of_year()))
    assert budgets[0] == opening
    assert budgets[1] == outturns[1] != opening


def test_budgets_follow_austerity():
    model = system("do_nothing", {"departments.real_growth": -0.05, "departments.review_years": 10}, years=2)
    council = agency(model, "council")
    assert council.budget_pence == pytest.approx(council.opening_budget * 0.95**2, rel=1e-6)


def test_the_jobcentre_is_paid_by_last_years_workload():
    model = system("do_nothing", years=1)
    jobcentre = agency(model, "jobcentre")
    line = model.lines.ids.index("jobcentre_support")
    now = sum(model.services.counts[q][line, 2] + model.services.counts[q][line, 4] for q in range(1, 5))
    first = sum(model.services.counts[q][line, 2] + model.services.counts[q][line, 4] for q in range(-3, 1))
    assert jobcentre.budget_pence == pytest.approx(jobcentre.opening_budget * now / first, rel=1e-6)


def test_benefits_are_paid_by_the_centre_at_cost_and_save_the_jobcentre_nothing():
    result = one("list_public")
    funded = {row[0]: row[4] for row in result.flows if row[3] == "benefit_funding"}
    assert len(funded) == 15
    cash = sums(result, "cash_released", by=("line",)).get(("jobseekers_allowance",), 0)
    returned = sums(result, "returned_to_centre", by=("agency",))[("jobcentre",)]
    assert cash != 0
    assert abs(returned - cash) < 0.5 * abs(cash)  # the rest is the Jobcentre's own small budget


def test_the_treasury_votes_what_departments_pass_on():
    model = system("silo", years=3)
    for department in model.departments:
        assert model.ledger.party_balance(department.code) == 0
    assert model.ledger.party_balance(TREASURY) < 0


def test_outcome_payments_draw_on_underspend_then_discretionary_money_then_reserve():
    model = system("list_public", years=1)
    item, body = agency(model, "council"), model.bodies[0]
    model.ledger.transfer(OUTSIDE, item.account("service"), 300, "grant")
    model.ledger.transfer(OUTSIDE, item.account("prevention"), 200, "grant")
    purses = {purse: item.balance(purse) for purse in ("service", "prevention", "reserve")}
    total = sum(purses.values())
    assert item.pay_for_outcome(body.account(), purses["service"] + 50) == purses["service"] + 50
    assert item.balance("service") == 0
    assert item.balance("prevention") == purses["prevention"] - 50
    assert item.balance("reserve") == purses["reserve"]
    assert (
        item.pay_for_outcome(body.account(), 10**12) == total - purses["service"] - 50
    )  # it cannot pay what it has not got


def test_outcome_payments_may_have_to_leave_the_underspend_alone():
    model = system("list_public", {"agencies.outcome_payments": "after_claw_back"}, years=1)
    item, body = agency(model, "council"), model.bodies[0]
    model.ledger.transfer(OUTSIDE, item.account("service"), 10**6, "grant")
    before = item.balance("service")
    item.pay_for_outcome(body.account(), 100)
    assert item.balance("service") == before


# The LIST


def test_a_list_is_founded_after_the_time_it_takes_to_agree():
    model = system("list_public", years=1)
    trust = model.bodies[0]
    assert trust.founded is None
    for _ in range(QUARTERS):
        model.step()
    assert trust.founded == 2
    assert set(trust.funds.capital) == {member.code for member in trust.joined}
    assert sum(trust.funds.capital.values()) > 0


def test_agencies_that_do_not_trust_do_not_join():
    result = one("list_public", {"arrangement.trust_to_join": 0.6})
    assert sums(result, "programme_cost") == 0
    assert all(row[5] == 0 for row in result.rows if row[3] == "members")


def _settled_trust(gap):
    """A member's trust after a year in which cash was `gap` times what it paid."""
    model = system("list_public", years=2)
    trust = model.bodies[0]
    member = trust.joined[0]
    trust.invoices = {member.code: 1000}
    member.cash_this_year = round(1000 * gap)
    before = member.trust
    trust.relate()
    return member.trust - before


def test_trust_follows_cash_against_payments_by_hand():
    assert _settled_trust(1.0) == pytest.approx(0.0)
    assert _settled_trust(1.5) == pytest.approx(0.04)  # half a step of 0.08
    assert _settled_trust(9.0) == pytest.approx(0.08)
    assert _settled_trust(0.0) == pytest.approx(-0.08)


def test_members_that_lose_trust_leave_and_a_list_without_members_is_wound_up():
    model = system("list_public", years=2)
    trust = model.bodies[0]
    assert trust.alive
    left = trust.balance()
    assert left > 0
    for member in trust.joined:
        member.trust = 0.1
    for item in model.agencies:
        item.trust = 0.1
    capital = dict(trust.funds.capital)
    before = {code: model.party(code).balance("prevention") for code in capital}
    trust.relate()
    assert not trust.alive
    assert trust.joined == []
    assert trust.balance() == 0
    got = {code: model.party(code).balance("prevention") - before[code] for code in capital}
    assert sum(got.values()) == left
    for code, pence in got.items():
        assert pence == pytest.approx(left * capital[code] / sum(capital.values()), abs=1)


@pytest.mark.parametrize(("basis", "unit"), [("gross", "average"), ("marginal", "variable")])
def test_invoices_by_hand(basis, unit):
    model = system("list_public", {"list.payment_basis": basis}, years=2)
    trust, member = model.bodies[0], agency(model, "council")
    saved = np.zeros(len(model.lines))
    line = model.lines.ids.index("care")
    saved[line] = 2.0
    finding = type("Finding", (), {"saved": saved})
    model.ledger.transfer(OUTSIDE, member.account("reserve"), 10**9, "grant")
    trust.invoice([finding])
    price = getattr(model.services.prices, unit)[line]
    assert trust.invoices["council"] == round(2.0 * price * model.arrangement.get("payment_share"))
    assert trust.invoices["nhs"] == 0


def test_invoices_on_cash_bill_the_fall_of_the_budget_lines_touched():
    model = system("list_public", {"list.payment_basis": "cashed"}, years=3)
    trust, member = model.bodies[0], agency(model, "council")
    model.ledger.transfer(OUTSIDE, member.account("reserve"), 10**9, "grant")
    touched = trust.lines_touched()
    fall = member.cash_seen(touched)
    trust.invoice([type("Finding", (), {"saved": np.zeros(len(model.lines))})])
    assert trust.invoices["council"] == round(max(0, fall) * model.arrangement.get("payment_share"))
    own = [line for line in member.own_lines if touched[line]]
    spent = sum(int(model.outturn.spending[q][own].sum()) for q in model.calendar.quarters_of_year())
    assert fall == int(member.baseline[own].sum()) - spent


def test_surplus_is_shared_out_but_for_what_is_reinvested():
    model = system("list_public", {"list.reinvested_share": 0.75}, years=2)
    trust = model.bodies[0]
    model.ledger.transfer(OUTSIDE, trust.account(), 10**8, "contribution")
    spent = trust.spent_this_year()
    trust.invoices = {"council": spent + 1000}
    before = trust.balance()
    trust.distribute()
    assert before - trust.balance() == 250
    assert trust.kept_to_reinvest == 750


def test_repeated_projects_cost_less_to_agree():
    model = system("list_public", years=2)
    trust = model.bodies[0]
    trust.projects = {"parenting": 3}
    first, fourth = trust.project_cost("keyworker"), trust.project_cost("parenting")
    assert fourth == pytest.approx(first * 4**-0.5, abs=1)


@pytest.mark.parametrize("held", [0.0, 0.5, 1.0, 2.0])
def test_members_top_a_pool_up_to_a_years_contributions(held):
    model = system("pooled_s75")
    pool, ledger = model.bodies[0], model.ledger
    for member in pool.members():
        ledger.transfer(OUTSIDE, member.account("prevention"), member.discretionary_pence, "opening_balance")
    full = sum(round(0.5 * member.discretionary_pence) for member in pool.members())
    ledger.transfer(OUTSIDE, pool.account(), round(held * full), "opening_balance")
    model.funding.raise_money(pool)
    assert pool.balance() == pytest.approx(max(1.0, held) * full, abs=2)


def test_the_body_with_the_legal_power_may_veto():
    model = system("pooled_s75", years=2)
    pool = model.bodies[0]
    assert pool.may_commission(model.catalogue["drug_treatment"])
    assert not pool.may_commission(model.catalogue["through_the_gate"])  # justice is no member


def test_bids_differ_by_year_and_pay_for_themselves():
    model = system("silo", years=1)
    programme = model.catalogue["parenting"]
    for provider in model.providers:
        assert provider.price_pence(programme) >= provider.cost_pence(programme)
    first = model.providers[1].price_pence(programme)
    for _ in range(QUARTERS):
        model.step()
    assert model.providers[1].price_pence(programme) != first
