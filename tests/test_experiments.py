"""Experiments run anywhere, go on where they stopped, write what their pages show, and find what moved."""

import json
import re
import shutil
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from sim.cli.shell import main
from sim.core.faults import InputError
from sim.core.versions import version_of
from sim.experiments import checking, pages, reading, running
from sim.experiments.numbers import interval, with_interval
from sim.experiments.reading import experiment_names, load_experiment
from sim.studies.inputs import load_inputs
from sim.words import listed

ROOT = Path(__file__).parent.parent
FOUR = ("leaks", "list_boundary", "who_wins", "zero_effect")
TINY = {
    "experiment.toml": 'question = "does drift matter?"\nmeasures = ["promised", "cash_released"]\ntolerance = 0.01\n'
    "cpu_minutes = 0.1\n[check]\nreplicates = 2\ncpu_minutes = 0.1\n",
    "study.toml": 'place = "milltown"\narrangements = ["silo"]\nyears = 2\nreplicates = 3\nfamilies = 1000\n'
    '[grid.drifts."as shipped"]\n[grid.drifts."none"]\n"services.threshold_drift" = 0\n',
    "page.md": "# Tiny\n\n<!-- made -->\n<!-- end of made -->\n\n<!-- cash -->\n<!-- end of cash -->\n",
    "figure.py": "def tables(found):\n"
    '    cash = found["study"].xs("cash_released", level="measure").xs("all", level="agency").mean(axis=1)\n'
    '    return {"cash": "".join(f"{name[0]} {pounds:.2f}\\n" for name, pounds in cash.items())}\n'
    "def draw(found, folder):\n"
    '    (folder / "tiny.svg").write_text("<svg/>", encoding="utf-8")\n',
}


@pytest.fixture
def clone(tmp_path, monkeypatch):
    """A source tree with one small experiment, from whose neighbour folder commands are called."""
    home = tmp_path / "clone"
    (home / "experiments" / "tiny").mkdir(parents=True)
    (home / "docs").mkdir()
    (home / "results" / "reference").mkdir(parents=True)
    (home / "pyproject.toml").touch()
    for name, text in TINY.items():
        (home / "experiments" / "tiny" / name).write_text(text, encoding="utf-8")
    monkeypatch.setattr(reading, "SOURCE", home)
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    return home


@pytest.fixture
def listsim(monkeypatch, capfd):
    """Run the command with one process; (exit code, stdout, stderr)."""

    def call(*words):
        monkeypatch.setattr(sys, "argv", ["listsim", "experiment", *words, "--workers", "1", "--no-progress"])
        capfd.readouterr()
        with pytest.raises(SystemExit) as stop:
            main()
        return stop.value.code, *capfd.readouterr()

    return call


def test_every_experiment_says_what_it_asks_how_long_it_takes_and_what_is_checked(listsim):
    assert set(FOUR) < set(experiment_names())
    code, out, _ = listsim()
    assert code == 0
    for item in map(load_experiment, experiment_names()):
        assert f"{item.name:20} {item.in_words}" in out.splitlines()
        assert (item.name, item.in_words) in listed("experiments", "milltown")
        assert re.fullmatch(r"[a-z].*\? \(\d+ (seconds|minutes?) of processor time(, .* to check)?\)", item.in_words)
        assert 0 < item.tolerance < 0.1
        assert item.reference.is_file()
        assert (ROOT / "docs" / f"{item.name}.md").is_file()
        assert {path.suffix for path in item.folder.iterdir() if path.is_file()} <= {".toml", ".md", ".py"}


def test_a_page_of_docs_is_what_its_experiment_has_written():
    """The words of the page stand in the experiment; a run fills in tables and says version and command."""
    for item in map(load_experiment, experiment_names()):
        page = (ROOT / "docs" / f"{item.name}.md").read_text(encoding="utf-8")
        outside = [line for part in item.page.split("<!-- ") for line in part.split(" -->\n")[-1].splitlines() if line]
        assert [line for line in outside if line not in page.splitlines()] == []
        assert f"`listsim experiment {item.name}`" in page
        assert "This is a variation" not in page


