"""The answers to the seven questions, one by one, on sums of money worked by hand."""

from types import SimpleNamespace

import numpy as np
import pytest

from sim.core.ledger import OUTSIDE
from sim.deals.contracts import Contract, Project
from sim.evaluation.findings import Finding
from sim.evaluation.tally import Tally
from sim.rules import CHOICES
from tests.conftest import PLAN, with_numbers
from tests.test_agents import agency, system

LEAST = 3  # families of the smallest project of the tests


def town(arrangement, year=1, **numbers):
    """A model before its first step, in the first quarter of a year, with the body that decides."""
    model = with_numbers(system(arrangement), **numbers)
    model.calendar.quarter = 4 * year - 3
    return model, model.bodies[0]


def hold(model, item, pence, purse="prevention"):
    """Let a purse hold a sum."""
    model.ledger.transfer(item.account(purse), OUTSIDE, item.balance(purse), "service")
    model.ledger.transfer(OUTSIDE, item.account(purse), pence, "grant")


def with_money(model, body, *discretionary, held=None):
    """Discretionary money of a body's members, all of it held unless said otherwise."""
    for member, pence, now in zip(body.members(), discretionary, held or discretionary, strict=True):
        member.discretionary_pence = pence
        hold(model, member, now)


def raised(model, body, source):
    """What each member pays when a source raises the year's money."""
    before = [member.balance("prevention") for member in body.members()]
    CHOICES["up_front"][source](body)
    return [pence - member.balance("prevention") for pence, member in zip(before, body.members(), strict=True)]


def with_use(model, base, fall=0):
    """Let use of one service that payments look at be so much in the base year, and have fallen by so much this year."""
    looked_at = model.relief.outcome_lines
    first, now = np.where(looked_at, 0.0, 7000.0), np.where(looked_at, 0.0, 50.0)
    line = np.nonzero(looked_at)[0][0]
    first[line], now[line] = base, base - fall
    model.outturn.first_use, model.outturn.use_this_year = first, lambda: now


# Who pays up front (6.4, 6.7)


@pytest.mark.parametrize(("held", "paid"), [(0, [100, 300]), (100, [75, 225]), (400, [0, 0]), (900, [0, 0])])
def test_a_pool_is_topped_up_to_a_years_contributions(held, paid):
    """A tenth of 1,000 and of 3,000 is 400 a year; where the pool holds 100, three quarters of it."""
    model, pool = town("care_trust", contribution_share=0.1)
    with_money(model, pool, 1000, 3000)
    hold(model, pool, held, "")
    assert raised(model, pool, "pool_shares") == paid
    assert pool.balance() == max(held, 400)


def test_members_subscribe_in_the_founding_years_and_no_longer():
    """Founded in year 2, two founding years: a tenth of 1,000 in years 2 and 3, nothing in year 4."""
    model, body = town("list_public", subscription_years=2, subscription_share=0.1)
    body.founded, body.joined = 2, [agency(model, "council")]
    with_money(model, body, 1000)
    for year, paid, capital in ((2, [100], 100), (3, [100], 200), (4, [0], 200)):
        model.calendar.quarter = 4 * year - 3
        assert raised(model, body, "members_capital") == paid
        assert body.funds.capital == {"council": capital}


def test_members_who_delegate_are_remembered_for_the_year_alone():
    model, body = town("aligned_s75_lead", contribution_share=0.2)
    with_money(model, body, 1000, 2000, held=(1000, 300))
    assert raised(model, body, "delegated_shares") == [200, 300]
    assert list(body.funds.capital.values()) == [200, 300]
    assert raised(model, body, "delegated_shares") == [200, 0]
    assert list(body.funds.capital.values()) == [200, 0]


def test_a_donor_gives_a_share_in_equal_parts():
    """A fifth of 1,000, shared by two bodies: 100 each."""
    model, body = town("pct_grant_s256", grant_share=0.2)
    donor = agency(model, model.arrangement.roles["donor"])
    donor.discretionary_pence = 1000
    hold(model, donor, 1000)
    model.bodies = [body, body]
    held = body.balance(body.purse)
    CHOICES["up_front"]["transfer"](body)
    assert body.balance(body.purse) - held == 100


def test_a_pots_part_follows_its_people():
    """Half of 1,000, for a quarter of the people: 125 of each agency."""
    model, body = town("total_neighbourhood", pot_share=0.5)
    body.people = 0.25
    with_money(model, body, *([1000] * len(body.members())))
    assert raised(model, body, "pot") == [125] * len(body.members())


