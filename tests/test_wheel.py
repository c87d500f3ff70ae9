"""What is installed: the wheel holds code, data and licence, and works without the source tree around it."""

import json
import os
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
UV = os.environ.get("UV", "uv")  # the one that runs these tests, where one does
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def call(*words, cwd):
    done = subprocess.run(list(map(str, words)), cwd=cwd, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_licence_and_version_are_said_alike():
    assert PROJECT["project"]["license"] == "MIT"
    assert "MIT License" in (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert not any("License ::" in line for line in PROJECT["project"].get("classifiers", []))
    version = PROJECT["project"]["version"]
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8").splitlines()
    assert {f"version: {version}", "license: MIT", "cff-version: 1.2.0"} <= set(citation)
    assert f"\n## {version}\n" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("dist")
    call(UV, "build", "--wheel", "--quiet", "--out-dir", folder, cwd=ROOT)
    (path,) = folder.glob("*.whl")
    return path


@pytest.mark.wheel
def test_the_wheel_holds_all_code_data_and_the_licence(wheel):
    version = PROJECT["project"]["version"]
    assert wheel.name == f"listsim-{version}-py3-none-any.whl"
    names = set(zipfile.ZipFile(wheel).namelist())
    tracked = call("git", "ls-files", "sim", cwd=ROOT).split()
    assert "sim/scenarios/places/milltown/lines.csv" in tracked
    assert set(tracked) - names == set()
    assert f"listsim-{version}.dist-info/licenses/LICENSE" in names
    shared = call("git", "ls-files", "experiments", "results/reference", cwd=ROOT).split()
    assert {"experiments/leaks/study.toml", "results/reference/headline_milltown.csv"} <= set(shared)
    assert {f"listsim-{version}.data/data/share/listsim/{name}" for name in shared} - names == set()
    assert not any("__pycache__" in name for name in names)


@pytest.mark.wheel
def test_an_installed_listsim_runs_in_an_empty_folder_of_somebody_elses_repository(wheel, tmp_path):
    call("git", "init", "-q", cwd=tmp_path)
    author = ["-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"]
    call("git", *author, "commit", "-q", "--allow-empty", "-m", "theirs", cwd=tmp_path)
    pins = tmp_path / "pins.txt"
    pins.write_text("\n".join(PROJECT["tool"]["uv"]["constraint-dependencies"]))
    bin_ = tmp_path / ".venv" / ("Scripts" if os.name == "nt" else "bin")
    call(UV, "venv", "-q", "--python", sys.executable, tmp_path / ".venv", cwd=ROOT)
    call(UV, "pip", "install", "-q", "--python", bin_ / "python", "--constraint", pins, wheel, cwd=ROOT)
    empty = tmp_path / "empty"
    empty.mkdir()
    call(bin_ / "listsim", "run", "silo", "--place", "milltown", "--years", 2, "--no-progress", cwd=empty)
    manifest = json.loads((empty / "results" / "run-001" / "manifest.json").read_text(encoding="utf-8"))
    assert (manifest["git_commit"], manifest["git_dirty"]) == (None, None)
    assert manifest["versions"]["listsim"] == PROJECT["project"]["version"]
    assert "the same bytes" in call(bin_ / "listsim", "reproduce", "results/run-001", "--no-progress", cwd=empty)
    small = ("--place", "milltown", "--families", 1000, "--years", 2, "--replicates", 1, "--no-progress")
    assert "results/experiment-001/leaks.md" in call(bin_ / "listsim", "experiment", "leaks", *small, cwd=empty)
    call(bin_ / "listsim", "experiment", "headline_milltown", "--check", "--no-progress", cwd=empty)
