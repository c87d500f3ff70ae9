"""What was published of a trial: a row of ``trials.csv`` as numbers, and the contrast of its arms with its error.

Most cells are numbers. The rest are words, and are read as such: ``not seen``, ``ns`` and an empty cell are none;
``significant`` is a p-value of 0.05 at most. The endpoint says on which scale an interval is (``CI is of the OR``, ``RR``,
``difference`` or ``d``), states a ratio itself (``OR 1.25``), or says that the two values are no arms (``Values are the
difference``, ``Values are ratios``); ``[primary, null]`` and ``reverse`` mark what found nothing, and what found harm.
"""

import math
import re
from dataclasses import dataclass
from functools import cache
from statistics import NormalDist

from sim.core.evidence import evidence
from sim.programmes.trials.contrasts import ODDS_PER_SD, Z95, as_stated, contrast, on_scale, se_of_arms

SIGNIFICANT = 0.05  # the p-value that a result is taken to have, at most, where no more is said than that
_OF = {"OR": "odds", "RR": "ratio", "difference": "difference", "d": "d"}


@dataclass(frozen=True)
class Published:
    """A row of ``trials.csv`` as numbers; None is what was not seen.

    Attributes
    ----------
    id, use, kind, endpoint : str
        Use is ``fit``, ``check`` or ``context``; endpoint in words.
    numbers : (int, int) or None
        Treated and controls.
    arms : (float, float) or None
        What was found in each.
    standardised : float or None
        Standardised difference of means.
    stated : dict of str to float
        Contrasts that the paper states itself, by scale.
    interval : (float, float) or None
    interval_on : str
        Scale of the interval: one of SCALES, or ``d`` of a standardised difference.
    level : float
        Per cent that the interval is meant to cover.
    p : float or None
    p_is_bound : bool
        Whether p is only known to be less.
    null, reverse : bool
        Whether the paper found nothing; whether it found harm.
    """

    id: str
    use: str
    kind: str
    endpoint: str
    numbers: tuple | None
    arms: tuple | None
    standardised: float | None
    stated: dict
    interval: tuple | None
    interval_on: str
    level: float
    p: float | None
    p_is_bound: bool
    null: bool
    reverse: bool

    @property
    def counts_people(self):
        """Whether the arms are shares of people."""
        return self.kind == "share_at_follow_up"

    def contrast(self, scale):
        """Contrast of the arms, logs where the scale is of ratios; None where none was seen.

        A standardised difference d is the log odds ratio of being above a threshold, d pi / sqrt(3) (Chinn 2000).
        """
        if self.standardised is not None:
            return self.standardised * ODDS_PER_SD if scale == "odds" else None
        if scale in self.stated:
            return on_scale(self.stated[scale], scale)
        if self.arms is not None:
            return contrast(*self.arms, scale) if self.counts_people or scale != "odds" else None
        return 0.0 if self.null else None

    def error(self, scale):
        """Standard error of that contrast; None where the row gives no ground for one.

        From the interval; else from an exact p-value; else from shares and numbers; else from an interval on another scale
        (with the same ratio of contrast to error); else from the bound of a p-value, as if it were just reached.
        """
        size = self.contrast(scale)
        if size is None:
            return None
        if self.interval and self.interval_on == scale:
            low, high = (on_scale(end, scale) for end in self.interval)
            return (high - low) / (2 * self._z)
        if self.interval and self.interval_on == "d":
            return ODDS_PER_SD * (self.interval[1] - self.interval[0]) / (2 * self._z)
        if self.p and not self.p_is_bound:
            return abs(size) / _z_of(self.p)
        if self.numbers and self.standardised is not None:
            d, (n, m) = self.standardised, self.numbers
            return ODDS_PER_SD * math.sqrt(1 / n + 1 / m + d**2 / (2 * (n + m)))
        if self.numbers and self.arms and self.counts_people:
            return se_of_arms(self.arms, self.numbers, scale)
        if self.interval and size and self._own_z:
            return abs(size / self._own_z)
        return abs(size) / _z_of(self.p) if self.p and size else None

    def bounds(self, scale, error=None):
        """The 95% interval of the contrast as a paper would state it, from a standard error; (None, None) without one."""
        size, error = self.contrast(scale), self.error(scale) if error is None else error
        if size is None or error is None:
            return None, None
        return tuple(as_stated(size + sign * Z95 * error, scale) for sign in (-1, 1))

    @property
    def _z(self):
        return NormalDist().inv_cdf(0.5 + self.level / 200)

    @property
    def _own_z(self):
        """Contrast over error on the scale of the interval."""
        logs = self.interval_on in ("ratio", "odds")
        low, high = (math.log(end) if logs else end for end in self.interval)
        return (low + high) / (high - low) * self._z


def _z_of(p):
    return NormalDist().inv_cdf(1 - p / 2)


@cache
def published(row_id):
    """A row of ``trials.csv`` as numbers.

    Parameters
    ----------
    row_id : str
        Such as ``FGC-1``; one of the table's.

    Returns
    -------
    Published
    """
    row = evidence("trials")[row_id]
    words, said, kind = row["endpoint"], row["effect_ci_high_or_p"], row["endpoint_kind"]
    values, interval = _pair(row["treated_value"], row["control_value"]), _pair(row["effect_ci_low"], said)
    of_levels, of_contrast = (
        kind == "standardised_mean_difference",
        re.search(r"Values are (the difference|ratios)", words),
    )
    ratios = re.findall(r"\bA?(OR|RR) (\d+\.\d+)", words)
    stated = {_OF[name]: float(number) for name, number in reversed(ratios)}  # the first of a kind is of the endpoint
    if of_contrast and values:
        stated["ratio" if of_contrast[1] == "ratios" else "difference"] = values[0]
    interval_on = re.search(r"CI is of (?:the )?(OR|RR|difference|d)\b", words)
    p = re.match(r"p([=<])([0-9.]+)", said)
    level, marks = re.search(r"([0-9.]+)% CI", words), re.search(r"\[(.*?)\]", words)
    marks = marks[1].lower() if marks else ""
    null = re.search(r"\bnull\b", marks) is not None
    if of_levels and null:
        values = values or (0.0, 0.0)
    return Published(
        id=row_id,
        use=row["use"],
        kind=kind,
        endpoint=words,
        numbers=_pair(row["n_treated"], row["n_control"]),
        arms=None if of_levels or of_contrast else values,
        standardised=values[0] - values[1] if of_levels and values else None,
        stated=stated,
        interval=interval,
        interval_on=_OF[interval_on[1]] if interval_on else next(iter(stated), "d"),
        level=float(level[1]) if level else 95.0,
        p=float(p[2]) if p else SIGNIFICANT if said.startswith("significant") else None,
        p_is_bound=not p or p[1] == "<",
        null=null,
        reverse="reverse" in marks,
    )


def _pair(first, second):
    """Two cells as numbers; None unless both are."""
    try:
        return float(first), float(second)
    except ValueError:
        return None
