"""What bodies choose from and commit to, and what outcome payments come to, worked by hand (docs/odd.md, 6.3, 6.4, 6.7)."""

import math
from copy import copy
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from sim.agents.party import Belief
from sim.core.ledger import OUTSIDE
from sim.deals.contracts import Contract, Project
from sim.deals.funding import Funding
from sim.deals.market import Market
from sim.deals.terms import Backing
from sim.evaluation.groups import Cohort
from sim.evaluation.tally import Tally
from sim.programmes.appraisal import Appraisal
from sim.rules import CHOICES
from sim.rules.money import forecast_shares
from tests.conftest import with_numbers, with_values
from tests.test_agents import agency, system
from tests.test_outcome_bond import GOOD
from tests.test_rules import hold, town


def appraised(value, years=25, cost=100.0):
    return Appraisal(np.zeros((years, 1)), np.zeros(1), np.zeros(1), cost, value, 0.0, 0.0, None, 0.5)


def with_parts(model, *parts):
    model.arrangement = replace(model.arrangement, parts=parts)
    return model


# The market of a year


def test_what_a_naive_analyst_knows_by_hand():
    """Four families used 8 case-quarters of a line last year: 2 each; a belief of 2 with variance 0.25 is a quarter unsure.

    Conduct that worsens half as often and eases as often as before saves half of it; at a belief of 2 three quarters.
    """
    model = system("silo", {"appraisal.method": "snapshot"})
    programme, use = model.catalogue["parenting"], np.zeros(len(model.lines))
    line = model.lines.ids.index("camhs")
    use[line] = 8
    published = np.zeros((2, len(model.place.needs)))
    published[0, model.lines.need[line]] = math.log(0.5)
    like = replace(programme, effects=())
    object.__setattr__(like, "published", lambda place: published)
    model.market._survey = {"parenting": (4, use)}
    case = model.market.case_for(like, Belief(2.0, 0.25), 100, 3)
    assert case.uncertainty == 0.25
    assert case.cost_pence == 100
    assert case.benefit_pence.shape == (25, len(model.lines))
    faded = 0.5 ** ((0.5 - min(0.5, programme.get("duration") / 4)) / programme.get("half_life"))
    assert case.benefit_pence[0, line] == pytest.approx(2 * 0.75 * model.services.prices.average[line] * faded)
    assert case.benefit_pence[0].sum() == case.benefit_pence[0, line]
    model.market._survey = {"parenting": (0, use)}
    assert model.market.case_for(like, Belief(1.0, 0.1), 100, 3) is None


def projecting(model, saved, years=5):
    """Let every projection save so many case-quarters of each line a quarter, by line, in proportion to the belief."""
    asked = []

    def of(programme, horizon):
        asked.append((programme.id, horizon))
        rows = np.tile(np.asarray(saved, float), (4 * years, 1))
        return SimpleNamespace(
            by_year=lambda theta: theta * 4 * rows[::4], avoided=lambda theta: theta * rows, staying=np.ones(4 * years)
        )

    model.projections = SimpleNamespace(of=of)
    return asked


def test_what_a_projection_tells_an_analyst_counts_on_every_line_by_hand():
    """A tenth of a case-quarter saved a quarter on every line, at a belief of 2: 0.8 a year for five years, then nothing."""
    model = system("silo")
    asked = projecting(model, np.full(len(model.lines), 0.1))
    case = model.market.case_for(model.catalogue["parenting"], Belief(2.0, 0.25), 100, 3)
    np.testing.assert_allclose(case.benefit_pence[:5], np.tile(0.8 * model.services.prices.average, (5, 1)))
    assert not case.benefit_pence[5:].any()
    assert len(case.benefit_pence) == 25
    assert asked == [("parenting", 3)]
    model.projections = SimpleNamespace(of=lambda programme, horizon: None)
    model.market.open()
    assert model.market.case_for(model.catalogue["parenting"], Belief(2.0, 0.25), 100, 3) is None


def bidders(model, **bids):
    """Providers with a score, and families they can take."""
    model.providers = [
        SimpleNamespace(
            code=code, sector=sector, bid_score=lambda programme, body, families, ease, score=score: score * ease,
            least_families=1, price_pence=lambda programme, families: 100,
            may_take=lambda programme, wanted, families=families: min(wanted, families),
        )
        for code, (sector, score, families) in bids.items()
    ]  # fmt: skip


def test_the_best_bid_counts_by_the_families_it_can_take():
    """A score of 3 for 4 of 10 families is 1.2, of 2 for 7 is 1.4; who can take nobody is out, and equals go by name."""
    model = system("silo")
    item, best = agency(model, "council"), model.market.best_provider
    bidders(model, a=("private", 3.0, 4), b=("community", 2.0, 7), c=("private", 99.0, 0))
    assert best(None, item, 10).code == "b"
    assert best(None, item, 4).code == "a"
    with_numbers(model, ease_private=1.5)
    assert best(None, item, 10).code == "a"  # 1.8
    model.arrangement = replace(model.arrangement, sectors=("community",))
    assert best(None, item, 10).code == "b"
    bidders(model, a=("community", 1.0, 0))
    assert best(None, item, 10) is None


