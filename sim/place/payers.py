"""Who pays for each service line: a price list a payer, which together are the line's own (docs/odd.md, section 4.4).

A body runs a line. Others may pay a share of all that it costs, used or not (`paid_by`), or a charge for each case it
serves (`charged_to`), a share of the average cost; then the runner is left with what the charges do not cover.
"""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from sim.core.faults import Faults, InputError
from sim.core.ledger import split
from sim.place.services import Prices, pick

PAID_BY, CHARGED_TO = "paid_by_", "charged_to_"  # an agency's id follows


@dataclass(frozen=True)
class Diversion:
    """How those who are charged for use come to use less.

    Attributes
    ----------
    share : float
        Share of demand that is diverted in the end where the whole average cost is charged; in proportion below that.
    speed : float
        Share of what is still lacking of that which is reached in a year.
    cost : float
        What is done in place of the service costs, as a share of the average cost of a case.
    """

    share: float
    speed: float
    cost: float


@dataclass(frozen=True)
class Payers:
    """Who pays what part of each line.

    Attributes
    ----------
    runs : bool (agencies, lines)
        Who runs it.
    shares : float (agencies, lines)
        Of what charges do not cover; they sum to one.
    charged : float (agencies, lines)
        Share of the average cost charged for each case.
    may_divert : bool (lines,)
        Lines that serve all who are eligible, but for those that whoever is charged diverts. The threshold of a duty line
        is its practice, which goes its own way; an event is not a referral.
    diversion : Diversion or None
    """

    runs: np.ndarray
    shares: np.ndarray
    charged: np.ndarray
    may_divert: np.ndarray
    diversion: Diversion = None

    @cached_property
    def several(self):
        """Lines that others than who runs them pay for: int64 (n,)."""
        return np.nonzero((self.charged.sum(axis=0) > 0) | (self.shares != self.runs).any(axis=0))[0]

    @cached_property
    def weights(self):
        """Part of a case's average cost that each pays: float (agencies, lines); they sum to one."""
        return self.shares * (1 - self.charged.sum(axis=0)) + self.charged

    def price_lists(self, prices):
        """Prices by agency and line, which sum to the line's: a charge follows cases alone, shares are of every price.

        Parameters
        ----------
        prices : Prices
            Of the lines, in whole pence.

        Returns
        -------
        Prices
            Of int64 (agencies, lines).
        """
        fixed, variable, extra = (
            np.where(self.runs, column, 0) for column in (prices.fixed, prices.variable, prices.extra)
        )
        for j in self.several:
            charge = self.charges(prices, j)
            for part, whole in (
                (fixed, prices.fixed[j]),
                (variable, prices.variable[j] - charge.sum()),
                (extra, prices.extra[j]),
            ):
                part[:, j] = split(int(whole), self.shares[:, j])
            variable[:, j] += charge
        return Prices(fixed, variable, extra, prices.usual, prices.elasticity)

    def charges(self, prices, line):
        """Pence that each is charged for a case-quarter of a line: int64 (agencies,)."""
        return np.rint(self.charged[:, line] * prices.average[line]).astype(np.int64)

    def recharges(self, counts, prices):
        """What agencies pay who runs a line, below nought for what that one is paid: int64 (..., agencies, lines) pence.

        Parameters
        ----------
        counts : int64 (..., lines, len(FIELDS))
        prices : Prices
        """
        between = np.zeros((*counts.shape[:-2], *self.runs.shape), np.int64)
        if len(self.several):
            between = np.where(self.runs, 0, self.price_lists(prices).spending(counts[..., None, :, :]))
            between -= np.where(self.runs, between.sum(axis=-2, keepdims=True), 0)
        return between

    # Diversion

    def diverted_share(self, year):
        """Share of demand on each line that is diverted in a year of the run: float (lines,)."""
        if self.diversion is None:
            return np.zeros(len(self.may_divert))
        reached = 1 - (1 - self.diversion.speed) ** max(0, year)
        return np.where(self.may_divert, self.diversion.share * self.charged.sum(axis=0) * reached, 0.0)

    def diversion_cost(self, counts, prices):
        """What those who are charged pay for what is done in place of the service: int64 (..., agencies, lines) pence."""
        cost = np.zeros((*counts.shape[:-2], *self.runs.shape), np.int64)
        for j in np.nonzero(self.diverted_share(1))[0]:
            each = split(int(np.rint(self.diversion.cost * prices.average[j])), self.charged[:, j])
            cost[..., j] = diverted(counts)[..., j, None] * np.array(each)
        return cost


def diverted(counts):
    """Cases of known need in the place that a line does not serve: int64 (..., lines)."""
    return pick(counts, "demand") - pick(counts, "eligible_served") + pick(counts, "refilled")


def payer_parameters(agencies, kind):
    """Values that a line may have in a place's files: who pays a share of it or is charged for its use, by kind of number."""
    return {f"{way}{agency}": kind for way in (PAID_BY, CHARGED_TO) for agency in agencies}


def payers_of(place, paid_by=None, charged_to=None, diversion=None, where=None):
    """Who pays for the lines of a place, by its files and by what an arrangement changes.

    Parameters
    ----------
    place : Place
    paid_by, charged_to : dict of str to dict of str to float, optional
        Shares by line and agency; a line that is named in either is paid for as they say, and not as the place's files do.
    diversion : Diversion, optional
    where : str or path, optional
        File that says so; the place's own by default.

    Raises
    ------
    InputError
        With every line for which they do not fit.
    """
    ids = [agency.id for agency in place.agencies]
    paid, charged = (np.zeros((len(ids), len(place.lines))) for _ in range(2))
    runs = np.array([[line.agency == agency for line in place.lines] for agency in ids])
    changed = {**(paid_by or {}), **(charged_to or {})}
    with Faults() as faults:
        for j, line in enumerate(place.lines):
            for way, new, table in ((PAID_BY, paid_by, paid), (CHARGED_TO, charged_to, charged)):
                for i, agency in enumerate(ids):
                    name = f"lines.{line.id}.{way}{agency}"
                    given = place.get(name) if place.has(name) else 0.0
                    table[i, j] = (new or {}).get(line.id, {}).get(agency, 0.0) if line.id in changed else given
            with faults.kept():
                _check(where or Path(place.folder) / "lines.csv", line, paid[:, j], charged[:, j], runs[:, j])
    may_divert = np.array([line.kind == "statutory" and line.gate != "duty" and not line.event for line in place.lines])
    return Payers(runs, np.where(runs, 1 - paid.sum(axis=0), paid), charged, may_divert, diversion)


def _check(path, line, paid, charged, runs):
    """Refuse shares of a line that cannot be."""
    where = f"line {line.id}"
    if not paid.any() and not charged.any():
        return
    if line.kind == "demand_led":
        raise InputError(path, where, "the centre pays for it at cost", "let no other body pay for it")
    if paid.any() and charged.any():
        raise InputError(
            path, where, "is both shared and charged for", "let others pay shares, or a charge for each use"
        )
    if paid[runs].any() or charged[runs].any():
        raise InputError(path, where, f"{line.agency!r} runs it, and pays what others do not", "name other agencies")
    if max(paid.sum(), charged.sum()) > 1 + 1e-9:
        raise InputError(path, where, f"shares sum to {max(paid.sum(), charged.sum()):g}", "keep the sum at 1 or less")
