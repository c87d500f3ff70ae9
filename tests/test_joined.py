"""The tables of a sweep: what is in them, whatever parts they come from."""

import weakref

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from sim.results import parts
from sim.results.differences import DIFFERENCE_COLUMNS, ESTIMATE, by_seed, paired
from sim.results.joined import SWEEP_FAILURE_COLUMNS, SWEEP_TABLES, join, settings_table
from sim.results.plain import rounded_table
from sim.results.summary import RUN_COLUMNS, STATISTICS, SUMMARY_COLUMNS, summarise
from sim.studies.done import Done, Failure, RunResult

SEEDS = range(3, 6)
POINTS = [{"future": "none", "services.threshold_drift": 0.0}, {"future": "=growth"}]
NAMES = ("silo", "list")


def run(arrangement, point, seed):
    """Made-up rows: what `list` keeps is `point + 1` pounds a year more than what `silo` keeps, give or take the seed's luck."""
    pence = [100 * seed * year + (arrangement == "list") * (100 * (point + 1) + seed % 2) for year in (1, 2)]
    rows = [
        (year, "council", line, "retained", amount, None)
        for year, amount in enumerate(pence, 1)
        for line in ("care", "school")
    ]
    rows.append((2, "council", None, "trust", None, 0.5))
    return RunResult(arrangement, seed, rows, [], ("pool",) if arrangement == "list" else ())


def done(point, seed):
    return Done(point, seed, [run(name, point, seed) for name in NAMES])


def failed(point, seed):
    return Done(point, seed, [], Failure("ValueError", "=no", "Traceback\n  line"))


def keep(folder, *lots):
    """Write a part a lot: tasks as (point, seed), a seed below nought for one that fails."""
    (folder / "parts").mkdir(parents=True, exist_ok=True)
    for lot in lots:
        part = parts.Part(SEEDS[0])
        for point, seed in lot:
            if seed < 0:
                part.add_failure(failed(point, -seed), f"{point} {-seed}", POINTS[point])
            else:
                part.add(done(point, seed), f"{point} {seed}")
        name, content = part.finish()
        (folder / "parts" / name).write_bytes(content)


def description(until=None):
    return {"points": POINTS, "seeds": list(SEEDS), "than": "silo", "until": until}


EVERY = [(point, seed) for seed in SEEDS for point in range(len(POINTS))]


@pytest.fixture
def swept(tmp_path):
    keep(tmp_path, EVERY)
    join(tmp_path, description())
    return tmp_path


def runs_of(point):
    """Rows of a point as an ordinary comparison has them."""
    rows = [
        (name, seed - SEEDS[0], seed, *row) for name in NAMES for seed in SEEDS for row in run(name, point, seed).rows
    ]
    return pd.DataFrame(rows, columns=RUN_COLUMNS).astype({"value_pence": "Int64", "value": "float64"})


def test_runs_are_those_of_a_comparison_with_the_point_before_them(swept):
    table = pd.read_parquet(swept / "runs.parquet")
    expected = pd.concat([runs_of(point).assign(point=point) for point in range(2)], ignore_index=True)
    pd.testing.assert_frame_equal(table, expected[["point", *RUN_COLUMNS]])
    file = pq.ParquetFile(swept / "runs.parquet")
    assert file.num_row_groups == 2  # a point each, so that who wants one reads no other


def test_points_have_a_column_a_setting_and_blanks_where_it_is_left(swept):
    table = pd.read_parquet(swept / "points.parquet")
    assert list(table.columns) == ["point", "future", "services.threshold_drift"]
    assert list(table["point"]) == [0, 1]
    assert list(table["future"]) == ["none", "=growth"]
    assert table["services.threshold_drift"].dtype == "float64"
    assert list(table["services.threshold_drift"].fillna(-1)) == [0, -1]


def test_summary_and_differences_are_those_of_each_point_with_its_settings(swept):
    summary, differences = (
        pd.read_csv(swept / name, keep_default_na=False) for name in ("summary.csv", "differences.csv")
    )
    head = ["point", "future", "services.threshold_drift"]
    assert list(summary.columns) == [*head, *SUMMARY_COLUMNS]
    assert list(differences.columns) == [*head, *DIFFERENCE_COLUMNS]
    for point in range(2):
        bodies = {"list": ("pool",)}
        for table, found, numbers in (
            (summary, summarise(runs_of(point), bodies), STATISTICS),
            (differences, paired(by_seed(runs_of(point), bodies), "silo"), ESTIMATE),
        ):
            expected = rounded_table(found, numbers)
            part = table[table["point"] == point].reset_index(drop=True)
            assert set(part["future"]) == {("none", "'=growth")[point]}  # no formula for a spreadsheet
            assert set(part["services.threshold_drift"]) == {("0.0", "")[point]}
            got = part[expected.columns].replace("", np.nan).astype(expected.dtypes.to_dict())
            pd.testing.assert_frame_equal(got, expected, check_exact=True)


