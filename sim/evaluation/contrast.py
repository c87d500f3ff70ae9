"""A weighted comparison of means, corrected for what still differs, with an error that knows who is used twice.

Abadie and Imbens 2011, Journal of Business and Economic Statistics 29:1 (bias correction of matching by regression);
Brown, Cai and DasGupta 2001, Statistical Science 16:101 (half a case more, after Jeffreys, where cases are few).
"""

import numpy as np

from sim.evaluation.loops import gram


def weights(pairs, there, families):
    """Weights of controls, and whether each family has any.

    Each family counts the same and shares its weight among its controls that are still there.

    Parameters
    ----------
    pairs : int64 (n, most)
        Places of each family's controls, -1 for none.
    there : bool (m,)
        Controls still there.
    families : bool (n,)
        Families still there.

    Returns
    -------
    tuple of (float (m,), bool (n,))
    """
    good = np.append(there, False).take(pairs, mode="wrap") & families[:, None]
    many = good @ np.ones(good.shape[1])
    supported = many > 0
    share = good / (np.maximum(many, 1) * max(1, supported.sum()))[:, None]
    return np.bincount(pairs.ravel() + 1, share.ravel(), len(there) + 1)[1:], supported


def effective(weight, who):
    """Families behind some weights, each once, and how many of equal weight would say as much.

    Parameters
    ----------
    weight : float (m,)
    who : int64 (m,)
        Number of the family that each is of.
    """
    of_family = np.bincount(who, weight)
    used = of_family[of_family > 0]
    return len(used), float(used.sum() ** 2 / (used**2).sum()) if len(used) else 0.0


def differences(seen, counts, pool, weight, deviation):
    """Differences of means between families and controls, by weights, in some standard deviations: float (covariates,)."""
    gap = counts @ seen / counts.sum() - weight @ pool / weight.sum()
    return np.divide(gap, deviation, out=np.zeros(len(gap)), where=deviation > 0)


def contrast(mine, theirs, weight, who, seen=None, pool=None, plain=0):
    """Mean outcomes of families less what their controls say they would have been.

    Controls' outcomes are regressed on what is known of them, by their weights, and what the regression makes of the
    families is what they would have had. The luck of a family that is helped little or not at all is that of its controls, so
    the larger spread of the two counts. With a constant in it that is the mean over matches, each corrected by the
    regression for how it differs from its family; without covariates, the difference of means.

    Parameters
    ----------
    mine, theirs : float (n, outcomes), (m, outcomes)
    weight : float (m,)
        Of the controls; those of 0 are left out.
    who : int64 (m,)
        Number of the family that each control is of: errors of one family's outcomes count together.
    seen, pool : float (n, covariates), (m, covariates), optional
    plain : int
        Outcomes, the first, whose errors nobody asks for.

    Returns
    -------
    tuple of (float (outcomes,), float (outcomes - plain,), float (outcomes,))
        Differences, their standard errors, and what would have been.
    """
    used = np.flatnonzero(weight > 0)
    theirs, weight, who = theirs.take(used, axis=0), weight[used] / weight[used].sum(), who[used]
    seen, pool = (
        (np.empty((len(mine), 0)), np.empty((len(used), 0))) if seen is None else (seen, pool.take(used, axis=0))
    )
    middle = weight @ pool
    z = pool - middle  # so that the constant has nothing to do with the slopes
    inverse, rank = _inverse(gram(z, weight))
    pull = weight * (1 + z @ (inverse @ (_mean(seen) - middle)))  # of each control on what would have been
    usual = pull @ theirs
    gain = _mean(mine) - usual
    mine, theirs = mine[:, plain:], theirs[:, plain:]
    beta = inverse @ (z.T @ (weight[:, None] * theirs))
    left = theirs - weight @ theirs - z @ beta
    missed = [np.bincount(who, pull * of_outcome) for of_outcome in left.T]
    clusters = np.count_nonzero(np.bincount(who))
    small = clusters / max(1, clusters - rank - 1)
    residual = np.ascontiguousarray((mine - seen @ beta).T)  # sums along rows are quicker
    spread = ((residual - residual.mean(axis=1, keepdims=True)) ** 2).sum(axis=1) / max(1, len(mine) - 1)
    of_families = np.maximum(spread, small * (weight @ left**2)) / len(mine)  # helped, they may differ by less
    of_controls = small * np.square(missed).sum(axis=1)
    return gain, np.sqrt(of_controls + of_families), usual


def half_a_case(square, effective, families):
    """Variance of a difference of means if half a family more were served on either side.

    What is dear and rare may befall nobody in groups of a hundred, whose spread then says that it cannot. A count of x in n has
    the variance (x + 1/2) / n^2 by Jeffreys' prior: this is its half.

    Parameters
    ----------
    square : float (outcomes,)
        Mean square of the outcome among families that are served.
    effective : float
        Controls, as :func:`effective` counts them.
    families : int

    Returns
    -------
    float (outcomes,)
    """
    return square / 2 * (1 / effective**2 + 1 / families**2)


def _mean(table):
    """Means of columns, by a product, which is quicker than numpy's own mean where rows lie together."""
    return np.ones(len(table)) @ table / len(table)


def _inverse(curve):
    """Pseudo-inverse and rank of a matrix of covariances: a covariate that others determine counts through these alone."""
    spread = np.sqrt(np.diag(curve))
    scale = np.divide(1, spread, out=np.zeros(len(spread)), where=spread > 1e-9)
    values, vectors = np.linalg.eigh(curve * np.outer(scale, scale))
    keep = values > 1e-9 * values.max(initial=0.0)
    vectors = scale[:, None] * vectors[:, keep]
    return vectors / values[keep] @ vectors.T, int(keep.sum())
