"""Terms of payment by results that a bargain may choose: a cap and a true-up, and what they do to what is paid."""

import math
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

# Outcomes of a standard normal number, equally likely, whose variance is one.
_LUCK = np.array([NormalDist().inv_cdf((i + 0.5) / 20) for i in range(20)])
_LUCK /= _LUCK.std()


@dataclass(frozen=True)
class Terms:
    """How benefit that is measured becomes payment.

    Attributes
    ----------
    cap : float
        Most that is paid in all, as a multiple of what was expected to be measured.
    true_up : bool
        Whether what is measured below nought in a year is set against later bills.
    """

    cap: float = math.inf
    true_up: bool = True


@dataclass(frozen=True)
class Spread:
    """What is paid in all per pound that is expected to be measured.

    Attributes
    ----------
    mean, variance : float
    with_effect : float
        Covariance with the true effect, as a multiple of the one believed in.
    """

    mean: float = 1.0
    variance: float = 0.0
    with_effect: float = 0.0

    def deviation(self, gain, paid, doubt):
        """Standard deviation of a gain that follows the true effect less payments that are expected to come to `paid`."""
        rate = paid / self.mean
        return math.sqrt(max(0.0, (gain * doubt) ** 2 - 2 * gain * rate * self.with_effect + rate**2 * self.variance))


AS_MEASURED, SURE = Terms(), Spread()


def on_offer(cap, true_up, are_open):
    """Terms among which a bargain chooses: a file's own, and where it leaves them open, without its cap and with the other true-up.

    Parameters
    ----------
    cap : float
    true_up, are_open : bool

    Returns
    -------
    tuple of Terms
        The file's own first.
    """
    others = [Terms(cap, not true_up), Terms(true_up=true_up), Terms(true_up=not true_up)]
    return (Terms(cap, true_up), *(others if are_open else ()))


def chances(projects, beliefs, noise):
    """Deviation of the true effect, as believed, and of what is measured beside it, of all projects together.

    Parameters
    ----------
    projects : list of contracts.Project
    beliefs : dict of str to Belief
        By programme.
    noise : float
        Standard deviation of what is measured of one family, beside what is expected.

    Returns
    -------
    tuple of float
        Both as multiples of what is expected.
    """
    if not projects:
        return 0.0, 0.0
    held = [beliefs[project.programme.id] for project in projects]
    doubts = [belief.variance**0.5 / max(0.01, belief.mean) for belief in held]
    doubt = np.average(doubts, weights=[project.price_pence * project.families for project in projects])
    return float(doubt), noise / sum(project.families for project in projects) ** 0.5


def spread(terms, doubt, noise, years):
    """What terms make of a true effect that is in doubt and of noise that is equal in all years.

    Parameters
    ----------
    terms : Terms
    doubt : float
        Standard deviation of the true effect, as a multiple of the one believed in.
    noise : float
        That of what is measured in all years together, beyond the effect.
    years : int

    Returns
    -------
    Spread
    """
    effect = 1 + doubt * _LUCK
    mean, square = effect, effect**2 + noise**2
    if not terms.true_up:
        of_year, square_of_year = _above_nought(effect / years, noise / math.sqrt(years))
        mean = years * of_year
        square = years * (square_of_year - of_year**2) + mean**2
    if terms.cap < math.inf:
        over, square_over = _above_nought(mean - terms.cap, np.sqrt(np.maximum(0.0, square - mean**2)))
        mean, square = mean - over, square - square_over - 2 * terms.cap * over
    paid = float(mean.mean())
    return Spread(paid, float(square.mean()) - paid**2, float((effect * mean).mean()) - paid)


def _above_nought(mean, deviation):
    """Mean, and mean square, of the part above nought of normal numbers."""
    deviation = np.broadcast_to(np.maximum(deviation, 1e-12), mean.shape)
    z = mean / deviation
    below = np.array([0.5 * math.erfc(-x / math.sqrt(2)) for x in z])
    density = deviation * np.exp(-(z**2) / 2) / math.sqrt(2 * math.pi)
    return mean * below + density, (mean**2 + deviation**2) * below + mean * density
