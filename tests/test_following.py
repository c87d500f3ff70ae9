"""Cohorts followed in a settled place: paired arms, who is referred, and what the place itself would have shown."""

from dataclasses import replace

import numpy as np
import pytest

from sim.core.dials import defaults
from sim.place import kernels
from sim.place import threads as shared
from sim.place.burn_in import burn_in
from sim.place.places import load_place
from sim.programmes import following
from sim.programmes.catalogue import load_programme
from sim.programmes.following import follow, refer, surroundings, takers
from tests.conftest import with_values
from tests.eventful import quiet

ALONE = {"families.coupling_scale": 0, "families.contagion_scale": 0, "families.frailty_spread": 0}


@pytest.fixture(scope="module")
def around(milltown):
    return surroundings(milltown, defaults())


@pytest.fixture(scope="module")
def parenting():
    return load_programme("parenting")


@pytest.fixture(scope="module")
def cohort(around, milltown, parenting):
    return refer(around, parenting.targets(milltown), None, 2_000, 7)


def _same(one, other):
    return all(
        np.array_equal(getattr(one, name), getattr(other, name)) for name in ("packed", "served", "events", "there")
    )


def test_arms_with_the_same_draws_and_nothing_offered_are_equal_to_the_bit(around, cohort, milltown, parenting):
    before = cohort.columns.packed.copy()
    nothing = follow(cohort, around, 12)
    assert _same(nothing, follow(cohort, around, 12))
    nought = np.zeros((2, len(milltown.needs)))
    assert _same(nothing, follow(cohort, around, 12, nought, parenting, contact=0.0))
    nobody = np.zeros(cohort.n, bool)
    assert _same(nothing, follow(cohort, around, 12, parenting.published(milltown), parenting, nobody))
    np.testing.assert_array_equal(cohort.columns.packed, before)  # following it leaves a cohort as it is


def test_a_family_that_takes_nothing_up_is_untouched_by_those_that_do(around, cohort, milltown, parenting):
    half = np.arange(cohort.n) % 2 == 0
    nothing = follow(cohort, around, 12)
    some = follow(cohort, around, 12, parenting.published(milltown), parenting, half)
    for name in ("packed", "served", "events"):
        np.testing.assert_array_equal(getattr(nothing, name)[:, ~half], getattr(some, name)[:, ~half])
    assert (nothing.packed != some.packed).any()
    only_contact = follow(cohort, around, 12, np.zeros((2, len(milltown.needs))), parenting)
    assert (only_contact.served != nothing.served).any()
    np.testing.assert_array_equal(
        only_contact.events, follow(cohort, around, 12, 0 * parenting.published(milltown), parenting).events
    )


