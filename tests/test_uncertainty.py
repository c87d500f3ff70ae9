"""What is known by a range is drawn anew in every replicate, and the spread is shared out among what it rests on."""

import numpy as np
import pandas as pd
import pytest

import sim
from sim.core.faults import InputError
from sim.core.kinds import Kind
from sim.core.parameters import Quantity
from sim.rerun import reproduce
from sim.results.by_seed import KEYS
from sim.results.files import read_shares, write_shares
from sim.results.shares import SHARE_COLUMNS, shares
from sim.studies.inputs import quantities
from sim.studies.study import load_study
from sim.studies.uncertainty import GROUPS, drawn, group_of, share_of, with_uncertainty

SKEW = Quantity(2.0, "share", 1.0, 6.0, "assumption: a test")


@pytest.fixture(scope="module")
def study():
    return with_uncertainty(load_study(["silo", "list_public"], "milltown", replicates=12, seed=5), "full")


def test_a_draw_by_hand():
    """Half triangles from 1 to 2 and from 2 to 6: at an eighth half way down, at seven eighths half way up."""
    for share, number in ((0.0, 1.0), (0.125, 1.5), (0.5, 2.0), (0.875, 4.0), (1 - 1e-12, 6.0)):
        assert drawn(SKEW, share) == pytest.approx(number, abs=1e-5), share
    end = Quantity(1.0, "share", 1.0, 6.0, "assumption: a test")
    assert [drawn(end, share) for share in (0.0, 0.2, 0.49)] == [1.0] * 3  # where it stands, in half of all
    whole = Quantity(2.0, "quarters", 1.0, 6.0, "assumption: a test", kind=Kind(whole=True))
    assert drawn(whole, 0.7) in (2.0, 3.0, 4.0)


def test_every_replicate_has_a_slice_of_its_own():
    seeds = range(3, 13)
    found = [share_of(seeds, "lines.arrest.block", i) for i in range(10)]
    assert sorted(int(share * 10) for share in found) == list(range(10))
    assert found == [share_of(seeds, "lines.arrest.block", i) for i in range(10)]
    assert found != [share_of(seeds, "lines.arrest.notice", i) for i in range(10)]
    assert found != [share_of(range(4, 14), "lines.arrest.block", i) for i in range(10)]


def test_what_the_place_is_fitted_by_and_what_a_future_says_is_held():
    assumed, published = SKEW, Quantity(2.0, "GBP", 1.0, 6.0, "unit_costs:SS2.0")
    assert group_of("lines.foster_care.block", assumed) == "assumptions"
    assert group_of("lines.foster_care.unit_cost", published) == "published"
    for name in (
        "needs.conduct.contagion",
        "lines.foster_care.coverage",
        "place.families",
        "programmes.keyworker.share_crisis",
        "departments.health.real_growth",
    ):
        assert group_of(name, assumed) is None, name
    assert group_of("lines.foster_care.block", Quantity(2.0, "x", 2.0, 2.0, "assumption: a test")) is None
    assert group_of("lines.foster_care.block", Quantity(2.0, "x", 1.0, 3.0, "fitted: a target")) is None


def test_all_arrangements_of_a_seed_have_the_same_draws_and_no_others(study):
    (silo, joint), luck = study.task(7)
    assert luck == 7
    assert (silo.trials, joint.trials) == (7, 7)
    assert silo.place.values == joint.place.values
    for inputs, asked in zip((silo, joint), study.inputs(), strict=True):
        before, after = quantities([asked]), quantities([inputs])
        moved = {name for name in before if before[name].value != after[name].value}
        assert len(moved) > 300
        assert {name for name in moved if group_of(name, before[name]) is None} == set()
        assert all(item.low <= item.value <= item.high for item in after.values())
    assert study.task(8)[0][0].place.values != silo.place.values
    assert study.task(7)[0][0].place.values == silo.place.values


@pytest.mark.parametrize("group", GROUPS)
def test_a_replicate_run_again_is_another_in_one_group_alone(study, group):
    """Seed 5 of a third of twelve, 5 to 8: what is otherwise is seed 6's."""
    own, following, again = study.task(5), study.task(6), study.at(1 + GROUPS.index(group)).task(5)
    mine, others, got = (quantities(every) for every, _ in (own, following, again))
    for name, item in got.items():
        assert item.value == (others if group_of(name, item) == group else mine)[name].value, name
    assert again[0][0].trials == (6 if group == "trials" else 5)
    assert again[1] == (6 if group == "luck" else 5)


