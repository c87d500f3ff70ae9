"""Who was served, quarter by quarter: kept as what changed, a tenth of the whole."""

import numpy as np

from sim.core.compiled import compiled


class Served:
    """A record of the lines that served each family, one uint32 mask a family and quarter (bit j is line j).

    Only the masks that differ from those of the quarter before are kept, with one bit a family that says which do.
    """

    def __init__(self):
        self._quarters, self._last = [], None

    def __len__(self):
        return len(self._quarters)

    @property
    def nbytes(self):
        """Memory it takes."""
        return sum(part.nbytes for quarter in self._quarters for part in quarter)

    def add(self, masks):
        """Take down the next quarter: uint32 (families,), of which nothing is kept but a copy."""
        if self._last is None:
            self._last = np.zeros_like(masks)
        bits, changed = np.empty((len(masks) + 7) // 8, np.uint8), np.empty(len(masks) + 1, np.uint32)
        n = _changes(masks, self._last, bits, changed)
        self._quarters.append((bits, changed[:n].copy()))

    def close(self):
        """No quarter follows."""
        self._last = None

    def replay(self):
        """Go through it once more; see :class:`Replay`."""
        return Replay(self._quarters)


class Replay:
    """A record read again, quarter after quarter."""

    def __init__(self, quarters):
        self._quarters, self._read, self._masks = quarters, 0, None

    def at(self, quarter):
        """Masks of a quarter, the first of which is 1: uint32 (at least families,), good until the next call."""
        if quarter < self._read:
            self._read, self._masks = 0, None
        for bits, changed in self._quarters[self._read : quarter]:
            if self._masks is None:
                self._masks = np.zeros(8 * len(bits), np.uint32)
            _change(self._masks, bits, changed)
        self._read = quarter
        return self._masks


@compiled
def _changes(masks, last, bits, changed):
    """Fill `changed` with the masks that differ from the last ones and `bits` with which do; returns how many."""
    n = 0
    for byte in range(bits.size):
        mark = np.uint8(0)
        for f in range(8 * byte, min(8 * byte + 8, masks.size)):
            differs = masks[f] != last[f]
            mark |= np.uint8(differs) << np.uint8(f & 7)
            changed[n] = masks[f]  # without a branch: kept if the next place is taken
            n += differs
            last[f] = masks[f]
        bits[byte] = mark
    return n


@compiled
def _change(masks, bits, changed):
    """Make the masks of a quarter those of the next."""
    n = 0
    for byte in range(bits.size):
        if bits[byte]:
            for i in range(8):
                if (bits[byte] >> i) & 1:
                    masks[8 * byte + i] = changed[n]
                    n += 1
