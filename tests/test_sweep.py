"""A sweep: a study file or what is given beside it, every fault at once, and points that come to what a comparison does."""

import json
import re
from dataclasses import replace
from pathlib import Path
from shutil import copytree

import numpy as np
import pandas as pd
import pytest
from conftest import DATA

import sim
from sim.api import compare
from sim.core.faults import InputError
from sim.results.plain import rounded_table
from sim.results.summary import STATISTICS, tables
from sim.studies.run import run_study
from sim.studies.sweep import load_sweep
from sim.studies.templates import write_template
from sim.words import checked

FILE = DATA / "study.toml"
SMALL = {"place": "milltown", "arrangements": ["silo", "list_public"], "families": 1000, "years": 1, "replicates": 2}
DRIFT = {"services.threshold_drift": [0, 0.25]}


def faults_of(call, *args, **given):
    with pytest.raises(InputError) as error:
        call(*args, **given)
    return list(error.value.faults)


@pytest.fixture(scope="module")
def everything():
    return load_sweep(FILE)


def test_a_file_makes_every_combination_with_the_same_sample(everything):
    assert len(everything.points) == 2 * 2 * 2 * 2 * 4
    assert everything.arrangements == ("silo", "list_public", "plan")
    assert everything.seeds == range(5, 7)
    drawn = [
        [point[name] for point in everything.points] for name in ("programmes.optimism", "measurement.cohort_size")
    ]
    assert all(values == values[:4] * 16 for values in drawn)
    assert len(set(drawn[0][:4])) == 4
    assert all(value % 1 == 0 and 50 <= value <= 500 for value in drawn[1])
    assert [point["future"] for point in everything.points] == ["none"] * 32 + ["austerity"] * 32


def test_points_hold_settings_and_labels_names_of_sets(everything):
    assert everything.points[4] == {
        **{"future": "none", "services.threshold_drift": 0, "list.payment_basis": "gross"},
        **{"families.contagion_scale": 0, "families.case_finding": 0},
        **{name: everything.points[0][name] for name in ("programmes.optimism", "measurement.cohort_size")},
    }
    assert [everything.labels[i]["assumptions"] for i in (0, 4)] == ["as shipped", "alone"]
    assert "families.contagion_scale" not in everything.points[0]


def test_the_study_of_a_point_has_all_of_its_settings(everything):
    inputs = everything.at(63).inputs()[0]
    assert inputs.future.id == "austerity"
    assert inputs.place.id == "milltown"
    wanted = {"agencies.decommissioning": 1, "services.threshold_drift": 0.25, "list.payment_basis": "cashed"}
    assert {name: inputs.dials[name] for name in wanted} == wanted
    assert everything.at(0).inputs()[0].future is None


def test_tasks_go_by_seed(everything):
    assert everything.tasks() == [(point, seed) for seed in (5, 6) for point in range(64)]


def test_a_description_makes_the_same_sweep_again(everything):
    told = json.loads(json.dumps(everything.describe()))
    assert load_sweep(**told["asked"]) == everything
    assert told["points"][4]["assumptions"] == "alone"
    assert [axis["kind"] for axis in told["axes"]] == ["future", "list", "list", "sets", "range", "range"]
    assert list(told["own_files"]) == [str(DATA / "plan.toml")]
    assert told["than"] == "silo"


def test_what_is_given_goes_before_the_file(everything):
    other = load_sweep(FILE, seed=9, future="growth", grid={"services.threshold_drift": ["1"]}, sample=None)
    assert other.seeds == range(9, 11)
    assert {point["services.threshold_drift"] for point in other.points} == {1}
    assert other.at(0).inputs()[0].future.id == "growth"
    assert "future" not in other.points[0]
    assert other != everything


def test_a_place_given_goes_before_those_of_the_file_and_its_grid(tmp_path):
    path = tmp_path / "study.toml"
    path.write_text('arrangements = ["silo"]\n[grid]\nplace = ["milltown", "birmingham_2010"]\n', encoding="utf-8")
    assert [point["place"] for point in load_sweep(path).points] == ["milltown", "birmingham_2010"]
    assert load_sweep(path, place="milltown").points == ({},)
    assert load_sweep(path, grid={"place": ["milltown"]}).points == ({},)
    found = faults_of(load_sweep, path, place="milltown", grid={"place": ["milltown"]})
    assert found == ["--grid: place: is given beside place; leave one of them out"]


