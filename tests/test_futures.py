"""Named futures: budgets and need along a path, worked by hand; whom they overrule; what is refused."""

import numpy as np
import pytest

from sim.api import compare
from sim.core.by_year import added, compounded, in_year
from sim.core.calendar import QUARTERS
from sim.core.dials import DIALS, defaults
from sim.core.faults import InputError
from sim.place.influence import AreaInfluence
from sim.place.places import load_place, place_names
from sim.record.recorder import Recorder
from sim.report.page import _future
from sim.rerun import reproduce
from sim.results.files import write_tables
from sim.results.manifest import read_manifest, write_manifest
from sim.studies import task as runner
from sim.studies.futures import future_names, load_future
from sim.studies.inputs import load_inputs
from sim.studies.study import load_study
from sim.system import LocalSystem
from sim.words import checked, explained, listed
from tests.conftest import blank_twin

HEAD = 'name = "Mine"\ntext = "What if."\nsource = "assumption: a test"\n'
CUTS = "departments.real_growth"
COUNCIL = "departments.communities.real_growth"
PATH = (-0.05, 0.02)


@pytest.fixture
def write(tmp_path):
    """Writes a future's file: values by name, those that are lists as paths."""

    def file(values, text=HEAD):
        for name, value in values.items():
            kind, holds = ("path", "by_year") if isinstance(value, list) else ("dials", "value")
            text += f'[{kind}."{name}"]\n{holds} = {value!r}\nsource = "assumption: a test"\n'
        path = tmp_path / "mine.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return file


def test_a_path_by_hand():
    assert [in_year(PATH, year) for year in (1, 2, 3, 9)] == [-0.05, 0.02, 0.02, 0.02]
    assert in_year(0.01, 7) == 0.01
    assert added(0.01, 0.02) == 0.03
    assert added((0.01, 0.02), 0.1) == pytest.approx((0.11, 0.12))
    assert added((0.01,), PATH) == pytest.approx((-0.04, 0.03))  # the shorter holds on
    assert compounded(0.1, 2.5) == 1.1**2.5
    assert compounded(PATH, 0) == 1
    assert compounded(PATH, 1) == pytest.approx(0.95)
    assert compounded(PATH, 1.5) == pytest.approx(0.95 * 1.02**0.5)
    assert compounded(PATH, 4) == pytest.approx(0.95 * 1.02**3)


TAX = "agencies.local_tax_growth"


def test_income_follows_the_path_of_the_dial_and_of_the_department(write, settled):
    """Grants of the council: -5% - 1%, then twice +2% - 1%; its tax +1%, -2%, -2%. The Jobcentre: 0.95 x 1.02 x 1.02."""
    future = write({CUTS: list(PATH), COUNCIL: [-0.01], TAX: [0.01, -0.02]})
    inputs = load_inputs("do_nothing", "milltown", {"departments.review_years": 10}, future=future)
    blank = blank_twin(inputs.n_families)
    model = LocalSystem(inputs, settled.copy(), 5, Recorder(blank))
    council, jobcentre = (model.party(code) for code in ("council", "jobcentre"))
    paths = {"grant": [], "ring_fenced_grant": [], "local_tax": []}
    for _ in range(3):
        for _ in range(QUARTERS):
            model.step()
        for kind, path in paths.items():
            path.append(council.income.now[kind] / council.income.opening[kind])
    for kind in ("grant", "ring_fenced_grant"):
        assert paths[kind] == pytest.approx([0.94, 0.94 * 1.01, 0.94 * 1.01**2], rel=1e-6)
    assert paths["local_tax"] == pytest.approx([1.01, 1.01 * 0.98, 1.01 * 0.98**2], rel=1e-6)
    work = model.outturn.workload(jobcentre.own_lines)
    lines = jobcentre.baseline[jobcentre.own_lines].sum()
    expected = (jobcentre.whole_pence + lines * (work - 1)) * 0.95 * 1.02**2
    assert jobcentre.income.total == pytest.approx(expected, rel=1e-6)


