"""Investors, their deals and the bank's baskets: who puts in, who is paid, who loses, worked by hand."""

from dataclasses import replace
from importlib.resources import files

import mesa
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from sim.agents.investor import Investor
from sim.agents.party import Belief, Party
from sim.agents.social_bank import SocialBank
from sim.agents.values import INVESTOR_VALUES, load_bank, load_investors
from sim.agents.vehicle import Deal, Vehicle
from sim.core.calendar import Calendar
from sim.core.faults import InputError
from sim.core.ledger import OUTSIDE, Ledger
from sim.deals.bonds import OutcomeBond, Payer
from sim.deals.decisions import DecisionBook
from sim.record.recorder import Recorder
from sim.studies.inputs import load_inputs
from sim.system import LocalSystem
from tests.conftest import blank_twin


class Desk(mesa.Model):
    """A ledger, a calendar and parties: all that investors ask of a model."""

    def __init__(self):
        super().__init__(rng=1)
        self.ledger, self.calendar, self.catalogue, self.parties = Ledger(), Calendar(1), ("mst", "parenting"), {}
        self.decisions = DecisionBook(self.calendar)
        self.vehicle = self.add(Vehicle(self))
        self.council = self.add(Party(self, "council"))

    def add(self, party):
        self.parties[party.code] = party
        return party

    def party(self, code):
        return self.parties[code]

    def end_of_year(self, year):
        self.calendar.quarter = 4 * year
        self.ledger.at(self.calendar.quarter)

    def investor(self, code, pence=10**8, **changes):
        """An investor with money, asking nothing, sure of the published effect, but for what is changed."""
        plain = {"required_return": -1.0, "risk_aversion": 0.0, "largest_share": 1.0, "tranche": 1, "prior_spread": 0.0}
        entry = load_investors()["commercial"]
        values = {**plain, **changes}
        for name in INVESTOR_VALUES:
            if name in values:
                low, high = min(values[name], -1), max(values[name], 9)
                values[name] = replace(entry["values"][name], value=values[name], low=low, high=high)
            else:
                values[name] = entry["values"][name]
        investor = self.add(Investor(self, code, "commercial", values))
        self.ledger.transfer(OUTSIDE, code, pence, "opening_balance")
        return investor


@pytest.fixture
def desk():
    return Desk()


def a_deal(**changes):
    terms = {"code": "d1", "body": "council", "programme": "mst", "provider": "charity", "year": 1, "multiple": 1.5,
             "sd": 0.0, "years": 3, "cap": 1.5}  # fmt: skip
    return Deal(**{**terms, **changes})


def spend(desk, deal, pence):
    desk.ledger.transfer(desk.vehicle.account(deal.code), OUTSIDE, pence, "programme")


def outcome(desk, deal, pence):
    desk.ledger.transfer(OUTSIDE, desk.vehicle.account(deal.code), pence, "outcome_payment")


# What an investor decides


def test_capital_follows_the_people_of_the_place(desk):
    kinds = load_investors()
    investor = Investor(desk, "trusts", **kinds["philanthropic"])
    investor.endow(500_000)
    assert investor.balance() == 100_000_000  # half of 2 million pounds
    assert {entry["kind"] for entry in kinds.values()} == {"philanthropic", "social_bank", "commercial"}


def test_a_sure_return_is_bought_when_it_is_enough(desk):
    """1.331 after three years is 10% a year."""
    deal = a_deal(multiple=1.331)
    assert desk.investor("a", required_return=0.0999).offer(deal)[0] == 10**8
    pence, least = desk.investor("b", required_return=0.1001).offer(deal)
    assert (pence, least) == (0, 0.1001)


def test_a_return_that_is_just_enough_is_enough(desk):
    investor = desk.investor("a", required_return=0.5)
    investor.prospect = lambda deal: (0.5, 0.0)
    assert investor.offer(a_deal())[0] == 10**8


def test_the_cap_bounds_what_is_expected(desk):
    mean, spread = desk.investor("a").prospect(a_deal(multiple=9.0, cap=1.331))
    assert mean == pytest.approx(0.10)
    assert spread == 0.0


