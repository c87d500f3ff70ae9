import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.programmes.appraisal import Case, appraise_case, believed_reduction, fading, snapshot


def _case(uncertainty=0.5, cost_pence=1500.0, years=25, **changes):
    values = {
        "use": np.array([2.0, 1.0]),
        "unit_pence": np.array([1000.0, 500.0]),
        "reduction": np.array([0.5, 0.2]),
        "duration_years": 2.0,
        "half_life_years": 1.0,
    }
    return Case(snapshot(**{**values, **changes}, years=years), uncertainty, cost_pence)


def test_the_calculation_by_hand():
    """Two lines, benefit 1,000 and 100 a year at full strength for two years, halving after; 10% corrected; horizon 3."""
    result = appraise_case(_case(years=4), np.array([True, False]), np.array([0.4, 0.4]), 0.25, 3, correction=0.1)
    third = 0.5**0.5  # strength in the middle of year 2, half a year after the end
    np.testing.assert_allclose(result.fiscal_pence[:3, 0], [900, 900, 900 * third])
    np.testing.assert_allclose(result.fiscal_pence[:3, 1], [90, 90, 90 * third])
    present = 900 * (1 + 1 / 1.035 + third / 1.035**2)
    assert result.present_fiscal[0] == pytest.approx(present)
    assert result.present_cash[0] == pytest.approx(0.4 * present)
    assert result.value_pence == pytest.approx(0.4 * present + 0.25 * 0.6 * present - 1500)
    assert result.net_present_pence == pytest.approx(0.4 * present - 1500)
    assert result.benefit_cost_ratio == pytest.approx(0.4 * present / 1500)
    assert result.payback_year is None


def test_harm_weights_and_a_part_year_by_hand():
    """1,000 saved and 100 caused a year, at full strength; a horizon of a year and a half, the first line at half weight.

    Of each pound 0.4 is believed cash and 0.25 of the rest counts: 0.55.
    """
    case = _case(reduction=np.array([0.5, -0.2]))
    result = appraise_case(case, np.array([0.5, 1.0]), np.array([0.4, 0.4]), 0.25, 1.5, correction=0.0)
    years = 1 + 0.5 / 1.035
    np.testing.assert_allclose(result.present_fiscal, [1000 * years, -100 * years])
    np.testing.assert_allclose(result.present_cash, [400 * years, -40 * years])
    assert result.value_pence == pytest.approx(0.55 * (500 - 100) * years - 1500)
    assert result.net_present_pence == pytest.approx(0.4 * (500 - 100) * years - 1500)


def test_a_benefit_that_is_certain_pays_or_does_not():
    """1,100 in the one year looked at, sure: more than 1,099, not more than 1,100."""
    for cost, chance in ((1099.0, 1.0), (1100.0, 0.0)):
        result = appraise_case(_case(uncertainty=0.0, cost_pence=cost), np.ones(2), np.ones(2), 0, 1, 0.0)
        assert (result.chance_of_gain, result.payback_year) == (chance, 0)
    assert appraise_case(_case(cost_pence=0.0), np.ones(2), np.ones(2), 0, 1, 0.0).benefit_cost_ratio == math.inf


def test_payback_is_the_first_year_that_covers_the_cost():
    result = appraise_case(_case(cost_pence=1700.0), np.array([True, True]), np.ones(2), 0, 10, 0.0)
    assert result.payback_year == 1  # 1,100 in year 0, 1,100 / 1.035 in year 1
    assert appraise_case(_case(cost_pence=1000.0), np.array([True, True]), np.ones(2), 0, 10, 0.0).payback_year == 0


def test_the_chance_of_gain_is_half_at_break_even():
    even = appraise_case(_case(), np.array([True, True]), np.ones(2), 0, 10, 0.0)
    benefit = even.value_pence + 1500
    at_par = appraise_case(_case(cost_pence=benefit), np.array([True, True]), np.ones(2), 0, 10, 0.0)
    assert at_par.chance_of_gain == pytest.approx(0.5)
    dear = appraise_case(_case(cost_pence=1.5 * benefit), np.array([True, True]), np.ones(2), 0, 10, 0.0)
    assert dear.chance_of_gain == pytest.approx(0.15866, abs=1e-4)  # one standard deviation short


def test_fading_by_hand():
    np.testing.assert_allclose(fading(4, 1.0, 2.0), [1, 0.5**0.25, 0.5**0.75, 0.5**1.25])


def test_believed_reduction_by_hand():
    published = np.array([[math.log(0.8), 0.0], [math.log(1.25), 0.0]])
    reduction = believed_reduction(published, 1.0, [0, 1, 0])
    np.testing.assert_allclose(reduction, [1 - 0.8 / 1.25, 0, 1 - 0.8 / 1.25])
    assert believed_reduction(published, 0.0, [0])[0] == 0


numbers = st.floats(0, 1000, allow_nan=False)


@given(
    st.lists(st.tuples(numbers, numbers, st.floats(0, 1), st.floats(0, 1), st.booleans()), min_size=1, max_size=6),
    st.floats(1, 1e6),
    st.floats(0, 1),
    st.floats(1, 25),
)
def test_what_passes_on_own_benefit_passes_on_the_whole_places(lines, cost, weight, horizon):
    """Same beliefs, prices and no harm: counting more services can only help."""
    use, unit, reduction, cashable, own = (np.array(column) for column in zip(*lines, strict=True))
    case = Case(snapshot(use, unit, reduction, 1.0, 2.0, 25), 0.5, cost)
    alone = appraise_case(case, own.astype(bool), cashable, weight, horizon, 0.1)
    whole = appraise_case(case, np.ones(len(use), bool), cashable, weight, horizon, 0.1)
    assert whole.value_pence >= alone.value_pence - 1e-6
