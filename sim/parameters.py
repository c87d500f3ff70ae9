"""Values with unit, range and source; the named dials; and the one-line error a wrong input gets."""

import csv
import difflib
import math
from collections.abc import Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from typing import NamedTuple

PRICE_BASE = "2010/11"
SHOWN_FAULTS = 5  # `check` lists them all
EVIDENCE = ("unit_costs", "prevalence", "interventions", "deflators", "cashability")


class InputError(Exception):
    """The input is wrong: where, what is wrong, and what would be right, in one line for each fault.

    Parameters
    ----------
    where : str or path
        File, option or command that holds the mistake.
    key : str
        Row, key or value in it; may be empty.
    problem, remedy : str
        What is wrong, and what would be right.

    Attributes
    ----------
    faults : tuple of str
        Every fault, a line each; the text of the error shows the first few.
    """

    def __init__(self, where, key, problem, remedy):
        parts = [str(part) for part in (where, key) if str(part)]
        line = ": ".join([*parts, f"{problem}; {remedy}"]).replace("\n", " ")
        super().__init__(line)
        self.faults = (line,)

    @classmethod
    def of(cls, faults):
        """One error that tells several faults, each once, given as lines."""
        error = cls.__new__(cls)
        error.faults = tuple(dict.fromkeys(faults))
        error.args = ("\n".join(error.faults),)
        return error

    def __str__(self):
        shown, more = self.faults[:SHOWN_FAULTS], len(self.faults) - SHOWN_FAULTS
        return "\n".join([*shown, f"and {more} more; `listsim check` lists them all"] if more > 0 else shown)

    def __reduce__(self):
        return type(self).of, (self.faults,)


class Faults:
    """Collects the faults of a file, so that they are told in one go.

    As a context, it raises one :class:`InputError` with all of them at its end; a fault that nothing can follow ends
    it at once, and the ones collected before are told with it.

    Examples
    --------
    >>> with Faults() as faults:
    ...     for row in rows:
    ...         with faults.kept():
    ...             read(row)
    """

    def __init__(self):
        self.errors = []

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        if isinstance(error, InputError):
            self.errors.append(error)
        elif error is not None:
            return
        if len(self.errors) > 1:
            raise InputError.of(fault for error in self.errors for fault in error.faults) from None
        if self.errors:
            raise self.errors[0]

    @contextmanager
    def kept(self):
        """A part whose fault is kept while reading goes on after it."""
        try:
            yield
        except InputError as error:
            self.errors.append(error)


class UnknownParameterError(InputError):
    """A parameter that does not exist."""


def suggest(name, names):
    """A remedy that names the nearest known name, or the first few."""
    near = difflib.get_close_matches(str(name), [str(known) for known in names], n=1, cutoff=0.5)
    if near:
        return f"did you mean {near[0]!r}?"
    listed = sorted(map(str, names))
    return "known are " + ", ".join(listed[:12]) + (" ..." if len(listed) > 12 else "")


@dataclass(frozen=True)
class Quantity:
    """A number of the data with what a reader needs to judge it.

    Attributes
    ----------
    value, low, high : float
        The value and its range; money in pounds of `price_year`.
    unit : str
        What the value counts, per what.
    price_year : str
        Financial year of the prices where the value is money, else empty.
    source : str
        ``file:id`` of the evidence, a full reference, or ``assumption: why``.
    whole : bool
        Whether only whole numbers make sense.
    """

    value: float
    unit: str
    low: float
    high: float
    source: str
    price_year: str = ""
    whole: bool = False

    @property
    def is_money(self):
        """Whether the value is pounds."""
        return self.unit.startswith("GBP")

    @property
    def base_value(self):
        """The value at the price base (2010/11), by the published deflators where it is money."""
        return self.value * deflator(self.price_year) if self.is_money else self.value


