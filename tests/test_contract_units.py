"""What contracts buy, worked by hand: each unit, its counting, the bar, what luck brings, and what is paid without an estimate."""

import math
from types import SimpleNamespace

import numpy as np
import pytest

from sim.arrangements.at_place import check_arrangement
from sim.arrangements.reading import load_arrangement
from sim.core.calendar import DAYS
from sim.core.faults import InputError
from sim.deals import luck
from sim.deals.contracts import Contract
from sim.deals.outcomes import Outcomes
from sim.evaluation import area, before_after, compared
from sim.evaluation.compared import Comparison
from sim.evaluation.groups import Cohort, Group
from sim.evaluation.protocol import Protocol
from sim.evaluation.tally import Tally, Unit
from sim.programmes.catalogue import load_catalogue
from sim.rules import CHOICES
from tests.conftest import levels_of_one_need, masks_of

LOOKED_AT = np.array([True, True, False])
AVERAGE = np.array([100, 30, 1000])
USE = np.array([[4, 0, 4], [1, 3, 0], [0, 0, 2]])  # of three families, by line
NOT = np.zeros(3)


@pytest.mark.parametrize(
    ("unit", "each"),
    [
        ("pounds", [-400, -190, 0]),
        ("days", [-4 * DAYS, -4 * DAYS, 0]),
        ("events", [-4, -4, 0]),
        ("families", [-1, -1, 0]),
    ],
)
def test_what_a_family_comes_to_in_each_unit(unit, each):
    """Use of the lines looked at counts against it: how much, how often, or whether at all."""
    np.testing.assert_allclose(Unit(unit).of(USE, NOT, NOT, LOOKED_AT, AVERAGE), each)


def test_a_family_turned_around_from_a_crisis_counts_for_more():
    turned, hard = np.array([True, True, False]), np.array([True, False, False])
    np.testing.assert_allclose(Unit("levels", 0.5).of(USE, turned, hard, LOOKED_AT, AVERAGE), [1.5, 1, 0])
    np.testing.assert_allclose(Unit("levels").of(USE, turned, hard, LOOKED_AT, AVERAGE), [1, 1, 0])


class _Families:
    """Families whose use in the year just past is known, none of whom has left."""

    def __init__(self, use):
        self.use = np.array(use)
        n = len(use)
        levels, packed = levels_of_one_need(n, 0)
        self.columns = SimpleNamespace(
            generation=np.zeros(n, np.uint8),
            offer=np.zeros((2, n), np.uint8),
            levels=levels,
            packed=packed,
            served=masks_of(use),
        )

    def served_in_year(self, rows):
        return self.use[rows]


def _group(kind, rows, before, severity=0, **more):
    n = len(rows)
    return kind(np.array(rows), np.zeros(n, np.uint8), np.array(before), np.full((n, 1), severity, np.uint8), **more)


def _protocol(unit, **more):
    return Protocol(prices=SimpleNamespace(average=AVERAGE), relieved=lambda name: LOOKED_AT, unit=Unit(unit), **more)


BEFORE = [[4, 4, 0], [2, 0, 9], [0, 1, 0]]


@pytest.mark.parametrize(
    ("unit", "usual", "gains"),
    [
        ("events", 8 + 2 + 1, [4, -2, 1]),
        ("days", 11 * DAYS, [4 * DAYS, -2 * DAYS, DAYS]),
        ("families", 3, [0, 0, 1]),
        ("pounds", 520 + 200 + 30, [120, 10, 30]),
    ],
)
def test_before_and_after_by_hand(unit, usual, gains):
    """Three families used 8, 2 and 1 of what is looked at in the year before, and 4, 4 and 0 in the year just past."""
    cohort = _group(Cohort, [0, 1, 2], BEFORE, programme="p")
    tally = before_after.finding(cohort, _Families(USE), _protocol(unit)).tally
    assert tally.gain == pytest.approx(sum(gains))
    assert tally.usual == pytest.approx(usual)
    assert tally.error == pytest.approx(np.std(gains) * 3**0.5)


def test_a_sample_stands_for_its_cohort():
    """Of three families the first and the last are looked at, who gain 4 and 1: three halves of 5, and of the error."""
    cohort = _group(Cohort, [0, 1, 2], BEFORE, programme="p")
    tally = before_after.finding(cohort, _Families(USE), _protocol("events", size=2)).tally
    assert (tally.gain, tally.usual) == pytest.approx((1.5 * 5, 1.5 * 9))
    assert tally.error == pytest.approx(1.5 * 1.5 * 2**0.5)


