"""Compiled sums of the statistics: in an order of their own, so that they come to the same on any number of threads."""

import math

import numpy as np

from sim.core.compiled import compiled, helper


@compiled
def gram(x, weight):
    """Sums of weighted products of columns: x' W x, float (k, k). Quickest where rows of x lie together in memory."""
    n, k = x.shape
    total = np.zeros((k, k))
    for i in range(0, n - 3, 4):  # four rows at once, as the table is read and written once for them
        w0, w1, w2, w3 = weight[i], weight[i + 1], weight[i + 2], weight[i + 3]
        for a in range(k):
            s0, s1, s2, s3 = w0 * x[i, a], w1 * x[i + 1, a], w2 * x[i + 2, a], w3 * x[i + 3, a]
            for b in range(a + 1):
                total[a, b] += s0 * x[i, b] + s1 * x[i + 1, b] + s2 * x[i + 2, b] + s3 * x[i + 3, b]
    for i in range(n - n % 4, n):
        for a in range(k):
            for b in range(a + 1):
                total[a, b] += weight[i] * x[i, a] * x[i, b]
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


@helper
def first_from(values, begin, end, least):
    """The first place from `begin` on with no less than that, among rising values; `end` where there is none.

    As numpy's searchsorted, which takes a second to compile.
    """
    while begin < end:
        middle = (begin + end) // 2
        if values[middle] < least:
            begin = middle + 1
        else:
            end = middle
    return begin


@compiled
def nearest(own, quarter, other, of_pool, widest, most):
    """The nearest in a pool to each family by a score, of the same quarter and within a caliper.

    Parameters
    ----------
    own, quarter : float (n,), int64 (n,)
        Logits of the propensity score.
    other, of_pool : float (m,), int64 (m,)
        The same of the pool, in rising order of quarter and of logits within each.
    widest : float
    most : int

    Returns
    -------
    int64 (n, most)
        Places in the pool, nearest first; -1 where there are fewer.
    """
    found = np.full((own.size, most), -1)
    for i in range(own.size):
        begin = first_from(of_pool, 0, of_pool.size, quarter[i])
        end = first_from(of_pool, begin, of_pool.size, quarter[i] + 1)
        above = first_from(other, begin, end, own[i])
        below = above - 1
        for slot in range(most):
            up = other[above] - own[i] if above < end else np.inf
            down = own[i] - other[below] if below >= begin else np.inf
            if min(up, down) > widest:
                break
            found[i, slot] = above if up <= down else below
            above, below = above + (up <= down), below - (up > down)
    return found
