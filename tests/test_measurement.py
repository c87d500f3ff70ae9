"""What each design finds: small cases by hand, cohorts of a place, and whole runs."""

from copy import deepcopy
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from sim.evaluation import area, before_after, compared
from sim.evaluation.cohorts import Cohorts
from sim.evaluation.compared import Comparison
from sim.evaluation.comparison_area import ComparisonArea
from sim.evaluation.covariates import looked_at, names, seen_of
from sim.evaluation.draw import NOBODY
from sim.evaluation.groups import Cohort, Group, noted
from sim.evaluation.protocol import Protocol
from sim.evaluation.recruitment import POOL, Recruitment
from sim.place import kernels
from sim.place.burn_in import burn_in
from sim.place.services import Prices
from sim.place.tables import offer_tables
from sim.programmes.uptake import worst_first
from sim.record.recorder import Recorder
from sim.studies import task as runner
from sim.studies.cache import AREAS
from sim.studies.comparison import simulate
from sim.studies.inputs import load_inputs
from tests.conftest import PLAN, area_for, blank_twin, levels_of_one_need, masks_of, sums


class _Families:
    """Just enough of a population to measure by hand."""

    def __init__(self, served, generation):
        self._served = np.array(served, np.uint8)
        n = len(generation)
        levels, packed = levels_of_one_need(n, 2)
        there = {"generation": np.array(generation, np.uint8), "offer": np.zeros((2, n), np.uint8)}
        there |= {"levels": levels, "packed": packed}
        self.columns = SimpleNamespace(**there, served=masks_of(served))

    def served_in_year(self, rows):
        return self._served[rows]


PRICES = Prices(np.array([60, 0]), np.array([40, 10]), np.array([80, 0]))


BOTH = np.array([True, True])
FIRST = np.array([True, False])


def _group(rows, before, kind=Group, **more):
    n = len(rows)
    there = np.zeros(n, np.uint8), np.array(before, np.uint8), np.full((n, 1), 2, np.uint8)
    return kind(np.array(rows), *there, np.zeros((n, 0)), np.ones(n, int), **more)


def _cohort(rows, before, controls=(), pairs=None):
    """A cohort of year 1, and whom it is compared with: everybody with all of `controls`, or by `pairs`."""
    cohort = _group(rows, before, Cohort, body="list", programme="p", year=1)
    sample = _group(rows, before)
    cohort.comparison = Comparison(sample, _group(controls, [[4, 0]] * len(controls)), pairs, np.zeros(0))
    return cohort


def _protocol(design="before_after", looked_at=FIRST, size=10, **more):
    return Protocol(design, PRICES, lambda programme: looked_at, size, **more)


def test_before_and_after_by_hand():
    """Three families, one of which has left: (4 - 1) and (4 - 3) quarters saved on line 0, 2 more used on line 1."""
    families = _Families([[1, 1], [0, 0], [3, 1]], [0, 1, 0])
    finding = before_after.finding(_cohort([0, 1, 2], [[4, 0], [4, 4], [4, 0]]), families, _protocol())
    np.testing.assert_array_equal(finding.saved, [4, -2])
    assert finding.families == 2
    assert finding.per_family == 200  # 3 and 1 quarters at 100 pence, line 0 only
    assert finding.spread == pytest.approx(100 / 2**0.5)
    assert finding.estimate
    assert finding.quality.controls == 0


def test_before_and_after_counts_those_turned_around_and_what_was_used():
    """Of three with an entrenched need one is over it, one has left; one in crisis is over it. Usual: 400, 400 and 0."""
    families = _Families([[0, 0], [0, 0], [0, 0], [0, 0]], [0, 0, 1, 0])
    families.columns.levels[:, 0] = [1, 2, 0, 0]
    cohort = _cohort([0, 1, 2, 3], [[4, 0], [4, 0], [4, 0], [0, 4]])
    cohort.severity[3] = 3
    finding = before_after.finding(cohort, families, _protocol())
    assert (finding.turned, finding.turned_hard) == (2, 1)
    assert finding.usual == pytest.approx(800 / 3)


