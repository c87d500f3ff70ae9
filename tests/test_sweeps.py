"""listsim sweep: what it writes and says, how it goes on, and what it refuses."""

import json

import pandas as pd
import pytest

from sim.core import terminal
from sim.studies import kept, run, task

TOWN = ("--place", "milltown", "--families", 1000, "--years", 1, "--replicates", 2, "--workers", 1, "--no-report")
TWO = ("--arrangements", "silo,list_public")
DRIFT = ("--grid", "services.threshold_drift=0,0.25")


def test_a_grid_needs_no_file_and_finds_a_folder_of_its_own(listsim, tmp_path):
    code, out, err = listsim("sweep", *DRIFT, "--grid", "list.payment_basis=gross,cashed", *TWO, *TOWN)
    assert (code, out) == (0, "4 points, 8 tasks done: results/sweep-001\n")
    assert err.startswith("listsim: 7 more to do: ")
    assert err.splitlines()[0].endswith(" on 1 process, by the first")
    points = pd.read_parquet(tmp_path / "results" / "sweep-001" / "points.parquet")
    assert points.to_numpy().tolist() == [
        [0, 0.0, "gross"], [1, 0.0, "cashed"], [2, 0.25, "gross"], [3, 0.25, "cashed"],
    ]  # fmt: skip
    code, out, err = listsim("sweep", *DRIFT, *TWO, *TOWN, "--json", "--no-progress")
    assert (code, err) == (0, "")
    assert {(row["point"], row["services.threshold_drift"]) for row in json.loads(out)} == {(0, 0.0), (1, 0.25)}
    assert (tmp_path / "results" / "sweep-002" / "runs.parquet").is_file()


def test_a_report_is_drawn_unless_there_shall_be_none(listsim, tmp_path):
    code, out, _ = listsim("sweep", *DRIFT, *TWO, *TOWN[:-1], "--out", "a")
    assert (code, out) == (0, "2 points, 4 tasks done: a/report.html\n")
    before = (tmp_path / "a" / "report.html").read_bytes()
    (tmp_path / "a" / "report.html").unlink()
    assert listsim("sweep", *DRIFT, *TWO, *TOWN, "--out", "a")[:2] == (0, "2 points, 4 tasks done: a\n")
    assert not (tmp_path / "a" / "report.html").exists()
    assert listsim("report", "a") == (0, "a/report.html\n", "")
    assert (tmp_path / "a" / "report.html").read_bytes() == before


def test_a_file_is_run_with_what_is_given_beside_it(listsim, tmp_path):
    assert listsim("new", "study", "mine.toml") == (0, "mine.toml\n", "")
    beside = ("--grid", "services.threshold_drift=0.1", "--until", "cash_released=1e9")
    drawn = [word for word in TOWN if word != "--no-report"]
    code, out, _ = listsim("sweep", "mine.toml", *beside, *drawn, "--out", "a", "--set", "programmes.optimism=1")
    assert (code, out) == (0, "2 points, 4 tasks done: a/report.html\n")
    assert "0.1" in (tmp_path / "a" / "report.html").read_text(encoding="utf-8")
    points = pd.read_parquet(tmp_path / "a" / "points.parquet")
    assert points["services.threshold_drift"].tolist() == [0.1, 0.1]
    assert points["reached"].all()


def test_an_interrupted_sweep_says_how_to_go_on_and_does(listsim, monkeypatch, tmp_path):
    words = ("sweep", *DRIFT, *TWO, *TOWN, "--no-progress")
    assert listsim(*words, "--out", "whole")[0] == 0
    attempt, tried = run.attempt, []

    def interrupted(*args):
        tried.append(args[1:3])
        if len(tried) == 3:
            raise KeyboardInterrupt
        return attempt(*args)

    monkeypatch.setattr(kept, "attempt", interrupted)
    monkeypatch.setattr(terminal, "received", None)
    code, out, err = listsim(*words)
    assert (code, out) == (130, "")
    again = "the same command with --out results/sweep-001 goes on from there"
    assert err == f"listsim: interrupted: what is done is kept in results/sweep-001; {again}\n"
    tried.clear()
    monkeypatch.setattr(kept, "attempt", lambda *args: tried.append(args[1:3]) or attempt(*args))
    assert listsim(*words, "--out", "results/sweep-001")[0] == 0
    assert tried == [(0, 2), (1, 2)]
    for name in ("points.parquet", "runs.parquet", "summary.csv", "differences.csv"):
        assert (tmp_path / "whole" / name).read_bytes() == (tmp_path / "results" / "sweep-001" / name).read_bytes()