def test_risk_must_be_paid_for(desk):
    """One year, uncapped: the return is the multiple less one, so its mean and deviation are the multiple's."""
    deal = a_deal(multiple=1.2, sd=0.1, years=1, cap=9.0)
    mean, spread = desk.investor("a").prospect(deal)
    assert mean == pytest.approx(0.2, abs=1e-9)
    assert spread == pytest.approx(0.1, rel=0.01)
    assert desk.investor("c", required_return=0.05, risk_aversion=1.4).offer(deal)[0] > 0
    assert desk.investor("d", required_return=0.05, risk_aversion=1.6).offer(deal)[0] == 0


def test_an_investor_that_refuses_says_why(desk):
    """33.1% over three years is 10% a year: too little for one that asks 12%; another has no money."""
    deal = a_deal(multiple=1.331)
    desk.investor("a", required_return=0.12), desk.investor("b", pence=1), desk.investor("c")
    desk.party("b").pay(OUTSIDE, 1, "delivery")
    assert desk.vehicle.raise_capital(deal, [desk.party(code) for code in "abc"], 1000) == 1000
    assert [row[1:] for row in desk.decisions.rows if row[1] != "council"] == [
        ("a", "refuse", "1000", "d1", "expects 10.0% a year and asks 12.0%"),
        ("b", "refuse", "1000", "d1", "has nothing left to put in"),
        ("c", "accept", "1000", "d1", "rank 1"),
    ]


def test_own_belief_decides(desk):
    deal = a_deal(multiple=1.2, years=1, cap=9.0)
    investor = desk.investor("a", required_return=0.0, prior_spread=0.1)
    assert investor.offer(deal)[0] > 0
    investor.learn("mst", 0.5, 0.01)  # half way from 1 to 0.5
    assert investor.beliefs["mst"].mean == pytest.approx(0.75)
    assert investor.offer(deal)[0] == 0
    assert investor.offer(replace(deal, programme="parenting"))[0] > 0


def test_no_deal_takes_more_than_its_share_of_means(desk):
    investor = desk.investor("a", pence=1_000_000, largest_share=0.1)
    first = a_deal()
    assert investor.offer(first)[0] == 100_000
    assert desk.vehicle.raise_capital(first, [investor], 10**9) == 100_000
    assert investor.balance() == 900_000
    assert investor.means() == 1_000_000  # capital that is out still counts
    assert investor.offer(a_deal(code="d2"))[0] == 100_000
    spend(desk, first, 100_000)
    desk.end_of_year(3)
    desk.vehicle.close(first)
    assert investor.means() == 900_000  # what is lost does not


def test_tax_relief_makes_a_deal_worth_buying(desk):
    plain, relieved = a_deal(multiple=1.0), a_deal(code="d2", multiple=1.0, relief_payer="treasury")
    investor = desk.investor("a", required_return=0.1)
    assert investor.tax_relief_share == 0.3
    assert investor.offer(plain)[0] == 0
    assert investor.prospect(relieved)[0] == pytest.approx((1 / 0.7) ** (1 / 3) - 1)
    desk.vehicle.raise_capital(relieved, [investor], 1000)
    assert [p for p in desk.ledger.postings if p[4] == "tax_relief"] == [(0, "treasury", "a", 300, "tax_relief")]
    assert relieved.stakes[0].flows == {0: -700}


