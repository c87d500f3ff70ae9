"""Numbers by seed and paired differences, against hands and scipy."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from sim.core.faults import InputError
from sim.results.by_seed import KEYS
from sim.results.differences import DIFFERENCE_COLUMNS, bases, by_seed, differences, half_width, paired
from sim.results.summary import RUN_COLUMNS, SUMMARY_COLUMNS


def numbers(table):
    """Numbers by seed of one measure of ``all``, from a list for each arrangement."""
    index = pd.MultiIndex.from_tuples([(name, "all", "retained") for name in table], names=KEYS)
    return pd.DataFrame(list(table.values()), index, dtype=float)


def test_a_paired_interval_by_hand():
    """Differences 1, 2, 3: mean 2, standard error 1 / sqrt(3), and t of 2 degrees of freedom is 4.302653 (tables)."""
    found = paired(numbers({"a": [10, 20, 30], "b": [11, 22, 33]}), "a")
    assert list(found.columns) == DIFFERENCE_COLUMNS
    row = found.iloc[0]
    assert (row["arrangement"], row["than"], row["agency"], row["measure"], row["n"]) == (
        "b",
        "a",
        "all",
        "retained",
        3,
    )
    assert row["mean"] == 2
    assert row["low"] == pytest.approx(2 - 4.302653 / 3**0.5, abs=1e-6)
    assert row["high"] == pytest.approx(2 + 4.302653 / 3**0.5, abs=1e-6)


@pytest.mark.parametrize("many", [2, 3, 10, 40, 1000])
def test_the_interval_is_that_of_students_t_test(many):
    seeds = np.arange(many)
    first, second = np.sin(seeds) * 5, np.cos(seeds * 1.7) + 3
    row = paired(numbers({"a": first, "b": second}), "a").iloc[0]
    expected = stats.ttest_rel(second, first).confidence_interval(0.95)
    assert (row["low"], row["high"]) == pytest.approx((expected.low, expected.high), rel=1e-9)


def test_what_shares_its_luck_differs_by_little():
    """The seeds differ by tens, the arrangements by 1 in each: no interval at all is left."""
    row = paired(numbers({"a": [10, 70, 30], "b": [11, 71, 31]}), "a").iloc[0]
    assert (row["mean"], row["low"], row["high"]) == (1, 1, 1)


def test_seeds_in_which_one_is_null_are_left_out():
    nan = np.nan
    found = paired(numbers({"a": [1, nan, 3, 4], "b": [2, 2, 5, nan], "c": [nan, 9, nan, 5], "d": [nan] * 4}), "a")
    found = found.set_index("arrangement")
    assert list(found["n"]) == [2, 1, 0]
    assert list(found["mean"].fillna(-1)) == [1.5, 1, -1]
    assert list(found["low"].isna()) == [False, True, True]


def test_what_one_of_two_has_not_is_not_compared():
    table = numbers({"a": [1, 2], "b": [3, 4]})
    extra = pd.DataFrame([[5.0, 6.0]], pd.MultiIndex.from_tuples([("b", "list", "members")], names=KEYS))
    found = paired(pd.concat([table, extra]), "a")
    assert list(found["agency"]) == ["all"]


def test_than_any_arrangement():
    table = numbers({"a": [1, 2], "b": [3, 5], "c": [0, 0]})
    found = paired(table, "b")
    assert list(found["arrangement"]) == ["a", "c"]
    assert list(found["mean"]) == [-2.5, -4]
    assert set(found["than"]) == {"b"}


def test_the_half_width_is_that_of_the_widest_interval():
    found = paired(numbers({"a": [10, 20, 30], "b": [11, 22, 33], "c": [10, 21, 30]}), "a")
    assert half_width(found, "retained") == pytest.approx(4.302653 / 3**0.5, abs=1e-6)
    assert np.isnan(half_width(found, "cash_released"))  # nothing known is not narrow
    known = paired(numbers({"a": [1, 2], "b": [1, 3], "c": [1, np.nan]}), "a")
    assert np.isnan(half_width(known, "retained"))


def test_numbers_by_seed_are_those_that_the_summary_spreads(compared):
    table = by_seed(compared.runs, compared.bodies)
    summary = compared.summary.set_index(SUMMARY_COLUMNS[:3])
    assert list(table.index) == list(summary.index)
    assert list(table.columns) == [0, 1]
    assert np.array_equal(table.mean(axis=1), summary["mean"], equal_nan=True)
    assert np.array_equal(table.notna().sum(axis=1), summary["n"])


def test_numbers_of_a_seed_are_its_own(compared):
    """Of one seed alone they are the same, which lets them be gathered a seed at a time."""
    table = by_seed(compared.runs, compared.bodies)
    for replicate in table:
        alone = by_seed(compared.runs[compared.runs["replicate"] == replicate], compared.bodies)
        assert list(alone.columns) == [replicate]
        both = table.loc[alone.index, replicate]
        assert np.array_equal(alone[replicate], both, equal_nan=True)
        assert len(alone) > 0.9 * len(table)


def test_a_seed_without_rows_of_an_arrangement_is_null():
    rows = [
        ("a", 0, 1, 1, "council", None, "retained", 100, None),
        ("a", 1, 2, 1, "council", None, "retained", 300, None),
    ]
    rows += [("b", 1, 2, 1, "council", None, "retained", 700, None)]
    frame = pd.DataFrame(rows, columns=RUN_COLUMNS).astype({"value_pence": "Int64", "value": "float64"})
    table = by_seed(frame, {})
    assert table.loc[("b", "council", "retained")].isna().tolist() == [True, False]
    row = paired(table, "a").set_index(["agency", "measure"]).loc[("council", "retained")]
    assert (row["mean"], row["n"]) == (4, 1)


def test_no_runs_have_no_numbers():
    frame = pd.DataFrame([], columns=RUN_COLUMNS).astype({"value_pence": "Int64", "value": "float64"})
    assert by_seed(frame, {}).empty


def test_others_are_compared_with_those_asked_for_and_with_who_released_most_cash():
    """Means of cash 20, 40 and 30: b released most, so that a and c are set against it beside what was asked."""
    table = numbers({"a": [10, 30], "b": [39, 41], "c": [30, 30]})
    index = [(code, "all", "cash_released") for code in "abc"]
    table.index = pd.MultiIndex.from_tuples(index, names=KEYS)
    found = differences(table, ("a",))
    assert found[["arrangement", "than", "mean"]].to_numpy().tolist() == [
        ["b", "a", 20], ["c", "a", 10], ["a", "b", -20], ["c", "b", -10],
    ]  # fmt: skip
    assert differences(table, ("b",))["than"].tolist() == ["b", "b"]


def test_what_others_are_compared_with_is_one_of_them():
    assert bases(None, ["a", "b"]) == ("a",)
    assert bases("b", ["a", "b"]) == ("b",)
    assert bases(["b", "a", "b"], ["a", "b"]) == ("b", "a")
    with pytest.raises(InputError, match=r"--than: silos: is none of the arrangements compared; did you mean .*silo"):
        bases("silos", ["silo", "list_public"])