def test_what_failed_is_told_and_tried_again_on_demand(listsim, monkeypatch):
    words = ("sweep", *DRIFT, *TWO, *TOWN, "--no-progress", "--out", "a")
    run_task = task.run_task

    def failing(every, seed, *rest):
        if seed == 2 and every[0].dials["services.threshold_drift"] == 0.25:
            raise ZeroDivisionError("a test")
        return run_task(every, seed, *rest)

    monkeypatch.setattr(task, "run_task", failing)
    code, out, err = listsim(*words)
    assert (code, out) == (3, "2 points, 3 tasks done: a\n")
    said = "1 task failed (point 1, seed 2: ZeroDivisionError: a test); see a/failures.csv; --retry runs them again"
    assert err == f"listsim: {said}\n"
    assert listsim(*words)[0] == 3
    monkeypatch.setattr(task, "run_task", run_task)
    assert listsim(*words, "--retry")[:2] == (0, "2 points, 4 tasks done: a\n")


def test_shards_are_joined_when_the_last_is_there(listsim, tmp_path):
    words = ("sweep", *DRIFT, *TWO, *TOWN, "--no-progress")
    code, out, err = listsim(*words, "--shard", "1/2", "--out", "a")
    assert (code, out, err) == (0, "", "listsim: a: 2 of 4 tasks are left\n")
    assert not (tmp_path / "a" / "runs.parquet").exists()
    assert listsim(*words, "--shard", "2/2", "--out", "a")[:2] == (0, "2 points, 4 tasks done: a\n")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--grid", "services.threshold_drift"), "--grid: services.threshold_drift: is not KEY=A,B,C"),
        ((*DRIFT, "--grid", "services.threshold_drift=1"), "--grid: services.threshold_drift: is given twice"),
        (("--grid", "services.threshold_drift=0,"), "has no value"),
        (("--grid", "services.threshold_drift=0,9"), "point 1 (services.threshold_drift = 9)"),
        (("--until", "cash_released"), "--until: cash_released: is not MEASURE=WIDTH"),
        (("--until", "cash=1"), "--until: measure: 'cash' is no measure"),
        ((*DRIFT, "--shard", "3/2"), "--shard"),
        (("nowhere.toml",), "nowhere.toml: cannot be read"),
        ((), "sweep: nothing varies; give a study file, or --grid KEY=A,B,C"),
        ((*DRIFT, "--retry"), "--retry: goes on with a sweep's folder, and none is given; give it with --out"),
        ((*DRIFT, "--retry", "--out", "b"), "--retry: b: is not the folder of a sweep; give one with --out"),
    ],
)
def test_wrong_words_are_one_line(listsim, tmp_path, words, told):
    code, out, err = listsim("sweep", *words, *TWO, *TOWN)
    assert (code, out) == (2, "")
    assert err.count("\n") == 1
    assert told in err
    assert list(tmp_path.iterdir()) == []


def test_a_folder_takes_more_seeds_and_fewer_and_its_tables_are_those_asked_for(listsim, tmp_path, monkeypatch):
    ran, attempt = [], run.attempt
    monkeypatch.setattr(
        kept, "attempt", lambda study, point, seed, *how: ran.append(seed) or attempt(study, point, seed, *how)
    )
    words = (
        "sweep",
        *DRIFT,
        "--arrangements",
        "silo",
        *TOWN[:6],
        "--workers",
        1,
        "--no-report",
        "--quiet",
        "--replicates",
    )
    said = {}
    for n, folder, runs in ((2, "two", 4), (3, "out", 6), (2, "out", 0), (3, "out", 0)):
        del ran[:]
        assert listsim(*words, n, "--out", folder)[0] == 0
        tables = {path.name: path.read_bytes() for path in (tmp_path / folder).iterdir() if path.is_file()}
        assert said.setdefault(n, tables) == tables
        assert len(ran) == runs
    del ran[:]
    assert listsim(*words, 4, "--out", "out")[0] == 0
    assert ran == [4, 4]
    assert set(pd.read_parquet(tmp_path / "out" / "runs.parquet")["seed"]) == {1, 2, 3, 4}


def test_tables_of_other_seeds_are_gone_while_a_sweep_goes_on_with_more(listsim, tmp_path, monkeypatch):
    words = (
        "sweep",
        *DRIFT,
        "--arrangements",
        "silo",
        *TOWN[:6],
        "--workers",
        1,
        "--quiet",
        "--out",
        "out",
        "--replicates",
    )
    assert listsim(*words, 1)[0] == 0

    def stopped(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(kept, "attempt", stopped)
    assert listsim(*words, 2)[0] == 130
    assert "points.parquet: is missing: the sweep is not done" in listsim("report", "out")[2]
    assert listsim(*words, 1)[0] == 0  # which needs no run
    assert listsim("report", "out")[0] == 0


def test_another_study_is_not_written_over(listsim):
    assert listsim("sweep", *DRIFT, *TWO, *TOWN, "--out", "a", "--quiet")[0] == 0
    code, _, err = listsim("sweep", *DRIFT[:1], "services.threshold_drift=0.5", *TWO, *TOWN, "--out", "a", "--quiet")
    assert code == 2
    assert "another study" in err
