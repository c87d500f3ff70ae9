"""Compiled loops over families: arrays in, arrays out, nothing else.

Families stand in one structure of arrays, sorted by neighbourhood. Every kernel works on whole neighbourhoods, so
threads may share them out in any way and the result is the same to the bit. A plain-Python twin of the transition
rule is in ``tests/oracle.py``. Section numbers refer to docs/odd.md.
"""

from typing import NamedTuple

import numpy as np
from numba import njit

from sim.core.compiled import compiled
from sim.core.streams import ENGAGE, ENTER_NEED, ENTER_TRAIT, MOVE, PRESENT, philox, to_unit

BLOCK = 256
QUARTERS_OF_AGE = 104  # index child 0 to 25 years; at 104 quarters the family leaves
FRAILTY_CLASSES = 256
SLOTS = 2  # programmes a family carries, running or fading
RING = 4  # quarters of service use remembered
# Of each byte: its bits, the set ones first, and how many are set.
_BITS = np.array([sorted(range(8), key=lambda k: not bits >> k & 1) for bits in range(256)], np.uint16)
_BIT_COUNT = np.array([bits.bit_count() for bits in range(256)], np.uint8)
_MARGIN = np.float32(1.00001)  # float32 products may exceed their bound by a rounding


class Columns(NamedTuple):
    """State of N families; K needs; quarters are those of the model."""

    first: np.ndarray  # int64 (neighbourhoods + 1,): first row of each neighbourhood
    end: np.ndarray  # int64 (neighbourhoods,): past the last row whose family has entered
    levels: np.ndarray  # uint8 (N, K): 0 none, 1 emerging, 2 entrenched, 3 crisis
    has: np.ndarray  # uint16 (N,): bit k = need k above level 0
    burden: np.ndarray  # uint8 (N,): sum of levels
    age: np.ndarray  # uint8 (N,): quarters of the index child's age
    generation: np.ndarray  # uint8 (N,): families that stood here before
    frailty: np.ndarray  # uint8 (N,): class of lasting frailty
    luck: np.ndarray  # uint32 (N,): drawn once a family, for its place in queues
    trust: np.ndarray  # float32 (N,): trust in services the family would have without programmes
    trust_gain: np.ndarray  # float32 (N,): what programmes added
    known: np.ndarray  # uint16 (N,): bit k = need k known of the family's own accord
    found: np.ndarray  # uint16 (N,): bit k = need k known only because a programme found it
    served: np.ndarray  # uint32 (RING, N): bit j = served by line j, by quarter modulo RING
    offer: np.ndarray  # uint8 (SLOTS, N): programme offer taken up, 0 = none
    clock: np.ndarray  # uint8 (SLOTS, N): quarters since enrolment, at most 255


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


class EntryTables(NamedTuple):
    """What a family brings when it enters."""

    need: np.ndarray  # float32 (K, 3): chance of level 1 or more, 2 or more, 3
    trust: np.ndarray  # float32 (4096,): quantiles of trust


class ServiceTables(NamedTuple):
    """What makes a family eligible for a line."""

    present: np.ndarray  # float32 (K, 4): chance a quarter that need shows itself, at average trust
    at: np.ndarray  # uint32 (K, 4): lines a need at this level is eligible for
    below: np.ndarray  # uint32 (K, 4): lines whose threshold is one level above
    open_door: np.uint32  # lines that serve all who are eligible
    need_of: np.ndarray  # uint8 (lines,): the need a line serves


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
def list_needs(visit, n, n_needs, listed):
    """Fill `listed` with every need to visit, as 16 * place of the family in the block + need; returns how many.

    No branches: eight entries are written each time, and as many kept as count. Unsigned indices, which need no look
    at their sign, let the processor write the eight at once.
    """
    visits = np.uint64(0)
    for i in range(n):
        for part in range(0, n_needs, 8):
            bits = np.uint64((visit[i] >> part) & 255)
            code = np.uint16((i << 4) | part)
            for j in range(np.uint64(8)):
                listed[visits + j] = code + _BITS[bits, j]
            visits += np.uint64(_BIT_COUNT[bits])
    return np.int64(visits)


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
    first, end, levels, has, burden = c.first, c.end, c.levels, c.has, c.burden
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
            for v in range(list_needs(visit, n, n_needs, listed)):  # without branches: the processor could not guess
                i, k = np.uint64(listed[v] >> 4), np.uint64(listed[v] & 15)
                f = np.uint64(start) + i
                band, level, u = bands[age[f]], levels[f, k], draw[k, i]
                ease = frail_down[frailty[f]] * easing[offer[0, f]] * down_max[offer[1, f]]
                listed[near] = listed[v]
                near += (u < up[band, k, level] * ceiling[i]) | (one - u <= down_chance[band, k, level] * ease)
            changes = 0
            for v in range(near):
                i, k = np.uint64(listed[v] >> 4), np.uint64(listed[v] & 15)
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
            for v in range(changes):  # only now, so that every need sees the others as they were
                f, k, level = start + (listed[v] >> 4), listed[v] & 15, new[v]
                counts[area, k, levels[f, k]] -= 1
                counts[area, k, level] += 1
                burden[f] += level - levels[f, k]
                levels[f, k] = level
                has[f] = has[f] | (1 << k) if level else has[f] & ~(1 << k)


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
    c.has[f] = bits


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