def test_all_families_followed_keep_the_levels_and_the_use_of_their_place(milltown):
    """Of those that services know, and of whoever follows them in their rows."""
    dials, seeds, quarters, n = defaults(), range(6), 8, 60_000
    around = surroundings(milltown, dials, families=n)
    settled = burn_in(milltown, dials, following.SEED, n)
    known = np.flatnonzero(settled.families.columns.known | settled.families.columns.found)
    assert around.looked_at / around.families.n == pytest.approx(n / len(known), rel=0.02)
    lines, levels = np.arange(len(milltown.lines), dtype=np.uint32), []
    use = np.zeros((2, len(lines)))
    for seed in seeds:
        some = np.arange(seed, around.families.n, around.looked_at // n)
        found = follow(around.families.copies(some, 100 + seed), around, quarters)
        everybody = replace(found, there=np.ones_like(found.there))
        use[0] += everybody.use(len(lines))[1:].mean(axis=0) / len(seeds)
        place = settled.copy()
        families = place.families.copies(np.arange(n), 200 + seed)
        for quarter in range(1, quarters + 1):
            families.live(quarter)
            place.services.serve(families, quarter)
            served = families.columns.served[quarter % kernels.RING, known]
            use[1] += ((served[:, None] >> lines) & 1).sum(axis=0) / (quarters * len(seeds))
        levels.append(
            [_by_level(packed, len(milltown.needs)) for packed in (found.packed[-1], families.columns.packed[known])]
        )
    error = np.sqrt(2 * use[1] / len(seeds))
    assert (np.abs(use[0] - use[1]) < 3.5 * error).all()
    followed, lived = np.mean(levels, axis=0)
    assert (np.abs(followed - lived) < 3.5 * np.sqrt(2 * lived / len(seeds))).all()


def _by_level(packed, needs):
    return np.array([np.bincount((packed >> np.uint32(2 * k)) & 3, minlength=4) for k in range(needs)])


@pytest.mark.parametrize("effect", [0.0, -0.8])
def test_one_need_alone_follows_its_chain(effect, parenting):
    """Chances a quarter: up 0.02, 0.08, 0.04 from none, emerging, entrenched; down 0.12, 0.06, 0.05 from the others."""
    ages = ("0_4", "5_9", "10_15", "16_18", "19_25")
    plain = {f"needs.conduct.{name}_age_{age}": 1 for name in ("onset", "recovery") for age in ages}
    up, down = (0.02, 0.08, 0.04), (0.12, 0.06, 0.05)
    plain |= {f"transitions.conduct.up.{level}": chance for level, chance in enumerate(up)}
    plain |= {f"transitions.conduct.down.{level}": chance for level, chance in enumerate(down, 1)}
    flat = {
        f"neighbourhoods.{name}.{key}": 0.5
        for name in load_place("milltown").neighbourhoods
        for key in ("deprivation", "social_capital")
    }
    place = with_values(quiet(load_place("milltown")), {**plain, **flat, "needs.conduct.recovery_if_served": 1})
    around = surroundings(place, {**defaults(), **ALONE, "families.case_finding": 0})
    k = place.index("needs")["conduct"]
    target = parenting.targets(place)._replace(level_from=2, level_to=2, age_from=0, age_to=60)
    cohort = refer(around, target, None, 40_000, 11)
    log_ratios = np.zeros((2, len(place.needs)))
    log_ratios[0, k] = effect
    weights = {name: 1 for name in parenting.values if name.startswith("weight_")} | {"duration": 120}
    whole = replace(
        parenting, values={**parenting.values, **{n: replace(parenting.values[n], value=v) for n, v in weights.items()}}
    )
    found = follow(cohort, around, 8, log_ratios, whole)
    chain = np.diag([1.0] * 4)
    for level in range(3):
        chain[level, level] -= up[level] * np.exp(effect)
        chain[level, level + 1] += up[level] * np.exp(effect)
        chain[level + 1, level + 1] -= down[level]
        chain[level + 1, level] += down[level]
    shares = np.array([0, 0, 1.0, 0])
    for quarter in range(1, 9):
        shares = shares @ chain
        seen = _by_level(found.packed[quarter], len(place.needs))[k] / cohort.n
        assert (np.abs(seen - shares) < 4 * np.sqrt(shares * (1 - shares) / cohort.n) + 1e-9).all()


def test_who_is_referred(around, milltown, parenting):
    target = parenting.targets(milltown)
    rows, known = around.families.like(target)
    cohort = refer(around, target, None, 3 * int(known.sum()), 7)
    donors = around.families.columns
    for name in ("packed", "age", "frailty", "luck", "lasting"):
        np.testing.assert_array_equal(getattr(cohort.columns, name), np.repeat(getattr(donors, name)[rows[known]], 3))
    np.testing.assert_array_equal(cohort.columns.served, np.repeat(donors.served[:, rows[known]], 3, axis=1))
    areas = np.searchsorted(donors.first, np.repeat(rows[known], 3), side="right") - 1
    np.testing.assert_array_equal(cohort.area_of(np.arange(cohort.n)), areas)
    mixed = refer(around, target._replace(level_from=1, level_to=3), [0, 0.2, 0.5, 0.3], 1_000, 7)
    worst = (mixed.columns.levels * target.needs).max(axis=1)
    np.testing.assert_array_equal(np.bincount(worst, minlength=4), [0, 200, 500, 300])
    assert refer(around, target._replace(at_least=2), None, 10, 7) is None


def test_an_event_within_a_quarter_is_one_of_this_quarter(around, milltown):
    event = milltown.index("events")["pre_proceedings"]
    needs = np.array([need.id == "safeguarding" for need in milltown.needs], np.uint8)
    target = kernels.Target(needs, 1, 3, 1, 0, 103, 1 << event)
    now, lately = (
        refer(around, target._replace(within=within), None, 200, 7).columns.events & (1 << event) for within in (1, 4)
    )
    assert (now[0] > 0).all()
    assert not (lately[0] > 0).all()
    assert lately.any(axis=0).all()


def test_families_leave_at_twenty_five(around, cohort):
    found = follow(cohort, around, 12)
    age = cohort.columns.age[None] + np.arange(13)[:, None]
    np.testing.assert_array_equal(found.there, age < 104)
    assert found.use(3)[-1].sum() <= replace(found, there=np.ones_like(found.there)).use(3)[-1].sum()


def test_who_takes_an_offer_up_goes_by_trust(cohort, milltown, parenting):
    takes = takers(cohort, parenting.targets(milltown), parenting)
    chance = parenting.get("engagement") * 2 * cohort.columns.trust
    assert takes.mean() == pytest.approx(np.minimum(1, chance).mean(), abs=4 * 0.5 / cohort.n**0.5)
    assert cohort.columns.trust[takes].mean() > cohort.columns.trust[~takes].mean()


def test_families_taken_down_in_any_quarter_remember_their_last_year_from_it_back(milltown):
    """Served and events of quarter 6, which stand at 2 of the four remembered, come to stand at 0; the others follow."""
    settled = burn_in(milltown, defaults(), 3, 2_000)
    for quarter in range(1, 7):
        settled.families.live(quarter)
        settled.services.serve(settled.families, quarter)
    columns = settled.families.columns
    known = np.flatnonzero(columns.known | columns.found)
    taken = settled.families.known_at(6)
    for name in ("served", "events"):
        there, now = getattr(columns, name)[:, known], getattr(taken, name)
        np.testing.assert_array_equal(now, there[[2, 3, 0, 1]])
        assert there.any()
    np.testing.assert_array_equal(taken.packed, columns.packed[known])


def test_threads_do_not_matter(monkeypatch, milltown, parenting):
    alone = surroundings(milltown, defaults(), 1, 5_000)
    monkeypatch.setattr(shared, "MANY", 0)
    threaded = surroundings(milltown, defaults(), 3, 5_000)
    np.testing.assert_array_equal(alone.let_in, threaded.let_in)
    both = []
    for around in (alone, threaded):
        cohort = refer(around, parenting.targets(milltown), None, 1_000, 7)
        both.append(follow(cohort, around, 8, parenting.published(milltown), parenting))
    assert _same(*both)
