"""Needs worsen and ease (docs/odd.md, section 3.2)."""

from typing import NamedTuple

import numpy as np
from numba import njit

from sim.core.compiled import compiled
from sim.core.philox import MOVE, philox, to_unit
from sim.place.kernels.columns import BLOCK, RING, SLOTS
from sim.place.kernels.lists import list_bits, list_rows

_MARGIN = np.float32(1.00001)  # float32 products may exceed their bound by a rounding


class NeedTables(NamedTuple):
    """What moves needs; probabilities are a quarter."""

    band: np.ndarray  # uint8 (QUARTERS_OF_AGE,): age band of each quarter of age
    up: np.ndarray  # float32 (neighbourhoods, bands, K, 4): chance to worsen before family factors
    down: np.ndarray  # float32 (bands, K, 4): chance to ease
    frail_up: np.ndarray  # float32 (FRAILTY_CLASSES, K)
    frail_most: np.ndarray  # float32 (FRAILTY_CLASSES,): largest of frail_up over needs
    frail_down: np.ndarray  # float32 (FRAILTY_CLASSES,)
    coupling: np.ndarray  # float32 (K, K): extra relative risk per level of the other need
    coupling_max: np.float32  # largest entry of `coupling`
    lines_of: np.ndarray  # uint32 (K,): service lines that serve a need
    recovery: np.ndarray  # float32 (K,): ratio of recovery if served
    recovery_max: np.float32


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


@njit(nogil=True, inline="always")
def family_factor(levels, coupling, frail, f, k):
    """Factor of lasting frailty and of the family's other needs on the chance that need k worsens (3.2)."""
    extra = np.float32(1.0)
    for j in range(levels.shape[1]):
        extra += coupling[k, j] * np.float32(levels[f, j])
    return frail * extra


@njit(nogil=True, inline="always")
def programme_factor(offer, clock, strength, level_weight, band_weight, log_ratio, f, k, level, band):
    """Factor of the programmes a family is or was on; 1 exactly where the log ratio is nought (3.2)."""
    total = np.float32(0.0)
    for slot in range(SLOTS):
        i = offer[slot, f]
        if i:
            total += log_ratio[i, k] * strength[i, clock[slot, f]] * level_weight[i, level] * band_weight[i, band]
    return np.exp(total) if total != 0 else np.float32(1.0)


