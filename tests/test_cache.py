"""Settled places and twins are made once for all that comes to the same, and anew for all that does not."""

from dataclasses import replace
from types import SimpleNamespace

import pytest

from sim.core.faults import InputError
from sim.studies import cache as kept
from sim.studies import comparison
from sim.studies import task as runner
from sim.studies.cache import MARK, Made, Noted, Recent, open_folder
from sim.studies.inputs import load_inputs
from sim.studies.study import load_study
from tests.conftest import NAIVE, forget, with_values

BASE = {"families": 1000, "years": 2}


def inputs_with(settings=None, arrangement="silo", **options):
    return load_inputs(arrangement, "milltown", {**NAIVE, **(settings or {})}, **{**BASE, **options})


@pytest.fixture
def counted(monkeypatch):
    """How many places were settled, twins simulated and arrangements run, counted from nought."""
    counts = {"settled": 0, "simulated": 0, "run": 0}

    def counting(name, function):
        def call(*args):
            counts[name] += 1
            return function(*args)

        return call

    monkeypatch.setattr(runner, "burn_in", counting("settled", runner.burn_in))
    monkeypatch.setattr(comparison, "simulate", counting("simulated", comparison.simulate))
    monkeypatch.setattr(runner, "result_of", counting("run", runner.result_of))
    forget()
    yield counts
    forget()


def made_anew(counts, inputs, seed=1, **options):
    """Whether a run made a settled place, and a twin, of its own; and the run."""
    before = dict(counts)
    (result,) = runner.run_task([inputs], seed, **options)
    return (counts["settled"] - before["settled"], counts["simulated"] - before["simulated"]), result


@pytest.mark.parametrize(
    ("settings", "anew"),
    [
        ({"programmes.optimism": 2}, (0, 0)),
        ({"programmes.effect_scale": 0.5}, (0, 0)),
        ({"families.case_finding": 0}, (0, 0)),
        ({"measurement.cohort_size": 50}, (0, 0)),
        ({"measurement.design": "before_after"}, (0, 0)),
        ({"comparison.envelope": 1_000_000}, (0, 0)),
        ({"agencies.horizon_years": 7}, (0, 0)),
        ({"place.evaluation_doubt": 0.5}, (0, 0)),
        ({"programmes.parenting.cost_per_family": 1500}, (0, 0)),
        ({"providers.private.margin": 0.2}, (0, 0)),
        ({"silo.project_cost": 6000}, (0, 0)),
        ({"services.threshold_drift": 0}, (0, 1)),
        ({"departments.real_growth": -0.05}, (0, 1)),
        ({"agencies.council.reinvested_share": 0.9}, (0, 1)),
        ({"families.contagion_scale": 0}, (1, 1)),
        ({"services.block_scale": 0}, (1, 1)),
        ({"lines.foster_care.unit_cost": 40_000}, (1, 1)),
    ],
)
def test_what_does_not_read_a_change_is_not_made_again(counted, settings, anew):
    assert made_anew(counted, inputs_with())[0] == (1, 1)
    changed = inputs_with(settings)
    seen, with_cache = made_anew(counted, changed)
    assert seen == anew
    forget()
    assert made_anew(counted, changed) == ((1, 1), with_cache)


@pytest.mark.parametrize(
    ("arrangement", "settings", "anew"),
    [
        ("silo", {"list.reinvested_share": 0.1}, 0),
        ("silo", {"list_public.payment_share": 0.9}, 0),
        ("silo", {"programmes.optimism": 2}, 1),
        ("silo", {"providers.private.margin": 0.2}, 1),
        ("silo", {"services.threshold_drift": 0}, 1),
        ("silo", {"families.contagion_scale": 0}, 1),
        ("silo", {"lines.foster_care.unit_cost": 40_000}, 1),
        ("list_public", {"list.reinvested_share": 0.1}, 1),
        ("list_full", {"services.threshold_drift": 0.1}, 1),
    ],
)
def test_a_run_that_does_not_read_a_change_is_not_made_again(counted, arrangement, settings, anew):
    both = [load_study(["silo", "list_public", "list_full"], "milltown", given, families=1000, years=3).inputs()
            for given in ({}, settings)]  # fmt: skip
    at = ["silo", "list_public", "list_full"].index(arrangement)
    runner.run_task([both[0][at]], 1)
    before = counted["run"]
    (result,) = runner.run_task([both[1][at]], 1)
    assert counted["run"] - before == anew
    forget()
    assert runner.run_task([both[1][at]], 1) == [result]


def test_a_run_is_of_its_seed_size_years_and_arrangement(counted):
    for number, options in enumerate(
        ({}, {"seed": 2}, {"families": 1100}, {"years": 1}, {"arrangement": "list_full"}), 1
    ):
        seed = options.pop("seed", 1)
        runner.run_task([inputs_with(**options)], seed)
        assert counted["run"] == number


