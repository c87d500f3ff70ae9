"""Rates of return, prices and the waterfall: closed forms and numbers worked by hand."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.deals import finance


@pytest.mark.parametrize(
    ("flows", "rate"),
    [
        ([-100, 110], 0.10),
        ([-2000, 0, 0, 2340], 1.17 ** (1 / 3) - 1),
        ([-2000, 0, 0, 2106], 1.053 ** (1 / 3) - 1),
        ([-100, 60, 60], (3 + math.sqrt(69)) / 10 - 1),  # 100 g^2 - 60 g - 60 = 0
        ([0, -100, 0, 121], 0.10),  # a late start does not matter
        ([-50, -60, 120], (-3 + math.sqrt(69)) / 5 - 1),  # 50 g^2 + 60 g - 120 = 0
        ([-100, 50], -0.5),
        ([100, -110], 0.10),  # a loan's cost
        ([-(10**12), 1], 1e-12 - 1),
        ([-1, 10**12], 1e12 - 1),
        ([-100, *[10] * 9, 110], 0.10),  # a bond at par pays its coupon
    ],
)
def test_irr_closed_forms(flows, rate):
    assert finance.irr(flows) == pytest.approx(rate, rel=1e-12, abs=1e-12)


@pytest.mark.parametrize("flows", [[], [0, 0], [100, 20], [-100, 230, -132], [100, -250, 160]])
def test_irr_is_undefined_without_one_change_of_sign(flows):
    assert finance.irr(flows) is None


def test_all_lost_is_minus_a_hundred_per_cent():
    assert finance.irr([-100, 0, 0]) == -1.0
    with pytest.raises(ValueError, match="finite"):
        finance.irr([-100, float("nan")])


@given(
    st.lists(st.integers(1, 10**9), min_size=1, max_size=5),
    st.lists(st.integers(0, 10**9), min_size=1, max_size=30).filter(any),
)
def test_present_value_at_the_irr_is_nought(paid_in, paid_out):
    flows = [-pence for pence in paid_in] + paid_out
    rate = finance.irr(flows)
    values = [flow * (1 + rate) ** (-t) for t, flow in enumerate(flows)]
    assert abs(sum(values)) <= 1e-9 * sum(map(abs, values))


def test_prices_by_hand():
    assert finance.unit_price(200_000, 0.10, 0.07) == 234_000
    assert finance.unit_price(200_000, 0.10, 0.07, "fair") == round(200_000 * 1.07 / 0.9) == 237_778
    assert finance.unit_price(100, 0.1, 0.2, "appendix") == 130
    with pytest.raises(KeyError):
        finance.unit_price(100, 0.1, 0.2, "guess")


@given(st.integers(1, 10**8), st.floats(0, 0.9), st.floats(0, 1))
def test_only_the_fair_price_gives_the_premium_back_on_average(cost, risk, premium):
    fair = finance.unit_price(cost, risk, premium, "fair")
    assert (1 - risk) * fair == pytest.approx(cost * (1 + premium), abs=1)
    published = finance.unit_price(cost, risk, premium)
    assert (1 - risk) * published <= cost * (1 + premium) + 1


def test_waterfall_by_hand():
    """Senior 60, middle 20, first loss 20: what is missing comes off the last."""
    tranches = [(3, 20), (1, 60), (2, 20)]
    assert finance.waterfall(100, tranches) == [20, 60, 20]
    assert finance.waterfall(90, tranches) == [10, 60, 20]
    assert finance.waterfall(75, tranches) == [0, 60, 15]
    assert finance.waterfall(30, tranches) == [0, 30, 0]
    assert finance.waterfall(130, tranches) == [20, 60, 20]
    assert finance.waterfall(10, [(1, 1), (1, 1), (1, 1)]) == [1, 1, 1]
    assert finance.waterfall(100, [(1, 100), (1, 50), (1, 50), (2, 9)]) == [50, 25, 25, 0]


_TRANCHES = st.lists(st.tuples(st.integers(1, 3), st.integers(0, 10**10)), min_size=1, max_size=6)


@given(st.integers(0, 10**11), _TRANCHES)
def test_waterfall_pays_no_more_than_owed_and_every_penny_there_is(receipt, tranches):
    paid = finance.waterfall(receipt, tranches)
    assert sum(paid) == min(receipt, sum(owed for _, owed in tranches))
    for (rank, owed), pence in zip(tranches, paid, strict=True):
        assert 0 <= pence <= owed
        if pence < owed:  # nobody behind has anything
            assert not any(p for (r, _), p in zip(tranches, paid, strict=True) if r > rank)


def test_payouts_by_hand():
    """Capital 100 of which 40 takes the first loss, cap 1.5: capital in order, a return by capital, then nothing."""
    stakes = [(1, 60, 0, 0), (2, 40, 0, 0)]
    assert finance.payouts(70, stakes, 1.5) == ([60, 10], [0, 0], 0)
    assert finance.payouts(120, stakes, 1.5) == ([60, 40], [12, 8], 0)
    assert finance.payouts(170, stakes, 1.5) == ([60, 40], [30, 20], 20)
    after = [(1, 60, 60, 12), (2, 40, 40, 8)]
    assert finance.payouts(50, after, 1.5) == ([0, 0], [18, 12], 20)


@given(
    st.lists(st.integers(0, 10**7), min_size=1, max_size=5),
    st.lists(st.tuples(st.integers(1, 3), st.integers(1, 10**6)), min_size=1, max_size=4),
    st.sampled_from([1.0, 1.17, 1.6, 3.0]),
)
def test_no_penny_is_lost_and_the_cap_holds_however_payments_come(receipts, put_in, cap):
    stakes = [(rank, pence, 0, 0) for rank, pence in put_in]
    total = sum(pence for _, pence in put_in)
    for receipt in receipts:
        capital, returns, rest = finance.payouts(receipt, stakes, cap)
        assert sum(capital) + sum(returns) + rest == receipt
        stakes = [(r, p, c + a, g + b) for (r, p, c, g), a, b in zip(stakes, capital, returns, strict=True)]
    assert sum(c + g for _, _, c, g in stakes) == min(sum(receipts), math.floor(round(cap * total, 6)))


def test_a_pound_in_a_tranche_is_paid_as_the_waterfall_pays():
    shares, cap, capital = (0.6, 0.3, 0.1), 1.4, 1_000_000
    stakes = [(rank + 1, round(share * capital), 0, 0) for rank, share in enumerate(shares)]
    for multiple in np.linspace(0, 2, 21):
        paid_capital, returns, _ = finance.payouts(round(multiple * capital), stakes, cap)
        for rank, share in enumerate(shares):
            got = (paid_capital[rank] + returns[rank]) / stakes[rank][1]
            assert finance.payoff(multiple, sum(shares[:rank]), share, cap) == pytest.approx(got, abs=1e-4)


def test_the_last_penny_is_paid():
    assert finance.waterfall(1, [(2, 5), (1, 1)]) == [0, 1]
    assert finance.waterfall(2, [(2, 5), (1, 1)]) == [1, 1]
    assert finance.payouts(6, [(1, 5, 0, 0)], 1.4) == ([5], [1], 0)
    assert finance.payouts(8, [(1, 5, 0, 1)], 1.4) == ([5], [1], 2)
