"""A pooled fund and partners that bargain: who is in, what each pays at once, what is bought, worked by hand (docs/odd.md, 6.8)."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from sim.core.ledger import OUTSIDE
from sim.deals.decisions import Decision, DecisionBook
from tests.conftest import with_numbers
from tests.test_agents import agency, system
from tests.test_rules import hold

FREE = {
    "setup_cost": 0,
    "project_cost": 0,
    "evaluation_cost": 0,
    "pool_overhead": 0,
    "years_to_agree": 0,
    "contribution_share": 1,
}


def a_fund(worth, arrangement="pooled_s75", price=120, families=1, money=(1000, 1000), **numbers):
    """A fund of the council and the NHS, to which a family on one programme is worth so much each, in pence."""
    model = with_numbers(system(arrangement), **{**FREE, **numbers})
    model.calendar.quarter = 1
    body, parties = model.bodies[0], ("council", "nhs")
    for code, pence in zip(parties, money, strict=True):
        agency(model, code).discretionary_pence = pence
        hold(model, agency(model, code), pence)
    model.market.price_pence = lambda programme, provider, families=0: price
    project = next(
        item for item in body.projects_for(list(body.admitted().values())) if item.provider.code == "in_house"
    )
    project.provider.least_families = 1
    body.projects_for = lambda able: [replace(project, families=families)]
    body.stake = lambda item, programme, years: (dict(zip(parties, worth, strict=True))[item.code], np.zeros(years))
    body.smallest_project = lambda: 1
    return model, body


def commissioned(model, body):
    """Families on contracts of a year's start, and what each member has paid in."""
    model.contracts.open_year()
    if body.is_open():
        body.commission(model.funding.provide(body))
    paid = {}
    for _, payer, payee, pence, purpose in model.ledger.postings:
        if purpose == "contribution" and payee == body.account():
            code = payer.split(":")[0]
            paid[code] = paid.get(code, 0) + pence
    return sum(contract.families for contract in model.contracts.running), paid


def kinds(model, *names):
    return [row[1:] for row in model.decisions.rows if row[2] in names]


@pytest.mark.parametrize("arrangement", ["pooled_s75", "aligned"])
def test_each_pays_in_the_same_pence_per_pound_of_its_own_gain(arrangement):
    """Worth 100 and 60, at a price of 120: 75 and 45, at once."""
    model, body = a_fund((100, 60), arrangement, drop_out=0)
    assert commissioned(model, body) == (1, {"council": 75, "nhs": 45})
    assert kinds(model, "join", "contribute") == [
        ("council", "join", "yes", body.code, "founds it"),
        ("nhs", "join", "yes", body.code, "founds it"),
        ("council", "contribute", "75", body.code, "75"),
        ("nhs", "contribute", "45", body.code, "45"),
    ]


def test_what_one_has_not_the_money_for_falls_on_the_other():
    """The NHS has 40: 80 and 40."""
    model, body = a_fund((100, 60), money=(1000, 40))
    assert commissioned(model, body) == (1, {"council": 80, "nhs": 40})


def test_there_is_no_deal_where_it_does_not_add_up():
    """A price of 170 is more than both gain: nobody pays, and no fund is set up."""
    model, body = a_fund((100, 60), price=170, setup_cost=1)
    assert commissioned(model, body) == (0, {})
    assert body.founded is None
    assert kinds(model, "found", "no_deal") == [
        (body.code, "no_deal", "yes", "", "nothing pays for those who would pay together")
    ]
    assert not {"join", "contribute", "commission"} & {row[2] for row in model.decisions.rows}


@pytest.mark.parametrize(("of_nhs", "bought", "paid"), [(70, 1, {"council": 50, "nhs": 70}), (40, 0, {})])
def test_a_smaller_plan_where_money_is_short(of_nhs, bought, paid):
    """Up to nine families, worth 60 and 100 at 120 each. The NHS has 70: of one family the council pays 50, of two it would pay 170 of 120.

    With 40 the council would pay 80 of 60 for the first.
    """
    model, body = a_fund((60, 100), families=9, money=(10_000, of_nhs))
    assert commissioned(model, body) == (bought, paid)


def test_overhead_is_part_of_what_is_paid_in():
    """A price of 95 with a twentieth of the fund for overhead takes 100: 62.5 and 37.5, in whole pence 63 and 38."""
    model, body = a_fund((100, 60), price=95, pool_overhead=0.05)
    assert commissioned(model, body) == (1, {"council": 63, "nhs": 38})
    assert sum(p[3] for p in model.ledger.postings if p[4] == "pool_overhead") == 5