def test_a_stated_baseline_by_hand():
    """3 quarters of line 0 are stated and 1 and 3 used: 2 and 0 saved at 100 pence; of line 1 nothing is stated or saved."""
    families = _Families([[1, 4], [3, 0]], [0, 0])
    protocol = _protocol("stated_baseline", BOTH, stated=np.array([3.0, np.nan]))
    finding = before_after.against_baseline(_cohort([0, 1], [[4, 4], [4, 4]]), families, protocol)
    np.testing.assert_array_equal(finding.saved, [2, 0])
    assert (finding.per_family, finding.usual, finding.estimate) == (100, 300, True)
    assert finding.spread == pytest.approx(100 / 2**0.5)


def test_a_large_cohort_is_sampled_and_grossed_up():
    n = 1000
    families = _Families(np.zeros((n, 2)), np.zeros(n))
    cohort = _cohort(list(range(n)), np.tile([2, 0], (n, 1)))
    finding = before_after.finding(cohort, families, _protocol(looked_at=BOTH, size=100))
    assert finding.families == 100
    np.testing.assert_array_equal(finding.saved, [2 * n, 0])


def test_nobody_left_is_no_finding():
    assert before_after.finding(_cohort([0], [[4, 0]]), _Families([[0, 0]], [1]), _protocol()) is None


@pytest.mark.parametrize(("years", "followed"), [(1, [2]), (2, [1, 2]), (3, [0, 1, 2])])
def test_cohorts_are_followed_in_the_years_after_theirs(years, followed):
    """In year 3, of cohorts of the years 0 to 3; of those that are no more, whom they were compared with is let go."""
    families, cohorts = _Families([[1, 1]], [0]), Cohorts(_protocol(years=years))
    cohorts.cohorts = [replace(_cohort([0], [[4, 0]]), year=year) for year in range(4)]
    assert [finding.cohort.year for finding in cohorts.measure(families, 3)] == followed
    assert [cohort.year for cohort in cohorts.cohorts if cohort.comparison] == [*followed, 3]
    cohorts.protocol = _protocol("none", years=years)
    assert cohorts.measure(families, 3) == []


def test_a_cohort_against_its_controls_by_hand():
    """Two treated use 1 and 0 quarters of line 0, two controls 3 and 2: 2 quarters saved a family, at 100 pence.

    Variances of 1/2 quarter squared in each group, over two: 1/2. The line serves 1, 3 and 2 quarters, a mean square of 14/3,
    of which half twice over 2 squared is 7/6: an error of the root of 5/3 of 100 pence.
    """
    families = _Families([[1, 0], [0, 0], [3, 4], [2, 4]], [0, 0, 0, 0])
    families.columns.levels[:, 0] = [0, 2, 0, 3]
    families.columns.offer[:, 0] = 1  # the first is on two programmes
    families.columns.offer[0, 3] = 1  # one control is on one by now
    finding = compared.findings([_cohort([0, 1], [[4, 0]] * 2, [2, 3])], families, families, _protocol())[0]
    np.testing.assert_array_equal(finding.saved, [4, 8])
    assert finding.per_family == 200
    assert finding.spread == pytest.approx(100 * (5 / 3) ** 0.5)
    assert finding.turned == 0  # one of two in each group: nothing net
    assert finding.shared == 0.5
    quality = finding.quality
    assert (quality.controls, quality.effective, quality.support, quality.enrolled_later) == (2, 2, 1, 0.5)


def test_controls_set_what_is_usual_and_what_would_have_turned_by_hand():
    """Four treated, three of whom are over it, one of four controls: 3 - 1. Controls used 3, 3, 1 and 1: 200 pence.

    Two treated have left: of those there one is over it, half as many as of two, less a quarter of two.
    """
    families = _Families([[1, 0], [2, 0], [9, 0], [0, 0], [3, 0], [3, 0], [1, 0], [1, 0]], [0] * 8)
    families.columns.levels[:, 0] = [0, 1, 0, 2, 2, 2, 3, 0]
    cohort = _cohort([0, 1, 2, 3], [[4, 0]] * 4, [4, 5, 6, 7])
    cohort.comparison.sample.severity[0] = 3
    finding = compared.findings([cohort], families, families, _protocol())[0]
    assert finding.usual == 200
    assert (finding.turned, finding.turned_hard) == (2, 1)
    families.columns.generation[[0, 2]] = 1
    finding = compared.findings([cohort], families, families, _protocol())[0]
    assert (finding.turned, finding.turned_hard) == (0.5, 0)
    np.testing.assert_array_equal(finding.saved, [2 * (2 - 1), 0])  # who has left saves nothing


