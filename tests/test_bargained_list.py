"""A LIST that bargains: what its parties value, owe, learn and do, each worked by hand."""

from types import SimpleNamespace

import numpy as np
import pytest

from sim.agents.bargained_list import BargainedList
from sim.agents.signatory import Centre, Signatory
from sim.core.ledger import OUTSIDE
from sim.deals.agreement import Agreement, Plan
from sim.deals.contracts import Contract
from sim.deals.tabs import Signed, Tab
from sim.programmes.appraisal import Case
from tests.conftest import with_numbers
from tests.test_agents import agency, system

ALIKE = {"members_differ": 0, "caution": 0}


# What is owed


def test_bills_are_net_of_what_was_measured_below_nought_before():
    """300 less 500 is nothing to pay and 200 carried; then 450 is 250 to pay. Without a true-up it is 450."""
    for true_up, third in ((True, 250), (False, 450)):
        tab, paid = Tab(most=10_000), []
        for measured in (300 - 500, 450):
            tab.add(2, measured, true_up)
            tab.close_bill()
            paid.append(tab.asked())
            tab.settle(paid[-1])
        assert paid == [0, third]


def test_all_payments_stay_within_the_cap_and_arrears_are_carried():
    """1,000 expected and a quarter more at most: 1,100 of which it can pay 900, then 350 of the 500 that are left to ask for.

    What it signs without a cap, it pays whatever it comes to.
    """
    tab, terms = Tab(), Signed(3, {}, {"nhs": 1000}, 0, most=1.25)
    tab.sign(terms, "nhs")
    tab.add(2, 1100, True)
    assert tab.asked() == 1100
    tab.settle(900)
    tab.add(2, 300, True)
    assert tab.asked() == 350
    assert tab.carried == 500
    tab.sign(Signed(3, {}, {"nhs": 0}, 0), "nhs")
    assert tab.asked() == 350
    tab.sign(Signed(3, {}, {"nhs": 1}, 0), "nhs")
    assert tab.asked() == 500


def test_cohorts_with_a_true_up_and_without_are_netted_apart():
    """Of 100 less 300 without a true-up nothing is left; 200 less 50 with one are 150, and 80 less than nought are carried."""
    tab = Tab(most=10_000)
    for pence, true_up in ((100, False), (-300, False), (200, True), (-50, True)):
        tab.add(2, pence, true_up)
    tab.close_bill()
    assert tab.asked() == 150
    tab.settle(150)
    tab.add(2, -80, True)
    tab.add(2, 50, False)
    tab.close_bill()
    assert (tab.asked(), tab.carried) == (0, -30)


def test_a_ruling_claws_back_and_rebases_what_was_signed():
    """A claim of 1,000 cut to 600 after a payment of 500: 600 less 200 are left to pay; of what was signed 60% counts from now on."""
    tab = Tab(most=10**6, carried=1000.0, last=500, ahead=-300.0, short=2)
    tab.rule(1000, 600, year=4)
    assert tab.asked() == 400
    assert tab.ahead == 0
    tab.settle(400)
    tab.add(4, 100, True)
    tab.add(5, 100, True)  # signed after the ruling
    assert tab.asked() == 160


def test_who_has_paid_more_than_it_gained_is_short():
    """Ahead by 100 less 150, then by 80 more: short for one year, and no longer."""
    tab = Tab()
    for paid, gained, short in ((150, 100, 1), (0, 20, 2), (0, 80, 0)):
        tab.last = paid
        tab.close_year(gained)
        assert tab.short == short


def test_what_a_finding_comes_to_for_a_party():
    """Two case-quarters at 30 and one more at 10: 50; half of the families on two schemes: 37.5; no estimate: a third of 90."""
    signed = Signed(3, {"nhs": np.array([30.0, -10.0])}, {"nhs": 90}, 100)
    finding = SimpleNamespace(saved=np.array([2.0, 1.0]), shared=0.0, estimate=True)
    assert signed.billed("nhs", finding, 1.0) == 50
    finding.shared = 0.5
    assert signed.billed("nhs", finding, 1.0) == 37.5
    finding.estimate = False
    assert signed.billed("nhs", finding, 1.0) == 30
    assert signed.billed("nhs", finding, 0.0) == 0


# What parties value


