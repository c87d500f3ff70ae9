"""Places of rationed lines given to families that wait (docs/odd.md, section 4.1)."""

import numpy as np
from numba import njit

from sim.core.compiled import compiled
from sim.place.kernels.columns import RING
from sim.place.kernels.lists import nth_least

_LIST = 35  # bits of a place in a queue: below them is the place, from there on the number of the list
_BUCKETS = 2048  # of a list, by the first 11 of those bits


@njit(nogil=True, inline="always")
def place_in_queue(number, rank, luck, code):
    """A family's place in a list, as one number; those with less come first.

    Three bits of rank, then a number from the family's luck and the line's code (the mixer of SplitMix64), so that a
    queue is never shuffled.
    """
    x = (np.uint64(luck) << np.uint64(32)) | np.uint64(code)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    x ^= x >> np.uint64(31)
    return (np.uint64(number) << np.uint64(_LIST)) | (np.uint64(rank) << np.uint64(32)) | (x >> np.uint64(32))


@njit(nogil=True, inline="always")
def last_buckets(keys, places, bucket, left):
    """Of each list: the bucket in which its places run out, and how many are left for it; returns how many lie there."""
    tally = np.zeros(places.size * _BUCKETS, np.int64)
    for v in range(keys.size):
        tally[keys[v] >> np.uint64(24)] += 1
    there = 0
    for j in range(places.size):
        bucket[j], left[j] = (j + 1) * _BUCKETS, places[j]
        if places[j] > 0:
            for b in range(j * _BUCKETS, (j + 1) * _BUCKETS):
                if left[j] <= tally[b]:
                    bucket[j] = b
                    there += tally[b]
                    break
                left[j] -= tally[b]
    return there


@njit(nogil=True, inline="always")
def last_admitted(keys, places, last):
    """Fill `last` with the last place in each list that is admitted; above all places where all are."""
    bucket, left = np.empty(places.size, np.uint64), np.empty(places.size, np.int64)
    there = last_buckets(keys, places, bucket, left)
    close = np.empty(there, np.uint64)
    n = 0
    for v in range(keys.size):
        j = np.int64(keys[v] >> np.uint64(_LIST))
        if places[j] > 0 and keys[v] >> np.uint64(24) == bucket[j]:
            close[n] = keys[v]
            n += 1
    mine = np.empty(there, np.uint64)
    for j in range(places.size):
        last[j] = bucket[j] << np.uint64(24)
        if bucket[j] < np.uint64((j + 1) * _BUCKETS):
            n = 0
            for key in close:
                if key >> np.uint64(24) == bucket[j]:
                    mine[n] = key
                    n += 1
            last[j] = nth_least(mine[:n], left[j])


@compiled
def admit(c, quarter, keys, queue, need_of, places):
    """Give places of lines to families that wait, in order of their place in the queue (4.1).

    One pass finds the bucket of each list in which places run out, and only that is looked into.

    Parameters
    ----------
    keys, queue : uint64 (n,), uint32 (n,)
        Places in lists and rows of the families that wait, in order of rows within a list. List 2 j is of those
        eligible for line j, list 2 j + 1 of those below its threshold.
    need_of : uint8 (lines,)
    places : int64 (2 lines,)
        Families to admit at most.

    Returns
    -------
    int64 (2 lines, 2)
        Families admitted, and those of them whose need is known only because it was found.
    """
    found, served = c.found, c.served[quarter % RING]
    admitted = np.zeros((places.size, 2), np.int64)
    last = np.empty(places.size, np.uint64)
    last_admitted(keys, places, last)
    for v in range(keys.size):
        j = np.int64(keys[v] >> np.uint64(_LIST))
        if keys[v] <= last[j] and admitted[j, 0] < places[j]:
            f, line = queue[v], j // 2
            served[f] |= np.uint32(1) << np.uint32(line)
            admitted[j, 0] += 1
            admitted[j, 1] += (found[f] >> need_of[line]) & 1
    return admitted
