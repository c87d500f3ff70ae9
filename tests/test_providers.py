"""Providers and brokers by hand: growth, fidelity, risk, bids, failure, creaming, pay."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import mesa
import numpy as np
import pytest

from sim.agents.broker import Broker
from sim.agents.party import Party
from sim.agents.provider import SKILL_LOG_ODDS, Provider
from sim.agents.values import BROKER_VALUES, PROVIDER_VALUES, load_providers
from sim.core.calendar import Calendar
from sim.core.faults import InputError
from sim.core.input_files import read_toml
from sim.core.ledger import OUTSIDE, Ledger
from sim.core.parameters import quantity
from sim.deals.contracts import Contract, ContractBook, Project
from sim.deals.decisions import DecisionBook
from sim.rules import CHOICES
from sim.studies.inputs import load_inputs
from tests.conftest import DATA

SHIPPED = load_providers()
# One pound of catalogue cost is 100 pence; numbers that are easy to work with by hand.
PLAIN = {
    "cost_ratio": 1.0, "margin": 0.1, "fidelity": 0.8, "reach": 0.3, "bid_spread": 0.0,
    "opening_reserve": 10_000.0, "overdraft": 4_000.0, "risk_appetite": 0.25, "waiting_rate": 0.1,
    "capacity": 200.0, "growth_limit": 0.5, "easy_growth": 0.25, "growth_fidelity_loss": 0.4, "practice_hold": 0.5,
    "fixed_share": 0.0, "team_size": 4.0, "least_contract": 0.1,
    "bidding_skill": 0.0, "presentation": 0.2, "skill_learning": 0.1, "creaming": 0.0, "effort_on_hard": 0.6,
}  # fmt: skip


class Place(mesa.Model):
    """Half a million people: what providers and brokers ask of a model, and no more."""

    def __init__(self, seed=1):
        super().__init__(rng=seed)
        self.seed, self.calendar, self.scale = seed, Calendar(1), 1.0
        self.place = SimpleNamespace(get={"place.population": 500_000, "place.smallest_project": 10}.__getitem__)
        self.ledger, self.parties, self.providers = Ledger(), {}, []
        self.decisions = DecisionBook(self.calendar)
        self.catalogue = {"talk": programme(), "walk": programme("walk")}
        table = read_toml(DATA / "broker.toml")
        values = {name: quantity(table[name], "broker", name, kind) for name, kind in BROKER_VALUES.items()}
        self.arrangement = SimpleNamespace(
            values=values,
            get=lambda name: values[name].base_value,
            pence=lambda name: round(values[name].base_value * 100),
            optional=lambda name: 0.0,
        )

    def party(self, code):
        return self.parties[code]

    def provider(self, code="firm", sector="private", **changes):
        items = SHIPPED["private"]["values"]
        values = {name: replace(items[name], value=value) for name, value in {**PLAIN, **changes}.items()}
        self.providers.append(Provider(self, code, sector, values))
        return self.providers[-1]

    def body(self, code="council", pence=0):
        body = self.parties[code] = Party(self, code)
        body.purse = "prevention"
        self.ledger.transfer(OUTSIDE, body.account("prevention"), pence, "grant")
        return body

    def open(self, provider):
        self.ledger.transfer(OUTSIDE, provider.code, provider.opening_reserve(), "opening_balance")
        return provider


def programme(name="talk", sectors=("in_house", "private", "community")):
    return SimpleNamespace(id=name, sectors=sectors, cost_pence=lambda: 1000)


def contract(provider, families, funder="council:prevention", price_pence=1100, name="talk"):
    return Contract("council", name, provider.code, 1, 1, families, price_pence, funder)


def money_is_conserved(model):
    assert sum(model.ledger.party_balance(code) for code in ("outside", *_parties(model))) == 0
    assert all(pence > 0 for _, _, _, pence, _ in model.ledger.postings)


def _parties(model):
    return {account.partition(":")[0] for _, *pair, _, _ in model.ledger.postings for account in pair} - {"outside"}


def test_the_shipped_providers_cover_the_sectors_and_in_house_keeps_its_numbers():
    sectors = [entry["sector"] for entry in SHIPPED.values()]
    assert sectors.count("in_house") == 1
    assert sectors.count("private") >= 2
    assert sectors.count("community") >= 3
    kept = {"cost_ratio": 1.0, "margin": 0.0, "fidelity": 0.9, "reach": 0.1, "bid_spread": 0.05}
    assert {name: SHIPPED["in_house"]["values"][name].value for name in kept} == kept
    mean = {
        sector: np.mean([[entry["values"][name].value for name in ("reach", "opening_reserve", "bidding_skill")]
                         for entry in SHIPPED.values() if entry["sector"] == sector], axis=0)
        for sector in ("private", "community")
    }  # fmt: skip
    assert mean["community"][0] > mean["private"][0]
    assert mean["community"][1] < mean["private"][1] / 10
    assert mean["community"][2] < mean["private"][2]


def test_values_per_million_people_are_scaled_to_the_place():
    model = Place()
    firm = model.open(model.provider())
    assert firm.capacity == 100
    assert firm.balance() == 500_000  # 10,000 pounds a million, half a million people
    assert firm.overdraft_pence == 200_000
    model.scale = 0.1
    assert model.provider("small").opening_reserve() == 50_000


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ('sector = "private"', "firm.cost_ratio: is missing; add it with value"),
        ('sector = "public"', "firm.sector: 'public' is unknown; give in_house or private or community"),
        ('sector = "private"\nprice = 3', "firm.price: unknown key"),
        ('sector = "private"\ncost_ratio = { value = 0, unit = "ratio", low = 0, high = 1, source = "assumption: x" }',
         "firm.cost_ratio: value 0 is below 0.1"),
    ],
)  # fmt: skip
def test_a_wrong_provider_file_says_what_is_wrong(tmp_path, change, message):
    path = Path(tmp_path) / "providers.toml"
    path.write_text(f"[firm]\n{change}\n", encoding="utf-8")
    with pytest.raises(InputError) as error:
        load_providers(path)
    assert any(message in fault for fault in error.value.faults)


# Growth


def test_growth_is_limited_by_what_was_delivered_across_programmes():
    model = Place()
    firm = model.provider()
    talk, walk = programme(), programme("walk")
    assert firm.may_take(talk, 80) == 80
    assert firm.may_take(talk, 999) == 150  # staff for 100, half as many again
    firm.sign(contract(firm, 110))
    assert firm.may_take(walk, 999) == 40
    firm.deliver(contract(firm, 110), 110)
    firm.deliver(contract(firm, 30, name="walk"), 30)
    firm.end_of_year()
    assert firm.may_take(talk, 999) == 210  # 140 and half as many again
    firm.deliver(contract(firm, 10), 10)
    firm.end_of_year()
    assert firm.may_take(talk, 999) == 150  # never fewer than its staff at the start may serve


def test_a_programme_closed_to_its_sector_gets_no_staff():
    firm = Place().provider()
    assert firm.may_take(programme(sectors=("in_house",)), 10) == 0


@pytest.mark.parametrize(
    ("families", "fidelity"),
    [(0, 0.8), (100, 0.8), (125, 0.8), (150, 0.72), (200, 0.56), (400, 0.0)],
)
def test_fidelity_is_lost_by_growing_fast(families, fidelity):
    """Growth of 1/2 is 1/4 beyond what is easy: a tenth of 0.8 is lost; of 1, 0.3; of 3, more than all."""
    assert Place().provider().fidelity_when(families) == pytest.approx(fidelity, abs=1e-12)


def test_fidelity_lost_this_year_comes_back_when_growth_stops():
    firm = Place().provider()
    firm.deliver(contract(firm, 150), 150)
    firm.end_of_year()
    assert firm.fidelity_when(150) == 0.8
    assert firm.fidelity_when(225) == 0.72


# Risk


def test_reserve_and_overdraft_carry_the_working_capital():
    """5,000 pounds of reserve and 2,000 of overdraft carry an outlay of 7,000 and no more."""
    model = Place()
    firm = model.open(model.provider())
    assert firm.can_bear(700_000, 900_000, 0, 1)
    assert not firm.can_bear(700_001, 900_000, 0, 1)
    assert not model.provider("penniless").can_bear(200_001, 900_000, 0, 1)


def test_the_loss_in_a_bad_outcome_stays_within_appetite():
    """A quarter of 5,000 pounds: an outlay of 6,000, 7,000 expected, may fall 2,250 short."""
    model = Place()
    firm = model.open(model.provider())
    assert firm.can_bear(600_000, 700_000, 225_000, 1)
    assert not firm.can_bear(600_000, 700_000, 225_001, 1)


def test_the_receipt_must_be_worth_the_wait():
    """Ten per cent a year: 1,000 laid out must bring 1,100 in one year and 1,210 in two."""
    model = Place()
    firm = model.open(model.provider())
    assert firm.can_bear(100_000, 110_100, 0, 1)
    assert not firm.can_bear(100_000, 109_900, 0, 1)
    assert firm.can_bear(100_000, 121_100, 0, 2)
    assert not firm.can_bear(100_000, 120_900, 0, 2)


def test_a_contract_carried_leaves_less_for_the_next():
    model = Place()
    firm = model.open(model.provider())
    firm.sign(contract(firm, 60, funder=""), expected_pence=70_000, spread_pence=100_000, years_to_payment=2)
    # 60,000 of 700,000 laid out; 60,000 + 100,000 - 70,000 = 90,000 of 125,000 at risk until year 3
    assert firm.can_bear(640_000, 800_000, 195_000, 1)  # loss 35,000
    assert not firm.can_bear(640_001, 800_000, 0, 1)
    assert not firm.can_bear(640_000, 800_000, 195_001, 1)
    firm.end_of_year()
    assert firm.can_bear(700_000, 800_000, 135_000, 1)  # the outlay is over, the risk is not
    assert not firm.can_bear(700_000, 800_000, 135_001, 1)
    for model.calendar.quarter in (5, 9):
        firm.end_of_year()
    assert firm.can_bear(700_000, 800_000, 225_000, 1)


def test_a_funded_contract_takes_no_working_capital():
    model = Place()
    firm = model.open(model.provider())
    firm.sign(contract(firm, 60))
    assert firm.can_bear(700_000, 900_000, 0, 1)
    firm.sign(replace(contract(firm, 60), at_risk=0.25))  # but for the part at risk: a quarter of 60,000
    assert firm.can_bear(685_000, 900_000, 0, 1)
    assert not firm.can_bear(685_001, 900_000, 0, 1)


def test_in_house_bears_what_its_public_body_stands_behind():
    model = Place()
    staff = model.provider("staff", "in_house", opening_reserve=0.0, overdraft=0.0, risk_appetite=0.0)
    assert staff.can_bear(10**9, 2 * 10**9, 2 * 10**9, 1)
    assert not staff.can_bear(10**9, 10**9 - 1, 0, 1)  # though not what it expects to lose by


def test_families_it_can_carry_follow_from_the_same_limits():
    model = Place()
    firm = model.open(model.provider(capacity=2000.0))
    project = Project(None, programme(), firm, 900, 1100, None)
    assert firm.can_carry(project, 1200) == 700  # 7,000 pounds at 10 a family
    assert firm.can_carry(project, 1200, spread_pence=500) == 125_000 // 300
    assert firm.can_carry(project, 1200, 0.875) == 800  # 8.75 a family
    assert firm.can_carry(project, 1099) == 0
    firm.sign(contract(firm, 1400))
    assert firm.can_carry(project, 1200) == 100  # staff for 1,000, half as many again
    assert model.provider("staff", "in_house").can_carry(project, 1200) == 150


# Fixed cost and volume

FIXED = {"fixed_share": 0.25}  # 250 of 1,000 a family; a team is for 4 x 10 families


@pytest.mark.parametrize(
    ("families", "cost", "price"),
    [(80, 80_000, 1100), (40, 40_000, 1100), (20, 25_000, 1375), (10, 17_500, 1925), (1, 10_750, 11_825)],
)
def test_a_contract_costs_a_teams_fixed_cost_and_so_much_a_family_by_hand(families, cost, price):
    """40 families fill a team at 1,000 each. For 20 the team's 10,000 stays and 20 x 750 is added: 1,250 each and a tenth."""
    firm = Place().provider(**FIXED)
    assert firm.contract_pence(programme(), families) == cost
    assert firm.price_pence(programme(), families) == price
    assert firm.bid_score(programme(), firm.model.body(), families) == pytest.approx(
        firm.bid_score(programme(), firm.model.body(), 80) * 1100 / price
    )


