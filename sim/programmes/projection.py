"""What a programme is expected to save of services, quarter by quarter, for each family that takes it up (docs/odd.md, 6.1).

Families like the target are followed in the settled place with the effect that is believed and without (see
:mod:`sim.programmes.following`). So what the programme does to one need counts on every line it leads to, crises that
would have passed by themselves are not counted as saved, and families that would never have been served save nothing.
Neighbours and those who get a place that came free are none of a projection's business.
"""

from dataclasses import dataclass

import numpy as np

from sim.core.calendar import QUARTERS
from sim.programmes.following import follow, refer, surroundings, takers

THETAS = (0.5, 1.0, 1.5)
FAMILIES = 10_000  # referred for a projection
SPANS = (5, 10, 20, 25)  # years a projection may reach; families leave at 25
SEED = 2  # of the draws of those who are followed
_GROUPS = 8  # that families are put in, to see how far chance goes


@dataclass(frozen=True)
class Projection:
    """Case-quarters saved by families that took a programme up, at several beliefs about its effect.

    Attributes
    ----------
    thetas : tuple of float
        Beliefs, as multiples of the published effect.
    saved : float32 (groups, beliefs, quarters, lines)
        Case-quarters saved by groups of families; those copied from one are in one group.
    families : int64 (groups,)
        Families in each.
    staying : float (quarters,)
        Share of them that have not left yet; those that have save nothing.

    Notes
    -----
    With 10,000 families referred, the standard error of what is saved in five years, at average cost, is some 3 to 6% of
    it for most programmes, more where little is saved: see :meth:`error`.
    """

    thetas: tuple
    saved: np.ndarray
    families: np.ndarray
    staying: np.ndarray

    def avoided(self, theta):
        """Case-quarters saved a family, float (quarters, lines): nought at a belief of nought, and in line between beliefs."""
        return self._at(self.saved.sum(axis=0, dtype=float) / self.families.sum(), theta)

    def error(self, price, theta=1.0):
        """Standard error of what all quarters save a family, at prices by line or by quarter and line."""
        return float(np.sqrt(((self.noise(theta) * price).sum(axis=(1, 2)) ** 2).sum()))

    def noise(self, theta):
        """What chance does to :meth:`avoided`, in parts: the squared error of any sum of it is that of the parts' own sums.

        Returns
        -------
        float (groups, quarters, lines)
        """
        parts = np.stack([self._at(group, theta) for group in self.saved.astype(float)])
        total, n = self.families.sum(), len(parts)
        return (parts - self.families[:, None, None] * parts.sum(axis=0) / total) * np.sqrt(n / (n - 1)) / total

    def by_year(self, theta):
        """Case-quarters saved a family in each year from enrolment on: float (years, lines)."""
        avoided = self.avoided(theta)
        return avoided.reshape(-1, QUARTERS, avoided.shape[1]).sum(axis=1)

    @property
    def nbytes(self):
        """About how much memory it takes."""
        return self.saved.nbytes

    def _at(self, saved, theta):
        """Values (beliefs, quarters, lines) at a belief: straight lines from nought on, the last of them drawn out."""
        beliefs, values = np.array([0.0, *self.thetas]), np.concatenate([np.zeros_like(saved[:1]), saved])
        i = min(max(int(np.searchsorted(beliefs, theta)), 1), len(self.thetas))
        weight = (theta - beliefs[i - 1]) / (beliefs[i] - beliefs[i - 1])
        return (1 - weight) * values[i - 1] + weight * values[i]


def project(around, programme, quarters, thetas=THETAS, n=FAMILIES):
    """Project a programme at several beliefs about its effect.

    A belief multiplies the published log ratios, and with them the need that contact brings to light and the trust won.

    Parameters
    ----------
    around : Surroundings
    programme : Programme
    quarters : int
    thetas : sequence of float
        Rising, and above nought.
    n : int
        Families referred; those who take it up, by their trust, are followed.

    Returns
    -------
    Projection
        Of no families where services know nobody like its target, or nobody of them takes it up.
    """
    programme, shared = programme.as_believed(), shared_lines(around.place)
    target = programme.targets(around.place)
    cohort = refer(around, target, programme.shares, n, SEED)
    takes = [] if cohort is None else np.flatnonzero(takers(cohort, target, programme))
    if not len(takes):
        nothing = np.zeros((_GROUPS, len(thetas), quarters, len(shared)), np.float32)
        return Projection(tuple(thetas), nothing, np.zeros(_GROUPS, np.int64), np.ones(quarters))
    cohort = cohort.copies(takes, SEED)
    group, published = cohort.columns.luck % _GROUPS, programme.published(around.place)
    without = follow(cohort, around, quarters)
    used, saved = without.use_by(group, _GROUPS, len(shared)), []
    for theta in thetas:
        helped = follow(cohort, around, quarters, theta * published, programme, contact=theta)
        saved.append((used - helped.use_by(group, _GROUPS, len(shared)))[:, 1:] @ shared)
    families = np.bincount(group, minlength=_GROUPS)
    return Projection(tuple(thetas), np.stack(saved, 1).astype(np.float32), families, without.there[1:].mean(axis=1))


def shared_lines(place):
    """How use of lines that share the cases of a need and level is shared out among them on average: float (lines, lines).

    Which of them a family is for is chance that lasts, so that the average takes out noise and nothing else.
    """
    names = [f"lines.{line.id}.share" for line in place.lines]
    share = np.array([place.get(name) if place.has(name) else 0.0 for name in names])
    alike = np.array([[(a.need, a.level) == (b.need, b.level) for b in place.lines] for a in place.lines])
    parts = alike * share * (share > 0)[:, None]
    return np.where(
        (share > 0)[:, None], parts / np.maximum(parts.sum(axis=1, keepdims=True), 1e-12), np.eye(len(share))
    )


class Projections:
    """Projections of a place's programmes, made when somebody asks for them.

    Parameters
    ----------
    place : Place
    dials : dict
        Every dial by name, without what an arrangement says.
    threads : int
    """

    def __init__(self, place, dials, threads=1):
        self._place, self._dials, self._threads = place, dials, threads
        self._around, self._kept = None, {}

    def of(self, programme, years):
        """The projection of a programme for some years at least; None where there is nobody like its target."""
        key = programme.id, span(years)
        if key not in self._kept:
            self._kept[key] = self._made(programme, QUARTERS * span(years))
        return self._kept[key] if self._kept[key].families.any() else None

    def _made(self, programme, quarters):
        if self._around is None:
            self._around = surroundings(self._place, self._dials, self._threads)
        return project(self._around, programme, quarters)


def span(years):
    """Years that a projection reaches if it is to reach some years at least, and at most the whole of :data:`SPANS`."""
    return next((reach for reach in SPANS if reach >= years), SPANS[-1])
