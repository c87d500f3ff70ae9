"""Needs worsen and ease (docs/odd.md, section 3.2)."""

from typing import NamedTuple

import numpy as np
from numba import njit

from sim.core.compiled import compiled
from sim.core.philox import MOVE, philox, spare_byte, to_unit
from sim.place.kernels.columns import BLOCK, QUARTERS_OF_AGE, RING, SLOTS
from sim.place.kernels.crisis import CrisisTables, turn
from sim.place.kernels.lists import list_bits, list_rows

_MARGIN = np.float32(1.00001)  # float32 products may exceed their bound by a rounding


class NeedTables(NamedTuple):
    """What moves needs; probabilities are a quarter."""

    band: np.ndarray  # uint8 (QUARTERS_OF_AGE,): age band of each quarter of age
    up: np.ndarray  # float32 (neighbourhoods, bands, K, 4): chance to worsen before family factors
    down: np.ndarray  # float32 (2, bands, K, 4): chance to ease, of short spells and of lasting ones
    lasts: np.ndarray  # uint16 (K, 4): of 256 spells that begin at a level, how many are lasting
    frail_up: np.ndarray  # float32 (FRAILTY_CLASSES, K)
    frail_most: np.ndarray  # float32 (FRAILTY_CLASSES,): largest of frail_up over needs
    frail_down: np.ndarray  # float32 (FRAILTY_CLASSES,)
    coupling: np.ndarray  # float32 (K, K): extra relative risk per level of the other need
    coupling_most: np.ndarray  # float32 (K,): largest of it over needs, by the other need
    lines_of: np.ndarray  # uint32 (K,): service lines that serve a need
    recovery: np.ndarray  # float32 (K,): ratio of recovery if served
    worsens: (
        np.ndarray
    )  # float32 (2 ** events, K): ratio of the chance to worsen in the quarter after events, by their bits
    worsens_most: np.ndarray  # float32 (2 ** events,): largest of it over needs, at least 1
    gates: np.ndarray  # uint16 (K,): events, one of which must have happened lately for level 2 to become 3; 0 = none
    crisis: CrisisTables


class OfferTables(NamedTuple):
    """True effects of each programme as delivered; row 0 is no programme."""

    escalation: np.ndarray  # float32 (offers + 1, K): log ratio of the chance to worsen
    recovery: np.ndarray  # float32 (offers + 1, K): log ratio of the chance to ease
    strength: np.ndarray  # float32 (offers + 1, 256): by quarters since enrolment
    level_weight: np.ndarray  # float32 (offers + 1, 4)
    band_weight: np.ndarray  # float32 (offers + 1, bands)
    up_max: np.ndarray  # float32 (offers + 1,): largest factor on worsening
    down_max: np.ndarray  # float32 (offers + 1,): largest factor on easing
    running: np.ndarray  # uint8 (offers + 1,): quarters a programme lasts
    finds: np.ndarray  # float32 (offers + 1,): extra chance that need shows itself while it runs


@njit(nogil=True, inline="always")
def family_factor(packed, coupling, frail, n_needs, k):
    """Factor of lasting frailty and of the family's other needs on the chance that need k worsens (3.2)."""
    extra = np.float32(1.0)
    for j in range(n_needs):
        extra += coupling[k, j] * np.float32((packed >> np.uint32(2 * j)) & np.uint32(3))
    return frail * extra


@njit(nogil=True, inline="always")
def programme_factor(offer, clock, o, log_ratio, i, k, level, band):
    """Factor of the programmes a family is or was on; 1 exactly where the log ratio is nought (3.2)."""
    total = np.float32(0.0)
    for slot in range(SLOTS):
        on = offer[slot, i]
        if on:
            strength = o.strength[on, clock[slot, i]]
            total += log_ratio[on, k] * strength * o.level_weight[on, level] * o.band_weight[on, band]
    return np.exp(total) if total != 0 else np.float32(1.0)


@njit(nogil=True, inline="always")
def passed(events, gate, i):
    """Whether one of the events of a gate happened in the last RING quarters."""
    lately = np.uint16(0)
    for q in range(RING):
        lately |= events[q, i]
    return lately & gate != 0


