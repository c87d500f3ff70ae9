"""Compact lists made without branches, which a processor could not guess."""

import numpy as np
from numba import njit

from sim.core.compiled import helper
from sim.core.philox import philox, to_unit

# Of each byte: its bits, the set ones first, and how many are set.
_BITS = np.array([sorted(range(8), key=lambda k: not bits >> k & 1) for bits in range(256)], np.uint16)
_BIT_COUNT = np.array([bits.bit_count() for bits in range(256)], np.uint8)


@njit(nogil=True, inline="always")
def bits_set(mask):
    """How many bits of a 16-bit mask are set."""
    return _BIT_COUNT[mask & 255] + _BIT_COUNT[mask >> 8]


@helper
def list_rows(masks, n, rows):
    """Fill `rows` with the places of the first `n` masks that are not nought; returns how many."""
    listed = np.uint64(0)
    for i in range(n):
        rows[listed] = i
        listed += np.uint64(masks[i] != 0)
    return np.int64(listed)


@helper
def nth_least(keys, n):
    """The n-th least of some keys, from 1 to as many as there are; byte by byte, as a sort takes seconds to compile.

    Parameters
    ----------
    keys : uint64
    n : int
    """
    found, tally = np.uint64(0), np.empty(256, np.int64)
    for part in range(7, -1, -1):
        shift = np.uint64(8 * part)
        tally[:] = 0
        for key in keys:
            byte = (key ^ found) >> shift  # nothing above the byte where all bytes before are those found
            if byte < np.uint64(256):
                tally[byte] += 1
        digit = 0
        while n > tally[digit]:
            n -= tally[digit]
            digit += 1
        found |= np.uint64(digit) << shift
    return found


@helper
def list_bits(masks, rows, n, width, listed):
    """Fill `listed` with the set bits of some masks, as 32 * place of the mask + bit; returns how many.

    Eight entries are written each time, and as many kept as count, so `listed` needs eight places more than there are
    bits. Unsigned indices, which need no look at their sign, let the processor write the eight at once.

    Parameters
    ----------
    masks : unsigned integers
    rows : uint16
        Places of the masks to list, of which the first `n` are read.
    width : int
        Bits of a mask, at most 32.
    listed : uint16
    """
    entries = np.uint64(0)
    for v in range(n):
        i = np.uint64(rows[v])
        for part in range(0, width, 8):
            bits = np.uint64((masks[i] >> part) & 255)
            if bits or not part:
                code = np.uint16((i << 5) | part)
                for j in range(np.uint64(8)):
                    listed[entries + j] = code + _BITS[bits, j]
                entries += np.uint64(_BIT_COUNT[bits])
    return np.int64(entries)


@helper
def draw_listed(what, number, born, quarter, key, listed, entries, generation, draw):
    """One uniform for each listed bit of a block of families: draw[v].

    Parameters
    ----------
    what : int
        The decision that is drawn; the bit is added to it.
    number : int
        Of the block's first family.
    born : uint8
        Generation of each family of the block.
    key : uint64 (2,)
    listed : uint16
        From :func:`list_bits`, of which the first `entries` are read.
    generation : uint32
        Room for one an entry.
    draw : float32
    """
    for v in range(entries):
        generation[v] = born[listed[v] >> 5]
    for v in range(entries):
        draw[v] = to_unit(
            philox(number + (listed[v] >> 5), generation[v], quarter, what + (listed[v] & 31), key[0], key[1])[0]
        )
