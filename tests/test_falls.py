"""A fall of 30 in 100 cases from the second quarter on, worked by hand: half of a case's cost is its place."""

import pytest

from sim.core.dials import defaults
from sim.place.falls import released
from tests.conftest import with_values

DIALS = {**defaults(), "agencies.decommissioning": 1.0}
PLAIN = {"fixed_share": 0.5, "block": 10, "notice": 1, "boundary": 0, "occupancy": 1, "unit_cost": 4000, "coverage": 1}


def _cash(place, line, fall=0.3, **values):
    values = {f"lines.{line}.{name}": value for name, value in {**PLAIN, **values}.items()}
    return released(with_values(place, values), DIALS, line, 100, fall, 3, seed=1)


def test_places_of_a_court_close_after_a_year_that_shows_them_empty_and_notice(milltown):
    """The first year ends before a year was seen; 3 blocks go on notice in quarter 8 and close in 10, the third year's first."""
    assert _cash(milltown, "prison") == pytest.approx([0.5, 0.5, 1.0])
    assert _cash(milltown, "prison", notice=3) == pytest.approx([0.5, 0.5, 0.75])
    assert _cash(milltown, "prison", fall=0.09) == pytest.approx([0.5] * 3)  # no whole block


def test_places_refilled_from_elsewhere_release_nothing(milltown):
    """12 of 30 are refilled; of 18 left a block goes on notice in quarter 8, and 8 of the other 20 are refilled.

    It closes in quarter 10. At the third year's end 12 are left, so one more goes on notice: then 4 of 10 are refilled.
    """
    assert _cash(milltown, "prison", boundary=1) == pytest.approx([0, 0, 0])
    before, warned, closed, again = 0.5 * 18 / 30, 0.5 * 22 / 30, 0.5 * (10 + 22) / 30, 0.5 * (10 + 26) / 30
    expected = [before, (3 * before + warned) / 4, (3 * closed + again) / 4]
    assert _cash(milltown, "prison", boundary=0.4) == pytest.approx(expected)


def test_judgement_lets_lower_need_into_half_of_what_stands_empty(milltown):
    """At the second year's end 15 of 30, then one block of the other 15 closes; a year on 2 more of the 5 left."""
    shared = [0.5 * 15 / 30, 0.5 * (10 + 15) / 30, 0.5 * (10 + 13) / 30]
    expected = [0.5, (3 * 0.5 + shared[0]) / 4, (3 * shared[1] + shared[2]) / 4]
    assert _cash(milltown, "social_work") == pytest.approx(expected)


def test_what_is_bought_goes_at_once_and_what_waits_fills_the_rest(milltown):
    bought = {"spot_share": 0.5, "overtime_premium": 0, "spot_elasticity": 0}
    assert _cash(milltown, "foster_care", **bought) == pytest.approx([1, 1, 1])
    assert _cash(milltown, "foster_care", **{**bought, "spot_share": 0.15})[:2] == pytest.approx(
        [0.75, 0.75]
    )  # 15 go, 15 stay
    assert _cash(milltown, "camhs", coverage=0.5) == pytest.approx([0, 0, 0])
