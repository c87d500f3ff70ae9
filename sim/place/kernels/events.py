"""Events: short acute episodes on a lasting need (docs/odd.md, section 3.2)."""

from typing import NamedTuple

import numpy as np
from numba import njit

from sim.core.compiled import compiled, helper
from sim.core.philox import EVENT
from sim.place.kernels.columns import BLOCK, block_of
from sim.place.kernels.crisis import CrisisTables, bunched
from sim.place.kernels.lists import bits_set, draw_listed, list_bits, list_rows


class EventTables(NamedTuple):
    """What makes events happen; rates are a quarter. Events are bits."""

    need: np.ndarray  # uint8 (events,): the need an event belongs to
    rate: np.ndarray  # float32 (events, 4): chance by level of that need, before family factors
    at: np.ndarray  # uint32 ((K + 2) // 3, PATTERNS): events that have a rate at such levels of three needs
    frail: np.ndarray  # float32 (FRAILTY_CLASSES, events)
    per_other: np.ndarray  # float32 (events,): extra relative rate for each other need the family has
    most: np.ndarray  # float32 (events,): an average chance that no family's passes
    crisis: CrisisTables


@helper
def may_happen(at, packed, rows, n, may):
    """Events that have a rate at the levels of the needs of listed families of a block: bits of `may`."""
    for v in range(n):
        i = np.uint64(rows[v])
        events = np.uint32(0)
        for part in range(at.shape[0]):
            events |= at[part, np.uint64((packed[i] >> np.uint32(6 * part)) & np.uint32(63))]
        may[i] = events


@njit(nogil=True, inline="always")
def those_that_may(most, upto, crisis, listed, entries, draw):
    """Of the listed events of a block, keep those whose draw lies below a bound that no family passes; returns how many.

    `upto` is how far a chance may lie above a family's average, outside a crisis and in one.
    """
    kept = 0
    for v in range(entries):
        listed[kept], draw[kept] = listed[v], draw[v]
        kept += draw[v] < most[np.uint64(listed[v] & 31)] * upto[np.uint64(crisis[listed[v] >> 5])]
    return kept


@njit(nogil=True, inline="always")
def those_that_happen(t, has, packed, frailty, crisis, listed, entries, draw):
    """Of the listed events of a block of families, keep those that happen; returns how many, found without branches."""
    one, kept = np.float32(1.0), 0
    for v in range(entries):
        i, e = np.uint64(listed[v] >> 5), np.uint64(listed[v] & 31)
        level = (packed[i] >> np.uint32(2 * t.need[e])) & np.uint32(3)
        others = np.float32(bits_set(has[i]) - 1)
        chance = t.rate[e, level] * t.frail[frailty[i], e] * (one + t.per_other[e] * others)
        listed[kept] = listed[v]
        kept += draw[v] < bunched(t.crisis, chance, has[i], frailty[i], crisis[i])
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
    may, rows = np.empty(BLOCK, np.uint32), np.empty(BLOCK, np.uint16)
    listed = np.empty(BLOCK * n_events + 8, np.uint16)
    generation, draw = np.empty(BLOCK * n_events, np.uint32), np.empty(BLOCK * n_events, np.float32)
    for area in range(first_area, last_area):
        happened[area] = 0
        for start in range(c.first[area], c.end[area], BLOCK):
            b = block_of(c, quarter, start, min(start + BLOCK, c.end[area]))
            crisis = c.crisis[start : start + b.has.size]
            needy = list_rows(b.has, b.has.size, rows)
            may_happen(t.at, b.packed, rows, needy, may)
            entries = list_bits(may, rows, needy, n_events, listed)
            number = (area << 20) + start - c.first[area]
            draw_listed(EVENT << 24, number, b.generation, quarter, key, listed, entries, generation, draw)
            entries = those_that_may(t.most, t.crisis.most, crisis, listed, entries, draw)
            b.events[:] = 0
            for v in range(those_that_happen(t, b.has, b.packed, b.frailty, crisis, listed, entries, draw)):
                i, e = np.uint64(listed[v] >> 5), np.uint64(listed[v] & 31)
                k = t.need[e]
                b.events[i] |= 1 << e
                b.known[i] |= 1 << k
                b.found[i] &= ~(1 << k)
                happened[area, e] += 1
