"""Where results are written: nothing of somebody else's is lost, two runs do not meet, whole or not at all."""

import errno
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

import sim
from sim import words
from sim.arrangements.reading import load_arrangement
from sim.core import holders
from sim.core.faults import InputError
from sim.core.folders import TakenError, reserve_files_in, reserve_folder, reserve_next
from sim.place import fitting
from sim.rerun import redraw
from sim.studies import run as runner
from tests.test_cli import TOWN

MANIFEST = json.dumps({"versions": {"listsim": "0.1.0"}})
LONG = "x" * 300


def tree(folder):
    """Every file, folder and link below a folder, with what is in it."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() if path.is_file() else path.is_symlink()
        for path in sorted(Path(folder).rglob("*"))
    }


def put(folder, **files):
    """A folder with some files; ``figures__leaks_svg`` is ``figures/leaks.svg``."""
    for name, text in files.items():
        path = Path(folder) / name.replace("__", "/").replace("_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return Path(folder)


def results(folder):
    """What a comparison writes, in short."""
    return put(folder, manifest_json=MANIFEST, summary_csv="old", figures__leaks_svg="old")


def fill(text):
    """Write a short result."""
    return lambda new: put(new, manifest_json=MANIFEST, summary_csv=text)


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A working folder with another around it."""
    folder = tmp_path / "outer" / "here"
    folder.mkdir(parents=True)
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def no_work(monkeypatch):
    """Any work fails the test."""

    def work(*_, **__):
        raise AssertionError("work was done")

    for module, name in ((runner, "carry_out"), (fitting, "fit_place"), (fitting, "compare_targets")):
        monkeypatch.setattr(module, name, work)


@pytest.fixture(scope="module")
def town():
    """A small comparison, only read."""
    return sim.compare(["silo"], place="milltown", replicates=1, years=2)


@pytest.fixture(scope="module")
def finished(town, tmp_path_factory):
    """A folder that a comparison wrote; copy before changing."""
    folder = tmp_path_factory.mktemp("finished") / "run"
    town.write(folder)
    return folder


# --- only what listsim wrote is replaced


@pytest.mark.parametrize(
    ("out", "says"),
    [
        (".", "working folder"),
        ("./", "working folder"),
        ("..", "working folder"),
        ("sub/..", "working folder"),
        ("../here", "working folder"),
        ("../../outer/", "working folder"),
        ("/", "working folder"),
        ("", "not the name"),
        ("a\nb", "not the name"),
        ("caf\udce9", "does not print"),
        ("~/results", "shell"),
        ("file", "is a file"),
        ("link", "is a link"),
        ("link/", "is a link"),
        ("dangling", "is a link"),
        ("mine", "no manifest"),
        ("empty_manifest", "no manifest"),
        ("list_manifest", "no manifest"),
        ("broken_manifest", "no manifest"),
        ("other_manifest", "no manifest"),
        ("notes_inside", "notes.docx"),
        ("figure_inside", "figures/mine.svg"),
        ("folder_inside", "extra"),
        ("pl", "pl/agencies.csv, which is read"),
        ("arranged", "arranged/mine.toml, which is read"),
        ("by_link/pl", "which is read"),
        (LONG, "too long"),
        (f"new/{LONG}", "too long"),
        ("file/inside", "cannot be written"),
    ],
)
def test_what_is_not_listsims_is_never_replaced(listsim, here, milltown, monkeypatch, no_work, out, says):
    monkeypatch.chdir(here)
    (here / "sub").mkdir()
    put(here, file="x")
    put(here / "target", keep_txt="x")
    (here / "link").symlink_to(results(here / "linked"))
    (here / "dangling").symlink_to("nowhere")
    (here / "by_link").symlink_to(here)
    put(here / "mine", thesis_docx="x")
    for name, text in (("empty", "{}"), ("list", "[]"), ("broken", "{"), ("other", '{"versions": {"them": "1"}}')):
        put(here / f"{name}_manifest", manifest_json=text, summary_csv="x")
    put(results(here / "notes_inside"), notes_docx="x")
    put(results(here / "figure_inside"), figures__mine_svg="x")
    (results(here / "folder_inside") / "extra").mkdir()
    shutil.copytree(milltown.folder, here / "pl")
    (here / "arranged").mkdir()
    shutil.copy(load_arrangement("silo").file, here / "arranged" / "mine.toml")
    for name in ("pl", "arranged"):
        put(here / name, manifest_json=MANIFEST)
    before = tree(here.parent)
    code, stdout, err = listsim("run", "arranged/mine.toml", "--place", "pl", "--out", out, "--overwrite")
    assert (code, stdout) == (2, "")
    assert says in err
    assert err.count("\n") == 1
    assert tree(here.parent) == before


