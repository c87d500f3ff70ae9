"""Families' draws, for compiled kernels: the counter-based generator Philox4x32-10.

Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC11. The counter holds decision, quarter
and family, the key the seed (:func:`sim.core.streams.key_of`).
"""

import numpy as np
from numba import njit

# One code per decision of a family; the code is part of the counter, so decisions never share a draw.
MOVE, ENTER_NEED, ENTER_TRAIT, PRESENT, ENGAGE, EVENT = range(6)

_M0 = np.uint64(0xD2511F53)
_M1 = np.uint64(0xCD9E8D57)
_W0 = np.uint64(0x9E3779B9)
_W1 = np.uint64(0xBB67AE85)
_LOW = np.uint64(0xFFFFFFFF)
_HALF = np.uint64(32)


@njit(nogil=True, inline="always")
def philox(c0, c1, c2, c3, k0, k1):
    """Four 32-bit words of Philox4x32-10 for a counter of four words and a key of two.

    Parameters
    ----------
    c0, c1, c2, c3 : int
        Counter words, 0 to 2**32 - 1.
    k0, k1 : int
        Key words, 0 to 2**32 - 1.

    Returns
    -------
    tuple of four uint64
        Each 0 to 2**32 - 1.
    """
    x0, x1, x2, x3 = np.uint64(c0), np.uint64(c1), np.uint64(c2), np.uint64(c3)
    a, b = np.uint64(k0), np.uint64(k1)
    for _ in range(10):
        p0 = _M0 * x0
        p1 = _M1 * x2
        x0 = ((p1 >> _HALF) ^ x1 ^ a) & _LOW
        x1 = p1 & _LOW
        x2 = ((p0 >> _HALF) ^ x3 ^ b) & _LOW
        x3 = p0 & _LOW
        a = (a + _W0) & _LOW
        b = (b + _W1) & _LOW
    return x0, x1, x2, x3


@njit(nogil=True, inline="always")
def to_unit(word):
    """A 32-bit word as a float32 strictly between 0 and 1, from its upper 24 bits."""
    return np.float32(np.int32(word >> np.uint64(8))) * np.float32(2.0**-24) + np.float32(2.0**-25)


@njit(nogil=True, inline="always")
def spare_byte(word):
    """The 8 bits of a 32-bit word that :func:`to_unit` leaves unused: 0 to 255, and independent of it."""
    return np.uint16(word & np.uint64(255))
