"""Keyed randomness: a draw belongs to (seed, decision, quarter, id), never to a stream.

Families draw inside compiled kernels from a counter-based generator (:mod:`sim.core.philox`). Institutions draw by
stable names through a hash. The same key always gives the same number, so two runs with the same seed differ only by cause, and the split of
the work over threads or processes cannot matter.
"""

from functools import lru_cache
from hashlib import blake2b
from statistics import NormalDist

import numpy as np


def key_of(seed):
    """The two 32-bit key words of a seed.

    Parameters
    ----------
    seed : int
        Any integer from 0 to 2**64 - 1.

    Returns
    -------
    numpy.ndarray
        uint64, shape (2,).
    """
    return np.array([seed & 0xFFFFFFFF, (seed >> 32) & 0xFFFFFFFF], dtype=np.uint64)


def code_of(name):
    """A stable 24-bit code of a name, so that adding a line or a programme leaves the draws of others alone."""
    return int.from_bytes(blake2b(name.encode(), digest_size=3).digest(), "big")


def uniform(seed, decision, *key):
    """One number strictly between 0 and 1 for an institution's decision.

    Parameters
    ----------
    seed : int
        Seed of the run.
    decision : str
        What is being decided, such as ``"true effect"``.
    *key : str or int
        Stable codes of who and what, and the year; never creation order.

    Returns
    -------
    float
    """
    text = "\x1f".join(map(str, (seed, decision, *key)))
    word = int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big")
    return ((word >> 11) + 0.5) * 2.0**-53


@lru_cache(8192, typed=True)  # a bidder's luck of a year is asked for again and again, and in every arrangement
def normal(seed, decision, *key):
    """One standard normal number, keyed as in :func:`uniform`."""
    return NormalDist().inv_cdf(uniform(seed, decision, *key))


def mixed(words, code):
    """Keyed 64-bit numbers of an array of 32-bit words: the same word and code always give the same number.

    The finaliser of SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014).

    Parameters
    ----------
    words : uint32 (n,)
    code : int

    Returns
    -------
    uint64 (n,)
    """
    x = (words.astype(np.uint64) << np.uint64(32)) | np.uint64(code & 0xFFFFFFFF)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))


def normals(n, seed, decision, *key):
    """Standard normal numbers, each keyed by its position: a longer array begins with the same numbers.

    Parameters
    ----------
    n : int
    seed, decision, *key
        As in :func:`uniform`.

    Returns
    -------
    float (n,)
    """
    return np.array([normal(seed, decision, *key, i) for i in range(n)])