def test_need_follows_its_path_quarter_by_quarter(milltown):
    counts = np.ones((len(milltown.neighbourhoods), len(milltown.needs), 4), np.int64)
    still, moved = (
        AreaInfluence(milltown, {**defaults(), "families.demand_growth": growth}) for growth in (0.0, (0.04, -0.02))
    )
    for quarter, trend in ((0, 1.0), (2, 1.04**0.5), (4, 1.04), (6, 1.04 * 0.98**0.5), (12, 1.04 * 0.98**2)):
        ratio = moved.chances(counts, quarter)[0, 0, :, 0] / still.chances(counts, quarter)[0, 0, :, 0]
        assert ratio == pytest.approx(trend ** (1 / moved.response), rel=1e-5), quarter


def test_agencies_expect_the_trend_of_need_that_was(write, settled):
    inputs = load_inputs("do_nothing", "milltown", future=write({"families.demand_growth": [0.04, 0.01]}))
    model = LocalSystem(inputs, settled.copy(), 5, Recorder(blank_twin(3000)))
    for _ in range(3 * QUARTERS):
        model.step()
    council = model.party("council")
    spent = council.spent(model.calendar.quarters_of_year())
    assert council.cash_seen() == round(int(council.baseline[council.own_lines].sum()) * 1.04 * 1.01) - spent


def test_the_twin_lives_in_the_same_future():
    study = load_study(["do_nothing", "silo"], "milltown", years=2, future="austerity")
    same, silo = runner.run_task(study.inputs(), 5)
    compared = {
        "gross_avoided",
        "cash_released",
        "returned_to_centre",
        "retained",
        "closing_costs",
        "displaced_services",
    }
    moved = [row for row in same.rows if row[3] in compared and row[4]]
    assert moved == []  # run and twin agree to the penny
    plain = runner.run(load_inputs("silo", "milltown", years=2), 5)
    assert silo.flows != plain.flows


def test_a_steady_future_is_none():
    steady, none = (compare(["silo"], "milltown", replicates=1, years=2, future=name) for name in ("steady", None))
    assert steady.done[0].runs[0].rows == none.done[0].runs[0].rows
    assert steady.done[0].runs[0].flows == none.done[0].runs[0].flows


def test_who_overrules_whom(write, tmp_path):
    """Defaults < the future < the arrangement's own settings < the user's."""
    mine = tmp_path / "thrifty.toml"
    mine.write_text(
        'extends = "silo"\nname = "Thrifty"\nsource = "assumption: a test"\ndiffers = "It sets two dials."\n'
        '[settings]\n"services.threshold_drift" = 0.3\n"agencies.decommissioning" = 0.9\n',
        encoding="utf-8",
    )
    drift, closing = "services.threshold_drift", "agencies.decommissioning"
    future = write({CUTS: list(PATH), drift: 0.1, closing: 0.2, "list.reinvested_share": 0.6, COUNCIL: [-0.01]})
    inputs = load_inputs(mine, "milltown", {closing: 1}, future=future)
    names = ("agencies.horizon_years", "list.reinvested_share", drift, closing)
    assert [inputs.dials[name] for name in names] == [3.0, 0.6, 0.3, 1.0]
    assert [inputs.place_dials[name] for name in names] == [3.0, 0.6, 0.1, 1.0]
    assert (inputs.dials[CUTS], inputs.dials[COUNCIL]) == (PATH, (-0.01,))
    inputs = load_inputs(mine, "milltown", {CUTS: 0.01, COUNCIL: -0.02}, future=future)
    assert inputs.dials[CUTS] == 0.01
    assert COUNCIL not in inputs.dials
    assert inputs.place.get(COUNCIL) == -0.02


