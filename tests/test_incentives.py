"""Who would pay and who would gain, on cases small enough for paper."""

from dataclasses import replace

import numpy as np
import pytest

from sim.cost_benefit.incentives import Incentives
from sim.cost_benefit.sources import Split
from sim.cost_benefit.views import Bodies, Stakes, View
from sim.deals.bargaining import by_bargaining, by_benefit, side_payment

# Two agencies with a line each, and one that the centre pays at cost through the second.
BODIES = Bodies(
    ids=("council", "nhs"),
    weights=np.array([[1.0, 0, 0], [0, 1, 1]]),
    cash=np.array([[0.5, 0, 0], [0, 0.5, 0]]),
    at_once=np.array([[0.4, 0, 0], [0, 0.1, 1]]),
    outcome_weight=np.array([0.2, 0.2]),
    demand_led=np.array([False, False, True]),
)


def view(horizon=1, years=((100, 300, 0),) * 20, cost=250, powers=("council",), **others):
    """A programme that saves so much a family by year and line, whose true benefit is half of what is believed."""
    by_year = np.array(years, float)
    noise = np.stack([by_year * 0.03, by_year * 0.04])
    stakes = {"true": by_year / 2, "true_cost": cost, "families": 10, "noise": noise, **others}
    return View(BODIES, Stakes("p", "P", powers, believed=by_year, cost=cost, **stakes), horizon)


def test_what_each_gains_by_hand():
    """In two years 100 and 100 / 1.035; the centre's 30 and 30 / 1.035 are cash to it and to nobody else."""
    seen = view(2, ((100, 300, 30),) * 2)
    each = 1 + 1 / 1.035
    assert seen.gross == pytest.approx({"council": 100 * each, "nhs": 300 * each, "centre": 30 * each})
    assert seen.error == pytest.approx(
        {body: pence / 20 for body, pence in seen.gross.items()} | {"all": 430 * each / 20}
    )
    assert seen.believed_cash == pytest.approx({"council": 50 * each, "nhs": 150 * each, "centre": 30 * each})
    assert seen.at_once == pytest.approx({"council": 40 * each, "nhs": 30 * each, "centre": 30 * each})
    assert seen.true == pytest.approx({"council": 50 * each, "nhs": 150 * each, "centre": 15 * each})


def test_what_it_is_worth_by_hand():
    """Half is cash and a fifth of the rest is valued: 0.6 of own lines, a fifth of what the centre pays."""
    seen = view(years=((100, 300, 50),))
    assert seen.worth() == pytest.approx({"council": 60, "nhs": 180 + 10})
    assert seen.worth(centre=True) == pytest.approx({"council": 60, "nhs": 180 + 50})
    assert seen.worth(("cash_rule",)) == pytest.approx({"council": 100, "nhs": 300 + 50})


def test_who_buys_by_hand():
    """A family is worth 60 to the council and 180 to the health body a year: 60 x (1 + 1 / 1.035 + ...) exceeds 250 in year 5."""
    assert not view().passes_jointly  # 240 of 250
    assert view(2).passes_jointly
    assert view(2).buys_alone == []
    assert [view(years).buys_alone for years in (4, 5)] == [[], ["council"]]
    assert view().years_needed == 5
    assert view(2, powers=("council", "nhs")).buys_alone == ["nhs"]  # 180 x 1.966 = 354
    assert view(2, powers=()).passes_jointly is False
    assert view(20, years=((1, 1, 0),) * 20).years_needed is None
    assert view(cost=60).buys_alone == []  # worth its price and no more


def test_the_causes_are_told_apart_by_hand():
    """In year 1: together 240 of 250. All of it in cash 400, of which the council's 100; in twenty years the council's alone is 882."""
    assert view().causes == [("horizon",), ("scope", "cash_rule")]
    assert view(2).causes == [("scope",), ("horizon",)]
    assert view(cost=90).causes == [("scope",), ("horizon",), ("cash_rule",)]
    assert view(cost=50).causes == [()]
    assert view(cost=10**6).causes == []
    assert view(powers=()).causes == []
    # What the centre pays funds it by the cash rule alone, and only the body that it is paid through: 0.2 x 400 = 80.
    assert view(years=((0, 0, 400),), cost=300, powers=("nhs",)).causes == [("cash_rule",)]
    assert view(years=((0, 0, 400),), cost=300).causes == [("scope", "cash_rule")]


