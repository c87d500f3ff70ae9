"""Who takes up a programme, and who hears of it (docs/odd.md, section 3.4)."""

from typing import NamedTuple

import numpy as np
from numba import njit

from sim.core.compiled import compiled
from sim.core.philox import ENGAGE, philox, to_unit
from sim.place.kernels.columns import SLOTS


class Target(NamedTuple):
    """Whom a programme is meant for."""

    needs: np.ndarray  # uint8 (K,): 1 for needs that count
    level_from: int
    level_to: int
    at_least: int  # needs that must be at such a level
    age_from: int  # quarters
    age_to: int  # quarters, last included


@njit(nogil=True, inline="always")
def matches(levels, wanted, level_from, level_to, at_least, f):
    """Bits of the target needs at the target level if there are enough of them, else 0 (3.4)."""
    bits = 0
    n = 0
    for k in range(levels.shape[1]):
        if wanted[k] and level_from <= levels[f, k] <= level_to:
            bits |= 1 << k
            n += 1
    return bits if n >= at_least else 0


@compiled
def choose_families(
    c, o, target, key, quarter, code, engagement, reach, heard, places, same_programme, order, barred,
    first_area, last_area, buffer, chosen,
):  # fmt: skip
    """Families that take up places on a programme, the worst off first or otherwise (3.4).

    A family known to services is asked; one that is not is reached with probability `reach`. It engages with a
    probability that grows with its trust. A family on a programme, or marked by the same one, is passed over.

    Parameters
    ----------
    same_programme : uint8 (offers + 1,)
        1 for offers of this programme.
    order : int
        1 the worst off first, -1 the least badly off, 0 by lot.
    barred : uint8 (N,) or (0,)
        1 for families that may not be taken on now; empty where all may.
    first_area, last_area : int
        Neighbourhoods to look in, last excluded.
    chosen : int64 (N,)
        Filled with row numbers, in family order.

    Returns
    -------
    int
        Families chosen.
    """
    first, end, levels, has, age, known, found = c.first, c.end, c.levels, c.has, c.age, c.known, c.found
    trust, trust_gain, generation, offer, clock = c.trust, c.trust_gain, c.generation, c.offer, c.clock
    wanted, running = target.needs, o.running
    waiting = 0
    for area in range(first_area, last_area):
        for f in range(first[area], end[area]):
            if not has[f] or age[f] < target.age_from or age[f] > target.age_to:
                continue
            if barred.size and barred[f]:
                continue
            bits = matches(levels, wanted, target.level_from, target.level_to, target.at_least, f)
            if bits == 0:
                continue
            busy = False
            for slot in range(SLOTS):
                i = offer[slot, f]
                busy |= i != 0 and (clock[slot, f] < running[i] or same_programme[i] == 1)
            if busy:
                continue
            x0, x1, x2, _ = philox(
                (area << 20) + f - first[area], generation[f], quarter, (ENGAGE << 24) + code, key[0], key[1]
            )
            if not bits & (known[f] | found[f]) and to_unit(x0) >= reach:
                continue
            if to_unit(x1) >= engagement * np.float32(2.0) * (trust[f] + trust_gain[f] + heard[area]):
                continue
            severity = 0
            for k in range(levels.shape[1]):
                if wanted[k]:
                    severity += levels[f, k]
            buffer[waiting] = (np.uint64(255 - order * severity) << np.uint64(32)) | x2
            chosen[waiting] = f
            waiting += 1
    places = min(places, waiting)
    if places <= 0:
        return 0
    cut = np.partition(buffer[:waiting], places - 1)[places - 1]
    n = 0
    for i in range(waiting):
        if buffer[i] <= cut and n < places:
            chosen[n] = chosen[i]
            n += 1
    return n


@compiled
def enrol(c, chosen, offer_index, trust_gain):
    """Put families on a programme, in the slot that is free or whose programme is longest past (3.4)."""
    offer, clock, gain = c.offer, c.clock, c.trust_gain
    for f in chosen:
        slot = 0
        for other in range(1, SLOTS):
            if offer[slot, f] and (not offer[other, f] or clock[other, f] > clock[slot, f]):
                slot = other
        offer[slot, f] = offer_index
        clock[slot, f] = 0
        gain[f] += trust_gain


@compiled
def on_programmes(c, o, first_area, last_area, helped):
    """Share of each neighbourhood's families that are on a programme: those whose neighbours hear of it (3.4)."""
    first, end, offer, clock, running = c.first, c.end, c.offer, c.clock, o.running
    for area in range(first_area, last_area):
        n = 0
        for f in range(first[area], end[area]):
            for slot in range(SLOTS):
                i = offer[slot, f]
                if i and clock[slot, f] < running[i]:
                    n += 1
                    break
        helped[area] = n / max(1, end[area] - first[area])
