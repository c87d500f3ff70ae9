"""Every output measure, declared once; whoever records, sums up or shows a number goes by its declaration."""

import csv
from dataclasses import dataclass
from importlib.resources import files

MONEY = "GBP"


@dataclass(frozen=True)
class Measure:
    """A number that comes out of a run.

    Attributes
    ----------
    name : str
        As in ``runs.parquet`` and ``summary.csv``.
    unit : str
        ``GBP`` for money (whole pence in leaf rows, pounds in summaries), else what is counted.
    group : str
        What kind of number it is: ``total``, ``gap`` (between two totals), ``leak``, ``cost``, ``payment``, ``people``, ...
    adds_up : str
        Over the years: ``sum``; ``last`` year's; ``last known`` (null where there is no row); a ratio of two sums,
        written ``A + B / C``; or ``derived`` by :mod:`sim.results.summary`.
    by : str
        ``line`` (agency and service line), ``need`` (who gains, and need or event), ``party`` or ``place``: the finest
        rows there are.
    sign : str
        ``+`` where more is better for those it counts for, ``-`` where it is a cost or a leak, else empty.
    shown : str
        In tables for people: ``always``, ``some`` (where any arrangement has it), or empty.
    digits : int
        Decimals in tables for people (of £m where it is money).
    label, short, meaning : str
        For people: in a table, on an axis, and in a sentence.
    """

    name: str
    unit: str
    group: str
    adds_up: str
    by: str
    sign: str
    shown: str
    digits: int
    label: str
    short: str
    meaning: str

    @property
    def is_money(self):
        """Whether it is money."""
        return self.unit == MONEY

    @property
    def is_recorded(self):
        """Whether it stands in leaf rows, and is not made of others by the summary."""
        return self.adds_up in ("sum", "last", "last known")

    @property
    def row_label(self):
        """Label in a table that takes leaks away one by one."""
        return f"less {self.label}" if self.group in ("gap", "leak") else self.label


class UndeclaredMeasureError(Exception):
    """A measure that nobody has declared: our fault, not the user's."""


def _read():
    with (files("sim") / "record" / "measures.csv").open(encoding="utf-8", newline="") as handle:
        rows = [
            {**row, "digits": int(row["digits"]), "short": row["short"] or row["label"]}
            for row in csv.DictReader(handle)
        ]
    return {row["name"]: Measure(**row) for row in rows}


MEASURES = _read()


def declared(name):
    """The declaration of a measure that is recorded.

    Raises
    ------
    UndeclaredMeasureError
    """
    if name not in MEASURES or not MEASURES[name].is_recorded:
        raise UndeclaredMeasureError(f"{name!r} is not declared in sim/record/measures.csv")
    return MEASURES[name]


def of_group(*groups):
    """Names of the measures of some groups, in declared order."""
    return tuple(item.name for item in MEASURES.values() if item.group in groups)


def shown(money):
    """Names of the measures that tables for people show always, and of those they show where some arrangement has them.

    Parameters
    ----------
    money : bool
        Those of money, or the others.
    """
    named = [item for item in MEASURES.values() if item.is_money == money]
    return [item.name for item in named if item.shown == "always"], [
        item.name for item in named if item.shown == "some"
    ]


COSTS = of_group("cost")
SOCIAL = of_group("social")
LEAKS = of_group("leak")  # gross avoided = these + cash released