def test_a_stated_baseline_by_hand():
    """Two case-quarters a family of the first line are stated, and nothing of the others: of 6 are 5 used, 1 is spared."""
    cohort = _group(Cohort, [0, 1, 2], BEFORE, programme="p")
    stated = np.array([2.0, np.nan, np.nan])
    tally = before_after.against_baseline(cohort, _Families(USE), _protocol("days", stated=stated)).tally
    assert tally.gain == pytest.approx(DAYS)


@pytest.mark.parametrize(
    ("unit", "usual", "gain", "variance"),
    [
        ("events", 5, 5 - 8 / 3, 16 / 9 + 1 + 21 / 2 * (1 / 4 + 1 / 9)),
        ("families", 1, 1 / 3, 1 / 9 + 0 + 1 / 2 * (1 / 4 + 1 / 9)),
        ("days", 5 * DAYS, (5 - 8 / 3) * DAYS, DAYS**2 * (16 / 9 + 1 + 21 / 2 * (1 / 4 + 1 / 9))),
    ],
)
def test_against_those_who_lost_a_draw_by_hand(unit, usual, gain, variance):
    """Three use 4, 4 and 0; the two who wait use 6 and 4: 5 a family where 8/3 came, all of whom had some where 2/3 had.

    Variances of means are 32/9 / (3 - 1) and 1 / (2 - 1) of quarters, 2/9 / (3 - 1) and none of families who had some. Half a
    family more of those served, who use 4, 4, 6 and 4, a mean square of 21, is among two and among three.
    """
    families = _Families([*USE, [6, 0, 0], [0, 4, 0]])
    cohort = _group(Cohort, [0, 1, 2], BEFORE, programme="p")
    cohort.comparison = Comparison(
        _group(Group, [0, 1, 2], BEFORE, seen=np.zeros((3, 1))), _group(Group, [3, 4], USE[:2], seen=np.zeros((2, 1))),
        None, np.zeros(1),
    )  # fmt: skip
    tally = compared.findings([cohort], families, families, _protocol(unit))[0].tally
    assert tally.gain == pytest.approx(3 * gain)
    assert tally.usual == pytest.approx(3 * usual)
    assert tally.error == pytest.approx(3 * math.sqrt(variance))


def test_an_areas_count_is_shared_by_families_and_tells_no_families_apart():
    """The area was spared 6 and 2 case-quarters with variances of 16 and 9; the cohort has half of those followed."""
    cohort, other = (_group(Cohort, rows, BEFORE, programme="p") for rows in ([0, 1, 2], [3, 4, 5]))
    counted = area.Count(np.array([6.0, 2.0, 9.0]), np.array([60.0, 20.0, 0.0]), np.array([16.0, 9.0, 1.0]), 100)
    found = [
        area.finding(cohort, [cohort, other], _Families(np.zeros((6, 3))), _protocol(unit), counted)
        for unit in ("events", "families")
    ]
    assert found[0].tally == Tally(4.0, 2.5, 40.0)
    assert [finding.estimate for finding in found] == [True, False]


# Luck


def test_what_noise_brings_by_hand():
    """Noise of 300 passes a bar of 200 with 1 - Phi(2/3); what it then brings is 300 phi(2/3) = 95.8; 119.7 without a bar."""
    assert luck.chance(200, 300) == pytest.approx(0.5 * math.erfc(2 / 3 / 2**0.5))
    assert luck.paid(200, 300, 10) == pytest.approx(10 * 300 * math.exp(-2 / 9) / math.sqrt(2 * math.pi))
    assert luck.paid(0, 300) == pytest.approx(119.683, abs=1e-3)
    assert (luck.chance(0, 0), luck.paid(0, 0)) == (0, 0)


def test_what_noise_brings_is_what_simulated_noise_brings():
    noise = np.random.default_rng(1).normal(0, 300, 400_000)
    assert luck.paid(200, 300) == pytest.approx(np.where(noise > 200, noise, 0).mean(), rel=0.01)


def test_luck_costs_less_a_family_in_larger_cohorts_and_less_still_past_a_bar():
    """A family's noise is 20, its usual use 10 and the bar a tenth of that: four times the families, half the luck a family."""
    free, past = ([luck.paid(bar * n, 20 * n**0.5) / n for n in (100, 400)] for bar in (0, 1))
    assert free[0] == pytest.approx(2 * free[1])
    assert past[1] < free[1] / 1.5 < past[0]


# What is paid