def test_a_guarantee_makes_a_deal_worth_buying_and_a_loss_good_by_hand(desk):
    """Of 1,000 put in 400 come back: three quarters of the 600 lost are made good, and 150 stay lost."""
    plain, safe = a_deal(multiple=1.0, sd=0.5), a_deal(code="d2", multiple=1.0, sd=0.5, guaranteed=0.75)
    investor = desk.investor("a", required_return=0.0)
    investor.risk_aversion = 0.3
    assert investor.offer(plain)[0] == 0 < investor.offer(safe)[0]
    assert investor.prospect(safe)[1] < investor.prospect(plain)[1] / 2
    desk.vehicle.raise_capital(safe, [investor], 1000)
    spend(desk, safe, 1000)
    outcome(desk, safe, 400)
    assert desk.vehicle.close(safe) == 150
    assert (safe.stakes[0].repaid, safe.default_pence) == (850, 150)
    assert [row[1:] for row in desk.decisions.rows if row[2] == "call_guarantee"] == [
        ("vehicle", "call_guarantee", "450", "d2", "paid to a")
    ]
    assert desk.ledger.paid(OUTSIDE, "capital_repayment") == 450
    desk.vehicle.raise_capital(a_deal(code="d3", guaranteed=0.75), [investor], 100)
    outcome(desk, desk.vehicle.deals["d3"], 150)
    assert desk.vehicle.close(desk.vehicle.deals["d3"]) == 0
    assert desk.ledger.paid(OUTSIDE, "capital_repayment") == 450  # nothing lost, nothing called


def test_investors_withdraw_after_losses(desk):
    investor = desk.investor("a", required_return=0.05, prior_spread=0.3)
    deal = a_deal(sd=0.2)
    desk.vehicle.raise_capital(deal, [investor], 1_000_000)
    spend(desk, deal, 1_000_000)
    desk.end_of_year(3)
    outcome(desk, deal, 300_000)
    assert desk.vehicle.close(deal) == 700_000
    belief = investor.beliefs["mst"]
    weight = 0.09 / (0.09 + (0.2 / 1.5) ** 2)
    assert belief.mean == pytest.approx(1 + weight * (0.3 / 1.5 - 1))
    assert belief.variance == pytest.approx(0.09 * (1 - weight))
    assert investor.offer(a_deal(code="d2", sd=0.2))[0] == 0
    assert investor.beliefs["parenting"] == Belief(1.0, 0.09)


def test_a_capped_payment_is_no_bad_news(desk):
    investor = desk.investor("a", prior_spread=0.3)
    deal = a_deal(multiple=3.0, sd=0.2, cap=1.5)
    desk.vehicle.raise_capital(deal, [investor], 1000)
    spend(desk, deal, 1000)
    desk.end_of_year(3)
    outcome(desk, deal, 1500)
    desk.vehicle.close(deal)
    assert investor.beliefs["mst"].mean == 1.0


def test_capital_that_was_never_spent_teaches_nothing_and_comes_back(desk):
    investor = desk.investor("a", prior_spread=0.3)
    idle, half = a_deal(), a_deal(code="d2")
    for deal in (idle, half):
        desk.vehicle.raise_capital(deal, [investor], 1000)
    spend(desk, half, 500)
    outcome(desk, half, 750)  # as expected of 500
    desk.end_of_year(3)
    assert desk.vehicle.close(idle) == desk.vehicle.close(half) == 0
    assert investor.beliefs["mst"].mean == pytest.approx(1.0)
    assert (idle.paid, half.paid) == (1000, 1250)


def test_a_deal_paid_as_expected_up_to_its_cap_makes_an_investor_surer_and_no_more_hopeful(desk):
    """A surprise of exactly nought at the cap of 1.5: half of a variance of 0.09 goes, as noise is 0.45 / 1.5 = 0.3."""
    investor = desk.investor("a", prior_spread=0.3)
    deal = a_deal(sd=0.45)
    investor.learn_from(deal, 1.5)
    assert investor.beliefs["mst"].mean == pytest.approx(1.0)
    assert investor.beliefs["mst"].variance == pytest.approx(0.045)
    investor.learn_from(a_deal(multiple=1.2, sd=0.36), 1.5)  # beyond what was expected, at the cap: good news
    weight = 0.045 / (0.045 + 0.3**2)
    assert investor.beliefs["mst"].mean == pytest.approx(1 + weight * 0.25)
    before = replace(investor.beliefs["mst"])
    investor.learn_from(a_deal(multiple=3.0, sd=0.36), 1.5)  # a cap says that it is no smaller
    investor.learn_from(a_deal(multiple=3.0, sd=0.36), 1.6)
    assert investor.beliefs["mst"] == before


