"""Trials emulated and effects solved: on a small town, on a straight line worked by hand, and over the whole catalogue."""

import json
import math
from dataclasses import replace
from shutil import copyfile

import numpy as np
import pandas as pd
import pytest

from sim.core.dials import defaults
from sim.core.faults import InputError
from sim.experiments.reading import load_experiment
from sim.place.places import load_place
from sim.programmes.catalogue import load_catalogue, load_programme
from sim.programmes.following import follow, surroundings
from sim.programmes.trials import emulation, solving
from sim.programmes.trials.emulation import Emulated, Finding, Trials, place_of_trials
from sim.programmes.trials.published import published
from sim.programmes.trials.solving import solve
from sim.programmes.trials_named import Trial
from tests.programme_file import PROGRAMME

FEW = 20_000


@pytest.fixture(scope="module")
def around():
    return surroundings(load_place("milltown"), defaults())


@pytest.fixture
def conference(tmp_path):
    """A conference for families whose letter came lately, fitted on one row and predicting another."""
    path = tmp_path / "conference.toml"
    text = PROGRAMME.replace("age_to = 17", 'age_to = 17\nevent = "pre_proceedings"')
    path.write_text(text, encoding="utf-8")
    return load_programme(path)


def test_both_arms_have_the_same_families_and_differ_by_the_offer_alone(around, conference):
    trials = Trials(around, conference, FEW)
    nothing = trials.run(np.zeros((2, len(around.place.needs))))
    fit, check, absent = trials.run()
    assert absent == Finding(conference.trials[2], published("FGC-4"), reason="living arrangements are not told apart")
    assert (fit.emulated.treated, fit.emulated.control) != (nothing[0].emulated.treated,) * 2
    assert fit.emulated.control == nothing[0].emulated.control
    assert fit.emulated.contrast < -10 * fit.emulated.se < 0
    assert abs(nothing[0].emulated.contrast) < 0.005  # contact alone
    assert 0.9 * FEW < fit.emulated.families <= FEW
    assert check.emulated.contrast == pytest.approx(math.log(check.emulated.treated / check.emulated.control))
    assert check.published.use == "check"


def test_the_endpoint_is_that_of_the_arms_counted_by_hand(around, conference):
    trial, need = conference.trials[0], "worklessness"
    rule = {"needs": [need], "level_from": 1, "level_to": 3, "at_least": 1, "age_from": 22, "age_to": 25}
    conference = replace(
        conference,
        target=rule,
        trials=(replace(trial, lines=(), need=need, level_from=3),),
        effects=(replace(conference.effects[0], need=need),),
    )
    trials = Trials(around, conference, FEW)
    found = trials.run()[0].emulated
    treated = follow(trials.cohort, around, 4, conference.mean_effect(around.place), conference, trials.takes)
    bits, both = 2 * around.place.index("needs")[need], treated.there[4] & trials.control.there[4]
    there = [(((arm.packed[4] >> bits) & 3) >= 3)[both].astype(int) for arm in (treated, trials.control)]
    assert [arm.mean() for arm in there] == pytest.approx([found.treated, found.control], abs=1e-12)
    assert found.contrast == pytest.approx((there[0] - there[1]).mean())
    assert found.se == pytest.approx((there[0] - there[1]).std(ddof=1) / math.sqrt(both.sum()))
    assert (
        0.35 < trials.takes.mean() < 0.75
    )  # six in ten at average trust: all that were offered it count, not these alone
    assert 1.1 * trials.takes.sum() < found.families == both.sum() < FEW  # some left at 25


def test_where_the_treated_are_those_who_joined_all_of_them_take_part(around, conference):
    joined = replace(conference.trials[0], row="TF-1", fixes="", takes_part="all", months=12)
    both = replace(conference, trials=(conference.trials[0], joined))
    trials = Trials(around, both, FEW)
    offered, taken = (finding.emulated for finding in trials.run())
    treated = follow(trials.cohort, around, 4, conference.mean_effect(around.place), conference)
    assert taken.treated == pytest.approx(((treated.served[4] & care(around.place)) > 0).mean())
    assert taken.control == offered.control
    assert taken.contrast < 1.3 * offered.contrast < 0


