from copy import deepcopy
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from sim.core.calendar import QUARTERS
from sim.core.dials import defaults
from sim.core.streams import mixed
from sim.place import kernels
from sim.place.burn_in import burn_in
from sim.place.places import load_place
from sim.place.services import Prices
from sim.programmes.catalogue import load_programme
from sim.programmes.measurement import (
    NOBODY,
    Cohort,
    Cohorts,
    Group,
    _likeness,
    _nearest,
    _noted,
    before_after,
    by_area,
    compared,
    match,
)
from sim.programmes.uptake import worst_first
from sim.studies import run as runner
from sim.studies.inputs import load_inputs
from tests.conftest import PLAN, blank_twin, sums


class _Families:
    """Just enough of a population to measure by hand."""

    def __init__(self, served, generation):
        self._served = np.array(served, np.uint8)
        n = len(generation)
        levels, offer = np.full((n, 1), 2, np.uint8), np.zeros((2, n), np.uint8)
        self.columns = SimpleNamespace(generation=np.array(generation, np.uint8), levels=levels, offer=offer)

    def served_in_year(self, rows):
        return self._served[rows]


PRICES = Prices(np.array([60, 0]), np.array([40, 10]), np.array([80, 0]))


def _cohort(rows, before):
    n = len(rows)
    return Cohort(
        np.array(rows), np.zeros(n, np.uint8), np.array(before, np.uint8), np.full((n, 1), 2, np.uint8), "list", "p", 1
    )


def test_before_and_after_by_hand():
    """Three families, one of which has left: (4 - 1) and (4 - 3) quarters saved on line 0, 2 more used on line 1."""
    families = _Families([[1, 1], [0, 0], [3, 1]], [0, 1, 0])
    cohort = _cohort([0, 1, 2], [[4, 0], [4, 4], [4, 0]])
    finding = before_after(cohort, families, PRICES, 10, np.array([True, False]))
    np.testing.assert_array_equal(finding.saved, [4, -2])
    assert finding.families == 2
    assert finding.per_family == 200  # 3 and 1 quarters at 100 pence, line 0 only
    assert finding.spread == pytest.approx(100 / 2**0.5)


def test_what_is_noted_of_a_family_by_hand(settled):
    """Served by lines 1 and 3 in the quarter of enrolment: four quarters of each a year, whatever was before."""
    families = settled.copy().families
    columns, target = families.columns, _target(families.place)._replace(needs=np.array([0, 1, 0, 0, 0], np.uint8))
    columns.served[:, 5] = 1 << 2
    columns.served[7 % kernels.RING, 5] = 1 << 1 | 1 << 3
    columns.levels[5], columns.generation[5] = [3, 2, 0, 0, 1], 6
    rows, generation, before, severity = _noted(families, target, np.array([5]), 7)
    assert (list(rows), list(generation)) == ([5], [6])
    assert list(before[0]) == [0, 4, 0, 4] + [0] * (len(families.place.lines) - 4)
    assert list(severity[0]) == [0, 2, 0, 0, 0]  # the programme's own need alone


@pytest.mark.parametrize(("years", "followed"), [(1, [2]), (2, [1, 2]), (3, [0, 1, 2])])
def test_cohorts_are_followed_in_the_years_after_theirs(years, followed):
    """In year 3, of cohorts of the years 0 to 3."""
    families, cohorts = _Families([[1, 1]], [0]), Cohorts("before_after")
    cohorts.cohorts = [replace(_cohort([0], [[4, 0]]), year=year) for year in range(4)]
    found = cohorts.measure(families, PRICES, 3, 10, years, lambda programme: np.array([True, True]))
    assert [finding.cohort.year for finding in found] == followed
    cohorts.design = "none"
    assert cohorts.measure(families, PRICES, 3, 10, years, lambda programme: np.array([True, True])) == []