def test_who_does_not_bid_for_so_few_refuses_on_record_once_a_year():
    """The firm's bid of 3 is the best, but for no fewer than 5: for 4 the staff's 2 wins."""
    model = system("silo")
    model.calendar.quarter = 1
    item, programme, best = agency(model, "council"), model.catalogue["parenting"], model.market.best_provider
    bidders(model, firm=("private", 3.0, 9), staff=("in_house", 2.0, 9))
    model.providers[0].least_families = 5
    assert [best(programme, item, wanted).code for wanted in (5, 4, 3)] == ["firm", "staff", "staff"]
    row = (1, "firm", "refuse", "4", "parenting", "asked by council: bids for no fewer than 5")
    assert model.decisions.rows == [row]
    model.market.open()
    best(programme, item, 4)
    assert model.decisions.rows == [row, row]
    for families in (0, 1):  # who is full, or is asked for fewer than a project takes, has nothing to refuse
        model.providers[0].may_take = lambda programme, wanted, families=families: families
        model.market.open()
        assert best(programme, item, 4).code == "staff"
    assert len(model.decisions.rows) == 2


@pytest.mark.parametrize(
    ("families", "sector", "bids"), [(2, "private", False), (3, "private", True), (2, "in_house", True)]
)
def test_nobody_bids_at_a_national_price_below_its_cost_but_public_staff(families, sector, bids):
    """Two families cost 2,500 and are paid 2,400; three cost 3,500 and are paid 3,600."""
    model = system("tariff_nhs")
    model.calendar.quarter = 1
    body, programme = model.bodies[0], SimpleNamespace(id="parenting", cost_pence=lambda: 1200)
    firm = SimpleNamespace(
        code="firm", least_families=1, is_in_house=sector == "in_house",
        contract_pence=lambda programme, families: 500 + 1000 * families,
    )  # fmt: skip
    assert model.market.bids(firm, programme, body, families) == bids
    why = f"asked by {body.code}: a price of 1200 does not cover its cost of 1250"
    assert model.decisions.rows == [(1, "firm", "refuse", "2", "parenting", why)] * (not bids)


VOLUME = {6: 100, 5: 110, 4: 130, 3: 140, 2: 180}  # price a family of a contract for so many


def priced_by_volume(model, item, values=None):
    """Let an agency face a project of 6 families whose price hangs on how many there are."""
    choosing(model, item, {"parenting": 100}, {"parenting": 50})
    model.market.price_pence = lambda programme, provider, families: VOLUME.get(families, 500)
    item.appraise = lambda programme, price: appraised(150 - price, cost=price)
    provider = model.market.best_provider("", "")
    return Project(item, model.catalogue["parenting"], provider, 6, 100, appraised(50))


@pytest.mark.parametrize(
    ("money", "families"),
    [(600, 6), (599, 5), (550, 5), (549, 4), (520, 4), (519, 3), (420, 3), (419, 2), (359, 0), (0, 0)],
)
def test_a_sum_covers_families_at_the_price_of_so_many_by_hand(money, families):
    """599 is five at 100, which cost 110 each, 550; 549 is four at 130, 519 three at 140, 419 two at 180, and 359 no one at 500."""
    model = system("silo")
    project = priced_by_volume(model, agency(model, "council"))
    assert model.market.affordable(project, money) == families


def test_part_of_a_price_and_what_is_owed_beside_it_are_covered_by_hand():
    """Half of the price and 10 beside it: 6 at 60 are 360; of 359, five at 65 are 325."""
    model = system("silo")
    project = priced_by_volume(model, agency(model, "council"))
    assert [model.market.affordable(project, money, 0.5, 10) for money in (360, 359)] == [6, 5]


def test_a_smaller_contract_is_signed_at_its_own_price_and_only_if_worth_it():
    """Four families at 130 are worth 20 each and are bought for 520; two at 180 cost more than their benefit of 150."""
    for money, families in ((620, {"parenting": 4}), (500, {})):
        model = system("silo")
        model.calendar.quarter = 1
        item = agency(model, "council")
        project = priced_by_volume(model, item)
        item._projects = lambda project=project: [(-0.5, "parenting", project)]
        hold(model, item, money)
        item.commission(money)
        assert bought(model) == families
        assert [contract.price_pence for contract in model.contracts.running] == [130] * len(families)


def test_a_contract_too_small_for_the_best_bidder_is_tendered_anew():
    """Money for three of six: the firm bids for no fewer than four, the staff take them."""
    model = system("silo")
    item, staff = agency(model, "council"), model.party("in_house")
    project = replace(priced_by_volume(model, item), price_pence=100)
    model.market.price_pence = lambda programme, provider, families: 100
    model.outcomes.value_to = lambda who, what: 1
    project.provider.least_families, seen = 4, []
    staff.may_take = lambda programme, wanted: wanted
    model.market.best_provider = lambda *asked, for_others: seen.append(asked[2:]) or staff
    own = item._own_backing(project, 399, 6, 2)
    assert (own.families, own.project.provider, seen) == (3, staff, [(3, 2)])
    assert item._own_backing(project, 499, 6, 2).project.provider is project.provider
    model.market.best_provider = lambda *asked, for_others: None
    assert item._own_backing(project, 399, 6, 2).families == 0
    assert len(seen) == 1