def test_what_is_forgone_by_hand():
    """Two years are worth 240 x 1.966 together, 221.88 more than the cost, for each of ten families; 200 x 1.966 in truth."""
    seen = view(2)
    each = 1 + 1 / 1.035
    assert seen.forgone_with() == pytest.approx(10 * (240 * each - 250))
    assert seen.forgone_in_truth == pytest.approx(10 * (200 * each - 250))
    # With all of it cash 400 a year of 250, and nobody buys; with everybody's benefit counted somebody does.
    assert view().forgone_with(("cash_rule",)) == pytest.approx(10 * (400 - 250))
    assert seen.forgone_with(("scope",)) == 0
    assert view().forgone_with() == 0  # not worth it to all together
    assert view().forgone_in_truth == 0  # 200 of 250
    assert view(years=((100, 300, 150),) * 20).forgone_in_truth == pytest.approx(
        10 * (275 - 250)
    )  # the centre's counts
    assert (view(5).forgone_with(), view(5).forgone_in_truth) == (0, 0)  # the council buys it


def test_payments_that_leave_nobody_worse_off_by_hand():
    """Worth 60 and 180, cost 160: by benefit a quarter and three quarters; a surplus of 80, of which 40 each."""
    worth = {"council": 60.0, "nhs": 180.0, "police": 0.0}
    assert by_benefit(worth, 160) == {"council": 40, "nhs": 120, "police": 0}
    assert by_bargaining(worth, 160, "council") == {"council": 20, "nhs": 140, "police": 0}
    # The police must agree where it has the power: 80 / 3 for each, which it is paid.
    assert by_bargaining(worth, 160, "police") == pytest.approx(
        {"council": 60 - 80 / 3, "nhs": 180 - 80 / 3, "police": -80 / 3}
    )
    assert by_benefit(worth, 241) is by_bargaining(worth, 241, "council") is None
    # Whoever loses is made good: 30 more to cover, of 240.
    harmed = {"council": 60.0, "nhs": 180.0, "police": -30.0}
    assert by_benefit(harmed, 160) == {"council": 47.5, "nhs": 142.5, "police": -30}
    assert by_bargaining(harmed, 160, "council") == {"council": 35, "nhs": 155, "police": -30}  # 25 each
    # Schools gain 5, less than a third of the surplus of 85: they are no party to it, and the others share 80 as before.
    assert by_bargaining({**worth, "schools": 5.0}, 160, "council") == {
        "council": 20,
        "nhs": 140,
        "police": 0,
        "schools": 0,
    }
    assert by_bargaining(harmed, 160, "police")["police"] == pytest.approx(
        -30 - 50 / 3
    )  # which must agree to be harmed


def test_the_smallest_side_payment_by_hand():
    worth = {"council": 60.0, "nhs": 180.0, "police": 175.0}
    assert side_payment(worth, 100, ["council"]) == ("nhs", "council", 41)  # 60 + 41 is more than 100, 60 + 40 is not
    assert side_payment(worth, 100.5, ["council"]) == ("nhs", "council", 41)
    assert side_payment(worth, 200, ["council", "police"]) == ("nhs", "police", 26)  # to the one that lacks least
    assert side_payment(worth, 260, ["council"]) is None  # 201, which nobody alone gains
    assert side_payment(worth, 50, ["council"]) is None  # it buys
    assert side_payment(worth, 100, []) is None


def test_published_shares_beside_by_hand():
    """In a year 100, 300 and 100 that the centre pays through the health body: 20% and 80%, as such shares are published."""
    stakes = view(years=((100, 300, 100),) * 20).stakes
    split = Split("S", "a test", {"council": 0.3, "nhs": 0.7}, ("p",), 1)
    both = Split("T", "a test", {"council": 1.0}, ("p", "q"), None, {"council": ("council", "nhs")})
    found = Incentives("town", "Town", 3, 10, BODIES, (stakes,), {"s": split, "t": both})
    rows = [(row["split"], row["agencies"], row["published"], row["model"], row["years"]) for row in found.checks()]
    assert rows == [
        ("s", ["council"], 0.3, 0.2, 1),
        ("s", ["nhs"], 0.7, 0.8, 1),
        ("t", ["council", "nhs"], 1.0, 1.0, 20),
    ]
    nothing = replace(found, stakes=(view(years=((0, 0, 0),) * 20).stakes,))
    assert [row["model"] for row in nothing.checks()] == [None] * 3


def test_the_centre_pays_where_no_agency_can():
    """Worth 60 and 10 of a cost of 100; the centre gains 50."""
    seen = view(years=((100, 0, 50),), cost=100)
    assert seen.side_payment() == ("centre", "council", 41)
    assert view(years=((100, 100, 500),), cost=100).side_payment() == ("nhs", "council", 41)  # 60 + 100
    assert view(5).side_payment() is None
    assert view().payments() == (None, None)
    assert view(2).payments()[0] == pytest.approx({"council": 62.5, "nhs": 187.5})
