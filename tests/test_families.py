from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import cache
from itertools import pairwise

import numpy as np
import pytest

from sim.core import philox
from sim.core.dials import defaults
from sim.place import growth, kernels
from sim.place import threads as shared
from sim.place.burn_in import burn_in
from sim.place.families import Families
from sim.place.influence import AreaInfluence, neighbourhood_graph
from sim.place.places import AGE_BANDS, BAND_NAMES, LEVELS, load_place
from sim.place.tables import offer_tables
from tests import oracle
from tests.conftest import with_values
from tests.eventful import quiet

ALONE = {"families.coupling_scale": 0, "families.contagion_scale": 0, "families.frailty_spread": 0}


@pytest.fixture(scope="module")
def milltown():
    """The town without events, which have tests of their own."""
    return quiet(load_place("milltown"))


@pytest.fixture(scope="module")
def settled(milltown):
    return burn_in(milltown, defaults(), seed=5)


def _offers(n_needs):
    """Two made-up offers, one of which harms."""
    rows = []
    for scale, finds in ((-0.7, 0.5), (0.4, 2.0)):
        rows.append(
            {
                "escalation": np.linspace(scale, 0.2, n_needs),
                "recovery": np.linspace(-scale, 0.1, n_needs),
                "strength": np.power(0.5, np.maximum(0, np.arange(256) - 4) / 8),
                "level_weight": np.array([1, 1, 0.8, 0.5]),
                "band_weight": np.array([1, 1, 0.3, 0.3, 1]),
                "running": 4,
                "finds": finds,
            }
        )
    return offer_tables(n_needs, rows)


def test_the_kernel_agrees_with_its_plain_twin(settled):
    families = settled.copy().families
    families.offers = _offers(len(families.place.needs))
    families.enrol(np.arange(0, families.n, 3), 1, 0.1)
    families.enrol(np.arange(0, families.n, 5), 2, 0.1)
    moved = 0
    for quarter in range(1, 4):
        families.age()
        tables = families._need_tables._replace(up=families._areas.chances(families.counts, quarter))
        expected, _ = oracle.move(families.columns, tables, families.offers, families.key, quarter, philox.MOVE)
        before = families.columns.levels.copy()
        families.move_needs(quarter)
        np.testing.assert_array_equal(families.columns.levels, expected)
        moved += (families.columns.levels != before).sum()
    assert moved > 500


@pytest.mark.parametrize("all_known", [False, True])
def test_who_is_known_served_and_waiting_is_what_the_plain_twin_says(milltown, settled, all_known):
    families = settled.copy().families
    families.offers = _offers(len(milltown.needs))
    families.count_trust(1.0)
    families.all_known = all_known
    families.enrol(np.arange(0, families.n, 3), 1, 0.1)
    families.enrol(np.arange(1, families.n, 3), 2, 0.1)
    lower, rng = np.arange(len(milltown.lines)) % 2 == 0, np.random.default_rng(1)
    found, below = 0, 0
    for quarter in (1, 2):
        families.age()
        families.move_needs(quarter)
        families.spread_word(0.5)
        doors = lower, rng.random(len(lower)) < 0.6, rng.uniform(0.5, 1.5, (len(milltown.needs), 4)).astype(np.float32)
        *expected, of_lines, kept, waiting = oracle.screen(families, quarter, *doors, philox.PRESENT)
        demand, on, queues = families.screen(quarter, *doors)
        columns = families.columns
        served = columns.served[quarter % kernels.RING]
        for one, two in zip(
            (columns.known, columns.found, served, demand, on), (*expected, of_lines, kept), strict=True
        ):
            np.testing.assert_array_equal(one, two)
        places = rng.integers(0, 40, (len(lower), 2))
        admitted = families.admit(quarter, queues, places)
        for (j, kind), queue in waiting.items():
            rows = [row for *_, row in sorted(queue)[: places[j, kind]]]
            of_found = sum(int(columns.found[row]) >> int(families._services.need_of[j]) & 1 for row in rows)
            assert admitted[j, kind].tolist() == [len(rows), of_found]
            for row in rows:
                expected[2][row] |= 1 << j
        np.testing.assert_array_equal(served, expected[2])
        found, below = found + of_lines[:, :, 1].sum(), below + admitted[:, 1, 0].sum()
    assert below > 50
    assert (found > 50) != all_known


def test_sums_kept_by_the_kernel_are_those_of_the_levels(settled):
    families = settled.families
    columns = families.columns
    np.testing.assert_array_equal(columns.packed, columns.levels @ 4 ** np.arange(columns.levels.shape[1]))
    np.testing.assert_array_equal(columns.has, (columns.levels > 0) @ (1 << np.arange(columns.levels.shape[1])))
    for area in range(len(columns.first) - 1):
        rows = columns.levels[columns.first[area] : columns.first[area + 1]]
        for k in range(rows.shape[1]):
            np.testing.assert_array_equal(families.counts[area, k], np.bincount(rows[:, k], minlength=4))