def test_the_last_year_of_a_path_holds_on_and_years_after_the_run_are_not_read(write):
    short, long = ([-0.01, -0.02], [-0.01, -0.02, -0.02, 0.2])
    flows = [
        runner.run(load_inputs("do_nothing", "milltown", years=3, future=write({COUNCIL: path})), 5).flows
        for path in (short, long)
    ]
    assert flows[0] == flows[1]


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"families.demand_grwth": [0.01]}, "path.families.demand_grwth: unknown dial; did you mean 'families.demand_growth'"),
        ({"services.threshold_drft": 0.1}, "dials.services.threshold_drft: unknown dial; did you mean"),
        ({"services.threshold_drift": [0.1]}, "cannot vary by year; give it in \\[dials\\]; families.demand_growth, depart"),
        ({COUNCIL: -0.01}, 'is no dial; give \\[path."departments.communities.real_growth"\\]'),
        ({"departments.comunities.real_growth": [0]}, "no such department; did you mean 'departments.communities"),
        ({CUTS: []}, "by_year \\[\\] is no list of years; give 1 to 40 numbers"),
        ({CUTS: [0.0] * 41}, "is no list of years; give 1 to 40 numbers"),
        ({CUTS: [0, "much"]}, "value 'much' is not a number"),
        ({CUTS: [-5]}, "-5 is out of range; give -0.1 to 0.05"),
        ({COUNCIL: [0, -5]}, "year 2: value -5 is below -0.2; give a share a year"),
    ],
)  # fmt: skip
def test_what_is_wrong_in_a_future_is_said(write, values, says):
    with pytest.raises(InputError, match=says):
        checked(write(values), "milltown")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (HEAD.replace("text", "txt"), "txt: unknown key; did you mean 'text'"),
        (HEAD.replace("assumption: a test", "institutions:LG99"), "cites institutions:LG99, which is not in the evidence"),
        (f"{HEAD}[path]\nfamilies.demand_growth = [0.01]\n", r'write \[path."families.demand_growth"\], in quotes'),
        (f'{HEAD}[dials."{CUTS}"]\nvalue = 0.01\n', "has no source"),
        (f'{HEAD}[dials."{CUTS}"]\nvalue = 0\nsource = "assumption: x"\n[path."{CUTS}"]\nby_year = [0]\nsource = "assumption: x"',
         "is given as a dial and as a path; give one"),
    ],
)  # fmt: skip
def test_what_is_wrong_in_its_text_is_said(write, text, says):
    with pytest.raises(InputError, match=says):
        load_future(write({}, text))


def test_an_unknown_future_is_refused():
    with pytest.raises(InputError, match="'austerty' is unknown; did you mean 'austerity'"):
        load_inputs("silo", "milltown", future="austerty")


def test_shipped_futures_fit_every_shipped_place_and_are_listed_and_explained():
    assert {"steady", "rising_need", "austerity", "growth", "freeze", "recovery"} == set(future_names())
    assert [name for name, _ in listed("futures", "milltown")] == future_names()
    for name in future_names():
        future = load_future(name)
        for place in place_names():
            values = future.at(load_place(place)).values
            assert all(key in DIALS or key.startswith("departments.") for key in values)
        said = explained(name, "milltown")
        assert said[0] == ("name", future.name)
        assert len(said) == 3 + len(future.values)
    austerity = load_future("austerity")
    grants, tax = (compounded(austerity.values[name], 7) for name in (COUNCIL, "agencies.local_tax_growth"))
    assert grants == pytest.approx(1 - 0.491, abs=0.002)  # LG13
    assert 0.6 * grants + 0.4 * tax == pytest.approx(1 - 0.286, abs=0.005)  # LG13, by LG14's shares
    work = compounded(austerity.values["departments.work_pensions.real_growth"], 7)
    assert work == pytest.approx(0.58 ** (7 / 15), abs=0.002)  # HM6
    assert "which has no education" in checked(austerity.file, "milltown")


def test_a_result_says_its_future_and_can_be_reproduced_without_the_file(write, tmp_path):
    future = write({CUTS: list(PATH)})
    done, kept = compare(["do_nothing"], "milltown", replicates=1, years=1, future=future), tmp_path / "kept"
    kept.mkdir()
    write_tables(kept, done)
    write_manifest(kept, done.study, done.bodies, done.bases)
    future.unlink()
    assert reproduce(kept).agrees
    said = read_manifest(kept)["future"]
    assert (said["id"], said["values"][CUTS]["value"]) == ("mine", list(PATH))
    assert "<p>Future: Mine. What if.</p>" in _future(said)
    assert "[-0.05, 0.02]" in _future(said)
    assert _future(None) == ""