@njit(nogil=True, inline="always")
def draw_needs(draw, area, row, n, generation, start, quarter, key0, key1):
    """One uniform a family and need for a block of families: draw[k, i]."""
    for part in range(draw.shape[0] // 4):
        code = (MOVE << 24) + part
        for i in range(n):
            x0, x1, x2, x3 = philox((area << 20) + row + i, generation[start + i], quarter, code, key0, key1)
            draw[4 * part, i] = to_unit(x0)
            draw[4 * part + 1, i] = to_unit(x1)
            draw[4 * part + 2, i] = to_unit(x2)
            draw[4 * part + 3, i] = to_unit(x3)


@njit(nogil=True, inline="always")
def may_move(visit, up, draw, has, burden, frailty, frail_most, coupling_max, offer, up_max, start, n, ceiling):
    """Needs of each family of a block that might move: those it has, and those whose draw is low enough to begin.

    Plain loops over the block, so that the processor's vector units do the work. Bit k of ``visit[i]`` is need k.
    """
    for i in range(n):
        f = start + i
        most = frail_most[frailty[f]] * (np.float32(1.0) + coupling_max * np.float32(burden[f])) * _MARGIN
        for slot in range(SLOTS):
            most *= up_max[offer[slot, f]]
        ceiling[i] = most
        visit[i] = has[f]
    for k in range(up.shape[1]):
        onset = up[:, k, 0].max()
        for i in range(n):
            visit[i] |= (draw[k, i] < onset * ceiling[i]) << k


@njit(nogil=True, inline="always")
def change_levels(levels, packed, has, burden, counts, start, listed, new, changes):
    """Listed needs take their new levels: only now, so that every need saw the others as they were."""
    for v in range(changes):
        f, k, level = start + (listed[v] >> 5), listed[v] & 31, new[v]
        counts[k, levels[f, k]] -= 1
        counts[k, level] += 1
        burden[f] += level - levels[f, k]
        packed[f] ^= np.uint32((level ^ levels[f, k]) << 2 * k)
        levels[f, k] = level
        has[f] = has[f] | (1 << k) if level else has[f] & ~(1 << k)


@compiled
def move_needs(c, t, o, first_area, last_area, key, quarter, counts):
    """Needs worsen and ease by one level (3.2).

    One uniform a family, need and quarter serves both directions: up from the low end, down from the high end.
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
    first, end, levels, packed, has, burden = c.first, c.end, c.levels, c.packed, c.has, c.burden
    age, generation, frailty = c.age, c.generation, c.frailty
    offer, clock, served = c.offer, c.clock, c.served[(quarter + RING - 1) % RING]
    bands, up_chance, down_chance, frail_up, frail_down = t.band, t.up, t.down, t.frail_up, t.frail_down
    coupling, lines_of, recovery = t.coupling, t.lines_of, t.recovery
    escalation, recovering, strength = o.escalation, o.recovery, o.strength
    level_weight, band_weight, up_max, down_max = o.level_weight, o.band_weight, o.up_max, o.down_max
    n_needs = levels.shape[1]
    one = np.float32(1.0)
    easing = down_max * t.recovery_max * _MARGIN
    draw = np.empty((4 * ((n_needs + 3) // 4), BLOCK), np.float32)
    listed = np.empty(BLOCK * n_needs + 8, np.uint16)
    new = np.empty(BLOCK * n_needs + 8, np.uint8)
    visit = np.empty(BLOCK, np.int32)
    rows = np.empty(BLOCK, np.uint16)
    ceiling = np.empty(BLOCK, np.float32)
    for area in range(first_area, last_area):
        up = up_chance[area]
        for start in range(first[area], end[area], BLOCK):
            n = min(BLOCK, end[area] - start)
            draw_needs(draw, area, start - first[area], n, generation, start, quarter, key[0], key[1])
            may_move(
                visit, up, draw, has, burden, frailty, t.frail_most, t.coupling_max, offer, up_max, start, n, ceiling
            )
            near = 0
            for v in range(
                list_bits(visit, rows, list_rows(visit, n, rows), n_needs, listed)
            ):  # without branches: the processor could not guess
                i, k = np.uint64(listed[v] >> 5), np.uint64(listed[v] & 31)
                f = np.uint64(start) + i
                band, level, u = bands[age[f]], levels[f, k], draw[k, i]
                ease = frail_down[frailty[f]] * easing[offer[0, f]] * down_max[offer[1, f]]
                listed[near] = listed[v]
                near += (u < up[band, k, level] * ceiling[i]) | (one - u <= down_chance[band, k, level] * ease)
            changes = 0
            for v in range(near):
                i, k = np.uint64(listed[v] >> 5), np.uint64(listed[v] & 31)
                f = np.uint64(start) + i
                band, grade, level, u = bands[age[f]], frailty[f], levels[f, k], draw[k, i]
                p_up = up[band, k, level] * family_factor(levels, coupling, frail_up[grade, k], f, k)
                p_up *= programme_factor(
                    offer, clock, strength, level_weight, band_weight, escalation, f, k, level, band
                )
                p_down = down_chance[band, k, level] * frail_down[grade]
                if served[f] & lines_of[k]:
                    p_down *= recovery[k]
                p_down *= programme_factor(
                    offer, clock, strength, level_weight, band_weight, recovering, f, k, level, band
                )
                if p_up + p_down > one:
                    p_up *= one / (p_up + p_down)
                    p_down = one - p_up
                listed[changes] = listed[v]
                new[changes] = level + 1 if u < p_up else level - 1
                changes += (u < p_up) | (one - u < p_down)
            change_levels(levels, packed, has, burden, counts[area], start, listed, new, changes)
