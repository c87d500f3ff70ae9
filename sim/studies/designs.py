"""Points of a sweep: every combination of what is listed, times points spread over ranges."""

from dataclasses import dataclass, field
from itertools import product
from math import exp, floor, log, sqrt

DESIGNS = ("latin", "sobol")
SHAPES = ("even", "log", "triangle")
MOST_POINTS = 1_000_000


@dataclass(frozen=True)
class Axis:
    """Something that takes one listed value after another.

    Attributes
    ----------
    name : str
        Dotted name of a parameter, ``place`` or ``future``; any word where the values are names of sets of settings.
    values : tuple of float or str
        In the order in which points take them.
    sets : dict of str to dict, optional
        Settings by the name of their set.
    """

    name: str
    values: tuple
    sets: dict | None = None

    def settings(self, value):
        """What is set at a value, by dotted name."""
        return {self.name: value} if self.sets is None else self.sets[value]

    def in_words(self):
        """Name, kind and values: a dict that JSON can hold."""
        kind = "sets" if self.sets is not None else self.name if self.name in ("place", "future") else "list"
        return {"name": self.name, "kind": kind, "values": list(self.values)}


@dataclass(frozen=True)
class Range:
    """A parameter drawn from a range.

    Attributes
    ----------
    name : str
        Dotted name.
    low, high : float
        Ends of the range; None where there are choices.
    shape : str
        ``even``: every value as likely as any other; ``log``: every factor; ``triangle``: likeliest at the mode and
        less and less towards both ends.
    mode : float or None
    choices : tuple of str
        Words, each as likely as any other.
    """

    name: str
    low: float | None = None
    high: float | None = None
    shape: str = "even"
    mode: float | None = None
    choices: tuple = ()

    def at(self, share, whole=False):
        """The value that a share of all values lies below.

        Parameters
        ----------
        share : float
            0 to 1, without 1.
        whole : bool
            Whether only whole numbers will do: the value is then drawn from half below the least to half above the
            most and rounded, so that both ends are as likely as any other number of an even range.

        Returns
        -------
        float or str
        """
        if self.choices:
            return self.choices[floor(share * len(self.choices))]
        if not whole:
            return min(max(self._between(share, self.low, self.high), self.low), self.high)
        return min(max(float(floor(self._between(share, self.low - 0.5, self.high + 0.5) + 0.5)), self.low), self.high)

    def as_asked(self):
        """The range as a study file would give it."""
        if self.choices:
            return list(self.choices)
        table = {"low": self.low, "high": self.high, "shape": self.shape, "mode": self.mode}
        return {key: value for key, value in table.items() if value is not None}

    def in_words(self):
        """Name, kind and ends: a dict that JSON can hold."""
        return {"name": self.name, "kind": "range", "range": self.as_asked()}

    def _between(self, share, low, high):
        if self.shape == "log":
            return exp(log(low) + share * (log(high) - log(low)))
        if self.shape == "triangle":
            bend = (self.mode - low) / (high - low)
            if share < bend:
                return low + sqrt(share * (high - low) * (self.mode - low))
            return high - sqrt((1 - share) * (high - low) * (high - self.mode))
        return low + share * (high - low)


@dataclass(frozen=True)
class Sample:
    """Points spread over ranges.

    Attributes
    ----------
    design : str
        One of :data:`DESIGNS`: a Latin hypercube (one point in each of n slices of every range) or the points of Sobol
        (evenly spread in several ranges at once), both as :mod:`scipy.stats.qmc` makes them, scrambled by the seed.
    n : int
        Points; a power of two where they are Sobol's.
    ranges : tuple of Range
    """

    design: str
    n: int
    ranges: tuple = field(default=())

    def points(self, seed, whole=()):
        """Settings of each point.

        Parameters
        ----------
        seed : int
            The same seed gives the same points.
        whole : collection of str
            Names of parameters that are whole numbers.

        Returns
        -------
        list of dict
        """
        from scipy.stats import qmc  # takes a second

        make = {"latin": qmc.LatinHypercube, "sobol": qmc.Sobol}[self.design]
        shares = make(len(self.ranges), rng=seed).random(self.n)
        return [
            {item.name: item.at(float(share), item.name in whole) for item, share in zip(self.ranges, row, strict=True)}
            for row in shares
        ]

    def as_asked(self):
        """The sample as a study file would give it."""
        return {"design": self.design, "n": self.n, "range": {item.name: item.as_asked() for item in self.ranges}}


def combined(axes, sample=({},)):
    """Every combination of the values of some axes, the last axis changing fastest, each with every point of a sample.

    Parameters
    ----------
    axes : sequence of Axis
    sample : sequence of dict
        The same points at every combination, so that combinations can be compared point by point.

    Returns
    -------
    tuple of (tuple of dict, tuple of dict)
        What is set at each point; and the value of each axis and range there, sets by their names.
    """
    points, labels = [], []
    for values in product(*(axis.values for axis in axes)):
        settings = {}
        for axis, value in zip(axes, values, strict=True):
            settings |= axis.settings(value)
        named = {axis.name: value for axis, value in zip(axes, values, strict=True)}
        points += [{**settings, **drawn} for drawn in sample]
        labels += [{**named, **drawn} for drawn in sample]
    return tuple(points), tuple(labels)
