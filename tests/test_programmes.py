import math
from dataclasses import replace
from pathlib import Path
from statistics import NormalDist

import numpy as np
import pytest

from sim.arrangements.at_place import check_programme
from sim.core.dials import defaults
from sim.core.faults import InputError
from sim.place.kernels import QUARTERS_OF_AGE
from sim.place.places import load_place
from sim.place.tables import offer_tables
from sim.programmes.catalogue import (
    Effect,
    Study,
    grade_correction,
    load_catalogue,
    load_programme,
    log_ratio,
    programme_names,
    standard_error,
)
from sim.programmes.offers import Offers

CATALOGUE = load_catalogue()


def test_the_catalogue_has_what_was_asked_for():
    wanted = {
        "parenting",
        "keyworker",
        "multisystemic_therapy",
        "drug_treatment",
        "supported_employment",
        "through_the_gate",
    }
    assert wanted | {"family_group_conference"} <= set(CATALOGUE)


def test_sizes_of_studies_by_hand():
    assert log_ratio({"ratio": 0.68}) == pytest.approx(-0.38566, abs=1e-5)
    assert log_ratio({"d": 0.4}) == pytest.approx(0.72552, abs=1e-5)  # 0.4 x pi / sqrt(3)
    assert log_ratio({"treated": 0.55, "control": 0.28}) == pytest.approx(math.log(0.79851 / 0.32850), abs=1e-4)


def test_standard_errors_by_hand():
    assert standard_error({"interval": [0.77, 2.05]}, math.log(1.25)) == pytest.approx(0.2498, abs=1e-4)
    wider = standard_error({"interval": [0.64, 1.28], "level": 97.5}, math.log(0.9))
    assert wider == pytest.approx(math.log(2) / (2 * NormalDist().inv_cdf(0.9875)), abs=1e-9)
    assert standard_error({"p": 0.05}, -0.4) == pytest.approx(0.4 / 1.95996, abs=1e-5)
    assert standard_error({}, 0.0) == 0.25  # the stated rule


def test_which_of_a_studys_numbers_its_error_comes_from():
    """An interval goes before a p-value, an interval is of 95% unless it says so, and a p-value of nothing says nothing."""
    both = {"interval": [0.5, 2.0], "p": 0.5}
    assert standard_error(both, -0.4) == pytest.approx(math.log(4) / (2 * 1.959964), abs=1e-6)
    assert standard_error({"p": 0.05}, 0.4) == standard_error({"p": 0.05}, -0.4) > 0
    assert standard_error({"p": 0.9}, 0.0) == 0.25
    assert log_ratio({"ratio": 0.5, "d": 0.4}) == pytest.approx(-math.log(2))
    assert log_ratio({"treated": 0.3, "control": 0.3}) == 0


def pooled(*studies):
    """An effect of studies given as (mean, standard error) that are pooled, and one on record alone."""
    record = Study(math.nan, math.nan, False, "test", "")
    return Effect("conduct", "recovery", (*(Study(mean, se, True, "test", "") for mean, se in studies), record))


def test_three_studies_are_pooled_by_hand():
    """Errors of 0.1, 0.2 and 0.2 weigh 100, 25 and 25: (-60 + 0 + 7.5) / 150, with an error of 1 / root 150."""
    effect = pooled((-0.6, 0.1), (0.0, 0.2), (0.3, 0.2))
    assert effect.mean == pytest.approx(-0.35)
    assert effect.se == pytest.approx(150**-0.5)


def test_a_programme_in_the_places_order_by_hand(milltown):
    """Parenting: conduct alone, every level, 2 to 15: from 8 to 63 quarters of age; easing in row 1, worsening in row 0."""
    item = CATALOGUE["parenting"]
    conduct = [need.id for need in milltown.needs].index("conduct")
    target = item.targets(milltown)
    assert list(np.nonzero(target.needs)[0]) == [conduct]
    assert (target.level_from, target.level_to, target.at_least) == (1, 3, 1)
    assert (target.age_from, target.age_to) == (8, 63)
    assert (
        replace(item, target={**item.target, "at_least": 2}).targets(milltown) is None
    )  # two are wanted, there is one
    table = item.published(milltown)
    by_direction = {effect.on: effect.mean for effect in item.effects}
    assert list(table[:, conduct]) == [by_direction["escalation"], by_direction["recovery"]]
    assert table[0, conduct] < 0 < table[1, conduct]
    assert np.count_nonzero(table) == 2
    assert list(item.level_weight()) == [1, 1, 0.8, 0.5]
    assert list(item.band_weight()) == [1, 1, 0.3333, 0.3333, 0]


