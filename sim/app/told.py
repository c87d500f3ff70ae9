"""Whether a difference can be told from nought, looked at a few times as seeds come in, without a false word too often.

Whoever looks at a 95% interval after every seed and stops as soon as it leaves nought is wrong in three cases of ten. So there are
five looks, each with an interval of 99%: whatever hangs together between them, all five are wrong in one case of twenty at most.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np

LOOKS = (4, 8, 16, 32, 60)  # numbers of seeds
_LEVEL = 0.05 / len(LOOKS)  # of each look, so that all of them make 0.05 at most (Bonferroni)


@dataclass(frozen=True)
class Told:
    """What is known of a difference at a look.

    Attributes
    ----------
    mean, low, high : float
        Its mean, and the interval of this look; null where nothing is known.
    n : int
        Seeds in which it is known.
    last : bool
        Whether there will be no further look.
    """

    mean: float
    low: float
    high: float
    n: int
    last: bool

    @property
    def apart(self):
        """Whether the interval leaves nought out."""
        return self.low > 0 or self.high < 0

    @property
    def settled(self):
        """Whether more seeds would change nothing that is said."""
        return self.apart or self.last or self.low == self.high == 0


def look(n):
    """Seeds of the last look that n seeds are enough for; 0 before the first."""
    return max((stage for stage in LOOKS if stage <= n), default=0)


def told(values):
    """What the last look says of a difference whose values by seed are given.

    Parameters
    ----------
    values : numpy.ndarray
        In the order of the seeds; unknown ones are left out.
    """
    found = Told(np.nan, np.nan, np.nan, len(values), False)
    for stage in LOOKS:
        if stage > len(values) or found.settled:  # the look that tells them apart is the last one
            break
        found = _at(values[:stage], stage == LOOKS[-1])
    return found


def _at(values, last):
    known = values[~np.isnan(values)]
    n = len(known)
    if n < 2:
        return Told(float(known.mean()) if n else np.nan, np.nan, np.nan, n, last)
    mean, half = float(known.mean()), float(known.std(ddof=1)) / np.sqrt(n) * _quantile(n - 1)
    return Told(mean, float(mean - half), float(mean + half), n, last)


@cache
def _quantile(freedom):
    from scipy.special import stdtrit

    return float(stdtrit(freedom, 1 - _LEVEL / 2))
