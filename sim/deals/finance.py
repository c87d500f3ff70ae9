"""The arithmetic of investment: rates of return, prices of outcome units, and who is paid first.

Pure functions; money is whole pence.
"""

import math
from fractions import Fraction
from itertools import groupby, pairwise

import numpy as np

from sim.core.ledger import split

PRICING = ("appendix", "fair")


def irr(flows):
    """Internal rate of return: the yearly rate at which the flows' present value is nought.

    Parameters
    ----------
    flows : sequence of float or int
        Money by year, the first at year 0; what is paid in is negative.

    Returns
    -------
    float or None
        A share a year. -1 where money went in and none came back. None where there is no such rate or may be more
        than one: nothing was paid in, or the flows change sign more than once (Descartes' rule of signs).

    Raises
    ------
    ValueError
        If a flow is not finite.
    """
    if not all(map(math.isfinite, flows)):
        raise ValueError(f"flows {list(flows)} are not finite")
    signs = [flow > 0 for flow in flows if flow]
    changes = sum(a != b for a, b in pairwise(signs))
    if changes != 1:
        return -1.0 if signs and not any(signs) else None
    toward = -1 if signs[0] else 1
    last = max(t for t, flow in enumerate(flows) if flow)

    def beyond(factor):
        # Divided by factor**last where that is large: the sign is the same and nothing overflows.
        shift = last if factor > 1 else 0
        return toward * sum(flow * factor ** (t - shift) for t, flow in enumerate(flows[: last + 1])) > 0

    low, high = 0.0, 1.0
    while not beyond(high):
        low, high = high, 2 * high
    while low < (middle := (low + high) / 2) < high:
        low, high = (low, middle) if beyond(middle) else (middle, high)
    return 1 / high - 1


def unit_price(cost_pence, risk, premium, pricing="appendix"):
    """What is paid for an outcome unit that succeeds.

    Parameters
    ----------
    cost_pence : int
        What investors put in for a unit.
    risk : float
        Chance that a unit fails and nothing is paid, below 1.
    premium : float
        Return investors are to have for the whole term, as a share of cost.
    pricing : {"appendix", "fair"}
        ``appendix``: cost x (1 + risk + premium), of the example in Localis 2010, Total Neighbourhood, Appendix. It
        pays for the risk as if it were a fee, so the expected return falls short of the premium.
        ``fair``: cost / (1 - risk) x (1 + premium), at which the expected return is the premium.

    Returns
    -------
    int
        Pence.
    """
    risk, premium = Fraction(str(risk)), Fraction(str(premium))
    factor = {"appendix": 1 + risk + premium, "fair": (1 + premium) / (1 - risk)}[pricing]
    return round(cost_pence * factor)


def waterfall(receipt, tranches):
    """Share a receipt between tranches, the most senior first, so that the last one takes the first loss.

    Parameters
    ----------
    receipt : int
        Pence, nought or more.
    tranches : sequence of tuple of int
        (rank, pence owed); rank 1 is paid first. Equal ranks share in proportion to what they are owed.

    Returns
    -------
    list of int
        Pence for each tranche, in the order given: never more than owed, together never more than the receipt.
    """
    paid = [0] * len(tranches)
    by_rank = sorted(range(len(tranches)), key=lambda i: tranches[i][0])
    for _, group in groupby(by_rank, key=lambda i: tranches[i][0]):
        same = list(group)
        owed = [tranches[i][1] for i in same]
        part = min(receipt, sum(owed))
        if part > 0:
            for i, pence in zip(same, split(part, owed), strict=True):
                paid[i] = pence
            receipt -= part
    return paid


def payouts(receipt, stakes, cap):
    """Share a receipt between investors: capital back by rank, then a return up to the cap, in proportion to capital.

    Parameters
    ----------
    receipt : int
        Pence, nought or more.
    stakes : sequence of tuple of int
        (rank, pence put in, pence of it repaid before, pence of return paid before).
    cap : float or Fraction
        Most that investors may have in all, as a multiple of what they put in; 1 or more.

    Returns
    -------
    tuple of (list of int, list of int, int)
        Capital and return for each stake, and what is left over.
    """
    capital = waterfall(receipt, [(rank, put_in - repaid) for rank, put_in, repaid, _ in stakes])
    left = receipt - sum(capital)
    put_in = [stake[1] for stake in stakes]
    most = math.floor(Fraction(str(cap)) * sum(put_in)) - sum(put_in) - sum(stake[3] for stake in stakes)
    gain = min(left, max(0, most))
    returns = split(gain, put_in) if gain else [0] * len(stakes)
    return capital, returns, left - gain


def payoff(multiple, before, share, cap):
    """What a pound in a tranche is paid in all, by :func:`payouts`.

    Parameters
    ----------
    multiple : float or ndarray
        Outcome payments per pound of all capital, nought or more.
    before : float
        Share of all capital that is repaid before this tranche.
    share : float
        This tranche's share of all capital, above nought.
    cap : float
        Most that investors may have, as a multiple of capital.
    """
    return np.clip((multiple - before) / share, 0, 1) + np.clip(multiple - 1, 0, float(cap) - 1)
