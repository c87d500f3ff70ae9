"""Seeds added until an interval is narrow enough: stages by hand, a rule by hand, and the same on milltown however it ran."""

import pandas as pd
import pytest

from sim.results.joined import join
from sim.studies import until
from sim.studies.sweep import load_sweep
from sim.studies.sweep_folder import open_sweep
from sim.studies.until import Known, next_stage

SMALL = {"place": "milltown", "arrangements": ["silo", "list_public"], "families": 1000, "years": 1}


def sweep_of(first=2, most=10, half_width=1.0, **given):
    asked = {"measure": "cash_released", "half_width": half_width, "most": most}
    return load_sweep(until=asked, replicates=first, **{**SMALL, **given})


def test_stages_grow_by_a_quarter():
    stages = [5]
    while stages[-1] < 40:
        stages.append(next_stage(stages[-1], 40))
    assert stages == [5, 7, 9, 12, 15, 19, 24, 30, 38, 40]
    assert next_stage(1, 40) == 2


def wanted(sweep, *pairs):
    """Seeds wanted where differences of the second arrangement from the first, by seed, are known; None is a failure."""
    known = Known(sweep)
    known.add(
        0, {i: None if pair is None else {"silo": 100.0, "list_public": 100.0 + pair} for i, pair in enumerate(pairs)}
    )
    return known.wanted(0)


def test_a_point_has_enough_at_the_first_stage_that_is_narrow():
    """Differences 0, 2, 1: t of 95% with two degrees of freedom is 4.3027, so the half width is 4.3027 / sqrt(3) = 2.484."""
    assert wanted(sweep_of(half_width=2.49), 0, 2, 1) == 3
    assert wanted(sweep_of(half_width=2.48), 0, 2, 1) == 4
    assert wanted(sweep_of(first=3, half_width=2.49), 0, 2, 1) == 3
    assert wanted(sweep_of(half_width=12.8), 0, 2, 1) == 2  # two of them: 12.706 x sqrt(2) / sqrt(2)


def test_no_more_than_the_most():
    assert wanted(sweep_of(most=3, half_width=0.1), 0, 2, 1) == 3


def test_what_is_not_done_is_waited_for():
    assert wanted(sweep_of(), 0) == 2
    assert wanted(sweep_of()) == 2


def test_a_seed_that_failed_is_tried_and_not_counted():
    assert wanted(sweep_of(half_width=2.49), 0, None, 2, 1) == 4
    assert wanted(sweep_of(half_width=2.49), None, None) == 3


def test_the_widest_arrangement_decides():
    sweep = sweep_of(arrangements=["silo", "list_public", "pooled_s75"], half_width=0.5)
    known = Known(sweep)
    known.add(0, {i: {"silo": 0.0, "list_public": 1.0, "pooled_s75": float(i)} for i in range(2)})
    assert known.wanted(0) == 3
    other = Known(sweep_of(arrangements=["silo", "list_public", "pooled_s75"], half_width=0.5))
    other.add(0, {i: {"silo": 0.0, "list_public": 1.0, "pooled_s75": 2.0} for i in range(2)})
    assert other.wanted(0) == 2


@pytest.fixture(scope="module")
def unsure():
    """A sweep in which one point is sure at once, since programmes do nothing there, and the other never to a pound."""
    return sweep_of(first=2, most=9, half_width=1, grid={"programmes.effect_scale": [0, 3]}, years=2)


def tables_of(sweep, folder, **how):
    with open_sweep(sweep, folder) as kept:
        outcome = until.carry_out(sweep, kept, **how)
        assert outcome.left == 0
        join(kept, sweep.describe())
    return {name: (folder / name).read_bytes() for name in ("points.parquet", "runs.parquet", "differences.csv")}


def test_points_say_how_many_seeds_each_needed(unsure, tmp_path):
    tables_of(unsure, tmp_path / "a")
    points = pd.read_parquet(tmp_path / "a" / "points.parquet")
    runs = pd.read_parquet(tmp_path / "a" / "runs.parquet")
    assert list(runs.groupby("point")["seed"].nunique()) == list(points["seeds"])
    differences = pd.read_csv(tmp_path / "a" / "differences.csv").query(
        "agency == 'all' and measure == 'cash_released'"
    )
    widths = ((differences["high"] - differences["low"]) / 2).to_list()
    assert [width <= 1 for width in widths] == list(points["reached"])
    assert list(points["seeds"]) == [2, 9]
    assert list(points["reached"]) == [True, False]


@pytest.mark.slow
def test_seeds_do_not_depend_on_how_it_ran(unsure, tmp_path):
    whole = tables_of(unsure, tmp_path / "a")
    with open_sweep(unsure, tmp_path / "b") as kept:

        def stop(done, _):
            if done >= 7:
                raise RuntimeError("stopped")

        with pytest.raises(RuntimeError, match="stopped"):
            until.carry_out(unsure, kept, progress=stop)
    assert tables_of(unsure, tmp_path / "b", workers=2) == whole
