"""Values with unit, range and source; the named dials; and the one-line error a wrong input gets."""

import csv
import difflib
import math
import re
from collections.abc import Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cache
from importlib.resources import files
from pathlib import Path

from sim.kinds import ANY, Kind, is_money
from sim.text import fault, printable

PRICE_BASE = "2010/11"
SHOWN_FAULTS = 5  # `check` lists them all
LONGEST_QUOTE = 600  # characters of a part of an error, which may quote what a user wrote
EVIDENCE = ("unit_costs", "prevalence", "interventions", "deflators", "cashability")
DEFLATORS = "deflators.csv"


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
        parts = [printable(part, LONGEST_QUOTE) for part in (where, key, problem, remedy)]
        line = ": ".join([*(part for part in parts[:2] if part), "; ".join(parts[2:])])
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
    near = difflib.get_close_matches(str(name)[:LONGEST_QUOTE], [str(known) for known in names], n=1, cutoff=0.5)
    if near:
        return f"did you mean {near[0]!r}?"
    listed = sorted(map(str, names))
    return "known are " + ", ".join(listed[:12]) + (" ..." if len(listed) > 12 else "")


def check_name(text, where, key, kind="name"):
    """The text itself if it may be a name, or another kind of :func:`sim.text.fault`.

    Raises
    ------
    InputError
    """
    wrong = fault(text, kind)
    if wrong:
        raise InputError(where, key, *wrong)
    return text


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
    kind : sim.kinds.Kind
        What the value may be.
    to_base : float
        Factor from prices of `price_year` to the price base.
    """

    value: float
    unit: str
    low: float
    high: float
    source: str
    price_year: str = ""
    kind: Kind = field(default=ANY, repr=False, compare=False)
    to_base: float = 1.0

    @property
    def is_money(self):
        """Whether the value is pounds."""
        return is_money(self.unit)

    @property
    def base_value(self):
        """The value at the price base (2010/11), by its deflator where it is money."""
        return self.value * self.to_base


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


def deflator(price_year, where="", key=""):
    """Factor from pounds of a price year to pounds of 2010/11.

    Parameters
    ----------
    price_year : str
        A financial year as the data spell it, such as ``2013/14``.
    where, key : str or path
        File and row that cite it. A ``deflators.csv`` beside that file adds to the published series, or replaces years of it.

    Raises
    ------
    InputError
        If the year is misspelt, or neither series has it.
    """
    series = {year: float(row["to_2010_11"]) for year, row in evidence("deflators").items()}
    own = own_deflators(where)
    if own:
        series |= _read_deflators(own)
    if price_year in series:
        return series[price_year]
    problem, year = f"price year {price_year!r} is not known", financial_year(price_year)
    first, last = min(series), max(series)
    if year in series:
        raise InputError(where, key, problem, f"write {year!r}")
    if year and year > last:
        problem, known = f"price year {price_year!r} has no deflator yet", f"the last known is {last!r}"
        raise InputError(
            where, key, problem, f"{known}: give the value in its prices, or the year in {DEFLATORS} beside the file"
        )
    raise InputError(where, key, problem, f"give a financial year from {first!r} to {last!r}, spelled like these")


def financial_year(text):
    """A financial year as the data spell it (``2013/14``) of a text like 2013-14 or 2013/2014; empty if it is none."""
    found = re.fullmatch(r"((?:19|20)\d\d)\s*[/\u2013-]\s*(?:19|20)?(\d\d)", text)
    return f"{found[1]}/{found[2]}" if found and (int(found[1]) + 1) % 100 == int(found[2]) else ""


def own_deflators(where):
    """The ``deflators.csv`` beside a file, if there is one."""
    path = Path(str(where)).with_name(DEFLATORS) if Path(str(where)).name else None
    return path if path and path.is_file() else None


def _read_deflators(path):
    """Factors by price year from a user's file of the form of the published one."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as handle:
            reader = csv.DictReader(handle, restval="")
            rows, columns = list(reader), reader.fieldnames or ()
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(path, "", f"is not CSV in UTF-8 ({error})", "save it as CSV in UTF-8") from None
    for column in ("price_year", "to_2010_11", "source"):
        if column not in columns:
            raise InputError(path, column, "column is missing", "columns are price_year, to_2010_11 and source")
    series = {}
    for number, row in enumerate(rows, 2):
        year, key = row["price_year"], f"line {number}"
        if not year or financial_year(year) != year or year in series:
            raise InputError(
                path, key, f"price year {year!r} is misspelt or given twice", "give each year once, like '2013/14'"
            )
        check_source(row["source"], path, key)
        series[year] = _number(row["to_2010_11"], path, key, "to_2010_11")
        if series[year] <= 0 or (year == PRICE_BASE and series[year] != 1):
            raise InputError(
                path, key, f"to_2010_11 {series[year]:g} is no factor", f"give more than 0, and 1 for {PRICE_BASE}"
            )
    return series


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
    check_name(source, where, key, "source")
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