def test_room_is_the_years_reach_less_what_others_there_have_taken():
    """200 families like the target, a tenth reached a year, half of it a body's scope: 10; 4 taken there leave 6."""
    model = system("silo")
    programme, market = model.catalogue["parenting"], model.market
    programme = SimpleNamespace(id="parenting", a_year=1.0, believed={"most_reached": 0.1}.get)
    body, other, elsewhere = (SimpleNamespace(areas=areas, scope=lambda: 0.5) for areas in (None, None, (0, 1)))
    market._survey = {"parenting": (200, None)}
    assert market.room_for(programme, body) == 10
    market.take(other, "parenting", 3)
    market.take(other, "parenting", 1)
    market.take(other, "mst", 5)
    assert market.room_for(programme, body) == 6
    assert market.room_for(programme, elsewhere) == 10
    market.take(body, "parenting", 99)
    assert market.room_for(programme, body) == 0


def test_a_pilot_passes_at_the_effect_asked_for_and_its_first_finding_decides():
    """A fifth of 11 families is 3 in the pilot; all after an effect of a half or more, none after less."""
    model = with_parts(with_numbers(system("silo"), pilot_share=0.2, go_from=0.5), "staged")
    market = model.market
    assert market.stage("parenting", 11) == 3
    for estimate, families in ((0.5, 11), (0.49, 0)):
        market._stages = {}
        market.pass_pilot("parenting", estimate)
        market.pass_pilot("parenting", 0.5 - estimate)
        assert market.stage("parenting", 11) == families
    assert with_parts(model).market.stage("parenting", 11) == 11


def test_a_forecast_adds_up_programmes_that_can_be_bought():
    model = system("pooled_s75")
    body, line = model.bodies[0], np.eye(len(model.lines))[0]
    model.catalogue = {name: SimpleNamespace(id=name) for name in ("a", "b", "c", "d")}
    body.may_commission = lambda programme: programme.id != "a"
    model.market.room_for = lambda programme, who: 9
    model.market.best_provider = lambda programme, who, wanted: (
        None if programme.id == "b" else SimpleNamespace(price_pence=lambda what, families: families - 2)
    )
    body.appraise = lambda programme, price: SimpleNamespace(present_fiscal=price * 10 * line)
    assert model.market.forecast_benefit(body)[0] == 140
    body.members = lambda: [SimpleNamespace(part_of=lambda by_line, j=j: by_line[j]) for j in (0, 1)]
    assert forecast_shares(body) == [140, 0]
    body.appraise = lambda programme, price: SimpleNamespace(present_fiscal=-line)
    assert forecast_shares(body) == [1, 1]


def test_what_was_promised_of_the_year_just_past_follows_when_families_enrolled_by_hand():
    """A case-quarter saved in the first quarter after enrolment, 2 in the second, and so on; half have left after a year.

    Three families enrolled in year 1's first quarter are in their 4th to 7th when year 2 is measured, one enrolled in its
    last in its 1st to 4th: 3 x (4 + (5 + 6 + 7) / 0.5) + (1 + 2 + 3 + 4) over four families.
    """
    model = system("silo")
    model.calendar.quarter = 8
    avoided = np.outer(np.arange(1.0, 21), np.ones(len(model.lines)))
    staying = np.where(np.arange(20) < 4, 1.0, 0.5)
    reach = []
    model.projections = SimpleNamespace(
        of=lambda programme, years: (
            reach.append(years) or SimpleNamespace(avoided=lambda theta: theta * avoided, staying=staying)
        )
    )
    contract = Contract("council", "parenting", "x", 1, 1, 4, 100, "")
    contract.taken = {0: 3, 3: 1}
    model.contracts.signed[contract.key] = contract
    cohort = Cohort(*np.zeros((4, 0)), body="council", programme="parenting", year=1)
    expected = (3 * (4 + 18 / 0.5) + 10) / 4
    np.testing.assert_allclose(model.evaluation.promise(cohort), expected * model.services.prices.average)
    assert reach == [2]


# Choosing (6.4)


def choosing(model, item, prices, values, room=6, **changes):
    """Let an agency face programmes of given prices and values, with a provider that takes all."""
    item.appraise = lambda programme, price: (
        None if values[programme.id] is None else appraised(values[programme.id], cost=price)
    )
    item.may_commission = lambda programme: programme.id in prices
    item.smallest_project, item.project_cost = lambda: changes.get("smallest", 2), lambda name: 100
    provider = next(item for item in model.providers if not item.is_in_house)
    provider.may_take, provider.least_families = (lambda programme, wanted: wanted), 1
    model.market.best_provider = lambda programme, body, *wanted, **apart: provider
    model.market.price_pence = lambda programme, provider, families: prices[programme.id]
    model.market.room_for = lambda programme, body: room
    return item


def backed_by(model, back):
    """Let projects be backed so; the rules of the arrangement as it is read are everybody's."""
    model.rules = copy(model.rules)
    object.__setattr__(model.rules, "back", back)


def bought(model):
    return {contract.programme: contract.families for contract in model.contracts.running}


