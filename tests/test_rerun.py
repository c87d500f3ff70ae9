"""A result is run again from its manifest alone: the user's files may be gone, and nothing of the result is touched."""

import json
import shutil
import sys
from pathlib import Path

import pandas as pd
import pytest

import sim
from sim.cli.shell import main
from sim.core.faults import InputError
from sim.rerun import SAME, _commits, check_apart, reproduce
from sim.results.manifest import TABLE_FILES, read_manifest
from sim.results.plain import rounded_table
from sim.results.summary import STATISTICS

BASE = """extends = "list_public"
name = "Base"
source = "assumption: a test"
differs = "Pays less."

[settings]
"list.payment_basis" = "cashed"
"""
MINE = '# ß\r\nextends = "../shared/base"\r\nname = "Mine"\r\n'


@pytest.fixture
def listsim(tmp_path, monkeypatch, capfd):
    """Run the command line in a folder of its own; (exit code, stdout, stderr)."""
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.chdir(home)

    def call(*words):
        monkeypatch.setattr(sys, "argv", ["listsim", *map(str, words)])
        capfd.readouterr()
        with pytest.raises(SystemExit) as stop:
            main()
        return stop.value.code, *capfd.readouterr()

    return call


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """A result written from Python; copy before changing."""
    folder = tmp_path_factory.mktemp("written")
    settings = {"services.threshold_drift": 0.25, "programmes.keyworker.duration": 5}
    sim.compare(["silo", "list_public"], "milltown", settings, 7, 2, years=2, families=3000).write(folder, report=False)
    return folder


def snapshot(folder):
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def changed(written, target, **changes):
    """A copy of a result whose manifest says something else."""
    shutil.copytree(written, target)
    manifest = read_manifest(target) | changes
    (target / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    return target


def test_a_result_from_python_comes_out_the_same(written):
    before = snapshot(written)
    done = sim.reproduce(written)
    assert done.verdicts == dict.fromkeys(TABLE_FILES, SAME)
    assert done.changes == []
    assert done.agrees
    assert snapshot(written) == before
    summary = rounded_table(done.comparison.summary, STATISTICS)
    pd.testing.assert_frame_equal(summary, pd.read_csv(written / "summary.csv"), check_dtype=False, check_exact=True)


def test_the_users_own_files_may_be_gone(listsim, tmp_path, milltown):
    home = tmp_path / "home"
    shutil.copytree(milltown.folder, tmp_path / "town")
    (home / "sub").mkdir()
    (home / "shared").mkdir()
    (home / "shared" / "base.toml").write_text(BASE)
    (home / "sub" / "mine.toml").write_bytes(MINE.encode("utf-8"))
    with (tmp_path / "town" / "clients.csv").open("w") as private:
        private.write("no business of a result")
    words = ["run", "sub/mine.toml", "--place", "../town", "--years", 2, "--set", "lines.foster_care.unit_cost=40000"]
    assert listsim(*words, "--no-report", "--out", "kept", "--quiet")[0] == 0
    manifest = read_manifest(home / "kept")
    assert manifest["own_files"]["sub/mine.toml"] == MINE
    assert manifest["own_files"]["sub/../shared/base.toml"] == BASE
    assert "../town/lines.csv" in manifest["own_files"]
    assert "scenarios/arrangements/list_public.toml" in manifest["files"]
    assert "no business" not in json.dumps(manifest)
    for name in ("../town", "sub", "shared"):
        shutil.rmtree(home / name)
    assert listsim("report", "kept") == (0, "kept/report.html\n", "")
    before = snapshot(home)
    code, out, _ = listsim("reproduce", "kept", "--workers", 1, "--no-progress")
    assert code == 0, out
    assert out.count(SAME) == len(TABLE_FILES)
    assert snapshot(home) == before
    assert [path.name for path in tmp_path.iterdir()] == ["home"]
    assert listsim("reproduce", "kept", "--out", "again", "--workers", 1, "--no-progress")[0] == 0
    assert (home / "again" / "incentives.json").read_bytes() == (home / "kept" / "incentives.json").read_bytes()
    again = read_manifest(home / "again")
    same = ("request", "settings", "tables", "files", "own_files", "inputs", "arrangements", "code_hash")
    assert {key: again[key] for key in same} == {key: manifest[key] for key in same}


def test_a_file_that_was_changed_is_told_from_a_rerun_that_differs(written, tmp_path):
    copy = tmp_path / "copy"
    shutil.copytree(written, copy)
    (copy / "summary.csv").write_text((copy / "summary.csv").read_text() + "x,y,z,0,0,0,0,1\n")
    (copy / "flows.parquet").unlink()
    pd.read_parquet(copy / "runs.parquet").to_parquet(copy / "runs.parquet", index=False, compression="gzip")
    manifest = read_manifest(copy)
    manifest["tables"]["runs.parquet"] = "0" * 64  # as if it had been written so
    (copy / "manifest.json").write_text(json.dumps(manifest))
    done = reproduce(copy)
    assert done.verdicts["summary.csv"].startswith("changed since it was written")
    assert done.verdicts["flows.parquet"].startswith("missing")
    assert done.verdicts["runs.parquet"] == "the same values, in other bytes"
    assert not done.agrees
    assert "have changed since" in done.statement()[-1]


def test_a_rerun_that_differs_says_what_may_be_why_and_ends_with_3(written, tmp_path, listsim):
    manifest = read_manifest(written)
    changed(
        written,
        tmp_path / "home" / "other",
        request={**manifest["request"], "seed": 8},
        tables={},
        versions={**manifest["versions"], "numpy": "1.0"},
        python="3.11.0",
        code_hash="0" * 64,
        git_commit=None,
        files={**manifest["files"], "scenarios/places/milltown/lines.csv": "0", "scenarios/gone.csv": "0"},
    )
    code, out, _ = listsim("reproduce", "other", "--workers", 1, "--no-progress")
    assert code == 3
    lines = out.splitlines()
    assert lines[0].split(maxsplit=1) == ["runs.parquet", "other values"]
    assert lines[2].split(maxsplit=1) == ["summary.csv", "other values"]
    for words in (
        "numpy was 1.0",
        "Python was 3.11.0",
        "code and data are others",
        "files are others: scenarios/gone.csv, scenarios/places/milltown/lines.csv",
    ):
        assert words in out


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"request": None}, "request: is missing or has the wrong type"),
        ({"request": {"arrangements": "silo"}}, "request.arrangements"),
        ({"own_files": {"mine.toml": "name = 1"}}, "own_files: mine.toml: is not the text"),
        ({"own_files": {"mine.toml": "\ud800"}}, "own_files: mine.toml: is not the text"),
        ({"versions": []}, "versions"),
    ],
)
def test_a_damaged_manifest_gets_one_line(written, tmp_path, changes, says):
    with pytest.raises(InputError, match=says):
        reproduce(changed(written, tmp_path / "damaged", **changes))


