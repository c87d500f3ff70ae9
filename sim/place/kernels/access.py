"""Who is known, eligible and served without waiting, and who waits (docs/odd.md, sections 3.3 and 4.1)."""

from typing import NamedTuple

import numpy as np
from numba import njit

from sim.core.compiled import compiled, helper
from sim.core.philox import PRESENT
from sim.place.kernels.columns import BLOCK, SLOTS, block_of
from sim.place.kernels.lists import draw_listed, list_bits, list_rows
from sim.place.kernels.queues import place_in_queue

PATTERNS = 64  # levels of three needs, packed


class ServiceTables(NamedTuple):
    """What makes a family eligible for a line. Lines are bits; T = (K + 2) // 3 is needs by threes."""

    present: np.ndarray  # float32 (K, 4): chance a quarter that need shows itself, at average trust
    at: np.ndarray  # uint32 (T, PATTERNS): lines that three needs at such levels are eligible for
    below: np.ndarray  # uint32 (T, PATTERNS): lines whose threshold is one level above
    open_door: np.uint32  # lines that serve all who are eligible
    split: np.uint32  # lines that serve a share of the cases of their need and level
    kinds: np.ndarray  # uint32 (lines, 2): first and last luck of the families that such a line is for
    need_of: np.ndarray  # uint8 (lines,): the need a line serves
    code: np.ndarray  # uint32 (lines,): stable code of a line
    of_event: np.ndarray  # uint32 (events,): lines that serve an event, of the quarter it happens in


class Showing(NamedTuple):
    """What makes need known beyond its level and the family's own trust."""

    heard: np.ndarray  # float32 (neighbourhoods,): trust gained by word of mouth
    trust_counts: np.float32  # share of the trust brought by programmes that makes need known
    all_known: bool  # every need is known at once (no unmet need)


@njit(nogil=True, inline="always")
def forget(has, known, found, all_known):
    """Needs that have gone are no longer known; where every need is known at once, all others are."""
    for i in range(has.size):
        known[i] = has[i] if all_known else known[i] & has[i]
    for i in range(has.size):
        found[i] &= has[i]


@njit(nogil=True, inline="always")
def show_needs(c, s, o, w, start, area, listed, entries, draw):
    """Listed needs of a block of families become known: of the family's own accord, or because a programme found them.

    Each need has a draw of its own, so they may be drawn and looked at one by one (3.3).
    """
    known, found, trust, packed = c.known, c.found, c.trust, c.packed
    offer, clock, running, finds = c.offer, c.clock, o.running, o.finds
    for v in range(entries):
        f, k, u = start + (listed[v] >> 5), listed[v] & 31, draw[v]
        contact = np.float32(0.0)
        for slot in range(SLOTS):
            i = offer[slot, f]
            if i and clock[slot, f] < running[i]:
                contact = finds[i]
        gain = w.trust_counts * (c.trust_gain[f] + w.heard[area])
        chance = s.present[k, (packed[f] >> 2 * k) & 3] * np.float32(2.0)
        own = u < chance * trust[f]
        reached = u < chance * (trust[f] + gain) * (np.float32(1.0) + contact)
        known[f] |= own << k
        found[f] = (found[f] & ~(own << k)) | ((reached and not own) << k)


@njit(nogil=True, inline="always")
def spread(bits):
    """Bit k of a 16-bit number moved to bits 2 k and 2 k + 1."""
    x = np.uint32(bits)
    x = (x | (x << np.uint32(8))) & np.uint32(0x00FF00FF)
    x = (x | (x << np.uint32(4))) & np.uint32(0x0F0F0F0F)
    x = (x | (x << np.uint32(2))) & np.uint32(0x33333333)
    x = (x | (x << np.uint32(1))) & np.uint32(0x55555555)
    return x | (x << np.uint32(1))


@helper
def look_up(s, shown, rows, n, can, low, tally):
    """Lines that listed families are eligible for and could be let into, by the levels of their known needs."""
    at, below = s.at, s.below
    for v in range(n):
        i = np.uint64(rows[v])
        lines, lower = np.uint32(0), np.uint32(0)
        for t in range(at.shape[0]):
            cell = np.uint64((shown[i] >> np.uint32(6 * t)) & np.uint32(63))
            lines |= at[t, cell]
            lower |= below[t, cell]
            tally[t, cell] += 1
        can[i] = lines
        low[i] = lower


