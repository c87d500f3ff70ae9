"""A study is one description of what is run; its tasks are run by any executor, and one that fails is a row."""

import pickle
import subprocess
import sys
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import FrozenInstanceError, replace

import pytest

import sim
from sim.api import compare, compare_points
from sim.cli.shell import main
from sim.core import terminal
from sim.core.digest import Digests
from sim.core.faults import InputError
from sim.core.folders import RESULT_FILES
from sim.results.files import read_tables
from sim.studies import executors as pool
from sim.studies import task as runner
from sim.studies.inputs import load_inputs, parameters, with_setting
from sim.studies.run import carry_out, run_study
from sim.studies.study import load_study

SMALL = {"place": "milltown", "families": 1000, "years": 1}
DRIFTS = ({"services.threshold_drift": 0}, {"services.threshold_drift": 1}, {"programmes.optimism": 2})


def study_of(arrangements=("silo", "list_public"), **options):
    return load_study(list(arrangements), **{**SMALL, "replicates": 2, **options})


def test_a_study_is_frozen_and_lists_its_tasks_by_seed():
    study = study_of(points=DRIFTS, seed=7)
    assert study.tasks() == [(0, 7), (1, 7), (2, 7), (0, 8), (1, 8), (2, 8)]
    assert [inputs.arrangement.id for inputs in study.inputs(1)] == ["silo", "list_public"]
    assert study.inputs(1)[0].dials["services.threshold_drift"] == 1
    assert study.at(2).tasks() == [(0, 7), (0, 8)]
    assert study.at(2).inputs()[0].dials["programmes.optimism"] == 2
    with pytest.raises(FrozenInstanceError):
        study.years = 3


def test_points_stand_beside_the_settings_of_all():
    study = study_of(settings={"programmes.optimism": 2, "services.threshold_drift": 0.2}, points=DRIFTS)
    found = [
        [study.inputs(i)[0].dials[name] for name in ("programmes.optimism", "services.threshold_drift")]
        for i in range(3)
    ]
    assert found == [[2, 0], [2, 1], [2, 0.2]]
    with pytest.raises(InputError, match="out of range"):
        study_of(points=({}, {"services.threshold_drift": 9}))


def test_studies_are_equal_where_what_they_run_is():
    as_text = study_of(settings={"services.threshold_drift": "0", "list_public.payment_share": "0.4"})
    as_numbers = study_of(settings={"arrangement.payment_share": 0.4, "services.threshold_drift": 0.0})
    assert as_text == as_numbers
    assert len({as_text, as_numbers, study_of()}) == 2
    assert pickle.loads(pickle.dumps(as_text)) == as_text


@pytest.mark.parametrize(
    "other",
    [
        {"seed": 2},
        {"replicates": 3},
        {"years": 2},
        {"families": 1001},
        {"arrangements": ("list_public", "silo")},
        {"settings": {"services.threshold_drift": 0}},
        {"settings": {"lines.foster_care.unit_cost": 40000}},
        {"settings": {"programmes.keyworker.duration": 3}},
        {"settings": {"providers.private.margin": 0.1}},
        {"settings": {"agencies.council.outcome_weight": 0.3}},
        {"settings": {"list_public.payment_share": 0.4}},
        {"points": ({}, {})},
        {"points": DRIFTS},
    ],
)
def test_whatever_changes_what_is_run_changes_the_hash(other):
    assert study_of(**other).hash != study_of().hash


def test_the_hash_is_that_of_the_content_on_every_machine(tmp_path):
    """The same in another process, and wherever the files lie."""
    here = study_of(["silo"])
    code = f"from sim.studies.study import load_study; print(load_study(['silo'], replicates=2, **{SMALL}).hash)"
    there = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()
    assert there == here.hash
    moved = replace(here.place, folder=str(tmp_path))
    assert replace(here, place=moved) == here
    assert replace(here, place=replace(here.place, lines=here.place.lines[:-1])) != here


def test_digests_tell_kinds_and_nesting_apart():
    things = [1, 1.0, True, "1", None, (), (1,), [1], ((1,),), {}, {1: 1}, {"a": 1, "b": 2}, {"b": 2, "a": 1}, len, max]
    assert len({Digests().of(thing) for thing in things}) == len(things)
    assert Digests().of("ab", "c") != Digests().of("a", "bc")
    with pytest.raises(TypeError, match="no digest of set"):
        Digests().of({1})


class InLine:
    """The least that an executor can be."""

    def __init__(self):
        self.handed_out = 0

    def submit(self, function, *args):
        future = Future()
        self.handed_out += 1
        future.set_result(function(*args))
        return future