def test_a_third_is_run_again(study):
    tasks = study.tasks()
    assert tasks[:12] == [(0, seed) for seed in range(5, 17)]
    assert tasks[12:] == [(number, seed) for seed in range(5, 9) for number in range(1, 5)]


def numbers(table, seeds):
    index = pd.MultiIndex.from_tuples([(code, "all", "cash_released") for code in table], names=KEYS)
    return pd.DataFrame(list(table.values()), index, seeds, dtype=float)


def test_shares_by_hand():
    """Cash of a is 0, 2 and 4, variance 4. Run again it is 2 and 2: squares of 4 and 0, half their mean 1, a quarter of 4.

    The difference of b from a is 1, 1 and 4, variance 3; run again it is 0 and 1: squares of 1 and 0, a twelfth.
    """
    base = numbers({"a": [0, 2, 4], "b": [1, 3, 8]}, range(3))
    again = {"luck": numbers({"a": [2, 2], "b": [2, 3]}, range(2))}
    table = shares(base, again, "a")
    assert list(table.columns) == SHARE_COLUMNS
    found = table.set_index(["arrangement", "than"])["share"]
    assert found["a", ""] == pytest.approx(1 / 4)
    assert found["b", "a"] == pytest.approx((1 + 0) / 2 / 2 / 3)
    assert (table["low"] >= 0).all()
    still = shares(numbers({"a": [1, 1, 1]}, range(3)), {"luck": numbers({"a": [1, 1]}, range(2))}, "a")
    assert np.isnan(still["share"]).all()


def test_shares_of_a_sum_are_those_of_its_parts():
    """y = x + 2z with x and z standard normal and apart: a fifth rests on x, four fifths on z."""
    draw = np.random.default_rng(3).normal
    x, z, x2, z2 = (draw(size=4000) for _ in range(4))
    again = {"x": numbers({"a": x2 + 2 * z}, range(4000)), "z": numbers({"a": x + 2 * z2}, range(4000))}
    found = shares(numbers({"a": x + 2 * z}, range(4000)), again, "a").set_index("group")["share"]
    assert found.to_dict() == pytest.approx({"x": 0.2, "z": 0.8}, abs=0.04)


def test_shares_are_read_as_they_were_written(tmp_path):
    base = numbers({"a": [0, 2, 4], "b": [1, 1, 1]}, range(3))
    table = shares(base, {"luck": numbers({"a": [2, 2], "b": [1, 1]}, range(2))}, "a")
    write_shares(tmp_path, table)
    found = read_shares(tmp_path)
    assert found["share"].dtype == found["low"].dtype == float
    assert found["than"].tolist() == table["than"].tolist() == ["", "", "a"]
    assert found["share"].iloc[0] == 0.25
    assert np.isnan(found.loc[1, ["share", "low"]].astype(float)).all()  # b never moves: nothing to share out
    assert read_shares(tmp_path / "none") is None


def test_what_is_no_kind_of_uncertainty_is_refused():
    with pytest.raises(InputError, match="--uncertainty: wide: is no kind of uncertainty; give trials or full"):
        sim.compare("silo", "milltown", uncertainty="wide")


def test_a_full_result_is_reproduced_from_its_manifest(tmp_path):
    same = {"place": "milltown", "families": 600, "years": 1, "replicates": 2}
    full = sim.compare(["silo"], **same, uncertainty="full")
    assert not full.runs.equals(sim.compare(["silo"], **same).runs)
    full.write(tmp_path / "full", report=False)
    assert "drawn from their ranges" in full.notes[0]
    assert reproduce(tmp_path / "full").agrees
    assert not (tmp_path / "full" / "shares.csv").exists()  # of two replicates none is run again


@pytest.mark.slow
def test_shares_are_written_where_replicates_are_run_again(tmp_path):
    done = sim.compare(["silo", "list_public"], "milltown", families=600, years=2, replicates=9, uncertainty="full")
    done.write(tmp_path / "full", report=False)
    table = pd.read_csv(tmp_path / "full" / "shares.csv")
    assert set(table["group"]) == set(GROUPS)
    assert set(table["n"]) == {3}
    assert done.replicates == 9
