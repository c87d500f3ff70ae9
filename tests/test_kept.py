"""A sweep's work is kept: whatever ends it, it goes on where it was, and comes to the same."""

import errno
import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pandas as pd
import pytest

from sim.api import compare_points
from sim.core.faults import InputError
from sim.results import parts
from sim.studies import kept, lots, shards
from sim.studies import task as runner
from sim.studies.kept import carry_out
from sim.studies.sweep_folder import open_sweep
from tests.conftest import SMALL_SWEEP, runs_of, sweep_of


def files_of(folder):
    """Every file of a folder with its content."""
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def failing(monkeypatch):
    """Let the runs of some seeds raise an error; adding to it counts what is run."""
    errors, run_task = {}, runner.run_task

    def run(every, seed, *rest):
        failing.ran.append(seed)
        if seed in errors:
            raise errors[seed]
        return run_task(every, seed, *rest)

    failing.ran = []
    monkeypatch.setattr(runner, "run_task", run)
    errors["ran"] = failing.ran
    return errors


def test_what_is_kept_is_what_a_comparison_gives(whole):
    points = {drift: {"services.threshold_drift": drift} for drift in (0, 0.5, 1)}
    compared = compare_points(points, ["silo", "list_public"], replicates=3, **SMALL_SWEEP)
    for (_, text, bodies), comparison in zip(whole, compared.values(), strict=True):
        assert text == comparison.runs.to_csv()
        assert {name: tuple(of_one) for name, of_one in bodies.items()} == comparison.bodies
    assert [point for point, *_ in whole] == [0, 1, 2]


def test_frames_have_the_kinds_of_tables(sweep, tmp_path):
    with open_sweep(sweep, tmp_path / "out") as folder:
        carry_out(sweep, folder, shard=(1, 9))
    ((_, frame, _),) = parts.points(folder, parts.read_index(folder))
    comparison = compare_points(
        {"": {"services.threshold_drift": 0}}, ["silo", "list_public"], replicates=1, **SMALL_SWEEP
    )
    pd.testing.assert_frame_equal(frame, comparison[""].runs)


@pytest.mark.slow
@pytest.mark.parametrize("most", [pytest.param(1, marks=pytest.mark.slow), 2, 200])
def test_neither_processes_nor_the_size_of_lots_change_what_comes_out(sweep, whole, tmp_path, monkeypatch, most):
    monkeypatch.setattr(lots, "MOST", most)
    told = []
    with open_sweep(sweep, tmp_path / "out") as folder:
        carry_out(sweep, folder, workers=2, progress=lambda *numbers: told.append(numbers))
    assert runs_of(folder) == whole
    assert told == sorted(told)
    assert told[-1] == (9, 9)
    assert told[0] == (0, 9)
    assert len(told) == 1 + len(list((folder / "parts").iterdir()))
    assert len(told) == 10 if most == 1 else len(told) < 10


def test_a_sweep_goes_on_where_it_was(sweep, whole, tmp_path, failing):
    failing[2] = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt), open_sweep(sweep, tmp_path / "out") as folder:
        carry_out(sweep, folder)
    assert set(parts.read_index(folder).done) == {(point, 1) for point in range(3)}
    del failing[2], failing["ran"][:]
    told = []
    with open_sweep(sweep, tmp_path / "out") as folder:
        assert carry_out(sweep, folder, progress=lambda *numbers: told.append(numbers)).left == 0
    assert failing["ran"] == [2, 2, 2, 3, 3, 3]
    assert (told[0], told[-1]) == ((3, 9), (9, 9))
    assert runs_of(folder) == whole


def test_seeds_may_grow_in_one_folder(sweep, whole, tmp_path, failing):
    first = sweep_of(replicates=2)
    with open_sweep(first, tmp_path / "out") as folder:
        carry_out(first, folder)
        del failing["ran"][:]
        assert carry_out(first.with_seeds({0: 3, 1: 3, 2: 3}), folder).done == 9
    assert failing["ran"] == [3, 3, 3]
    assert runs_of(folder) == whole