@pytest.mark.parametrize("code", SHIPPED)
def test_a_contract_that_fills_a_team_costs_what_is_published(code):
    """The catalogue's cost times the provider's ratio; whatever is fixed of it, and however much larger the contract is."""
    values = {name: item.value for name, item in SHIPPED[code]["values"].items()}
    firm = Place().provider(code, SHIPPED[code]["sector"], **{**values, "bid_spread": 0.0})
    assert firm.fixed_share > 0
    full = max(1, firm.team_families)
    for families in (full, 3 * full):
        assert firm.contract_pence(programme(), families) == families * round(1000 * firm.cost_ratio)
    assert firm.price_pence(programme(), full) == firm.price_pence(programme(), 9 * full)
    if full > 1:
        assert firm.price_pence(programme(), 1) > firm.price_pence(programme(), full)


def test_a_team_and_the_least_contract_follow_the_places_smallest_project():
    model = Place()
    firm = model.provider(team_size=2.5, least_contract=1.5)
    assert (firm.team_families, firm.least_families) == (25, 15)
    model.scale = 0.1
    firm = model.provider(team_size=2.5, least_contract=0.05)
    assert (firm.team_families, firm.least_families) == (2, 1)


def test_a_provider_loses_by_families_that_are_not_paid_for_by_hand():
    """The last 10 of 40 are cancelled: 30 x 1,100 against 16,000 fixed and 30 x 600, 1,000 short; with nothing fixed 3,000 over."""
    for share, left in ((0.4, -1_000), (0.0, 3_000)):
        model = Place()
        firm = model.open(model.provider(opening_reserve=0.0, overdraft=19.98, fixed_share=share))
        book = ContractBook(model.calendar, CHOICES["paid_for"]["block"])
        signed = contract(firm, 40)
        book.running = [signed]
        for quarter in range(1, 5):
            model.calendar.quarter = quarter
            model.ledger.transfer(OUTSIDE, firm.account(), book.due(signed), "programme")
            firm.deliver(signed, book.places(signed))
            book.close_quarter()
            if quarter == 3:
                book.cut_next_quarter(signed.funder, 11_000)
        assert firm.balance() == left
        assert firm.is_insolvent() == (left < 0)  # it can borrow 999