def a_party(code="council", arrangement="list_public", year=4, **numbers):
    """A party that is like all others, of the third year after a review, with a belief in cash of 0.4."""
    model = with_numbers(system(arrangement, {"departments.review_years": 3}), **{**ALIKE, **numbers})
    model.calendar.quarter = 4 * year - 3
    party = agency(model, code)
    part = np.where(model.lines.demand_led, 0.0, model.payers.weights[party.number])
    item = Signatory(model.bodies[0], party, part)
    item.cash[:] = 0.4
    return model, item


def saving(model, line, *pence):
    """Pence saved a family on one line, by year."""
    by_year = np.zeros((25, len(model.lines)))
    by_year[: len(pence), line] = pence
    return by_year


def test_cash_counts_up_to_the_next_review_and_the_rest_by_its_weight():
    """In year 5 of reviews after 3 and 6, a limit keeps years 5 and 6: 40 + 60/4 = 55 each; then 100/4, to a horizon of 4 years.

    Discounted: 55 + 55/1.035 + 25/1.035^2 + 25/1.035^3.
    """
    model, item = a_party("nhs", year=5, horizon_years=4)
    item.weight = 0.25
    assert item.party.funding == "historic"
    assert item.kept(4).tolist() == [1, 1, 0, 0]
    line = item.party.own_lines[0]
    case = Case(saving(model, line, *[100] * 9), 0.0, 1.0)
    assert item.worth(case, 0.0) == pytest.approx(55 + 55 / 1.035 + 25 / 1.035**2 + 25 / 1.035**3)
    assert item.worth(case, 0.2) == pytest.approx(0.8 * item.worth(case, 0.0))


def test_a_formula_takes_what_follows_need_and_workload_every_year():
    """Grant is half of its income and half of that follows need: a review takes a quarter. By workload half goes at once."""
    _, item = a_party(year=6)
    item.party.income.opening = {"grant": 500, "ring_fenced_grant": 100, "local_tax": 400}
    item.party.whole_pence, item.party.need_weight = 1000, 0.5
    assert item.kept(3).tolist() == [1, 0.75, 0.75]
    _, other = a_party("jobcentre", year=5)
    other.party.income.opening, other.party.whole_pence = {"grant": 500}, 1000
    assert other.party.funding == "workload"
    assert other.kept(3).tolist() == [1, 0.5, 0.5]


def test_outstanding_payments_that_a_review_leaves_are_kept():
    model, item = a_party("nhs", "list_place_and_centre", year=6)
    assert item.kept(3).tolist() == [1, 0.5, 0.5]  # as far as they may be billed: half
    with_numbers(model, payments_left=0)
    assert item.kept(3).tolist() == [1, 0, 0]


def test_doubt_costs_a_cautious_party_some_of_its_gain():
    """A gain of 55 with a relative deviation of a half, and a caution of 0.2: a tenth less."""
    model, item = a_party("nhs", year=5)
    item.weight, item.caution = 0.25, 0.2
    assert item.worth(Case(saving(model, item.party.own_lines[0], 100), 0.5, 1.0), 0.0) == pytest.approx(49.5)


def test_members_differ_by_keyed_draws():
    one, other = (a_party(code, members_differ=0.25)[1] for code in ("council", "nhs"))
    again = a_party("council", members_differ=0.25)[1]
    assert (one.horizon, one.weight, one.optimism) == (again.horizon, again.weight, again.optimism)
    assert one.horizon != other.horizon != 10
    same = a_party("council")[1]
    assert (same.horizon, same.weight, same.optimism, same.caution) == (10, 0.25, 1, 0)


def test_the_centre_gains_what_it_pays_at_cost_and_what_reviews_take():
    """100 of benefits a year, and of 100 a year on the NHS's line 40 of cash from the year after the review: 140 in the end."""
    model, nhs = a_party("nhs", year=6, centre_horizon=2)
    lines = model.lines
    centre = Centre(model.bodies[0], model.departments[0], lines.demand_led.astype(float), [nhs])
    paid_at_cost, own = int(np.nonzero(lines.demand_led)[0][0]), int(nhs.party.own_lines[0])
    both = saving(model, paid_at_cost, 100, 100, 100) + saving(model, own, 100, 100, 100)
    assert centre.worth(Case(both, 0.0, 1.0), 0.0) == pytest.approx(100 + 140 / 1.035)