def test_a_task_that_raises_is_recorded_with_its_inputs_and_tried_again_on_demand(sweep, whole, tmp_path, failing):
    failing[2], failing[3] = ZeroDivisionError("no luck"), InputError("place", "", "is wrong here", "mend it")
    with open_sweep(sweep, tmp_path / "out") as folder:
        outcome = carry_out(sweep, folder)
    assert (outcome.done, outcome.failed, outcome.left) == (3, 6, 0)
    failure = outcome.failures[1]
    assert (failure["point"], failure["seed"], failure["error"]) == (1, 2, "ZeroDivisionError")
    assert (failure["message"], failure["settings"]) == ("no luck", {"services.threshold_drift": 0.5})
    assert "Traceback" in failure["traceback"]
    assert outcome.failures[-1]["message"] == "place: is wrong here; mend it"
    del failing["ran"][:]
    with open_sweep(sweep, folder):
        assert carry_out(sweep, folder).failed == 6
        assert failing["ran"] == []
        del failing[3]
        failing[2] = ZeroDivisionError("again")
        outcome = carry_out(sweep, folder, retry=True)
        assert failing["ran"] == [2, 2, 2, 3, 3, 3]
        assert (outcome.failed, outcome.failures[0]["message"], outcome.failures[0]["tries"]) == (3, "again", 2)
        del failing[2]
        assert carry_out(sweep, folder, retry=True).failures == []
    assert runs_of(folder) == whole


def test_retry_runs_what_failed_and_nothing_else(sweep, tmp_path, failing):
    failing[1] = ZeroDivisionError()
    with open_sweep(sweep, tmp_path / "out") as folder:
        carry_out(sweep, folder, shard=(1, 3))
        del failing[1], failing["ran"][:]
        outcome = carry_out(sweep, folder, retry=True)
    assert (outcome.done, outcome.failed, outcome.left) == (3, 0, 6)
    assert failing["ran"] == [1, 1, 1]


# --- processes that are killed


class Killing:
    """Kills its process when a worker unpickles it: with a file for each time that it shall."""

    def __init__(self, study, folder):
        self.study, self.folder = study, folder

    def task(self, seed):
        for file in Path(self.folder).iterdir():
            file.unlink(missing_ok=True)
            os.kill(os.getpid(), signal.SIGKILL)
        return self.study.task(seed)


def kills(monkeypatch, tmp_path, times, point=1, seed=2):
    """Let the process that gets one task be killed so many times."""
    folder = tmp_path / "kills"
    folder.mkdir()
    for number in range(times):
        (folder / str(number)).touch()
    task_of = kept.Work._task

    def task(work, *where):
        made = task_of(work, *where)
        return kept.replace(made, study=Killing(made.study, str(folder))) if where == (point, seed) else made

    monkeypatch.setattr(kept.Work, "_task", task)


@pytest.mark.skipif(os.name == "nt", reason="signals")
def test_a_killed_worker_costs_a_retry_and_no_more(sweep, whole, tmp_path, monkeypatch):
    kills(monkeypatch, tmp_path, 1)
    with open_sweep(sweep, tmp_path / "out") as folder:
        assert carry_out(sweep, folder, workers=2) == shards.Outcome(9, 0, 0, [])
    assert runs_of(folder) == whole


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="signals")
def test_a_task_that_kills_every_process_is_a_failure_and_takes_no_other_with_it(sweep, whole, tmp_path, monkeypatch):
    with monkeypatch.context() as patch:
        kills(patch, tmp_path, 99)
        with open_sweep(sweep, tmp_path / "out") as folder:
            outcome = carry_out(sweep, folder, workers=2)
    assert (outcome.done, outcome.failed, outcome.left) == (8, 1, 0)
    (failure,) = outcome.failures
    assert (failure["point"], failure["seed"], failure["error"]) == (1, 2, "WorkerError")
    assert "killed 3 times (out of memory?)" in failure["message"]
    assert len(list((tmp_path / "kills").iterdir())) == 99 - lots.TRIES
    with open_sweep(sweep, folder):
        carry_out(sweep, folder, workers=2, retry=True)
    assert runs_of(folder) == whole


