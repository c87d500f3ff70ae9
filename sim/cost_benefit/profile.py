"""A user's own benefit profile, read from a TOML file (docs/appraise.md gives the format)."""

from dataclasses import dataclass

from sim.core.faults import Faults, InputError, check_name, suggest
from sim.core.parameters import check_keys
from sim.core.text import same_name
from sim.programmes.appraisal import DISCOUNT_RATE

LAST_YEAR = 60
KINDS = ("fiscal", "economic", "social")
NEEDED = object()
_TEXT = (str, None, None)
_SHARE = (float, 0, 1)
_COST = "cost_per_case_gbp"
# Key: type, least, most, default.
_TOP = {
    "name": (*_TEXT, ""),
    "notes": (*_TEXT, ""),
    "source": (*_TEXT, ""),
    _COST: (float, 0, 1e9, NEEDED),
    "cases": (int, 1, 10**9, 1),
    "discount_rate": (*_SHARE, DISCOUNT_RATE),
    "horizon_years": (int, 1, LAST_YEAR, None),
    "evidence_grade": (int, 1, 6, None),
    "cost_grade": (int, 1, 6, None),
    "engagement": (*_SHARE, 1.0),
    "success": (*_SHARE, 1.0),
    "deadweight": (*_SHARE, 0.0),
    "lag_years": (int, 0, LAST_YEAR - 1, 0),
    "drop_off": (*_SHARE, 0.0),
    "uncertainty": (float, 0, 5, None),
}
_BENEFIT = {
    "agency": (*_TEXT, ""),
    "amount_gbp": (float, -1e9, 1e9, NEEDED),
    "from_year": (int, 1, LAST_YEAR, NEEDED),
    "to_year": (int, 1, LAST_YEAR, NEEDED),
    "kind": (*_TEXT, "fiscal"),
    "transfer": (bool, None, None, False),
    "cashable_share": (*_SHARE, None),
    "source": (*_TEXT, ""),
    "notes": (*_TEXT, ""),
}
_WORDS = {str: "text in quotes", int: "a whole number", float: "a number", bool: "true or false"}


@dataclass(frozen=True)
class Benefit:
    """One row of a profile: pounds a case and year, from one year to another; years count from 1."""

    agency: str
    amount_gbp: float
    from_year: int
    to_year: int
    kind: str
    transfer: bool
    cashable_share: float | None


@dataclass(frozen=True)
class BenefitFile:
    """What a user's file says: `values` by key, None where it leaves one out that has no default."""

    values: dict
    benefits: tuple


def read_benefits(path, spec):
    """Check a benefit profile.

    Parameters
    ----------
    path : str or path
        Where it was read from, for errors.
    spec : dict
        As read from TOML.

    Returns
    -------
    BenefitFile

    Raises
    ------
    InputError
    """
    with Faults() as faults:
        check_keys(spec, path, [*_TOP, "benefit"], faults)
        values = _values(path, "", spec, _TOP, faults)
        rows = spec.get("benefit")
        if not isinstance(rows, list) or not rows or not all(isinstance(row, dict) for row in rows):
            raise InputError(path, "benefit", "is missing or has the wrong type", "add one [[benefit]] or more")
        benefits = [_benefit(path, f"benefit {i}", row, faults) for i, row in enumerate(rows, 1)]
        _check_together(path, values, benefits, faults)
    return BenefitFile(values, tuple(benefits))


def _values(path, prefix, table, rules, faults):
    """Values by key, as far as they are right."""
    values = {}
    for key, rule in rules.items():
        with faults.kept():
            if key == _COST and isinstance(table.get(key), list):
                values[key] = _cost_by_year(path, table, faults)
            else:
                values[key] = _value(path, prefix + key, table, key, rule)
    return values


def _cost_by_year(path, table, faults):
    """Pounds a case in each year from year 1, all within the horizon."""
    given, most = table[_COST], table.get("horizon_years", LAST_YEAR)
    if not 1 <= len(given) <= (most if type(most) is int else LAST_YEAR):
        raise InputError(path, _COST, f"has {len(given)} years", f"give 1 to {most}, within horizon_years")
    costs = []
    for year, pounds in enumerate(given, 1):
        with faults.kept():
            costs.append(_value(path, f"{_COST}: year {year}", {_COST: pounds}, _COST, _TOP[_COST]))
    return tuple(costs)


def _benefit(path, where, row, faults):
    """One row; None where it is wrong."""
    before = len(faults.errors)
    check_keys(row, path, _BENEFIT, faults, f"{where}: ")
    values = _values(path, f"{where}: ", row, _BENEFIT, faults)
    with faults.kept():
        if values.get("kind", KINDS[0]) not in KINDS:
            raise InputError(path, f"{where}: kind", f"{values['kind']!r} is unknown", suggest(values["kind"], KINDS))
    least = values.get("from_year", 1)
    with faults.kept():
        if values.get("to_year", least) < least:
            given = f"{values['to_year']} is before from_year {least}"
            raise InputError(path, f"{where}: to_year", given, f"give {least} or more")
    if len(faults.errors) == before:
        with faults.kept():
            _check_kind(path, where, values)
    return (
        None if len(faults.errors) > before else Benefit(**{key: values[key] for key in Benefit.__dataclass_fields__})
    )


def _check_kind(path, where, values):
    if values["kind"] == "fiscal":
        if not values["agency"].strip():
            raise InputError(path, f"{where}: agency", "is missing", "name the agency that gains")
    elif values["transfer"] or values["cashable_share"] is not None:
        key = "transfer" if values["transfer"] else "cashable_share"
        raise InputError(path, f"{where}: {key}", f"does not apply to {values['kind']} benefits", "leave it out")


def _check_together(path, values, benefits, faults):
    """Refuse two spellings of one agency, and a benefit that begins beyond the horizon."""
    spelt, horizon, lag = {}, values.get("horizon_years"), values.get("lag_years", 0)
    for i, row in enumerate(benefits, 1):
        if row is None:
            continue
        with faults.kept():
            first, other = spelt.setdefault(same_name(row.agency), (i, row.agency))
            if other != row.agency:
                given = f"{row.agency!r} and {other!r} of benefit {first} are two spellings of one agency"
                raise InputError(path, f"benefit {i}: agency", given, "spell it in one way")
        with faults.kept():
            if horizon is not None and row.from_year + lag > horizon:
                given = f"year {row.from_year + lag}, lag included, is beyond horizon_years {horizon}"
                raise InputError(
                    path, f"benefit {i}: from_year", given, "raise horizon_years, or leave the benefit out"
                )


def _value(path, where, row, key, rule):
    """A value of the type and range that a rule wants, or its default."""
    kind, low, high, default = rule
    if key not in row:
        if default is NEEDED:
            raise InputError(path, where, "is missing", f"give {_WORDS[kind]}")
        return default
    value = row[key]
    allowed = (int, float) if kind is float else kind
    if not isinstance(value, allowed) or (isinstance(value, bool) and kind is not bool):
        raise InputError(path, where, f"{value!r} has the wrong type", f"give {_WORDS[kind]}")
    if kind is str:
        check_name(value, path, where, "text" if key in ("notes", "source") else "name")
    if low is not None and not low <= value <= high:  # not a number is never in range
        problem = "is negative" if low == 0 and value < 0 else "is out of range"
        as_share = (low, high) == (0, 1) and 1 < value <= 100
        remedy = f"give 0 to 1, such as {value / 100:g} for {value:g}%" if as_share else f"give {low:g} to {high:g}"
        raise InputError(path, where, f"{value!r} {problem}", remedy)
    return float(value) if kind is float else value