def test_belief_in_cash_moves_line_by_line_by_how_sure_the_budget_is():
    """Believed 0.4 with variance 0.04; 1,000 measured and 900 seen on a line of 10,000 that moves by 2% of itself.

    The observation's variance is (200 / 1,000)^2 = 0.04: half of the way to 0.9. On a line of 100,000 it is 4: 1% of the way.
    """
    for size, cash, doubt in ((10_000, 0.65, 0.02), (100_000, 0.4 + 0.5 * 0.04 / 4.04, 0.04 * 4 / 4.04)):
        model, item = a_party(line_noise=0.02)
        first, second = item.party.own_lines[:2]
        item.doubt[:] = 0.04
        item.party.cash_seen = lambda lines: 900
        item.party.baseline[first] = size
        saved = np.zeros(len(model.lines))
        saved[first] = 1000 / (model.services.prices.average[first] * item.part[first])
        item.learn(saved)
        assert item.cash[first] == pytest.approx(cash)
        assert item.doubt[first] == pytest.approx(doubt)
        assert item.cash[second] == 0.4


# What the body does


def a_body(**numbers):
    """A LIST of council, NHS and police in its third year, with an account of 100,000 pounds and nothing bought."""
    model = with_numbers(system("list_public"), **numbers)
    model.calendar.quarter, body = 16, model.bodies[0]
    body.founded, body.joined = 2, [agency(model, code) for code in ("council", "nhs", "police")]
    body.may_sign()
    shares = {"council": 0.4, "nhs": 0.2, "police": 0.1}
    plan = Plan(np.zeros(0), (), 0.0)
    body.agreement, body.agreed = Agreement(tuple(shares), 3, shares, dict.fromkeys(shares, 0.0), plan, 1.0), 4
    body.tabs = {code: Tab(most=10**9) for code in shares}
    body.funds.capital = {"council": 300_000, "nhs": 100_000}
    for member in body.joined:
        member.trust = 0.5
        model.ledger.transfer(OUTSIDE, member.account("reserve"), 10**9, "grant")
    model.ledger.transfer(OUTSIDE, body.account(), 10**7, "grant")
    for item in body.signatories.values():
        item.learn = lambda saved: None
    return model, body


def kinds(model, *wanted):
    return [row[1:4] for row in model.decisions.rows if row[2] in wanted]


def signed_for(model, body, year, line, years=3):
    """A cohort for which council and NHS pay 100 and 50 pence a case-quarter saved on one line."""
    contract = Contract(body.code, f"programme-{year}", "in_house", 1, year, 10, 1000, "list")
    one = np.zeros(len(model.lines))
    one[line] = 1.0
    contract.terms = Signed(years, {"council": 100 * one, "nhs": 50 * one}, {"council": 900, "nhs": 450}, 12_000)
    model.contracts.signed[contract.key] = contract
    return contract


def found(contract, model, line, saved, estimate=True):
    by_line = np.zeros(len(model.lines))
    by_line[line] = saved
    return SimpleNamespace(cohort=SimpleNamespace(key=contract.key), saved=by_line, shared=0.0, estimate=estimate)


def test_parties_pay_what_they_signed_for_each_cohort_while_it_lasts():
    """10 case-quarters of one cohort and -4 of another: council 600, NHS 300; a third was paid for up to last year."""
    model, body = a_body()
    model.relief.paid_for = lambda name: np.ones(len(model.lines), bool)
    line = int(body.joined[0].own_lines[0])
    cohorts = [signed_for(model, body, year, line) for year in (3, 2)]
    past = signed_for(model, body, 1, line, years=2)
    saved = (10, -4, 99)
    body.collect([found(item, model, line, n) for item, n in zip([*cohorts, past], saved, strict=True)])
    assert body.invoices == {"council": 600, "nhs": 300, "police": 0}
    assert body.receipts == {cohorts[0].key: 900, cohorts[1].key: 0}


def test_terms_of_a_cohort_do_not_move_with_what_is_agreed_later():
    model, body = a_body()
    model.relief.paid_for = lambda name: np.ones(len(model.lines), bool)
    line = int(body.joined[0].own_lines[0])
    contract = signed_for(model, body, 3, line)
    body.agreement = None
    body.beliefs = {}
    body.collect([found(contract, model, line, 10)])
    assert body.invoices["council"] == 1000


