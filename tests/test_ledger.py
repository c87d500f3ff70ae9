import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.core.ledger import Ledger, LedgerError, split


def test_a_transfer_moves_a_sum_and_nothing_else():
    ledger = Ledger()
    ledger.transfer("outside", "council:reserve", 500, "opening_balance")
    ledger.at(1)
    ledger.transfer("council:reserve", "council:prevention", 200, "internal")
    ledger.at(5)
    ledger.transfer("council:prevention", "provider", 120, "programme")
    assert ledger.balance("council:reserve") == 300
    assert ledger.balance("council:prevention") == 80
    assert ledger.party_balance("council") == 380
    assert ledger.flows() == [
        (0, "outside", "council", "opening_balance", 500),
        (2, "council", "provider", "programme", 120),
    ]


@pytest.mark.parametrize(
    ("payer", "payee", "pence", "purpose"),
    [
        ("a", "b", -1, "grant"),
        ("a", "b", 1.5, "grant"),
        ("a", "b", float("nan"), "grant"),
        ("a", "a", 1, "grant"),
        ("a", "b", 1, "a purpose nobody declared"),
        ("a:x", "a:y", 1, "grant"),
        ("a", "b", 1, "internal"),
    ],
)
def test_what_double_entry_does_not_allow(payer, payee, pence, purpose):
    ledger = Ledger()
    with pytest.raises((LedgerError, ValueError)):
        ledger.transfer(payer, payee, pence, purpose)
    assert ledger.postings == []


def test_a_closed_quarter_takes_no_postings():
    ledger = Ledger()
    ledger.at(3)
    with pytest.raises(LedgerError):
        ledger.at(2)


def test_largest_remainder_by_hand():
    assert split(100, [1, 1, 1]) == [34, 33, 33]
    assert split(10, [0.5, 0.3, 0.2]) == [5, 3, 2]
    assert split(7, [3, 2, 2]) == [3, 2, 2]
    assert split(1, [0, 1]) == [0, 1]


@given(st.integers(0, 10**14), st.lists(st.floats(0, 1e6), min_size=1, max_size=8).filter(lambda w: sum(w) > 0))
def test_shares_add_up_and_stay_within_a_penny(pence, weights):
    shares = split(pence, weights)
    assert sum(shares) == pence
    total = sum(weights)
    for share, weight in zip(shares, weights, strict=True):
        assert abs(share - pence * weight / total) <= 1 + 1e-9 * pence


@pytest.mark.parametrize("weights", [[0, 0], [1, -1], [float("nan"), 1], []])
def test_weights_that_share_nothing_out(weights):
    with pytest.raises(LedgerError):
        split(10, weights)
