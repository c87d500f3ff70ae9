"""Who pays what of a programme that gains for several together: by benefit, by bargaining, and by one side payment.

A body's worth is what a family on the programme is worth to it, before any cost. What it is to pay is below nought where
it is paid. Worths and costs are pence; keys are bodies.
"""

import math


def by_benefit(worth, cost, most=None):
    """Each pays the same pence per pound of its own gain, and whoever loses is made good: dict of str to float.

    What one may not be asked for is spread over the others alike. None where what they gain together, or may be asked
    for, does not cover the cost, so that some would be worse off.

    Parameters
    ----------
    worth : dict of str to float
    cost : float
    most : dict of str to float, optional
        Most that each may be asked for; all that it gains where it is not named.

    Notes
    -----
    Nash's solution weighted by stakes: maximises the sum of worth_i x log(worth_i - payment_i) over those who gain, with
    payments that sum to the cost and none above its limit; Kalai 1977, International Journal of Game Theory 6(3).
    """
    free = {body: pence for body, pence in worth.items() if pence > 0}
    limits = {body: min(pence, max(0.0, (most or {}).get(body, pence))) for body, pence in free.items()}
    left = cost - sum(pence for pence in worth.values() if pence < 0)
    if sum(limits.values()) < left:
        return None
    paid = {body: min(0.0, pence) for body, pence in worth.items()}
    while free:
        gains = sum(free.values())
        full = [body for body, pence in free.items() if pence * left / gains > limits[body]]
        if not full:
            break
        for body in full:
            paid[body] = limits[body]
            left -= limits[body]
            del free[body]
    return paid | {body: pence * left / sum(free.values()) for body, pence in free.items()}


def by_bargaining(worth, cost, buyer):
    """Nash's solution with money that may change hands: dict of str to float; None where there is no surplus to share.

    Without an agreement nothing is bought and nobody gains. Those at the table, the buyer and whoever gains, come away
    with an equal part of the surplus each; whoever loses is made good. A body that would be paid merely for agreeing has
    its benefit whether it agrees or not: it leaves the table and pays nothing.

    Notes
    -----
    Maximises the product of (worth_i - payment_i) with payments that sum to the cost; Nash 1950, Econometrica 18(2).
    """
    to_cover = cost - sum(pence for pence in worth.values() if pence < 0)
    table = {body: pence for body, pence in worth.items() if pence > 0 or body == buyer}
    while True:
        each = (sum(max(0.0, pence) for pence in table.values()) - to_cover) / max(1, len(table))
        stay = {body: pence for body, pence in table.items() if pence >= each or body == buyer}
        if len(stay) == len(table):
            break
        table = stay
    if each < 0:
        return None
    made_good = {body: min(0.0, pence) for body, pence in worth.items()}
    return made_good | {body: pence - each for body, pence in table.items()}


def side_payment(worth, cost, buyers):
    """The smallest payment of one body that lets another buy: (from, to, whole pence); None where nobody could pay it.

    It goes to the one of the possible buyers that lacks least, and comes from whom it leaves with most.
    """
    buyer = max(buyers, key=worth.get, default=None)
    if buyer is None or worth[buyer] > cost:
        return None
    pence = math.floor(cost - worth[buyer]) + 1
    payers = [body for body in worth if body != buyer and worth[body] > pence]
    return (max(payers, key=worth.get), buyer, pence) if payers else None
