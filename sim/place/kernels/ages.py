"""Families grow older, leave and enter (docs/odd.md, section 3.1)."""

from typing import NamedTuple

import numpy as np

from sim.core.compiled import compiled
from sim.core.philox import ENTER_NEED, ENTER_TRAIT, philox, to_unit
from sim.place.kernels.columns import QUARTERS_OF_AGE, RING, SLOTS


class EntryTables(NamedTuple):
    """What a family brings when it enters."""

    need: np.ndarray  # float32 (K, 3): chance of level 1 or more, 2 or more, 3
    trust: np.ndarray  # float32 (4096,): quantiles of trust


@compiled
def enter(c, t, e, f, area, key):
    """A family enters with a newborn: traits, trust and the parents' needs (3.1)."""
    number = (area << 20) + f - c.first[area]
    x0, x1, x2, _ = philox(number, c.generation[f], 0, ENTER_TRAIT << 24, key[0], key[1])
    c.age[f] = 0
    c.frailty[f] = x0 >> np.uint64(24)
    c.luck[f] = x2
    c.trust[f] = e.trust[x1 >> np.uint64(20)]
    c.trust_gain[f] = 0.0
    c.known[f] = 0
    c.found[f] = 0
    for q in range(RING):
        c.served[q, f] = 0
    for slot in range(SLOTS):
        c.offer[slot, f] = 0
        c.clock[slot, f] = 0
    bits = 0
    packed = 0
    c.burden[f] = 0
    for k in range(c.levels.shape[1]):
        word = philox(number, c.generation[f], 0, (ENTER_NEED << 24) + k, key[0], key[1])[0]
        u = to_unit(word)
        level = 0
        for step in range(3):
            if u < e.need[k, step] * t.frail_up[c.frailty[f], k]:
                level = step + 1
        c.levels[f, k] = level
        c.burden[f] += level
        bits |= (level > 0) << k
        packed |= level << 2 * k
    c.has[f] = bits
    c.packed[f] = packed


@compiled
def age_families(c, t, e, first_area, last_area, key, until_full, leavers, counts):
    """A quarter passes; at 25 the family leaves and another enters with a newborn (3.1).

    Parameters
    ----------
    until_full : int
        Quarters until the place is full. While it fills, each row's first family enters when the index child is
        born; rows are in order of age, so those who have entered stand in front.
    leavers : int64 (neighbourhoods, K, 4)
        Filled with leaving families by level of need.
    counts : int64 (neighbourhoods, K, 4)
        Families by level, kept up to date.
    """
    first, end, age, offer, clock = c.first, c.end, c.age, c.offer, c.clock
    for area in range(first_area, last_area):
        leavers[area] = 0
        for f in range(first[area], end[area]):
            for slot in range(SLOTS):
                if offer[slot, f] and clock[slot, f] < 255:
                    clock[slot, f] += 1
            age[f] += 1
            if age[f] >= QUARTERS_OF_AGE:
                for k in range(c.levels.shape[1]):
                    leavers[area, k, c.levels[f, k]] += 1
                    counts[area, k, c.levels[f, k]] -= 1
                c.generation[f] += 1
                enter(c, t, e, f, area, key)
                for k in range(c.levels.shape[1]):
                    counts[area, k, c.levels[f, k]] += 1
        rows = first[area + 1] - first[area]
        full = rows * (QUARTERS_OF_AGE - until_full) // QUARTERS_OF_AGE
        for f in range(end[area], first[area] + full):
            enter(c, t, e, f, area, key)
            for k in range(c.levels.shape[1]):
                counts[area, k, c.levels[f, k]] += 1
        end[area] = max(end[area], first[area] + full)