def test_what_is_fixed_is_spent_as_the_contract_was_planned():
    """7 families need a team of 40: 10,000, of which 2, 4, 6 and 7 sevenths are spent by the quarters' ends."""
    model = Place()
    firm = model.provider(**FIXED)
    signed, found = contract(firm, 7), []
    for model.calendar.quarter in range(1, 5):
        found.append(firm.delivery_pence(signed, 0))
    assert found == [2857, 2857, 2857, 1429]
    assert firm.delivery_pence(signed, 1) == 1429 + 750


def test_with_less_capital_it_carries_fewer_and_dearer_families_by_hand():
    """30,000 is enough for 30 at 1,000 each. But 30 cost 1,083 each, 27 cost 1,120 and 26 cost 1,135: 26, if 1,248 is paid."""
    model = Place()
    firm = model.open(model.provider(opening_reserve=600.0, overdraft=0.0, **FIXED))
    project = Project(None, programme(), firm, 40, 1100, None)
    assert firm.can_carry(project, 1300) == 26
    assert firm.can_carry(project, 1249) == 26
    assert firm.can_carry(project, 1248) == 0  # ten per cent for the wait make it 1,248.5
    firm = model.open(model.provider("rich", **FIXED))
    assert firm.can_carry(replace(project, provider=firm), 1100) == 40
    assert firm.can_carry(replace(project, provider=firm, families=30), 1100) == 0
    staff = model.provider("staff", "in_house", **FIXED)
    assert staff.can_carry(replace(project, provider=staff, families=20), 1375) == 20
    assert staff.can_carry(replace(project, provider=staff, families=20), 1374) == 0


