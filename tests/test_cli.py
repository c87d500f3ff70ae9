"""The command line as a person meets it: exit codes, one-line errors, nothing half written, Ctrl-C."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sim.cli.options import app
from sim.studies import executors as pool
from sim.studies import run as runner

TOWN = ["--place", "milltown", "--no-progress"]


def test_compare_writes_everything_and_shows_a_table(listsim, tmp_path):
    code, out, _ = listsim("compare", "silo", "list_public", *TOWN, "--replicates", 2, "--workers", 1, "--out", "mine")
    assert code == 0
    assert "Silos: each agency for itself" in out
    assert "less backfill: unmet need" in out
    assert "Net position of the place" in out
    assert "mine/report.html" in out
    wanted = {
        "manifest.json",
        "runs.parquet",
        "summary.csv",
        "years.csv",
        "decisions_by_kind.csv",
        "tables.xlsx",
        "differences.csv",
        "flows.parquet",
        "decisions.parquet",
        "events.parquet",
        "incentives.json",
        "report.html",
        "figures",
    }
    assert {path.name for path in (tmp_path / "mine").iterdir()} == wanted
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]
    before = {name: (tmp_path / "mine" / name).read_bytes() for name in ("report.html", "tables.xlsx")}
    for name in before:
        (tmp_path / "mine" / name).unlink()
    code, out, _ = listsim("report", "mine")
    assert code == 0
    assert {name: (tmp_path / "mine" / name).read_bytes() for name in before} == before


def test_the_demo_shows_the_headline_and_the_same_at_one_horizon(listsim):
    small = ("--replicates", "1", "--years", "1", "--workers", "1", "--no-report", "--no-progress")
    code, out, _ = listsim("demo", *TOWN, *small, "--out", "shown")
    first, second = out.split("The same at one horizon, the LIST's own")
    assert code == 0
    assert "Silos: each agency for itself" in first
    assert "ten years ahead" not in first
    assert [name in second for name in ("Silos, ten years ahead", "Pooled fund, ten years ahead", "LIST")] == [True] * 3
    assert "Difference from Silos: each agency for itself: of one run" in first
    assert "Difference from Silos, ten years ahead: of one run" in second


def test_without_a_report_the_tables_stand_alone_until_it_is_drawn(listsim, tmp_path):
    town = ("run", "silo", *TOWN, "--workers", 1, "--years", 2)
    assert "\nTables: bare\n" in listsim(*town, "--no-report", "--out", "bare")[1]
    assert "\nReport: full/report.html\n" in listsim(*town, "--out", "full")[1]
    bare, full = ({path.name: path for path in (tmp_path / name).iterdir()} for name in ("bare", "full"))
    assert full.keys() - bare.keys() == {"report.html", "tables.xlsx", "figures", "incentives.json"}
    said, of_full = (json.loads(files["manifest.json"].read_text()) for files in (bare, full))
    assert (said["report"], of_full["report"], said["tables"]) == (False, True, of_full["tables"])
    assert listsim("report", "bare") == (0, "bare/report.html\n", "")
    assert (tmp_path / "bare" / "incentives.json").read_bytes() == full["incentives.json"].read_bytes()
    assert {path.name for path in (tmp_path / "bare" / "figures").iterdir()} == {
        path.name for path in full["figures"].iterdir()
    }
    assert listsim(*town, "--no-report", "--overwrite", "--quiet", "--out", "bare")[:2] == (0, "")
    assert {path.name for path in (tmp_path / "bare").iterdir()} == set(bare)


def test_run_takes_the_next_free_folder_and_prints_json(listsim, tmp_path):
    code, out, _ = listsim("run", "silo", *TOWN, "--workers", 1, "--json", "--years", 3)
    assert code == 0
    rows = json.loads(out)
    assert {"arrangement", "agency", "measure", "mean"} <= set(rows[0])
    assert (tmp_path / "results" / "run-001" / "summary.csv").exists()
    code, out, _ = listsim("run", "silo", *TOWN, "--workers", 1, "--quiet", "--years", 3)
    assert (code, out) == (0, "")
    assert (tmp_path / "results" / "run-002").is_dir()


def test_a_log_of_standard_error_holds_no_empty_line_of_a_bar(listsim):
    code, _, err = listsim("run", "silo", "--place", "milltown", "--workers", 1, "--years", 2)
    assert (code, err) == (0, "")


def test_lists(listsim):
    for kind, wanted in (
        ("arrangements", "list_public"),
        ("programmes", "keyworker"),
        ("places", "birmingham_2010"),
        ("parameters", "lines.foster_care.unit_cost"),
    ):
        code, out, _ = listsim("list", kind)
        assert code == 0
        assert wanted in out


def test_explain(listsim):
    code, out, _ = listsim("explain", "services.threshold_drift")
    assert code == 0
    for word in ("meaning", "unit", "value", "range", "source", "0 to 1"):
        assert word in out
    code, out, _ = listsim("explain", "lines.foster_care.unit_cost")
    assert "34,317.92 at 2010/11 prices" in out
    assert "Unit Cost Database" in out
    assert listsim("explain", "list_public.payment_share")[0] == 0
    assert "phase 1" in listsim("explain", "keyworker")[1]
    assert "members repay by measured benefit" in listsim("explain", "list_naive")[1]


def test_check(listsim, tmp_path, milltown):
    shutil.copytree(milltown.folder, tmp_path / "town")
    code, out, _ = listsim("check", "town")
    assert code == 0
    assert "right" in out
    from sim.arrangements.reading import load_arrangement
    from sim.programmes.catalogue import load_programme

    for item in (load_arrangement("silo"), load_programme("parenting")):
        code, out, _ = listsim("check", item.file)
        assert code == 0
        assert "right at birmingham_2010" in out
        assert "right at milltown" in listsim("check", item.file, "--place", "milltown")[1]
    profile = tmp_path / "profile.toml"
    benefit = "cost_per_case_gbp = 10\n[[benefit]]\nagency = 'council'\namount_gbp = 3\nfrom_year = 1\nto_year = {}\n"
    profile.write_text(benefit.format(2))
    assert "a benefit profile, 1 benefits: right" in listsim("check", str(profile))[1]
    profile.write_text(benefit.format("'two'"))
    code, _, error = listsim("check", str(profile))
    assert code == 2
    assert "benefit 1: to_year" in error


def test_check_lists_every_fault_once(listsim, tmp_path):
    lines = [f"wrong_{number} = 1" for number in range(8)]
    (tmp_path / "mine.toml").write_text("\n".join([*lines, "[target]", 'need = "poverty"', "[[effect]]"]))
    code, out, error = listsim("check", "mine.toml")
    assert (code, out) == (2, "")
    told = error.removeprefix("listsim: ").splitlines()
    assert len(told) == len(set(told)) > 8
    assert [sum(f"wrong_{number}: unknown key" in line for line in told) for number in range(8)] == [1] * 8
    assert all(line.startswith("mine.toml: ") for line in told)


def test_a_copied_place_and_arrangement_are_used_by_path(listsim, tmp_path, milltown):
    from sim.arrangements.reading import load_arrangement

    shutil.copytree(milltown.folder, tmp_path / "town")
    shutil.copy(load_arrangement("silo").file, tmp_path / "mine.toml")
    code, _, _ = listsim("run", "mine.toml", "--place", "town", "--years", 2, "--workers", 1, "--quiet")
    assert code == 0


def test_fit_report(listsim, tmp_path):
    code, _, _ = listsim("fit-report", *TOWN, "--replicates", 2, "--out", "docs/fit.md")
    assert code == 0
    text = (tmp_path / "docs" / "fit.md").read_text()
    assert "| children in foster care, children | fitted |" in text
    assert "%" in text


@pytest.mark.slow
def test_calibrate_writes_a_fitted_copy(listsim, tmp_path):
    code, _, _ = listsim("calibrate", "milltown", "--rounds", 2, "--out", "fitted", "--no-progress")
    assert code == 0
    assert listsim("check", "fitted")[0] == 0
    from sim.place.places import load_place

    old, new = load_place("milltown"), load_place(tmp_path / "fitted")
    moved = {name for name in old.values if old.values[name] != new.values[name]}
    assert moved
    assert all(old.values[name].source.startswith("fitted") for name in moved)


WRONG = [
    (["run", "lst_public", *TOWN], "did you mean 'list_public'"),
    (["run"], "arrangement"),
    (["runn"], "runn"),
    (["compare", "silo", "--plce", "milltown"], "plce"),
    (["compare", "silo", "--place", "miltown"], "did you mean 'milltown'"),
    (["compare", "silo", *TOWN, "--replicates", "0"], "replicates"),
    (["compare", "silo", *TOWN, "--replicates", "many"], "--replicates: 'many' is not a whole number; give 1 to 10000"),
    (["compare", "silo", *TOWN, "--years", "2.5"], "--years: '2.5' is not a whole number; give 1 to 40"),
    (["run", "silo", *TOWN, "--families", "1e3"], "--families: '1e3' is not a whole number; give 500 to 20000000"),
    (["run", "silo", *TOWN, "--seed", "x"], "--seed: 'x' is not a whole number; give 0 to "),
    (["incentives", *TOWN, "--horizon", "two"], "--horizon: 'two' is not a whole number; give a whole number"),
    (["example", "lob", "--risk", "low"], "--risk: 'low' is not a number; give a number such as 0.5"),
    (["trace"], "listsim: Missing command. See listsim trace --help."),
    (["fit"], "listsim: Missing command. See listsim fit --help."),
    ([], "listsim: Missing command. See listsim --help."),
    (["compare", "silo", *TOWN, "--seed", "-1"], "seed"),
    (["compare", "silo", *TOWN, "--families", "3"], "--families"),
    (["compare", "silo", *TOWN, "--years", "1000"], "--years"),
    (["compare", "silo", *TOWN, "--set", "services.threshold_drft=0"], "did you mean 'services.threshold_drift'"),
    (["compare", "silo", *TOWN, "--set", "services.threshold_drift=7"], "give 0 to 1"),
    (["compare", "silo", *TOWN, "--set", "services.threshold_drift=high"], "not a number"),
    (["compare", "silo", *TOWN, "--set", "services.threshold_drift"], "KEY=VALUE"),
    (["compare", "silo", *TOWN, "--set", "lines.foster_care.unit_cost=-4"], "out of range"),
    (["compare", "silo", *TOWN, "--set", "services.threshold_drift="], "services.threshold_drift: has no value"),
    (
        ["compare", "silo", *TOWN, *["--set", "services.threshold_drift=0"] * 2],
        "services.threshold_drift: is given twice",
    ),
    (["compare", "silo", *TOWN, "--set", "departments.review_years=3.4"], "give 3 or 4"),
    (["compare", "silo", *TOWN, "--seed", str(2**64)], f"--seed: {2**64} is out of range"),
    (["compare", "silo", *TOWN, "--workers", "0"], "--workers: 0 is out of range"),
    (["fit-report", *TOWN, "--replicates", "0"], "--replicates: 0 is out of range"),
    (["calibrate", "milltown", "--out", "x", "--rounds", "1"], "--rounds: 1 is out of range"),
    (["check", "nowhere.toml", "--place", "miltown"], "cannot be read"),
    (["list", "programmes", "--place", "miltown"], "did you mean 'milltown'"),
    (["explain", "silo", "--place", "miltown"], "did you mean 'milltown'"),
    (["trace", "pound", "silo", *TOWN[:2], "--csv", "/"], "--csv: /: is a folder; give a file"),
    (["list", "plces"], "did you mean 'places'"),
    (["explain", "services.drift"], "did you mean"),
    (["check", "nowhere.toml"], "cannot be read"),
    (["run", "silo", "--years", "3", "--years", "4"], "listsim: --years is given twice: 3 and 4; give it once"),
    (["run", "silo", "--seed=1", "--seed", "2", "--seed=3"], "--seed is given 3 times: 1, 2 and 3; give it once"),
    (["fit", "programmes", "--place", "a", "--place=b"], "--place is given twice: a and b; give it once"),
    (["trace", "pound", "silo", "--wish", "a", "--wish", "b"], "--wish is given twice: a and b; give it once"),
    (["report", "nowhere"], "not a finished run"),
    (["fit-report", "--place", "nowhere"], "neither a place nor a folder"),
]


@pytest.mark.parametrize(("words", "says"), WRONG)
def test_wrong_input_gets_one_line_and_writes_nothing(listsim, tmp_path, words, says):
    code, out, err = listsim(*words)
    assert code == 2
    assert out == ""
    assert says in err
    assert err.startswith("listsim: ")
    assert err.count("\n") == 1
    assert "Traceback" not in err
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_empty_is_refused(listsim, tmp_path):
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").write_text("mine")
    code, _, err = listsim("run", "silo", *TOWN, "--out", "full")
    assert code == 2
    assert "holds no manifest of listsim; give another folder" in err
    assert (tmp_path / "full" / "file").read_text() == "mine"


def test_a_folder_that_cannot_be_written_is_refused(listsim, tmp_path):
    (tmp_path / "file").write_text("x")
    code, _, err = listsim("run", "silo", *TOWN, "--out", "file/inside")
    assert code == 2
    assert "cannot be written" in err
    assert err.count("\n") == 1


def test_help_has_an_example_each():
    for command in app.registered_commands:
        assert "Example: listsim" in command.callback.__doc__


def test_a_killed_worker_is_named_in_one_line(listsim, tmp_path, monkeypatch):
    def carry_out(*_, **__):
        with pool.workers(1) as executor:
            return executor.submit(signal.raise_signal, signal.SIGKILL).result()

    monkeypatch.setattr(runner, "carry_out", carry_out)
    code, out, err = listsim("run", "silo", *TOWN, "--out", "cut")
    assert (code, out) == (1, "")
    assert err == "listsim: a worker process was killed (out of memory?); try --workers 1 or fewer families\n"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.name == "nt", reason="signals")
@pytest.mark.parametrize("workers", [pytest.param("1", marks=pytest.mark.slow), "2"])
def test_ctrl_c_ends_at_once_and_leaves_nothing(tmp_path, workers):
    command = [
        sys.executable,
        "-m",
        "sim",
        "demo",
        *TOWN,
        "--replicates",
        "200",
        "--workers",
        workers,
        "--out",
        "cut",
    ]
    child = subprocess.Popen(
        command,
        cwd=tmp_path,
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
        # A suite started in the background hands on a Ctrl-C that is ignored.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    deadline = time.monotonic() + 60
    while not any(path.name == ".cut.partial" for path in tmp_path.iterdir()):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    time.sleep(4)  # well into the runs
    start = time.monotonic()
    os.killpg(child.pid, signal.SIGINT)
    _, err = child.communicate(timeout=30)
    assert time.monotonic() - start < 10  # under 2 s on a machine with nothing else to do; the runs would take minutes
    assert child.returncode == 130
    assert "interrupted" in err
    assert "Traceback" not in err
    assert list(Path(tmp_path).iterdir()) == []