def test_a_run_stands_in_its_folder_alone_and_goes_on_there(clone, listsim, monkeypatch):
    code, out, _ = listsim("tiny", "--replicates", "2")
    assert code == 0
    folder = Path("results/experiment-001")
    assert out.split() == [f"{folder}/tiny.csv", f"{folder}/tiny.md"]
    assert {path.name for path in folder.iterdir()} == {"experiment.json", "tiny.csv", "tiny.md", "tiny.svg", "study"}
    assert list((clone / "docs").iterdir()) == []
    page = (folder / "tiny.md").read_text(encoding="utf-8")
    assert f"listsim {version_of('listsim')}: `listsim experiment tiny --replicates 2`" in page
    assert "1,000 families, 2 years, seeds 1 to 2" in page
    assert "**This is a variation.**" in page
    table = pd.read_csv(folder / "tiny.csv")
    assert list(table.columns) == ["drifts", "arrangement", "measure", "mean", "p05", "p95"]
    assert len(table) == 4
    cash = table.query("measure == 'cash_released'").set_index("drifts")["mean"]
    assert f"as shipped {cash['as shipped']:.2f}\nnone {cash['none']:.2f}" in page
    before = {path: path.stat().st_mtime_ns for path in (folder / "study" / "parts").iterdir()}
    (folder / "tiny.md").unlink()
    assert listsim("tiny", "--replicates", "2", "--out", str(folder))[0] == 0
    assert {path: path.stat().st_mtime_ns for path in (folder / "study" / "parts").iterdir()} == before
    assert (folder / "tiny.md").read_text(encoding="utf-8") == page
    code, _, err = listsim("tiny", "--seed", "2", "--out", str(folder))
    assert (code, "of another study" in err) == (2, True)


def test_figures_that_moved_are_found_and_how_they_were_compared_is_said(clone, listsim):
    code, out, _ = listsim("tiny", "--check", "--publish")
    assert (code, out.split()) == (0, ["results/reference/tiny.csv", "results/reference/environments.json"])
    assert list((clone / "docs").iterdir()) == []
    code, out, _ = listsim("tiny", "--check")
    assert (code, out) == (0, "tiny: all 12 figures are those of results/reference/tiny.csv, to the last digit\n")
    assert list(Path.cwd().iterdir()) == []
    code, out, _ = listsim("tiny", "--check", "--set", "programmes.optimism=1.9")
    assert code == 3
    assert "as shipped, silo, promised, mean: " in out
    assert "of 12 figures are not those of results/reference/tiny.csv, to the last digit" in out


@pytest.fixture
def referred(clone):
    """The experiment with a reference of two figures, 100 and 200, made here; and a table to compare with it."""
    item = load_experiment("tiny")
    table = pd.DataFrame({"measure": ["a", "a"], "arrangement": ["x", "y"], "mean": [100.0, 200.0]})
    table = table.assign(p05=table["mean"], p95=table["mean"])
    checking.write_reference(item, table)
    return item, table


def elsewhere(item):
    """As if the reference had been made by another version."""
    path = item.reference.with_name(checking.ENVIRONMENTS)
    path.write_text(path.read_text().replace(version_of("numpy"), "1.2.3"))


def test_here_a_last_digit_counts(referred):
    item, table = referred
    assert checking.compared(item, table).lines == [
        "tiny: all 6 figures are those of results/reference/tiny.csv, to the last digit"
    ]
    table.loc[0, "mean"] = np.nextafter(100, 101)
    verdict = checking.compared(item, table)
    assert verdict.moved[["arrangement", "figure"]].to_numpy().tolist() == [["x", "mean"]]
    assert verdict.lines[-1].startswith("tiny: 1 of 6 figures are not those")