def test_studies_are_pooled_by_precision():
    keyworker = next(effect for effect in CATALOGUE["keyworker"].effects if effect.need == "safeguarding")
    one, two = -0.385662 / 1.959964, 0.25
    weights = one**-2, two**-2
    assert keyworker.mean == pytest.approx(-0.385662 * weights[0] / sum(weights), abs=1e-5)
    assert keyworker.se == pytest.approx(sum(weights) ** -0.5, abs=1e-5)


def test_null_results_are_kept():
    triple_p = CATALOGUE["triple_p"].effects[0]
    assert triple_p.mean == 0
    assert triple_p.se > 0
    therapy = {effect.need: effect for effect in CATALOGUE["multisystemic_therapy"].effects}
    assert therapy["safeguarding"].mean > 0  # the English trial pointed the wrong way
    findings = [study.source for effect in CATALOGUE["keyworker"].effects for study in effect.studies]
    assert findings.count("interventions:TF1") == 3


def test_studies_without_controls_are_on_record_but_not_pooled():
    records = [
        study for item in CATALOGUE.values() for effect in item.effects for study in effect.studies if not study.pooled
    ]
    assert {study.source for study in records} >= {"interventions:MST3", "interventions:PEIP", "interventions:DT2"}


def test_the_true_effect_is_drawn_shrunk_and_scaled(milltown):
    item = CATALOGUE["parenting"]
    conduct = [need.id for need in milltown.needs].index("conduct")
    draws = np.array([item.true_effect(milltown, defaults(), seed)[1, conduct] for seed in range(4000)])
    effect = next(effect for effect in item.effects if effect.on == "recovery")
    assert grade_correction(2) == 0.05
    assert draws.mean() == pytest.approx(0.95 * effect.mean, abs=4 * effect.se / 4000**0.5)
    assert draws.std() == pytest.approx(effect.se, rel=0.05)
    silent = item.true_effect(milltown, {**defaults(), "programmes.effect_scale": 0}, 1)
    assert not silent.any()
    doubled = item.true_effect(milltown, {**defaults(), "programmes.effect_scale": 2}, 1)
    np.testing.assert_allclose(doubled, 2 * item.true_effect(milltown, defaults(), 1))


@pytest.mark.parametrize(("grade", "correction"), [(1, 0.0), (2, 0.05), (3, 0.10), (4, 0.15), (5, 0.25), (6, 0.40)])
def test_a_true_effect_by_hand(milltown, monkeypatch, grade, correction):
    """A draw of 2 with an error of 0.1 around 0.4, kept but for half of the grade's correction, three times over."""
    asked = []
    monkeypatch.setattr("sim.programmes.catalogue.normal", lambda *key: asked.append(key) or 2.0)
    item = replace(CATALOGUE["parenting"], grade=grade, effects=(pooled((0.4, 0.1)),))
    conduct = milltown.index("needs")["conduct"]
    assert item.correction == correction
    dials = {**defaults(), "programmes.shrinkage": 0.5, "programmes.effect_scale": 3}
    true = item.true_effect(milltown, dials, 7)
    assert true[1, conduct] == pytest.approx(3 * (0.4 * (1 - correction / 2) + 0.2))
    assert np.count_nonzero(true) == 1
    assert asked == [(7, "true effect", "parenting", "conduct", "recovery")]


def test_a_draw_may_harm_and_is_the_same_in_every_arrangement_of_a_seed(milltown, monkeypatch):
    item = CATALOGUE["parenting"]
    np.testing.assert_array_equal(*(item.true_effect(milltown, defaults(), 3) for _ in range(2)))
    assert (item.true_effect(milltown, defaults(), 4) != item.true_effect(milltown, defaults(), 3)).any()
    monkeypatch.setattr("sim.programmes.catalogue.normal", lambda *key: -5.0)
    harm = replace(item, effects=(pooled((0.4, 0.1)),)).true_effect(milltown, defaults(), 1)
    assert harm.sum() == pytest.approx(0.95 * 0.4 - 0.5)


