"""Places of a line given to families that wait (docs/odd.md, section 4.1)."""

import numpy as np
from numba import njit

from sim.core.compiled import compiled
from sim.place.kernels.columns import RING


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