def test_a_difference_by_hand(swept):
    """At point 1 `list` keeps 2 pounds a year more on each of two lines, and a penny where the seed is odd: 3, 4 and 5."""
    table = pd.read_csv(swept / "differences.csv").query("point == 1 and agency == 'all' and measure == 'retained'")
    row = table.iloc[0]
    mean, error = (8.04 + 8.00 + 8.04) / 3, np.std([8.04, 8.00, 8.04], ddof=1) / 3**0.5
    assert row["mean"] == round(mean, 2)
    assert row["high"] == round(mean + 4.302653 * error, 2)
    assert row["n"] == 3


@pytest.mark.parametrize(
    "lots",
    [
        [EVERY[::-1]],
        [EVERY[3:], EVERY[:3]],
        [[task] for task in EVERY],
        [EVERY, EVERY[2:4]],
        [[(0, -3), (1, -4)], EVERY],
    ],
)
def test_the_bytes_do_not_depend_on_the_parts(swept, tmp_path_factory, lots):
    other = tmp_path_factory.mktemp("other")
    keep(other, *lots)
    join(other, description())
    for name in SWEEP_TABLES:
        assert (other / name).read_bytes() == (swept / name).read_bytes(), name
    assert sorted(path.name for path in other.iterdir()) == sorted(path.name for path in swept.iterdir())


def test_failures_stand_in_a_table_until_a_retry_cures_them(tmp_path):
    keep(tmp_path, [(1, -4), (0, -5), (0, 3), (1, 3)])
    join(tmp_path, description())
    table = pd.read_csv(tmp_path / "failures.csv")
    assert list(table.columns) == SWEEP_FAILURE_COLUMNS
    assert table[["point", "seed"]].to_numpy().tolist() == [[0, 5], [1, 4]]
    assert list(table["settings"]) == ['{"future": "none", "services.threshold_drift": 0.0}', '{"future": "=growth"}']
    assert set(table["message"]) == {"'=no"}
    keep(tmp_path, [(0, 5), (1, 4)])
    join(tmp_path, description())
    assert not (tmp_path / "failures.csv").exists()


def test_a_sweep_in_which_all_failed_has_tables_without_rows(tmp_path):
    keep(tmp_path, [(0, -3), (1, -3)])
    join(tmp_path, description())
    assert pd.read_parquet(tmp_path / "runs.parquet").empty
    assert list(pd.read_parquet(tmp_path / "runs.parquet").columns) == ["point", *RUN_COLUMNS]
    assert pd.read_csv(tmp_path / "summary.csv").empty
    assert len(pd.read_parquet(tmp_path / "points.parquet")) == 2


def test_with_until_the_points_say_how_many_seeds_they_needed_and_whether_that_was_enough(tmp_path):
    """Half widths of the difference in what is kept: pennies with three seeds; none with one."""
    keep(tmp_path, [*[(0, seed) for seed in SEEDS], (1, 3), (1, -4)])
    join(tmp_path, description({"measure": "retained", "half_width": 0.1, "than": "silo", "most": 3}))
    table = pd.read_parquet(tmp_path / "points.parquet")
    assert list(table["seeds"]) == [3, 2]  # one of them failed
    assert list(table["reached"]) == [True, False]
    join(tmp_path, description({"measure": "retained", "half_width": 0.01, "than": "silo", "most": 3}))
    assert list(pd.read_parquet(tmp_path / "points.parquet")["reached"]) == [False, False]


def test_settings_that_are_numbers_here_and_words_there_are_text():
    table = settings_table([{"a": 0.5, "b": 1}, {"a": "auto"}])
    assert list(table["a"]) == ["0.5", "auto"]
    assert list(table["b"].fillna(-1)) == [1, -1]


def test_what_cannot_be_joined_leaves_the_tables_that_stood_there(swept):
    before = {name: (swept / name).read_bytes() for name in SWEEP_TABLES}
    with pytest.raises(KeyError):
        join(swept, {"points": POINTS, "than": "silo", "until": {"half_width": 1}})
    assert {name: (swept / name).read_bytes() for name in SWEEP_TABLES} == before
    assert not list(swept.glob(".*"))


@pytest.mark.slow
def test_one_point_is_in_memory_at_a_time(tmp_path, monkeypatch):
    keep(tmp_path, EVERY)
    made, most = [], []

    def watched(*given, make=parts.points):
        for _, rows, bodies in make(*given):
            for number in range(20):
                mine = rows.copy()
                made.append(weakref.ref(mine))
                most.append(sum(item() is not None for item in made))
                yield number, mine, bodies
                del mine

    monkeypatch.setattr(parts, "points", watched)
    join(tmp_path, {**description(), "points": POINTS * 10})
    assert len(most) == 40
    assert max(most) <= 2


def test_of_seeds_that_are_not_asked_for_there_is_nothing_in_the_tables(tmp_path):
    few, many = tmp_path / "few", tmp_path / "many"
    keep(few, EVERY)
    keep(many, [*EVERY, (0, 9), (1, -9)])
    for folder in (few, many):
        join(folder, description())
    assert [(few / name).read_bytes() for name in SWEEP_TABLES] == [(many / name).read_bytes() for name in SWEEP_TABLES]
    assert not (many / "failures.csv").exists()
