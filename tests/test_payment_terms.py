"""What a cap and a true-up make of payments by results, and which of them a bargain takes, worked by hand."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.deals.agreement import bargain
from sim.deals.payment_terms import Spread, Terms, on_offer, spread
from tests.test_bargaining import a_table

PLAIN, CAPPED, FORGETFUL = Terms(), Terms(1.0), Terms(true_up=False)


def test_as_measured_payments_follow_effect_and_noise():
    """An effect in doubt by a half and noise of 0.2: mean 1, variance 0.25 + 0.04, and 0.25 of it with the effect."""
    made = spread(PLAIN, 0.5, 0.2, 3)
    assert (made.mean, made.variance, made.with_effect) == pytest.approx((1, 0.29, 0.25))


def test_a_cap_takes_the_upper_half_of_the_noise():
    """Noise of a half, capped at what is expected: the mean falls by 0.5/sqrt(2 pi), the variance is 0.25 (1/2 - 1/(2 pi))."""
    made = spread(CAPPED, 0.0, 0.5, 3)
    assert made.mean == pytest.approx(1 - 0.5 / math.sqrt(2 * math.pi))
    assert made.variance == pytest.approx(0.25 * (0.5 - 1 / (2 * math.pi)))


def test_without_a_true_up_luck_is_paid_for():
    """Noise of one in one year: the part above nought of N(1, 1) has mean Phi(1) + phi(1) = 1.083. The more years, the more."""
    assert spread(FORGETFUL, 0.0, 1.0, 1).mean == pytest.approx(0.841345 + 0.241971, abs=1e-6)
    assert spread(FORGETFUL, 0.0, 1.0, 4).mean > 1.083
    assert spread(FORGETFUL, 0.0, 0.0, 4).mean == pytest.approx(1)


def test_the_deviation_of_a_gain_less_its_payment():
    """Gain 100 in doubt by a half, payment 60 that follows it: 40 x 0.5 = 20; that stands whatever comes of it: 50."""
    assert spread(PLAIN, 0.5, 0.0, 1).deviation(100, 60, 0.5) == pytest.approx(20)
    assert Spread().deviation(100, 60, 0.5) == pytest.approx(50)


def chosen(doubt, noise, caution):
    """Terms on which two parties, with gains of 100 and 60 for a cost of 120, agree."""
    table = replace(
        a_table([100, 60], [400, 300]), terms=(PLAIN, CAPPED), caution=(caution, caution), doubt=doubt, noise=noise
    )
    return table, bargain(table)


def test_cautious_parties_cap_noise_and_leave_what_follows_their_gain_uncapped():
    """Noise of a half alone: 75 and 45 deviate by a half without a cap, by 0.365 with it. In doubt alone a cap makes the net gain deviate more.

    With no caution neither matters, and the first of the terms is taken. Payments are 75 and 45 whatever the terms: with
    the cap their shares of 400 and 300 are larger, by 1/0.80.
    """
    _, capped = chosen(0.0, 0.5, 0.1)
    assert capped.terms == CAPPED
    assert capped.payments == pytest.approx({"a": 75, "b": 45})
    mean = 1 - 0.5 / math.sqrt(2 * math.pi)
    assert capped.shares == pytest.approx({"a": 75 / 400 / mean, "b": 45 / 300 / mean})
    sure = [
        0.25 * whole - 0.1 * whole * 0.75 * math.sqrt(0.25 * (0.5 - 1 / (2 * math.pi))) / mean for whole in (100, 60)
    ]
    assert capped.gain == pytest.approx(sum(sure))  # alike to both, by the pound
    assert chosen(0.5, 0.0, 0.1)[1].terms == PLAIN
    assert chosen(0.0, 0.5, 0.0)[1].terms == PLAIN


def test_what_payments_follow_is_doubted_no_more():
    """In doubt by a half at a caution of 0.1: worth 95 of 100; paying 71.25 of it by results, 28.75 x 0.5 is all that deviates."""
    table = replace(a_table([95, 57], [400, 300], price=114.0), caution=(0.1, 0.1), doubt=0.5)
    made = table.spreads[0][0]
    assert table.sure(0, 95, 71.25, made) == pytest.approx(95 - 71.25 + 0.1 * (50 - 14.375))


def test_who_would_lose_by_doubt_does_not_sign():
    """Gains of 100 and 60 for 150, by a noise of a half at a caution of 0.2: 6.25 and 3.75 are less than 9.4 and 5.6."""
    table = replace(a_table([100, 60], [400, 300], price=150.0), caution=(0.2, 0.2), noise=0.5)
    assert bargain(replace(table, noise=0.0))
    assert bargain(table) is None


def test_terms_on_offer():
    assert on_offer(1.25, True, False) == (Terms(1.25),)
    assert on_offer(1.25, True, True) == (Terms(1.25), Terms(1.25, False), Terms(), Terms(true_up=False))


@given(
    st.sampled_from(on_offer(1.25, True, True)),
    st.floats(0, 2),
    st.floats(0, 3),
    st.integers(1, 15),
    st.integers(0, 99),
)
@settings(max_examples=25)
def test_moments_are_those_of_draws(terms, doubt, noise, years, seed):
    """Never negative, never above the cap; and near what 4,000 draws of years give where there is no cap."""
    made = spread(terms, doubt, noise, years)
    assert made.variance >= -1e-9
    assert made.mean <= terms.cap + 1e-9
    rng = np.random.default_rng(seed)
    effect = 1 + doubt * rng.standard_normal((4000, 1))
    measured = effect / years + noise / math.sqrt(years) * rng.standard_normal((4000, years))
    paid = (measured if terms.true_up else np.maximum(0, measured)).sum(axis=1)
    if terms.cap == math.inf:
        assert made.mean == pytest.approx(paid.mean(), abs=6 * paid.std() / 4000**0.5 + 0.03 * doubt + 1e-9)