@helper
def not_for_others(s, luck, can, low):
    """Of the lines that serve a share of the cases, families are left with those that are for their luck."""
    for j in range(s.need_of.size):
        if (s.split >> np.uint32(j)) & np.uint32(1):
            line, first, last = np.uint32(1) << np.uint32(j), s.kinds[j, 0], s.kinds[j, 1]
            for i in range(luck.size):
                other = np.uint32(0) if first <= luck[i] <= last else line
                can[i] &= ~other
                low[i] &= ~other


@helper
def look_up_events(of_event, happened, can):
    """Lines that families are eligible for by the events that happened to them this quarter."""
    for e in range(of_event.size):
        if of_event[e]:
            bit, lines = np.uint16(1 << e), of_event[e]
            for i in range(happened.size):
                can[i] |= lines if happened[i] & bit else np.uint32(0)


@helper
def count_by_line(masks, n, lines, counts):
    """Families in a mask, by some lines; a line at a time, so that the processor's vector units count."""
    for j in range(counts.shape[0]):
        if (lines >> j) & 1:
            on = 0
            for i in range(n):
                on += (masks[i] >> j) & 1
            counts[j] += on


@helper
def any_of(masks):
    """Whether some mask is not nought."""
    bits = masks[0]
    for i in range(masks.size):
        bits |= masks[i]
    return bits != 0


@helper
def count_found(packed, found, keeps, can, s, rows, n, tally, kept):
    """Families whose need is known only because a programme found it: by levels, and by line (see :func:`screen`)."""
    for v in range(n):
        i = rows[v]
        if found[i]:
            shown = packed[i] & spread(found[i])
            for t in range(tally.shape[0]):
                tally[t, (shown >> np.uint32(6 * t)) & np.uint32(63)] += 1
            for j in range(s.need_of.size):
                kept[j, 1] += (keeps[i] >> j) & (found[i] >> s.need_of[j]) & 1
                kept[j, 3] += ((can[i] & s.split) >> j) & (found[i] >> s.need_of[j]) & 1