def test_elsewhere_a_figure_may_differ_by_the_tolerance_of_the_largest_of_its_measure(referred):
    item, table = referred
    elsewhere(item)
    table.loc[0, "mean"] = 101.9  # 1% of 200 is 2
    said = checking.compared(item, table).lines
    how = "within 1.0% of the largest of their measure"
    assert said == [
        f"made on others, so compared {how}: numpy {version_of('numpy')}, there 1.2.3",
        f"tiny: all 6 figures are those of results/reference/tiny.csv, {how}",
    ]
    table.loc[0, "mean"] = 102.1
    assert "x, a, mean: 100 to 102.1 (+2.1)" in checking.compared(item, table).lines[1].replace("a, x", "x, a")


def test_a_row_that_came_or_went_has_moved(referred):
    item, table = referred
    elsewhere(item)
    verdict = checking.compared(item, table.assign(arrangement=["x", "z"]))
    assert set(verdict.moved["arrangement"]) == {"y", "z"}
    assert any(line.endswith("y, mean: 200 to none") for line in verdict.lines)


def test_where_the_axes_are_others_every_figure_has_moved(referred):
    item, table = referred
    verdict = checking.compared(item, table.assign(case="b"))
    assert len(verdict.moved) == 12
    assert {line.rpartition(": ")[2] for line in verdict.lines[:-1]} == {
        "100 to none",
        "200 to none",
        "none to 100",
        "none to 200",
    }


def test_the_most_moved_come_first_and_the_rest_are_counted(referred, monkeypatch):
    item, table = referred
    monkeypatch.setattr(checking, "SHOWN", 1)
    moved = table.assign(mean=[101.0, 250.0])
    assert checking.compared(item, moved).lines[:2] == ["a, y, mean: 200 to 250 (+50)", "... and 1 more"]


def test_a_page_is_published_as_it_stands_or_not_at_all(clone, listsim):
    code, out, _ = listsim("tiny", "--publish", "--quiet", "--out", "mine")
    assert (code, out) == (0, "")
    assert {path.name for path in (clone / "docs").iterdir()} == {"tiny.md", "tiny.svg"}
    assert (clone / "docs" / "tiny.md").read_bytes() == Path("mine/tiny.md").read_bytes()
    assert "variation" not in Path("mine/tiny.md").read_text(encoding="utf-8")
    code, _, err = listsim("tiny", "--publish", "--families", "900")
    assert (code, err) == (2, "listsim: --publish: --families 900: is not tiny as it stands; leave it out\n")
    (clone / "pyproject.toml").unlink()
    with pytest.raises(InputError, match="publish from a clone"):
        checking.check_publishable(None, [])


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["leeks"], "experiment: leeks: there is no such experiment; did you mean 'leaks'?"),
        (["../leaks"], "experiment: ../leaks: there is no such experiment; did you mean 'leaks'?"),
        (
            ["leaks", "--check", "--families", "900"],
            "--families: a check has the size, place and seeds of the reference; leave it out",
        ),
        (
            ["zero_effect", "--years", "3", "--replicates", "1", "--families", "1000"],
            "--years: is 3, and this one takes 2; leave it out",
        ),
    ],
)
def test_what_cannot_be_is_said_in_one_line(listsim, tmp_path, monkeypatch, words, says):
    monkeypatch.chdir(tmp_path)
    code, _, err = listsim(*words)
    assert (code, err) == (2, f"listsim: {says}\n")


def test_what_an_experiment_varies_cannot_be_set(listsim):
    code, _, err = listsim("list_boundary", "--set", "departments.review_years=4")
    assert code == 2
    assert "departments.review_years: is given in settings and in grid" in err


def test_seeds_are_not_added_in_an_experiment(tmp_path):
    text = 'place = "milltown"\narrangements = ["silo", "do_nothing"]\nyears = 2\n'
    (tmp_path / "study.toml").write_text(text + '[until]\nmeasure = "cash_released"\nhalf_width = 1\n')
    item = SimpleNamespace(folder=tmp_path, studies=("study",))
    with pytest.raises(InputError, match=r"study\.toml: until: is not read in an experiment.*give replicates"):
        running.sweeps_of(item)