def test_the_outlay_of_a_small_contract_is_a_teams():
    """20 families cost 25,000, not 20,000: 675,000 of 700,000 are left."""
    model = Place()
    firm = model.open(model.provider(**FIXED))
    firm.sign(contract(firm, 20, funder=""), expected_pence=25_000)
    assert firm.can_bear(675_000, 900_000, 0, 1)
    assert not firm.can_bear(675_001, 900_000, 0, 1)


# Bids


def test_what_a_family_costs_and_is_charged_by_hand(monkeypatch):
    """1,000 x 0.9 x exp(0.1 x 2) = 1,099.26, and a margin of a tenth on whole pence: 1,208.9; a team of staff 0.5 of it."""
    asked = []
    monkeypatch.setattr("sim.agents.provider.normal", lambda *key: asked.append(key) or 2.0)
    model = Place(seed=7)
    firm = model.provider(cost_ratio=0.9, bid_spread=0.1)
    assert firm.cost_pence(programme()) == 1099
    assert firm.price_pence(programme(), 9) == 1209
    assert asked[0] == (7, "bid", "firm", "talk", 1)
    model.arrangement.optional = {"delivery_cost_ratio": 0.5}.__getitem__
    assert firm.cost_pence(programme()) == 1099
    assert model.provider("staff", "in_house", cost_ratio=0.9, bid_spread=0.1).cost_pence(programme()) == 550