def _found(body, name, gain, usual=100.0, estimate=True, error=30.0):
    cohort = SimpleNamespace(key=(body, name, 1), body=body, rows=range(10))
    return SimpleNamespace(cohort=cohort, tally=Tally(gain, error, usual), shared=0.0, estimate=estimate, usual=7.0)


def _outcomes(unit, found, year=2, parts=(), taken=4, **numbers):
    """Outcomes of contracts of year 1 for 8 families each, of whom four were taken on; what is paid is noted."""
    numbers = {"day_fee": 3, "event_fee": 7, "family_fee": 11, "result_fee": 13, "outcome_share": 0.5, **numbers}
    arrangement = SimpleNamespace(
        has=parts.__contains__, optional=lambda name: numbers.get(name, 0), get=numbers.__getitem__,
        pence=lambda name: 100 * numbers[name], followed_years=3,
    )  # fmt: skip
    signed = {
        item.cohort.key: Contract(
            *item.cohort.key[:2], "firm", 1, 1, 8, 100, "", "firm", stated_pence=1200, taken={1: taken}
        )
        for item in found
    }
    model = SimpleNamespace(
        arrangement=arrangement, rules=SimpleNamespace(paid_for=CHOICES["paid_for"][unit]), vehicle=None, findings=found,
        calendar=SimpleNamespace(year=year), contracts=SimpleNamespace(signed=signed),
    )  # fmt: skip
    outcomes = Outcomes(model)
    outcomes.paid = []
    outcomes._pay = lambda contract, finding, pence: outcomes.paid.append(pence)
    outcomes.pay()
    return outcomes


@pytest.mark.parametrize(
    ("answer", "pence"),
    [("days", 3600), ("events", 8400), ("families_without", 13_200), ("fees", 15_600), ("share_of_savings", 6)],
)
def test_a_tariff_for_each_unit(answer, pence):
    """Twelve units of 3, 7, 11 or 13 pounds, or half of twelve pence; what is worse than nothing is not paid back."""
    assert _outcomes(answer, [_found("a", "p", 12.0)]).paid == [pence]
    assert _outcomes(answer, [_found("a", "p", -12.0)]).paid == [0]


def test_results_are_paid_for_in_the_years_that_count():
    """Three years are followed; a count may stop sooner, and families turned around count once."""
    found = [_found("a", "p", 12.0)]
    assert [_outcomes("days", found, year).paid for year in (2, 4, 5)] == [[3600], [3600], [0]]
    assert [_outcomes("days", found, year, counted_years=2).paid for year in (3, 4)] == [[3600], [0]]
    assert [_outcomes("fees", found, year).paid for year in (2, 3)] == [[15_600], [0]]


def test_a_bar_is_a_share_of_what_would_have_come_in_the_same_unit():
    """Of a usual 100 events 10 are not more than a tenth, and 11 are: 11 x 7 pounds. Together 21 of 200 pass, and all are paid."""
    found = [_found("a", "p", 10.0), _found("a", "q", 11.0)]
    alone = _outcomes("events", found, outcome_threshold=0.1)
    assert alone.paid == [0, 7700]
    assert alone.judged(found) == [[found[0]], [found[1]]]
    assert alone.luck([found[0]]) == (luck.chance(10, 30), luck.paid(10, 30, 700))
    together = _outcomes("events", found, outcome_threshold=0.1, parts=("pooled_cohorts",))
    assert together.judged(found) == [found]
    assert together.bar(found) == pytest.approx(20)
    assert together.paid == [7000, 7700]
    assert together.luck(found)[0] == luck.chance(20, math.hypot(30, 30))
    assert together.earned(found, 14.1)  # pence: a tenth of 2 x 10 families' 7
    assert not together.earned(found, 13.9)


def test_without_an_estimate_nothing_is_paid_or_a_part_of_what_the_contract_states():
    """1,200 pence were expected of 8 families in three years, and half of them came: 200 a year, of which 0, a half, all."""
    found = [_found("a", "p", 99.0, estimate=False)]
    paid = [_outcomes("days", found, without_estimate=part).paid for part in (0, 0.5, 1)]
    assert paid == [[0], [100], [200]]
    assert _outcomes("fees", found, without_estimate=1).paid == [600]
    assert _outcomes("days", found, year=5, without_estimate=1).paid == [0]
    assert _outcomes("days", found).judged(found) == []


