"""Controls alike: a propensity score with a caliper, and the nearest within it (docs/odd.md, section 7).

Austin 2011, Pharmaceutical Statistics 10:150 (a caliper of 0.2 standard deviations of the logit of the propensity
score); Abadie and Imbens 2006, Econometrica 74:235 (nearest neighbours with replacement).
"""

import math

import numpy as np

from sim.core.compiled import compiled

CALIPER = 0.2  # standard deviations of the logit of the propensity score
NEAREST = 3  # controls of a family
_ROUNDS, _CLOSE = 25, 1e-6  # of Newton's method
_WEAK = 1.0  # precision of a prior on each standardised coefficient, so that perfect separation has an answer


def matched(seen, quarter, pool, of_pool):
    """The nearest controls of each family.

    Parameters
    ----------
    seen : float (n, covariates)
        Of the families.
    quarter : int64 (n,)
        When each was referred; its controls were like the programme's target in that quarter.
    pool, of_pool : float (m, covariates), int64 (m,)
        The same of those who may be controls.

    Returns
    -------
    int64 (n, NEAREST)
        Places in the pool, nearest first; -1 where there are fewer within the caliper.
    """
    if not len(seen) or not len(pool):
        return np.full((len(seen), NEAREST), -1)
    mine, theirs = standardised(seen, pool)
    score = propensity(np.concatenate([mine, theirs]), len(mine), np.concatenate([quarter, of_pool]))
    own, other = score[: len(mine)], score[len(mine) :]
    root = whitening(mine, theirs)
    return nearest(mine @ root, own, quarter, theirs @ root, other, of_pool, caliper(own, other), NEAREST)


def standardised(seen, pool):
    """Covariates of families and pool in standard deviations from the pool's mean; without those that never differ."""
    spread = pooled_deviation(seen, pool)
    varies = spread > 0
    middle = pool[:, varies].mean(axis=0)
    return (seen[:, varies] - middle) / spread[varies], (pool[:, varies] - middle) / spread[varies]


def pooled_deviation(seen, pool):
    """Standard deviation of each covariate, of both groups at equal weight: float (covariates,)."""
    return np.sqrt((seen.var(axis=0) + pool.var(axis=0)) / 2)


def propensity(x, treated, quarter):
    """Logit of the chance to be among the first `treated` rows, by logistic regression on covariates and quarter.

    Returns
    -------
    float (n,)
    """
    ones = [np.ones(len(x)), *(quarter == one for one in np.unique(quarter)[1:])]
    design = np.ascontiguousarray(np.column_stack([*ones, x]))
    penalty = np.full(design.shape[1], _WEAK)
    penalty[0] = 1e-9
    beta = np.zeros(design.shape[1])
    for _ in range(_ROUNDS):
        gradient, curve = newton(design, treated, beta)
        step = np.linalg.solve(curve + np.diag(penalty), gradient - penalty * beta)
        beta += step
        if abs(step).max() < _CLOSE:
            break
    return (design * beta).sum(axis=1)


def caliper(own, other):
    """The widest difference in the logit at which families are compared: Austin's share of its pooled deviation."""
    return CALIPER * float(np.sqrt((own.var() + other.var()) / 2))


def whitening(mine, theirs):
    """What makes distances those of Mahalanobis, by the covariance of both groups: float (covariates, covariates).

    A covariate that others determine counts through these alone.
    """
    every = np.concatenate([mine, theirs])
    every = every - every.mean(axis=0)
    values, vectors = np.linalg.eigh(every.T @ every / len(every))
    keep = values > 1e-8 * values.max(initial=0.0)
    return vectors[:, keep] / np.sqrt(values[keep])


@compiled
def newton(x, treated, beta):
    """Gradient and curvature of the log likelihood of a logistic regression whose first `treated` rows are ones."""
    k = x.shape[1]
    gradient, curve = np.zeros(k), np.zeros((k, k))
    for i in range(x.shape[0]):
        logit = 0.0
        for a in range(k):
            logit += x[i, a] * beta[a]
        chance = 1.0 / (1.0 + math.exp(-min(max(logit, -500.0), 500.0)))
        miss, weight = (1.0 if i < treated else 0.0) - chance, chance * (1.0 - chance)
        for a in range(k):
            gradient[a] += miss * x[i, a]
            for b in range(a + 1):
                curve[a, b] += weight * x[i, a] * x[i, b]
    for a in range(k):
        for b in range(a):
            curve[b, a] = curve[a, b]
    return gradient, curve


@compiled
def nearest(x, own, quarter, pool, other, of_pool, widest, most):
    """The nearest in the pool to each family, of the same quarter and within a caliper of its score; see :func:`matched`.

    Parameters
    ----------
    x, pool : float (n, k), (m, k)
        Whitened covariates, so that squared differences sum to Mahalanobis distances.
    own, other : float (n,), (m,)
        Logits of the propensity score.
    quarter, of_pool : int64 (n,), (m,)
    widest : float
    most : int
    """
    found = np.full((x.shape[0], most), -1)
    order = np.argsort(other, kind="mergesort")
    sorted_scores = other[order]
    distances = np.empty(most)
    for i in range(x.shape[0]):
        distances[:] = np.inf
        first = np.searchsorted(sorted_scores, own[i] - widest)
        for place in range(first, order.size):
            j = order[place]
            if other[j] > own[i] + widest:
                break
            if of_pool[j] != quarter[i]:
                continue
            distance = 0.0
            for a in range(x.shape[1]):
                distance += (x[i, a] - pool[j, a]) ** 2
            slot = most
            while slot and distance < distances[slot - 1]:
                slot -= 1
            for later in range(most - 1, slot, -1):
                distances[later], found[i, later] = distances[later - 1], found[i, later - 1]
            if slot < most:
                distances[slot], found[i, slot] = distance, j
    return found
