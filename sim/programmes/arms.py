"""The same families followed without a programme and with it at several beliefs, and in time fewer of them (docs/odd.md, 6.3).

What a programme saves comes from the families that fare otherwise with it than without, which are few at any time. So at some
quarters half of those that stand alike in every arm are let go, and each of the others counts twice: what is saved is the
same on average, and less is worked out that comes to nothing.
"""

import numpy as np

from sim.core.streams import uniform
from sim.place import kernels
from sim.place.kernels import QUARTERS_OF_AGE
from sim.programmes.following import offer

HALVED = (4, 8, 16, 24, 40, 60)  # quarters after which half go; at the first only of families without a targeted need
GROUPS = 64  # that families are put in, to see how far chance goes; copies of one family are in one
_STATE = ("packed", "known", "found", "lasting", "crisis", "served", "events")  # what families that stand alike share


class Arms:
    """Families of a cohort side by side in several arms, which have the same draws.

    Parameters
    ----------
    cohort : Families
        From :func:`sim.programmes.following.refer`; it stays as it is.
    around : Surroundings
    programme : Programme
    thetas : sequence of float
        Beliefs about its effect, as multiples of the published one.

    Attributes
    ----------
    arms : list of Families
        Without the programme, then with it at each belief.
    weight : int64 (n,)
        Families that each counts for.
    """

    def __init__(self, cohort, around, programme, thetas):
        self.arms, self._around = [cohort.copy() for _ in (None, *thetas)], around
        for families, theta in zip(self.arms[1:], thetas, strict=True):
            offer(families, theta * programme.published(around.place), programme, contact=theta)
        self.weight, self._referred = np.ones(cohort.n, np.int64), cohort.columns.generation.copy()
        wanted = programme.targets(around.place).needs
        self._wanted = np.bitwise_or.reduce(np.uint32(3) << 2 * np.flatnonzero(wanted).astype(np.uint32))

    def saved(self, quarters):
        """Case-quarters saved by groups of families, quarter by quarter: int64 (groups, beliefs, quarters, lines)."""
        lines = len(self._around.place.lines)
        saved = np.zeros((GROUPS, len(self.arms) - 1, quarters, lines), np.int64)
        for quarter in range(1, quarters + 1):
            for families in self.arms:
                families.live(quarter)
                self._around.serve(families, quarter)
            saved[:, :, quarter - 1] = self._saved_now(quarter, lines)
            if quarter in HALVED:
                self._halve(quarter)
        return saved

    def _saved_now(self, quarter, lines):
        """Case-quarters saved in a quarter: int64 (groups, beliefs, lines). Only those served otherwise are counted."""
        without, *helped = (families.columns.served[quarter % kernels.RING] for families in self.arms)
        there, halvings = self._there(), np.log2(self.weight).astype(np.int64)
        times = 1 << np.arange(1 + halvings.max(initial=0))
        cell = halvings * GROUPS + self.arms[0].columns.luck % GROUPS
        saved = []
        for served in helped:
            differs = (there & (served != without))[None]
            use = np.zeros((2, len(times) * GROUPS, 1, lines), np.int64)
            for arm, count in zip((without, served), use, strict=True):
                kernels.use_by_group(arm[None], differs, cell, count)
            saved.append(np.tensordot(times, (use[0] - use[1]).reshape(len(times), GROUPS, lines), 1))
        return np.stack(saved, axis=1)

    def _halve(self, quarter):
        """Let go of those who left, and of every other family that stands alike in all arms; the rest of these count twice."""
        columns = [families.columns for families in self.arms]
        stays, alike = self._there(), np.ones(len(self.weight), bool)
        for name in _STATE:
            without, *helped = (getattr(column, name) for column in columns)
            for other in helped:
                alike &= (other == without).reshape(-1, len(alike)).all(axis=0)
        if quarter == HALVED[0]:
            alike &= columns[0].packed & self._wanted == 0
        those = np.flatnonzero(alike & stays)
        stays[those[int(2 * uniform(self.arms[0].seed, "let go", quarter)) :: 2]] = False
        self.weight[those] *= 2
        rows = np.flatnonzero(stays)
        self.arms = [families.copies(rows, families.seed) for families in self.arms]
        self.weight, self._referred = self.weight[rows], self._referred[rows]

    def _there(self):
        """Those that are still the family that was referred; at 25 it leaves, and what follows is of another."""
        return self.arms[0].columns.generation == self._referred


def staying(cohort, quarters):
    """Families of a cohort that have not left yet, at the end of each quarter after referral: int64 (quarters,)."""
    left = QUARTERS_OF_AGE - cohort.columns.age.astype(np.int64)  # quarters until the family leaves
    return np.count_nonzero(left > np.arange(1, quarters + 1)[:, None], axis=1)