def care(place):
    lines = place.index("lines")
    return np.uint32(1 << lines["foster_care"] | 1 << lines["residential_care"])


def test_the_same_seed_gives_the_same_and_another_about_the_same(around, conference):
    one, again, other = (Trials(around, conference, FEW, seed).run()[0].emulated for seed in (1, 1, 2))
    assert one == again != other
    assert abs(one.contrast - other.contrast) < 5 * math.hypot(one.se, other.se)


def test_what_was_solved_is_met_and_a_quarter_more_or_less_is_not(around, conference):
    (solved,) = solve(around, conference, FEW)
    assert (solved.before, solved.problem, solved.finding.met) == (-0.61, "", True)

    def met(times, seed=1):
        changed = replace(conference.effects[0], value=times * solved.value)
        return Trials(around, replace(conference, effects=(changed,)), FEW, seed).run()[0].met

    assert [met(times) for times in (1, 0.75, 1.25)] == [True, False, False]
    assert met(1, seed=2)
    # the error of the effect: the published one, 0.02516, over the slope of the contrast
    ends = [
        Trials(around, replace(conference, effects=(replace(conference.effects[0], value=solved.value + d),)), FEW)
        .run()[0].emulated.contrast
        for d in (-0.25, 0.25)
    ]  # fmt: skip
    assert solved.se == pytest.approx(0.02516 / ((ends[1] - ends[0]) / 0.5), rel=1e-3)
    assert (solved.low, solved.high) == pytest.approx(
        (solved.value - 1.96 * solved.se, solved.value + 1.96 * solved.se), abs=1e-3
    )


def test_a_place_without_them_says_so(around, conference):
    elsewhere = replace(conference.trials[0], lines=("night_shelter",))
    nobody = replace(conference, target={**conference.target, "age_from": 0, "age_to": 0, "level_from": 3, "within": 1})
    for programme, says in (
        (replace(conference, trials=(elsewhere,)), "milltown has no night_shelter among its lines"),
        (replace(nobody, trials=conference.trials[:1]), "nobody at milltown is known to be as those it is meant for"),
    ):
        (finding,) = Trials(around, programme, 2000).run()
        assert (finding.emulated, finding.met) == (None, None)
        assert says in finding.reason
        (solved,) = solve(around, programme, 2000)
        assert (solved.value, says in solved.problem) == (None, True)


# Solving, on contrasts that are straight lines


class Straight:
    """Trials whose contrasts are straight in the log ratios of safeguarding and conduct."""

    slopes = {"FGC-1": (0.2, 0.05), "IPS-2": (0.1, 0.1)}  # noqa: RUF012 - read only

    def __init__(self, around, programme, families, seed, trials):
        self.around, self.programme, self.trials, self.reasons = around, programme, trials, {}

    def run(self, effect):
        needs = self.around.place.index("needs")
        values = effect[0, [needs["safeguarding"], needs["conduct"]]]
        return [
            Finding(
                trial, published(trial.row), Emulated(0.5, 0.5, float(values @ self.slopes[trial.row]), 1e-6, 9, 1, 1)
            )
            for trial in self.trials
        ]


@pytest.fixture
def straight(monkeypatch):
    monkeypatch.setattr(solving, "Trials", Straight)


def of_two(conference, rows=("FGC-1", "IPS-2")):
    effects = [replace(conference.effects[0], need=need, value=0.0) for need in ("safeguarding", "conduct")]
    trials = [
        Trial(row, fixes=effect.need, endpoint="ever", need=effect.need, level_from=3, scale="difference")
        for row, effect in zip(rows, effects, strict=False)
    ]
    return replace(conference, effects=tuple(effects), trials=tuple(trials))