@pytest.mark.parametrize(
    ("money", "smallest", "families"),
    [
        (1000, 2, {"parenting": 6}),  # 600 and a fee of 100 leave 300: a fee and one family, fewer than two
        (1000, 1, {"parenting": 6, "keyworker": 1}),
        (1200, 2, {"parenting": 6, "keyworker": 2}),
        (299, 2, {}),  # a fee and 199: one family
        (300, 2, {"parenting": 2}),
        (99, 1, {}),  # not even the fee
    ],
)
def test_the_best_value_per_pound_is_bought_first_by_hand(money, smallest, families):
    """Values of 50 at 100 and 60 at 200: half a pound and 0.3 a pound; one worth nothing more than it costs is left."""
    model = system("silo")
    model.calendar.quarter = 1
    prices, values = (
        {"parenting": 100, "keyworker": 200, "drug_treatment": 10},
        {"parenting": 50, "keyworker": 60, "drug_treatment": 0},
    )
    item = choosing(model, agency(model, "council"), prices, values, smallest=smallest)
    hold(model, item, money)
    item.commission(money)
    assert bought(model) == families
    assert item.projects == dict.fromkeys(families, 1)
    assert money - item.balance("prevention") == 100 * len(families)
    assert {contract.funder for contract in model.contracts.running} <= {"council:prevention"}


def test_any_gain_is_a_gain_and_equals_go_by_name():
    """Half a penny a family above its price is worth it; of two at the same value the first by name comes first."""
    model = system("silo")
    model.calendar.quarter = 1
    item = choosing(
        model, agency(model, "council"), {"parenting": 100, "keyworker": 100}, {"parenting": 0.5, "keyworker": 0.5}
    )
    hold(model, item, 700)
    item.commission(700)
    assert bought(model) == {"keyworker": 6}


def test_money_for_programmes_only_buys_any_benefit_as_far_as_it_goes():
    """Earmarked 450 of 1,000: what is worth 60 of its 100 takes a fee of 100 and three families, and no more."""
    model = system("silo")
    model.calendar.quarter = 1
    item = choosing(
        model, agency(model, "council"), {"parenting": 100, "keyworker": 100}, {"parenting": -40, "keyworker": -100}
    )
    hold(model, item, 1000)
    item.funds.earmarked = 450
    item.commission(1000)
    assert bought(model) == {"parenting": 3}
    assert item.funds.earmarked == 50
    assert item.projects == {"parenting": 1}  # what is worth nothing at all is not bought even so
    model.contracts.running, item.funds.earmarked = [], 0
    item.commission(1000)
    assert bought(model) == {}


def test_what_is_worth_nothing_is_not_bought_with_money_for_programmes_only():
    """A value of -100 at a price of 100 is no benefit; of -99 it is."""
    for value, families in ((-100, {}), (-99, {"parenting": 3})):
        model = system("silo")
        model.calendar.quarter = 1
        item = choosing(model, agency(model, "council"), {"parenting": 100}, {"parenting": value})
        hold(model, item, 1000)
        item.funds.earmarked = 450
        item.commission(1000)
        assert bought(model) == families


def test_what_a_provider_can_take_and_a_body_dares_bound_a_project():
    model = system("silo")
    model.calendar.quarter = 1
    item = choosing(model, agency(model, "council"), {"parenting": 100}, {"parenting": 50})
    model.market.best_provider("", "").may_take = lambda programme, wanted: min(4, wanted)
    hold(model, item, 10_000)
    item.dares = lambda appraisal: False
    item.commission(10_000)
    assert bought(model) == {}
    item.dares = lambda appraisal: True
    item.commission(10_000)
    assert bought(model) == {"parenting": 4}


@pytest.mark.parametrize(
    ("own_pays", "room", "offered", "families", "asked"),
    [
        (3, 6, 6, 6, 4),  # own money covers three of six: another must cover more than that
        (3, 6, None, 3, 4),
        (1, 6, None, None, 2),  # one is fewer than two, and nobody else pays
        (6, 6, 6, 6, None),  # own money covers all: nobody is asked
        (0, 1, 6, None, None),  # room for fewer than two
    ],
)
def test_who_covers_a_project_by_hand(own_pays, room, offered, families, asked):
    model = system("silo")
    item = choosing(model, agency(model, "council"), {"parenting": 100}, {}, room=room)
    seen = []

    def back(body, project):
        seen.append((project.families, project.least, project.money))
        return Backing(offered, "other", "other") if offered else None

    backed_by(model, back)
    model.outcomes.value_to = lambda who, project: 1
    project = Project(item, model.catalogue["parenting"], model.market.best_provider("", ""), 9, 100, appraised(1.0))
    money = 100 * own_pays + 99
    backing = item.backing(project, money, min(room, 9), item.smallest_project())
    assert (backing.families if backing else None) == families
    assert seen == ([(room, asked, money)] if asked else [])
    if families == own_pays:
        assert backing.funder == "council:prevention"