def test_results_are_replaced_on_demand_alone_and_the_old_ones_stand_until_the_new_do(here):
    old = results(here / "old")
    (old / ".DS_Store").write_text("litter")
    with pytest.raises(InputError, match="--overwrite"):
        reserve_folder("old")
    with reserve_folder("old", overwrite=True) as reserved:
        assert [path.name for path in here.iterdir() if path.name != "old"] == [".old.partial"]

        def write(new):
            assert (old / "summary.csv").read_text() == "old"
            fill("new")(new)

        reserved.finish(write)
    assert set(tree(here)) == {"old", "old/manifest.json", "old/summary.csv"}
    assert (old / "summary.csv").read_text() == "new"


@pytest.mark.slow
def test_everything_a_comparison_writes_is_known_as_listsims(compared, finished, tmp_path):
    compared.write(tmp_path / "all")
    for folder in (tmp_path / "all", finished):
        reserve_folder(folder, overwrite=True).__exit__()


def test_a_failure_puts_the_old_results_back(here, monkeypatch):
    results(here / "old")
    before = tree(here)

    def fails(new):
        fill("new")(new)
        raise RuntimeError

    with pytest.raises(RuntimeError), reserve_folder("old", overwrite=True) as reserved:
        reserved.finish(fails)
    assert tree(here) == before
    move = Path.rename

    def refuse(path, target):
        if path.name == "new":
            raise OSError(errno.ENOSPC, "full")
        return move(path, target)

    monkeypatch.setattr(Path, "rename", refuse)
    with pytest.raises(InputError, match="No space left"), reserve_folder("old", overwrite=True) as reserved:
        reserved.finish(fill("new"))
    assert tree(here) == before


def test_python_is_no_way_around(town, here):
    put(here / "mine", thesis_docx="x")
    before = tree(here)
    for folder, says in (("mine", "no manifest"), (".", "working folder"), (3, "not a path"), ("", "not the name")):
        with pytest.raises(InputError, match=says):
            town.write(folder, overwrite=True)
    assert tree(here) == before


# --- two at once


def test_two_runs_take_two_names(here):
    with reserve_next("run") as first, reserve_next("run") as second:
        assert (str(first.path), str(second.path)) == ("results/run-001", "results/run-002")
        first.finish(fill("first"))
        second.finish(fill("second"))
    assert [(here / f"results/run-00{i}/summary.csv").read_text() for i in (1, 2)] == ["first", "second"]
    with reserve_next("run") as third:
        assert str(third.path) == "results/run-003"
    assert sorted(path.name for path in (here / "results").iterdir()) == ["run-001", "run-002"]


def test_the_second_of_two_into_one_folder_is_refused_at_its_start(here):
    with reserve_folder("same") as first:
        with pytest.raises(TakenError, match=rf"another run \(process {os.getpid()}\)"):
            reserve_folder("same", overwrite=True)
        first.finish(fill("first"))
    assert set(tree(here)) == {"same", "same/manifest.json", "same/summary.csv"}


def test_a_name_that_somebody_took_meanwhile_is_left_to_him(here):
    with reserve_folder("same") as reserved:
        put(here / "same", thesis_docx="x")
        with pytest.raises(InputError, match="same-2"):
            reserved.finish(fill("late"))
    assert set(tree(here)) == {"same", "same/thesis.docx", "same-2", "same-2/manifest.json", "same-2/summary.csv"}


