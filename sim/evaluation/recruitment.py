"""The programme's own recruitment in a comparison area, where nothing is started (docs/odd.md, section 7)."""

from dataclasses import dataclass, field

import numpy as np

from sim.evaluation.draw import NOBODY
from sim.evaluation.groups import evenly
from sim.place.kernels import SLOTS, Places

POOL = 1000  # families of a quarter, at most, that controls are looked for among; more are sampled evenly


@dataclass
class Recruitment:
    """Who in a comparison area has been referred, has agreed to take part, and would have had a place.

    Attributes
    ----------
    marks : uint8 (2, SLOTS, families)
        Programmes that each family would be on or have been on, and quarters since; as `offer` and `clock` of the columns are.
    lives : uint8 (families,)
        Generation of whom they are of.
    quarter : int
        Up to which quarters are counted.
    owed : dict of str to float (5,)
        By programme, parts of places that are still due, as an area has fewer of them than the place.
    """

    marks: np.ndarray = None
    lives: np.ndarray = None
    quarter: int = 0
    owed: dict = field(default_factory=dict)

    def recruit(self, others, places, share, quarter, programme, **offer):
        """Rows of families that agree to take part in a quarter: at most :data:`POOL`, those who would have a place first.

        The families of the area are referred, reached, asked and put in a queue as those of the place are, by the same rule and
        with luck of their own. Its share of the places is given out and marked: who would have had one is not asked again for
        this programme.

        Parameters
        ----------
        others : Families
            Of the comparison area, as they stood in that quarter.
        places : Places
            Of the programme in the place.
        share : float
            Families of the area for each of the place.
        quarter : int
        programme : str
        **offer
            As :meth:`Families.applicants` has it.
        """
        here = self._at(others, quarter)
        agreed = here.applicants(quarter, barred=NOBODY, **offer)
        placed = agreed.given(self._of_area(places, share, programme))
        first, rest = agreed.rows[placed], agreed.rows[~placed]
        here.enrol(first, offer["same_programme"].nonzero()[0].max(initial=0), 0.0)
        return np.sort(np.concatenate([first, rest[evenly(len(rest), max(0, POOL - len(first)))]])[:POOL])

    def _at(self, others, quarter):
        """The families of the area as they stood, with marks for whom it would have taken on."""
        lives = others.columns.generation
        if self.marks is None:
            self.marks, self.lives, self.quarter = np.zeros((2, SLOTS, others.n), np.uint8), lives, quarter
        offer, clock = self.marks
        if passed := min(255, quarter - self.quarter):  # else another programme has been here this quarter
            offer[:, np.flatnonzero(lives != self.lives)] = 0
            np.minimum(clock, 255 - passed, out=clock)
            clock += passed
            self.lives, self.quarter = lives, quarter
        return others.as_at(quarter, offer=offer, clock=clock)

    def _of_area(self, places, share, programme):
        """Whole places of the area, of each kind; parts of one are carried over."""
        due = np.append(places.by_order, places.by_level) * share + self.owed.get(programme, 0.0)
        given = np.floor(due)
        self.owed[programme] = due - given
        by_order, *by_level = given.astype(np.int64)
        return Places(int(by_order), np.array(by_level))
