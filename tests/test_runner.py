"""A run is a pure function of its inputs and seed."""

import copy
from dataclasses import replace

import pytest

from sim.agents.values import load_bank, load_investors, load_providers
from sim.api import compare
from sim.arrangements.reading import arrangement_names
from sim.core.faults import InputError
from sim.rerun import redraw
from sim.studies import comparison
from sim.studies import task as runner
from sim.studies.inputs import load_inputs
from sim.studies.study import load_study
from sim.system import LocalSystem
from tests.conftest import PLAN, forget, one


def test_the_same_inputs_and_seed_give_the_same_run():
    first = one("list_public")
    forget()
    assert one("list_public") == first
    assert one("list_public") != one("list_public", seed=2)


@pytest.mark.parametrize("threads", [2, 8])
def test_threads_do_not_change_a_run(threads, monkeypatch):
    monkeypatch.setattr("sim.place.threads.MANY", 1000)
    inputs = load_inputs("list_public", "milltown")
    forget()
    shared_out = runner.run(inputs, 1, threads)
    forget()
    assert shared_out == runner.run(inputs, 1)


def test_models_that_are_done_let_go_of_their_families(monkeypatch):
    """Or two of them would be in memory until Python looks for rings of references."""
    there, system = [], LocalSystem

    def made(*args, **more):
        there.append(system(*args, **more))
        assert all(model.families is None for model in there[:-1])
        return there[-1]

    for module in (runner, comparison):
        monkeypatch.setattr(module, "LocalSystem", made)
    forget()
    runner.run_task([load_inputs(name, "milltown", families=500, years=1) for name in ("silo", "list_full")], 1)
    assert len(there) == 4  # two twins: one arrangement manages
    assert there[-1].families is None


def test_a_run_leaves_its_inputs_alone():
    inputs = load_inputs("list_public", "milltown")
    before = copy.deepcopy(inputs)
    forget()
    runner.run(inputs, 1)
    assert inputs == before


def test_rows_do_not_depend_on_what_an_arrangement_is_compared_with():
    alone = runner.run_task([load_inputs("list_public", "milltown")], 4)[0]
    forget()
    together = runner.run_task(load_study(["silo", "list_public", PLAN], "milltown").inputs(), 4)[1]
    assert alone == together


def test_workers_write_the_same_bytes(tmp_path):
    """`runs.parquet`, `flows.parquet` and `summary.csv`, with one and two workers and a second time."""
    folders = []
    for name, workers in (("one", 1), ("two", 2), ("again", 2)):
        folder = tmp_path / name
        folder.mkdir()
        done = compare(["silo", "list_public"], place="milltown", replicates=2, years=3, workers=workers)
        done.write(folder, report=False)
        folders.append(folder)
    for folder in folders[:2]:
        redraw(folder)
    for file in ("runs.parquet", "flows.parquet", "summary.csv", "figures/leaks_list_public.svg"):
        contents = {(folder / file).read_bytes() for folder in folders if (folder / file).exists()}
        assert len(contents) == 1, file


def test_families_scale_a_place_and_money_is_not_grossed_up():
    small = load_inputs("do_nothing", "milltown", families=1000)
    large = load_inputs("do_nothing", "milltown", families=6000)

    def spent(inputs):
        return sum(flow[4] for flow in runner.run(inputs, 1).flows if flow[3] == "service")

    assert spent(large) / spent(small) == pytest.approx(6, rel=0.2)


@pytest.mark.parametrize(
    ("options", "says"), [({"families": 3}, "--families"), ({"years": 0}, "--years"), ({"years": 99}, "--years")]
)
def test_sizes_out_of_range_are_refused(options, says):
    with pytest.raises(InputError, match=says):
        load_inputs("silo", "milltown", **options)


def test_naming_an_arrangement_twice_is_refused():
    with pytest.raises(InputError, match="given twice"):
        load_study(["silo", "silo"], "milltown")


def test_years_set_the_length_of_a_run():
    result = one("silo", years=4)
    assert {row[0] for row in result.rows} == {1, 2, 3, 4}


