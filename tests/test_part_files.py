"""Part files hold what tasks came to, whichever part a task is in, and in whatever order they are read."""

import os

import pandas as pd
import pytest

from sim.core.faults import InputError
from sim.results import parts
from sim.results.parts import Index, Part, read_index
from sim.results.summary import tables
from sim.studies.done import Done, Failure, RunResult

ROWS = [(1, "council", "care", "promised", -5, None), (1, "nhs", None, "trust", None, 0.25)]


def done(point, seed, rows=ROWS, notes=()):
    runs = [RunResult("b", seed, rows, [], (), notes=list(notes)), RunResult("a", seed, rows[:1], [], ("list",))]
    return Done(point, seed, runs)


def failed(point, seed, message):
    return Done(point, seed, [], Failure("ValueError", message, "Traceback"))


def keep(folder, *tasks, tries=1):
    """Write a part of some tasks; its name."""
    part = Part(1)
    for task in tasks:
        key = f"{task.point} {task.seed}"
        if task.failure:
            part.add_failure(task, key, {"x": task.point}, tries)
        else:
            part.add(task, key)
    name, content = part.finish()
    (folder / "parts").mkdir(exist_ok=True)
    (folder / "parts" / name).write_bytes(content)
    return name


def test_points_come_out_as_tables_order_them_whatever_part_they_are_in(tmp_path):
    keep(tmp_path, done(1, 3), done(0, 2))
    keep(tmp_path, done(0, 1), failed(2, 1, "x"), done(0, 10))
    keep(tmp_path, done(0, 1))  # once more
    found = {point: (frame, bodies) for point, frame, bodies in parts.points(tmp_path, read_index(tmp_path))}
    assert list(found) == [0, 1]
    expected, *_ = tables([done(0, seed).runs for seed in (1, 2, 10)], 1)
    pd.testing.assert_frame_equal(found[0][0], expected)
    assert found[0][1] == {"a": ["list"], "b": []}
    assert list(found[1][0]["replicate"]) == [2, 2, 2]


def test_a_task_without_rows_is_done_too(tmp_path):
    keep(tmp_path, done(0, 1, []), done(1, 1), done(2, 1, []))
    found = {point: frame for point, frame, _ in parts.points(tmp_path, read_index(tmp_path))}
    assert [len(found[point]) for point in (0, 1, 2)] == [0, 3, 0]
    pd.testing.assert_series_equal(found[0].dtypes, found[1].dtypes)


def test_a_failure_counts_until_it_is_done_and_the_last_one_is_told(tmp_path):
    keep(tmp_path, failed(0, 1, "first"), failed(1, 1, "stays"))
    keep(tmp_path, failed(0, 1, "second"), tries=2)
    index = read_index(tmp_path)
    assert [(where, failure["message"]) for where, failure in sorted(index.failed.items())] == [
        ((0, 1), "second"),
        ((1, 1), "stays"),
    ]
    assert index.failed[1, 1]["settings"] == {"x": 1}
    keep(tmp_path, done(0, 1))
    for order in (sorted, lambda names: sorted(names, reverse=True)):  # whichever is read first
        index = Index()
        for path in order((tmp_path / "parts").iterdir()):
            index.add(path.name, parts.read_part(path))
        assert (set(index.done), set(index.failed)) == ({(0, 1)}, {(1, 1)})


def test_the_name_tells_what_is_in_a_part(tmp_path):
    parts_ = [[done(0, 1)], [done(0, 1), done(1, 1)], [failed(0, 1, "x")], [done(0, 2)]]
    names = [keep(tmp_path, *tasks) for tasks in parts_] + [keep(tmp_path, failed(0, 1, "x"), tries=2)]
    assert len(set(names)) == 5
    assert keep(tmp_path, done(0, 1)) == names[0]


def test_notes_are_kept(tmp_path):
    keep(tmp_path, done(0, 1, notes=["refused"]), done(0, 2))
    assert read_index(tmp_path).notes == {(0, 1): [["b", "refused"]]}


def test_a_pipe_among_parts_is_named_and_not_waited_for(tmp_path):
    keep(tmp_path, done(0, 1))
    os.mkfifo(tmp_path / "parts" / "pipe.parquet")
    with pytest.raises(InputError, match=r"pipe.parquet: is damaged"):
        read_index(tmp_path)


def test_what_is_no_part_is_named(tmp_path):
    keep(tmp_path, done(0, 1))
    pd.DataFrame({"a": [1]}).to_parquet(tmp_path / "parts" / "mine.parquet")
    with pytest.raises(InputError, match=r"mine.parquet: is damaged.*remove it and give the same command"):
        read_index(tmp_path)
