"""What the sheets of a workbook show: the tables of a comparison, and sums of them."""

from dataclasses import dataclass
from functools import cached_property

from sim.core.codes import ALL
from sim.core.text import distinct
from sim.record.measures import MEASURES
from sim.report.findings import Findings
from sim.report.workbook.book import wide_enough


@dataclass(frozen=True)
class Facts:
    """A finished comparison, and sums of its tables.

    Attributes
    ----------
    found : Findings
    """

    found: Findings

    @property
    def names(self):
        """Arrangements' names by code, no two alike."""
        return self.found.names

    @property
    def manifest(self):
        """What the manifest says."""
        return self.found.manifest

    @property
    def first(self):
        """The arrangement that others are compared with, or the first of those."""
        return next(iter(self.found.bases or self.names))

    @property
    def years(self):
        """How many years there are."""
        return self.manifest["years"]

    @cached_property
    def yearly(self):
        """Means by arrangement, party and measure, a column a year, of what is not nought: see :func:`sim.results.years.by_year`."""
        table = self.found.yearly
        return table[(table.index.get_level_values("agency") != ALL) & (table.fillna(0.0) != 0).any(axis=1)]

    @cached_property
    def totals(self):
        """Of each row of `yearly`, what it comes to: its sum, or what the last year has."""
        adds = [MEASURES[measure].adds_up == "sum" for measure in self.yearly.index.get_level_values("measure")]
        return self.yearly.sum(axis=1).where(adds, self.yearly.iloc[:, -1])

    @cached_property
    def widths(self):
        """Of the columns of years, and of one of sums, where every row stands: what whole bodies spend is the most."""
        return [*[wide_enough(*self.yearly.to_numpy().flat)] * self.years, wide_enough(*self.totals)]

    @cached_property
    def parties(self):
        """Names of parties by code, in the order in which they are shown: joint bodies, agencies, all others."""
        bodies = [body for item in self.manifest["arrangements"].values() for body in item["bodies"]]
        others = sorted(set(self.yearly.index.get_level_values("agency")) - {*bodies, *self.manifest["agencies"]})
        told = {body: f"{body.replace('_', ' ').capitalize()} (joint body)" for body in bodies}
        given = told | self.manifest["agencies"] | {code: code.replace("_", " ").capitalize() for code in others}
        return distinct(given)

    def kind(self, arrangement, party):
        """What a party is in an arrangement: ``joint body``, ``agency`` or ``other``."""
        if party in self.manifest["arrangements"][arrangement]["bodies"]:
            return "joint body"
        return "agency" if party in self.manifest["agencies"] else "other"

    def of_place(self, arrangement):
        """Parties whose net positions are the place's: agencies and joint bodies."""
        return [party for party in self.parties if self.kind(arrangement, party) != "other"]

    def total(self, arrangement, measure, parties=None):
        """What a measure comes to over some parties, by default all."""
        found = self._by_measure.get((arrangement, measure), {})
        return sum(found[party] for party in (found if parties is None else parties) if party in found)

    def mean(self, arrangement, measure, party=ALL):
        """A mean as the summary has it; null where it has none."""
        return self.found.mean(arrangement, measure, party)

    @cached_property
    def _by_measure(self):
        found = {}
        for (arrangement, party, measure), value in self.totals.items():
            found.setdefault((arrangement, measure), {})[party] = value
        return found
