"""Events: short acute episodes on a lasting need (docs/odd.md, section 3.2)."""

from typing import NamedTuple

import numpy as np
from numba import njit

from sim.core.compiled import compiled
from sim.core.philox import EVENT, philox, to_unit
from sim.place.kernels.columns import BLOCK, RING
from sim.place.kernels.lists import bits_set, list_bits, list_rows


class EventTables(NamedTuple):
    """What makes events happen; rates are a quarter. Events are bits."""

    need: np.ndarray  # uint8 (events,): the need an event belongs to
    rate: np.ndarray  # float32 (events, 4): chance by level of that need, before family factors
    frail: np.ndarray  # float32 (FRAILTY_CLASSES, events)
    per_other: np.ndarray  # float32 (events,): extra relative rate for each other need the family has


@njit(nogil=True, inline="always")
def may_happen(t, has, may):
    """Events of each family of a block that belong to a need it has: bits of `may`."""
    may[: has.size] = 0
    for e in range(t.need.size):
        k = t.need[e]
        for i in range(has.size):
            may[i] |= ((has[i] >> k) & 1) << e


@njit(nogil=True)
def draw_events(number, born, quarter, key, listed, entries, generation, draw):
    """One uniform for each listed event of a block of families: draw[v]."""
    for v in range(entries):
        generation[v] = born[listed[v] >> 5]
    for v in range(entries):
        who, what = number + (listed[v] >> 5), (EVENT << 24) + (listed[v] & 31)
        draw[v] = to_unit(philox(who, generation[v], quarter, what, key[0], key[1])[0])


@njit(nogil=True, inline="always")
def those_that_happen(t, has, packed, frailty, listed, entries, draw):
    """Of the listed events of a block of families, keep those that happen; returns how many, found without branches."""
    one, kept = np.float32(1.0), 0
    for v in range(entries):
        i, e = np.uint64(listed[v] >> 5), np.uint64(listed[v] & 31)
        level = (packed[i] >> np.uint32(2 * t.need[e])) & np.uint32(3)
        others = np.float32(bits_set(has[i]) - 1)
        listed[kept] = listed[v]
        kept += draw[v] < t.rate[e, level] * t.frail[frailty[i], e] * (one + t.per_other[e] * others)
    return kept


@compiled
def happen(c, t, first_area, last_area, key, quarter, happened):
    """Events happen to families with the need they belong to, and make it known (3.2).

    Parameters
    ----------
    c, t : Columns, EventTables
    first_area, last_area : int
        Neighbourhoods to do, last excluded.
    key : uint64 (2,)
    quarter : int
    happened : int64 (neighbourhoods, events)
        Filled with the families each event happened to.
    """
    n_events = t.need.size
    may, rows = np.empty(BLOCK, np.uint16), np.empty(BLOCK, np.uint16)
    listed = np.empty(BLOCK * n_events + 8, np.uint16)
    generation, draw = np.empty(BLOCK * n_events, np.uint32), np.empty(BLOCK * n_events, np.float32)
    for area in range(first_area, last_area):
        happened[area] = 0
        for start in range(c.first[area], c.end[area], BLOCK):
            stop = min(start + BLOCK, c.end[area])
            has, known, found, packed = (
                c.has[start:stop],
                c.known[start:stop],
                c.found[start:stop],
                c.packed[start:stop],
            )
            now, frailty = c.events[quarter % RING, start:stop], c.frailty[start:stop]
            may_happen(t, has, may)
            entries = list_bits(may, rows, list_rows(may, stop - start, rows), n_events, listed)
            number = (area << 20) + start - c.first[area]
            draw_events(number, c.generation[start:stop], quarter, key, listed, entries, generation, draw)
            now[:] = 0
            for v in range(those_that_happen(t, has, packed, frailty, listed, entries, draw)):
                i, e = np.uint64(listed[v] >> 5), np.uint64(listed[v] & 31)
                k = t.need[e]
                now[i] |= 1 << e
                known[i] |= 1 << k
                found[i] &= ~(1 << k)
                happened[area, e] += 1
