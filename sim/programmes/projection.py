"""What a programme is expected to save of services, quarter by quarter, for each family that takes it up (docs/odd.md, 6.1).

Families like the target are followed in the settled place with the effect that is believed and without (see
:mod:`sim.programmes.arms`). So what the programme does to one need counts on every line it leads to, crises that
would have passed by themselves are not counted as saved, and families that would never have been served save nothing.
They are followed lot after lot until chance bears little on what all of them save; the smaller the place, the more it may.
Neighbours and those who get a place that came free are none of a projection's business.
"""

import math
from bisect import bisect_left
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from sim.core.calendar import QUARTERS
from sim.programmes.arms import GROUPS, Arms, staying
from sim.programmes.following import MOST, refer, surroundings, takers

THETAS = (0.5, 1.0, 1.5)
FEWEST, LOT = 10_000, 40_000  # families referred: at least, and at a time; at most as many as the settled place has
SHARE, FLOOR = (
    0.02,
    2_500,
)  # of what is saved, and pence a family: the standard error that is small enough in a place of MOST families
SPARSE = 6  # families of which one at least is followed at all beliefs, and the others at the published effect
SPANS = (10, 20, 25)  # years a projection may reach; families leave at 25
KEPT = 16  # groups of families that a projection keeps; fewer say too little of whether enough were followed
SEED = 2  # of the draws of the first lot; the next has the next


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
    """

    thetas: tuple
    saved: np.ndarray
    families: np.ndarray
    staying: np.ndarray

    def avoided(self, theta):
        """Case-quarters saved a family, float (quarters, lines): nought at a belief of nought, and in line between beliefs."""
        return self._at(self._by_family, theta)

    @cached_property
    def _by_family(self):
        return _from_nought(self.saved.sum(axis=0, dtype=float) / self.families.sum())

    def error(self, price, theta=1.0):
        """Standard error of what all quarters save a family, at prices by line or by quarter and line."""
        return float(np.sqrt(((self.noise(theta) * price).sum(axis=(1, 2)) ** 2).sum()))

    def noise(self, theta):
        """What chance does to :meth:`avoided`, in parts: the squared error of any sum of it is that of the parts' own sums.

        Returns
        -------
        float (groups, quarters, lines)
        """
        parts = np.stack([self._at(_from_nought(group), theta) for group in self.saved.astype(float)])
        total, n = self.families.sum(), len(parts)
        return (parts - self.families[:, None, None] * parts.sum(axis=0) / total) * np.sqrt(n / (n - 1)) / total

    def by_year(self, theta):
        """Case-quarters saved a family in each year from enrolment on: float (years, lines), not to be changed."""
        if theta not in self._asked_last:
            avoided = self.avoided(theta)
            self._asked_last.clear()
            self._asked_last[theta] = avoided.reshape(-1, QUARTERS, avoided.shape[1]).sum(axis=1)
        return self._asked_last[theta]

    @cached_property
    def _asked_last(self):
        """By year, at the belief asked for last: one body after another asks for the same."""
        return {}

    @property
    def nbytes(self):
        """About how much memory it takes."""
        return self.saved.nbytes

    def _at(self, values, theta):
        """Values from nought on (1 + beliefs, quarters, lines) at a belief: straight lines, the last of them drawn out."""
        beliefs = 0.0, *self.thetas
        i = min(max(bisect_left(beliefs, theta), 1), len(self.thetas))
        weight = (theta - beliefs[i - 1]) / (beliefs[i] - beliefs[i - 1])
        return (1 - weight) * values[i - 1] + weight * values[i]


def _from_nought(saved):
    """What is saved by belief, with a belief of nought before."""
    return np.concatenate([np.zeros_like(saved[:1]), saved])


class Tally:
    """What lots of families save, summed up by group.

    Every lot is followed at the published effect, some at all beliefs. By how much what these save at another belief differs
    from as many times the published effect's, by so much it does for all.
    """

    def __init__(self, thetas, quarters, lines):
        self.thetas = tuple(thetas)
        self.published = np.zeros((GROUPS, 1, quarters, lines))  # saved by all
        self.some = np.zeros((GROUPS, len(thetas), quarters, lines))  # saved by those followed at all beliefs
        self.families, self.of_some, self.staying = np.zeros(GROUPS, np.int64), 0, np.zeros(quarters)

    def add(self, cohort, around, programme):
        """Follow a cohort of those who take the programme up, and add what it saves."""
        thetas = self.thetas if SPARSE * self.of_some <= self.families.sum() else (1.0,)
        saved = Arms(cohort, around, programme, thetas).saved(self.some.shape[2]) @ shared_lines(around.place)
        self.published[:, 0] += saved[:, thetas.index(1.0)]
        if thetas == self.thetas:
            self.some += saved
            self.of_some += cohort.n
        self.families += np.bincount(cohort.columns.luck % GROUPS, minlength=GROUPS)
        self.staying += staying(cohort, self.some.shape[2])

    def projection(self, groups=GROUPS):
        """What all of them save at every belief, in so many groups: Projection."""
        n = self.families.sum()
        some, theta = self.some * (n / max(1, self.of_some)), np.array(self.thetas)[:, None, None]
        published = some[:, [self.thetas.index(1.0)]]
        saved = some + theta * (self.published - published)
        saved, families = (part.reshape(-1, groups, *part.shape[1:]).sum(axis=0) for part in (saved, self.families))
        staying = self.staying / n if n else self.staying + 1
        return Projection(self.thetas, saved.astype(np.float32), families, staying)


def project(around, programme, quarters, thetas=THETAS, n=None):
    """Project a programme at several beliefs about its effect.

    A belief multiplies the published log ratios, and with them the need that contact brings to light and the trust won.

    Parameters
    ----------
    around : Surroundings
    programme : Programme
    quarters : int
    thetas : sequence of float
        Rising, and above nought, with the published effect, 1.0, among them.
    n : int, optional
        Families referred; by default lot after lot (:func:`lots`) until :func:`is_precise`. Those who take it up, by their
        trust, are followed.

    Returns
    -------
    Projection
        Of no families where services know nobody like its target, or nobody of them takes it up.
    """
    programme, target = programme.as_believed(), programme.targets(around.place)
    tally = Tally(thetas, quarters, len(around.place.lines))
    for seed, size in enumerate([n] if n else lots(around.size), SEED):
        cohort = refer(around, target, programme.shares, size, seed)
        takes = [] if cohort is None else np.flatnonzero(takers(cohort, target, programme))
        if not len(takes):
            break
        tally.add(cohort.copies(takes, seed), around, programme)
        if is_precise(tally.projection(), around):
            break
    return tally.projection(KEPT)


def lots(most):
    """Sizes of the lots that families are referred in: a 16th of the most, then each as large as all before, to LOT."""
    done, first = 0, max(FEWEST, most // 16)
    while done < most:
        yield (size := min(max(first, done), LOT, most - done))
        done += size


def is_precise(projection, around):
    """Whether chance bears little on what a projection saves in its first years, those of the shortest span, at average cost.

    So projections of every span are of the same families. The standard error is to be SHARE of it, or FLOOR a family, at most in a place of MOST families, and in a smaller one
    more by the root of how much smaller it is: chance bears as much more on what happens there.
    """
    early = np.arange(len(projection.staying)) < QUARTERS * SPANS[0]
    price = early[:, None] * around.prices.average
    allowed = max(SHARE * abs(float((projection.avoided(1.0) * price).sum())), FLOOR)
    return projection.error(price) <= allowed * math.sqrt(MOST / around.size)


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