def test_folders_made_for_a_name_go_with_it(here):
    with reserve_folder("a/b/c"):
        assert (here / "a" / "b" / ".c.partial").is_dir()
    assert tree(here) == {}


KEEPER = """
import sys, time
from sim.core.folders import reserve_folder
with reserve_folder(sys.argv[1], overwrite=True) as reserved:
    def write(new):
        (new / "half").write_text("x")
        print("writing", flush=True)
        time.sleep(60)
    reserved.finish(write)
"""


@pytest.mark.skipif(os.name == "nt", reason="signals")
def test_what_a_killed_run_left_is_cleared_and_what_a_living_one_writes_is_not(here):
    child = subprocess.Popen([sys.executable, "-c", KEEPER, "name"], stdout=subprocess.PIPE, text=True)
    try:
        assert child.stdout.readline() == "writing\n"
        with pytest.raises(TakenError, match=f"process {child.pid}"):
            reserve_folder("name")
        with reserve_folder("another"):
            assert (here / ".name.partial" / "new" / "half").exists()
    finally:
        child.kill()
        child.stdout.close()
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)  # gone, though still in the list of processes
    reserve_folder("another").__exit__()
    assert tree(here) == {}
    child.wait()


def left(here, process=None, started="1", machine=None):
    """What a run left that ended between taking the old results away and putting the new ones there."""
    partial = here / ".name.partial"
    results(partial / "old")
    put(partial / "new", summary_csv="half")
    (partial / f"owner_{machine or holders.machine()}_{process or os.getpid()}_{started}").touch()
    return partial


def test_old_results_come_back_from_a_run_that_ended_between_two_steps(here):
    left(here)  # this process's id, of another start
    with pytest.raises(InputError, match="--overwrite"):
        reserve_folder("name")
    assert set(tree(here)) == {
        f"name{end}" for end in ("", "/manifest.json", "/summary.csv", "/figures", "/figures/leaks.svg")
    }
    assert (here / "name" / "summary.csv").read_text() == "old"


def test_what_another_machine_or_person_keeps_is_left_alone(here):
    left(here, machine="elsewhere")
    put(here / ".mine.partial", notes_txt="x")
    before = tree(here)
    for name in ("name", "mine"):
        with pytest.raises(TakenError, match=f"remove .{name}.partial"):
            reserve_folder(name)
    assert tree(here) == before
    shutil.rmtree(here / ".name.partial")
    put(left(here), notes_txt="x")
    with pytest.raises(TakenError):
        reserve_folder("name")
    assert (here / ".name.partial" / "notes.txt").exists()


def test_an_empty_reservation_is_young_or_nobodys(here):
    (here / ".name.partial").mkdir()
    with pytest.raises(TakenError):
        reserve_folder("name")
    os.utime(here / ".name.partial", (0, 0))
    reserve_folder("name").__exit__()
    assert tree(here) == {}


# --- a place fitted anew


def test_calibrate_replaces_what_it_wrote_and_nobody_edited(listsim, tmp_path, monkeypatch, milltown):
    monkeypatch.setattr(fitting, "fit_place", lambda place, *_, **__: place)
    shutil.copytree(milltown.folder, tmp_path / "pl")
    again = ("calibrate", "pl", "--out", "fitted", "--overwrite", "--no-progress")
    assert listsim(*again)[0] == 0
    assert listsim("check", "fitted")[0] == 0
    assert listsim(*again[:4])[0] == 2
    assert listsim(*again)[0] == 0
    for out in ("pl", "."):
        before = tree(tmp_path)
        code, _, err = listsim("calibrate", "pl", "--out", out, "--overwrite")
        assert (code, err.count("\n")) == (2, 1)
        assert tree(tmp_path) == before
    assert "which is read" in listsim("calibrate", "fitted", "--out", "fitted", "--overwrite")[2]
    assert listsim("calibrate", "pl", "--out", "pl/fitted", "--no-progress")[0] == 0
    with (tmp_path / "fitted" / "lines.csv").open("a") as file:
        file.write("\n")
    code, _, err = listsim(*again)
    assert code == 2
    assert "lines.csv, which listsim did not write so" in err


