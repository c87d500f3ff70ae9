"""listsim diff: what differs between two results, in inputs and in pounds."""

import json
import sys

import numpy as np
import pytest
from made_sweep import made_sweep
from scipy import stats

from sim.api import compare
from sim.cli.shell import main
from sim.report.contrasted import in_words
from sim.results.contrast import _of_arrangements, contrast
from sim.results.manifest import TABLE_FILES

DRIFT = "services.threshold_drift"


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """Folders of a comparison, of the same with other settings, and of the same with other seeds."""
    folder = tmp_path_factory.mktemp("results")
    wanted = {
        "a": {},
        "again": {},
        "set": {"settings": {DRIFT: 1, "lines.foster_care.unit_cost": 40000}},
        "seeds": {"seed": 8},
    }
    made = {}
    for name, changes in wanted.items():
        made[name] = compare("silo", "milltown", years=2, families=1000, **{"replicates": 3, "seed": 3, **changes})
        made[name].write(folder / name, report=False)
    return folder, made


@pytest.fixture
def diff(results, monkeypatch, capfd):
    """Run listsim diff in the folder of the results; (exit code, stdout, stderr)."""
    monkeypatch.chdir(results[0])

    def call(*words):
        monkeypatch.setattr(sys, "argv", ["listsim", "diff", *map(str, words)])
        capfd.readouterr()
        with pytest.raises(SystemExit) as stop:
            main()
        out, err = capfd.readouterr()
        return stop.value.code, out, err

    return call


def test_what_is_the_same_is_said_to_be(diff):
    code, out, err = diff("a", "again")
    assert (code, err) == (0, "")
    assert out.count("the same\n") == len(TABLE_FILES)
    assert out.endswith("What went in is the same.\n\nWhat came out is the same.\n")


def test_inputs_that_differ_have_their_old_and_new_value(diff):
    code, out, _ = diff("a", "set")
    assert code == 3
    said = out.split("What went in: A -> B\n")[1].split("\n\n")[0].splitlines()
    assert [line.split() for line in said] == [
        ["value", DRIFT, "0.5", "->", "1"],
        ["value", "lines.foster_care.unit_cost", "36400", "->", "40000"],
    ]


def test_pounds_differ_seed_by_seed_the_largest_first(results):
    folder, made = results
    found = contrast(folder / "a", folder / "set")
    assert not found.same
    assert found.pounds["difference"].abs().is_monotonic_decreasing
    row = found.pounds.set_index("measure").loc["promised"]
    each = [
        made[name].runs.query("measure == 'promised'").groupby("seed")["value_pence"].sum().astype(float) / 100
        for name in ("a", "set")
    ]
    assert (row["a"], row["b"]) == pytest.approx((each[0].mean(), each[1].mean()))
    expected = stats.ttest_rel(each[1], each[0]).confidence_interval(0.95)
    assert (row["difference"], row["n"]) == (pytest.approx((each[1] - each[0]).mean()), 3)
    assert (row["low"], row["high"]) == pytest.approx((expected.low, expected.high))


def test_with_other_seeds_there_is_no_interval(diff, results):
    found = contrast(results[0] / "a", results[0] / "seeds")
    assert found.inputs == [("seeds", "", "3 to 5", "8 to 10")]
    assert len(found.pounds) > 5
    assert found.pounds[["low", "high", "n"]].isna().all(axis=None)
    _, out, _ = diff("a", "seeds")
    assert "the seeds differ, so that luck does too" in out


def test_json_has_all_of_it(diff):
    code, out, _ = diff("a", "set", "--json")
    said = json.loads(out)
    assert code == 3
    assert list(said) == ["a", "b", "same", "tables", "inputs", "pounds"]
    assert (said["a"], said["b"], said["same"], said["tables"]["runs.parquet"]) == ("a", "set", False, False)
    assert said["inputs"][0] == {"kind": "value", "name": DRIFT, "a": 0.5, "b": 1.0}
    assert set(said["pounds"][0]) == {"settings", "arrangement", "measure", "a", "b", "difference", "low", "high", "n"}


def test_what_would_not_fit_is_counted(results):
    found = contrast(results[0] / "a", results[0] / "set")
    lines = in_words(found, "a", "set", 1)
    assert "  and 1 more; --json has all" in lines
    assert f"  and {len(found.pounds) - 1} more; --json has all" in lines


def manifest(**arrangements):
    """Of arrangements, each with rules, a dial, and a value of its own."""
    every = {name: {"rules": {"pays": pays}, "dials": {DRIFT: drift}} for name, (pays, drift) in arrangements.items()}
    return {"arrangements": every, "inputs": {f"{name}.fee": {"value": 1.0} for name in arrangements}}


