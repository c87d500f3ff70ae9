"""The identity: where the service use avoided went, in whole pence (docs/odd.md, section 4.3)."""

import numpy as np

from sim.place.services import FIELDS, pick, served_cases


def leaks(run, twin, prices):
    """Where the service use avoided went, in pence (docs/odd.md, section 4.3).

    Parameters
    ----------
    run, twin : int64 (..., lines, len(FIELDS))
        Counts of the run and of its do-nothing twin.
    prices : Prices

    Returns
    -------
    dict of str to int64 (..., lines)
        By measure; negative values are kept.

    Notes
    -----
    With d for twin minus run: N = a (dD + D_found); never served = round(N (D - T_elig) / D) of the twin; G = N -
    never served = case finding + backfill (two) + stranded (two) + overtime + cash, where cash = f dK + v dT +
    d(o over), each at its own price o. The sides share no term, so the identity can fail.
    """
    average = prices.average
    gap = {name: pick(twin, name) - pick(run, name) for name in FIELDS}
    served_gap = served_cases(twin) - served_cases(run)
    over_gap = prices.over(twin) - prices.over(run)
    known_gap, unmet = _known_and_unmet(run, twin)
    need = average * known_gap
    never = _never_served(need, pick(twin, "demand"), pick(twin, "eligible_served"))
    return {
        "need_prevented": need,
        "never_served": never,
        "gross_avoided": need - never,
        "case_finding": average * pick(run, "served_found"),
        "backfill_unmet_need": average * unmet - never,
        "backfill_threshold": -average * gap["served_low"],
        "stranded_notice": -prices.fixed * gap["empty_notice"],
        "stranded_unclosed": -prices.fixed * gap["empty_other"],
        "overtime": prices.fixed * gap["over"] - over_gap,
        "cash_released": prices.fixed * gap["places"] + prices.variable * served_gap + over_gap,
    }


def waiting_need_met(run, twin):
    """Case-quarters of need that waits in the twin and is served in the run, refills from outside the place left out.

    Parameters
    ----------
    run, twin : int64 (..., lines, len(FIELDS))

    Returns
    -------
    float (..., lines)
        Backfill of unmet need as cases: what lines cost does not enter, so that one without a price has it too.
    """
    known_gap, unmet = _known_and_unmet(run, twin)
    demand = pick(twin, "demand")
    waiting = np.divide(demand - pick(twin, "eligible_served"), demand, out=np.zeros(demand.shape), where=demand > 0)
    return unmet + pick(twin, "refilled") - pick(run, "refilled") - known_gap * waiting


def _known_and_unmet(run, twin):
    """Cases by which the run has less known need than the twin, and of them those by which it does not serve less."""
    known = pick(twin, "demand") - pick(run, "demand") + pick(run, "demand_found")
    served = pick(twin, "eligible_served") - pick(run, "eligible_served") + pick(run, "served_found")
    return known, known - served


def _never_served(need, demand, served):
    """round(N (D - T) / D) in whole numbers, half away from nought; 0 where nobody asked."""
    scaled = need * (demand - served)
    safe = np.where(demand == 0, 1, demand)
    rounded = np.sign(scaled) * ((2 * np.abs(scaled) + safe) // (2 * safe))
    return np.where(demand == 0, 0, rounded)