def test_a_future_is_read_year_by_year_and_leaves_the_settled_place_alone(counted):
    """Austerity changes what departments have, of which a place knows nothing before the first year."""
    made_anew(counted, inputs_with())
    assert made_anew(counted, inputs_with(future="steady"))[0] == (0, 0)
    seen, with_cache = made_anew(counted, inputs_with(future="austerity"))
    assert seen == (0, 1)
    forget()
    assert made_anew(counted, inputs_with(future="austerity")) == ((1, 1), with_cache)


@pytest.mark.parametrize("other", [{"seed": 2}, {"families": 1100}, {"years": 1}, {"lines": 1}])
def test_another_seed_size_or_place_is_made_of_its_own(counted, other):
    made_anew(counted, inputs_with())
    inputs = inputs_with(**{name: value for name, value in other.items() if name in BASE})
    if "lines" in other:
        first, *rest = inputs.place.lines
        inputs = replace(inputs, place=replace(inputs.place, lines=(replace(first, care=not first.care), *rest)))
    seen, _ = made_anew(counted, inputs, other.get("seed", 1))
    assert seen == ((0, 1) if "years" in other else (1, 1))


def test_an_arrangement_that_manages_has_a_second_twin_of_its_own_making(counted):
    of = {share: inputs_with({"list.reinvested_share": share}, "list_full") for share in (0.1, 0.2)}
    assert of[0.1].arrangement.manages
    assert made_anew(counted, of[0.1])[0] == (1, 2)
    assert made_anew(counted, of[0.2])[0] == (0, 0)
    drifting = inputs_with({"services.threshold_drift": 0.1}, "list_full")
    seen, with_cache = made_anew(counted, drifting)
    assert seen[0] == 0
    assert seen[1] >= 1
    forget()
    assert made_anew(counted, drifting)[1] == with_cache


def test_a_run_that_goes_on_reading_its_place_reads_its_own(counted):
    """Social capital is gained in a run, by a value of needs that settled places read too: another value, another place."""
    inputs = inputs_with(arrangement="total_neighbourhood", years=2)
    need = inputs.place.needs[0].id
    place = with_values(inputs.place, {f"needs.{need}.social_capital": 0.9})
    made_anew(counted, inputs)
    seen, result = made_anew(counted, replace(inputs, place=place))
    assert seen[0] == 1
    forget()
    assert made_anew(counted, replace(inputs, place=place))[1] == result


def test_what_is_read_is_noted_absent_names_too():
    noted = Noted({"a": 1, "b": 2})
    assert noted["a"] == 1
    assert "c" not in noted
    with pytest.raises(KeyError):
        noted["d"]
    assert noted.read == {"a": 1, "c": None, "d": None}
    made = Made(None, {"x": noted.read})
    assert made.fits({"x": {"a": 1, "b": 9}})
    assert not made.fits({"x": {"a": 2}})
    assert not made.fits({"x": {"a": 1, "c": 3}})
    assert dict(noted)  # to go through it is to read all
    assert noted.read["b"] == 2


def test_memory_is_bounded_and_what_was_used_last_stays():
    recent = Recent(most_bytes=10)
    things = {name: Made(SimpleNamespace(nbytes=4), {"x": {}}) for name in "abc"}
    recent.keep("a", things["a"])
    recent.keep("b", things["b"])
    assert recent.find("a", {"x": {}}) is things["a"]
    recent.keep("c", things["c"])
    assert [recent.find(name, {"x": {}}) is not None for name in "abc"] == [True, False, True]
    recent.make_room()
    assert sum(recent.find(name, {"x": {}}) is not None for name in "abc") == 1
    recent.keep("huge", Made(SimpleNamespace(nbytes=99), {}))
    assert recent.find("huge", {}) is not None  # the one in use is never refused
    recent.make_room()
    assert recent.find("huge", {}) is None


def test_on_disk_it_serves_another_process_and_another_code_does_not_read_it(counted, tmp_path, monkeypatch):
    folder = open_folder(tmp_path / "kept")
    inputs = inputs_with()
    seen, first = made_anew(counted, inputs, cache=folder)
    assert seen == (1, 1)
    forget()  # as in another process
    assert made_anew(counted, inputs, cache=folder) == ((0, 0), first)
    forget()
    assert made_anew(counted, inputs_with({"services.threshold_drift": 0}), cache=folder)[0] == (0, 1)
    assert len(list((tmp_path / "kept").iterdir())) == 4  # a place, two twins and the mark
    for path in (tmp_path / "kept").glob("*.pickle"):
        path.write_bytes(path.read_bytes()[:100])
    forget()
    assert made_anew(counted, inputs, cache=folder) == ((1, 1), first)  # what is damaged is made again
    forget()
    monkeypatch.setattr(kept, "_code", lambda: "another")
    assert made_anew(counted, inputs, cache=folder) == ((1, 1), first)


def test_no_folder_of_others_becomes_a_cache(tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(InputError, match=r"cache: .* holds files and is no cache of listsim's"):
        open_folder(tmp_path)
    with pytest.raises(InputError, match="cannot be used"):
        open_folder(tmp_path / "mine.txt")
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]
    assert open_folder(tmp_path / "new") == open_folder(tmp_path / "new")
    assert [path.name for path in (tmp_path / "new").iterdir()] == [MARK]
