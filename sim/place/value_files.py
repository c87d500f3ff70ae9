"""The CSV files of a place: one value a row, with unit, range and source."""

from dataclasses import dataclass

from sim.core import kinds
from sim.core.faults import Faults, InputError, check_name, shown, suggest
from sim.core.input_files import read_rows
from sim.core.parameters import quantity
from sim.place.checks import check_measure, check_speeds, known

VALUE_COLUMNS = ["value", "unit", "price_year", "low", "high", "source"]
# What may be said of a need's moves: the levels each counts for, its kind of number, and whether it must be there.
MOVES = {
    "up": (("0", "1", "2"), kinds.CHANCE, True),
    "down": (("1", "2", "3"), kinds.CHANCE, True),
    "down_lasting": (("1", "2", "3"), kinds.CHANCE, False),
    "lasting": (("1", "2", "3"), kinds.SHARE, False),
}
# Of a family's crisis: how likely one begins in a quarter and how that grows with needs and frailty, how many quarters one
# lasts on average, and how many times as likely events are in it.
CRISIS = {
    "onset": kinds.CHANCE, "needs_exponent": kinds.SPREAD, "frailty_weight": kinds.SPREAD, "length": kinds.LENGTH,
    "ratio": kinds.TIMES,
}  # fmt: skip


@dataclass(frozen=True)
class Target:
    """A published figure the place is fitted to, or checked against."""

    id: str
    measures: str
    use: str
    figure: object


def read_table(path, spec, rows, members, values):
    """One value a row for each member of a table and each parameter; all required ones must be there.

    Parameters
    ----------
    spec : tuple
        The column that names the member, and kinds of number by parameter: required and optional.
    """
    (key, required, optional), table = spec, path.stem
    allowed = {**required, **optional}
    given = set()
    with Faults() as faults:
        for row in rows:
            where, parameter = f"line {row.line}", row["parameter"]
            with faults.kept():
                known(path, f"{where}: {key}", row[key], members)
            with faults.kept():
                if parameter not in allowed:
                    raise InputError(
                        path, f"{where}: {shown(parameter)}", "unknown parameter", suggest(parameter, allowed)
                    )
            name = f"{table}.{row[key]}.{parameter}" if row[key] in members and parameter in allowed else None
            _add(values, given, name, row, path, allowed.get(parameter, kinds.ANY), faults)
        _check_given(path, [f"{table}.{member}.{name}" for member in members for name in required], given, faults)


def _add(values, given, name, row, path, kind, faults):
    """Take a row's value, None where it is wrong; `given` holds what the file names. A row without a right name is checked alone."""
    where = f"line {row.line}: {name}" if name else f"line {row.line}"
    with faults.kept():
        if name in given:
            raise InputError(path, where, "is given twice", "keep one")
        if name:
            given.add(name)
            values[name] = None
    with faults.kept():
        value = quantity({column: row[column] for column in VALUE_COLUMNS}, path, where, kind)
        if name:
            values[name] = value


def _check_given(path, names, given, faults):
    for name in names:
        with faults.kept():
            if name not in given:
                remedy = "add a row with value, unit, range and source"
                raise InputError(path, name.partition(".")[2], "is missing", remedy)


def read_transitions(path, needs, values):
    """Chances that each need moves from each level, and the share of its spells that are lasting."""
    given = set()
    with Faults() as faults:
        for row in read_rows(path, ["need", "direction", "level", *VALUE_COLUMNS]):
            levels, kind, _ = MOVES.get(row["direction"], (("0", "1", "2", "3"), kinds.ANY, False))
            of = {"need": needs, "direction": MOVES, "level": levels}
            name = _named("transitions", of, row, path, faults)
            _add(values, given, name, row, path, kind, faults)
        names = [
            f"transitions.{need}.{way}.{level}"
            for need in needs
            for way, (levels, _, required) in MOVES.items()
            if required
            for level in levels
        ]
        _check_given(path, names, given, faults)
        with faults.kept():
            check_speeds(path, needs, values)


def _named(table, of, row, path, faults):
    """Dotted name of a row's value by what some columns name; None where one of them names what is not there."""
    for column, names in of.items():
        with faults.kept():
            known(path, f"line {row.line}: {column}", row[column], names)
    right = all(row[column] in names for column, names in of.items())
    return ".".join([table, *(row[column] for column in of)]) if right else None


def read_coupling(path, needs, values):
    """What needs do to others; pairs that are not named do nothing."""
    given = set()
    with Faults() as faults:
        for row in read_rows(path, ["need", "other", *VALUE_COLUMNS], may_be_empty=True):
            of = {"need": needs, "other": [need for need in needs if need != row["need"]]}
            _add(values, given, _named("coupling", of, row, path, faults), row, path, kinds.RATIO, faults)


def read_crisis(path, values):
    """What a family's crisis is like; a place may do without the file."""
    given = set()
    with Faults() as faults:
        for row in read_rows(path, ["parameter", *VALUE_COLUMNS]):
            name = _named("crisis", {"parameter": CRISIS}, row, path, faults)
            _add(values, given, name, row, path, CRISIS.get(row["parameter"], kinds.ANY), faults)
        _check_given(path, [f"crisis.{name}" for name in CRISIS], given, faults)


def read_targets(path, members):
    """The published figures that the place is fitted to or checked against, as a tuple of :class:`Target`."""
    chances = [f"{need}.up.{level}" for need in members["needs"] for level in (0, 1, 2)]
    chances += [f"events.{event}.rate" for event in members["events"]]
    chances += [f"crisis.{name}" for name in ("onset", "needs_exponent") if members["crisis"]]
    targets, given = [], set()
    with Faults() as faults:
        for row in read_rows(path, ["target", "measures", "use", *VALUE_COLUMNS]):
            where, kind = f"line {row.line}: {shown(row['target'])}", kinds.ANY
            for what in (row["target"], row["use"]):
                with faults.kept():
                    if what in given and what != "check":
                        raise InputError(path, where, f"{shown(what)} is given twice", "keep one")
                given.add(what)
            with faults.kept():
                check_name(row["target"], path, f"{where}: target")
            with faults.kept():
                kind = check_measure(path, where, row["measures"], members)
            with faults.kept():
                way, _, chance = row["use"].partition(" ")
                if row["use"] != "check" and (way != "fit" or chance not in chances):
                    known_uses = "give 'check', 'fit NEED.up.LEVEL', 'fit events.NAME.rate' or 'fit crisis.NAME'"
                    raise InputError(path, where, f"use {shown(row['use'])} is unknown", known_uses)
            with faults.kept():
                figure = quantity({column: row[column] for column in VALUE_COLUMNS}, path, where, kind)
                if not figure.value:
                    raise InputError(path, where, "a figure of 0 cannot be met", "give one above 0, or leave it out")
                targets.append(Target(row["target"], row["measures"], row["use"], figure))
    return tuple(targets)
