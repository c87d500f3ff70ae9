from dataclasses import replace

import numpy as np
import pytest

from sim.arrangements.at_place import check_programme
from sim.core.dials import defaults
from sim.place.kernels import QUARTERS_OF_AGE
from sim.place.places import load_place
from sim.place.tables import offer_tables
from sim.programmes.catalogue import (
    grade_correction,
    load_catalogue,
    load_programme,
    programme_names,
)
from sim.programmes.effects import Effect
from sim.programmes.offers import Offers
from tests.conftest import with_values

CATALOGUE = load_catalogue()


def one(value, se=0.1, on="recovery", believed=None):
    """An effect on conduct."""
    return Effect("conduct", on, value, se, -5, 5, "test", value if believed is None else believed)


def test_a_programme_in_the_places_order_by_hand(milltown):
    """Parenting: conduct alone, above the cut-off, 2 to 10: from 8 to 43 quarters of age; worsening in row 0, easing in row 1."""
    item = CATALOGUE["parenting"]
    conduct = [need.id for need in milltown.needs].index("conduct")
    target = item.targets(milltown)
    assert list(np.nonzero(target.needs)[0]) == [conduct]
    assert (target.level_from, target.level_to, target.at_least) == (2, 3, 1)
    assert (target.age_from, target.age_to) == (8, 43)
    assert (
        replace(item, target={**item.target, "at_least": 2}).targets(milltown) is None
    )  # two are wanted, there is one
    table = item.published(milltown)
    (effect,) = item.effects
    assert list(table[:, conduct]) == [effect.believed, -effect.believed]
    assert table[0, conduct] < 0 < table[1, conduct]
    assert np.count_nonzero(table) == 2
    assert list(item.level_weight()) == [1, 1, 1, 1]
    assert list(item.band_weight()) == [1, 1, 0.3333, 0.3333, 0]


def test_an_effect_on_both_turns_the_other_way_on_easing_by_hand(milltown, monkeypatch):
    """Log ratios of -0.4 on worsening and 0.4 on easing; a single draw of 2 errors of 0.1 takes both towards nought."""
    asked = []
    monkeypatch.setattr("sim.programmes.catalogue.normal", lambda *key: asked.append(key) or 2.0)
    item = replace(CATALOGUE["parenting"], grade=1, effects=(one(-0.4, 0.1, "both"),))
    conduct = milltown.index("needs")["conduct"]
    assert list(item.mean_effect(milltown)[:, conduct]) == [-0.4, 0.4]
    assert list(item.true_effect(milltown, defaults(), 7)[:, conduct]) == pytest.approx([-0.2, 0.2])
    assert asked == [(7, "true effect", "parenting", "conduct", "both")]


def test_what_is_believed_and_what_is_true_are_two_things(milltown):
    """A programme that does harm and is believed to help, at a price that is believed to be half."""
    item = replace(
        CATALOGUE["parenting"], effects=(one(0.3, 0, "both", believed=-0.5),), beliefs={"cost_per_family": 900.0}
    )
    conduct = milltown.index("needs")["conduct"]
    assert list(item.published(milltown)[:, conduct]) == [-0.5, 0.5]
    assert list(item.mean_effect(milltown)[:, conduct]) == [0.3, -0.3]
    cost = item.values["cost_per_family"]
    assert item.believed("cost_per_family") == pytest.approx(900 * cost.to_base)
    assert item.get("cost_per_family") == pytest.approx(cost.value * cost.to_base)
    assert item.believed("most_reached") == item.get("most_reached")
    dearer = item.with_value("most_reached", "0.5")
    assert dearer.believed("most_reached") == dearer.get("most_reached") == 0.5


def test_the_true_effect_is_drawn_shrunk_and_scaled(milltown):
    item = CATALOGUE["parenting"]
    conduct = [need.id for need in milltown.needs].index("conduct")
    item = replace(item, grade=2)
    draws = np.array([item.true_effect(milltown, defaults(), seed)[1, conduct] for seed in range(4000)])
    (effect,) = item.effects
    assert grade_correction(2) == 0.05
    assert draws.mean() == pytest.approx(-0.95 * effect.value, abs=4 * effect.se / 4000**0.5)
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
    item = replace(CATALOGUE["parenting"], grade=grade, effects=(one(0.4),))
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
    harm = replace(item, grade=2, effects=(one(0.4),)).true_effect(milltown, defaults(), 1)
    assert harm.sum() == pytest.approx(0.95 * 0.4 - 0.5)


def test_what_is_delivered_by_hand(milltown, monkeypatch):
    """True effects times a fidelity of 0.73, rounded to two decimals; in crisis times the effort."""
    monkeypatch.setattr("sim.programmes.catalogue.normal", lambda *key: 0.0)
    dials = {**defaults(), "programmes.shrinkage": 0}
    offers = Offers({"parenting": CATALOGUE["parenting"]}, milltown, dials, 1)
    published, conduct = CATALOGUE["parenting"].published(milltown), milltown.index("needs")["conduct"]
    row = offers.row_of("parenting", 0.7349, 0.4)
    assert row == offers.row_of("parenting", 0.73, 0.4) == 1
    assert offers.row_of("parenting", 0.73) == 2
    assert offers.tables.escalation[row, conduct] == pytest.approx(0.73 * published[0, conduct])
    assert offers.tables.recovery[row, conduct] == pytest.approx(0.73 * published[1, conduct])
    np.testing.assert_allclose(offers.tables.level_weight[row], [1, 1, 1, 0.4])
    assert offers.multiple("parenting") == pytest.approx(1.0)
    half = Offers({"parenting": CATALOGUE["parenting"]}, milltown, {**dials, "programmes.effect_scale": 0.5}, 1)
    assert half.multiple("parenting") == pytest.approx(0.5)
    assert list(offers.of_programme("parenting")) == [0, 1, 1]


def test_what_contact_does_is_the_programmes_own_by_hand(milltown):
    """Twice as much need found and a quarter of the trust, where dials and place give 0.5 x 3 x 0.4 and 0.5 x 0.08."""
    place = with_values(milltown, {"place.contact_finds": 0.4, "place.trust_gain": 0.08})
    dials = {**defaults(), "programmes.effect_scale": 0.5, "families.case_finding": 3.0}
    item = CATALOGUE["parenting"]
    ratios = {"case_finding": 2.0, "trust_gain": 0.25}
    own = {name: replace(item.values[name], value=ratio, low=0, high=5) for name, ratio in ratios.items()}
    catalogue = {"parenting": replace(item, values={**item.values, **own}), "triple_p": CATALOGUE["triple_p"]}
    offers = Offers(catalogue, place, dials, 1)
    rows = [offers.row_of(name, 0.9) for name in catalogue]
    np.testing.assert_allclose(offers.tables.finds[[0, *rows]], [0, 1.2, 0.6], rtol=1e-6)
    assert [offers.trust_gain(name) for name in catalogue] == pytest.approx([0.01, 0.04])


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
    item = CATALOGUE["parenting"]  # one quarter, half-life a year
    strength = item.strength()
    assert list(strength[:2]) == [1, 1]
    assert strength[5] == pytest.approx(0.5)
    assert strength[9] == pytest.approx(0.25)


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
        "finds": 0.0,
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


@pytest.mark.parametrize("name", programme_names())
@pytest.mark.parametrize("place", ["milltown", "birmingham_2010"])
def test_every_shipped_programme_fits_both_places(name, place):
    check_programme(load_programme(name), load_place(place))