def test_sweeps_are_equal_where_what_they_run_is_however_it_is_written():
    one = load_sweep(grid=DRIFT, **SMALL)
    assert load_sweep(grid={"services.threshold_drift": ("0", 0.250)}, **{**SMALL, "place": ["milltown"]}) == one
    assert load_sweep(grid={"services": {"threshold_drift": [0.0, 0.25]}}, **SMALL) == one
    assert load_sweep(grid={"services.threshold_drift": {"low": 0, "high": 0.25, "n": 2}}, **SMALL) == one
    others = [{"seed": 2}, {"replicates": 3}, {"settings": {"programmes.optimism": 1.5}}, {"years": 2}]
    assert one not in [load_sweep(grid=DRIFT, **{**SMALL, **other}) for other in others]


def test_places_and_futures_may_be_axes():
    sweep = load_sweep(grid={"place": ["milltown", "birmingham_2010"], "future": ["none", "growth"]}, **{
        **SMALL, "place": None,
    })  # fmt: skip
    assert [(point["place"], point["future"]) for point in sweep.points] == [
        ("milltown", "none"), ("milltown", "growth"), ("birmingham_2010", "none"), ("birmingham_2010", "growth"),
    ]  # fmt: skip
    assert [sweep.at(i).place.id for i in range(4)] == ["milltown"] * 2 + ["birmingham_2010"] * 2
    assert sweep.describe()["places"]["milltown"] == sweep.at(0).place.name


def test_two_places_of_one_id_are_told_by_it(tmp_path):
    copytree(Path(sim.__file__).parent / "scenarios" / "places" / "milltown", tmp_path / "copy")
    with pytest.raises(
        InputError, match="place milltown, future none: is given twice; give each place and future an id"
    ):
        load_sweep(place=["milltown", str(tmp_path / "copy")], arrangements=["silo"])


def test_a_point_comes_to_what_a_comparison_with_its_settings_does():
    sweep = load_sweep(grid={"services.threshold_drift": [0, 0.25], "place": ["milltown"], "list.payment_basis": ["cashed"]},
                       settings={"programmes.optimism": 1.5}, future="austerity", **{**SMALL, "place": None})  # fmt: skip
    done = [item for item in run_study(sweep) if item.point == 1]
    found, *_ = tables([item.runs for item in done], sweep.seeds[0])
    settings = {"programmes.optimism": 1.5, "services.threshold_drift": 0.25, "list.payment_basis": "cashed"}
    wanted = compare(settings=settings, future="austerity", **SMALL).runs
    pd.testing.assert_frame_equal(found, wanted, check_exact=True)
    assert len(wanted) > 100