def test_matched_controls_count_by_their_weights_by_hand():
    """One family has controls of 2 and 4, the other that of 4 alone: 1/4 x 2 + 3/4 x 4 = 3.5 quarters against 1 and 0."""
    families = _Families([[1, 0], [0, 0], [2, 0], [4, 0]], [0] * 4)
    cohort = _cohort([0, 1], [[4, 0]] * 2, [2, 3], np.array([[0, 1, -1], [1, -1, -1]]))
    finding = compared.findings([cohort], families, families, _protocol())[0]
    assert (finding.per_family, finding.usual) == (300, 350)
    assert finding.quality.effective == pytest.approx(1.6)
    families.columns.generation[2] = 1  # one control has left, and the other stands for both
    assert compared.findings([cohort], families, families, _protocol())[0].usual == 400


def test_a_family_off_support_counts_by_what_the_regression_says_by_hand():
    """Controls at 0 and 1 use 2 and 4 quarters, which makes 6 of a family at 2 with nobody in reach: (6 - 2 + 4 - 1 + 2 - 1) / 3 saved."""
    families = _Families([[1, 0], [1, 0], [2, 0], [2, 0], [4, 0]], [0] * 5)
    cohort = _cohort([0, 1, 2], [[4, 0]] * 3, [3, 4], np.array([[0], [1], [-1]]))
    cohort.comparison.sample.seen, cohort.comparison.controls.seen = np.array([[0.0], [1], [2]]), np.array([[0.0], [1]])
    cohort.comparison.deviation = np.ones(1)
    finding = compared.findings([cohort], families, families, _protocol())[0]
    assert finding.per_family == pytest.approx(100 * 8 / 3)
    assert finding.usual == pytest.approx(400)
    assert (finding.families, finding.quality.support) == (2, pytest.approx(2 / 3))
    families.columns.generation[2] = 1  # it has left, and counts no more
    assert compared.findings([cohort], families, families, _protocol())[0].per_family == pytest.approx(200)


@pytest.mark.parametrize(("least", "leaver"), [(2.5, None), (0, 2)])
def test_too_few_effective_controls_are_no_estimate(least, leaver):
    """Two controls where two and a half are asked for, or none of them still there: nothing can be said."""
    families = _Families([[1, 0], [0, 0], [3, 4], [2, 4]], [0, 0, 0, 0])
    if leaver:
        families.columns.generation[2:] = 1
    finding = compared.findings([_cohort([0, 1], [[4, 0]] * 2, [2, 3])], families, families, _protocol(least=least))[0]
    assert not finding.estimate
    assert not finding.saved.any()
    assert (finding.per_family, finding.spread, finding.usual, finding.turned) == (0, 0, 0, 0)
    assert finding.quality.effective == (0 if leaver else 2)


def test_an_areas_count_by_hand():
    """From 90 to 60 quarters of line 0, and from 40 to 44 a tenth of the size elsewhere: 30 + 40 saved of 130.

    Line 1 serves events: from 10 to 10 here, from 1 to 0 there, so that 10 too many happened. A case of line 0 is counted in
    four quarters of a year: its variance is 4 x (150 + 100 x 84), and that of line 1 20 + 100.
    """
    here, there = np.array([[90.0, 10], [60, 10]]), np.array([[40.0, 1], [44, 0]])
    counted = area.count(here, there, 1000, 100, np.array([False, True]))
    np.testing.assert_array_equal(counted.saved, [70, -10])
    np.testing.assert_array_equal(counted.usual, [130, 0])
    np.testing.assert_array_equal(counted.variance, [4 * (150 + 8400), 120])
    assert counted.families == 100