def test_any_executor_gives_the_same_in_the_same_order():
    study, told = study_of(["silo"], points=DRIFTS[1:]), []
    here = list(run_study(study, progress=lambda *numbers: told.append(numbers)))
    assert [(task.point, task.seed) for task in here] == study.tasks()
    assert told == [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert here[0].runs != here[1].runs
    assert list(run_study(study, InLine())) == here
    with ThreadPoolExecutor(2) as threads:
        assert list(run_study(study, threads)) == here
    with pool.workers(2) as processes:
        assert isinstance(processes, ProcessPoolExecutor)
        assert list(run_study(study, processes)) == here
    assert carry_out(study) == here


def test_no_more_is_handed_out_than_was_asked_for(monkeypatch):
    monkeypatch.setattr(runner, "run_task", lambda *_: [])
    executor, ahead = InLine(), []
    for number, _ in enumerate(run_study(study_of(["silo"], replicates=10), executor, ahead=3)):
        ahead.append(executor.handed_out - number)
    assert ahead == [3] * 8 + [2, 1]


@pytest.fixture
def failing(monkeypatch):
    """Let the runs of some seeds fail, and no other."""
    seeds, run_task = set(), runner.run_task

    def fail(every, seed, *rest):
        if seed in seeds:
            raise ZeroDivisionError(f"no luck with\n{seed}")
        return run_task(every, seed, *rest)

    monkeypatch.setattr(runner, "run_task", fail)
    return seeds


def test_a_task_that_fails_is_a_row_and_the_rest_goes_on(failing):
    whole = compare(["silo"], seed=3, replicates=3, **SMALL)
    assert whole.failures.empty
    assert list(whole.failures.columns) == ["point", "seed", "error", "message", "traceback"]
    failing.add(4)
    rest = compare(["silo"], seed=3, replicates=3, **SMALL)
    (failure,) = rest.failures.to_dict("records")
    assert (failure["point"], failure["seed"], failure["error"]) == (0, 4, "ZeroDivisionError")
    assert failure["message"] == "no luck with\n4"
    assert "Traceback" in failure["traceback"]
    left = whole.runs[whole.runs["seed"] != 4].reset_index(drop=True)
    assert rest.runs.equals(left)  # replicates keep their numbers
    assert set(rest.summary.query("measure == 'gross_avoided'")["n"]) == {2}


def test_where_every_task_fails_the_first_error_is_told(failing):
    failing |= {1, 2}
    with pytest.raises(
        sim.StudyError, match="every run failed; the first, of seed 1, with ZeroDivisionError: no luck"
    ) as error:
        compare(["silo"], replicates=2, **SMALL)
    assert "Traceback" in error.value.__notes__[0]


def test_a_point_of_which_nothing_is_left_has_empty_tables(failing, monkeypatch):
    wrong, run_task = "services.threshold_drift", runner.run_task
    monkeypatch.setattr(
        runner, "run_task", lambda every, *rest: run_task(every, *rest) if every[0].dials[wrong] else 1 / 0
    )
    found = compare_points({"fails": {wrong: 0}, "works": {}}, ["silo"], replicates=1, **SMALL)
    assert found["works"].failures.empty
    assert list(found["fails"].failures["point"]) == [0]
    assert found["fails"].runs.empty
    assert found["fails"].summary.empty
    assert found["works"].runs.equals(compare(["silo"], replicates=1, **SMALL).runs)


@pytest.mark.parametrize("error", [InputError("x", "", "is wrong", "mend it"), KeyboardInterrupt()])
def test_a_wrong_input_and_an_interrupt_end_all(monkeypatch, error):
    def end(*_):
        raise error

    monkeypatch.setattr(runner, "run_task", end)
    with pytest.raises(type(error)):
        carry_out(study_of())


def test_an_interrupt_that_comes_out_as_another_error_ends_all(monkeypatch, failing):
    failing.add(1)
    monkeypatch.setattr(terminal, "received", 2)
    with pytest.raises(ZeroDivisionError):
        carry_out(study_of())


WORDS = ["silo", "--place", "milltown", "--families", "1000", "--years", "1", "--replicates", "2", "--workers", "1"]


def command(monkeypatch, *words):
    """Exit code of a command that runs in this process."""
    monkeypatch.setattr(sys, "argv", ["listsim", *words])
    with pytest.raises(SystemExit) as ended:
        main()
    return ended.value.code


def test_a_command_writes_what_worked_and_says_what_failed(failing, tmp_path, monkeypatch, capsys):
    failing.add(2)
    out = tmp_path / "out"
    assert command(monkeypatch, "compare", *WORDS, "--no-progress", "--out", str(out)) == 3
    said = capsys.readouterr().err
    assert (
        said
        == f"listsim: 1 of 2 replicates failed (seed 2: ZeroDivisionError: no luck with 2); see {out}/failures.csv\n"
    )
    runs, *_ = read_tables(out)
    assert set(runs["seed"]) == {1}
    assert (out / "failures.csv").read_text().startswith("point,seed,error,message,traceback\n0,2,ZeroDivisionError,")
    assert "failures.csv" in RESULT_FILES  # so that the folder may be overwritten


def test_a_command_of_which_nothing_worked_writes_nothing(failing, tmp_path, monkeypatch, capsys):
    failing |= {1, 2}
    assert command(monkeypatch, "compare", *WORDS, "--quiet", "--out", str(tmp_path / "out")) == 1
    said = capsys.readouterr().err
    assert said.endswith("listsim: every run failed; the first, of seed 1, with ZeroDivisionError: no luck with 1\n")
    assert list(tmp_path.iterdir()) == []


def test_every_parameter_can_be_set_where_it_is_listed():
    inputs = load_inputs("local_outcome_bond", "milltown")
    named = parameters(inputs)
    for name, item in named.items():
        value = item.choices[0] if getattr(item, "choices", ()) else item.low
        try:
            again = with_setting(inputs, name, value)
        except InputError:  # the low end of a range need not be whole
            continue
        if name in again.dials:
            assert again.dials[name] == value
        else:
            assert parameters(again)[name].value == value
    rooms = {name.partition(".")[0] for name in named}
    assert {
        "arrangement",
        "local_outcome_bond",
        "programmes",
        "providers",
        "investors",
        "bank",
        "place",
        "lines",
    } <= rooms