# --- other executors, with and without a shared disk


def test_where_workers_share_no_disk_the_parts_come_back(sweep, whole, tmp_path, monkeypatch):
    written, write = [], kept._write
    monkeypatch.setattr(
        kept, "_write", lambda folder, name, content: (written.append(name), write(folder, name, content))
    )
    elsewhere = kept.keep_lot
    monkeypatch.setattr(kept, "keep_lot", lambda folder, mark, *rest: elsewhere("/nowhere", "/nowhere/mark", *rest))
    with ThreadPoolExecutor(2) as threads, open_sweep(sweep, tmp_path / "out") as folder:
        assert carry_out(sweep, folder, threads, 2).left == 0
    assert set(written) == {path.name for path in (folder / "parts").iterdir()}
    assert runs_of(folder) == whole


def test_an_executor_that_loses_processes_costs_retries_and_then_failures(sweep, tmp_path):
    class Losing(kept.Here):
        def submit(self, function, *args):
            tasks = args[3]
            future = super().submit(function, *args)
            if (1, 2) in [(task.point, task.seed) for task in tasks]:
                future = kept.Future()
                future.set_exception(OSError("the worker is gone"))
            return future

    with open_sweep(sweep, tmp_path / "out") as folder:
        outcome = carry_out(sweep, folder, Losing(), 1)
    assert [(failure["point"], failure["seed"]) for failure in outcome.failures] == [(1, 2)]
    assert outcome.done == 8


# --- disks that are full, and files that are damaged