def test_needs_are_solved_in_turn_until_they_stand_still(around, conference, straight):
    solved = solve(around, of_two(conference), FEW)
    # 0.2 x + 0.05 y = -0.086 and 0.1 x + 0.1 y = -0.11: y = -0.134 / 0.15, x = -1.1 - y
    assert [item.value for item in solved] == pytest.approx([-1.1 + 0.134 / 0.15, -0.134 / 0.15], abs=0.02)
    # errors 0.02516 / 0.2, and (0.206 / 3.92) / 0.1
    assert [item.se for item in solved] == pytest.approx([0.1258, 0.5255], rel=1e-3)
    assert [item.finding.emulated.contrast for item in solved] == pytest.approx([-0.086, -0.11], abs=0.003)


def test_a_null_is_nought_with_its_error(around, conference, straight, monkeypatch):
    monkeypatch.setattr(Straight, "slopes", {"MST-1": (0.5, 0.0)})
    null = of_two(conference, ["MST-1"])
    null = replace(null, trials=(replace(null.trials[0], scale="odds"),))
    null = replace(null, effects=(replace(null.effects[0], value=-0.4), null.effects[1]))
    (solved,) = solve(around, null, FEW)
    assert (solved.before, solved.value, solved.problem) == (-0.4, 0.0, "")
    # of log 1.25 (0.77 to 2.05), which is not met by moving off nought; then with a spread of effects of 0.5
    assert solved.carried == pytest.approx(0.2498 / 0.5, rel=1e-3)
    assert solved.se == pytest.approx((0.4996**-2 + 0.5**-2) ** -0.5, rel=1e-3)
    assert solved.finding.met is None
    assert solved.finding.inside


def test_what_cannot_be_met_is_said(around, conference, straight, monkeypatch):
    one = of_two(conference, ["FGC-1"])
    monkeypatch.setattr(Straight, "slopes", {"FGC-1": (0.02, 0.0)})
    (solved,) = solve(around, one, FEW)
    assert solved.value is None
    assert solved.problem == "out of range: log ratios of -3 to 3 give a difference of -0.06 to 0.06, published -0.086"
    monkeypatch.setattr(Straight, "slopes", {"SCH-4": (0.2, 0.0)})
    (solved,) = solve(around, of_two(conference, ["SCH-4"]), FEW)
    assert solved.problem == "no contrast was published"
    monkeypatch.setattr(Straight, "slopes", {"FNP-3": (0.001, 0.0)})
    (solved,) = solve(around, of_two(conference, ["FNP-3"]), FEW)
    assert "hardly moves with safeguarding" in solved.problem


def test_the_solution_nearest_to_no_effect_is_taken(around, conference, straight, monkeypatch):
    """A contrast that turns: 0.086 x (x - 2) / ... is met near nought before it is met far off."""

    def run(self, effect):
        x = effect[0, self.around.place.index("needs")["safeguarding"]]
        return [
            Finding(self.trials[0], published("FGC-1"), Emulated(0.5, 0.5, float(0.1 * x * (x + 3)), 1e-6, 9, 1, 1))
        ]

    monkeypatch.setattr(Straight, "run", run)
    (solved,) = solve(around, of_two(conference, ["FGC-1"]), FEW)
    assert solved.value == pytest.approx((-3 + math.sqrt(9 - 3.44)) / 2, abs=0.005)  # and not -2.679


def test_two_effects_on_a_need_cannot_be_solved_on_one_row(around, conference):
    effects = tuple(replace(conference.effects[0], on=on) for on in ("escalation", "recovery"))
    with pytest.raises(InputError, match="two effects are on safeguarding"):
        solve(around, replace(conference, effects=effects), FEW)


# Commands