def test_an_areas_count_is_shared_by_families_followed_for_the_same_services():
    """A fall of 30 quarters of line 0, which both programmes are for, and of 8 of line 1, which the second is for alone.

    One family and two: a third and two thirds of line 0. In pence at average cost 100 and 10, a family. The second's error
    is the root of (2/3 x 100)^2 x 9 + 10^2 x 16 over two families.
    """
    families = _Families(np.zeros((3, 2)), np.zeros(3))
    one, two = _cohort([0], [[4, 0]]), replace(_cohort([1, 2], [[4, 0]] * 2), programme="q")
    counted = area.Count(np.array([30.0, 8]), np.array([300.0, 80]), np.array([9.0, 16]), 70)
    protocol = Protocol("area_count", PRICES, {"p": FIRST, "q": BOTH}.get)
    first, second = (area.finding(cohort, [one, two], families, protocol, counted) for cohort in (one, two))
    np.testing.assert_array_equal([first.saved, second.saved], [[10, 0], [20, 8]])
    assert (first.per_family, first.usual, first.spread) == (1000, 10_000, pytest.approx(100))
    assert (second.per_family, second.usual) == (1040, 10_400)
    assert second.spread == pytest.approx((200**2 + 40**2) ** 0.5 / 2)
    assert first.quality.controls == 70


def test_what_is_noted_of_a_family_by_hand(settled):
    """Served by line 2 in three quarters and by lines 1 and 3 in the one of enrolment: its year before referral."""
    families = settled.copy().families
    columns, target = families.columns, _target(families.place)._replace(needs=np.array([0, 1, 0, 0, 0], np.uint8))
    columns.served[:, 5] = 1 << 2
    columns.served[7 % kernels.RING, 5] = 1 << 1 | 1 << 3
    columns.levels[5], columns.generation[5] = [3, 2, 0, 0, 1], 6
    group = noted(families, target, np.array([5]), 7)
    assert (list(group.rows), list(group.generation), list(group.quarter)) == ([5], [6], [7])
    assert list(group.before[0]) == [0, 1, 3, 1] + [0] * (len(families.place.lines) - 4)
    assert list(group.severity[0]) == [0, 2, 0, 0, 0]  # the programme's own need alone


def test_what_services_know_of_a_family_by_hand(settled):
    """In quarter 6 served by line 0, at 1,000 pounds, and in quarter 5 by lines 0 and 1; line 0 alone is looked at."""
    families = settled.copy().families
    columns, place = families.columns, families.place
    families.quarter = 6
    columns.served[:, 5], columns.events[:, 5] = 0, 0
    columns.served[6 % kernels.RING, 5], columns.served[5 % kernels.RING, 5] = 0b1, 0b11
    columns.levels[5], columns.known[5], columns.found[5] = [3, 2, 1, 0, 1], 0b00110, 0b10000
    columns.age[5] = 44
    average = np.zeros(len(place.lines), np.int64)
    average[:2] = 100_000, 20_000
    price = np.where(np.arange(len(average)) == 0, average, 0)
    own = next(e for e, event in enumerate(place.events) if event.need == place.lines[0].need)
    other = next(e for e, event in enumerate(place.events) if event.need != place.lines[0].need)
    columns.events[:2, 5], columns.events[2, 5] = 1 << own, 1 << own | 1 << other
    target = _target(place)._replace(needs=np.array([1, 1, 1, 0, 0], np.uint8), level_from=2, signs=1 << other)
    row = np.array([5])
    seen = dict(zip(names(place), seen_of(families, target, row, 6, looked_at(place, price, average))[0], strict=True))
    assert list(seen.values())[:4] == [1, 1, 0, 0]
    assert (seen["cost of all services"], seen["services"], seen["age"]) == (2.2, 2, 44)
    assert [level for name, level in seen.items() if name.startswith("known")] == [0, 2, 1, 0, 1]
    assert (seen["worst level"], seen["urgency"]) == (2, 4)  # of the three needs that the programme is for, and a sign
    first = columns.first[:-1]
    in_each = seen_of(families, target, first, 6, looked_at(place, price, average))[
        :, names(place).index("deprivation")
    ]
    np.testing.assert_array_equal(in_each, place.deprivation)
    assert (seen["own events"], seen["other events"]) == (3, 1)