def test_what_is_delivered_by_hand(milltown, monkeypatch):
    """True effects times a fidelity of 0.73, rounded to two decimals; in crisis a half as much again times the effort."""
    monkeypatch.setattr("sim.programmes.catalogue.normal", lambda *key: 0.0)
    dials = {**defaults(), "programmes.shrinkage": 0}
    offers = Offers({"parenting": CATALOGUE["parenting"]}, milltown, dials, 1)
    published, conduct = CATALOGUE["parenting"].published(milltown), milltown.index("needs")["conduct"]
    row = offers.row_of("parenting", 0.7349, 0.4)
    assert row == offers.row_of("parenting", 0.73, 0.4) == 1
    assert offers.row_of("parenting", 0.73) == 2
    assert offers.tables.escalation[row, conduct] == pytest.approx(0.73 * published[0, conduct])
    assert offers.tables.recovery[row, conduct] == pytest.approx(0.73 * published[1, conduct])
    np.testing.assert_allclose(offers.tables.level_weight[row], [1, 1, 0.8, 0.2])
    assert offers.multiple("parenting") == pytest.approx(1.0)
    half = Offers({"parenting": CATALOGUE["parenting"]}, milltown, {**dials, "programmes.effect_scale": 0.5}, 1)
    assert half.multiple("parenting") == pytest.approx(0.5)
    assert list(offers.of_programme("parenting")) == [0, 1, 1]


def test_beyond_the_most_that_can_be_kept_the_nearest_fidelity_of_the_programme_stands_in(milltown, monkeypatch):
    monkeypatch.setattr(Offers, "MOST", 3)
    offers = Offers(CATALOGUE, milltown, defaults(), 1)
    assert [offers.row_of("parenting", 0.5), offers.row_of("parenting", 0.9), offers.row_of("triple_p", 0.62)] == [
        1,
        2,
        3,
    ]
    assert [offers.row_of("parenting", fidelity) for fidelity in (0.6, 0.8)] == [1, 2]


def test_strength_is_full_while_it_runs_then_halves():
    item = CATALOGUE["parenting"]  # two quarters, half-life a year
    strength = item.strength()
    assert list(strength[:3]) == [1, 1, 1]
    assert strength[6] == pytest.approx(0.5)
    assert strength[10] == pytest.approx(0.25)


def _free_of_disorder(from_age, seed):
    """Extra share of children with emerging problems, helped at an age, who never come to a disorder in two years."""
    place = load_place("milltown")
    dials = {**defaults(), "families.coupling_scale": 0, "families.contagion_scale": 0, "families.frailty_spread": 0}
    from sim.place.families import Families

    families = Families(place, dials, 40_000, seed)
    item = CATALOGUE["parenting"]
    effect = item.published(place)
    rows = {
        "escalation": effect[0],
        "recovery": effect[1],
        "strength": item.strength(),
        "level_weight": item.level_weight(),
        "band_weight": item.band_weight(),
        "running": 2,
    }
    families.offers = offer_tables(len(place.needs), [rows])
    for quarter in range(-QUARTERS_OF_AGE + 1, 1):
        families.age(until_full=max(0, -quarter))
        families.move_needs(quarter)
    conduct = place.index("needs")["conduct"]
    age = families.columns.age // 4
    chosen = np.nonzero((age >= from_age) & (age < from_age + 3) & (families.columns.levels[:, conduct] == 1))[0]
    shares = []
    for helped in (True, False):
        copy = families.copy()
        if helped:
            copy.enrol(chosen, 1, 0.0)
        ever = np.zeros(len(chosen), bool)
        for quarter in range(1, 9):
            copy.age()
            copy.move_needs(quarter)
            ever |= copy.columns.levels[chosen, conduct] >= 2
        shares.append(1 - ever.mean())
    return shares[0] - shares[1]


def test_parenting_works_three_times_as_well_under_ten_as_in_adolescence():
    """Success of 75% under ten and 25% in adolescence (Localis 2010, section 3.2): a shape, as a ratio of extra successes."""
    young = np.mean([_free_of_disorder(5, seed) for seed in (1, 2, 3)])
    old = np.mean([_free_of_disorder(11, seed) for seed in (1, 2, 3)])
    assert young > 0.02
    assert 2.0 < young / old < 4.5


@pytest.mark.parametrize("name", programme_names())
def test_every_programme_is_complete(name):
    item = load_programme(name)
    assert item.cost_pence() > 0
    for key, value in item.values.items():
        assert value.low <= value.value <= value.high, key