def test_a_folder_of_something_else_is_left_alone(clone, listsim, tmp_path):
    (Path("mine")).mkdir()
    Path("mine/notes.txt").write_text("mine")
    code, _, err = listsim("tiny", "--out", "mine")
    assert (code, err.count("\n")) == (2, 1)
    assert [path.name for path in Path("mine").iterdir()] == ["notes.txt"]


def test_runs_that_failed_are_said_and_tried_again(clone, listsim, monkeypatch):
    from sim.studies import task as runner

    task, wrong = runner.run_task, {2}

    def failing(every, seed, *rest):
        if seed in wrong:
            raise RuntimeError("no luck")
        return task(every, seed, *rest)

    monkeypatch.setattr(runner, "run_task", failing)
    code, _, err = listsim("tiny", "--out", "mine")
    assert code == 3
    assert "2 runs failed (point 0, seed 2: RuntimeError: no luck)" in err
    assert not Path("mine/tiny.csv").exists()
    wrong.clear()
    assert listsim("tiny", "--out", "mine")[0] == 0
    assert Path("mine/tiny.csv").exists()


def test_installed_experiments_are_found_where_installing_puts_them(tmp_path, monkeypatch):
    shared = tmp_path / "share" / "listsim"
    shutil.copytree(ROOT / "experiments" / "leaks", shared / "experiments" / "leaks")
    monkeypatch.setattr(reading, "SOURCE", tmp_path / "lib")
    monkeypatch.setattr(reading, "files", lambda _: [])
    monkeypatch.setattr(reading.sysconfig, "get_path", lambda _: str(tmp_path))
    assert experiment_names() == ["leaks"]
    assert load_experiment("leaks").reference == shared / "results" / "reference" / "leaks.csv"
    shutil.rmtree(shared)
    with pytest.raises(InputError, match="the experiments were not installed"):
        experiment_names()


def test_an_interval_is_students():
    mean, half = interval([1, 2, 3])  # sd 1, t with 2 degrees of freedom 4.3027 (any table)
    assert mean == 2
    assert half == pytest.approx(4.3027 / 3**0.5, abs=1e-4)
    assert with_interval([1, 2, 3]) == "+2.00 (-0.48 to +4.48)"


def small(name, folder, **given):
    """What a small run of an experiment finds, its tables by mark, and its page."""
    item = load_experiment(name)
    sweeps = running.sweeps_of(item, **{"place": "milltown", "families": 1000, "replicates": 2, "years": 3, **given})
    found, failures = running.carry_out(item, sweeps, folder)
    assert failures == []
    path = pages.write_page(item, sweeps, found, folder, ["--families 1000"])
    return found, item.code("figure").tables(found), path.read_text(encoding="utf-8")


def test_coupling_runs(tmp_path):
    found, tables, _ = small("coupling", tmp_path, place="birmingham_2010", years=None)
    assert found
    assert all(tables.values())


@pytest.mark.slow
def test_leaks_runs_and_its_table_is_of_its_runs(tmp_path):
    found, tables, page = small("leaks", tmp_path)
    assert "| frictionless → unmet need | backfill_unmet_need |" in page
    rows = found["study"].xs("all", level="agency").droplevel("arrangement")
    paid = rows.xs("programme_cost", level="measure")  # equal volume: a seed pays the same at every point
    assert (paid == paid.iloc[0]).all(axis=None)
    assert (paid > 0).all(axis=None)
    pounds = rows.loc[("drift", "backfill_threshold")].mean()
    assert f"| {pounds / 1e6:.2f} |" in next(line for line in tables["points"].splitlines() if "| drift |" in line)
    assert (tmp_path / "leaks_by_friction.svg").stat().st_size > 1000
    figure, rows = load_experiment("leaks").code("figure"), found["study"].copy()
    rows.loc[rows.index == ("frictionless", "plan", "council", "cash_released"), 0] += 0.01
    with pytest.raises(AssertionError, match="cash equals gross"):
        figure.tables({"study": rows})


