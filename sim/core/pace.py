"""How long work will take, in words, by how fast it went so far."""

from math import ceil, inf
from time import monotonic

_UNITS = ((3_510, 60, "minute"), (127_800, 3_600, "hour"), (inf, 86_400, "day"))  # up to so many seconds, in which unit


class Pace:
    """What to say of work as it is done: an estimate by the first of it, then how far it is.

    Parameters
    ----------
    label : str
        What is being done.
    workers : int, optional
        Processes that share the work; without it nothing is estimated.
    clock : callable, optional
        Seconds.
    """

    MINUTE = 60

    def __init__(self, label, workers=None, clock=monotonic):
        self._label, self._workers, self._clock = label, workers, clock
        self._said = clock()
        self._begun = self._before = None  # when it was first told how much was done, and how much that was

    def told(self, done, total):
        """Take note of how much is done: the estimate, after the first of what is new; else None."""
        if self._begun is None:
            self._begun, self._before = self._clock(), done
        if done == self._before or self._workers is None:
            return None
        workers, self._workers = self._workers, None
        many = "1 process" if workers == 1 else f"{workers} processes"
        left = ceil((total - done) / workers) * self._each(done)
        return f"{total - done:,} more to do: {_in_words(left)} on {many}, by the first" if done < total else None

    def each_minute(self, done, total):
        """How far it is and how long the rest will take, if a minute has gone since the last time; else None."""
        if self._clock() - self._said < self.MINUTE or done == self._before:
            return None
        self._said = self._clock()
        return f"{self._label}: {done:,} of {total:,} done, {_in_words((total - done) * self._each(done))} left"

    def _each(self, done):
        """Seconds for each that was done, at the pace so far."""
        return (self._clock() - self._begun) / (done - self._before)


def _in_words(seconds):
    """A time as people say it."""
    if seconds < 90:
        return "under a minute" if seconds < 60 else "under two minutes"
    size, name = next((size, name) for most, size, name in _UNITS if seconds < most)
    number = f"{seconds / size:.2g}" if seconds < 10 * size else f"{seconds / size:.0f}"
    return f"about {number} {name}{'' if number == '1' else 's'}"