def test_without_presentation_a_bid_shows_its_value_for_money():
    model = Place()
    firm = model.provider(presentation=0.0)
    assert firm.bid_score(programme(), model.body(), 9) == pytest.approx(0.8 / 1100)
    assert firm.bid_score(programme(), model.parties["council"], 9, ease=1.5) == pytest.approx(1.2 / 1100)


def test_skill_makes_the_same_bid_look_better_by_the_presentation():
    """Same code, so the same luck: full skill adds exp(0.2)."""
    model = Place()
    body = model.body()
    poor, able = (model.provider(bidding_skill=skill) for skill in (0.0, 1.0))
    assert able.price_pence(programme(), 9) == poor.price_pence(programme(), 9)
    assert able.bid_score(programme(), body, 9) / poor.bid_score(programme(), body, 9) == pytest.approx(np.exp(0.2))
    assert poor.bid_score(programme(), body, 9, lot=1) != poor.bid_score(programme(), body, 9)


def test_easier_procurement_for_owners_wins_them_lots():
    model = Place()
    body = model.body()
    owner, other = model.provider("owner"), model.provider("other")

    def won(ease):
        lots = range(2000)
        return np.mean([owner.bid_score(programme(), body, 9, ease, lot) > other.bid_score(programme(), body, 9, 1, lot)
                        for lot in lots])  # fmt: skip

    assert won(1.0) == pytest.approx(0.5, abs=0.04)
    # odds of ease ** (SKILL_LOG_ODDS / presentation): ease of 1.05 is odds of 2.92
    assert won(1.05) == pytest.approx(0.745, abs=0.04)


def test_community_groups_win_as_in_erdington():
    """29 groups, four of them able, 29 small lots of one size: the four won 1.3m of 1.4m pounds, 93%."""
    shares = []
    for seed in range(40):
        model = Place(seed)
        body = model.body()
        groups = [model.provider(f"group{i}", "community", bidding_skill=float(i < 4)) for i in range(29)]
        best = [max(range(29), key=lambda i, lot=lot: groups[i].bid_score(programme(), body, 9, lot=lot))
                for lot in range(29)]  # fmt: skip
        shares.append(np.mean(np.array(best) < 4))
    # standard error over 40 tenders: sqrt(0.93 * 0.07 / (29 * 40)) = 0.0076
    assert np.mean(shares) == pytest.approx(1.3 / 1.4, abs=0.025)
    assert min(shares) < 1.0
    assert pytest.approx(81.25) == np.exp(SKILL_LOG_ODDS)