UP = (0.08, 0.15, 0.12)
DOWN = (0.10, 0.12, 0.15)
ENTRY = (0.80, 0.12, 0.05, 0.03)
EXTRA = 20  # quarters after the place is full, so that replacement is seen


def _independent_place(milltown):
    """Milltown with one set of chances for every need, and nothing that bends them."""
    changes = {"place.frailty_recovery": 0}
    for need in milltown.needs:
        for level in range(3):
            changes[f"transitions.{need.id}.up.{level}"] = UP[level]
            changes[f"transitions.{need.id}.down.{level + 1}"] = DOWN[level]
            changes[f"needs.{need.id}.entry_{LEVELS[level + 1]}"] = sum(ENTRY[level + 1 :])
        for band in BAND_NAMES:
            changes[f"needs.{need.id}.onset_age_{band}"] = changes[f"needs.{need.id}.recovery_age_{band}"] = 1
    return with_values(milltown, changes)


def _scores(counts, ages, up, down):
    """How many standard errors each level's count lies from the chain's exact expectation."""
    shares = oracle.chain(ENTRY, (*up, 0), (0, *down), kernels.QUARTERS_OF_AGE)[1:]  # age a: a + 1 moves
    expected = ages @ shares
    variance = ages @ (shares * (1 - shares))
    return (counts - expected) / np.sqrt(variance)


@pytest.fixture(scope="module")
def independent(milltown):
    place = _independent_place(milltown)
    families = Families(place, {**defaults(), **ALONE}, 150_000, seed=9)
    for quarter in range(-kernels.QUARTERS_OF_AGE + 1, EXTRA + 1):
        families.age(until_full=max(0, -quarter))
        families.move_needs(quarter)
    return families.counts.sum(axis=0), np.bincount(families.columns.age, minlength=kernels.QUARTERS_OF_AGE)


def test_independent_needs_follow_the_markov_chain(independent):
    counts, ages = independent
    assert ages.min() > 0
    for row in counts:
        assert np.abs(_scores(row, ages, UP, DOWN)).max() < 4


@pytest.mark.parametrize("which", range(6))
def test_any_probability_altered_by_five_per_cent_fails_the_chain(independent, which):
    counts, ages = independent
    chances = [*UP, *DOWN]
    chances[which] *= 1.05
    for row in counts:
        assert np.abs(_scores(row, ages, chances[:3], chances[3:])).max() > 4


def test_ages_are_spread_evenly_and_families_are_replaced(settled):
    families = settled.copy().families
    ages = np.bincount(families.columns.age, minlength=kernels.QUARTERS_OF_AGE)
    assert ages.max() - ages.min() <= len(families.place.neighbourhoods)
    oldest = families.columns.age == kernels.QUARTERS_OF_AGE - 1
    generation = families.columns.generation.copy()
    levels = families.columns.levels[oldest].copy()
    families.age()
    assert (families.columns.age[oldest] == 0).all()
    assert (families.columns.generation[oldest] == generation[oldest] + 1).all()
    leavers = families.leavers.sum(axis=0)
    np.testing.assert_array_equal(leavers[0], np.bincount(levels[:, 0], minlength=4))


def test_those_who_enter_bring_what_the_plain_twin_says_and_nothing_of_those_who_left(settled):
    families = settled.copy().families
    families.offers = _offers(len(families.place.needs))
    families.enrol(np.arange(families.n), 1, 0.1)
    clock = families.columns.clock.copy()
    families.age()
    columns = families.columns
    entered = np.nonzero(columns.age == 0)[0]
    assert len(entered) > 20
    for f in entered:
        area = int(families.area_of(f))
        expected = oracle.newborn(families, area, int(f), philox.ENTER_TRAIT, philox.ENTER_NEED)
        levels = columns.levels[f].tolist()
        assert (levels, columns.frailty[f], columns.luck[f], columns.trust[f], columns.lasting[f]) == expected
        for column in (columns.offer, columns.clock, columns.served, columns.events):
            assert not column[:, f].any()
        assert (columns.known[f], columns.found[f], columns.trust_gain[f]) == (0, 0, 0)
        assert columns.has[f] == sum(1 << k for k, level in enumerate(levels) if level)
    stayed = columns.age > 0
    np.testing.assert_array_equal(columns.clock[:, stayed] - clock[:, stayed], columns.offer[:, stayed] > 0)


