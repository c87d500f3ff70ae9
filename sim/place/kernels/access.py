"""Who is known, eligible and served without waiting (docs/odd.md, sections 3.3 and 4.1)."""

from typing import NamedTuple

import numpy as np
from numba import njit

from sim.core.compiled import compiled
from sim.core.philox import PRESENT, philox, to_unit
from sim.place.kernels.columns import RING, SLOTS


class ServiceTables(NamedTuple):
    """What makes a family eligible for a line."""

    present: np.ndarray  # float32 (K, 4): chance a quarter that need shows itself, at average trust
    at: np.ndarray  # uint32 (K, 4): lines a need at this level is eligible for
    below: np.ndarray  # uint32 (K, 4): lines whose threshold is one level above
    open_door: np.uint32  # lines that serve all who are eligible
    need_of: np.ndarray  # uint8 (lines,): the need a line serves


@njit(nogil=True, inline="always")
def show_needs(c_has, known, found, levels, trust, gain, contact, present, f, number, generation, quarter, key0, key1):
    """Needs become known: of the family's own accord, or only because a programme found them (3.3)."""
    for k in range(levels.shape[1]):
        bit = np.uint16(1 << k)
        if c_has & bit and not known[f] & bit:
            u = to_unit(philox(number, generation, quarter, (PRESENT << 24) + k, key0, key1)[0])
            chance = present[k, levels[f, k]] * np.float32(2.0)
            if u < chance * trust:
                known[f] |= bit
                found[f] &= ~bit
            elif u < chance * (trust + gain) * (np.float32(1.0) + contact):
                found[f] |= bit


@compiled
def screen(
    c,
    s,
    o,
    first_area,
    last_area,
    key,
    quarter,
    heard,
    finds,
    trust_counts,
    all_known,
    eligible,
    lower,
    demand,
    kept,
    hopeful,
    hopefuls,
):
    """Who is known and eligible, and who is served without waiting (4.1).

    Parameters
    ----------
    heard : float32 (neighbourhoods,)
        Trust gained by word of mouth.
    finds : float32
        Extra chance of presenting for families in contact with a programme.
    trust_counts : float32
        Share of the trust brought by programmes that makes need known.
    all_known : bool
        Every need is known at once (no unmet need).
    eligible, lower : uint32 (N,)
        Filled with the lines a family is eligible for, and those it could be let into below their threshold.
    demand : int64 (neighbourhoods, K, 4, 2)
        Filled with families by known need and level: all, and those known only because found.
    kept : int64 (neighbourhoods, lines, 2)
        Filled with families that keep their place on a rationed line: all, and found.
    hopeful, hopefuls : int64 (N,), int64 (neighbourhoods,)
        Filled, from each neighbourhood's first row on, with the rows of families some line might still let in.
    """
    first, end, levels, has, known, found = c.first, c.end, c.levels, c.has, c.known, c.found
    trust, trust_gain, generation, offer, clock = c.trust, c.trust_gain, c.generation, c.offer, c.clock
    served, before = c.served[quarter % RING], c.served[(quarter + RING - 1) % RING]
    present, at, below, need_of, running = s.present, s.at, s.below, s.need_of, o.running
    n_needs, n_lines = levels.shape[1], kept.shape[1]
    for area in range(first_area, last_area):
        demand[area] = 0
        kept[area] = 0
        hopes = first[area]
        for f in range(first[area], end[area]):
            known[f] &= has[f]
            found[f] &= has[f]
            if all_known:
                known[f] = has[f]
            elif has[f] & ~known[f]:
                contact = np.float32(0.0)
                for slot in range(SLOTS):
                    i = offer[slot, f]
                    if i and clock[slot, f] < running[i]:
                        contact = finds
                gain = trust_counts * (trust_gain[f] + heard[area])
                number = (area << 20) + f - first[area]
                show_needs(
                    has[f],
                    known,
                    found,
                    levels,
                    trust[f],
                    gain,
                    contact,
                    present,
                    f,
                    number,
                    generation[f],
                    quarter,
                    key[0],
                    key[1],
                )
            seen = known[f] | found[f]
            can = np.uint32(0)
            low = np.uint32(0)
            if seen:
                for k in range(n_needs):
                    if (seen >> k) & 1:
                        level = levels[f, k]
                        can |= at[k, level]
                        low |= below[k, level]
                        demand[area, k, level, 0] += 1
                        demand[area, k, level, 1] += (found[f] >> k) & 1
            keeps = can & ~s.open_door & before[f]
            eligible[f] = can
            lower[f] = low
            served[f] = (can & s.open_door) | keeps
            if low or can & ~served[f]:
                hopeful[hopes] = f
                hopes += 1
            if keeps:
                for j in range(n_lines):
                    if (keeps >> j) & 1:
                        kept[area, j, 0] += 1
                        kept[area, j, 1] += (found[f] >> need_of[j]) & 1
        hopefuls[area] = hopes - first[area]
