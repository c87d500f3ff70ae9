"""A waiting list: more apply than are taken on, and lots are drawn."""

from dataclasses import dataclass, field

import numpy as np

from sim.core.calendar import QUARTERS
from sim.place import kernels

WAIT = QUARTERS  # quarters before a family on a waiting list may enrol
NOBODY = np.zeros(0, np.uint8)


@dataclass
class WaitingList:
    """Who waits for which programme.

    Attributes
    ----------
    waiting : dict of str to (uint16 (families,), uint8 (families,))
        By programme: the quarter from which each row's family may be taken on, and its generation.
    """

    waiting: dict = field(default_factory=dict)

    def take_up(self, families, places, quarter, programme, **offer):
        """Rows of families that win a draw and of those that lose it.

        Up to twice the places apply, whatever their severity but for the levels that some of the places are meant for,
        and lots are drawn, at each such level apart: those with the lower half of lots are taken on. Where fewer apply,
        half of them wait. A family that waits cannot enrol for a year.

        Parameters
        ----------
        families : Families
        places : kernels.Places
        quarter : int
        programme : str
        **offer
            As :meth:`Families.applicants` has it.
        """
        lives = families.columns.generation
        until, whose = self.waiting.setdefault(programme, (np.zeros(families.n, np.uint16), lives.copy()))
        offer |= {"order": 0, "barred": ((until > quarter) & (whose == lives)).astype(np.uint8)}
        asked = families.applicants(quarter, **offer)
        applied = asked.of(asked.given(kernels.Places(2 * places.by_order, 2 * places.by_level)))
        won = applied.given(_half(applied, places))
        taken, waiting = applied.rows[won], applied.rows[~won]
        until[waiting], whose[waiting] = quarter + WAIT, lives[waiting]
        return taken, waiting


def _half(applied, places):
    """Places for half of those who applied; of each worst level apart where places are meant for levels."""
    if not places.by_level[1:].any():
        return kernels.Places(len(applied.rows) // 2, np.zeros_like(places.by_level))
    return kernels.Places(0, np.bincount(applied.worst, minlength=len(places.by_level)) // 2)
