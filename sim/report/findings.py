"""What a report is drawn from, and numbers of it that know where they stand."""

import math
from dataclasses import dataclass, field
from functools import cached_property

import pandas as pd

from sim.core.codes import ALL
from sim.core.text import distinct, printable
from sim.record.measures import MEASURES
from sim.report.numbers import figure, has_band, in_pounds, of_all, shown_digits, verdict
from sim.results.years import by_year

SUMMARY, DIFFERENCES, RUNS, SHARES, FLOWS = "summary", "differences", "runs", "shares", "flows"


@dataclass(frozen=True)
class Number:
    """A number in a sentence.

    Attributes
    ----------
    text : str
        As it is shown.
    table : str
        Where it stands: ``summary``, ``differences``, ``shares``, ``runs`` or ``flows``.
    column : str
        Of the table; for ``runs`` and ``flows``, what is counted.
    key : tuple of str
        Of its row.
    """

    text: str
    table: str
    column: str
    key: tuple


def plain(sentence):
    """The text of a sentence, which is a sequence of str and Number."""
    return "".join(part.text if isinstance(part, Number) else part for part in sentence)


@dataclass(frozen=True)
class Findings:
    """The tables of a comparison, as reports and pages ask them.

    Attributes
    ----------
    runs, flows, summary, differences, decisions : pandas.DataFrame
        As they are written.
    manifest : dict
        What ``manifest.json`` says.
    bought_nothing : dict of str to str
        Why, for each arrangement that bought nothing at all.
    incentives : dict or None
        What ``incentives.json`` says.
    shares : pandas.DataFrame or None
        What ``shares.csv`` says.
    years : pandas.DataFrame or None
        Means by year, as :func:`sim.results.years.by_year` gives them, where they are known already.
    """

    runs: pd.DataFrame = field(repr=False)
    flows: pd.DataFrame = field(repr=False)
    summary: pd.DataFrame = field(repr=False)
    differences: pd.DataFrame = field(repr=False)
    decisions: pd.DataFrame = field(repr=False)
    manifest: dict = field(repr=False)
    bought_nothing: dict = field(default_factory=dict)
    incentives: dict | None = field(default=None, repr=False)
    shares: pd.DataFrame | None = field(default=None, repr=False)
    years: pd.DataFrame | None = field(default=None, repr=False)

    @cached_property
    def names(self):
        """Names of arrangements by id."""
        return distinct({code: item["name"] for code, item in self.manifest["arrangements"].items()})

    @cached_property
    def parties(self):
        """Names of agencies and joint bodies by id, as people call them."""
        bodies = {body: "Joint body" for item in self.manifest["arrangements"].values() for body in item["bodies"]}
        bodies |= {body: "LIST" for body in bodies if body == "list"}
        return {code: printable(name) for code, name in self.manifest["agencies"].items()} | bodies

    def party(self, code):
        """A party of the ledger in words."""
        return self.parties.get(code) or code.replace("_", " ")

    @cached_property
    def cells(self):
        """Rows of the summary for all agencies together, by arrangement and measure."""
        return of_all(self.summary)

    @cached_property
    def digits(self):
        """Decimals of £m that tell the sums of this comparison apart."""
        return shown_digits(self.cells)

    @cached_property
    def by_agency(self):
        """Means of the summary: a row an arrangement and agency, a column a measure; null where there is none."""
        return self.summary.pivot(index=["arrangement", "agency"], columns="measure", values="mean")

    @cached_property
    def yearly(self):
        """Means by year: see :func:`sim.results.years.by_year`."""
        return by_year(self.runs) if self.years is None else self.years

    @cached_property
    def _means(self):
        return self.summary.set_index(["arrangement", "agency", "measure"])["mean"].to_dict()

    @cached_property
    def apart(self):
        """Rows of differences for all agencies together, by arrangement, than and measure."""
        data = self.differences[self.differences["agency"] == ALL]
        return data.set_index(["arrangement", "than", "measure"])

    @cached_property
    def bases(self):
        """Arrangements that others are compared with, in order."""
        return list(dict.fromkeys(self.differences["than"]))

    def has(self, code, measure):
        """Whether the summary knows a measure of an arrangement, all agencies together."""
        return (code, measure) in self.cells.index and self.cells.loc[(code, measure), "n"] > 0

    def mean(self, code, measure, agency=ALL):
        """A mean of the summary; null where it has none."""
        return self._means.get((code, agency, measure), math.nan)

    def number(self, code, measure, agency=ALL, text=None):
        """A mean of the summary as a Number: money in £m, else in its measure's digits, or as `text` shows it."""
        mean, item = self.mean(code, measure, agency), MEASURES[measure]
        if text:
            told = text(mean)
        else:
            told = in_pounds(figure(mean, digits=self.digits)) if item.is_money else figure(mean, 1, item.digits)
        return Number(told, SUMMARY, "mean", (code, agency, measure))

    def level(self, code, measure):
        """A mean of the summary, with its 5 to 95% range where there are seeds enough for one, as a sentence."""
        mean, row = self.number(code, measure), self.cells.loc[(code, measure)]
        if not has_band(row):
            return (mean,)
        item, key = MEASURES[measure], (code, ALL, measure)
        how = {"digits": self.digits} if item.is_money else {"scale": 1, "digits": item.digits}
        low, high = (Number(figure(row[name], **how), SUMMARY, name, key) for name in ("p05", "p95"))
        return (mean, " (", low, " to ", high, ")")

    def difference(self, code, than, measure):
        """A paired difference and its interval as three Numbers in a sentence: mean, low, high."""
        row = self.apart.loc[(code, than, measure)]
        key = (code, than, ALL, measure)
        mean, low, high = (
            Number(in_pounds(figure(row[name], digits=self.digits)), DIFFERENCES, name, key)
            for name in ("mean", "low", "high")
        )
        return (mean,) if row["n"] < 2 else (mean, " (95% interval ", low, " to ", high, ")")

    def told(self, code, than, measure):
        """What an interval says in a word: ``more``, ``less``, ``same``, ``unclear``, or that there is none."""
        return verdict(self.apart.loc[(code, than, measure)])