def test_who_is_sure_of_a_programme_or_has_none_of_it_learns_nothing_of_it(desk):
    sure, doubtful = desk.investor("a"), desk.investor("b", prior_spread=0.3)
    sure.learn_from(a_deal(), 0.5)
    assert sure.beliefs["mst"] == Belief(1.0, 0.0)
    doubtful.learn_from(a_deal(mix={"mst": 1.0, "parenting": 0.0}), 0.75)  # no noise: what is seen is what it is
    assert doubtful.beliefs["mst"].mean == pytest.approx(0.5)
    assert doubtful.beliefs["mst"].variance == pytest.approx(0.0)
    assert doubtful.beliefs["parenting"] == Belief(1.0, 0.09)


def test_a_penny_is_enough_to_start_where_nothing_more_is_asked_for(desk):
    deal = a_deal()
    assert desk.vehicle.raise_capital(deal, [], 1000, least=0) == desk.vehicle.raise_capital(deal, [], 1000) == 0
    assert {row[-1] for row in desk.decisions.rows if row[2] == "offer"} == {
        "refused: 0 bid, 1 needed",
        "refused: 0 bid, 0 needed",
    }
    assert desk.vehicle.raise_capital(deal, [desk.investor("a", pence=1)], 1000) == 1
    assert deal.capital == 1


def test_one_sum_for_two_programmes_moves_the_doubtful_belief_most(desk):
    """y = 0.6 b1 + 0.6 b2 + noise; the standard update, by hand."""
    investor = desk.investor("a", prior_spread=0.3)
    investor.beliefs["parenting"] = Belief(1.0, 0.01)
    deal = a_deal(multiple=1.2, sd=0.1, mix={"mst": 0.5, "parenting": 0.5})
    investor.learn_from(deal, 0.8)
    total = 0.36 * 0.09 + 0.36 * 0.01 + 0.01
    assert investor.beliefs["mst"].mean == pytest.approx(1 + 0.6 * 0.09 / total * (0.8 - 1.2))
    assert investor.beliefs["parenting"].mean == pytest.approx(1 + 0.6 * 0.01 / total * (0.8 - 1.2))
    assert investor.beliefs["mst"].variance == pytest.approx(0.09 * (1 - 0.36 * 0.09 / total))


def test_only_foundations_would_have_bought_peterborough(desk):
    """Five million in, up to eight back, seven years: with the shipped values, as it was."""
    deal = a_deal(multiple=1.3, sd=0.2, years=7, cap=1.6)
    bought = []
    for code, entry in load_investors().items():
        investor = Investor(desk, code, **entry)
        investor.endow(10**6)
        if investor.offer(deal)[0] > 0:
            bought.append(code)
    assert bought == ["philanthropic"]


# Raising capital


def test_those_who_ask_least_come_first(desk):
    greedy, modest = desk.investor("a", 600, required_return=0.1), desk.investor("b", 600, required_return=0.02)
    deal = a_deal()
    assert desk.vehicle.raise_capital(deal, [greedy, modest], 1000) == 1000
    assert {stake.investor: stake.pence for stake in deal.stakes} == {"b": 600, "a": 400}
    assert desk.vehicle.balance("d1") == deal.capital == 1000


def test_tranches_keep_their_proportions_when_one_is_short(desk):
    """First loss of a fifth: 100 of it carries 400 of the other, however much there is."""
    senior, junior = desk.investor("a", 10**6, tranche=1), desk.investor("b", 100, tranche=3)
    deal = a_deal(tranches=(0.8, 0.2))
    assert desk.vehicle.raise_capital(deal, [senior, junior], 10**6) == 500
    assert [(stake.investor, stake.rank, stake.pence) for stake in deal.stakes] == [("a", 1, 400), ("b", 2, 100)]