@cache
def evidence(table):
    """Rows of one evidence table, by id (deflators: by price year).

    Parameters
    ----------
    table : str
        One of :data:`EVIDENCE`.

    Returns
    -------
    dict of str to dict
    """
    path = files("sim") / "scenarios" / "evidence" / f"{table}.csv"
    with path.open(encoding="utf-8", newline="") as handle:
        rows = list(csv.DictReader(handle))
    key = "price_year" if table == "deflators" else "id"
    return {row[key]: row for row in rows}


def deflator(price_year):
    """Factor from pounds of a price year to pounds of 2010/11."""
    return float(evidence("deflators")[price_year]["to_2010_11"])


def full_source(source):
    """A source written out: an evidence id becomes its reference and address."""
    table, _, key = source.partition(":")
    if table not in EVIDENCE or not key:
        return source
    row = evidence(table)[key.split(" ")[0]]
    return f"{source} = {row['source']} {row['url']}".strip()


def check_source(source, where, key):
    """Refuse a source that is missing, or that names evidence which does not exist.

    Raises
    ------
    InputError
    """
    if not isinstance(source, str) or not source.strip():
        raise InputError(where, key, "has no source", "give file:id of the evidence, a reference, or 'assumption: why'")
    if source.startswith("assumption") and not source.partition(":")[2].strip():
        raise InputError(where, key, "is an assumption without a reason", "write 'assumption: why'")
    table, _, rest = source.partition(":")
    if table in EVIDENCE:
        wanted = rest.split(" ")[0].rstrip(",;")
        if wanted not in evidence(table):
            raise InputError(
                where, key, f"cites {table}:{wanted}, which is not in the evidence", suggest(wanted, evidence(table))
            )


_FIELDS = ("value", "unit", "price_year", "low", "high", "source")


class Limits(NamedTuple):
    """Least and most that a number can sensibly be, whatever range its row gives, and whether it must be whole."""

    low: float = -math.inf
    high: float = math.inf
    whole: bool = False


# Ceilings of money are far beyond any place's spending: they catch slips of the keyboard, and sums stay countable.
SHARE = Limits(0, 1)
RATIO = Limits(0.1, 10)
SPREAD = Limits(0, 100)
COST = Limits(0, 1e10)  # pounds, per million people where the place's size matters
PRICE = Limits(0, 1e7)  # pounds a family
YES_OR_NO = Limits(0, 1, whole=True)
NUMBER = Limits(0, 1000, whole=True)
COUNT = Limits(1, 1000, whole=True)
HORIZON = Limits(1, 100)  # years; the last may count in part
TERM = Limits(1, 100, whole=True)  # years
DELAY = Limits(0, 100, whole=True)  # years


def quantity(row, where, key, minimum=-math.inf, maximum=math.inf):
    """A :class:`Quantity` from a mapping of texts or numbers, or a one-line error.

    Parameters
    ----------
    row : mapping
        ``value``, ``unit``, ``low``, ``high``, ``source`` and, for money, ``price_year``.
    where, key : str
        File and row, for the error.
    minimum, maximum : float
        Smallest and largest value that makes sense, whatever its range says.

    Raises
    ------
    InputError
    """
    for field in row:
        if field not in _FIELDS:
            raise InputError(where, key, f"unknown field {field!r}", suggest(field, _FIELDS))
    numbers = {name: _number(row.get(name, ""), where, key, name) for name in ("value", "low", "high")}
    unit = str(row.get("unit") or "").strip()
    price_year = str(row.get("price_year") or "").strip()
    source = str(row.get("source") or "")
    check_source(source, where, key)
    if not unit:
        raise InputError(where, key, "has no unit", "say what the value counts, per what")
    if unit.startswith("GBP") and price_year not in evidence("deflators"):
        raise InputError(
            where, key, f"price year {price_year!r} is not known", suggest(price_year, evidence("deflators"))
        )
    if numbers["value"] < minimum:
        what = "negative" if minimum == 0 else f"below {minimum:g}"
        raise InputError(where, key, f"value {numbers['value']:g} is {what}", f"give {minimum:g} or more")
    for name, number in numbers.items():
        if number > maximum:
            as_share = f", such as {number / 100:g} for {number:g}%" if maximum == 1 and number <= 100 else ""
            raise InputError(
                where, key, f"{name} {number:g} is above {maximum:g}", f"give {maximum:g} or less{as_share}"
            )
    result = Quantity(unit=unit, source=source.strip(), price_year=price_year, **numbers)
    return in_range(result, where, key)