# --- the report of a fit


@pytest.fixture
def quick_fit(monkeypatch):
    """Fits without simulation."""
    monkeypatch.setattr(
        fitting,
        "compare_targets",
        lambda place, *_, **__: [fitting.Fit(t, t.figure.base_value, t.figure.base_value) for t in place.targets],
    )
    monkeypatch.setattr(words, "before_after_tables", lambda *_: [])


@pytest.mark.parametrize(
    ("out", "says"),
    [
        ("pl/targets.csv", "is read"),
        ("linked/targets.csv", "is read"),
        ("link.md", "is a link"),
        ("pl", "folder"),
        ("mine.md", "did not write"),
        ("", "not the name"),
        (LONG, "too long"),
        ("mine.md/fit.md", "cannot be written"),
    ],
)
def test_a_fit_report_replaces_nothing_of_others(listsim, tmp_path, milltown, no_work, out, says):
    shutil.copytree(milltown.folder, tmp_path / "pl")
    (tmp_path / "linked").symlink_to(tmp_path / "pl")
    put(tmp_path, mine_md="mine")
    (tmp_path / "link.md").symlink_to("mine.md")
    before = tree(tmp_path)
    code, _, err = listsim("fit-report", "--place", "pl", "--out", out, "--overwrite")
    assert code == 2
    assert says in err
    assert err.count("\n") == 1
    assert tree(tmp_path) == before


def test_a_fit_report_is_replaced_on_demand_alone(listsim, tmp_path, quick_fit):
    words = ("fit-report", *TOWN, "--out", "fit.md")
    assert listsim(*words)[0] == 0
    before = tree(tmp_path)
    assert set(before) == {"fit.md"}
    assert "--overwrite" in listsim(*words)[2]
    assert listsim(*words, "--overwrite", "--seed", 7)[0] == 0
    assert "seeds 7 to" in (tmp_path / "fit.md").read_text()


def test_a_fit_report_lands_in_docs_for_the_default_place_in_a_clone_alone(listsim, tmp_path, quick_fit, milltown):
    shutil.copytree(milltown.folder, tmp_path / "birmingham_2010")
    assert listsim("fit-report", *TOWN)[1] == "baseline_fit_milltown.md\n"
    assert listsim("fit-report", "--place", "./birmingham_2010", "--no-progress", "--overwrite")[1].startswith(
        "baseline_fit_"
    )
    (tmp_path / "sim").symlink_to(Path(sim.__file__).parent)
    assert listsim("fit-report", "--no-progress", "--overwrite")[1] == "baseline_fit_milltown.md\n"
    (tmp_path / "sim").unlink()
    shutil.rmtree(tmp_path / "birmingham_2010")
    assert listsim("fit-report", "--no-progress")[1] == "baseline_fit_birmingham_2010.md\n"
    (tmp_path / "sim").symlink_to(Path(sim.__file__).parent)
    assert listsim("fit-report", "--no-progress")[1] == "docs/baseline_fit.md\n"
    assert listsim("fit-report", *TOWN, "--overwrite")[1] == "baseline_fit_milltown.md\n"


# --- the report of a finished run


def cut(folder, name, share=0.5):
    """Cut a file short."""
    data = (folder / name).read_bytes()
    (folder / name).write_bytes(data[: int(len(data) * share)])


def without(folder, *keys):
    """Take keys out of the manifest."""
    manifest = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps({key: manifest[key] for key in manifest if key not in keys}))