def test_before_and_after_counts_those_turned_around_and_what_was_used():
    """Of three with an entrenched need one is over it, one has left; one in crisis is over it. Usual: 400, 400 and 0."""
    families = _Families([[0, 0], [0, 0], [0, 0], [0, 0]], [0, 0, 1, 0])
    families.columns.levels[:, 0] = [1, 2, 0, 0]
    cohort = _cohort([0, 1, 2, 3], [[4, 0], [4, 0], [4, 0], [0, 4]])
    cohort.severity[3] = 3
    finding = before_after(cohort, families, PRICES, 10, np.array([True, False]))
    assert (finding.turned, finding.turned_hard) == (2, 1)
    assert finding.usual == pytest.approx(800 / 3)


def test_a_large_cohort_is_sampled_and_grossed_up():
    n = 1000
    families = _Families(np.zeros((n, 2)), np.zeros(n))
    cohort = _cohort(list(range(n)), np.tile([2, 0], (n, 1)))
    finding = before_after(cohort, families, PRICES, 100, np.array([True, True]))
    assert finding.families == 100
    np.testing.assert_array_equal(finding.saved, [2 * n, 0])


def test_nobody_left_is_no_finding():
    families = _Families([[0, 0]], [1])
    assert before_after(_cohort([0], [[4, 0]]), families, PRICES, 10, np.array([True, True])) is None


@pytest.fixture(scope="module")
def null_runs():
    """A LIST whose one programme, for those who misuse, does nothing at all and takes the worst first."""
    settings = {"programmes.effect_scale": 0, "programmes.reactive_practice": 1}
    inputs = load_inputs("list_public", "milltown", settings, families=10_000)
    inputs = replace(inputs, catalogue={"alcohol_outreach": inputs.catalogue["alcohol_outreach"]})
    return [runner.run(inputs, seed) for seed in (1, 2, 3)]


def test_programmes_that_do_nothing_are_measured_to_save_a_lot(null_runs):
    """Families enrol in a crisis and crises pass: regression to the mean comes out of the dynamics."""
    measured = sum(sums(result, "measured_saving") for result in null_runs)
    spent = sum(sums(result, "programme_cost") for result in null_runs)
    assert spent > 0
    assert measured > spent
    assert all(sums(result, "true_saving") == 0 for result in null_runs)


def test_members_pay_for_luck(null_runs):
    assert sum(sums(result, "outcome_payment_in") for result in null_runs) > 0


def test_agents_never_see_the_twin():
    """With another twin behind the recorder, everything but the comparison is the same."""
    inputs = load_inputs(PLAN, "milltown")
    settled = burn_in(inputs.place, inputs.place_dials, 1, inputs.n_families)
    alone, _ = runner.simulate(inputs, settled.copy(), 1, blank_twin(inputs.n_families))
    twin, _ = runner.simulate(inputs, settled.copy(), 1)
    watched, _ = runner.simulate(inputs, settled.copy(), 1, twin)
    assert alone.flows == watched.flows
    np.testing.assert_array_equal(alone.counts, watched.counts)


def _group(rows, before):
    cohort = _cohort(rows, before)
    return Group(cohort.rows, cohort.generation, cohort.before, cohort.severity)


def test_a_cohort_against_its_controls_by_hand():
    """Two treated use 1 and 0 quarters of line 0, two controls 3 and 2: 2 quarters saved a family, at 100 pence."""
    families = _Families([[1, 0], [0, 0], [3, 4], [2, 4]], [0, 0, 0, 0])
    families.columns.levels[:, 0] = [0, 2, 0, 3]
    families.columns.offer[:, 0] = 1  # the first is on two programmes
    cohort = _cohort([0, 1], [[4, 0], [4, 0]])
    cohort.controls = _group([2, 3], [[4, 0], [4, 0]])
    finding = compared(cohort, families, PRICES, 10, np.array([True, False]))
    np.testing.assert_array_equal(finding.saved, [4, 8])
    assert finding.per_family == 200
    assert finding.spread == pytest.approx((50**2 / 2 + 50**2 / 2) ** 0.5)
    assert finding.turned == 0  # one of two in each group: nothing net
    assert finding.shared == 0.5