def test_shipped_community_groups_lose_to_able_bidders_of_the_same_value():
    model = Place()
    body = model.body()
    skills = {code: entry["values"]["bidding_skill"].value for code, entry in SHIPPED.items()}
    firms = {code: model.provider(code, bidding_skill=skill) for code, skill in skills.items()}
    wins = dict.fromkeys(firms, 0)
    for lot in range(3000):
        wins[max(firms, key=lambda code: firms[code].bid_score(programme(), body, 9, lot=lot))] += 1
    odds = {code: np.exp(SKILL_LOG_ODDS * skill) for code, skill in skills.items()}
    for code, number in wins.items():
        assert number / 3000 == pytest.approx(odds[code] / sum(odds.values()), abs=0.035)


def test_winning_teaches_bidding():
    firm = Place().provider()
    firm.end_of_year()
    assert firm.bidding_skill == 0.0
    firm.sign(contract(firm, 5))
    firm.end_of_year()
    firm.sign(contract(firm, 5))
    firm.end_of_year()
    assert firm.bidding_skill == pytest.approx(0.19)


# Failure


def test_a_group_that_covers_its_cost_never_fails_for_the_quarters_of_a_year():
    """7 families at 1,100 are 2, 2, 2 and 1 a quarter: 2,200 three times and 1,100, against a cost of 1,000 each."""
    model = Place()
    firm = model.open(model.provider(opening_reserve=0.0, overdraft=0.0))
    book = ContractBook(model.calendar, CHOICES["paid_for"]["block"])
    signed = Contract("council", "talk", "firm", 1, 1, 7, firm.price_pence(programme(), 9), "council:prevention")
    paid = []
    for quarter in range(1, 5):
        model.calendar.quarter = quarter
        paid.append(book.due(signed))
        model.ledger.transfer(OUTSIDE, firm.account(), paid[-1], "programme")
        firm.deliver(signed, book.places(signed))
        assert not firm.is_insolvent()
    assert paid == [2_200, 2_200, 2_200, 1_100]
    assert sum(paid) == signed.cost_pence == 7_700
    assert firm.balance() == 700  # with a quarter of 7,700 each time it would lack 75 after the first


def test_families_of_a_cancelled_sum_are_not_taken_on():
    """Of 8 families at 1,001 the last quarter's 2 are 2,002: of 1,000 cancelled a half is left, 1.001 families, so one."""
    calendar = Calendar()
    book = ContractBook(calendar, CHOICES["paid_for"]["block"])
    signed = Contract("council", "talk", "firm", 1, 1, 8, 1_001, "council:prevention")
    book.running, calendar.quarter = [signed], 3
    assert book.owed_next_quarter("council:prevention") == 2_002
    book.cut_next_quarter("council:prevention", 1_000)
    assert book.owed_next_quarter("council:prevention") == 1_001
    calendar.quarter = 4
    assert (book.places(signed), book.due(signed)) == (1, 1_001)


def test_it_is_insolvent_beyond_its_overdraft_and_then_out_for_good():
    model = Place()
    firm = model.open(model.provider())
    firm.deliver(contract(firm, 700), 700)
    assert firm.balance() == -200_000
    assert not firm.is_insolvent()
    firm.deliver(contract(firm, 1), 1)
    assert firm.is_insolvent()
    firm.fail()
    assert firm.failed
    assert firm.may_take(programme(), 10) == 0
    assert firm.bid_score(programme(), model.body(), 9) == 0.0
    assert not firm.can_bear(1, 10, 0, 1)
    assert firm.balance() == -201_000  # its creditors' loss stays on the books
    money_is_conserved(model)