def test_every_fault_of_a_file_is_told_at_once(tmp_path):
    path = tmp_path / "study.toml"
    path.write_text(
        """
        plase = "milltown"
        arrangements = []
        years = 0
        replicates = 2.5
        [grid]
        "services.threshold_drift" = []
        "programmes.optimism" = [1, 1.0]
        [sample]
        design = "morris"
        n = 3
        [sample.range]
        "families.contagion_scale" = [1, 0]
        "families.case_finding" = { low = 0, high = 1, shape = "log" }
        [until]
        measure = "cash"
        half_width = -1
        thann = "silo"
        """,
        encoding="utf-8",
    )
    found = faults_of(load_sweep, path)
    assert [line.removeprefix(f"{path}: ").partition(": ")[0] for line in found] == [
        "plase", "arrangements", "years", "replicates", "grid.services.threshold_drift", "grid.programmes.optimism",
        "sample.design", "sample.range.families.contagion_scale", "sample.range.families.case_finding", "until.thann",
        "until.measure", "until.half_width",
    ]  # fmt: skip
    assert "did you mean 'place'?" in found[0]
    assert "latin or sobol" in found[6]
    assert "did you mean 'cash" in found[10]


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"grid": {"services.threshold_drift": [0, 5, 6]}}, "sweep: point 1 (services.threshold_drift = 5): services.threshold_drift: 5 is out of range; give 0 to 1 (and at another point)"),
        ({"grid": {"services.treshold_drift": [0, 1]}}, "point 0 (services.treshold_drift = 0): services.treshold_drift: there is no such parameter; did you mean 'services.threshold_drift'?"),
        ({"grid": {"list.payment_basis": ["gross", "net"]}}, "point 1 (list.payment_basis = net): list.payment_basis: 'net' is not a choice"),
        ({"settings": {"programmes.optimism": 9}, "grid": DRIFT}, "--set: programmes.optimism: 9 is out of range"),
        ({"settings": {"services.threshold_drift": 1}, "grid": DRIFT}, "services.threshold_drift: is given in settings and in grid.services.threshold_drift"),
        ({"sample": {"design": "sobol", "n": 6, "range": {"programmes.optimism": [1, 2]}}}, "--sample: n: 6 is not a power of two"),
        ({"sample": {"design": "latin", "n": 2, "range": {"programmes.optimism": [1, 9]}}}, "(programmes.optimism = "),
        ({"sample": {"design": "latin", "n": 2}}, "--sample: range: is missing"),
        ({"until": {"measure": "cash_released", "half_width": 1, "than": "pooled_s75"}}, "until.than: 'pooled_s75' is not compared"),
        ({"until": {"measure": ["cash_released"], "half_width": 1}}, "--until: measure: ['cash_released'] is no measure"),
        ({"until": {"measure": "cash_released", "half_width": 1, "most": 1}}, "until.most: 1 is less than the first 2 seeds"),
        ({"until": {"measure": "cash_released", "half_width": 1}, "arrangements": "silo"}, "one arrangement to compare with itself"),
        ({"future": ["none", "none"]}, "--future: one is given twice"),
        ({"place": 3}, "--place: 3 is no name"),
        ({"grid": {f"x{i}": list(range(100)) for i in range(4)}}, "100,000,000 points"),
        ({"arrangements": None}, "arrangements: is missing"),
        ({"seed": 2**63 - 1}, "too large"),
        ({"grid": {"agency": {"a": {}, "b": {"services.threshold_drift": 1}}}}, "--grid: agency: is a column of the tables"),
        ({"grid": [1]}, "--grid: [1] is no table"),
        ({"grid": {"services.threshold_drift": [True, 0]}}, "--grid: services.threshold_drift: value True"),
        ({"until": {"measure": "cash_released", "half_width": 1, "than": False}}, "--until: than: False has the wrong type"),
        ({"until": {"measure": "cash_released", "half_width": 1, "than": ""}}, "--until: than: '' is blank"),
        ({"until": {"measure": "cash_released", "half_width": np.arange(2)}}, "half_width: number array([0, 1]) is not a number"),
        ({"settings": {"services.threshold_drift": {}}}, "--set: services.threshold_drift: is empty"),
        ({"grid": {"services.threshold_drift": {}}}, "--grid: services.threshold_drift: is empty"),
        ({"sample": {"design": "latin", "n": 2, "range": {"programmes.optimism": {}}}}, "range.programmes.optimism: is empty"),
        ({"sample": {"design": np.arange(2), "n": 2, "range": {"programmes.optimism": [1, 2]}}}, "design: array([0, 1]) is no design"),
        ({"sample": {"design": "latin", "n": 2, "range": {"future": ["austerity", "none"]}}}, "future: is given in sample.range"),
        ({"grid": {"mix": {"a": {"future": "austerity"}}}}, "future: is given in grid.mix"),
        ({"settings": {"place": "milltown"}}, "place: is given in settings"),
        ({"grid": {"\x1b[31m": {"a": {}, "b": {"services.threshold_drift": 1}}}}, "holds U+001B, which does not print"),
        ({"grid": {"services.threshold_drift": ["\x1b[31m"]}}, "point 0 (services.threshold_drift = \\u001b[31m): "),
        ({"grid": {"services.threshold_drift": {"a": {"services.threshold_drift": 1}}}}, "which are sets"),
        ({"arrangements": ["silo", ""]}, "--arrangements: '' is blank"),
    ],
)  # fmt: skip
def test_a_wrong_sweep_is_one_line(given, told):
    found = faults_of(load_sweep, **{**SMALL, **given})
    assert len(found) == 1
    assert told in found[0]
    assert found[0].isprintable()


def test_a_setting_of_the_file_is_told_of_the_file(tmp_path):
    path = tmp_path / "study.toml"
    path.write_text('arrangements = ["silo"]\n[settings]\nprogrammes.optimism = 9\n', encoding="utf-8")
    assert faults_of(load_sweep, path)[0].startswith(f"{path}: settings.programmes.optimism: 9 is out of range")
    assert faults_of(load_sweep, path, settings={"programmes.optimism": 8})[0].startswith(
        "--set: programmes.optimism: 8"
    )