def test_a_dial_that_differs_in_all_arrangements_alike_is_told_once():
    assert _of_arrangements(manifest(a=("x", 0), b=("y", 0)), manifest(a=("x", 1), b=("y", 1))) == [
        ("value", DRIFT, 0, 1)
    ]
    assert _of_arrangements(manifest(a=("x", 0), b=("y", 0)), manifest(a=("z", 0), b=("y", 1))) == [
        ("rule", "a: pays", "x", "z"),
        ("value", f"{DRIFT} of b", 0, 1),
    ]


def test_an_arrangement_that_one_alone_has_is_told_by_name_only():
    assert _of_arrangements(manifest(a=("x", 0)), manifest(a=("x", 0), b=("y", 1))) == []


def steady(labels, arrangement, seed):
    return 1e6 * seed


def test_sweeps_differ_at_points_of_the_same_settings(diff, tmp_path):
    """Three millions more in one arrangement where the drift is 1, a point that has another number there."""
    made_sweep(tmp_path / "a", steady, grid={DRIFT: [0, 1, 0.5]}, replicates=2)
    made_sweep(
        tmp_path / "b",
        lambda labels, name, seed: steady(labels, name, seed) + 3e6 * (labels[DRIFT] == 1) * (name == "silo"),
        grid={DRIFT: [0.25, 0, 1]},
        replicates=2,
    )
    found = contrast(tmp_path / "a", tmp_path / "b")
    assert set(found.pounds["measure"]) >= {"cash_released", "net_position"}
    assert set(found.pounds["arrangement"]) == {"silo"}
    assert set(found.pounds[DRIFT]) == {1}
    row = found.pounds.set_index("measure").loc["retained"]
    assert row[["a", "b", "difference", "low", "high", "n"]].tolist() == [1.5e6, 4.5e6, 3e6, 3e6, 3e6, 2]
    assert ("points", "that the other has not", 1, 1) in found.inputs
    assert ("axis", DRIFT, [0, 1, 0.5], [0.25, 0, 1]) in found.inputs
    code, out, _ = diff(tmp_path / "a", tmp_path / "b")
    assert code == 3
    assert f"1.500 -> 4.500: +3.000 (3.000 to 3.000); {DRIFT} 1\n" in out
    assert diff(tmp_path / "a", tmp_path / "a")[0] == 0


def test_sweeps_with_nothing_in_common_are_not_said_to_be_the_same(diff, tmp_path):
    made_sweep(tmp_path / "a", steady, grid={DRIFT: [0, 1]}, replicates=1)
    made_sweep(tmp_path / "points", steady, grid={DRIFT: [0.5]}, replicates=1)
    made_sweep(tmp_path / "other", steady, grid={DRIFT: [0, 1]}, arrangements=["pooled_s75"], replicates=1)
    for other in ("points", "other"):
        code, out, _ = diff(tmp_path / "a", tmp_path / other)
        assert code == 3
        assert out.endswith("\n\nNothing that came out is compared: no arrangement at the same settings is in both.\n")


def test_sweeps_with_other_seeds_have_no_interval(tmp_path):
    made_sweep(tmp_path / "a", steady, replicates=2)
    made_sweep(tmp_path / "b", steady, replicates=3)
    found = contrast(tmp_path / "a", tmp_path / "b")
    assert np.allclose(found.pounds.set_index("measure").loc["retained", "difference"], 0.5e6)
    assert found.pounds["n"].isna().all()


def test_wrong_folders_are_told_in_a_line(diff, results, tmp_path):
    made_sweep(tmp_path / "swept", steady, replicates=1)
    (tmp_path / "swept" / "runs.parquet").rename(tmp_path / "runs.parquet")
    (tmp_path / "bare").mkdir()
    (tmp_path / "bare" / "manifest.json").write_text('{"versions": {"listsim": "1"}}')
    for words, told in (
        (("a", "nowhere"), "nowhere: is no result; give a folder that a comparison or a sweep wrote"),
        (("a", tmp_path / "swept"), "is a sweep, and a is a comparison; give two of one kind"),
        ((tmp_path / "swept", tmp_path / "swept"), "runs.parquet: is missing: the sweep is not done"),
        (("a", tmp_path / "bare"), "is missing: this is not a finished run"),
    ):
        code, out, err = diff(*words)
        assert (code, out) == (2, "")
        assert err.startswith("listsim: ")
        assert told in err
        assert err.count("\n") == 1


def test_a_point_of_which_nothing_was_done_is_not_taken_for_the_next(tmp_path):
    made_sweep(tmp_path / "a", steady, failed=[(0, 1), (0, 2)], grid={DRIFT: [0, 1]}, replicates=2)
    made_sweep(tmp_path / "b", lambda *given: 2 * steady(*given), grid={DRIFT: [0, 1]}, replicates=2)
    found = contrast(tmp_path / "a", tmp_path / "b")
    assert set(found.pounds[DRIFT]) == {1}
    assert ("points", "that the other has not", 0, 1) in found.inputs