# Creaming and parking


def test_creaming_needs_a_flat_outcome_tariff():
    firm = Place().provider(creaming=1.0)
    assert firm.order(True, False, "council", "talk") == -1
    assert firm.order(True, True, "council", "talk") == 1
    assert firm.order(False, False, "council", "talk") == 1
    assert firm.effort_on_hardest(True, False) == 0.6
    assert firm.effort_on_hardest(True, True) == firm.effort_on_hardest(False, False) == 1.0
    assert Place().provider(creaming=0.0).order(True, False, "council", "talk") == 1


def test_who_parks_keeps_what_it_does_not_spend_by_hand():
    """Two places a quarter, one of them for a family in crisis that gets 0.6 of the staff: 500 fixed and 1.6 x 750, not 2,000."""
    model = Place()
    firm = model.open(model.provider(fixed_share=0.25, team_size=0.0))
    full, parking = contract(firm, 8), replace(contract(firm, 8), effort=0.6)
    for signed in (full, parking):
        signed.taken, signed.hardest = {0: 2, 1: 2}, {0: 1, 1: 0}
    assert firm.delivery_pence(full, 2) == 2000
    assert firm.delivery_pence(parking, 2) == 1700
    model.calendar.quarter = 2  # nobody in crisis came
    assert firm.delivery_pence(parking, 2) == 2000
    model.calendar.quarter = 1
    firm.deliver(parking, 2)
    assert firm.balance() == 500_000 - 1700


def test_creaming_is_drawn_by_contract_and_year():
    model = Place()
    firm = model.provider(creaming=0.7)
    orders = [firm.order(True, False, "council", i) for i in range(2000)]
    assert np.mean(np.array(orders) == -1) == pytest.approx(0.7, abs=0.03)
    assert orders == [firm.order(True, False, "council", i) for i in range(2000)]
    model.calendar.quarter = 5
    assert orders != [firm.order(True, False, "council", i) for i in range(2000)]


# In-house


def test_in_house_is_settled_with_those_who_bought():
    model = Place()
    council, nhs = model.body(pence=1_000), model.body("nhs", 100_000)
    staff = model.provider("staff", "in_house")
    staff.sign(contract(staff, 30))
    staff.sign(replace(contract(staff, 10), body="nhs"))
    model.ledger.transfer(OUTSIDE, "staff", 403, "programme")
    staff.end_of_year()
    assert staff.balance() == 0
    assert (council.balance("prevention"), nhs.balance("prevention")) == (1_302, 100_101)
    staff.sign(contract(staff, 30))
    staff.sign(replace(contract(staff, 10), body="nhs"))
    staff.deliver(contract(staff, 8), 8)
    staff.end_of_year()  # a deficit of 8,000: 6,000 is the council's, which has 1,302
    assert (council.balance("prevention"), nhs.balance("prevention")) == (0, 98_101)
    assert staff.balance() == -4_698
    assert not staff.is_insolvent()
    money_is_conserved(model)


def test_an_in_house_surplus_goes_back_as_it_came_this_year():
    """100 for places and 300 for outcomes this year leave 400: 100 of it goes back as price, whatever came last year."""
    model = Place()
    council, staff = model.body(), model.provider("staff", "in_house")
    model.ledger.transfer(OUTSIDE, "staff", 900, "programme")
    model.ledger.transfer("staff", OUTSIDE, 900, "delivery")
    model.calendar.quarter = 5
    model.ledger.at(5)
    staff.sign(contract(staff, 30))
    model.ledger.transfer(OUTSIDE, "staff", 100, "programme")
    model.ledger.transfer(OUTSIDE, "staff", 300, "outcome_payment")
    model.ledger.transfer(OUTSIDE, "firm", 5000, "programme")
    staff.end_of_year()
    assert [p[3:] for p in model.ledger.postings if p[1] == "staff" and p[0] == 5] == [
        (100, "programme"),
        (300, "outcome_payment"),
    ]
    assert council.balance("prevention") == 400


# Brokers