def test_what_the_fund_holds_need_not_be_paid_in_but_for_evaluations_to_come():
    """70 in hand, 30 of it for a cohort that is not evaluated yet: 80 of 120 are to come, 50 and 30."""
    model, body = a_fund((100, 60))
    body.founded = 0
    hold(model, body, 70, "")
    model.cohorts.cohorts = [
        SimpleNamespace(body=code, year=year, evaluated=done)
        for code, year, done in (
            (body.code, 1, False),
            (body.code, 1, True),
            (body.code, -1, False),
            ("else", 1, False),
        )
    ]
    body.cost_here = lambda name: 30 if name == "evaluation_cost" else 0
    body._offer = lambda project, offer=body._offer: replace(offer(project), fee=0)
    assert body.reserved() == 30
    assert commissioned(model, body) == (1, {"council": 50, "nhs": 30})


def test_a_partner_that_gains_nothing_stays_out_and_pays_nothing():
    """To the police a family is worth nothing: it is no member, and does not share what setting up costs."""
    model, body = a_fund((100, 60))
    model.arrangement = replace(model.arrangement, members=("council", "nhs", "police"))
    body.stake = lambda item, programme, years: ({"council": 100, "nhs": 60}.get(item.code, -1), np.zeros(years))
    assert commissioned(model, body) == (1, {"council": 75, "nhs": 45})
    assert ("police", "stay_out", "yes", "pool", "gains nothing by the terms") in kinds(model, "stay_out")
    assert [member.code for member in body.members()] == ["council", "nhs"]


def test_members_leave_and_come_back_with_what_they_gain():
    model, body = a_fund((100, 60))
    model.arrangement = replace(model.arrangement, members=("council", "nhs", "police"))
    for year, police in ((1, 60), (2, -1), (3, 60)):
        model.calendar.quarter = 4 * year - 3
        hold(model, body, 0, "")
        for code in ("council", "nhs", "police"):
            agency(model, code).discretionary_pence = 1000
            hold(model, agency(model, code), 1000)
        body.stake = lambda item, programme, years, police=police: (
            {"council": 100, "nhs": 60, "police": police}[item.code], np.zeros(years))  # fmt: skip
        commissioned(model, body)
    assert [row[1] for row in kinds(model, "join", "leave", "return") if row[0] == "police"] == [
        "join",
        "leave",
        "return",
    ]
    last = {row[0]: row[2] for row in kinds(model, "contribute")}
    assert last == {"council": "55", "nhs": "33", "police": "33"}  # 54.5, 32.7 and 32.7 of 120


def test_a_list_decides_who_is_in_and_what_is_bought():
    """One that is told to leave is not asked; where commissions are listed each pays in all that it may be asked for."""
    model, body = a_fund((100, 60))
    model.decisions = DecisionBook(model.calendar, [Decision(1, "nhs", "leave", body.code)])
    assert commissioned(model, body) == (0, {})  # two at least
    model, body = a_fund((100, 60), money=(300, 200), contribution_share=0.5)
    model.decisions = DecisionBook(model.calendar, [Decision(1, body.code, "commission", "parenting", 0)])
    assert commissioned(model, body) == (0, {"council": 150, "nhs": 100})


def test_a_partner_that_drops_out_leaves_a_gap():
    """Promised 750 and 450 for ten families at 120; without the NHS 750 buy six, and its money stays where it is."""
    model, body = a_fund((100, 60), "aligned", families=10, money=(2000, 2000))
    shares = {}
    body.drops_out = lambda member, share: shares.update({member.code: share}) or member.code == "nhs"
    assert commissioned(model, body) == (6, {"council": 750})
    assert body.withheld == ("nhs",)
    assert shares == {"council": 0.625, "nhs": 0.375}
    assert agency(model, "nhs").balance("prevention") == 2000
    assert ("nhs", "withhold", "450", "partners", "0") in kinds(model, "withhold")


def test_partners_get_back_what_is_not_spent_but_for_evaluation():
    model, body = a_fund((100, 60), "aligned")
    body.reserved, body.funds.capital = (lambda: 40), {"council": 75, "nhs": 45}
    hold(model, body, 56, "")
    before = [agency(model, code).balance("prevention") for code in ("council", "nhs")]
    model.rules.savings.share_out(body)
    assert [agency(model, c).balance("prevention") - b for c, b in zip(("council", "nhs"), before, strict=True)] == [
        10,
        6,
    ]
    assert body.balance() == 40


def test_who_has_not_what_it_agreed_to_pays_what_it_has():
    model, body = a_fund((100, 60))
    assert body.is_open()
    council = agency(model, "council")
    council.pay(OUTSIDE, 950, "transaction_cost", "prevention")
    body.pay_in()
    assert body.funds.capital == {"council": 50, "nhs": 45}
