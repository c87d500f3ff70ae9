"""Who takes up a programme, and who hears of it (docs/odd.md, section 3.4)."""

from typing import NamedTuple

import numpy as np
from numba import njit

from sim.core.compiled import compiled
from sim.core.philox import ENGAGE, philox, to_unit
from sim.place.kernels.columns import BLOCK, RING, SLOTS


class Target(NamedTuple):
    """Whom a programme is meant for."""

    needs: np.ndarray  # uint8 (K,): 1 for needs that count
    level_from: int
    level_to: int
    at_least: int  # needs that must be at such a level
    age_from: int  # quarters
    age_to: int  # quarters, last included
    events: int = 0  # bit e = event e; one of them must have happened in the last `within` quarters; 0 asks for none
    within: int = RING
    slots: int = 2**RING - 1  # bit s = slot s of the events remembered is of those quarters

    def at(self, quarter):
        """The same as asked once a quarter's events have happened: its slots are those of the last `within` quarters."""
        return self._replace(slots=sum(1 << (quarter - back) % RING for back in range(self.within)))


@njit(nogil=True, inline="always")
def needs_at(packed, target):
    """Which of the needs that count are at the level of a target: bit k for need k (3.4)."""
    bits = np.uint32(0)
    for k in range(target.needs.size):
        level = (packed >> np.uint32(2 * k)) & np.uint32(3)
        bits |= np.uint32((target.level_from <= level) & (level <= target.level_to) & (target.needs[k] > 0)) << k
    return bits


@njit(nogil=True, inline="always")
def count(bits):
    """Bits set among the even ones of a word."""
    bits = (bits & np.uint32(0x33333333)) + ((bits >> np.uint32(2)) & np.uint32(0x33333333))
    bits = (bits + (bits >> np.uint32(4))) & np.uint32(0x0F0F0F0F)
    bits = (bits + (bits >> np.uint32(8))) & np.uint32(0x00FF00FF)
    return (bits + (bits >> np.uint32(16))) & np.uint32(0xFF)


@compiled
def list_like(c, target, begin, end, rows):
    """Fill `rows` with the rows from `begin` to before `end` of families like a target; returns how many.

    Two plain loops a block: the first for the processor's vector units, the second without branches.
    """
    wanted = np.uint32(0)
    for k in range(target.needs.size):
        wanted |= np.uint32(target.needs[k] > 0) << np.uint32(2 * k)
    emerging = wanted * np.uint32(target.level_from <= 1)
    entrenched = wanted * np.uint32(target.level_from <= 2 <= target.level_to)
    crisis = wanted * np.uint32(target.level_to >= 3)
    at_least, age_from = np.uint32(target.at_least), np.uint8(target.age_from)
    ages = np.uint8(target.age_to - target.age_from)
    events = np.zeros(RING, np.uint16)  # asked for, by slot
    for slot in range(RING):
        events[slot] = np.uint16(target.events) * np.uint16((target.slots >> slot) & 1)
    like = np.empty(BLOCK, np.uint8)
    found = 0
    for start in range(begin, end, BLOCK):
        packed, age = c.packed[start : min(start + BLOCK, end)], c.age[start : min(start + BLOCK, end)]
        for i in range(packed.size):
            low, high = packed[i], packed[i] >> np.uint32(1)
            at = (low & ~high & emerging) | (high & ~low & entrenched) | (low & high & crisis)
            like[i] = (count(at) >= at_least) & (np.uint8(age[i] - age_from) <= ages)
        if target.events:
            for i in range(packed.size):
                f, asked = start + i, np.uint16(0)
                for slot in range(RING):
                    asked |= c.events[slot, f] & events[slot]
                like[i] &= asked != 0
        for i in range(packed.size):
            rows[found] = start + i
            found += like[i]
    return found


class Invitation(NamedTuple):
    """How families are asked to take up a programme."""

    code: int  # of the programme, stable
    same_programme: np.ndarray  # uint8 (offers + 1,): 1 for offers of this programme
    engagement: np.float32  # chance to engage at average trust
    reach: np.float32  # chance to reach a family that services do not know
    order: int  # 1 the worst off first, -1 the least badly off, 0 by lot


@njit(nogil=True, inline="always")
def is_busy(c, o, same_programme, f):
    """Whether a family is on a programme, or marked by the same one."""
    busy = False
    for slot in range(SLOTS):
        taken = c.offer[slot, f]
        busy |= taken != 0 and (c.clock[slot, f] < o.running[taken] or same_programme[taken] == 1)
    return busy


@njit(nogil=True, inline="always")
def severity(levels, wanted):
    """Sum of a family's levels of the needs that count."""
    total = 0
    for k in range(levels.size):
        if wanted[k]:
            total += levels[k]
    return total


@njit(nogil=True)
def keep_first(keys, chosen, waiting, places):
    """Leave in `chosen` those of the `waiting` with the lowest keys, as many as there are places; returns how many."""
    places = min(places, waiting)
    if places <= 0:
        return 0
    cut = np.partition(keys[:waiting], places - 1)[places - 1]
    n = 0
    for i in range(waiting):
        if keys[i] <= cut and n < places:
            chosen[n] = chosen[i]
            n += 1
    return n


@compiled
def choose_families(c, o, target, asked, key, quarter, heard, places, barred, first_area, last_area, keys, chosen):
    """Families that take up places on a programme, the worst off first or otherwise (3.4).

    A family known to services is asked; one that is not may be reached. It engages with a probability that grows with
    its trust. A family on a programme, or marked by the same one, is passed over.

    Parameters
    ----------
    c, o, target, asked : Columns, OfferTables, Target, Invitation
    key : uint64 (2,)
    heard : float32 (neighbourhoods,)
        Trust gained by word of mouth.
    barred : uint8 (N,) or (0,)
        1 for families that may not be taken on now; empty where all may.
    first_area, last_area : int
        Neighbourhoods to look in, last excluded.
    keys : uint64 (N,)
        Room for places in the queue.
    chosen : int64 (N,)
        Filled with row numbers, in family order.

    Returns
    -------
    int
        Families chosen.
    """
    first, what = c.first, (ENGAGE << 24) + asked.code
    waiting, area = 0, first_area
    for i in range(list_like(c, target, first[first_area], first[last_area], chosen)):
        f = chosen[i]
        while f >= first[area + 1]:
            area += 1
        if barred.size and barred[f]:
            continue
        if is_busy(c, o, asked.same_programme, f):
            continue
        x0, x1, x2, _ = philox((area << 20) + f - first[area], c.generation[f], quarter, what, key[0], key[1])
        if not needs_at(c.packed[f], target) & (c.known[f] | c.found[f]) and to_unit(x0) >= asked.reach:
            continue
        if to_unit(x1) >= asked.engagement * np.float32(2.0) * (c.trust[f] + c.trust_gain[f] + heard[area]):
            continue
        rank = 255 - asked.order * severity(c.levels[f], target.needs)
        keys[waiting] = (np.uint64(rank) << np.uint64(32)) | x2
        chosen[waiting] = f
        waiting += 1
    return keep_first(keys, chosen, waiting, places)


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
