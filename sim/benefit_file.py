"""A user's own benefit profile, read from a TOML file (docs/appraise.md gives the format)."""

from dataclasses import dataclass

from sim.appraisal import DISCOUNT_RATE
from sim.parameters import InputError, check_name, suggest

LAST_YEAR = 60
KINDS = ("fiscal", "economic", "social")
NEEDED = object()
_TEXT = (str, None, None)
_SHARE = (float, 0, 1)
_COST = "cost_per_case_gbp"
# Key: type, least, most, default.
_TOP = {
    "name": (*_TEXT, ""), "notes": (*_TEXT, ""), "source": (*_TEXT, ""),
    _COST: (float, 0, 1e12, NEEDED), "cases": (int, 1, 10**9, 1),
    "discount_rate": (*_SHARE, DISCOUNT_RATE), "horizon_years": (int, 1, LAST_YEAR, None),
    "evidence_grade": (int, 1, 6, None), "cost_grade": (int, 1, 6, None),
    "engagement": (*_SHARE, 1.0), "success": (*_SHARE, 1.0), "deadweight": (*_SHARE, 0.0),
    "lag_years": (int, 0, LAST_YEAR - 1, 0), "drop_off": (*_SHARE, 0.0), "uncertainty": (float, 0, 5, None),
}  # fmt: skip
_BENEFIT = {
    "agency": (*_TEXT, ""), "amount_gbp": (float, -1e12, 1e12, NEEDED), "from_year": (int, 1, LAST_YEAR, NEEDED),
    "to_year": (int, 1, LAST_YEAR, NEEDED), "kind": (*_TEXT, "fiscal"), "transfer": (bool, None, None, False),
    "cashable_share": (*_SHARE, None), "source": (*_TEXT, ""), "notes": (*_TEXT, ""),
}  # fmt: skip
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
    for key in spec:
        if key not in _TOP and key != "benefit":
            raise InputError(path, key, "unknown key", suggest(key, [*_TOP, "benefit"]))
    values = {key: _value(path, key, spec, key, rule) for key, rule in _TOP.items() if key != _COST}
    values[_COST] = _cost(path, spec, values["horizon_years"])
    rows = spec.get("benefit")
    if not isinstance(rows, list) or not rows or not all(isinstance(row, dict) for row in rows):
        raise InputError(path, "benefit", "is missing or has the wrong type", "add one [[benefit]] or more")
    return BenefitFile(values, tuple(_benefit(path, f"benefit {i}", row) for i, row in enumerate(rows, 1)))


def _cost(path, spec, horizon):
    """Pounds a case: a number, or a tuple of them, one a year from year 1, all within the horizon."""
    given = spec.get(_COST)
    if not isinstance(given, list):
        return _value(path, _COST, spec, _COST, _TOP[_COST])
    most = horizon or LAST_YEAR
    if not 1 <= len(given) <= most:
        raise InputError(path, _COST, f"has {len(given)} years", f"give 1 to {most}, within horizon_years")
    return tuple(_value(path, f"{_COST}: year {i}", {_COST: n}, _COST, _TOP[_COST]) for i, n in enumerate(given, 1))


def _benefit(path, where, row):
    for key in row:
        if key not in _BENEFIT:
            raise InputError(path, f"{where}: {key}", "unknown key", suggest(key, _BENEFIT))
    values = {key: _value(path, f"{where}: {key}", row, key, rule) for key, rule in _BENEFIT.items()}
    if values["kind"] not in KINDS:
        raise InputError(path, f"{where}: kind", f"{values['kind']!r} is unknown", suggest(values["kind"], KINDS))
    if values["to_year"] < values["from_year"]:
        least = values["from_year"]
        raise InputError(
            path, f"{where}: to_year", f"{values['to_year']} is before from_year {least}", f"give {least} or more"
        )
    if values["kind"] == "fiscal":
        if not values["agency"].strip():
            raise InputError(path, f"{where}: agency", "is missing", "name the agency that gains")
    elif values["transfer"] or values["cashable_share"] is not None:
        key = "transfer" if values["transfer"] else "cashable_share"
        raise InputError(path, f"{where}: {key}", f"does not apply to {values['kind']} benefits", "leave it out")
    return Benefit(**{key: values[key] for key in Benefit.__dataclass_fields__})


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