def test_no_first_loss_no_deal_and_all_or_nothing(desk):
    senior = desk.investor("a", 900)
    assert desk.vehicle.raise_capital(a_deal(tranches=(0.8, 0.2)), [senior], 500) == 0
    assert desk.vehicle.raise_capital(a_deal(), [senior], 1000, least=1000) == 0
    assert desk.ledger.balance("a") == 900
    assert desk.vehicle.deals == {}
    assert desk.vehicle.raise_capital(a_deal(), [senior], 1000, least=900) == 900


def test_the_senior_tranche_is_safer(desk):
    deal = a_deal(multiple=1.2, sd=0.4, tranches=(0.7, 0.3), cap=1.6)
    (senior, junior) = (desk.investor(code, tranche=rank).prospect(deal) for code, rank in (("a", 1), ("b", 2)))
    assert senior[0] > junior[0]
    assert senior[1] < junior[1]


# Paying out


def test_first_loss_loses_first_and_default_is_what_is_not_repaid(desk):
    senior, junior = desk.investor("a", tranche=1), desk.investor("b", tranche=2)
    deal = a_deal(tranches=(0.7, 0.3))
    desk.vehicle.raise_capital(deal, [senior, junior], 1000)
    spend(desk, deal, 1000)
    desk.end_of_year(3)
    outcome(desk, deal, 800)
    assert desk.vehicle.is_due(deal)
    assert desk.vehicle.close(deal) == deal.default_pence == 200
    assert [(stake.repaid, stake.returned) for stake in deal.stakes] == [(700, 0), (100, 0)]
    assert deal.stakes[0].irr == pytest.approx(0.0, abs=1e-12)
    assert deal.stakes[1].irr == pytest.approx((1 / 3) ** (1 / 3) - 1)
    assert not desk.vehicle.is_due(deal)


def test_a_total_loss_is_reported_as_one(desk):
    deal = a_deal()
    desk.vehicle.raise_capital(deal, [desk.investor("a")], 1000)
    spend(desk, deal, 1000)
    desk.end_of_year(3)
    assert desk.vehicle.close(deal) == 1000
    assert deal.stakes[0].irr == -1.0


def test_bills_to_come_are_kept_and_the_surplus_goes_back(desk):
    investor = desk.investor("a")
    deal = a_deal(cap=1.5, remainder_to={"council": 2, "nhs": 1})
    desk.vehicle.raise_capital(deal, [investor], 1000)
    spend(desk, deal, 500)
    desk.end_of_year(1)
    assert desk.vehicle.pay_out(deal, bills=500) == 0
    outcome(desk, deal, 1100)
    assert desk.vehicle.pay_out(deal, bills=500) == 1100
    assert (deal.stakes[0].repaid, deal.stakes[0].returned) == (1000, 100)
    desk.end_of_year(3)
    outcome(desk, deal, 200)
    assert desk.vehicle.pay_out(deal) == 400  # up to 1,500 in all
    assert deal.paid == 1500
    assert desk.ledger.balance("council") == 200
    assert desk.ledger.balance("nhs") == 100
    assert desk.vehicle.balance("d1") == 0
    assert deal.stakes[0].flows == {0: -1000, 1: 1100, 3: 400}
    assert desk.vehicle.close(deal) == 0
    assert deal.stakes[0].irr > 0.1


def test_purses_of_deals_are_apart(desk):
    investor = desk.investor("a", 2000, largest_share=0.5)
    one, two = a_deal(), a_deal(code="d2")
    for deal in (one, two):
        desk.vehicle.raise_capital(deal, [investor], 1000)
    outcome(desk, one, 500)
    spend(desk, two, 1000)
    desk.end_of_year(3)
    desk.vehicle.close(one)
    desk.vehicle.close(two)
    assert (one.paid, two.paid) == (1500, 0)
    assert (one.default_pence, two.default_pence) == (0, 1000)


