"""Columns of families: one structure of arrays, sorted by neighbourhood (docs/odd.md, section 3)."""

from typing import NamedTuple

import numpy as np

from sim.core.compiled import helper

BLOCK = 512  # families that a kernel works on at a time, so that what it notes of them stays near
QUARTERS_OF_AGE = 104  # index child 0 to 25 years; at 104 quarters the family leaves
FRAILTY_CLASSES = 256
SLOTS = 2  # programmes a family carries, running or fading
RING = 4  # quarters of service use and of events remembered


class Columns(NamedTuple):
    """State of N families; K needs; quarters are those of the model."""

    first: np.ndarray  # int64 (neighbourhoods + 1,): first row of each neighbourhood
    end: np.ndarray  # int64 (neighbourhoods,): past the last row whose family has entered
    levels: np.ndarray  # uint8 (N, K): 0 none, 1 emerging, 2 entrenched, 3 crisis
    packed: np.ndarray  # uint32 (N,): the same levels, two bits a need: bits 2 k and 2 k + 1
    has: np.ndarray  # uint16 (N,): bit k = need k above level 0
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
    lasting: np.ndarray  # uint16 (N,): bit k = the spell of need k at its level is a lasting one
    events: np.ndarray  # uint16 (RING, N): bit e = event e happened, by quarter modulo RING
    crisis: np.ndarray  # uint8 (N,): 1 while the family is in a crisis


_BY_SLOT = ("served", "offer", "clock", "events")  # columns in which rows come second


def rows_of(every, rows, areas):
    """The columns of some rows of one or several populations laid end to end.

    Parameters
    ----------
    every : list of Columns
    rows : int64 (n,)
    areas : int64 (n,)
        Their neighbourhoods, in order.
    """
    columns = []
    for name in Columns._fields[2:]:
        axis = int(name in _BY_SLOT)
        whole = [getattr(c, name) for c in every]
        columns.append(np.take(whole[0] if len(whole) == 1 else np.concatenate(whole, axis=axis), rows, axis=axis))
    first = np.searchsorted(areas, np.arange(len(every[0].first))).astype(np.int64)
    return Columns(first, first[1:].copy(), *columns)


class Block(NamedTuple):
    """What some columns hold of the families that stand from one row to another."""

    packed: np.ndarray
    has: np.ndarray
    known: np.ndarray
    found: np.ndarray
    generation: np.ndarray
    frailty: np.ndarray
    luck: np.ndarray
    served: np.ndarray  # this quarter
    before: np.ndarray  # served in the quarter before
    events: np.ndarray  # this quarter


@helper
def block_of(c, quarter, start, stop):
    """The columns of families from row `start` to before `stop`, in place."""
    now, last = quarter % RING, (quarter + RING - 1) % RING
    return Block(
        c.packed[start:stop],
        c.has[start:stop],
        c.known[start:stop],
        c.found[start:stop],
        c.generation[start:stop],
        c.frailty[start:stop],
        c.luck[start:stop],
        c.served[now, start:stop],
        c.served[last, start:stop],
        c.events[now, start:stop],
    )
