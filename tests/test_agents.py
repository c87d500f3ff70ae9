"""Institutions one by one: money rules worked by hand, and what a LIST's members live through."""

from types import SimpleNamespace

import numpy as np
import pytest

from sim.agents import by_list
from sim.agents.department import Department
from sim.agents.evidence_unit import EvidenceUnit
from sim.agents.income import Income
from sim.agents.monitor import Monitor
from sim.agents.party import Belief
from sim.core.calendar import QUARTERS
from sim.core.ledger import OUTSIDE
from sim.core.streams import uniform
from sim.deals.basis import lines_touched
from sim.deals.contracts import Contract
from sim.evaluation.findings import Finding, Quality, no_estimate
from sim.evaluation.groups import Cohort
from sim.record.recorder import Recorder
from sim.studies.inputs import load_inputs
from sim.system import TREASURY, LocalSystem
from tests.conftest import NAIVE, blank_twin, one, settled_for, sums, with_numbers, with_values


def system(arrangement, settings=None, years=0, seed=1):
    """A model of Milltown after some years."""
    inputs = load_inputs(arrangement, "milltown", settings)
    start = settled_for(inputs, seed)
    blank = blank_twin(inputs.n_families)
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
        assert item.income.total == item.whole_pence == spent + item.other_pence + item.discretionary_pence
        assert item.funds.earmarked == item.funds.ring_fenced == item.to_recover == item.agreed_together.sum() == 0


def test_opening_reserves_by_hand():
    """5% of the council's whole budget and 1% of the NHS's, posted from outside before the first quarter."""
    model = system("do_nothing")
    for code, share in (("council", 0.05), ("nhs", 0.01)):
        item = agency(model, code)
        assert item.opening_reserve() == round(share * item.whole_pence) > 0
        posted = (0, OUTSIDE, item.account("reserve"), item.opening_reserve(), "opening_balance")
        assert model.ledger.postings.count(posted) == 1
        assert item.balance("reserve") == item.opening_reserve()
    item.whole_pence = 12_345
    assert item.opening_reserve() == 123


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


def test_a_deficit_takes_reserve_then_discretionary_money_then_exceptional_support():
    model = system("do_nothing", years=1)
    item = agency(model, "council")
    reserve, free = item.balance("reserve"), item.balance("prevention")
    item.pay(OUTSIDE, item.balance("service") + reserve + free + 5_000, "service", "service")
    item.close_year()
    assert item.balance("reserve") == item.balance("prevention") == item.balance("service") == 0
    assert item.to_recover == 5_000
    support = [p for p in model.ledger.postings if p[4] == "exceptional_support" and p[2] == item.account("service")]
    assert support[-1][3] == 5_000


def test_no_agency_ever_owes():
    model = system("silo", {"families.demand_growth": 0.05, "departments.real_growth": -0.03, **NAIVE}, years=6)
    for item in model.agencies:
        for purse in ("service", "prevention", "reserve"):
            assert item.balance(purse) >= 0, (item.code, purse)


def test_third_quarter_cuts_prevention_first():
    model = system("silo")
    for _ in range(2):
        model.step()
    item = without_reserve(agency(model, "council"))
    item.budget_pence = 0  # whatever is spent is too much
    model.step()
    assert model.calendar.quarter == 3
    bought = [contract for contract in model.contracts.running if contract.body == "council"]
    if bought:
        assert model.contracts.owed_next_quarter(item.account(item.purse)) == 0
    assert item.balance("prevention") == 0


def without_reserve(item):
    """An agency whose reserve is gone."""
    item.pay(OUTSIDE, item.balance("reserve"), "service", "reserve")
    item.plan.optional = 0  # and which has nothing to stop but prevention
    return item


def spends(model, item, *quarterly):
    """Let an agency's first line cost so much in each of the last quarters, and its others nothing."""
    for quarter, pence in zip(
        range(model.calendar.quarter - len(quarterly) + 1, model.calendar.quarter + 1), quarterly, strict=True
    ):
        model.outturn.spending[quarter] = np.zeros(len(model.lines), np.int64)
        model.outturn.spending[quarter][item.own_lines[0]] = pence