def test_departments_pool_a_share_at_source():
    model, body = town("community_budget", pooled_at_source=0.3)
    with_money(model, body, *([1000] * len(body.members())))
    assert raised(model, body, "pooled_at_source") == [300] * len(body.members())


def test_a_grant_sets_the_fund_up_once():
    model, body = town("pump_priming", year=3)
    body.cost_here, body.founded = {"grant_size": 500}.__getitem__, 3
    for year, held in ((3, 500), (4, 500)):
        model.calendar.quarter = 4 * year - 3
        CHOICES["up_front"]["one_off_grant"](body)
        assert body.balance() == held


def test_an_outside_grant_is_what_the_plan_costs_by_hand():
    """5 families at 70 and 2 at 30 are 410, every year anew."""
    _, body = town(PLAN)
    body.planned = lambda: [
        (None, families, SimpleNamespace(price_pence=lambda _, n, p=price: p)) for families, price in ((5, 70), (2, 30))
    ]
    for held in (410, 820):
        CHOICES["up_front"]["grant"](body)
        assert body.balance() == held


def test_partners_commit_by_forecast_by_hand():
    """A tenth of 4,000 by forecasts of 3 to 1: 300, of which one has 250, and 100; sums of years add up."""
    model, body = town("investment_agreement", contribution_share=0.1)
    members = [agency(model, "council"), agency(model, "nhs")]
    forecast = np.zeros(len(model.lines))
    forecast[members[0].own_lines[0]], forecast[members[1].own_lines[0]] = 3, 1
    body.members, model.market.forecast_benefit = lambda: members, lambda who: forecast
    with_money(model, body, 1000, 3000, held=(250, 3000))
    assert raised(model, body, "by_forecast") == [250, 100]
    assert body.funds.capital == {"council": 250, "nhs": 100}
    hold(model, members[0], 300)
    assert raised(model, body, "by_forecast") == [300, 100]
    assert body.funds.capital == {"council": 550, "nhs": 200}


def test_a_ring_fenced_sum_follows_people_and_ends_with_its_years():
    """900 for two bodies of people 0.1 and 0.2: 300 and 600; two years of it and then nothing."""
    model, body = town("troubled_families", grant_years=2)
    other = SimpleNamespace(people=0.2)
    body.people, body.funds.earmarked, model.bodies = 0.1, 40, [body, other]
    body.cost_here = {"ring_fence": 900}.__getitem__
    held = body.balance(body.purse)
    for year, came in ((1, 300), (2, 300), (3, 0)):
        model.calendar.quarter = 4 * year - 3
        CHOICES["up_front"]["ring_fenced"](body)
        assert body.balance(body.purse) - held == came
        held += came
    assert (body.funds.earmarked, body.funds.ring_fenced) == (640, 300)


def test_an_advance_by_hand():
    """A base of 10,000, a target of 5% over 2 years, 80% in advance: 800 at the start of a term that ends in the run."""
    model, body = town("youth_justice_reinvestment", target_fall=0.05, advance_share=0.8, term_years=2)
    with_use(model, 10_000)
    model.years, body.founded = 6, 1
    advances, earmarked = [], []
    assert body.funds.advanced == 0
    for year in (1, 2, 3, 5, 6):
        model.calendar.quarter, before = 4 * year - 3, body.balance()
        body.funds.earmarked = 0
        CHOICES["up_front"]["advance"](body)
        advances.append(body.balance() - before)
        earmarked.append(body.funds.earmarked)
    assert advances == [800, 0, 800, 800, 0]
    assert earmarked[0] == 400  # half of what it holds is for the second year
    model.years, model.calendar.quarter, before = 7, 4 * 7 - 3, body.balance()
    CHOICES["up_front"]["advance"](body)
    assert body.balance() == before  # the second year of this term is beyond the run


def a_project(model, body, families=10, price=100, money=10**6, least=LEAST, **carried):
    """A project whose provider can carry as many families as said."""
    provider = SimpleNamespace(
        code="firm", can_carry=lambda *asked: carried.get("carry", 10), price_pence=lambda programme, families: price
    )
    return Project(body, model.catalogue["parenting"], provider, families, price, None, least, money)