def test_what_a_rerun_cannot_read_is_refused(written, tmp_path, listsim):
    manifest = read_manifest(written)
    old = changed(written, tmp_path / "old")
    (old / "manifest.json").write_text(json.dumps({key: manifest[key] for key in manifest if key != "request"}))
    for folder, says in ((old, "did not write what a rerun needs"), (tmp_path / "nowhere", "cannot be read")):
        code, out, err = listsim("reproduce", folder)
        assert (code, out) == (2, "")
        assert says in err
    (old / "manifest.json").write_text("{")
    assert listsim("reproduce", old)[0] == 2
    (old / "manifest.json").unlink()
    (old / "manifest.json").mkdir()  # no more than a pipe may it be read
    assert listsim("reproduce", old)[2].endswith("manifest.json: is not a file; give a readable JSON file\n")
    for name, kind in (("study.json", "a sweep"), ("experiment.json", "an experiment")):
        Path(kind).mkdir()
        Path(kind, name).write_text("{}")
        said = f"{kind}: is the folder of {kind}, which is not run again from its manifest; give the command"
        code, out, err = listsim("reproduce", kind)
        assert (code, out, err) == (2, "", f"listsim: {said} that began it, with --out {kind}, which goes on with it\n")
    with pytest.raises(InputError, match="folder: None is not a path"):
        reproduce(None)
    asked = {**manifest["request"], "arrangements": ["silo", "list_publik"]}
    with pytest.raises(InputError, match=r"is refused .*list_publik"):
        reproduce(changed(written, tmp_path / "unknown", request=asked))


def test_a_file_extended_by_its_full_path_is_not_taken_from_the_machine(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "base.toml").write_text(BASE)
    (tmp_path / "mine.toml").write_text(f'extends = "{(tmp_path / "base").as_posix()}"\nname = "Mine"\n')
    sim.run("mine.toml", "milltown", years=1).write(tmp_path / "out")
    with pytest.raises(InputError, match="named by its full path"):
        reproduce(tmp_path / "out")


def test_what_cannot_be_read_again_is_left_out_of_a_report_and_said(written, tmp_path, listsim):
    manifest = read_manifest(written)
    folder = changed(written, tmp_path / "older", request={**manifest["request"], "arrangements": ["sil"]})
    code, out, err = listsim("report", folder)
    assert (code, out) == (0, f"{folder}/report.html\n")
    assert "the report leaves out who would pay for programmes" in err
    assert "did you mean 'silo'" in err
    assert err.count("\n") == 1
    assert not (folder / "incentives.json").exists()
    assert "Who would pay" not in (folder / "report.html").read_text(encoding="utf-8")


def test_a_rerun_is_kept_apart_from_the_result(written, tmp_path):
    for out in (written, written / "inside", written.parent, written / ".." / written.name):
        with pytest.raises(InputError, match="is not apart"):
            check_apart(written, out)
    check_apart(written, tmp_path / "apart")


def test_a_commit_that_is_no_text_is_shown_as_it_is():
    then, now = {"git_commit": 5}, {"git_commit": "0123456789ab", "git_dirty": True}
    assert _commits(then, now) == ": commit was 5, is 0123456789 with changes not committed"