def test_who_leaves_pays_the_tail_and_comes_back_after_a_term():
    model, body = a_body(agreed_years=3)
    model.relief.paid_for = lambda name: np.ones(len(model.lines), bool)
    line, council = int(body.joined[0].own_lines[0]), body.joined[0]
    contract = signed_for(model, body, 3, line)
    body.tabs["council"].short = 3
    body.relate()
    assert council not in body.joined
    assert body.is_reopened
    assert kinds(model, "leave") == [("council", "leave", "yes")]
    body.collect([found(contract, model, line, 10)])
    assert body.invoices["council"] == 1000
    council.trust = 0.9
    for year, may in ((5, False), (6, False), (7, True)):
        model.calendar.quarter = 4 * year - 3
        assert (council in [item.party for item in body.may_sign()]) == may


def test_a_shortfall_leads_to_new_terms_then_dispute_then_notice():
    """Short for a year: terms are open; for two: the next bill goes to the monitor first; for three: it leaves."""
    model, body = a_body()
    heard, nhs, tab = [], body.joined[1], body.tabs["nhs"]
    model.monitor = SimpleNamespace(arbitrate=lambda body, member, due: heard.append(member.code) or due // 2)
    seen = []
    for _ in range(3):
        tab.carried, tab.last = 500.0, 0
        body._settle(nhs, tab)
        tab.close_year(-1000)
        body.is_reopened = False
        body.relate()
        seen.append((tab.short, body.invoices["nhs"], len(heard), body.is_reopened, nhs in body.joined))
    assert seen == [(1, 500, 0, True, True), (2, 500, 0, False, True), (3, 250, 1, True, False)]


def test_capital_is_paid_back_before_surplus_is_shared_out():
    """10,000 held, a fifth of it kept back, 6,000 spent: 2,000 beyond another such year, of which 25% goes out.

    500 while 400,000 is to come. Then 9,500 less a fifth are 1,600 more than 6,000, and of the last 300 and 100, 300 pay
    capital back and 100 are shared out. Of the year's surplus of 900, 400 and 500 are left to reinvest.
    """
    model, body = a_body(reserve_share=0.2)
    model.dials = {**model.dials, "list.reinvested_share": 0.75}
    body.pay(OUTSIDE, 10**7 - 10_000, "grant")
    body.spent_this_year = lambda: 6000
    body.invoices = {"council": 6900}
    body.share_surplus()
    assert body.repaid == {"council": 375, "nhs": 125}
    assert body.kept_to_reinvest == 400
    body.repaid = {"council": 299_700, "nhs": 100_000}
    body.share_surplus()
    assert body.repaid == {"council": 300_000, "nhs": 100_000}
    assert kinds(model, "repay", "distribute", "reinvest") == [
        ("list", "repay", "500"), ("list", "reinvest", "400"),
        ("list", "repay", "300"), ("list", "distribute", "100"), ("list", "reinvest", "500"),
    ]  # fmt: skip


def test_what_a_wound_up_list_holds_pays_capital_back_first():
    """Of 100,000 and 20 held, 400,000 were put in and 300,010 are back: 99,990 of capital, 75% the council's, and 30 shared out."""
    model, body = a_body()
    body.pay(OUTSIDE, 10**7 - 100_020, "grant")
    body.repaid = {"council": 225_000, "nhs": 75_010}
    body.wind_up("its money is spent")
    assert body.repaid == body.funds.capital
    assert kinds(model, "repay", "distribute") == [("list", "repay", "99990"), ("list", "distribute", "30")]


def test_capital_that_lies_idle_goes_back_whatever_the_year_brought():
    """Nothing paid to it and nothing spent: of 10,000 a fifth is kept back, and a quarter of 8,000 goes back."""
    model, body = a_body(reserve_share=0.2)
    model.dials = {**model.dials, "list.reinvested_share": 0.75}
    body.pay(OUTSIDE, 10**7 - 10_000, "grant")
    body.share_surplus()
    assert body.repaid == {"council": 1500, "nhs": 500}
    assert body.kept_to_reinvest == 0
    body.spent_this_year = lambda: 8000
    body.share_surplus()
    assert kinds(model, "repay", "distribute") == [("list", "repay", "2000")]


def test_the_record_is_a_run_of_years_whose_benefit_was_worth_what_all_paid_together():
    """300 paid: worth 300 is a good year whoever of them is short, 299 a bad one; a year without payments counts for nothing."""
    _, body = a_body()
    body.tabs["nhs"].short, seen = 2, []
    for paid, gained in ((300, 300), (300, 400), (300, 299), (0, 0)):
        body.invoices, body.gained = {"council": paid}, gained
        body._keep_record()
        seen.append(body.record)
    assert seen == [1, 2, 1, 1]


def test_parties_look_further_as_the_list_does():
    model, item = a_party("nhs", "list_broker", horizon_years=8)
    assert item.horizon == 8
    model.bodies[0].daring = 1.0
    assert item.horizon == 12


def test_trust_weighs_capital_at_risk():
    """400,000 at risk; 100,000 held and 100,000 to come cover half of it: half a step down. Paid back in full, nothing moves."""
    model, body = a_body(trust_step=0.08)
    body.pay(OUTSIDE, 10**7 - 100_000, "transaction_cost")
    contract = signed_for(model, body, 4, 0, years=3)
    contract.terms.expected.update(council=60_000, nhs=40_000)
    body._trust()
    assert [member.trust for member in body.joined] == pytest.approx([0.46] * 3)
    body.repaid = dict(body.funds.capital)
    body._trust()
    assert [member.trust for member in body.joined] == pytest.approx([0.46] * 3)


def test_a_list_with_terms_and_money_waits_and_is_woken():
    model, body = a_body(idle_years=2)
    for _ in range(4):
        body.relate()
        assert body.alive
    assert body.is_dormant
    model.contracts.running = [Contract("list", "parenting", "in_house", 1, 4, 4, 100, "list")]
    body.relate()
    assert not body.is_dormant
    assert kinds(model, "dormant", "wake") == [("list", "dormant", "yes"), ("list", "wake", "yes")]


def test_a_list_whose_parties_would_not_sign_is_wound_up_when_nothing_is_owed_to_it():
    model, body = a_body(idle_years=2)
    body.agreement = None
    signed_for(model, body, 3, 0, years=3)  # paid for up to year 6
    for year, alive in ((4, True), (5, True), (6, True), (7, False)):
        model.calendar.quarter = 4 * year
        body.relate()
        assert body.alive == alive


def test_while_it_waits_it_keeps_up_a_part_of_its_office():
    _, body = a_body(dormant_share=0.25)
    body.cost_here = {"running_cost": 1000}.__getitem__
    body.pay_standing_costs()
    assert body.balance() == 10**7 - 1000
    body.is_dormant = True
    body.pay_standing_costs()
    assert body.balance() == 10**7 - 1250


def test_what_completed_cohorts_brought_is_recorded():
    model, body = a_body()
    contract = signed_for(model, body, 1, 0, years=3)
    body.receipts[contract.key] = 9000
    body.relate()
    assert body.completed == [(contract.key, 9000, 12_000)]
    model.calendar.quarter = 20
    body.relate()
    assert body.completed == []


def test_a_review_leaves_outcome_payments_in_a_limit():
    """A limit of 1,000, services of 700 and a payment of 100: the next year's grant is 800, and 700 where nothing is left."""
    for arrangement, left in (("list_place_and_centre", 100), ("list_public", 0)):
        model = system(arrangement)
        model.calendar.quarter, nhs, seen = 12, agency(model, "nhs"), []
        model.ledger.at(12)
        model.ledger.transfer(OUTSIDE, nhs.account("service"), 100, "grant")
        nhs.pay("list", 100, "outcome_payment", "service")
        nhs.income.take, nhs.spent = seen.append, lambda quarters: 700
        nhs.plan.rebase, nhs.outturn = lambda outturn: None, lambda: None
        nhs.department.set_income(nhs, 3)
        assert seen == [700 + left]


def test_a_bargain_is_founded_signs_and_pays_in_a_whole_run():
    """Every pound that a member pays was measured, capped, and stands in the ledger; terms pay for the plan."""
    model = system("list_place_and_centre", {"measurement.design": "matched_here"}, years=5)
    body = model.bodies[0]
    assert isinstance(body, BargainedList)
    assert model.contracts.signed
    for code, tab in body.tabs.items():
        account = model.party(code)
        paid = sum(
            p[3]
            for p in model.ledger.postings
            if p[1].split(":")[0] == account.code and p[2] == "list" and p[4] == "outcome_payment"
        )
        assert paid == tab.paid <= tab.most
    assert sum(body.receipts.values()) == sum(tab.paid for tab in body.tabs.values())
    assert all(contract.terms for contract in model.contracts.signed.values())
    terms = body.agreement.terms
    assert {
        (item.terms.most, item.terms.true_up) for item in model.contracts.of("list") if item.year >= body.agreed
    } == {(terms.cap, terms.true_up)}