@pytest.mark.parametrize(("carry", "families"), [(10, 10), (LEAST, LEAST), (LEAST - 1, None)])
def test_a_provider_backs_what_it_can_carry(carry, families):
    model, body = town("silo")
    model.outcomes.expected = lambda project: 0
    backing = CHOICES["up_front"]["provider"].back(body, a_project(model, body, carry=carry))
    assert (backing and (backing.families, backing.funder, backing.payee, backing.at_risk)) == (
        (families, "", "firm", 0.0) if families else None
    )


@pytest.mark.parametrize(
    ("carry", "money", "families"), [(10, 1050, 10), (10, 1049, 9), (4, 9999, 4), (LEAST, 9999, LEAST), (10, 314, None)]
)
def test_commissioner_and_provider_share_a_price_by_hand(carry, money, families):
    """Of 100 a family the provider has 30 at risk; of 50 expected for outcomes 35 are the body's own: 105 a family."""
    model, body = town("pbr_whitehall_pot", provider_share=0.3)
    model.outcomes.expected, model.outcomes.own_share = lambda project: 50, lambda: 0.7
    backing = CHOICES["up_front"]["shared"].back(body, a_project(model, body, money=money, carry=carry))
    if families is None:
        assert backing is None
    else:
        assert (backing.families, backing.payee, backing.at_risk) == (families, "firm", 0.3)
        assert backing.funder == body.account(body.purse)


def test_the_terms_of_an_investors_deal_by_hand():
    """16 families at 100, 150 expected of each: a multiple of 1.5; noise of 2 over the root of 16; three years and one."""
    model, body = town("sib_single", outcome_noise=2, payment_years=3, return_cap=1.4)
    model.outcomes.expected, offered = lambda project: 150, []
    model.vehicle.raise_capital = lambda deal, investors, wanted, least: offered.append((deal, wanted, least)) or 1250
    backing = CHOICES["up_front"]["investors"].back(body, a_project(model, body, families=16))
    deal, wanted, least = offered[0]
    assert (deal.multiple, deal.sd, deal.years, deal.cap) == (1.5, 0.5, 4, 1.4)
    assert (wanted, least) == (1600, 300)
    assert (deal.body, deal.programme, deal.provider, deal.year) == (body.code, "parenting", "firm", 1)
    assert deal.remainder_to == {body.account(body.keeps): 1.0}
    assert backing.families == 12  # 1,250 pays for so many
    assert backing.funder == backing.payee == model.vehicle.account(deal.code)
    model.vehicle.raise_capital = lambda *terms: 0
    assert CHOICES["up_front"]["investors"].back(body, a_project(model, body)) is None


def test_first_loss_is_the_last_tranche():
    model, _ = town("sib_single", first_loss=0.3)
    assert model.arrangement.tranches() == (0.7, 0.3)
    assert with_numbers(model, first_loss=0).arrangement.tranches() == (1.0,)


# What payments are for (6.7)


def a_contract(families=10, price=101, at_risk=0.0, year=1, taken=None):
    contract = Contract("council", "parenting", "firm", 1, year, families, price, "council:prevention", "firm", at_risk)
    contract.taken = taken or {}
    return contract


def test_bills_by_the_quarter_by_hand():
    """10 at 101 are staffed for by 3, 3, 2 and 2: 303, 303, 202, 202; three tenths at risk leave 70 of each; 1 who came costs 101."""
    block, activity, fees = (CHOICES["paid_for"][name] for name in ("block", "activity", "fees"))
    assert [block(a_contract(), quarter, staffed) for quarter, staffed in enumerate((3, 3, 2, 2))] == [
        303,
        303,
        202,
        202,
    ]
    assert fees(a_contract(at_risk=0.3), 0, 3) == 3 * 70
    assert [activity(a_contract(taken={0: 1, 1: 0}), quarter, 3) for quarter in range(3)] == [101, 0, 303]
    assert CHOICES["paid_for"]["national_tariff"](a_contract(taken={0: 3}), 0, 3) == 303