@pytest.mark.slow
def test_list_boundary_runs(tmp_path):
    found, tables, page = small("list_boundary", tmp_path, replicates=1)
    assert page.count("| as shipped |") == 3
    assert "| half is deemed |" in tables["deemed"]
    rows = found["centre"].xs("all", level="agency").droplevel("arrangement")
    bought = rows.xs("years_bought", level="measure").loc["as shipped"].mean()
    assert f"| as shipped | {bought:.1f} | {bought > 12:.0%} |" in tables["centre"]
    assert (tmp_path / "list_boundary.svg").stat().st_size > 1000


def test_the_commands_of_the_boundary_are_its_points():
    text = (ROOT / "docs" / "list_boundary.md").read_text(encoding="utf-8")
    sweep = running.sweeps_of(load_experiment("list_boundary"))["causes"]
    points = {label["case"]: point for label, point in zip(sweep.labels, sweep.points, strict=True)}
    words = " ".join(f"--set {name}={value:g}" for name, value in points["nothing is deemed"].items())
    same = f"--years {sweep.at(0).inputs()[0].years} --families 60000 --replicates {len(sweep.seeds)}"
    assert f"listsim compare list_public {same} {words}\n" in text
    assert f"listsim compare list_public {same}\n" in text


@pytest.mark.slow
def test_who_wins_runs(tmp_path):
    found, tables, page = small("who_wins", tmp_path, arrangements=["do_nothing", "silo", "list_public"], replicates=1)
    assert page.count("\n| silo |") == 6
    assert "| do_nothing |" not in page
    assert tables["winners"].count("\n| as shipped |") == 2
    capital = found["study"].xs(("all", "capital_in"), level=("agency", "measure"))
    same = capital.xs("the same for each", level="money")  # a grant tops up what a body has
    assert (same.xs("list_public", level="arrangement") > 0).all(axis=None)


def rows_of(cash, people, net, bought):
    """Numbers by arrangement and measure, as an experiment finds them; money in £."""
    measures = {"cash_released": cash, "family_years_spared": people, "net_position": net, "families_enrolled": bought}
    frames = {measure: pd.DataFrame(numbers).T for measure, numbers in measures.items()}
    return pd.concat(frames, names=["measure", "arrangement"]).swaplevel().sort_index(level=0, sort_remaining=False)


def test_who_wins_by_hand():
    """Cash 3 and 1 of a, 2 and 2 of b, 1 and -1 of c; c bought nothing; d loses to b on everything."""
    figure, million = load_experiment("who_wins").code("figure"), 1e6
    cash = {"a": (3, 1), "b": (2, 2), "c": (1, -1), "d": (1, 0)}
    rows = rows_of(
        {name: np.multiply(pair, million) for name, pair in cash.items()},
        {"a": (10, 10), "b": (20, 24), "c": (99, 99), "d": (5, 5)},
        {"a": (-million, -million), "b": (-2 * million,) * 2, "c": (0, 0), "d": (-3 * million,) * 2},
        {"a": (7, 7), "b": (7, 7), "c": (0, 0), "d": (7, 7)},
    )
    found = figure.scores(rows)
    assert list(found.index) == ["a", "b", "d"]  # who bought nothing does not compete
    assert found.loc["a"].tolist() == [2, 10, -1]
    assert figure.level_with(rows, "cash", "a") == ["b", "d"]  # 1 and -1; 2 and 1 with t of 12.7
    assert figure.level_with(rows, "people", "b") == ["a", "d"]  # 10 and 14 seed by seed
    assert figure.first(rows, "cash", found["cash"]) == "a (2.0); level: b, d"
    assert figure.first(rows, "risk", found["risk"]) == "a (-1.0)"
    assert figure.undominated(found) == ["a", "b"]
    assert figure.first(rows, "cash", found["cash"][:0]) == "nobody bought anything"