@helper
def demand_of(tally, demand):
    """Families by need and level (K, 4) from families by the levels of three needs (T, PATTERNS)."""
    demand[:] = 0
    for k in range(demand.shape[0]):
        for cell in range(PATTERNS):
            level = (cell >> 2 * (k % 3)) & 3
            if level:
                demand[k, level] += tally[k // 3, cell]


@helper
def with_room(array, used, more):
    """The same array, or a longer copy if `more` entries would not fit behind those used."""
    if used + more <= array.size:
        return array
    longer = np.empty(2 * (used + more), array.dtype)
    for i in range(used):  # a slice put into another takes a second to compile
        longer[i] = array[i]
    return longer


@njit(nogil=True, inline="always")
def serve(served, can, low, keeps, open_door, lower):
    """Open doors serve whom they can, others who keep a place; `can` and `low` are left with what is waited for."""
    for i in range(served.size):
        served[i] = (can[i] & open_door) | keeps[i]
    for i in range(served.size):
        can[i] &= ~served[i]
    for i in range(served.size):
        low[i] &= lower


@helper
def queue_up(packed, luck, before, lines, start, below, listed, entries, keys, queue):
    """Write down the families of a block that wait for a line; those let in below a threshold keep what they had."""
    need_of, code = lines
    for v in range(entries):
        i, j = listed[v] >> 5, listed[v] & 31
        rank = 3 - ((packed[i] >> 2 * need_of[j]) & 3)
        if below and not (before[i] >> j) & 1:
            rank += 4
        keys[v] = place_in_queue(2 * j + below, rank, luck[i], code[j])
        queue[v] = start + i


class Notes(NamedTuple):
    """What screening notes of a block of families, in room that it uses again."""

    rows: np.ndarray  # uint16 (BLOCK,): families listed
    listed: np.ndarray  # uint16: their needs, or lines
    seen: np.ndarray  # uint32 (BLOCK,): needs known or found
    shown: np.ndarray  # uint32 (BLOCK,): levels of these needs, packed
    can: np.ndarray  # uint32 (BLOCK,): lines a family is eligible for
    low: np.ndarray  # uint32 (BLOCK,): lines it could be let into, below their threshold
    keeps: np.ndarray  # uint32 (BLOCK,): lines on which it keeps a place
    generation: np.ndarray  # uint32
    draw: np.ndarray  # float32


@helper
def room_for_notes(n_needs, n_lines):
    """Room for what is noted of a block."""
    return Notes(
        np.empty(BLOCK, np.uint16),
        np.empty(BLOCK * max(n_needs, n_lines) + 8, np.uint16),
        np.empty(BLOCK, np.uint32),
        np.empty(BLOCK, np.uint32),
        np.empty(BLOCK, np.uint32),
        np.empty(BLOCK, np.uint32),
        np.empty(BLOCK, np.uint32),
        np.empty(BLOCK * n_needs, np.uint32),
        np.empty(BLOCK * n_needs, np.float32),
    )


@njit(nogil=True, inline="always")
def come_to_light(c, s, o, w, b, notes, key, quarter, area, start):
    """Needs of a block of families are forgotten and become known (3.3); notes what is seen of them."""
    n, seen = b.has.size, notes.seen
    forget(b.has, b.known, b.found, w.all_known)
    if not w.all_known:
        for i in range(n):
            seen[i] = b.has[i] & ~b.known[i]
        entries = list_bits(seen, notes.rows, list_rows(seen, n, notes.rows), s.present.shape[0], notes.listed)
        number, what = (area << 20) + start - c.first[area], PRESENT << 24
        draw_listed(what, number, b.generation, quarter, key, notes.listed, entries, notes.generation, notes.draw)
        show_needs(c, s, o, w, start, area, notes.listed, entries, notes.draw)
    for i in range(n):
        seen[i] = b.known[i] | b.found[i]
    for i in range(n):
        notes.shown[i] = b.packed[i] & spread(seen[i])


@helper
def find_places(s, b, notes, tally, kept):
    """Lines that families of a block are eligible for, and on which they keep a place (4.1); counts both."""
    n, can, rationed = b.has.size, notes.can, ~s.open_door
    can[:] = 0
    notes.low[:] = 0
    entries = list_rows(notes.seen, n, notes.rows)
    look_up(s, notes.shown, notes.rows, entries, can, notes.low, tally[0])
    not_for_others(s, b.luck, can, notes.low)
    look_up_events(s.of_event, b.events, can)
    for i in range(n):
        notes.keeps[i] = can[i] & rationed & b.before[i]
    count_by_line(notes.keeps, n, rationed, kept[:, 0])
    count_by_line(can, n, s.split, kept[:, 2])
    if any_of(b.found):
        count_found(b.packed, b.found, notes.keeps, can, s, notes.rows, entries, tally[1], kept)


@compiled
def screen(c, s, o, first_area, last_area, key, quarter, w, lower, demand, kept):
    """Who is known and eligible, who is served without waiting, and who waits (4.1).

    Parameters
    ----------
    c, s, o, w : Columns, ServiceTables, OfferTables, Showing
    lower : uint32
        Lines that may let in families below their threshold.
    demand : int64 (neighbourhoods, K, 4, 2)
        Filled with families by known need and level: all, and those known only because found.
    kept : int64 (neighbourhoods, lines, 4)
        Filled with families that keep their place on a rationed line: all, and found; then with those a line is for
        that serves a share of the cases: all, and found.

    Returns
    -------
    tuple of uint64 (n,) and uint32 (n,)
        Places in queues (:func:`place_in_queue`) and rows of those who wait, in order of rows within each queue.
    """
    n_lines, lines = kept.shape[1], (s.need_of, s.code)
    notes = room_for_notes(s.present.shape[0], n_lines)
    tally = np.empty((2, s.at.shape[0], PATTERNS), np.int64)
    space = (c.first[last_area] - c.first[first_area]) // 4
    keys, queue, waiting = np.empty(space, np.uint64), np.empty(space, np.uint32), 0
    for area in range(first_area, last_area):
        tally[:] = 0
        kept[area] = 0
        for start in range(c.first[area], c.end[area], BLOCK):
            b = block_of(c, quarter, start, min(start + BLOCK, c.end[area]))
            come_to_light(c, s, o, w, b, notes, key, quarter, area, start)
            find_places(s, b, notes, tally, kept[area])
            serve(b.served, notes.can, notes.low, notes.keeps, s.open_door, lower)
            keys, queue = with_room(keys, waiting, BLOCK * n_lines), with_room(queue, waiting, BLOCK * n_lines)
            for below, masks in enumerate((notes.can, notes.low)):
                entries = list_bits(masks, notes.rows, list_rows(masks, b.has.size, notes.rows), n_lines, notes.listed)
                more, families = keys[waiting:], queue[waiting:]
                queue_up(b.packed, b.luck, b.before, lines, start, below, notes.listed, entries, more, families)
                waiting += entries
        demand_of(tally[0], demand[area, :, :, 0])
        demand_of(tally[1], demand[area, :, :, 1])
    return keys[:waiting], queue[:waiting]