def test_fees_by_hand():
    """5 starts at 2 pounds and 3 first steps at 7 in the year; next year 4 turned around at 50, 1 of them hard at half more."""
    model, _ = town("pbr_drugs", start_fee=2, step_fee=7, result_fee=50, hard_premium=0.5, expected_success=0.4)
    model.cohorts.of, fees = lambda key: key, CHOICES["paid_for"]["fees"]
    model.cohorts.improved = lambda cohort, families: 3 if cohort == contract.key else 0
    contract = a_contract(taken={0: 2, 2: 3})
    assert fees.outcome(model, contract, None) == 1000 + 2100
    turned, hard = np.array([1, 1, 1, 1, 0]), np.array([0, 1, 0, 0, 0])
    counted = model.evaluation.cohorts(None).protocol.counted("parenting", np.zeros((5, 1)), turned, hard)
    assert fees.outcome(model, contract, SimpleNamespace(tally=Tally(float(counted.sum())))) == 22_500
    assert fees.expect(model, None) == 200 + 280 + 2000  # 0.4 of 7 and of 50
    no_steps = with_numbers(model, step_fee=0)
    assert fees.outcome(no_steps, contract, None) == 1000
    assert fees.expect(no_steps, None) == 200 + 2000


def test_a_share_of_measured_savings_by_hand():
    """10 case-quarters of 500 less in a line that is looked at, 4 less in one that is not: 5,000, half of it due."""
    model, _ = town("sib_single", outcome_share=0.5, payment_years=2)
    model.services.prices.fixed[:], model.services.prices.variable[:] = 200, 300
    model.services.prices.average[:] = 500
    looked_at = model.relief.paid_for("parenting")
    saved = np.where(looked_at, 0.0, 4.0)
    saved[np.nonzero(looked_at)[0][0]] = 10
    share = CHOICES["paid_for"]["share_of_savings"]
    counted = model.evaluation.cohorts(None).protocol.counted("parenting", -saved[None], *np.zeros((2, 1)))
    assert share.outcome(model, a_contract(), SimpleNamespace(tally=Tally(float(counted[0])))) == 2500
    assert share.outcome(model, a_contract(), None) == 0


def test_what_savings_are_expected_to_bring_by_hand():
    """1,000, 800 and 600 in years 1 to 3 of which two are paid for; believed twice as much: 1,800 / 2, half of it."""
    model, body = town("sib_single", outcome_share=0.5, payment_years=2)
    looked_at = model.relief.paid_for("parenting")
    line, other = int(np.nonzero(looked_at)[0][0]), int(np.nonzero(~looked_at)[0][0])
    fiscal = np.zeros((25, len(model.lines)))
    fiscal[:4, line], fiscal[:4, other] = (9999, 1000, 800, 600), 77
    body.beliefs["parenting"].mean = 2.0
    project = SimpleNamespace(
        body=body, programme=model.catalogue["parenting"], appraisal=SimpleNamespace(fiscal_pence=fiscal)
    )
    assert CHOICES["paid_for"]["share_of_savings"].expect(model, project) == 450


@pytest.mark.parametrize(("fair", "expected"), [(0, 1062), (1, 1070)])
def test_what_a_unit_is_expected_to_bring_by_hand(fair, expected):
    """A tenth fails: 0.9 x 1,000 x (1 + 0.1 + 0.08), or 0.9 x 1,000 / 0.9 x 1.07 at a premium of 7%."""
    model, _ = town("local_outcome_bond", fair_price=fair, premium=0.07 if fair else 0.08)
    project = SimpleNamespace(programme=SimpleNamespace(correction=0.1), price_pence=1000)
    assert CHOICES["paid_for"]["unit_price"].expect(model, project) == expected


# Where savings go (6.7)


def saves(answer):
    """A rule of the savings question."""
    return CHOICES["savings"][answer]


def test_a_pools_share_of_what_budgets_fell_by():
    """Falls of 1,000 and -500, half of it, for a tenth of the people: 50 and nothing."""
    model, body = town("pump_priming", savings_share=0.5)
    members = [agency(model, "council"), agency(model, "nhs")]
    body.members, body.people = lambda: members, 0.1
    members[0].cash_seen, members[1].cash_seen = lambda: 1000, lambda: -500
    for member in members:
        hold(model, member, 10_000, "reserve")
    saves("pool")(body, [])
    assert [member.balance("reserve") for member in members] == [9950, 10_000]
    assert body.balance() == 50


def test_money_not_spent_goes_back_by_what_each_put_in():
    """300 and 100 put in, 80 left: 60 and 20; without capital it stays."""
    model, body = town("aligned_s75_lead")
    back = CHOICES["savings"]["returned_by_share"].share_out
    hold(model, body, 80, "")
    back(body)
    assert body.balance() == 80
    body.funds.capital = {"council": 300, "nhs": 100}
    before = [agency(model, code).balance("prevention") for code in body.funds.capital]
    back(body)
    gained = [
        agency(model, code).balance("prevention") - had for code, had in zip(body.funds.capital, before, strict=True)
    ]
    assert (gained, body.balance()) == ([60, 20], 0)
    back(body)
    assert body.balance() == 0


