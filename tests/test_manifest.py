"""The manifest: whose commit it names, what its hash of the code covers, and the settings as given."""

import os
import subprocess
from pathlib import Path

import numpy as np
import pytest

import sim
from sim.results.manifest import code_hash, read_manifest, source_commit

PACKAGE = Path(sim.__file__).parent


def git(folder, *words):
    author = ["-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"]
    done = subprocess.run(["git", *author, *words], cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.fixture
def tree(tmp_path, monkeypatch):
    """A committed source tree of the package's form."""
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    root = tmp_path / "tree"
    (root / "sim").mkdir(parents=True)
    (root / "pyproject.toml").write_text('[project]\nname = "listsim"\n')
    (root / "sim" / "__init__.py").write_text("")
    git(root, "init", "-q")
    git(root, "add", ".")
    git(root, "commit", "-qm", "first")
    return root


def test_the_commit_is_that_of_the_source_tree_and_says_whether_it_has_changed(tree):
    commit = git(tree, "rev-parse", "HEAD")
    assert source_commit(tree / "sim") == (commit, False)
    (tree / "notes.txt").write_text("of no matter")
    assert source_commit(tree / "sim") == (commit, False)
    (tree / "sim" / "__init__.py").write_text("x = 1\n")
    assert source_commit(tree / "sim") == (commit, True)


def test_the_commit_of_another_repository_is_never_taken(tree):
    inside = tree / ".venv" / "lib" / "sim"  # installed inside somebody's repository
    inside.mkdir(parents=True)
    (inside / "__init__.py").write_text("")
    assert source_commit(inside) == (None, None)
    (inside.parent / "pyproject.toml").write_text('[project]\nname = "listsim"\n')
    assert source_commit(inside) == (None, None)
    git(tree, "add", ".")  # a copy that they keep among their own
    git(tree, "commit", "-qm", "theirs")
    assert source_commit(inside) == (None, None)
    git(tree, "rm", "-q", "--cached", "-r", "sim")  # lies there, but is not theirs
    assert source_commit(tree / "sim") == (None, None)
    git(tree, "reset", "-q")
    assert source_commit(tree / "sim") != (None, None)
    (tree / "pyproject.toml").write_text('[project]\nname = "theirs"\n')
    assert source_commit(tree / "sim") == (None, None)


def test_no_variable_of_the_environment_leads_to_another_repository(tree, tmp_path, monkeypatch):
    commit = git(tree, "rev-parse", "HEAD")
    other = tmp_path / "other"
    other.mkdir()
    git(other, "init", "-q")
    monkeypatch.setenv("GIT_DIR", str(other / ".git"))
    assert source_commit(tree / "sim") == (commit, False)


def test_without_git_there_is_no_commit(tree, monkeypatch):
    monkeypatch.setenv("PATH", "")
    assert source_commit(tree / "sim") == (None, None)


def test_the_hash_of_the_code_covers_code_and_data_and_nothing_else(tree):
    package = tree / "sim"
    first = code_hash(package)
    (package / "__pycache__").mkdir()
    (package / "__pycache__" / "a.nbi").write_text("cache")
    (package / ".hidden").write_text("x")
    assert code_hash(package) == first
    (package / "data").mkdir()
    (package / "data" / "a.csv").write_bytes(b"a\nb\n")
    second = code_hash(package)
    assert second != first
    (package / "data" / "a.csv").write_bytes(b"a\r\nb\r\n")  # as another system checks it out
    assert code_hash(package) == second
    (package / "data" / "a.csv").rename(package / "data" / "b.csv")
    assert code_hash(package) not in (first, second)


def test_every_setting_is_listed_as_given_and_no_notebooks_arguments(tmp_path, monkeypatch):
    monkeypatch.setattr("sys.argv", ["ipykernel_launcher.py", "-f", "/home/somebody/kernel.json"])
    given = {
        "services.threshold_drift": 0,
        "lines.foster_care.unit_cost": "40000",
        "programmes.keyworker.duration": np.int64(5),
    }
    result = sim.compare(["silo"], place="milltown", settings=given, years=1, replicates=1)
    result.write(tmp_path)
    manifest = read_manifest(tmp_path)
    assert manifest["command"] is None
    assert manifest["settings"] == given
    assert manifest["inputs"]["lines.foster_care.unit_cost"]["value"] == 40_000
    assert manifest["arrangements"]["silo"]["dials"]["services.threshold_drift"] == 0
    assert "listsim reproduce FOLDER" in (tmp_path / "report.html").read_text(encoding="utf-8")


def test_shipped_files_stand_by_their_path_in_the_package_and_no_path_of_the_machine_does(tmp_path, milltown):
    from sim.arrangements.reading import load_arrangement

    file = load_arrangement("list_public").file
    result = sim.compare(["silo", file], place=milltown.folder, years=1, replicates=1)
    result.write(tmp_path)
    manifest = read_manifest(tmp_path)
    assert manifest["request"] == {
        "arrangements": ["silo", "list_public"], "place": "milltown", "settings": {}, "seed": 1, "replicates": 1,
        "years": 1, "families": int(milltown.get("place.families")), "future": None, "decisions": [], "programmes": [],
        "than": ["silo"], "uncertainty": "trials",
    }  # fmt: skip
    assert manifest["own_files"] == {}
    for name in (
        "places/milltown/lines.csv",
        "arrangements/do_nothing.toml",
        "providers.toml",
        "special.toml",
        "programmes/parenting.toml",
        "evidence/deflators.csv",
    ):
        assert f"scenarios/{name}" in manifest["files"]
    assert manifest["code_hash"] == code_hash(PACKAGE)
    assert str(PACKAGE) not in (tmp_path / "manifest.json").read_text(encoding="utf-8")