def test_where_another_pays_first_it_is_asked_first():
    model, body = town("sib_single")
    choosing(model, body, {"parenting": 100}, {}, room=6)
    project = Project(body, model.catalogue["parenting"], model.market.best_provider("", ""), 9, 100, appraised(1.0))
    backed_by(model, lambda who, what: Backing(what.least, "other", "other"))
    backing = body.backing(project, 10**6, 6, 2)
    assert (backing.families, backing.funder, backing.payee) == (2, "other", "other")


def test_what_a_contract_binds_by_hand():
    """10 at 100: all of it; with 0.3 at risk, 700 and 0.6 of an expected 500; of others' money nothing."""
    model = system("silo")
    item, model.outcomes.own_share = agency(model, "council"), lambda: 0.6
    contract = Contract("council", "parenting", "firm", 1, 1, 10, 100, "council:prevention", "firm", expected_pence=500)
    assert item._commitment(contract) == 1000
    assert item._commitment(replace(contract, at_risk=0.3)) == 1000
    assert item._commitment(replace(contract, funder="vehicle:x")) == 0


def test_a_body_stops_after_its_yearly_cohorts():
    """Two cohorts: in the third year a body that signed in two years has all, other bodies' contracts aside."""
    model = with_numbers(system("silo"), yearly_cohorts=2)
    item = agency(model, "council")
    contract = Contract("council", "parenting", "firm", 1, 1, 10, 100, "")
    several = [
        contract,
        replace(contract, programme="mst"),
        replace(contract, body="nhs", year=2),
        replace(contract, year=3),
    ]
    for number, stops in ((1, False), (2, False), (3, False), (4, True)):
        model.contracts.signed = {entry.key: entry for entry in several[:number]}
        assert item.has_all_cohorts() == stops
    model.dials = {**model.dials, "comparison.envelope": 1}
    model.funding = Funding(model)
    assert not item.has_all_cohorts()
    assert not system("silo").bodies[0].has_all_cohorts()


def test_the_smallest_project_scales_with_the_place():
    """12 families in the whole place, a quarter of it simulated: 3; 13 make 4; never fewer than one."""
    model = system("silo")
    for scale, smallest, families in ((0.25, 12, 3), (0.25, 13, 4), (0.01, 12, 1)):
        model.scale, model.place = scale, with_values(model.place, {"place.smallest_project": smallest})
        assert agency(model, "council").smallest_project() == families


def test_an_envelope_is_topped_up_by_hand():
    """2 pounds a head for half a million people, a tenth simulated; shares of 1 to 3; 10,000 are there already."""
    model = system("silo", {"comparison.envelope": 2_000_000})
    model.scale, model.place = 0.1, with_values(model.place, {"place.population": 500_000})
    body, other = model.bodies[:2]
    model.bodies = [body, other]
    body.claim, other.claim = lambda: 1, lambda: 3
    hold(model, body, 10_000)
    assert model.funding.grant(body) == body.funds.earmarked == 2_500_000  # a quarter of 10 million pence
    assert body.balance("prevention") == 2_500_000
    hold(model, other, 9_000_000)
    assert model.funding.grant(other) == 7_500_000
    assert other.balance("prevention") == 9_000_000  # it had more than its share


def test_families_of_a_provider_that_failed_are_handed_on_to_the_next_best():
    """Seven and two in its care of two contracts; what was to be paid to it for outcomes is the next one's."""
    model = system("silo")
    bidders(model, a=("private", 1.0, 9), b=("community", 2.0, 9))
    own = Contract("council", "parenting", "gone", 1, 1, 10, 100, "", "gone", taken={1: 4, 2: 3})
    paid = replace(own, programme="keyworker", payee="council:reserve", taken={1: 2})
    other = replace(own, programme="triple_p", provider="a", payee="a")
    model.contracts.running = [own, paid, other]
    assert model.market.hand_on(SimpleNamespace(code="gone")) == 9
    assert [contract.provider for contract in model.contracts.running] == ["b", "b", "a"]
    assert [contract.payee for contract in model.contracts.running] == ["b", "council:reserve", "a"]
    bidders(model, a=("private", 1.0, 0))
    assert model.market.hand_on(SimpleNamespace(code="b")) == 9  # to nobody
    assert own.provider == "b"


def test_an_area_is_counted_against_the_base_year_by_hand():
    """1,000 pence of use in the base year and 400 now: at 20 pence a case-quarter 50 and 20."""
    model, seen = system("silo"), []
    n = len(model.lines)
    prices = SimpleNamespace(average=np.array([20] + [0] * (n - 1)))
    model.services = SimpleNamespace(prices=prices)
    model.outturn.first_use, now = np.array([1000.0] + [0.0] * (n - 1)), np.array([400.0] + [0.0] * (n - 1))
    model.outturn.use_this_year = lambda: now
    model.cohorts = SimpleNamespace(measure=lambda *given: seen.append(given[-1]) or [])
    model.evaluation.design = "area_count"
    assert model.evaluation.findings() == []
    np.testing.assert_array_equal(seen[0][:, 0], [50, 20])
    assert not seen[0][:, 1:].any()