def test_what_cannot_be_estimated_has_no_part_in_a_pool():
    """One falls 5 days short, one brings 12 and one has no estimate: 7 x 3 pounds, and the 200 pence that are stated."""
    found = [_found("a", "p", -5.0), _found("a", "q", 12.0), _found("a", "r", 0.0, estimate=False)]
    pooled = _outcomes("days", found, parts=("pooled_cohorts",), without_estimate=1)
    assert pooled.paid == [0, 2100, 200]


def test_what_use_is_expected_to_bring_by_hand():
    """Published effects spare 4 and 2 case-quarters of a line looked at in years 1 and 2, and 9 in a year that is not paid for.

    At half the price for a belief of 2 in them: (4 + 2) / 2 = 3 case-quarters of 91.3 days at 3 pounds; 3 events at 7.
    """
    fiscal = np.zeros((5, 3))
    fiscal[:4, 0], fiscal[:4, 2] = (900, 400, 200, 900), 5000
    project = SimpleNamespace(
        body=SimpleNamespace(beliefs={"p": SimpleNamespace(mean=2.0)}),
        programme=SimpleNamespace(id="p"),
        appraisal=SimpleNamespace(fiscal_pence=fiscal),
    )
    numbers = {"day_fee": 3, "event_fee": 7, "outcome_share": 0.5, "family_fee": 11, "expected_success": 0.2}
    for answer, pence in (
        ("days", 3 * DAYS * 300),
        ("events", 2100),
        ("share_of_savings", 150),
        ("families_without", 440),
    ):
        arrangement = SimpleNamespace(
            optional=lambda name: 0, followed_years=2, get=numbers.__getitem__, pence=lambda name: 100 * numbers[name]
        )
        model = SimpleNamespace(
            arrangement=arrangement, rules=SimpleNamespace(paid_for=CHOICES["paid_for"][answer]),
            relief=SimpleNamespace(paid_for=lambda name: LOOKED_AT), services=SimpleNamespace(prices=SimpleNamespace(average=AVERAGE)),
        )  # fmt: skip
        assert CHOICES["paid_for"][answer].expect(model, project) == round(pence)
        harm = SimpleNamespace(**{**vars(project), "appraisal": SimpleNamespace(fiscal_pence=-fiscal)})
        if answer != "families_without":
            assert CHOICES["paid_for"][answer].expect(model, harm) == 0


# Files


def test_peterborough_buys_events_and_essex_days():
    for name, answer, lines in (
        ("sib_peterborough", "events", ["arrest_policing"]),
        ("sib_childrens_services", "days", ["foster_care", "residential_care"]),
    ):
        arrangement = load_arrangement(name)
        assert arrangement.rules.paid_for == CHOICES["paid_for"][answer]
        assert list(arrangement.outcome_lines) == lines


FILE = 'extends = "sib_peterborough"\nname = "x"\nsource = "assumption: test"\ndiffers = "x"\n'
FAMILY_FEE = '[value]\nfamily_fee = { value = 9, unit = "GBP/family", price_year = "2010/11", low = 1, high = 99, source = "assumption: test" }\nexpected_success = { value = 0.2, unit = "share", low = 0, high = 1, source = "assumption: test" }\n'


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('[rules]\npaid_for = "families_without"\nmeasured = "area_count"\n' + FAMILY_FEE, "wants outcomes that are measured family by family, against the year before or other families"),
        ('[rules]\npaid_for = "fees"\n[value]\ncounted_years = { value = 1, unit = "years", low = 1, high = 2, source = "assumption: test" }\n', "value.counted_years: nothing reads it without payments for use of services that is spared"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_told(tmp_path, text, says):
    path = tmp_path / "x.toml"
    path.write_text(FILE + text)
    with pytest.raises(InputError) as error:
        load_arrangement(str(path))
    assert says in str(error.value)


@pytest.mark.parametrize(
    ("name", "line", "says"),
    [
        ("sib_peterborough", "prison", "outcome_lines: 'prison' has days and no events; name other lines, or let rules.paid_for be days"),
        ("sib_childrens_services", "pre_proceedings_work", "outcome_lines: 'pre_proceedings_work' has events and no days"),
    ],
)  # fmt: skip
def test_days_are_of_lines_that_serve_for_a_time_and_events_of_those_that_answer_them(
    tmp_path, milltown, name, line, says
):
    path = tmp_path / "x.toml"
    path.write_text(FILE.replace("sib_peterborough", name) + f'outcome_lines = ["{line}"]\n')
    with pytest.raises(InputError) as error:
        check_arrangement(load_arrangement(str(path)), milltown, load_catalogue(), {"x": {"sector": "in_house"}})
    assert says in str(error.value)
