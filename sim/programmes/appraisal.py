"""The cost-benefit calculation, one function for every decider and for users (docs/odd.md, section 6).

It is fed with what a programme is expected to save a family: by following families like the target
(:mod:`sim.programmes.projection`), or as many business cases have it, by last year's use of services, which takes
passing crises for lasting cost (:func:`snapshot`).
"""

from dataclasses import dataclass
from functools import lru_cache
from statistics import NormalDist

import numpy as np

DISCOUNT_RATE = 0.035  # social time preference rate, real (cashability:D1)
HEALTH_DISCOUNT_RATE = 0.015  # of health, real (cashability:D2)


@dataclass(frozen=True)
class Case:
    """What an analyst knows of a programme for one family; money in pence of 2010/11.

    Attributes
    ----------
    benefit_pence : float (years, lines)
        Believed benefit by year and line at average cost, undiscounted; year 0 begins with enrolment.
    uncertainty : float
        Standard deviation of the belief, relative to its mean.
    cost_pence : float
        Price of the programme a family.
    """

    benefit_pence: np.ndarray
    uncertainty: float
    cost_pence: float


@dataclass(frozen=True)
class Appraisal:
    """Result for one family.

    Attributes
    ----------
    fiscal_pence : float (years, lines)
        Expected benefit by year and line at average cost, undiscounted; year 0 is the year of enrolment.
    present_fiscal, present_cash : float (lines,)
        Present values within the horizon.
    cost_pence : float
    value_pence : float
        Net present value to the decider: believed cash, plus its weight on the rest, less cost.
    net_present_pence, benefit_cost_ratio : float
        Of believed cash to the agencies that count.
    payback_year : int or None
        First year in which cumulative present cash of those agencies covers the cost.
    chance_of_gain : float
        Chance that benefits as the decider values them exceed the cost, given the uncertainty of the effect.
    """

    fiscal_pence: np.ndarray
    present_fiscal: np.ndarray
    present_cash: np.ndarray
    cost_pence: float
    value_pence: float
    net_present_pence: float
    benefit_cost_ratio: float
    payback_year: int | None
    chance_of_gain: float


@lru_cache(256)
def fading(years, duration_years, half_life_years):
    """Strength of an effect in each year from enrolment: full while it runs, then halved every half-life."""
    middle = np.arange(years) + 0.5
    return _for_good(0.5 ** (np.maximum(0.0, middle - duration_years) / half_life_years))


@lru_cache(256)
def discount_factors(years, horizon_years, rate=DISCOUNT_RATE):
    """Present value of a pound in each year within a horizon: year 0 undiscounted, a last part-year in part."""
    discount = (1 + rate) ** -np.arange(years)
    return _for_good(discount * np.clip(horizon_years - np.arange(years), 0, 1))


def _for_good(array):
    """An array that many will use, so that nobody may change it."""
    array.flags.writeable = False
    return array


def first_covered(cumulative, cost):
    """First year (from 0) in which a cumulative benefit reaches a cost, or a cumulative one; None if it never does."""
    reached = np.nonzero(cumulative >= cost)[0]
    return int(reached[0]) if reached.size else None


def snapshot(use, unit_pence, reduction, duration_years, half_life_years, years):
    """Benefit that last year's use of services promises: what families like the target used, for as long as an effect lasts.

    Benefit of line j in year t = use_j x unit cost_j x reduction_j x strength_t.

    Parameters
    ----------
    use : float (lines,)
        Case-quarters a family like the target used last year.
    unit_pence : float (lines,)
        Average cost of a case-quarter.
    reduction : float (lines,)
        Believed share of that use avoided while the effect is at full strength.
    duration_years, half_life_years : float
    years : int

    Returns
    -------
    float (years, lines)
    """
    return fading(years, duration_years, half_life_years)[:, None] * (use * unit_pence * reduction)


def appraise_case(case, counted, cashability, outcome_weight, horizon_years, correction):
    """Appraise a programme for one family.

    Parameters
    ----------
    case : Case
    counted : bool or float (lines,)
        Lines whose benefit the decider counts, or the weight it gives them.
    cashability : float (lines,)
        Believed share of the benefit that becomes cash.
    outcome_weight : float
        Pounds the decider values per pound of service use avoided without cash.
    horizon_years : float
        Years the decider looks ahead.
    correction : float
        Optimism correction of benefits for the evidence grade, as a share (cashability:OB1 to OB6).

    Returns
    -------
    Appraisal

    Notes
    -----
    Benefits are corrected and discounted at 3.5% with year 0 undiscounted, as the Treasury's 2014 guidance for local
    partnerships does. More agencies counted can only raise the value while no line's use is expected to rise.
    """
    fiscal = case.benefit_pence * (1 - correction)
    discount = discount_factors(len(fiscal), horizon_years)
    present = (discount[:, None] * fiscal).sum(axis=0)
    cash = present * cashability
    mine = (counted * (cash + outcome_weight * (present - cash))).sum()
    cash_by_year = (discount[:, None] * fiscal * (counted * cashability)).sum(axis=1)
    cumulative = np.cumsum(cash_by_year)
    spread = abs(mine) * case.uncertainty
    chance = 1 - NormalDist(mine, spread).cdf(case.cost_pence) if spread > 0 else float(mine > case.cost_pence)
    return Appraisal(
        fiscal,
        present,
        cash,
        case.cost_pence,
        float(mine - case.cost_pence),
        float(cumulative[-1] - case.cost_pence),
        float(cumulative[-1] / case.cost_pence) if case.cost_pence else np.inf,
        first_covered(cumulative, case.cost_pence),
        chance,
    )


def believed_reduction(published, theta, need_of_line):
    """Believed share of use avoided, by line: one minus the ratio of worsening to easing, at belief theta.

    Parameters
    ----------
    published : float (2, needs)
        Published log ratios of worsening and of easing.
    theta : float
        Belief as a multiple of the published effect.
    need_of_line : sequence of int

    Returns
    -------
    float (lines,)
        Below nought where the programme is believed to do harm.
    """
    return 1 - np.exp(theta * (published[0] - published[1]))[list(need_of_line)]