def test_controls_of_the_same_place_are_referable_and_on_no_programme(settled):
    families = settled.copy().families
    target = _target(families.place)
    alike, known = families.like(target)
    rows = alike[known][:40]
    families.columns.offer[0, alike[known][40:60]] = 1
    cohorts = Cohorts(
        Protocol("matched_here", settled.services.prices, lambda _: np.ones(len(families.place.lines), bool))
    )
    cohorts.enrolled(SimpleNamespace(body="b", programme="p", year=1), families, target, rows, None, 0)
    (((_, pool),),) = cohorts._batches.values()
    np.testing.assert_array_equal(pool.rows, alike[known][60:])
    cohorts.close_year()
    (cohort,) = cohorts.cohorts
    assert set(cohort.comparison.controls.rows) <= set(pool.rows)
    np.testing.assert_array_equal(cohort.comparison.sample.rows, rows)
    assert cohort.comparison.pairs.max() == len(cohort.comparison.controls.rows) - 1
    assert cohort.seen is None


def test_controls_had_the_event_that_the_programme_asks_for_as_lately(settled):
    """In quarter 6 slot 2 is of this quarter and slot 1 of the last: of ten families with the event, five had it now."""
    families = settled.copy().families
    families.quarter = 6
    columns, target = families.columns, _target(families.place)
    alike, known = families.like(target)
    columns.events[:] = 0b011
    columns.events[2, alike[known][40:45]] |= 0b100
    columns.events[1, alike[known][45:50]] |= 0b100
    for within, expected in ((1, alike[known][40:45]), (2, alike[known][40:50])):
        cohorts = Cohorts(
            Protocol("matched_here", settled.services.prices, lambda _: np.ones(len(families.place.lines), bool))
        )
        contract, rule = SimpleNamespace(body="b", programme="p", year=2), target._replace(events=0b100, within=within)
        cohorts.enrolled(contract, families, rule, alike[known][:40], None, 6)
        (((_, pool),),) = cohorts._batches.values()
        np.testing.assert_array_equal(pool.rows, expected)


def _target(place):
    """Any need at any age."""
    return kernels.Target(np.ones(len(place.needs), np.uint8), 1, 3, 1, 0, 103)


# The place that is compared with


@pytest.fixture(scope="module")
def elsewhere(settled):
    """Milltown's records over two years as a comparison area, and what its families were at each quarter's end."""
    start, then = settled.copy(), {}
    records = ComparisonArea(start)
    then[0] = start.families.copy()
    for quarter in range(1, 9):
        start.families.live(quarter)
        start.services.serve(start.families, quarter)
        records.take_down(quarter)
        then[quarter] = start.families.copy()
    return start, records, then


@pytest.mark.parametrize("quarter", [0, 3, 6, 8])
def test_a_comparison_area_is_seen_as_it_was_then(elsewhere, quarter):
    start, records, then = elsewhere
    seen, was = records.at_quarter(quarter), then[quarter]
    for name in ("packed", "levels", "age", "generation", "known", "found", "served", "events", "offer"):
        np.testing.assert_array_equal(getattr(seen.columns, name), getattr(was.columns, name), name)
    if was.quarter == quarter:
        target = _target(start.families.place)._replace(events=0b1, within=2)
        for mine, theirs in zip(seen.like(target), was.like(target), strict=True):
            np.testing.assert_array_equal(mine, theirs)
    rows = np.arange(0, seen.n, 7)
    np.testing.assert_array_equal(seen.served_in_year(rows), was.served_in_year(rows))


def test_a_comparison_areas_use_by_hand(elsewhere):
    start, records, _ = elsewhere
    served = [start.services.counts[quarter][:, 2] + start.services.counts[quarter][:, 4] for quarter in range(-3, 9)]
    np.testing.assert_allclose(records.use(2), [sum(served[:4]), sum(served[8:])])


