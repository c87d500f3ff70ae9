"""Families grow older, leave and enter (docs/odd.md, section 3.1)."""

from typing import NamedTuple

import numpy as np
from numba import njit

from sim.core.compiled import compiled
from sim.core.philox import ENTER_NEED, ENTER_TRAIT, philox, spare_byte, to_unit
from sim.place.kernels.columns import BLOCK, QUARTERS_OF_AGE, RING, SLOTS
from sim.place.kernels.lists import list_rows


class EntryTables(NamedTuple):
    """What a family brings when it enters."""

    need: np.ndarray  # float32 (K, 3): chance of level 1 or more, 2 or more, 3
    trust: np.ndarray  # float32 (4096,): quantiles of trust


@njit(nogil=True, inline="always")
def draw_entrants(number, generation, key, traits, draw):
    """What decides the traits of families that enter, traits[j, v], and their needs, draw[k, v]."""
    for v in range(number.size):
        x0, x1, x2, _ = philox(number[v], generation[v], 0, ENTER_TRAIT << 24, key[0], key[1])
        traits[0, v], traits[1, v], traits[2, v] = x0, x1, x2
    for k in range(draw.shape[0]):
        code = (ENTER_NEED << 24) + k
        for v in range(number.size):
            draw[k, v] = philox(number[v], generation[v], 0, code, key[0], key[1])[0]


@njit(nogil=True, inline="always")
def newborn_levels(needs, lasts, frail, draw, v, levels, counts):
    """The levels of the needs that a family brings; returns them packed, and which are lasting."""
    packed, lasting = np.uint32(0), 0
    for k in range(draw.shape[0]):
        u, factor = to_unit(draw[k, v]), frail[k]
        level = 0
        for step in range(3):
            if u < needs[k, step] * factor:
                level = step + 1
        levels[k] = level
        counts[k, level] += 1
        packed |= np.uint32(level) << np.uint32(2 * k)
        lasting |= (spare_byte(draw[k, v]) < lasts[k, level]) << k
    return packed, lasting


@compiled
def enter(c, t, e, rows, areas, key, counts):
    """Families enter with a newborn: traits, trust and the parents' needs (3.1).

    Parameters
    ----------
    c, t, e : Columns, NeedTables, EntryTables
    rows, areas : int64 (n,)
        Rows of the families and their neighbourhoods.
    key : uint64 (2,)
    counts : int64 (neighbourhoods, K, 4)
        Families by level, added to.
    """
    n, n_needs = rows.size, c.levels.shape[1]
    number, generation = np.empty(n, np.int64), np.empty(n, np.uint32)
    traits, draw = np.empty((3, n), np.uint32), np.empty((n_needs, n), np.uint32)
    for v in range(n):
        number[v], generation[v] = (areas[v] << 20) + rows[v] - c.first[areas[v]], c.generation[rows[v]]
    draw_entrants(number, generation, key, traits, draw)
    for v in range(n):
        f, grade = rows[v], traits[0, v] >> np.uint32(24)
        c.age[f] = 0
        c.frailty[f] = grade
        c.luck[f] = traits[2, v]
        c.trust[f] = e.trust[traits[1, v] >> np.uint32(20)]
        c.trust_gain[f] = 0.0
        c.known[f] = 0
        c.found[f] = 0
        c.crisis[f] = 0
        for q in range(RING):
            c.served[q, f] = 0
            c.events[q, f] = 0
        for slot in range(SLOTS):
            c.offer[slot, f] = 0
            c.clock[slot, f] = 0
        packed, lasting = newborn_levels(e.need, t.lasts, t.frail_up[grade], draw, v, c.levels[f], counts[areas[v]])
        has = 0
        for k in range(n_needs):
            level = (packed >> np.uint32(2 * k)) & np.uint32(3)
            has |= (level > 0) << k
        c.packed[f] = packed
        c.has[f] = has
        c.lasting[f] = lasting


@njit(nogil=True, inline="always")
def grow_older(age, offer, clock, leaves):
    """A quarter passes for a block of families; fills `leaves` with those who leave."""
    for i in range(age.size):
        age[i] += 1
    for slot in range(SLOTS):
        on, since = offer[slot], clock[slot]
        for i in range(age.size):
            since[i] += (on[i] != 0) & (since[i] < 255)
    for i in range(age.size):
        leaves[i] = age[i] >= QUARTERS_OF_AGE


@njit(nogil=True, inline="always")
def leave(c, f, leavers, counts):
    """A family leaves its row to another."""
    c.generation[f] += 1
    for k in range(c.levels.shape[1]):
        leavers[k, c.levels[f, k]] += 1
        counts[k, c.levels[f, k]] -= 1


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
    first, end = c.first, c.end
    places, leaves = np.empty(BLOCK, np.uint16), np.empty(BLOCK, np.uint8)
    rows, areas, entering = np.empty(2 * BLOCK, np.int64), np.empty(2 * BLOCK, np.int64), 0
    for area in range(first_area, last_area):
        leavers[area] = 0
        full = first[area] + (first[area + 1] - first[area]) * (QUARTERS_OF_AGE - until_full) // QUARTERS_OF_AGE
        for start in range(first[area], max(end[area], full), BLOCK):
            stop = min(start + BLOCK, end[area])
            block = slice(start, max(start, stop))
            grow_older(c.age[block], c.offer[:, block], c.clock[:, block], leaves)
            gone = list_rows(leaves, stop - start, places)
            for v in range(gone):
                leave(c, start + places[v], leavers[area], counts[area])
                rows[entering + v] = start + places[v]
            new = max(0, min(start + BLOCK, full) - max(start, stop))  # families for whom there was none before
            for v in range(new):
                rows[entering + gone + v] = max(start, stop) + v
            areas[entering : entering + gone + new] = area
            entering += gone + new
            if entering > BLOCK:  # drawn together: so many at a time, and never more than fit
                enter(c, t, e, rows[:entering], areas[:entering], key, counts)
                entering = 0
        end[area] = max(end[area], full)
    enter(c, t, e, rows[:entering], areas[:entering], key, counts)
