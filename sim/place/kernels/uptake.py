"""Who takes up a programme, and who hears of it (docs/odd.md, section 3.4)."""

from typing import NamedTuple

import numpy as np
from numba import njit

from sim.core.compiled import compiled, helper
from sim.core.philox import ENGAGE, philox, to_unit
from sim.place.kernels.columns import BLOCK, RING, SLOTS
from sim.place.kernels.lists import bits_set, nth_least


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
    signs: int = 0  # bit e = event e; one of the last `within` quarters makes a family more urgent
    not_served: int = 0  # bit j = line j; none of them may serve the family
    now: int = 0  # slot of the lines that serve it

    def at(self, quarter):
        """The same as asked once a quarter's events have happened: slots are its own and those of the last `within` quarters."""
        return self._replace(slots=sum(1 << (quarter - back) % RING for back in range(self.within)), now=quarter % RING)


@njit(nogil=True, inline="always")
def needs_at(packed, target):
    """Which of the needs that count are at the level of a target: bit k for need k (3.4)."""
    bits = np.uint32(0)
    for k in range(target.needs.size):
        level = (packed >> np.uint32(2 * k)) & np.uint32(3)
        bits |= np.uint32((target.level_from <= level) & (level <= target.level_to) & (target.needs[k] > 0)) << k
    return bits


@njit(nogil=True, inline="always")
def shown(c, target, f):
    """Whether services know enough of a family like a target to refer it, and the needs a referrer sees: bit k for need k (3.4).

    Whoever reaches a family that services cannot refer has seen the needs for which it is like the target.
    """
    at, seen = needs_at(c.packed[f], target), np.uint32(c.known[f] | c.found[f])
    known = bits_set(at & seen) >= target.at_least
    return known, seen if known else seen | at


@njit(nogil=True, inline="always")
def count(bits):
    """Bits set among the even ones of a word."""
    bits = (bits & np.uint32(0x33333333)) + ((bits >> np.uint32(2)) & np.uint32(0x33333333))
    bits = (bits + (bits >> np.uint32(4))) & np.uint32(0x0F0F0F0F)
    bits = (bits + (bits >> np.uint32(8))) & np.uint32(0x00FF00FF)
    return (bits + (bits >> np.uint32(16))) & np.uint32(0xFF)


@compiled
def list_like(c, target, begin, end, rows):
    """Fill `rows` with the rows from `begin` to before `end` of families like a target, known or not; returns how many.

    Plain loops a block for the processor's vector units; then one without branches, which passes over eight families at
    once where none of them is like the target.
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
    like, lately = np.zeros(BLOCK, np.uint8), np.empty(BLOCK, np.uint16)
    by_eight = like.view(np.uint64)
    found = 0
    for start in range(begin, end, BLOCK):
        block = slice(start, min(start + BLOCK, end))
        packed, age = c.packed[block], c.age[block]
        for i in range(packed.size):
            low, high = packed[i], packed[i] >> np.uint32(1)
            at = (low & ~high & emerging) | (high & ~low & entrenched) | (low & high & crisis)
            enough = at != 0 if at_least == 1 else count(at) >= at_least
            like[i] = enough & (np.uint8(age[i] - age_from) <= ages)
        if target.events:
            lately[:] = 0
            for slot in range(RING):
                happened = c.events[slot, block]
                for i in range(packed.size):
                    lately[i] |= happened[i] & events[slot]
            for i in range(packed.size):
                like[i] &= lately[i] != 0
        if target.not_served:
            served = c.served[target.now, block]
            for i in range(packed.size):
                like[i] &= (served[i] & np.uint32(target.not_served)) == 0
        for first in range(0, packed.size, 8):
            if by_eight[first // 8]:
                for i in range(first, min(first + 8, packed.size)):
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


class Places(NamedTuple):
    """Places on a programme, by how they go (3.4)."""

    by_order: int  # in the order in which families are asked, whatever their level
    by_level: (
        np.ndarray
    )  # int64 (4,): by lot among families of that worst level of the needs that count; at 0 among all


@njit(nogil=True, inline="always")
def severity(levels, wanted, seen):
    """Sum of a family's levels of the needs that count and are seen (bit k for need k), and the worst of them."""
    total, worst = 0, 0
    for k in range(levels.size):
        if wanted[k] and (seen >> np.uint32(k)) & np.uint32(1):
            total += levels[k]
            worst = max(worst, levels[k])
    return total, worst


@njit(nogil=True, inline="always")
def signs_of(c, target, f):
    """How many kinds of events of the last quarters make a family more urgent."""
    lately = np.uint16(0)
    for slot in range(RING):
        if (target.slots >> slot) & 1:
            lately |= c.events[slot, f]
    return bits_set(np.uint16(lately & target.signs))