@pytest.fixture
def disk(tmp_path):
    """A disk of 300 kB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    try:
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=300k", "none", folder], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("no disk can be mounted here")
    yield folder
    subprocess.run(["umount", folder], check=True)


@pytest.mark.parametrize("workers", [1, 2])
def test_a_full_disk_is_one_line_and_no_finished_work_is_lost(sweep, whole, disk, workers):
    with open_sweep(sweep, disk / "out") as folder:
        carry_out(sweep, folder, shard=(1, 3))
        before = files_of(folder)
        with pytest.raises(OSError, match="No space left"):
            (disk / "film").write_bytes(bytes(300_000))
        with pytest.raises(InputError, match="No space left") as error:
            carry_out(sweep, folder, workers=workers)
        assert str(error.value).count("\n") == 0
        assert files_of(folder) == before
        (disk / "film").unlink()
        assert carry_out(sweep, folder, workers=workers).left == 0
    assert runs_of(folder) == whole


@pytest.mark.skipif(os.name == "nt", reason="limits of a process")
def test_a_limit_of_file_sizes_is_one_line_and_no_finished_work_is_lost(sweep, tmp_path):
    import resource

    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    with open_sweep(sweep, tmp_path / "out") as folder:
        carry_out(sweep, folder, shard=(1, 3))
        before = files_of(folder)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, limits[1]))
        try:
            with pytest.raises(InputError, match="File too large"):
                carry_out(sweep, folder)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        assert files_of(folder) == before


def test_no_space_left_is_told_as_such(sweep, tmp_path, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(InputError, match="No space left on device"), open_sweep(sweep, tmp_path / "out") as folder:
        carry_out(sweep, folder)
    assert list((folder / "parts").iterdir()) == []


def test_what_was_half_written_when_a_process_ended_is_cleared(sweep, tmp_path):
    with open_sweep(sweep, tmp_path / "out") as folder:
        gone, living = (folder / "parts" / f".1-0.parquet_{name}.partial" for name in ("x_1_1", kept.holder()))
        gone = gone.with_name(gone.name.replace("x_1_1", f"{kept.holder().rsplit('_', 1)[0]}_1"))  # of an earlier start
        strange = folder / "parts" / ".mine_of_x_elsewhere.partial"
        joining = folder / gone.name.replace("1-0", "runs")
        for path in (gone, living, strange, joining):
            path.touch()
        carry_out(sweep, folder, shard=(1, 9))
    assert not gone.exists()
    assert not joining.exists()
    assert living.exists()
    assert strange.exists()


@pytest.mark.parametrize("share", [0, 0.5, 0.99])
def test_a_damaged_part_is_named_and_can_be_done_again(sweep, whole, tmp_path, share):
    with open_sweep(sweep, tmp_path / "out") as folder:
        carry_out(sweep, folder)
        part = sorted((folder / "parts").iterdir())[0]
        part.write_bytes(part.read_bytes()[: int(part.stat().st_size * share)])
        with pytest.raises(InputError, match=f"{part.name}: is damaged"):
            carry_out(sweep, folder)
        part.unlink()
        assert carry_out(sweep, folder).left == 0
    assert runs_of(folder) == whole


def test_parts_of_another_study_are_refused(sweep, tmp_path):
    other = sweep_of(settings={"programmes.optimism": 2})
    with open_sweep(other, tmp_path / "other") as strange:
        carry_out(other, strange, shard=(1, 9))
    (part,) = (strange / "parts").iterdir()
    with open_sweep(sweep, tmp_path / "out") as folder:
        (folder / "parts" / part.name).write_bytes(part.read_bytes())
        with pytest.raises(InputError, match=f"{part.name}: holds point 0 with seed 1 of another study"):
            carry_out(sweep, folder)


def test_the_key_is_of_code_inputs_and_seed(sweep, monkeypatch):
    keys = kept.Keys(sweep)
    assert len({keys.of(point, seed) for point in range(3) for seed in (1, 2)}) == 6
    assert kept.Keys(sweep_of(replicates=9)).of(2, 1) == keys.of(2, 1)
    assert kept.Keys(sweep_of(settings={"programmes.optimism": 2})).of(2, 1) != keys.of(2, 1)
    monkeypatch.setattr(kept, "code", lambda: {"code_hash": "other"})
    assert kept.Keys(sweep).of(2, 1) != keys.of(2, 1)


# --- the parent's memory

MANY = """
import resource, sys
from sim.results.joined import join
from sim.studies import task as runner
from sim.studies.kept import carry_out
from sim.studies.sweep import load_sweep
from sim.studies.sweep_folder import open_sweep

def sweep_of(points):
    values = [point / points for point in range(points)]
    return load_sweep(arrangements="silo", place="milltown", families=500, years=5, replicates=10,
                      grid={"services.threshold_drift": values})

if __name__ == "__main__":
    sweep = sweep_of(int(sys.argv[1]))
    done = runner.run_task(sweep.at(0).inputs(), 1)
    runner.run_task = lambda *_: [runner.RunResult("silo", 1, [tuple(row) for row in done[0].rows], [], ())]
    with open_sweep(sweep, sys.argv[2]) as folder:
        assert carry_out(sweep, folder).done == len(sweep.tasks())
        join(folder, sweep.describe())
    print(len(done[0].rows), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""


@pytest.mark.slow
def test_memory_is_flat_in_the_number_of_runs(tmp_path):
    (tmp_path / "many.py").write_text(MANY)

    def megabytes(points):
        words = [sys.executable, "many.py", str(points), f"out{points}"]
        done = subprocess.run(words, cwd=tmp_path, stdout=subprocess.PIPE, text=True, check=True)
        rows, most = done.stdout.split()
        assert int(rows) > 1000
        return float(most)

    few, many = megabytes(10), megabytes(200)  # 100 and 2,000 runs
    assert many < few + 50