@njit(nogil=True, inline="always")
def draw_needs(draw, number, generation, quarter, key0, key1):
    """One 32-bit word a family and need for a block of families, draw[k, i], and at least as many as there is room for."""
    for part in range(draw.shape[0] // 4):
        code = (MOVE << 24) + part
        for i in range(generation.size):
            x0, x1, x2, x3 = philox(number + i, generation[i], quarter, code, key0, key1)
            draw[4 * part, i] = x0
            draw[4 * part + 1, i] = x1
            draw[4 * part + 2, i] = x2
            draw[4 * part + 3, i] = x3


@njit(nogil=True, inline="always")
def bounds(t, up, age, top, bottom):
    """The largest chance to worsen and to ease in a block, by need and level, but for what differs by family.

    Families stand in order of age, so that a block has one or two of the age bands.
    """
    youngest, oldest = QUARTERS_OF_AGE, 0
    for i in range(age.size):
        youngest, oldest = min(youngest, age[i]), max(oldest, age[i])
    top[:] = 0
    bottom[:] = 0
    for band in range(t.band[youngest], t.band[oldest] + 1):
        for k in range(top.shape[0]):
            for level in range(4):
                top[k, level] = max(top[k, level], up[band, k, level] * _MARGIN)
                down = max(t.down[0, band, k, level], t.down[1, band, k, level])
                bottom[k, level] = max(bottom[k, level], down * t.recovery[k] * _MARGIN)


@njit(nogil=True, inline="always")
def raised(packed, most, rising):
    """Fill `rising` with the most that the other needs of each family of a block can raise the chance to worsen by."""
    for i in range(packed.size):
        rising[i] = np.float32(1.0)
    for j in range(most.size):
        shift, per_level = np.uint32(2 * j), most[j]
        for i in range(packed.size):
            rising[i] += per_level * np.float32(np.int32((packed[i] >> shift) & np.uint32(3)))


@njit(nogil=True, inline="always")
def may_move(visit, draw, packed, top, bottom, rising, easing):
    """Needs of each family of a block whose draw lies beyond a bound that no family factor can pass: bits of `visit`.

    Plain loops over the block, so that the processor's vector units do the work.
    """
    n = packed.size
    visit[:n] = 0
    for k in range(top.shape[0]):
        shift, bit = np.uint32(2 * k), np.uint32(1 << k)
        top0, top1, top2 = top[k, 0], top[k, 1], top[k, 2]
        bottom1, bottom2, bottom3 = bottom[k, 1], bottom[k, 2], bottom[k, 3]
        for i in range(n):
            p = packed[i] >> shift
            odd, high = p & np.uint32(1) != 0, p & np.uint32(2) != 0
            up = (np.float32(0) if odd else top2) if high else (top1 if odd else top0)
            down = (bottom3 if odd else bottom2) if high else (bottom1 if odd else np.float32(0))
            u = to_unit(draw[k, i])
            moves = (u < up * rising[i]) | (np.float32(1) - u <= down * easing[i])
            visit[i] |= bit if moves else np.uint32(0)


@njit(nogil=True, inline="always")
def change_levels(levels, packed, has, lasting, lasts, draw, counts, listed, new, changes):
    """Listed needs take their new levels: only now, so that every need saw the others as they were.

    With the new level a spell begins, whose kind is drawn from what the need's own draw left over (3.2).
    """
    for v in range(changes):
        i, k, level = np.uint64(listed[v] >> 5), np.uint64(listed[v] & 31), new[v]
        was = levels[i, k]
        counts[k, was] -= 1
        counts[k, level] += 1
        packed[i] ^= np.uint32(level ^ was) << np.uint32(2 * k)
        levels[i, k] = level
        has[i] = has[i] | (1 << k) if level else has[i] & ~(1 << k)
        lasting[i] = (lasting[i] & ~(1 << k)) | ((spare_byte(draw[k, i]) < lasts[k, level]) << k)


@njit(nogil=True, inline="always")
def moves(c, t, o, up, block, served, happened, draw, listed, entries, new):
    """Of the listed needs of a block of families, those that change; fills `new` with their new levels."""
    one = np.float32(1.0)
    age, frailty, packed, lasting = c.age[block], c.frailty[block], c.packed[block], c.lasting[block]
    offer, clock = c.offer[:, block], c.clock[:, block]
    n_needs = t.recovery.size
    changes = 0
    for v in range(entries):
        i, k = np.uint64(listed[v] >> 5), np.uint64(listed[v] & 31)
        band, grade, u = t.band[age[i]], frailty[i], to_unit(draw[k, i])
        level = (packed[i] >> np.uint32(2 * k)) & np.uint32(3)
        p_up = up[band, k, level] * family_factor(packed[i], t.coupling, t.frail_up[grade, k], n_needs, k)
        p_up *= t.worsens[np.uint64(happened[i]), k]
        if level == 2 and t.gates[k] and not passed(c.events[:, block], t.gates[k], i):
            p_up = np.float32(0.0)
        p_down = t.down[(lasting[i] >> k) & 1, band, k, level] * t.frail_down[grade]
        p_down *= t.recovery[k] if served[i] & t.lines_of[k] else one
        if offer[0, i] | offer[1, i]:
            p_up *= programme_factor(offer, clock, o, o.escalation, i, k, level, band)
            p_down *= programme_factor(offer, clock, o, o.recovery, i, k, level, band)
        if p_up + p_down > one:
            p_up *= one / (p_up + p_down)
            p_down = one - p_up
        listed[changes] = listed[v]
        new[changes] = level + 1 if u < p_up else level - 1
        changes += (u < p_up) | (one - u < p_down)
    return changes


@compiled
def move_needs(c, t, o, first_area, last_area, key, quarter, counts):
    """Needs worsen and ease by one level, then crises begin and end (3.2).

    One uniform a family, need and quarter serves both directions: up from the low end, down from the high end. The
    bits of the same word that the uniform leaves over say whether the spell that begins is a lasting one.
    Needs whose draw lies beyond a bound that no family factor can pass are not worked out: that changes speed, not
    results.

    Parameters
    ----------
    c, t, o : Columns, NeedTables, OfferTables
    first_area, last_area : int
        Neighbourhoods to do, last excluded.
    key : uint64 (2,)
    quarter : int
    counts : int64 (neighbourhoods, K, 4)
        Families by level, kept up to date.
    """
    n_needs, one = t.recovery.size, np.float32(1.0)
    worsening, recovering = np.float32(o.up_max.max() ** SLOTS), np.float32(o.down_max.max() ** SLOTS)
    crises = t.crisis.onset.max() > 0
    draw = np.empty(
        (4 * ((n_needs + crises + 3) // 4), BLOCK), np.uint32
    )  # words come by fours: one is often left over
    rows, visit = np.empty(BLOCK, np.uint16), np.empty(BLOCK, np.uint32)
    listed, new = np.empty(BLOCK * n_needs + 8, np.uint16), np.empty(BLOCK * n_needs + 8, np.uint8)
    rising, easing = np.empty(BLOCK, np.float32), np.empty(BLOCK, np.float32)
    top, bottom = np.empty((n_needs, 4), np.float32), np.empty((n_needs, 4), np.float32)
    for area in range(first_area, last_area):
        for start in range(c.first[area], c.end[area], BLOCK):
            n = min(BLOCK, c.end[area] - start)
            block = slice(start, start + n)
            frailty, packed = c.frailty[block], c.packed[block]
            offer = c.offer[:, block]
            served, happened = (
                c.served[(quarter + RING - 1) % RING, block],
                c.events[(quarter + RING - 1) % RING, block],
            )
            number = (area << 20) + start - c.first[area]
            draw_needs(draw, number, c.generation[block], quarter, key[0], key[1])
            bounds(t, t.up[area], c.age[block], top, bottom)
            raised(packed, t.coupling_most, rising)
            for i in range(n):
                rising[i] *= t.frail_most[frailty[i]]
            for i in range(n):
                rising[i] *= t.worsens_most[np.uint64(happened[i])]
            for i in range(n):
                easing[i] = t.frail_down[frailty[i]]
            for i in range(n):
                helped = (offer[0, i] | offer[1, i]) != 0
                rising[i] *= worsening if helped else one
            for i in range(n):
                helped = (offer[0, i] | offer[1, i]) != 0
                easing[i] *= recovering if helped else one
            may_move(visit, draw, packed, top, bottom, rising, easing)
            entries = list_bits(visit, rows, list_rows(visit, n, rows), n_needs, listed)
            changes = moves(c, t, o, t.up[area], block, served, happened, draw, listed, entries, new)
            change_levels(
                c.levels[block], packed, c.has[block], c.lasting[block], t.lasts, draw, counts[area],
                listed, new, changes,
            )  # fmt: skip
            if crises:
                turn(t.crisis, c.crisis[block], c.has[block], frailty, draw[n_needs])