def test_zero_effect_runs_is_kept_seed_by_seed_and_goes_on(tmp_path):
    found, tables, page = small("zero_effect", tmp_path, years=None, families=600)
    assert "| keyworker | before_after |" in page
    assert all(tables.values())
    assert all((tmp_path / name).stat().st_size > 1000 for name in ("zero_effect.svg", "zero_effect_beliefs.svg"))
    kept = sorted((tmp_path / "study" / "parts").iterdir())
    assert [path.name.split("-")[0] for path in kept] == ["1", "2"]
    rows = json.loads(kept[1].read_text())
    kept[0].unlink()
    kept[1].write_text(json.dumps([[key, value + 1] for key, value in rows]))  # read, and not measured again
    again, _, _ = small("zero_effect", tmp_path, years=None, families=600)
    pd.testing.assert_frame_equal(again["study"][[0]], found["study"][[0]])
    pd.testing.assert_series_equal(again["study"][1], found["study"][1] + 1)


def of_cell(**numbers):
    """What three seeds found in one cell."""
    rows = pd.DataFrame({("p", "matched", "low", "known", name): three for name, three in numbers.items()}).T.astype(
        float
    )
    return rows.rename_axis(["programme", "design", "intake", "effect", "measure"])


def test_what_a_design_finds_over_seeds_by_hand():
    """Of 30, -10 and no estimate, where 10 is true and 100 would have been used, both are 20 off: a spread of 28.28.

    The error stated is 11 and 11: 1.96 of it is 21.6, and holds both. One of two passes 10; luck is P(z > 10/11).
    """
    nothing = float("nan")
    figure = load_experiment("zero_effect").code("figure")
    given = {"estimate": (1, 1, 0), "taken": (50, 60, 70), "saving": (30, -10, nothing), "true": (10, 10, nothing)}
    (digest,) = figure.digests(of_cell(**given, stated=(11, 11, nothing), usual=(100, 100, nothing))).to_dict("records")
    assert (digest["seeds"], digest["taken"], digest["bias"]) == (2, 60, 0)
    assert digest["estimates"] == pytest.approx(2 / 3)
    assert digest["spread"] == pytest.approx(28.284, abs=1e-3)
    assert digest["error"] == pytest.approx(20)
    assert (digest["interval"], digest["paid"]) == (1, 0.5)
    assert digest["luck"] == pytest.approx(0.18165, abs=1e-4)
    assert digest["received"] == 15  # of 30 and nothing


def test_how_far_all_programmes_together_are_off_by_hand():
    """Off by 20 and by 0, with errors of 10 and 10: 2 and 0 errors, squared 4 and 0, on average 2."""
    figure = load_experiment("zero_effect").code("figure")
    three = {"estimate": (1,) * 3, "taken": (50,) * 3, "true": (0,) * 3, "stated": (9,) * 3, "usual": (100,) * 3}
    spread = np.array((-1, 0, 1)) * 300**0.5  # whose deviation is the root of 300, and error 10
    cells = [
        of_cell(**three, saving=tuple(off + spread)).rename({"p": name}, level="programme")
        for name, off in (("a", 20), ("b", 0))
    ]
    (line,) = figure.summary(figure.digests(pd.concat(cells)))
    assert line[3:6] == (2, 2, "2.0")


def test_programmes_outside_two_errors_are_looked_at_again_by_like_areas_alone():
    measure = load_experiment("zero_effect").code("measure")
    inputs = load_inputs("silo", years=2, families=6000)
    found = {seed: {key[:3] for key in measure.measure(inputs, seed)} for seed in (1, measure.AGAIN)}
    assert found[measure.AGAIN] == {
        (name, "matched", coverage) for name in measure.OUTSIDE for coverage in ("low", "high")
    }
    assert found[measure.AGAIN] < found[1]