def test_a_comparison_area_is_half_of_the_place_where_nothing_is_done_and_is_made_once():
    inputs = load_inputs("silo", "milltown", families=2000, years=2)
    AREAS.clear()
    area_of = {seed: area_for(inputs, seed)() for seed in (1, 2)}
    again = area_for(replace(inputs, arrangement=load_inputs("sib_single", "milltown").arrangement), 1)()
    assert again._quarters is area_of[1]._quarters  # of another arrangement too
    own = burn_in(inputs.place, inputs.place_dials, 1, inputs.n_families).families.columns
    packed = [area_of[seed].at_quarter(0).columns.packed for seed in (1, 2)]
    assert (packed[0] != packed[1]).any()
    np.testing.assert_array_equal(packed[0], own.packed[::2])
    np.testing.assert_array_equal(area_of[1].doubles, np.arange(0, 2000, 2))
    assert (area_of[1].at_quarter(8).columns.offer == 0).all()
    AREAS.clear()
    threaded = area_for(inputs, 1, threads=2)
    np.testing.assert_array_equal(threaded().at_quarter(8).columns.packed, area_of[1].at_quarter(8).columns.packed)


def test_recruitment_elsewhere_gives_the_areas_share_of_places_by_hand(settled):
    """Five places a quarter for an area of half as many families: two, then three. Whom they go to is not asked again.

    All who agree may be controls, at random among those whom services know; of the next family in a row nothing is marked.
    """
    families, there = settled.copy().families, Recruitment()
    offer = {"target": _target(families.place), "code": 1, "same_programme": np.array([0, 1], np.uint8), "order": 1}
    offer |= {"reach": 0.0, "engagement": 0.9}
    nothing = {"escalation": 0, "recovery": 0, "strength": 0, "level_weight": 0, "band_weight": 0, "finds": 0}
    families.offers = offer_tables(len(families.place.needs), [nothing | {"running": 1}])
    _, known = families.like(offer["target"])
    asked = families.take_up(1, places=worst_first(10**6), barred=NOBODY, **offer)
    first = there.recruit(families, worst_first(5), 0.5, 1, "p", **offer)
    assert 5 < len(first) == min(len(asked), POOL) < known.sum()
    assert set(first) <= set(asked)
    marked = np.flatnonzero(there.marks[0].any(axis=0))
    np.testing.assert_array_equal(marked, families.take_up(1, places=worst_first(2), barred=NOBODY, **offer))
    second = there.recruit(families, worst_first(5), 0.5, 2, "p", **offer)
    assert not set(second) & set(marked)
    assert (there.marks[0] > 0).sum() == 5
    assert sorted(there.marks[1][there.marks[0] > 0]) == [0, 0, 0, 1, 1]
    later = families.copy()
    later.columns.generation[marked] += 1
    there.recruit(later, worst_first(0), 0.5, 3, "p", **offer)
    assert (there.marks[0] > 0).sum() == 3
    for quarter, passed in ((6, 4), (200, 198), (400, 255)):  # as far as a byte counts
        there.recruit(later, worst_first(0), 0.5, quarter, "p", **offer)
        assert set(there.marks[1][there.marks[0] > 0]) == {passed}
    assert not families.columns.offer.any()  # nothing is started


def test_doubles_of_controls_are_not_looked_at():
    """A cohort in rows 0 to 5, of which even ones are families of the comparison area: 1, 3 and 5 are measured."""
    seen, rows = np.arange(6.0)[:, None], np.arange(6)
    group = Group(rows, *np.zeros((3, 6, 1), np.uint8), seen, np.ones(6, int))
    cohort, pool = Cohort(**vars(group), body="b", programme="p", year=1), group.of(rows)
    np.testing.assert_array_equal(compared.alike(cohort, pool, 9, np.array([0, 2, 4])).sample.rows, [1, 3, 5])
    np.testing.assert_array_equal(compared.alike(cohort, pool, 9).sample.rows, rows)


# Draws


