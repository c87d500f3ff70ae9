"""Values with unit, range and source; the named dials; and the one-line error a wrong input gets."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from sim.core.evidence import check_source, deflator
from sim.core.faults import Faults, InputError, shown, suggest
from sim.core.kinds import ANY, Kind, is_money
from sim.core.numbers import read_number


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
                numbers[name] = read_number(row.get(name, ""), where, key, name)
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


def _text(value, where, key, name):
    if value is None:
        return ""
    if not isinstance(value, str):
        raise InputError(where, key, f"{name} {shown(value)} is not text", "put it in quotation marks")
    return value.strip()


def changed(item, text, where, key):
    """A copy of a quantity with another value, kept inside its range.

    Raises
    ------
    InputError
    """
    number = read_number(text, where, key, "value")
    _within(number, item, where, key)
    return in_range(replace(item, value=number), where, key)