def table_of(where, key, item):
    """What a file gives for a key, which must be a table.

    Raises
    ------
    InputError
    """
    if not isinstance(item, Mapping):
        given = "is missing" if item is None else f"{item!r} is not a table"
        raise InputError(where, key, given, "give a table")
    return item


def check_keys(table, where, known, faults, prefix=""):
    """Name every key of a table that is not known."""
    for key in table:
        with faults.kept():
            if key not in known:
                raise InputError(where, prefix + str(key), "unknown key", suggest(key, known))


def limited(row, where, key, limits):
    """A :class:`Quantity` within limits from what a file gives for it, which must be a table.

    Raises
    ------
    InputError
    """
    if not isinstance(row, Mapping):
        raise InputError(where, key, f"{row!r} is not a table", "give value, unit, low, high and source")
    item = quantity(row, where, key, limits.low, limits.high)
    if item.low < limits.low:
        raise InputError(where, key, f"low {item.low:g} is below {limits.low:g}", f"give {limits.low:g} or more")
    return in_range(replace(item, whole=limits.whole), where, key)


def read_values(table, where, wanted, faults, prefix=""):
    """The quantities that are wanted of a table, by name.

    Parameters
    ----------
    table : mapping
        As read from a file.
    where : str or path
    wanted : dict of str to Limits
    faults : Faults
        Takes what is missing or wrong.
    prefix : str
        Stands before the name in messages.
    """
    values = {}
    for name, limits in wanted.items():
        with faults.kept():
            if name not in table:
                raise InputError(where, prefix + name, "is missing", "add it with value, unit, low, high and source")
            values[name] = limited(table[name], where, prefix + name, limits)
    return values


def in_range(item, where, key):
    """The quantity itself if its value lies in its own range, and is whole if it must be.

    Raises
    ------
    InputError
    """
    if not item.low <= item.value <= item.high:
        raise InputError(where, key, f"value {item.value:g} is out of range", f"give {item.low:g} to {item.high:g}")
    if item.whole:
        _whole(item.value, where, key)
    return item


def _whole(number, where, key):
    if number != int(number):
        near = f"{math.floor(number):g} or {math.ceil(number):g}"
        raise InputError(where, key, f"{number:g} is not a whole number", f"give {near}")


def _number(text, where, key, name):
    try:
        if isinstance(text, bool):
            raise TypeError
        value = float(text)
    except (TypeError, ValueError, OverflowError):
        raise InputError(where, key, f"{name} {text!r} is not a number", "give a number such as 0.5") from None
    if not math.isfinite(value):
        raise InputError(where, key, f"{name} {text!r} is not finite", "give a finite number")
    return value


@dataclass(frozen=True)
class Dial:
    """A named parameter that sweeps, lecturers and tests turn with ``--set``.

    Attributes
    ----------
    name : str
        Dotted name.
    default : float or str
    low, high : float
        Range; None where the dial is a choice.
    unit, text, source : str
    choices : tuple of str
        Allowed words where the dial is a choice.
    whole : bool
        Whether only whole numbers make sense.
    """

    name: str
    default: float | str
    low: float | None
    high: float | None
    unit: str
    text: str
    source: str
    choices: tuple = ()
    whole: bool = False

    def read(self, value, where="--set"):
        """The value as the dial's type, if allowed.

        Raises
        ------
        InputError
        """
        if self.choices:
            if not isinstance(value, str) or value not in self.choices:
                raise InputError(
                    where, self.name, f"{value!r} is not a choice", "give one of " + ", ".join(self.choices)
                )
            return value
        number = _number(value, where, self.name, "value")
        if not self.low <= number <= self.high:
            raise InputError(where, self.name, f"{number:g} is out of range", f"give {self.low:g} to {self.high:g}")
        if self.whole:
            _whole(number, where, self.name)
        return number


