"""Compiled sums of the statistics: in an order of their own, so that they come to the same on any number of threads."""

import math

import numpy as np

from sim.core.compiled import compiled


@compiled
def gram(x, weight):
    """Sums of weighted products of columns: x' W x, float (k, k)."""
    k = x.shape[1]
    total, scaled = np.zeros((k, k)), np.zeros(k)
    for i in range(x.shape[0]):
        for a in range(k):
            scaled[a] = weight[i] * x[i, a]
        for a in range(k):
            for b in range(a + 1):
                total[a, b] += scaled[a] * x[i, b]
    for a in range(k):
        for b in range(a):
            total[b, a] = total[a, b]
    return total


@compiled
def newton(x, treated, beta):
    """Gradient and curvature of the log likelihood of a logistic regression whose first `treated` rows are ones."""
    k = x.shape[1]
    gradient, weights = np.zeros(k), np.empty(x.shape[0])
    for i in range(x.shape[0]):
        logit = 0.0
        for a in range(k):
            logit += x[i, a] * beta[a]
        chance = 1.0 / (1.0 + math.exp(-min(max(logit, -500.0), 500.0)))
        weights[i] = chance * (1.0 - chance)
        miss = (1.0 if i < treated else 0.0) - chance
        for a in range(k):
            gradient[a] += miss * x[i, a]
    return gradient, gram(x, weights)


@compiled
def nearest(x, own, quarter, pool, other, of_pool, widest, most):
    """The nearest in a pool to each family, of the same quarter and within a caliper of its score.

    Parameters
    ----------
    x, pool : float (n, k), (m, k)
        Whitened covariates, so that squared differences sum to Mahalanobis distances.
    own, other : float (n,), (m,)
        Logits of the propensity score; those of the pool in rising order within each quarter.
    quarter, of_pool : int64 (n,), (m,)
        Those of the pool in rising order.
    widest : float
    most : int

    Returns
    -------
    int64 (n, most)
        Places in the pool, nearest first; -1 where there are fewer.
    """
    found, distances = np.full((x.shape[0], most), -1), np.empty(most)
    for i in range(x.shape[0]):
        distances[:] = np.inf
        begin, end = np.searchsorted(of_pool, quarter[i]), np.searchsorted(of_pool, quarter[i] + 1)
        for j in range(begin + np.searchsorted(other[begin:end], own[i] - widest), end):
            if other[j] > own[i] + widest:
                break
            distance = 0.0
            for a in range(x.shape[1]):
                distance += (x[i, a] - pool[j, a]) ** 2
            if distance >= distances[most - 1]:
                continue
            slot = most - 1
            while slot and distance < distances[slot - 1]:
                distances[slot], found[i, slot] = distances[slot - 1], found[i, slot - 1]
                slot -= 1
            distances[slot], found[i, slot] = distance, j
    return found


@compiled
def cost(served, price):
    """Pence of the lines that serve each family: float (n,) of uint32 (n,) masks and prices by line."""
    total = np.zeros(served.size)
    for i in range(served.size):
        if served[i]:
            for j in range(price.size):
                if (served[i] >> np.uint32(j)) & np.uint32(1):
                    total[i] += price[j]
    return total