def test_a_trial_is_shown_and_told(listsim, conference, monkeypatch):
    monkeypatch.setattr(emulation.Trials.__init__, "__defaults__", (FEW, 1, None))
    monkeypatch.setattr(emulation, "DRAWN_FROM", FEW)
    code, out, _ = listsim("trial", conference.file, "--place", "milltown", "--json")
    said = json.loads(out)
    assert (code, said["programme"], [row["id"] for row in said["trials"]]) == (
        0,
        "conference",
        ["FGC-1", "FGC-2", "FGC-4"],
    )
    fit, check, absent = said["trials"]
    assert {"id", "use", "endpoint", "published", "emulated", "parameter", "value"} <= fit.keys()
    assert fit["published"] == pytest.approx(
        {"treated": 0.362, "control": 0.448, "low": -0.1353, "high": -0.0367, "contrast": -0.086}, abs=1e-4
    )
    assert {"treated", "control", "se", "families"} <= fit["emulated"].keys()
    assert (fit["parameter"], fit["value"]) == ("programmes.conference.effect.safeguarding", -0.61)
    assert (check["parameter"], check["value"], check["scale"]) == (None, None, "ratio")
    assert (absent["emulated"], absent["not_emulated"]) == (None, "living arrangements are not told apart")
    code, out, _ = listsim("trial", conference.file, "--place", "milltown")
    assert code == 0
    assert "0.362 v 0.448" in out
    assert "FGC-4 (context) not emulated: living arrangements are not told apart" in out


def test_fits_are_written_where_asked_and_nowhere_else(listsim, conference, tmp_path, monkeypatch):
    monkeypatch.setattr(solving.solve, "__defaults__", (FEW, 1))
    monkeypatch.setattr(emulation, "DRAWN_FROM", FEW)
    town = (conference.file, "--place", "milltown", "--no-progress")
    before = (tmp_path / "conference.toml").read_text(encoding="utf-8")
    code, out, _ = listsim("fit", "programmes", *town, "--json")
    (row,) = json.loads(out)
    assert (code, row["row"], row["problem"]) == (0, "FGC-1", None)
    assert list(tmp_path.iterdir()) == [tmp_path / "conference.toml"]
    assert listsim("fit", "programmes", *town, "--out", tmp_path / "fitted")[0] == 0
    text = (tmp_path / "fitted" / "conference.toml").read_text(encoding="utf-8")
    changed = [line for line in text.splitlines() if line not in before.splitlines()]
    assert changed[0] == f"value = {row['value']:g}"
    assert [line.partition(" ")[0] for line in changed] == [
        "value",
        "se",
        "low",
        "high",
    ]  # the source was this row before
    assert (tmp_path / "conference.toml").read_text(encoding="utf-8") == before
    assert load_programme(tmp_path / "fitted" / "conference.toml").effects[0].fitted_on == "FGC-1"
    code, _, err = listsim("fit", "programmes", *town, "--out", tmp_path / "fitted")
    assert (code, "give another folder or --overwrite" in err) == (2, True)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("trial", "conferences"), "'conferences' is unknown"),
        (("trial", "triple_p", "--place", "nowhere"), "neither a place nor a folder"),
        (("trial", "triple_p", "--seed", "-1"), "seed"),
        (("fit", "programmes", "conferences"), "'conferences' is unknown"),
        (("fit", "programmes", "triple_p", "mine/triple_p.toml"), "two programmes have this id"),
    ],
)
def test_what_cannot_be_is_said_in_one_line(listsim, tmp_path, words, says):
    (tmp_path / "mine").mkdir()
    copyfile(load_programme("triple_p").file, tmp_path / "mine" / "triple_p.toml")
    code, out, err = listsim(*words)
    assert (code, out, says in err, err.count("\n")) == (2, "", True, 1)


# The catalogue


