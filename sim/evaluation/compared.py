"""A cohort against families alike, or drawn by lot: the groups are fixed when they are made, and looked at each year."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from sim.evaluation.contrast import contrast, differences, effective, half_a_case, weights
from sim.evaluation.findings import Finding, Quality, no_estimate
from sim.evaluation.groups import Group
from sim.evaluation.matching import matched, pooled_deviation
from sim.evaluation.tally import Tally


@dataclass
class Comparison:
    """Whom a cohort is compared with.

    Attributes
    ----------
    sample : Group
        Families of the cohort that are looked at.
    controls : Group
    pairs : int64 (n, most) or None
        Places of each family's controls, -1 for none; None where lots were drawn, and all controls are everybody's.
    deviation : float (covariates,)
        Standard deviation of what is known of them before they were matched.
    """

    sample: Group
    controls: Group
    pairs: np.ndarray | None
    deviation: np.ndarray

    @cached_property
    def who(self):
        """Number of the family that each control is of: int64 (controls,)."""
        return np.unique(self.controls.rows * 256 + self.controls.generation, return_inverse=True)[1]

    def weights(self, here, there):
        """Weights of controls, and who of the sample has any, by who is still there of either."""
        if self.pairs is None:
            return there / max(1, there.sum()), here & there.any()
        return weights(self.pairs, there, here)


def alike(cohort, pool, size, left_out=()):
    """The comparison of a cohort with those of a pool that are alike: :class:`Comparison`.

    Families of the cohort in rows that are left out are not looked at.
    """
    looked_at = cohort.of(~np.isin(cohort.rows, left_out))
    sample = looked_at.of(looked_at.sample(size))
    deviation = pooled_deviation(sample.seen, pool.seen)
    pairs = matched(sample.seen, sample.quarter, pool.seen, pool.quarter, deviation)
    used = np.zeros(len(pool.rows) + 1, bool)  # the last is nobody, as -1 has it
    used[pairs] = True
    used[-1] = False
    place = np.where(used, np.cumsum(used) - 1, -1)
    return Comparison(sample, pool.of(used[:-1]), place[pairs], deviation)


def by_lot(cohort, waiting, size):
    """The comparison of a cohort with those who lost a draw: :class:`Comparison`."""
    sample, controls = (group.of(group.sample(size)) for group in (cohort, waiting))
    return Comparison(sample, controls, None, pooled_deviation(sample.seen, controls.seen))


def _squares_of_served(families, programme, protocol):
    """Mean squares of what is paid for and of pence a year, among families that the services looked at serve: float (2,)."""
    price, served = protocol.price(programme), families.columns.served
    looked_at = np.flatnonzero(price)
    some = np.flatnonzero(np.bitwise_or.reduce(served, axis=0) & np.uint32((1 << looked_at).sum()))
    use = families.served_in_year(some).take(looked_at, axis=1).astype(float)
    found = use @ np.column_stack([protocol.weights(programme), price])[looked_at]
    if not protocol.unit.of_use:
        found[:, 0] = found[:, 0] > 0
    return (found**2).sum(axis=0) / max(1, len(found))


def findings(cohorts, families, others, protocol):
    """Cohorts' use of services in the year just past against that of their controls.

    Parameters
    ----------
    cohorts : list of Cohort
    families : Families
    others : Families
        Of the place where their controls live, in the same quarter.
    protocol : Protocol

    Returns
    -------
    list of Finding
    """
    names = {cohort.programme for cohort in cohorts}
    squares = {name: _squares_of_served(others, name, protocol) for name in names}
    return [_finding(cohort, families, others, protocol, squares[cohort.programme]) for cohort in cohorts]


def _finding(cohort, families, others, protocol, squares):
    """What is found of one cohort; squares are of the others, from :func:`_squares_of_served`."""
    it, lines = cohort.comparison, cohort.before.shape[1]
    controls = it.controls
    there = controls.still_there(others)
    here = it.sample.still_there(families)
    weight, supported = it.weights(here, there)
    quality = _quality(it, here, supported, weight, others)
    if not supported.any() or quality.effective < protocol.least:
        return no_estimate(cohort, lines, quality)
    mine = np.flatnonzero(here)  # of whom nobody is in reach, the regression alone says what would have been
    known = (it.sample.seen.take(mine, axis=0), controls.seen) if it.pairs is not None else ()
    outcomes = (
        _outcomes(cohort, it.sample, families, protocol).take(mine, axis=0),
        _outcomes(cohort, controls, others, protocol),
    )
    gain, error, usual = contrast(*outcomes, weight, it.who, *known, plain=lines + 2)
    rare = half_a_case(squares, quality.effective, len(mine))
    of_tally, of_pence = map(float, np.sqrt(error**2 + rare))
    still = int(cohort.still_there(families).sum())  # who has left saves nothing
    return Finding(
        cohort,
        -gain[:lines] * still,
        float(-gain[-1]),
        of_pence,
        int(supported.sum()),
        float(usual[-1]),
        float(gain[lines] * still),
        float(gain[lines + 1] * still),
        cohort.shared(families),
        quality,
        Tally(float(gain[-2] * still), of_tally * still, float(abs(usual[-2]) * still)),
    )


def _outcomes(cohort, group, families, protocol):
    """Of the year just past: use by line, whether turned around, from a crisis too, what is paid for, and pence."""
    use, turned = families.served_in_year(group.rows), group.turned_around(families)
    lines = use.shape[1]
    outcomes = np.empty((len(use), lines + 4))  # filled column by column, which is quicker than stacking them
    used = outcomes[:, :lines]
    used[:] = use
    outcomes[:, lines], outcomes[:, lines + 1] = turned
    outcomes[:, lines + 2] = protocol.counted(cohort.programme, used, *turned)
    outcomes[:, lines + 3] = used @ protocol.price(cohort.programme).astype(float)
    return outcomes


def _quality(it, here, supported, weight, others):
    """How good a comparison is this year."""
    if not supported.any():
        return Quality(support=0.0)
    unique, many = effective(weight, it.who)
    later = np.logical_or.reduce(others.columns.offer.take(it.controls.rows, axis=1))
    gap = differences(it.sample.seen, supported, it.controls.seen, weight, it.deviation)
    share = supported.sum() / here.sum()
    return Quality(unique, many, float(share), float(abs(gap).max(initial=0.0)), float(weight @ later / weight.sum()))