def test_all_stands_for_every_shipped_arrangement():
    assert [item.id for item in load_study(["all"], "milltown").arrangements] == arrangement_names()


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"seed": -1}, "--seed: -1 is out of range"),
        ({"seed": 2**64}, "--seed: 18446744073709551616 is out of range"),
        ({"seed": 2**63 - 1, "replicates": 2}, "--seed: the last seed, 9223372036854775808, is too large"),
        ({"seed": True}, "--seed: True is not a whole number"),
        ({"seed": "1"}, "--seed: '1' is not a whole number"),
        ({"seed": 10**5000}, "--seed: a value too large to show is out of range"),
        ({"replicates": 0}, "--replicates: 0 is out of range; give 1 to 10000"),
        ({"replicates": None}, "--replicates: None is not a whole number"),
        ({"workers": 0}, "--workers: 0 is out of range"),
        ({"years": 2.5}, "--years: 2.5 is not a whole number; give 1 to 40"),
        ({"years": None}, "--years"),
        ({"families": "many"}, "--families: 'many' is not a whole number"),
        ({"place": None}, "'None' is neither a place nor a folder"),
        ({"arrangements": []}, "there are none"),
        ({"arrangements": None}, "is no list"),
        ({"arrangements": ["all", "silo"]}, "'all' stands beside others"),
        ({"arrangements": [None]}, "'None' is unknown"),
        ({"settings": ["services.threshold_drift=0"]}, "is no mapping"),
        ({"settings": {3: 0}}, "3 is no name"),
        ({"settings": {"services.threshold_drift": None}}, "has no value"),
        ({"settings": {"services.threshold_drift": True}}, "value True is not a number"),
        ({"settings": {"services.threshold_drift": [0]}}, "is not a number"),
        ({"settings": {"list.payment_basis": ["cashed"]}}, "is not a choice"),
        ({"settings": {"measurement.cohort_size": 99.5}}, "99.5 is not a whole number"),
        ({"settings": {"arrangement.payment_years": 2.5}, "arrangements": "list_public"}, "2.5 is not a whole number"),
        ({"settings": {"programmes.keyworker.duration": 2.5}}, "2.5 is not a whole number"),
    ],
)
def test_a_call_is_checked_as_a_command_is(options, says):
    given = {"arrangements": ["silo"], "place": "milltown", **options}
    with pytest.raises(InputError) as error:
        compare(**given)
    assert says in str(error.value)


def test_several_slips_of_a_call_are_told_at_once():
    with pytest.raises(InputError) as error:
        compare(["silo"], "milltown", seed=-1, replicates=0)
    assert len(error.value.faults) == 2


def test_one_arrangement_may_be_given_as_it_is(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text('extends = "silo"\n')
    assert [item.id for item in load_study("silo", "milltown").arrangements] == ["silo"]
    assert [item.id for item in load_study(path, "milltown").arrangements] == ["mine"]


def test_two_files_of_one_name_are_never_mixed(tmp_path):
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "silo.toml").write_text('extends = "silo"\n')
    with pytest.raises(
        InputError, match=r"arrangement: silo: two files have this name: .*a/silo.toml and .*b/silo.toml"
    ):
        load_study([tmp_path / "a" / "silo.toml", tmp_path / "b" / "silo.toml"], "milltown")
    with pytest.raises(InputError, match="two files have this name"):
        load_study(["silo", tmp_path / "a" / "silo.toml"], "milltown")
    with pytest.raises(InputError, match="given twice"):
        load_study([tmp_path / "a" / "silo.toml", tmp_path / "b" / ".." / "a" / "silo.toml"], "milltown")


def test_a_plan_goes_on_without_what_nobody_can_deliver_any_more():
    """A run may lose the last provider of a sector that may hold family group conferences."""
    inputs = load_inputs(PLAN, "milltown", years=2)
    private = {code: {**item, "sector": "private"} for code, item in inputs.providers.items()}
    result = runner.run(replace(inputs, providers=private), 1)
    assert any(flow[3] == "programme" for flow in result.flows)


@pytest.mark.parametrize(
    ("load", "text", "says"),
    [
        (load_providers, "council = 3", "council: 3 is not a table"),
        (load_providers, "[x]\nsector = 'privat'\nmargn = 3", "x.sector: 'privat' is unknown"),
        (load_providers, "[x]\nsector = 'privat'\nmargn = 3", "x.margn: unknown key; did you mean 'margin'?"),
        (load_providers, "[x]\nmargin = 3", "x.margin: 3 is not a table"),
        (load_investors, "[bank]", "investors: is missing; give a table"),
        (load_investors, "[investors]\nx = 3", "x: 3 is not a table"),
        (load_investors, "[investors.x]\nkind = 'x'", "x.tranche: is missing"),
        (load_bank, "bank = 3", "bank: 3 is not a table"),
        (load_bank, "[bank]", "bank.risk_band: is missing"),
    ],
)
def test_parties_of_ones_own_are_checked(tmp_path, load, text, says):
    path = tmp_path / "parties.toml"
    path.write_text(text)
    with pytest.raises(InputError) as error:
        load(path)
    assert any(says in fault for fault in error.value.faults), error.value.faults