DAMAGE = {
    "empty manifest": lambda d: put(d, manifest_json="{}"),
    "list for a manifest": lambda d: put(d, manifest_json="[]"),
    "deep manifest": lambda d: put(d, manifest_json="[" * 100_000),
    "cut manifest": lambda d: cut(d, "manifest.json"),
    "no place": lambda d: without(d, "place_name"),
    "no arrangements": lambda d: without(d, "arrangements"),
    "no inputs": lambda d: without(d, "inputs"),
    "no versions": lambda d: without(d, "versions"),
    "no seed": lambda d: without(d, "seed"),
    "cut runs": lambda d: cut(d, "runs.parquet"),
    "empty runs": lambda d: cut(d, "runs.parquet", 0),
    "cut flows": lambda d: cut(d, "flows.parquet", 0.9),
    "other columns": lambda d: pd.DataFrame({"a": [1]}).to_parquet(d / "runs.parquet"),
    "no summary": lambda d: (d / "summary.csv").unlink(),
    "cut summary": lambda d: cut(d, "summary.csv", 0.02),
    "empty summary": lambda d: cut(d, "summary.csv", 0),
    "text in summary": lambda d: put(d, summary_csv=(d / "summary.csv").read_text().replace(".", "x")),
    "binary summary": lambda d: (d / "summary.csv").write_bytes(b"\xff\xfe\x00"),
    "report is a folder": lambda d: ((d / "report.html").unlink(), (d / "report.html").mkdir()),
    "figures is a file": lambda d: (shutil.rmtree(d / "figures"), put(d, figures="x")),
    "another's folder": lambda d: (shutil.rmtree(d), put(d, thesis_docx="x")),
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_a_damaged_run_is_refused_and_nothing_is_rewritten(listsim, tmp_path, finished, damage):
    shutil.copytree(finished, tmp_path / "r")
    damage(tmp_path / "r")
    before = tree(tmp_path)
    code, out, err = listsim("report", "r")
    assert (code, out) == (2, "")
    assert err.startswith("listsim: r")
    assert err.count("\n") == 1
    assert tree(tmp_path) == before


def test_a_report_is_drawn_again_in_place_and_other_files_stay(listsim, tmp_path, finished, monkeypatch):
    shutil.copytree(finished, tmp_path / "r")
    whole = tree(tmp_path / "r")
    put(tmp_path / "r", notes_docx="x", figures__mine_svg="x", report_html="old")
    next((tmp_path / "r" / "figures").glob("leaks_*.svg")).unlink()
    monkeypatch.chdir(tmp_path / "r")
    assert listsim("report", ".")[0] == 0
    assert tree(tmp_path / "r") == {**whole, "notes.docx": b"x", "figures/mine.svg": b"x"}
    assert [path.name for path in tmp_path.iterdir()] == ["r"]
    (tmp_path / "r" / "notes.docx").unlink()
    (tmp_path / "r" / "figures" / "mine.svg").unlink()
    monkeypatch.chdir(tmp_path)
    with reserve_files_in("r"), pytest.raises(TakenError, match="another run"):
        reserve_folder("r", overwrite=True)


# --- a disk that is full, and limits


@pytest.mark.skipif(os.name == "nt", reason="limits of a process")
@pytest.mark.parametrize("size", [100, 30_000, 150_000])
def test_a_limit_of_file_sizes_leaves_nothing_half_written(town, finished, listsim, here, monkeypatch, size):
    import resource

    monkeypatch.chdir(here)
    results(here / "old")
    shutil.copytree(finished, here / "done")
    before = tree(here)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        for folder in ("new", "old"):
            with pytest.raises(InputError, match="File too large"):
                town.write(folder, overwrite=True)
        with pytest.raises(InputError, match="File too large"):
            redraw("done")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert tree(here) == before


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES])
def test_what_the_disk_refuses_is_told_in_one_line(here, monkeypatch, number):
    def refuse(*_, **__):
        raise OSError(number, os.strerror(number))

    with pytest.raises(InputError, match=os.strerror(number)), reserve_folder("new") as reserved:
        reserved.finish(refuse)
    assert tree(here) == {}
    for step in ("mkdir", "touch"):
        with monkeypatch.context() as patch:
            patch.setattr(Path, step, refuse)
            with pytest.raises(InputError, match=os.strerror(number)):
                reserve_folder("deep/new")
        assert tree(here) == {}