@hypothesis_settings(max_examples=40, deadline=None)
@given(
    st.lists(st.integers(1, 10**9), min_size=2, max_size=4),
    st.lists(st.integers(0, 10**9), min_size=1, max_size=4),
    st.sampled_from([(1.0,), (0.7, 0.3), (0.5, 0.3, 0.2), (1 / 3, 1 / 3, 1 / 3)]),
)
def test_money_is_conserved_and_stakes_agree_with_the_ledger(means, receipts, tranches):
    desk = Desk()
    investors = [desk.investor(f"i{i}", pence, tranche=i + 1) for i, pence in enumerate(means)]
    deal = a_deal(tranches=tranches)
    raised = desk.vehicle.raise_capital(deal, investors, 10**10)
    spend(desk, deal, raised // 2)
    for year, pence in enumerate(receipts, 1):
        desk.end_of_year(year)
        outcome(desk, deal, pence)
        if deal.stakes:
            desk.vehicle.pay_out(deal)
    if deal.stakes:
        desk.vehicle.close(deal)
        assert deal.paid <= 1.5 * raised
        assert deal.paid - deal.capital == sum(desk.ledger.party_balance(i.code) for i in investors) - sum(means)
        assert sum(sum(stake.flows.values()) for stake in deal.stakes) == deal.paid - deal.capital
        assert desk.vehicle.balance("d1") == 0
        for purpose, want in (("capital_repayment", deal.capital - deal.default_pence), ("capital", deal.capital)):
            assert sum(p[3] for p in desk.ledger.postings if p[4] == purpose) == want


def test_a_deal_in_a_place(settled):
    """The real model is desk enough: raised at the start of a year, closed at its end, a year apart."""
    inputs = load_inputs("do_nothing", "milltown")
    model = LocalSystem(inputs, settled.copy(), 5, Recorder(blank_twin(inputs.n_families)))
    vehicle, trusts = Vehicle(model), Investor(model, "trusts", **load_investors()["philanthropic"])
    model.parties |= {"vehicle": vehicle, "trusts": trusts}
    trusts.endow(model.scale * model.place.get("place.population"))
    start = trusts.balance()
    model.step()
    deal = a_deal(programme="keyworker", multiple=2.0, years=1)
    assert vehicle.raise_capital(deal, [trusts], 10**12) == int(start * 0.2)
    vehicle.pay(model.providers[0].code, deal.capital, "programme", deal.code)
    for _ in range(3):
        assert not vehicle.is_due(deal)
        model.step()
    assert vehicle.is_due(deal)
    model.ledger.transfer("council:reserve", vehicle.account(deal.code), deal.capital * 11 // 10, "outcome_payment")
    assert vehicle.close(deal) == 0
    assert deal.stakes[0].irr == pytest.approx(0.1, abs=1e-4)
    assert trusts.balance() - start == deal.capital * 11 // 10 - deal.capital
    assert trusts.beliefs["keyworker"].mean == pytest.approx(0.55)  # 1.1 of an expected 2, and no noise to blame


# What a deal owes, and until when


def test_a_deal_is_due_at_the_end_of_its_last_year_and_not_before(desk):
    """Opened at the start of year 1, for three years: due at the end of year 3, which is quarter 12."""
    deal = a_deal(years=3)
    desk.vehicle.raise_capital(deal, [desk.investor("a")], 1000)
    for quarter, due in ((4, False), (11, False), (12, True), (16, True)):
        desk.calendar.quarter = quarter
        assert desk.vehicle.is_due(deal) == due


def test_a_years_settlement_pays_out_and_closes_what_is_due_or_ended(desk):
    deals = [a_deal(), a_deal(code="d2", years=1), a_deal(code="d3")]
    for deal in deals:
        desk.vehicle.raise_capital(deal, [desk.investor(deal.code.upper())], 1000)
    desk.end_of_year(1)
    desk.vehicle.pay_investors(ends=["d3"])
    assert [deal.closed for deal in deals] == [False, True, True]
    assert [deal.paid for deal in deals] == [1000, 1000, 1000]
    assert deals[2].stakes[0].irr == pytest.approx(0.0, abs=1e-12)
    assert not desk.vehicle.takes("vehicle:d2")
    assert desk.vehicle.takes("vehicle:d1")
    assert desk.vehicle.takes("council")


def test_what_a_deal_may_still_be_paid_by_hand(desk):
    """Capped at 1,500 in all: 400 have been paid and 100 wait in its purse, so 1,000; of others' accounts all."""
    deal = a_deal(cap=1.5)
    desk.vehicle.raise_capital(deal, [desk.investor("a")], 1000)
    spend(desk, deal, 1000)
    outcome(desk, deal, 400)
    desk.end_of_year(1)
    desk.vehicle.pay_out(deal)
    outcome(desk, deal, 100)
    assert desk.vehicle.owed_at_most("vehicle:d1", 7) == 1000
    assert desk.vehicle.owed_at_most("council", 7) == 7
    outcome(desk, deal, 5000)
    assert desk.vehicle.owed_at_most("vehicle:d1", 7) == 0
    assert desk.vehicle.received(deal) == 5500
    assert desk.vehicle.spent(deal) == 1000  # what went to investors is no bill


def test_layers_of_tranches_by_hand(desk):
    deal = a_deal(tranches=(0.5, 0.3, 0.2))
    assert [deal.layer(rank) for rank in (1, 2, 3)] == [(0, 0.5), (0.5, 0.3), (pytest.approx(0.8), 0.2)]
    assert [deal.rank_for(desk.investor(f"i{tranche}", tranche=tranche)) for tranche in (1, 2, 3, 9)] == [1, 2, 3, 3]
    assert a_deal(tranches=(2.0, 2.0)).layer(2) == (0.5, 0.5)
    assert a_deal(multiple=1.2, mix={"mst": 0.25, "parenting": 0.75}).exposure == pytest.approx(
        {"mst": 0.3, "parenting": 0.9}
    )
    assert a_deal(multiple=1.2).exposure == {"mst": 1.2}


def test_an_offer_is_within_cash_and_largest_share_by_hand(desk):
    """1,000 of means, 700 of it still out: a half is 500, but 300 is there."""
    investor = desk.investor("a", 1000, largest_share=0.7)
    desk.vehicle.raise_capital(a_deal(), [investor], 700)
    investor.largest_share = 0.5
    assert investor.offer(a_deal(code="d2"))[0] == 300
    investor.holdings[0].repaid = 400
    assert investor.means() == 600


def test_doubt_and_noise_add_up_in_what_is_expected(desk):
    """1.2 a pound with a doubt of 0.3 and noise of 0.27: a deviation of hypot(0.36, 0.27) = 0.45, in one year."""
    mean, spread = desk.investor("a", prior_spread=0.3).prospect(a_deal(multiple=1.2, sd=0.27, years=1, cap=99.0))
    assert mean == pytest.approx(0.2, abs=0.005)  # cut off at nought
    assert spread == pytest.approx(0.45, rel=0.02)


# The social investment bank


def a_bond(outcome="care", **changes):
    terms = {"programme": "mst", "provider": "charity", "cost_pence": 1000, "price_pence": 1200, "target": 100,
             "risk": 0.1, "payers": (Payer("council", 1.0, "dfe"),), "years": 3}  # fmt: skip
    return OutcomeBond(outcome, **{**terms, **changes})


@pytest.fixture
def bank(desk):
    return desk.add(SocialBank(desk, "bank", load_bank()))


def test_baskets_are_of_like_risk_and_one_maturity(bank):
    bonds = [a_bond("a"), a_bond("b", risk=0.19), a_bond("c", risk=0.3), a_bond("d", years=5), a_bond("e", risk=0.2)]
    assert [[bond.outcome for bond in basket] for basket in bank.bundle(bonds)] == [["a", "b"], ["d"], ["e"], ["c"]]


def test_a_baskets_variance_by_hand(bank):
    """Two bonds, a quarter and three quarters of the capital, correlated by 0.2."""
    bonds = (a_bond(), a_bond(target=300, risk=0.2))
    one, two = (1.44 * risk * (1 - risk) * (1 + (n - 1) * 0.05) / n for risk, n in ((0.1, 100), (0.2, 300)))
    assert bonds[0].multiple_variance(0.05) == pytest.approx(one)
    by_hand = 0.25**2 * one + 0.75**2 * two + 2 * 0.2 * 0.25 * 0.75 * (one * two) ** 0.5
    assert bank.variance(bonds) == pytest.approx(by_hand)


def test_diversification_lowers_variance_down_to_what_bonds_share(bank):
    alone = bank.variance([a_bond()])
    values = [bank.variance([a_bond(str(i)) for i in range(n)]) / alone for n in (1, 2, 4, 100)]
    assert values == pytest.approx([1, 0.6, 0.4, 0.2 + 0.8 / 100])
    bank.bond_correlation = 1.0
    assert bank.variance([a_bond("a"), a_bond("b")]) == pytest.approx(alone)  # nothing to diversify


def test_a_basket_is_priced_at_its_own_risk(bank):
    """A risk of 0.1 on a quarter of the capital and of 0.3 on the rest is 0.25."""
    basket = (a_bond(), a_bond(target=300, risk=0.3))
    assert [bond.price_pence for bond in bank.quote(basket, 0.05, "appendix")] == [1300, 1300]
    assert [bond.price_pence for bond in bank.quote(basket, 0.05, "fair")] == [1400, 1400]


def test_the_bank_finds_the_premium_that_sells(desk, bank):
    """Sure of the effect and careless of risk, 2% a year asked for three years: 1.02^3 is a premium of 7%, if fair."""
    bank.unit_correlation = 0.0
    basket = (a_bond(target=10_000),)
    investor = desk.investor("a", 10**9, required_return=0.02)
    assert bank.premium_to_sell(basket, [investor], "fair", 0.5) == 0.07
    assert bank.premium_to_sell(basket, [investor], "appendix", 0.5) == pytest.approx(0.08)  # 0.9 (1.1 + p) >= 1.0612
    assert bank.premium_to_sell(basket, [investor], "fair", 0.07) == 0.07
    assert bank.premium_to_sell(basket, [investor], "fair", 0.06) is None


def test_a_basket_is_sold_whole_or_without_its_riskiest_bond(desk, bank):
    basket = bank.quote((a_bond("a"), a_bond("b", risk=0.15), a_bond("c", risk=0.12)), 0.5, "fair")
    investor = desk.investor("i", 250_000)
    deal = bank.sell(basket, [investor], "b1")
    assert [bond.outcome for bond in bank.baskets["b1"]] == ["a", "c"]
    assert deal.capital == 200_000
    bank.fund(deal)
    assert desk.ledger.balance("charity") == 200_000
    assert bank.sell(basket, [investor], "b2") is None
    assert desk.ledger.balance("i") == 50_000


def test_a_basket_of_two_programmes_is_judged_by_both(desk, bank):
    basket = (a_bond(), a_bond("school", programme="parenting", risk=0.19))
    deal = bank.deal_for(basket, "b1")
    assert deal.exposure == pytest.approx({"mst": 0.54, "parenting": 0.486})
    assert deal.multiple == pytest.approx(0.5 * 1.08 + 0.5 * 0.972)
    assert float(deal.cap) == 1.2


# What may be wrong with the data


def test_wrong_data_is_named(tmp_path):
    mine = tmp_path / "investors.toml"
    text = (files("sim") / "scenarios" / "investors.toml").read_text(encoding="utf-8")
    for old, new, says in (
        ('kind = "commercial"', 'kind = "comercial"', "did you mean 'commercial'"),
        (
            "largest_share = { value = 0.2",
            "largest_share = { value = 2.0",
            "largest_share: value 2 is above 1; give 0.02 for 2%",
        ),
        (
            "risk_aversion = { value = 0.05",
            "risk_averse = { value = 0.05",
            "risk_averse: unknown key; did you mean 'risk_aversion'",
        ),
    ):
        assert old in text
        mine.write_text(text.replace(old, new, 1), encoding="utf-8")
        with pytest.raises(InputError, match=says) as error:
            load_investors(mine)
        assert all(str(mine) in fault for fault in error.value.faults)