@pytest.mark.parametrize("threads", [2, 8])
def test_threads_do_not_change_a_bit(milltown, settled, threads, monkeypatch):
    made = []
    monkeypatch.setattr(shared, "_pool", cache(lambda n: made.append(n) or ThreadPoolExecutor(n)))
    burn_in(milltown, defaults(), 5, 100, threads)
    assert made == []  # few families are not worth it
    monkeypatch.setattr(shared, "MANY", 1000)
    other = burn_in(milltown, defaults(), seed=5, threads=threads)
    for one, two in zip(settled.families.columns, other.families.columns, strict=True):
        np.testing.assert_array_equal(one, two)
    for quarter, counts in settled.services.counts.items():
        np.testing.assert_array_equal(counts, other.services.counts[quarter])
    assert made == [threads]


@pytest.mark.parametrize(("level_from", "level_to"), [(1, 1), (1, 2), (1, 3), (2, 2), (2, 3), (3, 3)])
@pytest.mark.parametrize("at_least", [1, 2])
def test_families_like_a_target_are_those_one_would_count(settled, level_from, level_to, at_least):
    columns, begin, end = settled.families.columns, 17, settled.families.n - 5
    needs = np.arange(columns.levels.shape[1], dtype=np.uint8) % 3 != 0
    target = kernels.Target(needs.astype(np.uint8), level_from, level_to, at_least, 20, 71)
    at_level = ((columns.levels >= level_from) & (columns.levels <= level_to))[:, needs].sum(axis=1)
    expected = np.nonzero((at_level >= at_least) & (columns.age >= 20) & (columns.age <= 71))[0]
    rows = np.zeros(settled.families.n, np.int64)
    n = kernels.list_like(columns, target, begin, end, rows)
    np.testing.assert_array_equal(rows[:n], expected[(expected >= begin) & (expected < end)])
    assert n > 0


def _grown(place, dials, seed, help_row=None):
    """A settled place twenty quarters on, with one family helped or none."""
    start = burn_in(place, dials, seed)
    families, services = start.families, start.services
    families.offers = _offers(len(place.needs))
    families.count_trust(1.0)
    if help_row is not None:
        families.enrol(np.array([help_row]), 1, 0.2)
    for quarter in range(1, 21):
        families.age()
        families.move_needs(quarter)
        services.serve(families, quarter)
        families.spread_word(0.5)
    return families


def _needy_row(place, dials, seed):
    columns = burn_in(place, dials, seed).families.columns
    return int(np.argmax(columns.levels.sum(axis=1) * (columns.age < 60)))  # the worst off of the young


def test_helping_one_family_changes_nobody_else_without_neighbours_and_queues(milltown):
    place = with_values(milltown, {"place.word_of_mouth": 0})
    dials = {**defaults(), "families.contagion_scale": 0, "services.unmet_need_scale": 0}
    row = _needy_row(place, dials, 5)
    without, helped = (_grown(place, dials, 5, help_row) for help_row in (None, row))
    differs = (without.columns.levels != helped.columns.levels).any(axis=1)
    differs |= (without.columns.served != helped.columns.served).any(axis=0)
    assert set(np.nonzero(differs)[0]) == {row}


def test_helping_one_family_reaches_others_through_neighbours_and_queues(milltown):
    dials = {**defaults(), "families.contagion_scale": 3.0}
    row = _needy_row(milltown, dials, 4)
    without, helped = (_grown(milltown, dials, 4, help_row) for help_row in (None, row))
    differs = (without.columns.served != helped.columns.served).any(axis=0)
    differs |= (without.columns.levels != helped.columns.levels).any(axis=1)
    assert differs.sum() > 1


def test_help_never_harms_by_luck(settled):
    """With one draw for both directions, a helped family is never worse off a quarter later."""
    plain, helped = settled.copy().families, settled.copy().families
    offers = _offers(len(plain.place.needs))
    offers.escalation[1], offers.recovery[1] = -0.5, 0.5
    for families in (plain, helped):
        families.offers = offers
    helped.enrol(np.arange(helped.n), 1, 0.0)
    plain.move_needs(1)
    helped.move_needs(1)
    assert (helped.columns.levels <= plain.columns.levels).all()
    assert (helped.columns.levels < plain.columns.levels).sum() > 100


def test_neighbours_raise_the_chance_only_by_contagion(milltown):
    dials = defaults()
    counts = np.zeros((len(milltown.neighbourhoods), len(milltown.needs), 4), np.int64)
    counts[:, :, 0] = 100
    quiet = AreaInfluence(milltown, dials).chances(counts, 1)
    counts[0, :, 0], counts[0, :, 2] = 20, 80
    loud = AreaInfluence(milltown, dials).chances(counts, 1)
    near = set(neighbourhood_graph(milltown).neighbors(milltown.neighbourhoods[0]))
    for area, name in enumerate(milltown.neighbourhoods):
        reached = area == 0 or name in near
        assert (loud[area] >= quiet[area]).all()
        assert (loud[area] > quiet[area]).any() == reached
    alone = {**dials, "families.contagion_scale": 0}
    counts_quiet = counts.copy()
    counts_quiet[0] = counts[1]
    np.testing.assert_array_equal(
        AreaInfluence(milltown, alone).chances(counts, 1), AreaInfluence(milltown, alone).chances(counts_quiet, 1)
    )


