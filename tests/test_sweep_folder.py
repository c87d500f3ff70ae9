"""The folder of a sweep: whose it is, what may be gone on with, and what is never replaced."""

import json
import os
import shutil
import subprocess
import sys

import pytest

from sim.core import holders
from sim.core.faults import InputError
from sim.core.folders import TakenError, reserve_folder
from sim.studies import sweep_folder
from sim.studies.kept import carry_out
from sim.studies.sweep_folder import open_sweep, read_study
from tests.conftest import sweep_of
from tests.test_folders import put, results, tree


@pytest.fixture(scope="module")
def sweep():
    return sweep_of(replicates=1, arrangements=["silo"])


@pytest.fixture(scope="module")
def other():
    return sweep_of(replicates=1, arrangements=["do_nothing"])


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A working folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_folder_is_there_from_the_start_and_says_what_it_is(sweep, here):
    with open_sweep(sweep, "out") as folder:
        assert set(tree(here)) >= {"out", "out/study.json", "out/parts", ".out.partial"}
        said = read_study(folder)
    assert set(tree(here)) == {"out", "out/study.json", "out/parts"}
    assert said["study"] == json.loads(json.dumps(sweep.describe()))
    assert said["study_hash"] == sweep.hash
    assert {"versions", "code_hash", "git_commit", "machine"} <= set(said)


def test_sweeps_take_names_of_their_own(sweep, here):
    with open_sweep(sweep) as first, open_sweep(sweep) as second:
        assert (str(first), str(second)) == ("results/sweep-001", "results/sweep-002")
    with open_sweep(sweep) as third:
        assert str(third) == "results/sweep-003"
    assert sorted(path.name for path in (here / "results").iterdir()) == [f"sweep-00{number}" for number in (1, 2, 3)]


def test_the_same_study_is_gone_on_with_and_nothing_in_it_is_touched(sweep, here):
    with open_sweep(sweep, "out") as folder:
        put(folder, notes_txt="mine", parts__x_parquet="done")
    before = tree(here)
    for overwrite in (False, True):
        with open_sweep(sweep, "out", overwrite):
            pass
        assert tree(here) == before


def test_another_study_or_other_code_is_refused_and_replaced_on_demand_alone(sweep, other, here, monkeypatch):
    with open_sweep(sweep, "out") as folder:
        put(folder, parts__1_parquet="done", summary_csv="old")
    before = tree(here)
    with pytest.raises(TakenError, match="--out: out: is of another study; give another folder or --overwrite"):
        open_sweep(other, "out").__enter__()
    made = sweep_folder.made_by()
    with monkeypatch.context() as patch:
        patch.setattr(sweep_folder, "made_by", lambda: {**made, "code_hash": "0" * 64})
        with pytest.raises(TakenError, match=rf"begun by other code \(listsim .*, {made['code_hash'][:12]}\)"):
            open_sweep(sweep, "out").__enter__()
    with monkeypatch.context() as patch:
        patch.setattr(sweep_folder, "made_by", lambda: {**made, "versions": {**made["versions"], "numpy": "1.0"}})
        with pytest.raises(TakenError, match="begun by other code"):
            open_sweep(sweep, "out").__enter__()
    assert tree(here) == before
    with open_sweep(other, "out", overwrite=True):
        pass
    assert set(tree(here)) == {"out", "out/study.json", "out/parts"}


def test_only_what_listsim_wrote_is_replaced(sweep, other, here):
    results(here / "compared")
    put(here / "mine", thesis_docx="x")
    put(here / "broken", study_json="{", parts__1_parquet="x")
    with open_sweep(other, "noted") as folder:
        put(folder, parts__notes_txt="x")
    with open_sweep(sweep, "linked"):
        pass
    (here / "link").symlink_to("linked")
    before = tree(here)
    refused = {
        "mine": "no manifest",
        "broken": "is missing or damaged",
        "noted": "parts/notes.txt",
        "link": "is a link",
        ".": "working folder",
    }
    for name, says in refused.items():
        with pytest.raises(InputError, match=says):
            open_sweep(sweep, name, overwrite=True).__enter__()
    with pytest.raises(InputError, match="--overwrite"):
        open_sweep(sweep, "compared").__enter__()
    assert tree(here) == before
    with open_sweep(sweep, "compared", overwrite=True):
        pass
    assert set(tree(here / "compared")) == {"study.json", "parts"}


def test_a_finished_sweep_may_be_replaced_by_a_comparison(sweep, here):
    with open_sweep(sweep, "out") as folder:
        carry_out(sweep, folder)
        put(folder, points_parquet="x", runs_parquet="x", summary_csv="x", differences_csv="x", failures_csv="x")
    (folder / "parts" / f".1-0.parquet_{holders.holder()}.partial").touch()
    reserve_folder("out", overwrite=True).__exit__()


def test_the_second_of_two_at_a_time_is_refused_and_shards_are_not(sweep, other, here):
    with open_sweep(sweep, "out"):
        with pytest.raises(TakenError, match=rf"another run \(process {os.getpid()}\) is writing it"):
            open_sweep(sweep, "out").__enter__()
        with pytest.raises(TakenError, match="another run"):
            open_sweep(other, "out", overwrite=True).__enter__()
    with open_sweep(sweep, "out", shard=(1, 2)), open_sweep(sweep, "out", shard=(2, 2)):
        with pytest.raises(TakenError, match=rf"out.shard-1-of-2: another run \(process {os.getpid()}\)"):
            open_sweep(sweep, "out", shard=(1, 2)).__enter__()
        with pytest.raises(TakenError, match="another study"):
            open_sweep(other, "out", shard=(1, 2)).__enter__()
        for wanted, overwrite in ((sweep, False), (other, True)):
            with pytest.raises(TakenError, match=r"out: a shard of it is running; .* remove .out.shard-1-of-2.partial"):
                open_sweep(wanted, "out", overwrite).__enter__()
    assert set(tree(here)) == {"out", "out/study.json", "out/parts"}


def test_a_shard_waits_while_another_makes_the_folder(sweep, here, monkeypatch):
    monkeypatch.setattr(sweep_folder, "PATIENCE", 0.2)
    with reserve_folder("out"):
        with pytest.raises(TakenError, match="another run"):
            open_sweep(sweep, "out", shard=(1, 2)).__enter__()
        begun = []

        def made(_):
            begun.append(shutil.copytree("made", "out"))

        with open_sweep(sweep, "made"):
            pass
        monkeypatch.setattr(sweep_folder.time, "sleep", made)
        with open_sweep(sweep, "out", shard=(1, 2)) as folder:
            assert read_study(folder)["study_hash"] == sweep.hash
    assert begun == ["out"]


HOLDER = """
import sys, time
from sim.studies.sweep_folder import open_said, read_study
with open_said(read_study("out"), "out"):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.mark.skipif(os.name == "nt", reason="signals")
def test_a_process_that_was_killed_is_no_obstacle(sweep, here):
    with open_sweep(sweep, "out"):
        pass
    child = subprocess.Popen([sys.executable, "-c", HOLDER], stdout=subprocess.PIPE, text=True)
    try:
        assert child.stdout.readline() == "held\n"
        with pytest.raises(TakenError, match=f"process {child.pid}"):
            open_sweep(sweep, "out").__enter__()
    finally:
        child.kill()
        child.stdout.close()
        child.wait()
    with open_sweep(sweep, "out"):
        pass
    assert set(tree(here)) == {"out", "out/study.json", "out/parts"}