def test_who_saved_pays_those_who_put_in_and_nobody_pays_itself():
    """The council's 800 by shares of 3 to 1: a quarter, 200, is the NHS's. Without capital nobody owes."""
    model, body = town("lead_commissioning_s75", savings_share=1.0)
    council, nhs = agency(model, "council"), agency(model, "nhs")
    council.cash_seen, nhs.cash_seen = lambda: 800, lambda: 0
    hold(model, council, 1000, "reserve")
    hold(model, nhs, 0, "reserve")
    saves("by_share")(body, [])
    assert nhs.balance("reserve") == 0
    body.funds.capital = {"council": 300, "nhs": 100}
    saves("by_share")(body, [])
    assert (council.balance("reserve"), nhs.balance("reserve")) == (800, 200)


def test_what_a_board_has_not_spent_is_handed_back_in_equal_parts():
    model, body = town("naa_partnership")
    members = body.members()
    hold(model, body, 10 * len(members) + 1, "")
    before = [member.balance("prevention") for member in members]
    CHOICES["savings"]["held"].share_out(body)
    got = [member.balance("prevention") - had for member, had in zip(members, before, strict=True)]
    assert got == [11] + [10] * (len(members) - 1)


def test_one_budget_makes_good_no_more_than_it_has():
    """One saved 300, of which its purse holds 200; the other lacks 500 and gets 200."""
    model, body = town("care_trust")
    council, nhs = body.members()
    council.underspend, nhs.underspend = lambda: 300, lambda: -500
    hold(model, council, 200, "service")
    model.ledger.transfer(nhs.account("service"), OUTSIDE, 500, "service")
    saves("one_budget")(body, [])
    assert (council.balance("service"), nhs.balance("service"), body.balance()) == (0, -300, 0)


@pytest.mark.parametrize(
    ("fall", "year", "held", "paid"),
    [
        (250, 2, 900, [400, 0, 0]),  # half of the target of 500 was missed: half of 800 goes back
        (250, 2, 100, [100, 150, 150]),  # members pay in equal parts what the body cannot
        (600, 2, 900, [0, 0, 0]),
        (-99, 2, 900, [800, 0, 0]),
        (0, 1, 900, [0, 0, 0]),  # the term of two years has not ended
    ],
)
def test_what_is_clawed_back_of_an_advance_by_hand(fall, year, held, paid):
    model, body = town("youth_justice_reinvestment", target_fall=0.05, term_years=2)
    members = [agency(model, "council"), agency(model, "police")]
    with_use(model, 10_000, fall)
    model.calendar.quarter = 4 * year
    body.members, body.founded, body.funds.advanced = lambda: members, 1, 800
    hold(model, body, held, "")
    for member in members:
        hold(model, member, 1000, "reserve")
        hold(model, member, 0)
    saves("claw_back")(body, [])
    assert [held - body.balance(), *(1000 - member.balance("reserve") for member in members)] == paid
    assert body.funds.advanced == (0 if year == 2 else 800)


def test_nothing_is_clawed_back_where_there_was_nothing_to_fall():
    model, body = town("youth_justice_reinvestment", target_fall=0.05, term_years=1)
    with_use(model, 0)
    model.calendar.quarter = 4
    body.founded, body.funds.advanced = 1, 800
    hold(model, body, 900, "")
    saves("claw_back")(body, [])
    assert body.balance() == 900


def test_a_review_at_the_end_of_a_term_by_hand():
    """Paid 400, 300 and 300; gained 600, 300 and 100 of 1,000: the first makes 200 up to the third. Then a new term."""
    model, body = town("investment_agreement", term_years=2)
    members = [agency(model, code) for code in ("council", "nhs", "police")]
    body.members, body.founded = lambda: members, 1
    body.funds.capital = {"council": 400, "nhs": 300, "police": 300}
    model.services.prices.fixed[:], model.services.prices.variable[:] = 40, 60
    model.services.prices.average[:] = 100
    hold(model, members[0], 0)
    hold(model, members[0], 1000, "reserve")
    hold(model, members[2], 0)
    for year, gains in ((1, (6, -1, 1)), (2, (0, 3, 0))):
        saved = np.zeros(len(model.lines))
        for member, gain in zip(members, gains, strict=True):
            saved[member.own_lines[0]] = gain
        model.calendar.quarter = 4 * year
        saves("reviewed")(body, [Finding(None, saved, 0.0, 0.0, 1)])
        if year == 1:
            assert body.funds.gained == {"council": 600, "nhs": 0, "police": 100}
            assert members[2].balance("prevention") == 0
    assert (members[0].balance("reserve"), members[2].balance("prevention")) == (800, 200)
    assert body.funds.capital == body.funds.gained == {}