def test_controls_set_what_is_usual_and_what_would_have_turned_by_hand():
    """Four treated, three of whom are over it, one of four controls: 3 - 1. Controls used 3, 3, 1 and 1: 200 pence.

    Of the treated three are looked at, who used 1, 2 and 0, of the controls those with 3, 3 and 1: 4/3 saved by each of four.
    """
    families = _Families([[1, 0], [2, 0], [9, 0], [0, 0], [3, 0], [3, 0], [1, 0], [1, 0]], [0] * 8)
    families.columns.levels[:, 0] = [0, 1, 0, 2, 2, 2, 3, 0]
    cohort = _cohort([0, 1, 2, 3], [[4, 0]] * 4)
    cohort.severity[0] = 3
    cohort.controls = _group([4, 5, 6, 7], [[4, 0]] * 4)
    finding = compared(cohort, families, PRICES, 4, np.array([True, False]))
    assert finding.usual == 200
    assert (finding.turned, finding.turned_hard) == (2, 1)
    finding = compared(cohort, families, PRICES, 3, np.array([True, False]))
    assert finding.families == 3  # the first, the second and the last of each
    assert finding.usual == pytest.approx(700 / 3)
    assert finding.per_family == pytest.approx(400 / 3)
    np.testing.assert_allclose(finding.saved, [16 / 3, 0])
    cohort.controls = _group([4], [[4, 0]])
    families.columns.generation[4] = 1
    assert compared(cohort, families, PRICES, 4, np.array([True, False])) is None  # nobody to compare with


def test_an_areas_count_by_hand():
    """A fall of 30 quarters of line 0, which both programmes are for, and of 8 of line 1, which the second is for alone.

    One family and two: a third and two thirds of line 0. In pence at average cost 100 and 10, a family.
    """
    families = _Families(np.zeros((3, 2)), np.zeros(3))
    one, two = _cohort([0], [[4, 0]]), replace(_cohort([1, 2], [[4, 0]] * 2), programme="q")
    area = np.array([[30.0, 8.0], [300.0, 80.0]])
    relieved = {"p": np.array([True, False]), "q": np.array([True, True])}.get
    first, second = (by_area(cohort, [one, two], families, PRICES, relieved, area) for cohort in (one, two))
    np.testing.assert_array_equal([first.saved, second.saved], [[10, 0], [20, 8]])
    assert (first.per_family, first.usual) == (1000, 10_000)
    assert (second.per_family, second.usual) == (1040, 10_400)
    rise = by_area(one, [one], families, PRICES, relieved, np.array([[-3.0, 0.0], [300.0, 80.0]]))
    assert (rise.per_family, rise.spread) == (-300, 300)  # one count is as uncertain as it is large