def test_growth_of_need_counts_from_the_first_year_and_where_need_arises_alone(milltown):
    """5% a year for two years; caseloads rise with the power 0.77 of onset, so onset with the power 1 / 0.77."""
    dials = {**defaults(), "families.demand_growth": 0.05}
    counts = np.ones((len(milltown.neighbourhoods), len(milltown.needs), 4), np.int64)
    influence = AreaInfluence(with_values(milltown, {"needs.conduct.caseload_response": 0.77}), dials)
    start, later = influence.chances(counts, 0), influence.chances(counts, 8)
    conduct = milltown.index("needs")["conduct"]
    grown = later[..., conduct, 0] / start[..., conduct, 0]
    np.testing.assert_allclose(grown, 1.05 ** (2 / 0.77), rtol=1e-5)
    np.testing.assert_array_equal(later[..., 1:], start[..., 1:])


def test_families_that_enter_bring_the_growth_of_need_with_them(settled):
    plain, grown = settled.copy().families, settled.copy().families
    grown._areas = AreaInfluence(grown.place, {**defaults(), "families.demand_growth": 0.05})
    for families in (plain, grown):
        families.age(-4)
    np.testing.assert_array_equal(plain.columns.levels, grown.columns.levels)
    brought = [0, 0]
    for quarter in range(40, 50):
        for i, families in enumerate((plain, grown)):
            families.age(quarter)
            entered = families.columns.age == 0
            brought[i] += (families.columns.levels[entered] > 0).sum()
    assert 1.25 < brought[1] / brought[0] < 2.2  # 1.05 ** 11 is 1.71


def test_caseloads_at_all_levels_grow_at_the_rate_asked_for():
    """After fifteen years: 5% at most off for all needs together, and for each need 4%, entrenched 10%, in crisis 25%."""
    place = load_place("milltown")
    settled = [burn_in(place, defaults(), seed, n_families=20_000) for seed in (21, 22)]
    still, grown = (sum(growth.needy(place, each, rate) for each in settled) for rate in (0.0, growth.GROWTH))
    wanted = (1 + growth.GROWTH) ** (growth.YEARS - 0.5)
    np.testing.assert_allclose(grown.sum(axis=0) / still.sum(axis=0), wanted, rtol=0.05)
    for level, off in ((0, 0.04), (1, 0.1), (2, 0.25)):  # crises are few, and those of offending answer to much else
        np.testing.assert_allclose(grown[:, level] / still[:, level], wanted, rtol=off)


def test_families_by_need_are_those_at_a_level_or_above(settled):
    """Fifteen years on without growth: the last year's quarters of families at level 1 or more, 2 or more, 3."""
    counted = growth.needy(settled.families.place, settled, 0.0)
    assert (counted[:, 0] > counted[:, 1]).all()
    assert (counted[:, 1] > counted[:, 2]).all()
    need = settled.families.columns.levels[:, 0]
    assert counted[0, 0] == pytest.approx(4 * (need > 0).sum(), rel=0.3)
    assert settled.families.counts[:, 0, 1:].sum() == (need > 0).sum()  # the settled place stays as it is


def test_a_response_is_measured_until_caseloads_do_what_is_asked():
    milltown = load_place("milltown")
    wrong = with_values(milltown, {growth.name_of(need): 0.5 for need in milltown.needs})
    measured = growth.measure_responses(with_values(wrong, {"place.families": 10_000}), (31, 32))
    for need in milltown.needs:
        name = growth.name_of(need)
        assert measured.get(name) == pytest.approx(milltown.get(name), rel=0.25)
    bare = replace(milltown, values={k: v for k, v in milltown.values.items() if "caseload_response" not in k})
    assert growth.measure_responses(bare, (1,)) is bare


def test_the_graph_joins_neighbours_on_the_grid(milltown):
    graph = neighbourhood_graph(milltown)
    assert sorted(graph.nodes) == sorted(milltown.neighbourhoods)
    for one, two in graph.edges:
        steps = sum(abs(graph.nodes[one][axis] - graph.nodes[two][axis]) for axis in "xy")
        assert steps == 1
    assert graph.number_of_edges() == 7  # two rows of three


def test_age_bands_cover_every_age():
    assert AGE_BANDS[0][0] == 0
    assert AGE_BANDS[-1][1] == 25
    assert all(low == high + 1 for (_, high), (low, _) in pairwise(AGE_BANDS))
