import numpy as np
import pytest

from sim import runner
from sim.measurement import Cohort, before_after
from sim.record import Recorder
from sim.services import Prices
from tests.conftest import PLAN, sums


class _Families:
    """Just enough of a population to measure by hand."""

    def __init__(self, served, generation):
        self._served = np.array(served, np.uint8)
        self.columns = type("Columns", (), {"generation": np.array(generation, np.uint8)})

    def served_in_year(self, rows):
        return self._served[rows]


PRICES = Prices(np.array([60, 0]), np.array([40, 10]), np.array([80, 0]))


def _cohort(rows, before):
    n = len(rows)
    return Cohort(
        "list", "p", 1, np.array(rows), np.zeros(n, np.uint8), np.array(before, np.uint8), np.full((n, 1), 2, np.uint8)
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
    """A LIST whose programmes do nothing at all."""
    inputs = runner.load_inputs("list_public", "milltown", {"programmes.effect_scale": 0}, families=10_000)
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
    from sim.burn_in import settle

    inputs = runner.load_inputs(PLAN, "milltown")
    settled = settle(inputs.place, inputs.place_dials, 1, inputs.n_families)
    alone, _ = runner.simulate(
        inputs, settled.copy(), 1, Recorder(served=[np.zeros(inputs.n_families, np.uint32)] * 60)
    )
    twin, _ = runner.simulate(inputs, settled.copy(), 1)
    watched, _ = runner.simulate(inputs, settled.copy(), 1, twin)
    assert alone.flows == watched.flows
    np.testing.assert_array_equal(alone.counts, watched.counts)