def test_names_in_a_file_count_from_its_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert load_sweep(FILE).describe()["own_files"].keys() == {str(DATA / "plan.toml")}


def test_check_knows_a_study(tmp_path):
    assert checked(FILE) == f"{FILE}: a study, 64 points, 3 arrangements, 2 seeds: right"
    path = tmp_path / "study.toml"
    path.write_text('arrangements = ["silo"]\n[grid]\n"services.threshold_drift" = [0, 2]\n', encoding="utf-8")
    assert "point 1" in faults_of(checked, path)[0]


def test_a_thousand_points_are_tried_in_seconds():
    from time import process_time

    ranges = {"services.threshold_drift": [0, 1], "programmes.optimism": [1, 2]}
    begin = process_time()
    sweep = load_sweep(sample={"design": "sobol", "n": 1024, "range": ranges}, **{**SMALL, "replicates": 1})
    assert len(sweep.points) == 1024
    assert sweep.hash
    assert process_time() - begin < 8


def test_more_seeds_leave_hash_and_description_alone():
    sweep = load_sweep(grid=DRIFT, **SMALL)
    more = sweep.with_seeds({1: 3})
    assert more.tasks() == [(0, 1), (1, 1), (0, 2), (1, 2), (1, 3)]
    assert (more.hash, more.describe()) == (sweep.hash, sweep.describe())
    assert replace(more, more={}).tasks() == sweep.tasks()


def test_one_study_may_be_of_more_seeds_or_fewer_but_not_of_other_ones():
    """With an `until` the first seeds decide how many there are in the end."""
    sweep, more, later = (
        load_sweep(grid=DRIFT, **{**SMALL, **seeds}) for seeds in ({}, {"replicates": 5}, {"seed": 2})
    )
    assert more.hash == sweep.hash != later.hash
    assert more != sweep
    until = {"measure": "cash_released", "half_width": 1e6}
    few, many = (load_sweep(grid=DRIFT, **{**SMALL, "replicates": n}, until=until) for n in (3, 5))
    assert few.hash != many.hash


def test_the_template_is_right_its_examples_too(tmp_path):
    path = tmp_path / "study.toml"
    write_template("study", path)
    write_template("programme", tmp_path / "my_programme.toml")
    assert checked(path).endswith("a study, 6 points, 2 arrangements, 10 seeds: right")
    text = path.read_text(encoding="utf-8")
    path.write_text(re.sub(r'^# (?=\[|[\w."]+( \w+")? = )', "", text, flags=re.MULTILINE), encoding="utf-8")
    assert checked(path).endswith(f"a study, {6 * 2 * 5 * 2 * 20} points, 2 arrangements, 10 seeds: right")
    assert faults_of(write_template, "study", path) == [f"new: {path}: is there already; give another name"]
    assert "did you mean 'study'" in faults_of(write_template, "studdy", tmp_path / "b.toml")[0]
    assert not (tmp_path / "b.toml").exists()


def test_python_takes_the_same_words_and_gives_data_frames(tmp_path):
    given = {"grid": DRIFT, "until": {"measure": "cash_released", "half_width": 1e9}, **SMALL}
    result = sim.sweep(**given)
    assert result.outcome.done == len(result.sweep.tasks()) == 4
    assert list(result.points.columns) == ["point", "services.threshold_drift", "seeds", "reached"]
    wanted = compare(settings={"services.threshold_drift": 0.25}, **SMALL)
    found = result.summary[result.summary["point"] == 1].drop(columns=["point", "services.threshold_drift"])
    expected = rounded_table(wanted.summary, STATISTICS)
    pd.testing.assert_frame_equal(found.reset_index(drop=True), expected, check_exact=True)
    assert set(result.differences["than"]) == {"silo"}
    assert result.failures.empty
    kept = sim.sweep(out=tmp_path / "mine", **given)
    pd.testing.assert_frame_equal(kept.runs, result.runs)
    assert (tmp_path / "mine" / "study.json").is_file()
    assert "did you mean 'grid'" in faults_of(sim.sweep, gird=DRIFT, **SMALL)[0]
