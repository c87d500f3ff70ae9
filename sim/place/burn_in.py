"""A settled place: families and services as they stand before anyone decides anything new."""

from dataclasses import dataclass

import numpy as np

from sim.core.calendar import QUARTERS
from sim.place.families import Families
from sim.place.influence import FULL_QUARTER
from sim.place.kernels import QUARTERS_OF_AGE
from sim.place.services import Lines, Services


@dataclass
class Settled:
    """A place at the end of its base year; quarters up to 0 lie behind it.

    Attributes
    ----------
    families : Families
    services : Services
        With places and prices in pence.
    expected_pence : int64 (lines,)
        Spending of the base year, which is what agencies expect to spend.
    """

    families: Families
    services: Services
    expected_pence: np.ndarray

    def copy(self):
        """The same place again, sharing nothing that changes."""
        return Settled(self.families.copy(), self.services.copy(), self.expected_pence)

    def at(self, place, dials, threads=1):
        """The same families and services where a place and dials differ in nothing that was read up to now."""
        return Settled(self.families.at(place, dials, threads), self.services, self.expected_pence)

    @property
    def nbytes(self):
        """About how much memory it takes."""
        return sum(column.nbytes for column in self.families.columns)


def burn_in(place, dials, seed, n_families=None, threads=1, look=None):
    """Let a place fill and run without policy or trend until it is in its usual state (docs/odd.md, section 5).

    Every family enters when its index child is born, so that at the end each has lived its whole life in the model
    and the place is stationary. Meanwhile each rationed line serves its usual share of known need. Then places are
    fixed and a base year passes with them.

    Parameters
    ----------
    place : Place
    dials : dict
    seed : int
    n_families : int, optional
        Scales the population and the outside caseload; the place's own number by default.
    threads : int
    look : callable, optional
        Called with the families and the quarter at the end of each.

    Returns
    -------
    Settled
    """
    n_families = int(place.get("place.families")) if n_families is None else n_families
    return _lived(Families(place, dials, n_families, seed, threads), FULL_QUARTER - QUARTERS_OF_AGE + 1, look)


def elsewhere(settled, seed, n):
    """Another place like a settled one, by luck of its own since it was full.

    Its families are copies of an even sample of the settled place's, two years on: in the first its places are sized, and with
    the second, its base year, it is settled too.

    Parameters
    ----------
    settled : Settled
    seed : int
    n : int
        Families.

    Returns
    -------
    Settled
    """
    families = settled.families
    return _lived(families.copies(np.arange(n) * families.n // n, seed), FULL_QUARTER + 1)


def _lived(families, first, look=None):
    """The place of some families after the quarters from the first to the end of its base year: Settled."""
    services = Services(Lines(families.place, families.dials, families.n))
    for quarter in range(first, 1):
        if quarter == 1 - QUARTERS:
            services.open_for_business(range(quarter - QUARTERS, quarter))
        families.live(quarter, until_full=max(0, FULL_QUARTER - quarter))
        services.serve(families, quarter)
        if look:
            look(families, quarter)
    expected = sum(services.prices.spending(services.counts[quarter]) for quarter in range(1 - QUARTERS, 1))
    return Settled(families, services, expected)