def test_what_is_saved_by_hand(around, conference):
    """Quarters in foster care fewer than without, at its average price; the second year's over 1.035."""
    measure, n = load_experiment("programmes").code("measure"), 20_000
    row = {"of": "offered", "years": 2, "lines": ["foster_care"]}
    said = measure.saved(around, conference, row, seed=1)
    trials, j = Trials(around, conference, n), around.place.index("lines")["foster_care"]
    arms = [
        follow(trials.cohort, around, 8),
        follow(trials.cohort, around, 8, conference.mean_effect(around.place), conference, trials.takes),
    ]
    without, with_it = (((arm.served >> j) & 1).astype(int).sum(axis=1) for arm in arms)
    fewer, price = (without - with_it)[1:] / n, around.prices.average[j] / 100
    assert said["foster_care"] == said["saved"] == said["saved_in_two_years"]
    assert said["saved"] == pytest.approx((fewer[:4].sum() + fewer[4:].sum() / 1.035) * price)
    assert said["cost"] == pytest.approx(1500 * trials.takes.mean())
    assert said.keys() == {"foster_care", "cost", "saved", "saved_in_two_years"}
    all_take_part = measure.saved(around, conference, {**row, "of": "taking_part"}, seed=1)
    assert all_take_part["cost"] == 1500
    assert all_take_part["saved"] > 1.2 * said["saved"] > 0


def test_the_page_says_of_each_trial_what_was_published_and_what_came_out():
    """Two seeds, of one row: arms of 0.35 and 0.44 on average, and an error over the root of two."""
    numbers = {"treated": 0.35, "control": 0.44, "contrast": -0.09, "se": 0.002, "families": 100}
    numbers |= {"treated_variance": 0.2, "control_variance": 0.2}
    rows = {("family_group_conference", "FGC-1", part): [value, value] for part, value in numbers.items()}
    index = pd.MultiIndex.from_tuples(rows, names=["programme", "trial", "measure"])
    tables = load_experiment("programmes").code("figure").tables({"study": pd.DataFrame([*rows.values()], index=index)})
    (line,) = (line for line in tables["programmes"].splitlines() if line.startswith("| FGC-1"))
    cells = [cell.strip() for cell in line.split("|")[1:-1]]
    assert cells[0] == "FGC-1, fit"
    assert cells[3:] == [
        "0.362 v 0.448", "0.35 v 0.44", "difference -0.086 (-0.135 to -0.0367)", "-0.09 ± 0.00141", "-0.004", "met",
    ]  # fmt: skip
    assert "- FGC-3 (check) not emulated: nobody in the place is as those it is meant for" in tables["programmes"]
    assert "1 of 18 programmes have at least one trial that is emulated. 1 of 1 fits" in tables["findings"]
    for name, programme in load_catalogue().items():
        assert f'<a id="{name}"></a>' in tables["programmes"]
        for trial in programme.trials:
            assert trial.row in tables["programmes"]
            assert trial.not_emulated.replace("_", " ") in tables["programmes"].replace("\\", "").replace("_", " ")


@pytest.mark.slow
def test_every_fit_of_the_catalogue_is_met_and_fails_if_its_effect_is_a_quarter_off():
    around, seen = place_of_trials(load_place("birmingham_2010"), defaults()), 0
    for programme in load_catalogue().values():
        trials = Trials(around, programme)
        for finding in trials.run():
            if finding.trial.use == "fit" and finding.emulated and finding.trial.fixes:
                seen += 1
                where = programme.id, finding.trial.row
                effect = next(item for item in programme.effects if item.need == finding.trial.fixes)
                assert effect.fitted_on == finding.trial.row, where
                if finding.published.null:
                    assert (effect.value, finding.inside) == (0, True), where
                    continue
                assert finding.met, where
                for times in (0.75, 1.25):
                    effects = tuple(
                        replace(item, value=times * item.value) if item is effect else item
                        for item in programme.effects
                    )
                    off = Trials(around, replace(programme, effects=effects), trials=(finding.trial,)).run()[0]
                    assert not off.met, (*where, times)
    assert seen >= 10
