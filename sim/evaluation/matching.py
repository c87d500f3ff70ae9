"""Controls alike: those nearest by a propensity score, within a caliper (docs/odd.md, section 7).

Austin 2011, Pharmaceutical Statistics 10:150 (a caliper of 0.2 standard deviations of the logit of the propensity
score); Abadie and Imbens 2006, Econometrica 74:235 (nearest neighbours with replacement).
"""

import numpy as np

from sim.evaluation.loops import nearest, newton

CALIPER = 0.2  # standard deviations of the logit of the propensity score
NEAREST = 3  # controls of a family
_ROUNDS, _CLOSE = 25, 1e-5  # of Newton's method
_FITTED = 1000  # of a pool, about, that the regression looks at
_ROUNDING = 1e-9
_WEAK = 1.0  # precision of a prior on each standardised coefficient, so that perfect separation has an answer


def matched(seen, quarter, pool, of_pool, deviation):
    """The nearest controls of each family.

    Parameters
    ----------
    seen : float (n, covariates)
        Of the families.
    quarter : int64 (n,)
        When each was referred; its controls were like the programme's target in that quarter.
    pool, of_pool : float (m, covariates), int64 (m,)
        The same of those who may be controls.
    deviation : float (covariates,)
        Of each covariate, from :func:`pooled_deviation`.

    Returns
    -------
    int64 (n, NEAREST)
        Places in the pool, nearest first; -1 where there are fewer within the caliper.
    """
    if not len(seen) or not len(pool):
        return np.full((len(seen), NEAREST), -1)
    mine, theirs = standardised(seen, pool, deviation)
    own, other = propensity(mine, theirs, quarter, of_pool)
    order = np.lexsort((other, of_pool))
    found = nearest(own, quarter, other[order], of_pool[order], caliper(own, other), NEAREST)
    return np.where(found >= 0, order[found], -1)


def standardised(seen, pool, deviation):
    """Covariates of families and pool in standard deviations from the pool's mean; without those that never differ."""
    varies = deviation > 0
    middle, spread = pool[:, varies].mean(axis=0), deviation[varies]
    return (seen[:, varies] - middle) / spread, (pool[:, varies] - middle) / spread


def pooled_deviation(seen, pool):
    """Standard deviation of each covariate, of both groups at equal weight; 0 where all is rounding, or one is empty."""
    if not (len(seen) and len(pool)):
        return np.zeros(seen.shape[1])
    deviation = np.sqrt((seen.var(axis=0) + pool.var(axis=0)) / 2)
    return np.where(deviation > _ROUNDING, deviation, 0)


def propensity(mine, theirs, quarter, of_pool):
    """Logits of the chance to be of the cohort, by logistic regression on covariates and quarter.

    A large pool is sampled evenly for the regression, which moves its constant alone.

    Returns
    -------
    tuple of (float (n,), float (m,))
    """
    quarters = np.unique(quarter)[1:]
    own, other = (
        np.column_stack([np.ones(len(x)), *(when == one for one in quarters), x])
        for x, when in ((mine, quarter), (theirs, of_pool))
    )
    x = np.ascontiguousarray(np.concatenate([own, other[:: max(1, len(other) // _FITTED)]]))
    penalty = np.diag([1e-9, *np.full(x.shape[1] - 1, _WEAK)])
    beta = np.zeros(x.shape[1])
    for _ in range(_ROUNDS):
        gradient, curve = newton(x, len(own), beta)
        step = np.linalg.solve(curve + penalty, gradient - penalty @ beta)
        beta += step
        if abs(step).max() < _CLOSE:
            break
    return (own * beta).sum(axis=1), (other * beta).sum(axis=1)


def caliper(own, other):
    """The widest difference in the logit at which families are compared: Austin's share of its pooled deviation."""
    return CALIPER * float(np.sqrt((own.var() + other.var()) / 2))