class Referred(NamedTuple):
    """What a referrer sees of families like a target (3.4)."""

    known: np.ndarray  # bool (n,): services know enough of it to refer it
    seen: (
        np.ndarray
    )  # uint16 (n,): needs seen, bit k for need k; of one that is reached, those for which it is like the target
    worst: np.ndarray  # uint8 (n,): worst level of the needs that count and are seen
    urgency: np.ndarray  # uint8 (n,): what the queue goes by: levels of these needs, and kinds of late events


@compiled
def as_referred(c, target, rows, out):
    """Fill in what a referrer sees of families like a target.

    Parameters
    ----------
    rows : int64 (n,)
    out : Referred
    """
    for i in range(rows.size):
        out.known[i], seen = shown(c, target, rows[i])
        total, out.worst[i] = severity(c.levels[rows[i]], target.needs, seen)
        out.seen[i], out.urgency[i] = seen, total + signs_of(c, target, rows[i])


@helper
def give(places, keys, worst, level, taken):
    """Mark as taken the lowest keys among the families without a place, as many as there are places.

    Of one worst level only, or whatever it is where that is 0.
    """
    queue, n = np.empty(keys.size, np.uint64), 0
    for i in range(keys.size):
        if not taken[i] and (level == 0 or worst[i] == level):
            queue[n] = keys[i]
            n += 1
    places = min(places, n)
    if places <= 0:
        return
    last = nth_least(queue[:n], places)
    for i in range(keys.size):
        if places and keys[i] <= last and not taken[i] and (level == 0 or worst[i] == level):
            taken[i] = 1
            places -= 1


@compiled
def fill(places, keys, worst):
    """Who of those that would take up a place gets one: uint8 (n,), 1 for those; see :class:`Applicants`."""
    taken = np.zeros(worst.size, np.uint8)
    give(places.by_order, keys[0], worst, np.int64(0), taken)  # a literal would be a type of its own
    for level in range(places.by_level.size):
        give(places.by_level[level], keys[1], worst, level, taken)
    return taken


class Applicants(NamedTuple):
    """Families that would take up a place on a programme, in family order (3.4)."""

    rows: np.ndarray  # int64 (n,)
    keys: np.ndarray  # uint64 (2, n): places in the queue by order, and by lot; those with less come first
    worst: np.ndarray  # uint8 (n,): worst level of the needs that count and are seen

    def of(self, picked):
        """Some of them: bool (n,)."""
        return Applicants(self.rows[picked], self.keys.compress(picked, axis=1), self.worst[picked])

    def given(self, places):
        """Whether each gets one of some :class:`Places`: bool (n,).

        Places that go by order are given first. Places by lot go to the easiest first where the order is that; those of a
        level with too few families stay open.
        """
        return fill(places, self.keys, self.worst).view(bool)


@compiled
def applicants(c, o, target, asked, key, quarter, heard, barred, first_area, last_area, rows):
    """Families that would take up a place on a programme, with how badly off they are and their lots (3.4).

    A family that services know to be like the target is asked; another may be reached. How badly off it is, is judged by
    what a referrer sees: the levels of known needs, and late events. It engages with a probability that grows with
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
    rows : int64 (N,)
        Working space.

    Returns
    -------
    Applicants
    """
    first, what = c.first, (ENGAGE << 24) + asked.code
    n, area = 0, first_area
    like = list_like(c, target, first[first_area], first[last_area], rows)
    keys, worst = np.empty((2, like), np.uint64), np.empty(like, np.uint8)
    for i in range(like):
        f = rows[i]
        while f >= first[area + 1]:
            area += 1
        if barred.size and barred[f]:
            continue
        if is_busy(c, o, asked.same_programme, f):
            continue
        x0, x1, x2, x3 = philox((area << 20) + f - first[area], c.generation[f], quarter, what, key[0], key[1])
        known, seen = shown(c, target, f)
        if not known and to_unit(x0) >= asked.reach:
            continue
        if to_unit(x1) >= asked.engagement * np.float32(2.0) * (c.trust[f] + c.trust_gain[f] + heard[area]):
            continue
        total, worst[n] = severity(c.levels[f], target.needs, seen)
        total += signs_of(c, target, f)
        rank = np.uint64(255 - asked.order * total) << np.uint64(32)
        keys[0, n] = rank | x2
        keys[1, n] = x3 if asked.order >= 0 else rank | x3
        rows[n] = f
        n += 1
    return Applicants(rows[:n].copy(), keys[:, :n].copy(), worst[:n].copy())


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