def quantity(row, where, key, kind=ANY):
    """A :class:`Quantity` from a mapping of texts or numbers, or an error that names all that is wrong with it.

    Parameters
    ----------
    row : mapping
        ``value``, ``unit``, ``low``, ``high``, ``source`` and, for money, ``price_year``.
    where, key : str
        File and row, for the error.
    kind : sim.kinds.Kind or float
        What the value and its range may be; a number alone is the least they may be.

    Raises
    ------
    InputError
    """
    if not isinstance(row, dict):
        raise InputError(where, key, f"{shown(row)} is not a table", "give value, unit, low, high and source")
    kind = kind if isinstance(kind, Kind) else Kind(low=kind)
    numbers, texts = {}, {}
    with Faults() as faults:
        for name in sorted(map(str, row.keys() - set(_FIELDS))):
            faults.errors.append(InputError(where, key, f"unknown field {shown(name)}", suggest(name, _FIELDS)))
        for name in ("value", "low", "high"):
            with faults.kept():
                numbers[name] = _number(row.get(name, ""), where, key, name)
        for name in ("unit", "price_year", "source"):
            with faults.kept():
                texts[name] = _text(row.get(name), where, key, name)
        with faults.kept():
            check_source(texts.get("source", "-"), where, key)
        with faults.kept():
            to_base = _check_unit(texts.get("unit", "-"), texts.get("price_year", ""), kind, where, key)
    return in_range(Quantity(**numbers, **texts, kind=kind, to_base=to_base), where, key)


def _check_unit(unit, price_year, kind, where, key):
    """Refuse a unit that does not fit the kind of value, or a price year that does not fit the unit; factor to the base."""
    if not unit:
        raise InputError(where, key, "has no unit", "say what the value counts, per what")
    if wrong := kind.wrong_unit(unit):
        raise InputError(where, key, *wrong)
    if price_year and not is_money(unit):
        raise InputError(where, key, f"price year {price_year!r} with a unit that is not money", "leave it empty")
    return deflator(price_year, where, key) if is_money(unit) else 1.0


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


def read_values(table, where, wanted, faults, prefix=""):
    """The quantities that are wanted of a table, by name.

    Parameters
    ----------
    table : mapping
        As read from a file.
    where : str or path
    wanted : dict of str to Kind
    faults : Faults
        Takes what is missing or wrong.
    prefix : str
        Stands before the name in messages.
    """
    values = {}
    for name, kind in wanted.items():
        with faults.kept():
            if name not in table:
                raise InputError(where, prefix + name, "is missing", "add it with value, unit, low, high and source")
            values[name] = quantity(table[name], where, prefix + name, kind)
    return values


def in_range(item, where, key):
    """The quantity itself if its value lies in its own range, and both within its kind.

    Raises
    ------
    InputError
    """
    numbers = {"value": item.value, "low": item.low, "high": item.high}
    if wrong := item.kind.wrong_numbers(numbers, item.unit):
        raise InputError(where, key, *wrong)
    if item.low > item.high:
        raise InputError(where, key, f"low {item.low:g} is above high {item.high:g}", "give the range from low to high")
    _within(item.value, item, where, key)
    return item


def _within(value, item, where, key):
    if not item.low <= value <= item.high:
        raise InputError(where, key, f"value {value:g} is out of range", f"give {item.low:g} to {item.high:g}")


def shown(value, most=40):
    """A value as a message shows it: as Python writes it, cut short."""
    try:
        text = repr(value)
    except (ValueError, RecursionError):
        return "a value too large to show"
    return text if len(text) <= most else text[: most - 3] + "..."


def _text(value, where, key, name):
    if value is None:
        return ""
    if not isinstance(value, str):
        raise InputError(where, key, f"{name} {shown(value)} is not text", "put it in quotation marks")
    return value.strip()


# How numbers are written that are none to a computer, and what would be right.
_SPELT = (
    (r"[-+]?\d{1,3}(,\d{3})+(\.\d+)?", lambda text: f"write {text.replace(',', '')}, without commas"),
    (r"[-+]?\d*,\d+", lambda text: f"write {text.replace(',', '.')}, with a point"),
    (r"[-+]?\d+(\.\d+)? ?%", lambda text: f"write {float(text.strip('% ')) / 100:g} for {text}"),
    (r"£ ?\d[\d.,]*", lambda text: f"write {text.strip('£ ').replace(',', '')}, without the sign"),
)


def _number(text, where, key, name):
    """A finite number from a text or a number; True and False are none."""
    if text is None or text == "":
        raise InputError(where, key, f"has no {name}", "give a number such as 0.5")
    try:
        value = float("no number" if isinstance(text, bool) else text)
    except OverflowError:
        value = math.inf
    except (TypeError, ValueError):
        written = str(text).strip() if isinstance(text, str) else ""
        cures = [cure(written) for pattern, cure in _SPELT if re.fullmatch(pattern, written)]
        remedy = (*cures, "give a number such as 0.5")[0]
        raise InputError(where, key, f"{name} {shown(text)} is not a number", remedy) from None
    if not math.isfinite(value):
        raise InputError(where, key, f"{name} {shown(text)} is not finite", "give a finite number")
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
        if self.whole and number % 1:
            near = f"{math.floor(number):g} or {math.ceil(number):g}"
            raise InputError(where, self.name, f"{number:g} is not a whole number", f"give {near}")
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
    number = _number(text, where, key, "value")
    _within(number, item, where, key)
    return in_range(replace(item, value=number), where, key)