def test_biases_with_first_and_other_seeds_side_by_side_by_hand():
    """Off by 20 with an error of 10, and by -10 with one of 5."""
    figure = load_experiment("zero_effect").code("figure")
    three = {"estimate": (1,) * 3, "taken": (50,) * 3, "true": (0,) * 3, "stated": (9,) * 3, "usual": (100,) * 3}
    first, other = (
        figure.digests(of_cell(**three, saving=tuple(off + np.array((-1, 0, 1)) * error * 3**0.5)))
        for off, error in ((20, 10), (-10, 5))
    )
    assert list(figure.again(first, other)) == [("p", "low", "known", "100", "+20 (20)", "-10 (10)", "3")]
    assert list(figure.again(first[:0], other)) == []


def test_what_is_paid_for_luck_by_cohort_size_by_hand():
    """An error of 10 with 100 families is 20 with 25 and 5 with 400, and a bar of 10: P(z > 1/2) and P(z > 2).

    Paid are 20 phi(1/2) = 7.04 and 5 phi(2) = 0.27 of 100. There are 80 effective controls for 100 families, so 20 for 25.
    An area's count has an error of 40 with 25: P(z > 1/4).
    """
    figure = load_experiment("zero_effect").code("figure")
    three = {"estimate": (1,) * 3, "taken": (100,) * 3, "saving": (30, 0, 0), "true": (0,) * 3, "usual": (100,) * 3}
    three |= {"stated": (10,) * 3, "effective": (0,) * 3}

    def rows(design, **numbers):
        cells = {("p", design, "low", "nought", name): of for name, of in {**three, **numbers}.items()}
        return pd.DataFrame(cells).T.astype(float).rename_axis(["programme", "design", "intake", "effect", "measure"])

    every = [rows("before_after"), rows("area_count"), rows("matched", effective=(80,) * 3)]
    lines = {line[0]: line[1:] for line in figure.by_size(figure.digests(pd.concat(every)))}
    assert lines["before_after"][:4] == (1, "31%, 7.0%", "16%, 2.4%", "2%, 0.3%")
    assert lines["before_after"][5:] == ("2.4%", "10.0%")
    assert lines["matched"][1:4] == ("-", "16%, 2.4%", "2%, 0.3%")
    assert lines["area_count"][1] == "40%, 15.5%"


def test_beliefs_are_held_against_what_the_same_cohorts_saved_by_hand():
    """1.5 and 0.5 are believed where 1 and 0.25 are true; of two cohorts alone nothing is said."""
    figure = load_experiment("zero_effect").code("figure")
    rows = pd.DataFrame(
        {
            ("p", "matched", "ten years", "drawn", "truth"): (1, 0.25, 9),
            ("p", "matched", "ten years", "drawn", "cohorts"): (3, 4, 2),
            ("p", "matched", "year 10", "drawn", "belief"): (1.5, 0.5, 7),
        }
    ).T.rename_axis(["programme", "design", "intake", "effect", "measure"])
    np.testing.assert_allclose(figure.gaps(rows).loc["p", "matched", "year 10"], [0.5, 0.25, np.nan])


@pytest.mark.slow
@pytest.mark.parametrize("name", FOUR)
def test_the_figures_of_an_experiment_are_those_of_its_reference(listsim, name):
    code, out, _ = listsim(name, "--check")
    assert code == 0, out