@pytest.mark.parametrize(
    ("owed", "held", "ringed", "left", "owed_after"),
    [
        (0, 500, 0, 300, 0),  # 900 x 4/3 = 1,200 is 200 over 1,000: 200 of 500 moves
        (0, 150, 0, 0, 0),  # no more than there is
        (120, 120, 0, 0, 0),  # all that is owed next quarter is cancelled
        (400, 400, 0, 200, 200),  # half of 400 covers the 200, and what stays owed is kept
        (120, 260, 0, 60, 60),  # 140 is free; half of the 120 is cancelled, and no more than 200 moves
        (40, 300, 90, 130, 40),  # a ring-fenced sum, 90, and what it pays for, 40, stay: 170 moves
    ],
)
def test_the_third_quarters_forecast_by_hand(owed, held, ringed, left, owed_after):
    model = system("silo")
    model.calendar.quarter, item = 3, without_reserve(agency(model, "council"))
    spends(model, item, 250, 350, 300)
    item.budget_pence, item.funds.earmarked, item.funds.ring_fenced = 1000, ringed, ringed
    model.ledger.transfer(OUTSIDE, item.account("prevention"), held, "grant")
    if owed:  # four quarters' bills of two families each
        model.contracts.running = [
            Contract("council", "parenting", "in_house", 1, 1, 8, owed // 2, "council:prevention")
        ]
    service = item.balance("service")
    item.forecast_and_cut(3)
    assert item.balance("prevention") == left
    assert item.balance("service") - service == held - left
    assert model.contracts.owed_next_quarter(item.account(item.purse)) == owed_after


def test_a_forecast_within_budget_cuts_nothing():
    model = system("silo")
    model.calendar.quarter, item = 3, without_reserve(agency(model, "council"))
    spends(model, item, 300, 300, 300)
    item.budget_pence = 1200  # 900 x 4/3, to the penny
    model.ledger.transfer(OUTSIDE, item.account("prevention"), 500, "grant")
    item.forecast_and_cut(3)
    assert item.balance("prevention") == 500
    item.budget_pence = 1199
    item.forecast_and_cut(3)
    assert item.balance("prevention") == 499


@pytest.mark.parametrize(("held", "cuts"), [(0, []), (1, [("council", "cut", "1", "prevention", "1")])])
def test_a_cut_is_a_decision_only_where_there_is_something_to_cut(held, cuts):
    model = system("silo")
    model.calendar.quarter, item = 3, without_reserve(agency(model, "council"))
    spends(model, item, 300, 300, 300)
    item.budget_pence = 1199
    model.ledger.transfer(OUTSIDE, item.account("prevention"), held, "grant")
    item.forecast_and_cut(3)
    cut = [tuple(map(str, row[1:])) for row in model.decisions.rows if row[2] == "cut"]
    assert cut == cuts


def test_a_cut_contract_takes_on_fewer_families():
    """Half of a quarter's bill of 10 families is cancelled: 5 of them are taken on, and paid for."""
    model = system("silo")
    model.calendar.quarter, item = 3, agency(model, "council")
    contract = Contract("council", "parenting", "in_house", 1, 1, 40, 100, "council:prevention")
    model.contracts.running = [contract]
    model.ledger.transfer(OUTSIDE, item.account("prevention"), 1000, "grant")
    assert model.contracts.owed_next_quarter(item.account(item.purse)) == 1000
    model.contracts.cut_next_quarter(item.account(item.purse), 500)
    model.calendar.quarter = 4
    assert model.contracts.places(contract) == 5
    assert model.contracts.due(contract) == 500
    assert model.contracts.owed_next_quarter(item.account(item.purse)) == 0  # the year is over


def test_what_services_cost_less_than_expected_by_hand():
    """Expected 1,000 a year; in the second year of a trend of 5% that is 1,050; four quarters of 200 leave 250."""
    model = system("silo", {"families.demand_growth": 0.05})
    model.calendar.quarter, item = 8, agency(model, "council")
    spends(model, item, 200, 200, 200, 200)
    item.baseline = np.zeros(len(model.lines), np.int64)
    item.baseline[item.own_lines[:2]] = (1000, 100)
    looked_at = np.zeros(len(model.lines), bool)
    looked_at[item.own_lines[0]] = True
    assert item.cash_seen(looked_at) == 250
    assert item.cash_seen() == 355  # 1,100 x 1.05 - 800
    item.budget_pence = 950
    assert item.underspend() == 150
    model.outturn.duplication = {5: model.outturn.spending[5], 6: model.outturn.spending[6]}
    assert item.saved_together(range(5, 9)) == 400


@pytest.mark.parametrize(("underspend", "belief"), [(300, 0.46), (-50, 0.40), (5000, 0.60)])
def test_belief_in_cashability_moves_towards_underspend_over_benefit(underspend, belief):
    """From 0.5 a fifth of the way to 300 / 1,000, to 0 where there was no underspend, to 1 where it was more."""
    model = system("silo")
    item = agency(model, "council")
    line, saved = item.own_lines[0], np.zeros(len(model.lines))
    item.cash_belief, item._value, item.underspend = 0.5, {"cashability_learning": 0.2}.get, lambda: underspend
    saved[line] = 1000 / model.services.prices.average[line]
    saved[agency(model, "nhs").own_lines[0]] = 99.0  # others' benefit is no evidence
    item.learn_cashability(saved)
    assert item.cash_belief == pytest.approx(belief)
    item.learn_cashability(-saved)
    assert item.cash_belief == pytest.approx(belief)  # nothing measured, nothing learned


def test_what_may_open_places_is_the_unspent_budget_line_by_line(monkeypatch):
    """A budget of 1,000 and 50 that reviews took; a quarter of 200 and 10 saved together: 210 left, less 60 a line.

    Pressure is the same for all lines: slack of a fifth of the budget.
    """
    model, seen = system("silo"), []
    model.calendar.quarter, item = 4, agency(model, "council")
    spends(model, item, 0, 0, 0, 200)
    item.budget_pence, item.agreed_together[0] = 1000, 50
    model.outturn.duplication = {4: np.zeros(len(model.lines), np.int64)}
    model.outturn.duplication[4][item.own_lines[0]] = 10
    monkeypatch.setattr(by_list, "size", lambda *asked: seen.append(asked[-2:]))
    model.services.carry_out = lambda line, quarter, plan: 60
    item.resize(4)
    assert seen == [(210 - 60 * i, 0.0) for i in range(len(item.own_lines))]
    assert len(seen) > 1


def test_who_decides_on_a_threshold_goes_by_its_gate():
    """Empty places move judgement alone, practice a duty alone; courts and entitlements are nobody's to move."""
    model = system("silo")
    model.calendar.quarter = QUARTERS
    for item in model.agencies:
        for line in item.own_lines:
            gate = model.lines.gate[line]
            assert item.drift(line) == (0.5 if gate == "judgement" else 0)
            assert (item.practice(line, 0.3) != 0) == (gate == "duty")
    assert set(model.lines.gate) == {"court", "entitlement", "duty", "judgement"}


@pytest.mark.parametrize("pressure", [0.5, -0.5, 0])
def test_practice_by_hand(pressure):
    """A chance move of 2% either way, less a tenth of what the budget is overspent by; at a year's end alone, unless held."""
    model = system("silo")
    model.calendar.quarter, item, line = QUARTERS, agency(model, "council"), model.lines.ids.index("foster_care")
    draw = uniform(model.seed, "practice", "foster_care", 1)
    assert item.practice(line, pressure) == pytest.approx(0.02 * (2 * draw - 1) - 0.1 * pressure)
    item.holds = lambda line: True
    assert item.practice(line, pressure) == item.drift(line) == 0
    del item.holds
    model.calendar.quarter = QUARTERS + 1
    assert item.practice(line, pressure) == 0


def test_a_departments_growth_is_the_dials_and_its_own():
    """A dial of -3% and a department that does 1% better: -2%."""
    model = system("silo", {"departments.real_growth": -0.03})
    code = agency(model, "council").spec.department
    model.place = with_values(model.place, {f"departments.{code}.real_growth": 0.01})
    assert Department(model, code).growth == pytest.approx(-0.02)


def test_income_by_workload_by_hand():
    """Half of 100,000 is for services of the model, with nine tenths of the caseload; three years of -5%: 95,000 x 0.95^3."""
    model = system("silo")
    item = agency(model, "jobcentre")
    parent = model.party(item.spec.department)
    parent.growth, item.income = -0.05, Income(100_000, 0.0, 0.0, 0.5)
    model.outturn.workload = lambda lines: 0.9 if lines is item.paid_lines else 1.0
    parent.set_income(item, 3)
    assert item.funding == "workload"
    assert item.income.total == 81_451  # 81,450.6


@pytest.mark.parametrize(("owed", "back"), [(300, 300), (5000, 5000), (9000, 8000)])
def test_a_parent_takes_back_what_it_covered_from_the_next_income(owed, back):
    """5,000 of grant and 3,000 of council tax, of which support is repaid before 1,000 is set aside, as far as they go."""
    model = system("silo")
    item = agency(model, "council")
    item.income.now = {"grant": 5000, "ring_fenced_grant": 0, "local_tax": 3000}
    item.discretionary_pence, item.to_recover = 1000, owed
    model.fund()
    assert item.to_recover == owed - back
    assert item.balance("service") + item.balance("prevention") == 8000 - back
    assert item.balance("prevention") == 1000
    posted = [p[3] for p in model.ledger.postings if p[4] == "support_repaid"]
    assert posted == [back]


@pytest.mark.parametrize(
    ("deficit", "reserve", "free", "left", "support"),
    [(100, 60, 70, (0, 30), 0), (100, 60, 10, (0, 0), 30), (100, 150, 10, (50, 10), 0)],
)
def test_what_covers_a_deficit_by_hand(deficit, reserve, free, left, support):
    """First the reserve, then discretionary money, then the parent; what is left of the second is spent elsewhere."""
    model = system("silo")
    model.calendar.quarter, item = 4, agency(model, "council")
    spends(model, item, 0, 0, 0, 0)
    item.pay(OUTSIDE, item.balance("reserve"), "service", "reserve")
    item.pay(OUTSIDE, deficit, "service", "service")
    for purse, pence in (("reserve", reserve), ("prevention", free)):
        model.ledger.transfer(OUTSIDE, item.account(purse), pence, "grant")
    since = len(model.ledger.postings)
    item.close_year()
    assert (item.balance("reserve"), _spent_elsewhere(model, item, since)) == left
    assert item.balance("service") == item.balance("prevention") == 0
    assert item.to_recover == support


@pytest.mark.parametrize(("held", "earmarked", "back"), [(500, 200, 200), (150, 200, 150)])
def test_what_is_left_of_a_ring_fenced_sum_goes_back_by_hand(held, earmarked, back):
    """And does so before a deficit may be met from it."""
    model = system("troubled_families")
    model.calendar.quarter, item = 4, agency(model, "council")
    spends(model, item, 0, 0, 0, 0)
    item.funds.ring_fenced, item.funds.earmarked = 1000, earmarked
    model.ledger.transfer(OUTSIDE, item.account("prevention"), held, "grant")
    since = len(model.ledger.postings)
    item.close_year()
    new = model.ledger.postings[since:]
    assert sum(p[3] for p in new if p[2] == model.centre().code and p[4] == "distribution") == back
    assert _spent_elsewhere(model, item, since) == held - back


def test_the_jobcentre_is_paid_by_last_years_workload():
    model = system("do_nothing", years=1)
    jobcentre = agency(model, "jobcentre")
    line = model.lines.ids.index("jobcentre_support")
    now = sum(model.services.counts[q][line, 2] + model.services.counts[q][line, 4] for q in range(1, 5))
    first = sum(model.services.counts[q][line, 2] + model.services.counts[q][line, 4] for q in range(-3, 1))
    modelled = jobcentre.baseline[jobcentre.own_lines].sum() / jobcentre.whole_pence
    assert jobcentre.income.total == pytest.approx(jobcentre.whole_pence * (1 + modelled * (now / first - 1)), rel=1e-6)


def test_benefits_are_paid_by_the_centre_at_cost_and_save_the_jobcentre_nothing():
    result = one("list_naive")
    funded = {row[0]: row[4] for row in result.flows if row[3] == "benefit_funding"}
    assert len(funded) == 15
    cash = sums(result, "cash_released", by=("line",)).get(("jobseekers_allowance",), 0)
    assert sums(result, "returned_ame", by=("agency",))[("jobcentre",)] == cash != 0


def test_the_treasury_votes_what_departments_pass_on():
    model = system("silo", years=3)
    for department in model.departments:
        assert model.ledger.party_balance(department.code) == 0
    assert model.ledger.party_balance(TREASURY) < 0


def test_outcome_payments_draw_on_underspend_then_discretionary_money_then_reserve():
    model = system("list_naive", years=1)
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
    model = system("list_naive", {"agencies.outcome_payments": "after_claw_back"}, years=1)
    item, body = agency(model, "council"), model.bodies[0]
    model.ledger.transfer(OUTSIDE, item.account("service"), 10**6, "grant")
    before = item.balance("service")
    item.pay_for_outcome(body.account(), 100)
    assert item.balance("service") == before


# The LIST


def test_a_list_is_founded_after_the_time_it_takes_to_agree():
    model = system("list_naive", years=1)
    trust = model.bodies[0]
    assert trust.founded is None
    for _ in range(QUARTERS):
        model.step()
    assert trust.founded == 2
    assert set(trust.funds.capital) == {member.code for member in trust.joined}
    assert sum(trust.funds.capital.values()) > 0


def test_agencies_that_do_not_trust_do_not_join():
    result = one("list_naive", {"arrangement.trust_to_join": 0.6})
    assert sums(result, "programme_cost") == 0
    assert all(row[5] == 0 for row in result.rows if row[3] == "members")


def _settled_trust(gap):
    """A member's trust after a year in which cash was `gap` times what it paid."""
    model = system("list_naive", years=2)
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
    model = system("list_naive", years=2)
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
    model = system("list_naive", {"list.payment_basis": basis}, years=2)
    trust, member = model.bodies[0], agency(model, "council")
    saved = np.zeros(len(model.lines))
    line = model.lines.ids.index("foster_care")
    saved[line] = 2.0
    finding = type("Finding", (), {"saved": saved})
    model.ledger.transfer(OUTSIDE, member.account("reserve"), 10**9, "grant")
    model.rules.savings(trust, [finding])
    price = getattr(model.services.prices, unit)[line]
    assert trust.invoices["council"] == round(2.0 * price * model.arrangement.get("payment_share"))
    assert trust.invoices["nhs"] == 0


def test_invoices_on_cash_bill_the_fall_of_the_budget_lines_touched():
    model = system("list_naive", {"list.payment_basis": "cashed"}, years=3)
    trust, member = model.bodies[0], agency(model, "council")
    model.ledger.transfer(OUTSIDE, member.account("reserve"), 10**9, "grant")
    touched = lines_touched(trust)
    fall = member.cash_seen(touched)
    model.rules.savings(trust, [type("Finding", (), {"saved": np.zeros(len(model.lines))})])
    assert trust.invoices["council"] == round(max(0, fall) * model.arrangement.get("payment_share"))
    own = [line for line in member.own_lines if touched[line]]
    spent = sum(int(model.outturn.spending[q][own].sum()) for q in model.calendar.quarters_of_year())
    assert fall == int(member.baseline[own].sum()) - spent


def test_surplus_is_shared_out_but_for_what_is_reinvested():
    model = system("list_naive", {"list.reinvested_share": 0.75}, years=2)
    trust = model.bodies[0]
    model.ledger.transfer(OUTSIDE, trust.account(), 10**8, "contribution")
    spent = trust.spent_this_year()
    trust.invoices = {"council": spent + 1000}
    before = trust.balance()
    model.rules.savings.share_out(trust)
    assert before - trust.balance() == 250
    assert trust.kept_to_reinvest == 750


def a_list(trust=0.8, **numbers):
    """A founded LIST of three members in its fourth year, with money, nothing billed and nothing bought."""
    model = with_numbers(system("list_naive"), **numbers)
    model.calendar.quarter, body = 16, model.bodies[0]
    body.founded, body.joined = 2, [agency(model, code) for code in ("council", "nhs", "police")]
    for item in model.agencies:
        item.trust = trust if item in body.joined else 0.0
    model.ledger.transfer(OUTSIDE, body.account(), 10**9, "grant")
    return model, body


def test_how_far_ahead_who_looks():
    """Who decides looks as far as the arrangement says, else as far as agencies do; a LIST's members are not asked to."""
    silo, longer, joint = system("silo"), system("silo_ten_years"), system("list_naive")
    assert [agency(model, "council").horizon() for model in (silo, longer, joint)] == [3, 10, 3]
    assert joint.bodies[0].horizon() == 10
    assert system("pooled_s75").bodies[0].horizon() == 3
    assert agency(system("silo", {"agencies.horizon_years": 7}), "council").horizon() == 7


def test_a_list_with_nothing_to_buy_closes_after_its_idle_years():
    """Two idle years: one is survived, the second in a row is not; a year with a contract starts the count again."""
    model, body = a_list(idle_years=2)
    contract = Contract("list", "parenting", "in_house", 1, 4, 4, 100, "list")
    for contracts, idle, alive in (([], 1, True), ([contract], 0, True), ([], 1, True), ([], 2, False)):
        model.contracts.running = contracts
        body.relate()
        assert (body.idle_years, body.alive) == (idle, alive)


def test_a_list_is_wound_up_below_its_fewest_members():
    for fewest, alive in ((3, True), (4, False)):
        _, body = a_list(fewest_members=fewest, idle_years=9)
        body.relate()
        assert body.alive == alive


def test_a_list_without_a_years_running_cost_is_wound_up_after_its_founding_years():
    """Founded in year 2 with two founding years: by the end of year 3 the founding is over."""
    for year, held, alive in ((2, 999, True), (3, 999, False), (3, 1000, True), (4, 999, False)):
        model, body = a_list(subscription_years=2, idle_years=9)
        model.calendar.quarter = 4 * year
        body.cost_here = {"running_cost": 1000}.__getitem__
        body.pay(OUTSIDE, 10**9 - held, "transaction_cost")
        body.relate()
        assert body.alive == alive, (year, held)


def test_members_stay_at_the_trust_to_stay_and_leave_below_it():
    model, body = a_list(trust=0.3, trust_to_stay=0.3, trust_to_join=0.9, fewest_members=1, idle_years=9)
    agency(model, "nhs").trust = 0.29
    body.relate()
    assert [member.code for member in body.joined] == ["council", "police"]


def test_trust_moves_by_cash_against_what_was_paid_alone():
    """Paid 400 with cash of 300: a quarter of a step down; 700: three quarters up; who paid nothing stays as it is."""
    _, body = a_list(trust=0.5, trust_step=0.08, trust_to_stay=0, idle_years=9)
    for member, cash in zip(body.joined, (300, 700, 900), strict=True):
        member.cash_this_year = cash
    body.invoices = {"council": 400, "nhs": 400, "police": 0}
    members = list(body.joined)
    body.relate()
    assert [member.trust for member in members] == pytest.approx([0.48, 0.56, 0.5])


@pytest.mark.parametrize(("cash", "record"), [((90, 20), 3), ((90, 9), 1), ((110, -900), 3), ((0, 0), 1)])
def test_a_good_year_is_one_in_which_cash_covers_what_was_paid(cash, record):
    """100 billed in all, on a record of 2; a member's overspend is not set against another's cash."""
    _, body = a_list(idle_years=9, trust_to_stay=0)
    body.record, body.joined = 2, body.joined[:2]
    body.joined[0].cash_this_year, body.joined[1].cash_this_year = cash
    body.invoices = {"council": 60, "nhs": 40}
    body.relate()
    assert body.record == record


def test_a_record_never_falls_below_nought_and_rests_where_nothing_was_paid():
    _, body = a_list(idle_years=9)
    body.relate()
    assert body.record == 0
    body.invoices = {"council": 100}
    body.relate()
    assert body.record == 0


@pytest.mark.parametrize(("basis", "billed"), [("gross", 1.0), ("cashed", 0.4), ("marginal", 0.25)])
def test_who_joins_a_list_by_hand(basis, billed):
    """c = 0.4, w = 0.25: worth 0.4 + 0.25 x 0.6 = 0.55 a pound, billed at 1, at c = 0.4, or at v/a = 0.25."""
    for trust, share, joins in ((0.5, 0.549, True), (0.5, 0.551, False), (0.49, 0.1, False)):
        model = with_numbers(system("list_naive", {"list.payment_basis": basis}), trust_to_join=0.5,
                             payment_share=share / billed)  # fmt: skip
        for item in model.agencies:
            item.trust, item.cash_belief, item.outcome_weight = 0.0, 0.4, 0.25
        council = agency(model, "council")
        council.trust = trust
        model.services.prices.variable[council.own_lines], model.services.prices.fixed[council.own_lines] = 100, 300
        model.bodies[0].is_open()
        assert (model.bodies[0].joined == [council]) == joins, (trust, share)


def test_who_has_no_services_of_its_own_does_not_join():
    model = with_numbers(system("list_naive"), trust_to_join=0, payment_share=0)
    agency(model, "nhs").paid_lines = np.array([], int)
    model.bodies[0].is_open()
    assert "nhs" not in [member.code for member in model.bodies[0].joined]
    assert len(model.bodies[0].joined) == len(model.agencies) - 1


def test_a_list_opens_with_its_fewest_members_after_the_years_to_agree():
    """Three are ready: not enough where four are asked for; and one year to agree means it opens in the second."""
    for fewest, year, opens in ((3, 2, True), (3, 1, False), (4, 2, False)):
        model, body = a_list(trust_to_join=0.5, payment_share=0, fewest_members=fewest, years_to_agree=1)
        body.founded, model.calendar.quarter = None, 4 * year - 3
        assert body.is_open() == opens
        assert body.founded == (year if opens else None)


def test_members_share_the_set_up_cost_equally_as_far_as_their_money_goes():
    """Set-up and map at 20 and 10 for three members: 10 each, of which one has 4."""
    model, body = a_list(trust_to_join=0.5, payment_share=0)
    body.founded = None
    body.cost_here = {"setup_cost": 20, "map_cost": 10}.__getitem__
    for member, pence in zip(body.joined, (100, 4, 100), strict=True):
        model.ledger.transfer(OUTSIDE, member.account("prevention"), pence, "grant")
    body.is_open()
    assert [member.balance("prevention") for member in body.joined] == [90, 0, 90]


def test_a_lists_scope_reserve_and_running_cost_by_hand():
    """Trust of 0.2, 0.4 and 0.3 is 0.3: scope 0.6; a reserve of a fifth of 1,000 leaves 800; 300 of 1,000 are paid."""
    _, body = a_list(reserve_share=0.2)
    for member, trust in zip(body.joined, (0.2, 0.4, 0.3), strict=True):
        member.trust = trust
    assert body.mean_trust() == pytest.approx(0.3)
    assert body.scope() == pytest.approx(0.6)
    body.joined[0].trust = 0.9
    body.joined[2].trust = 0.9
    assert body.scope() == 1.0
    body.pay(OUTSIDE, 10**9 - 1000, "transaction_cost")
    assert body.spendable() == 800
    body.cost_here = {"running_cost": 300}.__getitem__
    body.pay_standing_costs()
    assert body.balance() == 700
    body.cost_here = {"running_cost": 900}.__getitem__
    body.pay_standing_costs()
    assert body.balance() == 0
    body.joined = []
    assert body.scope() == body.mean_trust() == 0


def test_invoices_of_several_cohorts_are_added_and_harm_is_not_refunded():
    """Cohorts of 3 and -1 case-quarters at 500: 1,000, half of it billed; the NHS's -2 costs nobody anything."""
    model, body = a_list(payment_share=0.5)
    council, nhs = body.joined[:2]
    for member in (council, nhs):
        model.ledger.transfer(OUTSIDE, member.account("reserve"), 10**9, "grant")
    prices = model.services.prices
    prices.fixed[:], prices.variable[:] = 200, 300
    prices.average[:] = 500
    one_cohort, other = np.zeros(len(model.lines)), np.zeros(len(model.lines))
    one_cohort[council.own_lines[0]], other[council.own_lines[0]], other[nhs.own_lines[0]] = 3, -1, -2
    model.rules.savings(body, [SimpleNamespace(saved=one_cohort), SimpleNamespace(saved=other)])
    assert body.invoices == {"council": 500, "nhs": 0, "police": 0}
    model.rules.savings(body, [])
    assert body.invoices == {"council": 0, "nhs": 0, "police": 0}


def test_a_bill_beyond_the_underspend_goes_to_the_monitor_and_others_do_not():
    model, body = a_list(payment_share=1.0)
    council = body.joined[0]
    model.ledger.transfer(OUTSIDE, council.account("reserve"), 10**9, "grant")
    model.services.prices.fixed[:], model.services.prices.variable[:] = 200, 300
    model.services.prices.average[:] = 500
    model.monitor, saved = SimpleNamespace(arbitrate=lambda body, member, due: due - 70), np.zeros(len(model.lines))
    saved[council.own_lines[0]] = 1
    for member in body.joined:
        member.underspend = lambda: 0
    for underspend, paid in ((499, 430), (500, 500), (-10, 430)):
        council.underspend = lambda underspend=underspend: underspend
        model.rules.savings(body, [SimpleNamespace(saved=saved)])
        assert body.invoices["council"] == paid


def test_a_claim_is_cut_half_way_with_the_chance_of_what_the_budget_does_not_show():
    """250 of 1,000 show: cut to 625 with a chance of three quarters; the hearing costs what the body has."""
    model, body = a_list()
    monitor, member = Monitor(model, "monitor"), body.joined[0]
    member.underspend, monitor.cost_here = lambda: 250, lambda name: 0
    got = []
    for quarter in range(4, 4004, 4):
        model.calendar.quarter = quarter
        got.append(monitor.arbitrate(body, member, 1000))
    assert set(got) == {625, 1000}
    assert np.mean(np.array(got) == 625) == pytest.approx(0.75, abs=4 * (0.1875 / 1000) ** 0.5)
    assert monitor.upheld == got.count(625)
    assert monitor.disputes == 1000
    monitor.cost_here = {"dispute_cost": 10**9 + 5}.__getitem__
    monitor.arbitrate(body, member, 1000)
    assert (body.balance(), monitor.balance()) == (0, 0)


def test_a_wound_up_lists_money_goes_back_by_capital():
    """700 left, 300 and 100 put in by two: 525 and 175, and nothing to who put in nothing."""
    model, body = a_list()
    body.pay(OUTSIDE, 10**9 - 700, "transaction_cost")
    body.funds.capital = {"council": 300, "nhs": 100, "police": 0}
    body.wind_up("a test")
    assert [agency(model, code).balance("prevention") for code in ("council", "nhs", "police")] == [525, 175, 0]
    assert (body.joined, body.alive) == ([], False)


def test_surplus_is_what_was_billed_less_what_was_spent():
    """Billed 1,000, spent 300 and 100: 600; a quarter is shared out, 150, and 450 kept; a loss shares nothing."""
    model, body = a_list()
    model.dials = {**model.dials, "list.reinvested_share": 0.75}
    body.funds.capital, body.invoices = {"council": 1}, {"council": 700, "nhs": 300}
    model.ledger.at(16)
    body.pay("in_house", 300, "programme")
    body.pay(OUTSIDE, 100, "evaluation_cost")
    body.pay(OUTSIDE, 5000, "pool_overhead")  # no cost of programmes
    model.rules.savings.share_out(body)
    assert agency(model, "council").balance("prevention") == 150
    assert body.kept_to_reinvest == 450
    assert [row[2:4] for row in model.decisions.rows[-2:]] == [("distribute", "150"), ("reinvest", "450")]
    body.invoices = {"council": 399}
    model.rules.savings.share_out(body)
    assert agency(model, "council").balance("prevention") == 150
    assert body.kept_to_reinvest == 0


@pytest.mark.parametrize(("record", "role"), [(0, 0), (1, 0), (2, 1), (5, 2), (6, 3), (99, 3)])
def test_a_role_for_every_two_years_of_record_by_hand(record, role):
    """Scope is (role + 1)/4 of 2 x 0.4."""
    model, body = a_list(trust=0.4, role_years=2)
    given = model.arrangement
    model.arrangement = SimpleNamespace(
        get=given.get, optional=given.optional, has=lambda part: part == "widening_role"
    )
    body.record = record
    assert body.role() == role
    assert body.scope() == pytest.approx(0.2 * (role + 1))


def test_a_chance_just_as_asked_for_is_dared():
    model, body = a_list(role_years=2, cautious_chance=0.5)
    given = model.arrangement
    model.arrangement = SimpleNamespace(
        get=given.get, optional=given.optional, has=lambda part: part == "widening_role"
    )
    assert body.role() == 0
    assert body.dares(SimpleNamespace(chance_of_gain=0.5))


def test_repeated_projects_cost_less_to_agree():
    model = system("list_naive", years=2)
    trust = model.bodies[0]
    trust.projects = {"parenting": 3}
    first, fourth = trust.project_cost("keyworker"), trust.project_cost("parenting")
    assert fourth == pytest.approx(first * 4**-0.5, abs=1)


@pytest.mark.parametrize("held", [0.0, 0.5, 1.0, 2.0])
def test_members_top_a_pool_up_to_a_years_contributions(held):
    model = with_numbers(system("care_trust"), contribution_share=0.5)
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
        assert provider.price_pence(programme, 9) >= provider.cost_pence(programme)
    first = model.providers[1].price_pence(programme, 9)
    for _ in range(QUARTERS):
        model.step()
    assert model.providers[1].price_pence(programme, 9) != first


# Beliefs, word of mouth, and what a body weighs


def test_a_finding_moves_beliefs_by_its_own_error_and_the_doubt_in_evaluations():
    """Half of what was expected, with an error of 0.3 of it and a doubt of 0.4: a variance of 0.09 + 0.16 = 0.25.

    A belief of 1.2 with variance 0.25 then moves half way to 0.5, to 0.85, and its variance halves.
    """
    model = system("silo", {"appraisal.method": "snapshot"})
    model.place = with_values(model.place, {"place.evaluation_doubt": 0.4})
    council, nhs = agency(model, "council"), agency(model, "nhs")
    programme = model.catalogue["parenting"]
    before = np.zeros((2, len(model.lines)))
    line = int(np.nonzero(model.relief.lines("parenting"))[0][0])
    before[0, line] = 4  # four quarters of one family, none of the other: two on average
    escalation, recovery = programme.published(model.place)[:, model.lines.need[line]]
    expected = 2 * model.services.prices.average[line] * (1 - np.exp(escalation - recovery))
    cohort = Cohort(np.arange(2), np.zeros(2), before, None, body="council", programme="parenting", year=1)
    council.beliefs["parenting"] = Belief(1.2, 0.25)
    other = nhs.beliefs["parenting"].mean
    finding = Finding(cohort, before.sum(axis=0), 0.5 * expected, 0.3 * expected, 2)
    for _ in range(2):  # the first finding of a cohort alone counts
        model.evaluation._learn(finding)
        assert council.beliefs["parenting"].mean == pytest.approx(0.85)
        assert council.beliefs["parenting"].variance == pytest.approx(0.125)
    assert nhs.beliefs["parenting"].mean == other


def test_where_there_is_no_estimate_nobody_learns():
    """A cohort of which nothing can be said is paid for, and moves no belief in its programme."""
    model = system("silo", {"appraisal.method": "snapshot"})
    council = agency(model, "council")
    before = np.full((2, len(model.lines)), 4)
    cohort = Cohort(np.arange(2), np.zeros(2), before, None, body="council", programme="parenting", year=1)
    mean = council.beliefs["parenting"].mean
    model.evaluation._learn(no_estimate(cohort, len(model.lines), Quality(3, 2.5)))
    assert council.beliefs["parenting"].mean == mean
    assert cohort.evaluated


def test_word_of_mouth_by_hand():
    """A tenth of a neighbourhood's families on a programme, a place's word of mouth and half the effect of programmes."""
    model = system("silo", {"programmes.effect_scale": 0.5, "programmes.optimism": 3}, years=1)
    columns, running = model.families.columns, model.families.offers.running
    on = ((columns.offer > 0) & (columns.clock < running[columns.offer])).any(axis=0)
    assert on.any()
    model.deliver()
    on = ((columns.offer > 0) & (columns.clock < running[columns.offer])).any(axis=0)
    for area, heard in enumerate(model.families.heard):
        share = on[columns.first[area] : columns.end[area]].mean()
        assert heard == pytest.approx(share * 0.5 * model.place.get("place.word_of_mouth"), rel=1e-5)


def test_the_weight_on_outcomes_is_the_members_mean():
    model = system("pooled_s75")
    body = model.bodies[0]
    for member, weight in zip(body.members(), (0.1, 0.5), strict=True):
        member.outcome_weight = weight
    assert body.weight_on_outcomes() == pytest.approx(0.3)


def test_agreeing_costs_less_with_every_repetition_by_hand():
    """900 x n^-0.5 for the fourth year of a programme is 450, for the ninth 300."""
    model = with_numbers(system("silo"), project_learning=0.5)
    item = agency(model, "council")
    item.cost_here = {"project_cost": 900}.__getitem__
    item.projects = {"parenting": 3, "mst": 8}
    assert [item.project_cost(name) for name in ("keyworker", "parenting", "mst")] == [900, 450, 300]


def test_an_admin_cost_is_per_million_people_and_scales_with_the_place():
    """90 pounds a million people, half a million of them, of whom a tenth are simulated: 4.50 pounds."""
    model = with_numbers(system("silo"), project_cost=90)
    model.scale, model.place = 0.1, SimpleNamespace(get={"place.population": 500_000}.__getitem__)
    assert agency(model, "council").cost_here("project_cost") == 450
    assert agency(model, "council").cost_here("setup_cost") == 0  # it has none


def test_workload_is_use_at_average_cost_against_the_base_year():
    """Use of 30 and 10 at 200 and 400 against 20 and 20: 10,000 over 12,000."""
    model = system("silo")
    item = agency(model, "council")
    now, first = np.zeros(len(model.lines)), np.zeros(len(model.lines))
    now[item.own_lines[:2]], first[item.own_lines[:2]] = (6000, 4000), (4000, 8000)
    model.outturn.use, model.outturn.first_use = lambda quarters: now, first
    assert model.outturn.workload(item.own_lines) == pytest.approx(10 / 12)
    item.own_lines = item.own_lines[2:]
    assert model.outturn.workload(item.own_lines) == 1.0


def test_own_benefit_counts_own_lines_and_a_leads_others_less():
    model = with_numbers(system("lead_commissioning_s75"), other_weight=0.25)
    body = model.bodies[0]
    council, nhs, police = (agency(model, code) for code in ("council", "nhs", "police"))
    counted = model.rules.benefit_counted(body)
    assert {*counted[council.own_lines]} == {1.0}
    assert {*counted[nhs.own_lines]} == {0.25}
    assert {*counted[police.own_lines]} == {0.0}


# Neighbourhoods, their boards, and the evidence unit (6.8)


def a_board(*counts, **numbers):
    """A neighbourhood's board where families stand at these counts by level of the first need, there and elsewhere."""
    model = with_numbers(system("naa_partnership"), **numbers)
    board = model.bodies[0]
    model.families.counts[:] = 0
    model.families.counts[:, :, 0] = 1  # one family without needs everywhere
    here, elsewhere = board.neighbourhood.area, 1 - min(1, board.neighbourhood.area)
    model.families.counts[:, 0] = 0
    model.families.counts[here, 0], model.families.counts[elsewhere, 0] = counts
    return model, board


def test_a_boards_priorities_and_scope_by_hand():
    """4 of 10 here, 2 of 20 elsewhere: 0.4 over 0.2 is 2; a need that nobody has counts as usual, 1."""
    model, board = a_board((6, 2, 1, 1), (18, 1, 1, 0))
    assert board.neighbourhood.prevalence()[0] == pytest.approx(0.4)
    needs = len(board.priorities())
    assert board.priorities() == pytest.approx([2.0] + [1.0] * (needs - 1))
    board.people = 0.1
    assert board.scope() == pytest.approx(0.1 * (needs + 1) / needs)
    board.people = 5.0
    assert board.scope() == 1.0
    weights = model.rules.benefit_counted(board)
    assert {*weights} <= {1.0, *board.priorities()}


def test_a_boards_costs_follow_its_people_by_hand():
    """A quarter of the people: 200 of 800 to agree, 25 of 100 to meet, and of brokers' 300 one half where two share."""
    model, board = a_board((6, 2, 1, 1), (18, 1, 1, 0), project_learning=0, years_to_agree=1)
    board.people, model.bodies = 0.25, [board, SimpleNamespace(people=0.25)]
    board.cost_here = {"project_cost": 800, "board_cost": 100, "broker_base": 300}.__getitem__
    assert board.project_cost("parenting") == 200
    board.pay(OUTSIDE, board.balance(), "transaction_cost")
    model.ledger.transfer(OUTSIDE, board.account(), 1000, "grant")
    assert board.spendable() == 850
    board.pay_standing_costs()
    assert board.balance() == 975
    board.pay(OUTSIDE, 955, "transaction_cost")
    assert board.spendable() == 0
    board.pay_standing_costs()
    assert board.balance() == 0  # 20 of 25 is all there is
    for quarter, opens in ((4, False), (5, True)):
        model.calendar.quarter = quarter
        assert board.is_open() == opens


def test_help_adds_to_social_capital_by_hand():
    """3 of 10 families helped, a step of 0.5 and half the effect: 0.075, then no more than what is lacking to 1."""
    model, board = a_board((6, 2, 1, 1), (18, 1, 1, 0), capital_step=0.5)
    model.dials = {**model.dials, "programmes.effect_scale": 0.5}
    here = board.neighbourhood
    here.social_capital, here.helped = 0.6, 3
    assert here.gain() == pytest.approx(0.075)
    assert (here.social_capital, here.helped) == (pytest.approx(0.675), 0)
    here.social_capital, here.helped = 0.99, 10
    assert here.gain() == pytest.approx(0.01)


def test_a_finding_is_published_to_all_who_decide_once():
    """From 1 with variance 0.04, an estimate of 0.5 as sure as that: 0.75, for the unit, agencies and bodies alike."""
    model = with_numbers(system("list_naive"), accredited_from=0.75, evidence_cost=0, other_places=4)
    model.place = with_values(model.place, {"place.belief_spread": 0.2})
    unit = EvidenceUnit(model, "evidence_unit")
    assert unit.posterior["parenting"] == Belief(1.0, pytest.approx(0.04))  # as published, with deciders' doubt
    unit.posterior["parenting"] = Belief(1.0, 0.04)
    for party in (*model.agencies, *model.bodies):
        party.beliefs["parenting"] = Belief(1.0, 0.04)
    unit.publish("parenting", 0.5, 0.04)
    assert {item.beliefs["parenting"].mean for item in (*model.agencies, *model.bodies)} == {0.75}
    assert unit.posterior["parenting"] == Belief(0.75, 0.02)
    assert unit.accredits("parenting")
    unit.posterior["parenting"].mean = 0.7499
    assert not unit.accredits("parenting")


@pytest.mark.parametrize(("believed", "may"), [(0.5, True), (0.499, False)])
def test_what_is_believed_below_the_accredited_share_may_not_be_commissioned(believed, may):
    """At half of the published effect it may, whatever the agency itself believes."""
    model = with_numbers(system("silo"), accredited_from=0.5)
    model.evidence = EvidenceUnit(model, "evidence_unit")
    model.evidence.posterior["parenting"] = Belief(believed, 0.1)
    council = agency(model, "council")
    council.beliefs["parenting"] = Belief(2.0, 0.1)
    assert council.may_commission(model.catalogue["parenting"]) == may


def test_other_places_findings_are_the_truth_with_the_doubt_of_their_number():
    """Four places: half the place's doubt of 0.4. Over many years estimates scatter by 0.2 around the true multiple."""
    model = with_numbers(system("silo"), evidence_cost=10, other_places=4)
    model.place = with_values(model.place, {"place.evaluation_doubt": 0.4})
    unit, seen = EvidenceUnit(model, "evidence_unit"), []
    model.offers.multiple = lambda name: 0.6
    unit.publish = lambda name, estimate, variance: seen.append((name, estimate, variance))
    for quarter in range(4, 2004, 4):
        model.calendar.quarter = quarter
        unit.work()
    estimates = [estimate for name, estimate, _ in seen if name == "parenting"]
    assert np.mean(estimates) == pytest.approx(0.6, abs=4 * 0.2 / len(estimates) ** 0.5)
    assert np.std(estimates) == pytest.approx(0.2, rel=0.15)
    assert {round(variance, 12) for *_, variance in seen} == {0.04}
    assert unit.balance() == 0