@pytest.mark.parametrize(
    ("find", "put", "says"),
    [
        ("evidence_grade = 3", "evidence_grade = 9", "out of range"),
        ("evidence_grade = 3", 'evidence_grade = "3"', "wrong type"),
        ("value = 5214", "value = -5214", "negative"),
        ("value = 5214", "value = 52140", "out of range"),
        ("[half_life]", "[half_live]", "did you mean 'half_life'"),
        ("level_from = 2", "level_from = 0", "out of order or range"),
        ("level_from = 2", "levels_from = 2", "did you mean 'level_from'"),
        ('on = "escalation"', 'on = "escalating"', "give escalation or recovery"),
        ("ratio = 0.68", "ratoi = 0.68", "did you mean 'ratio'"),
        ("ratio = 0.68", 'ratio = "x"', "ratio: 'x' is out of range"),
        ('source = "interventions:TF2-1"', 'source = "interventions:TF2-9"', "not in the evidence"),
        ('source = "interventions:TF2-1"', 'source = ""', "no source"),
        ('sectors = ["in_house"', 'sectors = ["inhouse"', "did you mean 'in_house'"),
        ('sectors = ["in_house"', 'sectors = ["in_house", "in_house"', "sectors: 'in_house' is named twice"),
        ('commissioners = ["council"]', "commissioners = []", "commissioners: [] is empty"),
        ("[target]", "[[target]]", "target: [{"),
        ("at_least = 2", "at_least = 9", "target.at_least: 9 is out of order or range; give 1 to 8"),
        ("level_to = 3", "level_to = 1", "target.level_to: 1 is out of order or range; give 2 to 3"),
        (
            "age_from = 0",
            "age_from = true",
            "target.age_from: True is empty or has the wrong type; give a whole number",
        ),
        (
            "[engagement]\nvalue = 0.75",
            "[engagement]\nvalue = 70",
            "engagement: value 70 is above 1; give 0.7 for 70%",
        ),
        ("[duration]\nvalue = 4", "[duration]\nvalue = 4.5", "duration: value 4.5 is not a whole number; give 4 or 5"),
        ("value = 5214", "value = true", "cost_per_family: value True is not a number"),
        ('on = "escalation"', 'on = "escalatoin"', "effect 1: on: 'escalatoin' is unknown"),
        ("ratio = 0.68", "ratio = 1e300", "effect 1 study 1: ratio: 1e+300 is out of range; give 0.01 to 100"),
        ("ratio = 0.68", "ratio = 0.68\nlevel = 0.95", "level: 0.95 is out of range; give 50 to 99.9"),
        ("ratio = 0.68", "ratio = 0.68\ninterval = [0.5, 0.5]", "no usable size"),
        ("ratio = 0.68", "ratio = 0.68\ninterval = 3", "no usable size"),
        ("ratio = 0.68", "ratio = 0.68\npooled = 'no'", "pooled: 'no' has the wrong type; give true or false"),
        ('source = "interventions:TF2-1"', "source = 3", "no source"),
    ],
)
def test_a_spoilt_programme_says_what_is_wrong(tmp_path, find, put, says):
    text = Path(load_programme("keyworker").file).read_text(encoding="utf-8")
    assert find in text
    path = tmp_path / "mine.toml"
    path.write_text(text.replace(find, put, 1), encoding="utf-8")
    with pytest.raises(InputError) as error:
        load_programme(path)
    assert says in str(error.value)
    assert all(line.startswith(str(path)) for line in error.value.faults)


@pytest.mark.parametrize(
    "text", ["effect = [1]", "effect = []", "target = 3\neffect = [{study = [3]}]", "engagement = 0.5", ""]
)
def test_tables_of_the_wrong_kind_are_told_with_all_that_is_missing(tmp_path, text):
    path = tmp_path / "mine.toml"
    path.write_text(text)
    with pytest.raises(InputError) as error:
        load_programme(path)
    assert len(error.value.faults) > 10
    assert sum("duration" in fault for fault in error.value.faults) == 1


def test_an_effect_given_twice_is_refused(tmp_path):
    """Two would add up."""
    text = Path(load_programme("parenting").file).read_text()
    path = tmp_path / "mine.toml"
    path.write_text(text.replace('on = "escalation"', 'on = "recovery"'))
    with pytest.raises(InputError, match="recovery of conduct is given twice"):
        load_programme(path)


@pytest.mark.parametrize("name", programme_names())
@pytest.mark.parametrize("place", ["milltown", "birmingham_2010"])
def test_every_shipped_programme_fits_both_places(name, place):
    check_programme(load_programme(name), load_place(place))