def test_a_contract_is_signed_on_the_terms_of_its_backing():
    """Paid by outcome, a provider that creams takes the easiest first, and expects 40 a family for 5 families."""
    model, body = town("pbr_drugs")
    provider = next(item for item in model.providers if item.sector == "private")
    provider.creaming, provider.effort_on_hard = 1.0, 0.5
    model.outcomes.expected = lambda project: 40
    with_numbers(model, hard_premium=0)
    project = Project(body, model.catalogue["parenting"], provider, 9, 100, appraised(1.0, model.years))
    contract = model.market.sign(project, Backing(5, "", provider.code))
    assert (contract.families, contract.expected_pence, contract.order, contract.cost_pence) == (5, 200, -1, 500)
    assert model.market.sign(project, Backing(5, body.account(), "")).expected_pence == 0
    assert model.contracts.running[-1].order == 1
    with_numbers(model, hard_premium=0.5)
    assert model.market.sign(project, Backing(5, "", provider.code)).order == 1


# Outcome payments (6.7)


@pytest.mark.parametrize(
    ("expected", "cap", "at_risk", "value"),
    [
        (40, 0, 0, 50 + 100 - 24),  # 0.6 of 40 is its own
        (200, 1.5, 0, 50 + 100 - 90),  # no more than one and a half times the price
        (40, 0, 0.3, 50 + 100 - 24 - 70),  # and 0.7 of the price whatever comes
    ],
)
def test_no_result_no_payment_by_hand(expected, cap, at_risk, value):
    model, body = town("work_programme", return_cap=cap, provider_share=at_risk)
    model.outcomes.expected, model.outcomes.own_share = lambda project: expected, lambda: 0.6
    project = Project(body, None, None, 9, 100, appraised(50.0))
    assert model.outcomes.value_to(body, project) == pytest.approx(value)
    own = system("silo")
    assert own.outcomes.value_to(agency(own, "council"), project) == 50


def test_what_a_body_expects_to_owe_falls_over_the_years_in_which_it_pays():
    """900 expected, followed for three years after its own: whole until year 2, then two thirds and one; half its own."""
    model, body = town("sib_single", payment_years=3)
    model.outcomes.own_share = lambda: 0.5
    contract = Contract(body.code, "parenting", "firm", 1, 1, 10, 100, "", "firm", expected_pence=900)
    mine = replace(contract, programme="mst", payee=body.outcome_account())
    model.contracts.signed = {item.key: item for item in (contract, mine, replace(contract, body="else"))}
    for year, owed in ((1, 450), (2, 450), (3, 300), (4, 150), (5, 0), (6, 0)):
        model.calendar.quarter = 4 * year
        assert model.outcomes.owed_by(body) == owed


def test_what_is_owed_adds_up_over_contracts_of_several_years():
    """900 of year 1 and 600 of year 3, paid in the two years after: half of the first and all of the second in year 3."""
    model, body = town("sib_single", payment_years=2)
    first = Contract(body.code, "parenting", "firm", 1, 1, 10, 100, "", "firm", expected_pence=900)
    model.contracts.signed = {item.key: item for item in (first, replace(first, year=3, expected_pence=600))}
    for year, owed in ((3, 450 + 600), (4, 600), (5, 300), (6, 0)):
        model.calendar.quarter = 4 * year
        assert model.outcomes.owed_by(body) == owed


def test_a_body_of_the_whole_place_pays_the_whole_cost_of_each_new_cohort():
    """Two new cohorts of its own and one evaluated before, at 70 each; another body's is not its to pay for."""
    model = system("silo")
    council = agency(model, "council")
    council.cost_here = lambda name: {"evaluation_cost": 70}[name]
    assert council.people == council.claim() / council.discretionary_pence == 1
    hold(model, council, 1000)
    model.bodies = [council]
    cohorts = [("council", False), ("council", False), ("council", True), ("nhs", False)]
    found = [SimpleNamespace(cohort=SimpleNamespace(body=body, evaluated=done)) for body, done in cohorts]
    model.evaluation.charge(found)
    assert council.balance("prevention") == 1000 - 140
    hold(model, council, 100)
    model.evaluation.charge(found)  # as far as its money goes
    assert council.balance("prevention") == 0
    assert model.ledger.postings[-1][1:] == ("council:prevention", OUTSIDE, 100, "evaluation_cost")


@pytest.mark.parametrize("centre", [False, True])
def test_what_is_believed_to_be_cash_by_hand(centre):
    """Each agency's own belief for its own lines; on demand-led ones all to the centre where it counts, else nothing."""
    model = system("silo")
    for item, belief in zip(model.agencies, (0.1, 0.2, 0.3, 0.4, 0.5), strict=True):
        item.cash_belief = belief
    model.rules = replace(model.rules, benefit_counted=SimpleNamespace(centre=centre))
    believed = dict(zip(model.lines.ids, agency(model, "council").cashability(), strict=True))
    own = ("foster_care", "camhs", "offender_policing", "prison", "jobcentre_support")
    assert [believed[line] for line in own] == [0.1, 0.2, 0.3, 0.4, 0.5]
    assert believed["jobseekers_allowance"] == centre