_SCALE = "scale (1 = as the place's data say)"


def _dials():
    return [
        Dial("programmes.effect_scale", 1.0, 0.0, 3.0, _SCALE,
             "Every programme's true effect, with the case finding, trust, word of mouth and social capital it brings; "
             "0 = no programme does anything.",
             "assumption: 1 is the effect drawn from the published distribution; 0 is the null that tests need"),
        Dial("programmes.optimism", 1.3, 0.5, 3.0, "ratio",
             "How far deciders' first beliefs exceed the published effect.",
             "cashability:OB5 (a 25% correction of benefits undoes an optimism of 1.33; range from grades 1 to 6 and beyond)"),
        Dial("programmes.shrinkage", 1.0, 0.0, 2.0, _SCALE,
             "How much smaller than the published effect the true effect at scale is; multiplies the correction of the "
             "programme's evidence grade (0 to 40%).",
             "cashability:OB6 (corrections by grade, 0 to 40%; their use for effects at scale is an assumption)"),
        Dial("families.contagion_scale", 1.0, 0.0, 3.0, _SCALE,
             "Influence of the need among neighbours on a family's own; 0 = none.",
             "assumption: peer influence is documented but no size for these needs is in the evidence"),
        Dial("families.coupling_scale", 1.0, 0.0, 2.0, _SCALE,
             "Influence of a family's other needs on each need; 0 = needs are independent.",
             "assumption: sized so that the costliest families carry many needs (prevalence:P2, C1)"),
        Dial("families.frailty_spread", 1.0, 0.0, 1.5, _SCALE,
             "Lasting differences between families and between neighbourhoods; 0 = all alike.",
             "assumption: sized so that about 2% of families carry five needs or more (prevalence:P2)"),
        Dial("families.case_finding", 1.0, 0.0, 3.0, _SCALE,
             "How much contact with a programme makes need known that would not have shown of its own accord; 0 = not at all.",
             "cashability:B5 (contact with social services 14% against 8% of controls)"),
        Dial("families.demand_growth", 0.0, -0.05, 0.05, "a year",
             "Yearly trend of the chance that need arises or worsens; 0 = stationary.",
             "cashability:B7 (3.2% a year growth of emergency admissions; 0 by default so that the place is stationary)"),
        Dial("services.unmet_need_scale", 1.0, 0.0, 1.5, _SCALE,
             "Need not known or not served at the start; 0 = every eligible family is known and served, always, and "
             "no place is refilled from outside.",
             "assumption: scales the coverage and presentation of the place's data"),
        Dial("services.threshold_drift", 0.5, 0.0, 1.0, "share of places that stay empty",
             "How readily places that stay empty lower a service's threshold; 0 = never.",
             "cashability:B9 (looked-after children +13% while early help fell; the size is an assumption)"),
        Dial("services.fixed_share_scale", 1.0, 0.0, 1.5, _SCALE,
             "Fixed part of service costs (capped at the whole); 0 = all cost follows cases.",
             "cashability:C5 (marginal cost 55% of average for a large cut, near nothing for a small one)"),
        Dial("services.block_scale", 1.0, 0.0, 5.0, _SCALE,
             "Size of the blocks in which places open and close; 0 = one place at a time, every quarter.",
             "assumption: block sizes are teams, homes and wings of the place's data"),
        Dial("services.notice_scale", 1.0, 0.0, 4.0, _SCALE,
             "Quarters of notice before a block closes; 0 = none.",
             "assumption: notice follows staff contracts and leases in the place's data"),
        Dial("agencies.decommissioning", 0.5, 0.0, 1.0, "probability",
             "Willingness to close what stands empty: the chance that a whole empty block is put on notice at a year end.",
             "cashability:C8 (26% of claimed gains verified) and C9 (38%); the size is an assumption"),
        Dial("agencies.horizon_years", 3.0, 1.0, 25.0, "years",
             "Planning horizon of an agency that decides for itself.",
             "Community Budgets Political Leadership Group 2011, Innovative Finance, executive summary (spending reviews of three years)"),
        Dial("agencies.carry_forward_share", 0.1, 0.0, 1.0, "share",
             "Share of an underspend kept by agencies that must return theirs (Jobcentre, justice, NHS).",
             "assumption: end-year flexibility was small and discretionary"),
        Dial("agencies.outcome_payments", "before_claw_back", None, None, "choice",
             "Whether agencies pay for outcomes out of the year's underspend before any of it is clawed back, or only "
             "out of discretionary money and reserves (after_claw_back).",
             "assumption: sources say payments come from savings and fix no order",
             choices=("before_claw_back", "after_claw_back")),
        Dial("comparison.envelope", 0.0, 0.0, 100_000_000.0, "GBP of 2010/11 a year per million people",
             "Money that each arrangement has for programmes each year, granted from outside in place of what it would raise, so that "
             "all are compared at one size; 0 = each with the money it can raise.",
             "assumption: 0 by default; a comparison at equal money tells a better arrangement from a bigger one"),
        Dial("departments.review_years", 3.0, 1.0, 10.0, "years",
             "Length of a spending review; each one rebases budgets on outturn.",
             "Community Budgets Political Leadership Group 2011, Innovative Finance, executive summary (spending reviews of three years)",
             whole=True),
        Dial("departments.real_growth", 0.0, -0.1, 0.05, "a year",
             "Growth (or austerity, below 0) of budgets beyond the trend of need, in real terms.",
             "Localis 2010, Total Neighbourhood, section 1 (unprotected spending to fall by up to a quarter); 0 by default"),
        Dial("list.reinvested_share", 0.8, 0.0, 1.0, "share",
             "Share of a LIST's surplus that it reinvests; the rest is distributed to members.",
             "assumption: sources say surplus is reinvested over time and name no share"),
        Dial("list.payment_basis", "gross", None, None, "choice",
             "What members pay a LIST on: measured benefit at average cost (gross), at the cost that follows cases "
             "(marginal), or the fall of named budget lines (cashed).",
             "assumption: Bevan Brittan's introduction speaks of payments that reflect the benefit received and fixes no basis",
             choices=("gross", "marginal", "cashed")),
        Dial("measurement.design", "arrangement", None, None, "choice",
             "How a cohort's outcome is measured: as the arrangement says, by families' use of services in later years against "
             "when they enrolled (before_after), against families alike in what services know (matched), against applicants who lost a "
             "draw (waiting_list), by the area's counts against the base year (area_count), or not at all (none).",
             "interventions:FIP1 (family projects were judged before against after)",
             choices=("arrangement", "before_after", "matched", "waiting_list", "area_count", "none")),
        Dial("measurement.cohort_size", 1000.0, 10.0, 100000.0, "families",
             "Families of a cohort that are measured; a larger cohort is sampled and grossed up.",
             "interventions:ONE1 (cohorts of about 1,000 in Peterborough)", whole=True),
    ]  # fmt: skip


DIALS = {dial.name: dial for dial in _dials()}


def defaults():
    """Every dial's default, by name."""
    return {name: dial.default for name, dial in DIALS.items()}


def changed(item, text, where, key):
    """A copy of a quantity with another value, kept inside its range.

    Raises
    ------
    InputError
    """
    return in_range(replace(item, value=_number(text, where, key, "value")), where, key)