@njit(nogil=True, inline="always")
def rank_in_queue(luck, code):
    """A family's number in the queue of a line, from its luck and the line's code (the mixer of SplitMix64)."""
    x = (np.uint64(luck) << np.uint64(32)) | np.uint64(code)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return (x ^ (x >> np.uint64(31))) >> np.uint64(32)


@compiled
def admit(c, quarter, line, need, code, places, mask, kept_first, hopeful, hopefuls, buffer, rows):
    """Give places of a line to families that wait, by drawn priority (4.1).

    Families served last quarter come first where `kept_first`, then the more severe, then a number drawn once a
    family and line; a queue is never shuffled.

    Parameters
    ----------
    places : int
        Families to admit at most.
    mask : uint32 (N,)
        Bit `line` marks who may be admitted.
    code : int
        Stable code of the line.
    hopeful, hopefuls : int64 (N,), int64 (neighbourhoods,)
        Rows to look at, from :func:`screen`.
    buffer, rows : uint64 (N,), int64 (N,)
        Working space.

    Returns
    -------
    tuple of int
        Families admitted, and those of them whose need is known only because it was found.
    """
    first, levels, luck, found_needs = c.first, c.levels, c.luck, c.found
    served, before = c.served[quarter % RING], c.served[(quarter + RING - 1) % RING]
    bit = np.uint32(1) << np.uint32(line)
    waiting = 0
    for area in range(first.size - 1):
        for i in range(first[area], first[area] + hopefuls[area]):
            f = hopeful[i]
            if mask[f] & ~served[f] & bit:
                rank = np.uint64(3 - levels[f, need])
                if kept_first and not before[f] & bit:
                    rank += np.uint64(4)
                buffer[waiting] = (rank << np.uint64(32)) | rank_in_queue(luck[f], code)
                rows[waiting] = f
                waiting += 1
    places = min(places, waiting)
    if places <= 0:
        return 0, 0
    cut = np.partition(buffer[:waiting], places - 1)[places - 1]
    admitted = 0
    found = 0
    for i in range(waiting):
        if buffer[i] <= cut and admitted < places:
            served[rows[i]] |= bit
            admitted += 1
            found += (found_needs[rows[i]] >> need) & 1
    return admitted, found


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


@compiled
def with_entrenched(levels):
    """Families with an entrenched need or worse."""
    families = 0
    for f in range(levels.shape[0]):
        most = np.uint8(0)
        for k in range(levels.shape[1]):
            most = max(most, levels[f, k])
        families += most >= 2
    return families


@compiled
def use_of_services(c, target, use):
    """Last year's use of services by known families like a programme's target: what an analyst would look up (6).

    Parameters
    ----------
    use : int64 (lines,)
        Filled with served quarters of the last RING quarters.

    Returns
    -------
    int
        Families counted.
    """
    levels, age, known, found, served, wanted = c.levels, c.age, c.known, c.found, c.served, target.needs
    use[:] = 0
    families = 0
    for f in range(age.size):
        if known[f] | found[f] and target.age_from <= age[f] <= target.age_to:
            bits = matches(levels, wanted, target.level_from, target.level_to, target.at_least, f)
            if bits & (known[f] | found[f]):
                families += 1
                for q in range(RING):
                    for j in range(use.size):
                        use[j] += (served[q, f] >> j) & 1
    return families


@compiled
def use_of_rows(served, rows, generation, as_enrolled, use):
    """Quarters in which lines served some families, leaving out those whose place another family has taken.

    Parameters
    ----------
    served : uint32 (N,)
        Of one quarter.
    rows : int64 (n,)
    generation : uint8 (N,)
    as_enrolled : uint8 (n,)
        Generation of each family when it was enrolled.
    use : int64 (lines,)
        Added to.
    """
    for i in range(rows.size):
        f = rows[i]
        mask = served[f]
        if mask and generation[f] == as_enrolled[i]:
            for j in range(use.size):
                use[j] += (mask >> j) & 1