def test_the_gate_asks_for_all_conditions_where_it_stands(monkeypatch):
    """Good facts but for one pass no gate; without the part anything does."""
    facts = [GOOD, {**GOOD, "cost_of_saving": 9.0}, {**GOOD, "evidence_grade": 6}, {}]
    open_, gated = (Market(with_parts(system("silo"), *parts)) for parts in ((), ("feasibility_gate",)))
    passed = []
    for known in facts:
        monkeypatch.setattr("sim.deals.market.facts_of", lambda model, project, known=known: known)
        passed.append((open_.is_feasible(None), gated.is_feasible(None)))
    assert passed == [(True, True), (True, False), (True, False), (True, False)]


def test_who_pays_what_part_by_hand():
    """The centre 0.3, outsiders 0.2, and of the remaining half members 3 to 1."""
    model, body = town("pbr_whitehall_pot", centre_share=0.3, outside_share=0.2)
    sharing = SimpleNamespace(payers=lambda who, finding: {"council": 300.0, "nhs": 100.0})
    model.rules = replace(model.rules, savings=sharing)
    shares = model.outcomes.payers(body, None)
    assert shares == pytest.approx({"council": 0.375, "nhs": 0.125, model.centre().code: 0.3, OUTSIDE: 0.2})
    assert model.outcomes.own_share() == pytest.approx(0.5)
    council, nhs = agency(model, "council"), agency(model, "nhs")
    for item in (council, nhs):
        hold(model, item, 1000, "reserve")
        hold(model, item, 0)
    contract = Contract(body.code, "parenting", "nhs", 1, 1, 10, 100, "", "nhs:reserve")
    model.outcomes._pay(contract, None, 800)
    assert council.balance("reserve") == 700
    assert nhs.balance("reserve") == 1000 + 300 + 240 + 160  # but for what it would have paid itself
    assert model.ledger.postings[-1][1:] == (OUTSIDE, "nhs:reserve", 160, "outcome_payment")


def paying(model, rate=1, start=0):
    """Let results be paid for at so many pence a penny saved, and so many pence at the start."""
    with_numbers(model, outcome_share=rate)
    share = replace(CHOICES["paid_for"]["share_of_savings"], start=lambda *of: start)
    model.rules = replace(model.rules, paid_for=share)


def paid_for(model, **found):
    """What is due for one contract of a year, by what was found of it."""
    asked = []
    model.outcomes._pay = lambda contract, finding, pence: asked.append(pence)
    model.outcomes.pay()
    return asked


@pytest.mark.parametrize(
    ("due", "shared", "parts", "paid"),
    [(1000, 0.5, (), 1000), (1000, 0.5, ("double_claims",), 750), (-300, 0.0, (), 0)],
)
def test_what_is_paid_for_a_finding_by_hand(due, shared, parts, paid):
    """A cohort half of which is on another programme as well counts for three quarters where claims overlap."""
    model, body = town("pbr_consortium", outcome_threshold=0)
    with_parts(model, *parts)
    contract = Contract(body.code, "parenting", "firm", 1, 1, 10, 100, "", "firm")
    cohort = SimpleNamespace(key=contract.key, body=body.code)
    finding = SimpleNamespace(cohort=cohort, shared=shared, tally=Tally(due / 2), estimate=True)
    model.contracts.signed, model.findings, model.calendar.quarter = {contract.key: contract}, [finding], 8
    paying(model, rate=2, start=55)
    assert paid_for(model) == [paid]
    model.findings = []
    assert paid_for(model) == []  # not the contract's year, and nothing found
    model.calendar.quarter = 4
    assert paid_for(model) == [55]  # its own year
    model.contracts.signed = {contract.key: replace(contract, payee="")}
    assert paid_for(model) == []


def test_a_saving_at_the_threshold_brings_nothing_and_one_above_it_is_paid():
    """A tenth of a usual 100: saving 10 is not enough, 10.01 is; the bar is that of all families of the cohort."""
    model, _ = town("sib_single", outcome_threshold=0.1)
    model.outcomes.threshold = 0.1
    for saved, passes in ((10.0, False), (10.01, True), (-5.0, False)):
        finding = SimpleNamespace(tally=Tally(20 * saved, 20 * 15.0, 20 * 100.0))
        assert model.outcomes.bar([finding]) == pytest.approx(200)
        assert model.outcomes.passes([finding]) == passes
        # The bar of 200 is 2/3 of the error of 300: 1 - Phi(2/3)
        assert model.outcomes.luck([finding])[0] == pytest.approx(0.5 * math.erfc((2 / 3) / 2**0.5))
    finding.tally = Tally(10.0, 0.0, 2000.0)
    assert model.outcomes.luck([finding]) == (0, 0)


def test_a_cohort_below_its_threshold_brings_nothing_while_another_is_paid():
    model, body = town("sib_single", outcome_threshold=0.1)
    model.outcomes.threshold, model.calendar.quarter, model.vehicle = 0.1, 8, None
    contracts = [Contract(body.code, name, "firm", 1, 1, 10, 100, "", "firm") for name in ("parenting", "keyworker")]
    model.contracts.signed = {contract.key: contract for contract in contracts}
    model.findings = [
        SimpleNamespace(
            cohort=SimpleNamespace(key=contract.key, body=body.code),
            tally=Tally(saved, 0.0, 100.0),
            shared=0.0,
            estimate=True,
        )
        for contract, saved in zip(contracts, (9.0, 11.0), strict=True)
    ]
    paying(model, rate=60)
    assert paid_for(model) == [0, 660]