def test_who_left_before_the_review_gained_nothing_and_is_made_whole():
    """Paid 400, 300 and 300; gained 9, 1 and, by who is no member now, nothing: 900 - 400 = 500 goes to the two as 200 and 300."""
    model, body = town("investment_agreement", term_years=1)
    council, nhs, gone = (agency(model, code) for code in ("council", "nhs", "justice"))
    body.members, body.founded = lambda: [council, nhs], 1
    body.funds.capital = {"council": 400, "nhs": 300, "justice": 300}
    body.funds.gained = {"council": 9, "nhs": 1}
    hold(model, council, 1000, "reserve")
    saves("reviewed")(body, [])
    assert (council.balance("reserve"), nhs.balance("prevention"), gone.balance("prevention")) == (500, 200, 300)


@pytest.mark.parametrize(("fall", "reward"), [(499, 0), (500, 250), (1200, 250 + 700), (5000, 250 + 1500)])
def test_the_reward_at_threshold_and_cap(fall, reward):
    """Of 10,000: half of the first 5%, all between it and 20%."""
    model, body = town("financial_incentive_model", threshold=0.05, cap=0.2, reward_share=0.5)
    with_use(model, 10_000, fall)
    saves("rewarded")(body, [])
    assert body.balance() == reward
    with_use(model, 0)
    saves("rewarded")(body, [])
    assert body.balance() == reward


def test_who_pays_for_outcomes_by_measured_benefit():
    """Saved 3 and 1 case-quarters of 100 in own lines, -2 in the third's; a pound is worth 0.5 to the first and 0.7 to the second.

    150 to 70 to 0; equal where there is none.
    """
    model, body = town("sib_childrens_services")
    members = [agency(model, code) for code in ("council", "nhs", "police")]
    body.members = lambda: members
    model.services.prices.average[:] = 100
    saved = np.zeros(len(model.lines))
    for member, gain, weight in zip(members, (3, 1, -2), (0.0, 0.4, 1.0), strict=True):
        saved[member.own_lines[0]] = gain
        member.cash_belief, member.outcome_weight = 0.5, weight
    payers = CHOICES["savings"]["by_benefit"].payers
    assert payers(body, SimpleNamespace(saved=saved)) == pytest.approx({"council": 150, "nhs": 70, "police": 0})
    for finding in (None, SimpleNamespace(saved=-np.abs(saved))):
        assert payers(body, finding) == dict.fromkeys(("council", "nhs", "police"), 1.0)


# Who decides, and whose benefit counts


def test_boards_are_for_the_most_deprived_share_of_neighbourhoods():
    """A half of the neighbourhoods; at least one however small the share."""
    model, _ = town("naa_partnership")
    by_need = sorted(model.neighbourhoods, key=lambda item: -item.deprivation)
    for share, number in ((0.5, round(0.5 * len(by_need))), (0.01, 1), (1.0, len(by_need))):
        boards = CHOICES["decides"]["neighbourhood_boards"](with_numbers(model, boards_share=share))
        assert {board.neighbourhood.code for board in boards} == {item.code for item in by_need[:number]}


def test_whose_benefit_counts_by_hand():
    """Own, members' and everybody's lines; of the centre, the lines of its own agencies."""
    model, body = town("silo")
    council, lines = agency(model, "council"), model.lines
    mine = lines.agency == model.index["agencies"]["council"]
    np.testing.assert_array_equal(CHOICES["benefit_counted"]["own"](council), mine)
    assert CHOICES["benefit_counted"]["place"](council).all()
    assert mine.any()
    assert not mine.all()
    model, body = town("pooled_s75")
    counted = CHOICES["benefit_counted"]["members"](body)
    codes = {lines.agency[j] for j in np.nonzero(counted)[0]}
    assert codes == {model.index["agencies"][member.code] for member in body.members()}
