"""Neighbourhoods shared out among threads, in parts with about as many families each."""

import os
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from itertools import pairwise

import numpy as np

MANY = 500_000  # families; with fewer, handing them to threads costs more than it saves


def by_part(call, first, threads):
    """What a call returns for each part of the neighbourhoods.

    Parameters
    ----------
    call : callable
        (first neighbourhood, last one excluded) -> anything; it must not hold Python's lock.
    first : int64 (neighbourhoods + 1,)
        First row of each neighbourhood's families.
    threads : int
        Parts; one where families are not :data:`MANY`.

    Returns
    -------
    list
    """
    if threads == 1 or first[-1] < MANY:
        return [call(0, len(first) - 1)]
    bounds = np.searchsorted(first, np.linspace(0, first[-1], threads + 1)[1:-1])
    return list(_pool(threads).map(lambda part: call(*part), pairwise([0, *bounds.tolist(), len(first) - 1])))


@cache
def _pool(threads):
    """The threads of this process, made once."""
    return ThreadPoolExecutor(threads)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_pool.cache_clear)  # a child has none of its parent's threads