def test_investors_are_never_owed_more_than_their_cap():
    model, body = town("sib_single")
    contract = Contract(body.code, "parenting", "vehicle:d", 1, 1, 10, 100, "vehicle:d", "vehicle:d")
    model.contracts.signed, model.calendar.quarter = {contract.key: contract}, 4
    model.outcomes.threshold, model.findings = 0, []
    paying(model, start=700)
    model.vehicle = SimpleNamespace(takes=lambda account: True, owed_at_most=lambda account, otherwise: 400)
    assert paid_for(model) == [400]
    model.vehicle = SimpleNamespace(takes=lambda account: False)
    assert paid_for(model) == []


def test_a_cohort_is_followed_for_the_years_that_payments_look_at():
    assert system("silo").arrangement.followed_years == 1
    assert with_numbers(system("silo"), payment_years=4).arrangement.followed_years == 4


# Bodies with members (6.7)


def test_a_term_and_what_may_be_spent_in_it_by_hand():
    """900 held, 300 of it owed for outcomes, in the second of three years: 600 over two years."""
    model, body = town("place_based_budget", year=5, term_years=3)
    body.founded, model.outcomes.owed_by = 4, lambda who: 300
    hold(model, body, 900, "")
    assert body.term() == (3, 1)
    assert body.spendable() == 300
    model.outcomes.owed_by = lambda who: 901
    assert body.spendable() == 0
    assert with_numbers(model, term_years=0).bodies[0].term() == (1, 0)


def test_partners_trust_moves_a_step_by_who_paid():
    _, body = town("aligned", trust_step=0.1)
    council, nhs = body.members()
    for capital, withheld, trusts in (({"council": 1}, (), (0.6, 1.0)), ({"council": 1}, ("nhs",), (0.4, 0.85)), ({}, (), (0.5, 0.95)),
                                      ({}, ("nhs", "council"), (0.4, 0.85))):  # fmt: skip
        council.trust, nhs.trust = 0.5, 0.95
        body.funds.capital, body.withheld = capital, withheld
        body.relate()
        assert (council.trust, nhs.trust) == pytest.approx(trusts)


def test_a_pool_pays_its_overhead_and_fees_itself_or_its_members_do():
    """A twentieth of 1,000; a fee of 300 while it holds as much, else members share it."""
    model, body = town("pooled_s75", pool_overhead=0.05)
    hold(model, body, 1000, "")
    body.pay_standing_costs()
    assert body.balance() == 950
    for member, pence in zip(body.members(), (200, 99), strict=True):
        hold(model, member, pence)
    assert body.can_charge(299)
    assert not body.can_charge(300)
    body.pay_fee(950)
    assert body.balance() == 0
    body.pay_fee(200)
    assert [member.balance("prevention") for member in body.members()] == [100, 0]
    assert body.pay_for_outcome("council:reserve", 10) == 0
    hold(model, body, 7, "")
    assert body.pay_for_outcome("council:reserve", 10) == 7


def test_a_map_tells_cash_from_cost_by_fixed_shares():
    model, body = town("place_based_budget")
    lines = model.lines
    centre = float(model.rules.benefit_counted.centre)
    np.testing.assert_allclose(body.cashability(), np.where(lines.demand_led, centre, 1 - lines.fixed_share))
    plain, pool = town("pooled_s75")
    for i, item in enumerate(plain.agencies):
        item.cash_belief = 0.1 * i
    believed = pool.cashability()
    for i, item in enumerate(plain.agencies):
        assert believed[item.own_lines] == pytest.approx(0.1 * i)
        assert (believed[item.demand_led] == 0).all()
    plain.rules = replace(plain.rules, benefit_counted=CHOICES["benefit_counted"]["place_and_centre"])
    assert (pool.cashability()[plain.lines.demand_led] == 1).all()


def test_a_department_that_commissions_votes_what_its_grant_lacks():
    model, body = town("work_programme")
    hold(model, body, 40, "")
    since = len(model.ledger.postings)
    body.pay(OUTSIDE, 100, "transaction_cost")
    assert [p[1:] for p in model.ledger.postings[since:]] == [
        ("treasury", body.account(), 60, "vote"), (body.account(), OUTSIDE, 100, "transaction_cost"),
    ]  # fmt: skip
    assert body.pay_for_outcome("in_house", 30) == 30


def test_benefit_outside_the_place_is_a_share_of_all_that_is_counted():
    """A fifth of the benefit goes elsewhere: the value before cost is four fifths of what it was."""
    model = system("silo")
    model.market.open()
    item, programme = agency(model, "council"), model.catalogue["parenting"]
    whole = item.appraise(programme, 1000)
    less = with_parts(with_numbers(model, outside_benefit=0.2), "wider_geography") and item.appraise(programme, 1000)
    assert less.value_pence + 1000 == pytest.approx(0.8 * (whole.value_pence + 1000))
    assert len(whole.fiscal_pence) == 25
    model.years = 30
    model.market.open()
    assert len(item.appraise(programme, 1000).fiscal_pence) == 30