def test_likeness_goes_by_severity_then_services_then_age(settled):
    """Levels 3 and 2 of which services know the 2 alone; three services in four quarters, rounded down; eleven years old: the third band."""
    families = settled.copy().families
    columns, target = families.columns, _target(families.place)
    columns.levels[5], columns.age[5] = [3, 2, 0, 0, 0], 11 * QUARTERS
    columns.served[:, 5] = [3, 1, 0, 0]
    seen = np.zeros(families.n, np.uint16)
    seen[5] = 0b10
    assert list(_likeness(families, target, np.array([5]), seen)) == [(2 * 64 + 3 // 4) * 8 + 3]
    columns.served[:, 5] = [3, 3, 3, 3]
    assert list(_likeness(families, target, np.array([5]), seen)) == [(2 * 64 + 2) * 8 + 3]
    target = target._replace(needs=np.array([1, 0, 0, 0, 0], np.uint8))
    assert list(_likeness(families, target, np.array([5]), seen)) == [2 * 8 + 3]  # not a need of the programme's


def test_use_is_of_those_still_there_by_hand():
    """Line 0 serves family 0 in both quarters, and family 2 in one of them; family 1 has left."""
    use, generation = np.zeros(2, np.int64), np.array([0, 1, 0], np.uint8)
    for served in ([1, 2, 1], [3, 0, 4]):
        kernels.use_of_rows(np.array(served, np.uint32), np.array([0, 1, 2]), generation, np.zeros(3, np.uint8), use)
    assert list(use) == [3, 1]


def test_an_areas_fall_is_shared_by_families_followed_for_the_same_services():
    families = _Families(np.zeros((4, 2)), np.zeros(4))
    cohorts = [_cohort([0], [[4, 0]]), _cohort([1, 2, 3], [[4, 0]] * 3)]
    area = np.array([[40.0, 100.0], [400.0, 500.0]])

    def relieved(programme):
        return np.array([True, False])

    parts = [by_area(cohort, cohorts, families, PRICES, relieved, area).saved for cohort in cohorts]
    np.testing.assert_array_equal(parts, [[10, 0], [30, 0]])


def test_matched_controls_are_known_alike_and_not_on_a_programme(settled):
    families = settled.copy().families
    columns, target = families.columns, _target(families.place)
    known = np.nonzero(columns.known > 0)[0]
    rows = known[:40]
    columns.offer[0, known[40:60]] = 1
    controls = match(families, target, rows, 0)
    assert len(controls) == len(rows)
    assert not set(controls) & set(known[:60])
    assert (columns.known[controls] > 0).all()
    seen = [np.sort(_seen_severity(columns, group)) for group in (rows, controls)]
    assert (seen[0] == seen[1]).mean() >= 0.9  # the very worst have no equal
    np.testing.assert_array_equal(controls, match(families, target, rows, 0))


def test_matched_controls_had_the_event_that_the_programme_asks_for_as_lately(settled):
    """In quarter 6 slot 2 is of this quarter and slot 1 of the last: of ten families with the event, five had it now."""
    families = settled.copy().families
    columns = families.columns
    target = _target(families.place)._replace(events=0b100, within=1)
    known = np.nonzero(columns.known > 0)[0]
    columns.events[:] = 0b011
    columns.events[2, known[40:45]] |= 0b100
    columns.events[1, known[45:50]] |= 0b100
    assert set(match(families, target, known[:40], 6)) == set(known[40:45])
    assert set(match(families, target._replace(within=2), known[:40], 6)) <= set(known[40:50])
    assert not len(match(families, target._replace(events=0b1000), known[:40], 6))


def _seen_severity(columns, rows):
    """Sum of the levels that services know of."""
    return [
        sum(int(columns.levels[f, k]) for k in range(columns.levels.shape[1]) if columns.known[f] >> k & 1)
        for f in rows
    ]


def _target(place):
    """Any need at any age."""
    return kernels.Target(np.ones(len(place.needs), np.uint8), 1, 3, 1, 0, 103)


def _note(cohorts, families, target, places, quarter, engagement=0.6):
    """Families take up a programme that does nothing, and become a cohort of year 1."""
    rows, waiting = cohorts.take_up(
        families, worst_first(places), quarter, "p", target=target, code=1, same_programme=np.zeros(1, np.uint8), order=1,
        reach=0.0, engagement=engagement,
    )  # fmt: skip
    contract = SimpleNamespace(body="b", programme="p", year=1)
    cohorts.enrolled(contract, families, target, rows, waiting, quarter)
    cohorts.close_year()


def _pass_quarters(start, quarters):
    for q in quarters:
        start.families.live(q)
        start.services.serve(start.families, q)


def _applicants(settled, design, places, quarter=1):
    """Take-up by a design in a copy of Milltown, of a programme for any need; a year passes after it."""
    start, cohorts = settled.copy(), Cohorts(design)
    _note(cohorts, start.families, _target(start.families.place), places, quarter)
    _pass_quarters(start, range(quarter, quarter + QUARTERS))
    return start, cohorts.cohorts[0]


def test_a_draw_leaves_half_waiting_and_bars_them_for_a_year(settled):
    start = settled.copy()
    cohorts, target = Cohorts("waiting_list"), _target(start.families.place)
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
    groups = replace(cohorts, waiting=deepcopy(cohorts.waiting)).take_up(families, worst_first(10**6), 4, "p", **offer)
    families.columns.generation[:] -= 1
    return np.concatenate(groups)


@pytest.fixture(scope="module")
def year_later(settled):
    """Milltown's applicants for a programme that does nothing, all of them, a year after they were noted."""
    start, cohort = _applicants(settled, "waiting_list", 10**6)
    rows = np.concatenate([cohort.rows, cohort.controls.rows])
    generation = np.concatenate([cohort.generation, cohort.controls.generation])
    before = np.concatenate([cohort.before, cohort.controls.before])
    severity = np.concatenate([cohort.severity, cohort.controls.severity])
    return start, Group(rows, generation, before, severity)


def _drawn(everyone, size, draw):
    """A cohort and its waiting list of one size, by one more draw among the same applicants."""
    lots = np.argsort(mixed(everyone.rows.astype(np.uint32), draw))[: 2 * size]
    parts = [
        (everyone.rows[part], everyone.generation[part], everyone.before[part], everyone.severity[part])
        for part in (lots[:size], lots[size:])
    ]
    return Cohort(*parts[0], "b", "p", 1, Group(*parts[1]))


def test_a_draw_is_unbiased_and_its_spread_shrinks_with_the_root_of_cohort_size(year_later):
    """Two samples of n of the same families differ by 2 S^2 / n, however few there are: the slope of logs is -1/2."""
    start, everyone = year_later
    prices, relieved = start.services.prices, np.ones(len(start.services.lines), bool)
    sizes, batches, each = np.array([8, 16, 32, 64]), 8, 60
    assert len(everyone.rows) > 2 * sizes[-1]
    saved = np.empty((len(sizes), batches, each))
    for i, size in enumerate(sizes):
        for draw in range(batches * each):
            finding = compared(_drawn(everyone, size, draw), start.families, prices, 10**6, relieved)
            saved[i].flat[draw] = finding.per_family
    error = saved.std(axis=(1, 2)) / (batches * each) ** 0.5
    assert (abs(saved.mean(axis=(1, 2))) < 3.5 * error).all()
    slopes = np.polyfit(np.log(sizes), np.log(saved.std(axis=2)), 1)[0]
    error = slopes.std(ddof=1) / batches**0.5
    assert error < 0.06
    assert abs(slopes.mean() + 0.5) < 3 * error


SEEDS, CASES = 16, 100


@pytest.fixture(scope="module")
def null_findings():
    """Findings of a programme for children near care that does nothing, by design: 16 cities of 20,000 families.

    Nobody is changed, so that one place serves every design.
    """
    place, programme = load_place("birmingham_2010"), load_programme("family_group_conference")
    in_need = {key: item for key, item in programme.target.items() if key not in ("event", "within", "not_served")}
    near_care = replace(programme, target={**in_need, "level_to": 3})
    target, found = (
        near_care.targets(place)._replace(signs=0),
        {design: [] for design in ("before_after", "matched", "waiting_list")},
    )
    relieved = np.array([line.need == "safeguarding" for line in place.lines])
    for seed in range(SEEDS):
        start = burn_in(place, defaults(), seed, 20_000)
        noted = {design: Cohorts(design) for design in found}
        for cohorts in noted.values():
            _note(cohorts, start.families, target, CASES, 1, engagement=programme.get("engagement"))
        _pass_quarters(start, range(1, 2 * QUARTERS + 1))
        for design, cohorts in noted.items():
            found[design] += cohorts.measure(
                start.families, start.services.prices, 2, 10**6, 1, lambda programme: relieved
            )
    return {**found, "prices": (start.services.prices.average, relieved)}


def _mean_and_error(findings):
    saved = np.array([finding.per_family for finding in findings])
    return saved.mean(), saved.std(ddof=1) / len(saved) ** 0.5


def test_before_and_after_finds_a_large_saving_where_there_is_none(null_findings):
    findings, average, relieved = null_findings["before_after"], *null_findings["prices"]
    saving, error = _mean_and_error(findings)
    assert saving > 4 * error
    usual = np.mean([finding.cohort.before[:, relieved] @ average[relieved] for finding in findings])
    assert saving > 0.05 * usual


def test_a_draw_finds_nothing_on_average(null_findings):
    saving, error = _mean_and_error(null_findings["waiting_list"])
    assert abs(saving) < 3 * error


def test_a_matched_groups_bias_is_reported_with_its_interval(null_findings):
    """Matching takes away much of what passes anyway; the error it states is about the one it has over places."""
    bias, error = _mean_and_error(null_findings["matched"])
    false, _ = _mean_and_error(null_findings["before_after"])
    assert np.isfinite([bias, error]).all()
    assert abs(bias) < false
    stated = np.mean([finding.spread for finding in null_findings["matched"]])
    assert 0.6 < stated / (error * SEEDS**0.5) < 2


def test_the_programme_is_not_what_is_found(settled):
    """The same families, a year later, in the run and in its twin: the twin finds nothing."""
    start, cohort = _applicants(settled, "before_after", 150)
    twin, _ = _applicants(settled, "none", 150)
    assert (start.families.served_in_year(cohort.rows) == twin.families.served_in_year(cohort.rows)).all()


def test_the_nearest_by_hand():
    """Two 5s stand at places 1 and 2 and take turns, for 5, 5 and 6; 8 is nearest to 9, 1 and 99 to the ends."""
    np.testing.assert_array_equal(_nearest(np.array([99, 5, 1, 5, 6, 8]), np.array([3, 5, 5, 9])), [0, 1, 2, 1, 3, 3])


def test_a_control_looked_at_twice_is_not_two():
    """Controls used 1, 3, 3 quarters, the 3 of one family: variance 8/9, of (1 + 4) / 9 of a case, not of a third."""
    families = _Families([[2, 0], [1, 0], [3, 0]], [0, 0, 0])
    cohort = _cohort([0], [[4, 0]])
    cohort.controls = _group([1, 2, 2], [[4, 0]] * 3)
    finding = compared(cohort, families, PRICES, 10, np.array([True, False]))
    assert finding.spread == pytest.approx(100 * (8 / 9 * 5 / 9) ** 0.5)


def test_who_has_left_saves_nothing():
    """Of two treated one has left: 2 quarters saved by the other, not 4."""
    families = _Families([[1, 0], [0, 0], [3, 0]], [0, 7, 0])
    cohort = _cohort([0, 1], [[4, 0], [4, 0]])
    cohort.controls = _group([2], [[4, 0]])
    np.testing.assert_array_equal(compared(cohort, families, PRICES, 10, np.array([True, False])).saved, [2, 0])


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


@pytest.mark.parametrize("design", ["matched", "waiting_list", "area_count"])
def test_each_design_measures_a_whole_run(design):
    """The twin finds nothing, the design something, and the same again."""
    settings = {"programmes.effect_scale": 0, "measurement.design": design}
    inputs = load_inputs("list_public", "milltown", settings, years=5, families=10_000)
    first, again = (runner.run(inputs, 1) for _ in range(2))
    assert sums(first, "true_saving") == 0
    assert sums(first, "measured_saving") != 0
    assert first.rows == again.rows
    assert first.flows == again.flows
