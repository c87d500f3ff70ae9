"""A run is a pure function of its inputs and seed."""

import copy

import pytest

from sim import runner
from sim.api import compare
from sim.arrangements import arrangement_names
from sim.parameters import InputError
from tests.conftest import PLAN, one


def test_the_same_inputs_and_seed_give_the_same_run():
    assert one("list_public") == one("list_public")
    assert one("list_public") != one("list_public", seed=2)


@pytest.mark.parametrize("threads", [2, 8])
def test_threads_do_not_change_a_run(threads):
    inputs = runner.load_inputs("list_public", "milltown")
    assert runner.run(inputs, 1, threads) == runner.run(inputs, 1)


def test_a_run_leaves_its_inputs_alone():
    inputs = runner.load_inputs("list_public", "milltown")
    before = copy.deepcopy(inputs)
    runner.run(inputs, 1)
    assert inputs == before


def test_rows_do_not_depend_on_what_an_arrangement_is_compared_with():
    alone = runner.run_seed([runner.load_inputs("list_public", "milltown")], 4)[0]
    cases = runner.load_cases(["silo", "list_public", PLAN], "milltown")
    together = runner.run_seed(cases, 4)[1]
    assert alone == together


def test_workers_write_the_same_bytes(tmp_path):
    """`runs.parquet`, `flows.parquet` and `summary.csv`, with one and two workers and a second time."""
    folders = []
    for name, workers in (("one", 1), ("two", 2), ("again", 2)):
        folder = tmp_path / name
        folder.mkdir()
        compare(["silo", "list_public"], place="milltown", replicates=2, workers=workers).write(folder)
        folders.append(folder)
    for file in ("runs.parquet", "flows.parquet", "summary.csv", "figures/leaks.svg"):
        contents = {(folder / file).read_bytes() for folder in folders}
        assert len(contents) == 1, file


def test_families_scale_a_place_and_money_is_not_grossed_up():
    small = runner.load_inputs("do_nothing", "milltown", families=1000)
    large = runner.load_inputs("do_nothing", "milltown", families=6000)

    def spent(inputs):
        return sum(flow[4] for flow in runner.run(inputs, 1).flows if flow[3] == "service")

    assert spent(large) / spent(small) == pytest.approx(6, rel=0.2)


@pytest.mark.parametrize(
    ("options", "says"), [({"families": 3}, "--families"), ({"years": 0}, "--years"), ({"years": 99}, "--years")]
)
def test_sizes_out_of_range_are_refused(options, says):
    with pytest.raises(InputError, match=says):
        runner.load_inputs("silo", "milltown", **options)


def test_naming_an_arrangement_twice_is_refused():
    with pytest.raises(InputError, match="given twice"):
        runner.load_cases(["silo", "silo"], "milltown")


def test_years_set_the_length_of_a_run():
    result = one("silo", years=4)
    assert {row[0] for row in result.rows} == {1, 2, 3, 4}


def test_all_stands_for_every_shipped_arrangement():
    cases = runner.load_cases(["all"], "milltown")
    assert [case.arrangement.id for case in cases] == arrangement_names()