def test_a_broker_teaches_its_groups_and_is_paid_base_and_commission():
    model = Place()
    body = model.body(pence=20_000_000)
    weak = model.provider("weak", "community", bidding_skill=0.2, reach=0.30)
    known = model.provider("known", "community", bidding_skill=0.6, reach=0.47)
    close = model.provider("close", "community", bidding_skill=0.6, reach=0.55)
    firm = model.provider("firm", bidding_skill=0.2)
    broker = Broker(model)
    assert broker.work([body]) == 6_000_000  # 120,000 pounds a million people, half a million people
    assert [group.code for group in broker.helped] == ["weak", "close", "known"]
    assert [round(item.bidding_skill, 9) for item in (weak, known, close, firm)] == [0.28, 0.64, 0.64, 0.2]
    assert [round(item.reach, 9) for item in (weak, known, close, firm)] == [0.32, 0.48, 0.55, 0.3]
    weak.sign(contract(weak, 10))
    firm.sign(contract(firm, 1000))
    assert broker.work([body]) == 6_000_000 + 550  # a twentieth of 11,000 pence
    assert body.balance("prevention") == 20_000_000 - 12_000_550
    assert broker.balance() == 0
    assert [flow[1:] for flow in model.ledger.flows() if "broker" in flow[1:3]] == [
        ("broker", OUTSIDE, "delivery", 12_000_550),
        ("council", "broker", "transaction_cost", 12_000_550),
    ]
    money_is_conserved(model)


def test_a_broker_half_paid_does_half_the_work_and_none_for_nothing():
    model = Place()
    body = model.body(pence=3_000_000)
    group = model.provider("group", "community")
    broker = Broker(model)
    assert broker.work([body]) == 3_000_000
    assert group.bidding_skill == pytest.approx(0.05)
    assert broker.work([body]) == 0
    assert group.bidding_skill == pytest.approx(0.05)
    assert broker.helped == []


def test_several_bodies_share_a_brokers_bill_by_what_they_hold():
    model = Place()
    rich, poor = model.body("rich", 9_000_000), model.body("poor", 3_000_000)
    assert Broker(model).work([rich, poor]) == 6_000_000
    assert (rich.balance("prevention"), poor.balance("prevention")) == (4_500_000, 1_500_000)


def test_a_full_caseload_takes_the_least_skilled():
    model = Place()
    for i in range(31):
        model.provider(f"group{i:02}", "community", bidding_skill=i / 40)
    model.providers[0].fail()
    assert [group.code for group in Broker(model).caseload()] == [f"group{i:02}" for i in range(1, 30)]


def test_a_broker_evens_out_the_tender():
    """Ten years of brokers lift the 25 from skill 0 to 0.65: the four's share falls from 93% to 43%."""
    model = Place()
    body = model.body(pence=10**10)
    groups = [model.provider(f"group{i}", "community", bidding_skill=float(i < 4)) for i in range(29)]
    broker = Broker(model)
    for _ in range(10):
        broker.work([body])
    assert groups[-1].bidding_skill == pytest.approx(1 - 0.9**10)
    best = [
        max(range(29), key=lambda i, lot=lot: groups[i].bid_score(programme(), body, 9, lot=lot)) for lot in range(600)
    ]
    able = 4 / (4 + 25 * np.exp(-SKILL_LOG_ODDS * 0.9**10))
    assert np.mean(np.array(best) < 4) == pytest.approx(able, abs=0.06)


def test_every_value_can_be_set_by_name():
    for name in PROVIDER_VALUES:
        low = SHIPPED["private_small"]["values"][name].low
        inputs = load_inputs("silo", "milltown", {f"providers.private_small.{name}": low})
        assert inputs.providers["private_small"]["values"][name].value == low


def test_a_contract_counts_who_came_and_who_of_them_is_in_crisis():
    signed = contract(Place().provider(), 9)
    signed.take_on(0, np.array([3, 1, 0, 3]))
    signed.take_on(1, np.array([], int))
    assert (signed.taken, signed.hardest) == ({0: 4, 1: 0}, {0: 2, 1: 0})
