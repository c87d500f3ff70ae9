"""A settled place: families and services as they stand before anyone decides anything new."""

from dataclasses import dataclass

import numpy as np

from sim.families import QUARTERS, Families
from sim.services import Lines, Services


@dataclass
class Settled:
    """A place at the end of its base year; quarters up to 0 lie behind it.

    Attributes
    ----------
    families : Families
    services : Services
        With places in whole blocks and prices in pence.
    expected_pence : int64 (lines,)
        Spending of the base year, which is what agencies expect to spend.
    """

    families: Families
    services: Services
    expected_pence: np.ndarray

    def copy(self):
        """The same place again, sharing nothing that changes."""
        return Settled(self.families.copy(), self.services.copy(), self.expected_pence)


def settle(place, dials, seed, n_families=None, threads=1):
    """Let a place run without policy or trend until it is in its usual state (docs/odd.md, section 5).

    During the burn-in each rationed line serves its usual share of known need. Then places are fixed in whole blocks
    and a base year passes with them.

    Parameters
    ----------
    place : Place
    dials : dict
    seed : int
    n_families : int, optional
        Scales the population and the outside caseload; the place's own number by default.
    threads : int

    Returns
    -------
    Settled
    """
    n_families = int(place.get("place.families")) if n_families is None else n_families
    families = Families(place, dials, n_families, seed, threads)
    services = Services(Lines(place, dials, n_families))
    families.start()
    first = 1 - QUARTERS * (int(place.get("place.burn_in_years")) + 1)
    for quarter in range(first, 1):
        if quarter == 1 - QUARTERS:
            services.open_for_business(range(quarter - QUARTERS, quarter))
        families.age()
        families.move_needs(quarter)
        services.serve(families, quarter)
    expected = sum(services.prices.spending(services.counts[quarter]) for quarter in range(1 - QUARTERS, 1))
    return Settled(families, services, expected)