def test_what_sizes_differ_by_by_hand():
    """Cash of 1 and 3 for 2 and 4 is 4/6 in the town; 2 and 3 for 4 and 6 is a half in the city, always.

    Of the town the seeds add (1 - 4/3) / 3 and (3 - 8/3) / 3, of the city nought: an error of a ninth.
    """
    figure = load_experiment("size").code("figure")
    names = ["arrangement", "agency", "measure"]
    numbers = {"town": ([1.0, 3.0], [2.0, 4.0]), "city": ([2.0, 3.0], [4.0, 6.0])}
    found = {}
    for size, (cash, gross) in numbers.items():
        rows = [*([cash, "cash_released"], [gross, "gross_avoided"]), *([[0.0, 0.0], name] for name in figure.LEAKS)]
        index = pd.MultiIndex.from_tuples([("silo", "all", name) for _, name in rows], names=names)
        found[size] = pd.DataFrame([numbers for numbers, _ in rows], index)
    rows = figure.sums(found).xs("silo", level="arrangement")
    assert figure.ratio(rows.loc["town"])[0] == pytest.approx(2 / 3)
    assert figure.error(figure.ratio(rows.loc["town"])[1]) == pytest.approx(1 / 9)
    assert figure.difference(rows) == pytest.approx((1 / 6, 1 / 9))
    tables = figure.tables(found)
    assert "| silo | +0.167 | 0.111 | -0.051 to +0.384 |" in tables["difference"]
    assert "| silo | 150,000 | 0.0 | 0.0 | 0.500 | 0.000 |" in tables["sizes"]
    found["city"][1] = np.nan  # a task that failed: its seed is left out at both sizes
    assert figure.sums(found).shape[1] == 1


def savings(measured, design, intake, measure="saving"):
    """What a design finds of an intake of nothing done: programmes by seeds."""
    rows = pd.DataFrame({seed: pd.Series(found) for seed, found in enumerate(measured)})
    return rows.rename_axis(["programme", "design", "intake", "effect", "measure"]).xs(
        (design, intake, "nought", measure), level=("design", "intake", "effect", "measure")
    )


def measured(programmes, seeds, families):
    """The measure of the experiment for some programmes in Birmingham, seed by seed."""
    item = load_experiment("zero_effect")
    inputs = running.sweeps_of(item, families=families)["study"].at(0).inputs()[0]
    inputs = replace(inputs, catalogue={name: inputs.catalogue[name] for name in programmes})
    measure = item.code("measure").measure
    return [measure(inputs, seed) for seed in range(1, seeds + 1)]


def test_before_and_after_an_event_finds_a_gain_where_nothing_was_done_and_without_one_much_less():
    """A quick cut: families with an event of substance cost over a quarter less a year later, those without as much."""
    found = measured(["alcohol_outreach"], 3, 15_000)
    after, without = (
        savings(found, "before_after", intake).loc["alcohol_outreach"]
        for intake in ("after an event", "without an event")
    )
    before = savings(found, "before_after", "after an event", "usual").loc["alcohol_outreach"]
    assert (after > 0.25 * before / 1.25).all()
    assert (after > 3 * without.abs()).all()


@pytest.mark.slow
def test_like_areas_find_nothing_where_nothing_was_done_and_a_known_good_where_there_is():
    """Five programmes, twelve seeds: their mean errors are as luck has it, and intervals hold the truth as often as not far from 95%."""
    programmes = [
        "alcohol_outreach",
        "drug_treatment",
        "homelessness_prevention",
        "supported_employment",
        "victim_advocacy",
    ]
    rows = pd.DataFrame({seed: pd.Series(found) for seed, found in enumerate(measured(programmes, 12, 60_000))})
    cells = (
        load_experiment("zero_effect")
        .code("figure")
        .digests(rows.rename_axis(["programme", "design", "intake", "effect", "measure"]))
    )
    alike = cells.xs("matched", level="design")
    nought, good = (
        alike.xs(("low", "nought"), level=("intake", "effect")),
        alike.xs(("high", "known"), level=("intake", "effect")),
    )
    for every in (nought, good):
        assert ((every["bias"] / every["error"]) ** 2).sum() < 20  # 5 on average, above 20 in a run of a hundred or so
        assert 0.85 <= every["interval"].mean() <= 1
    assert (good["true"] + good["bias"] > 3 * good["error"]).all()