def test_a_draw_leaves_half_waiting_and_bars_them_for_a_year(settled):
    start = settled.copy()
    cohorts, target = Cohorts(Protocol("waiting_list")), _target(start.families.place)
    offer = {
        "target": target,
        "code": 1,
        "same_programme": np.zeros(1, np.uint8),
        "order": 1,
        "reach": 0.0,
        "engagement": 0.9,
    }
    first, waiting = cohorts.take_up(start.families, worst_first(20), 1, "p", **offer)
    assert len(first) == len(waiting) == 20
    assert not set(first) & set(waiting)
    for quarter in (2, 3, 4):
        taken, _ = cohorts.take_up(start.families, worst_first(10**6), quarter, "p", **offer)
        assert not set(taken) & set(waiting)
    assert set(_after_all_have_left(cohorts, start.families, offer)) & set(waiting)
    freed, again = cohorts.take_up(start.families, worst_first(10**6), 5, "p", **offer)
    assert set(waiting) & (set(freed) | set(again))


def _after_all_have_left(cohorts, families, offer):
    """Who may be taken on in quarter 4 where every row's family is another one: a wait is not inherited."""
    families.columns.generation[:] += 1
    draw = replace(cohorts.draw, waiting=deepcopy(cohorts.draw.waiting))
    groups = draw.take_up(families, worst_first(10**6), 4, "p", **offer)
    families.columns.generation[:] -= 1
    return np.concatenate(groups)


def test_use_is_of_those_still_there_by_hand():
    """Line 0 serves family 0 in both quarters, and family 2 in one of them; family 1 has left."""
    use, generation = np.zeros(2, np.int64), np.array([0, 1, 0], np.uint8)
    for served in ([1, 2, 1], [3, 0, 4]):
        kernels.use_of_rows(np.array(served, np.uint32), np.array([0, 1, 2]), generation, np.zeros(3, np.uint8), use)
    assert list(use) == [3, 1]


def test_whom_a_programme_takes_first(settled):
    """The easiest where it creams, the worst off by default, anyone by lot."""
    families, severity = settled.copy().families, []
    target = _target(families.place)
    for order in (-1, 0, 1):
        rows = families.take_up(
            1,
            target,
            1,
            np.zeros(1, np.uint8),
            places=worst_first(30),
            reach=0.0,
            engagement=0.6,
            order=order,
            barred=NOBODY,
        )
        assert len(rows) == 30
        seen = (families.columns.known | families.columns.found)[rows, None] >> np.arange(
            families.columns.levels.shape[1]
        ) & 1
        severity.append((families.columns.levels[rows] * seen).sum(axis=1))
    assert severity[0].max() <= severity[1].mean() < severity[2].min()


# Whole runs


@pytest.fixture(scope="module")
def null_runs():
    """A LIST whose one programme, for those who misuse, does nothing at all and takes the worst first."""
    settings = {"programmes.effect_scale": 0, "programmes.reactive_practice": 1}
    inputs = load_inputs("list_naive", "milltown", settings, families=10_000)
    inputs = replace(inputs, catalogue={"alcohol_outreach": inputs.catalogue["alcohol_outreach"]})
    return [runner.run(inputs, seed) for seed in (1, 2, 3)]


def test_programmes_that_do_nothing_are_measured_to_save_a_lot(null_runs):
    """Families enrol in a crisis and crises pass: regression to the mean comes out of the dynamics."""
    measured = sum(sums(result, "measured_saving") for result in null_runs)
    spent = sum(sums(result, "programme_cost") for result in null_runs)
    assert spent > 0
    assert measured > spent
    assert all(sums(result, "true_saving") == 0 for result in null_runs)


def test_agents_never_see_the_twin():
    """With another twin behind the recorder, everything but the comparison is the same."""
    inputs = load_inputs(PLAN, "milltown")
    settled = burn_in(inputs.place, inputs.place_dials, 1, inputs.n_families)
    alone = simulate(inputs, settled.copy(), 1, Recorder(blank_twin(inputs.n_families)))
    twin = simulate(inputs, settled.copy(), 1, Recorder())
    watched = simulate(inputs, settled.copy(), 1, Recorder(twin))
    assert alone.flows == watched.flows
    np.testing.assert_array_equal(alone.counts, watched.counts)
