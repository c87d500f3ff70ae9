"""The CSV files of a place: one value a row, with unit, range and source."""

from dataclasses import dataclass

from sim.core import kinds
from sim.core.faults import Faults, InputError, check_name, shown, suggest
from sim.core.input_files import read_rows
from sim.core.parameters import quantity
from sim.place.checks import check_measure, known

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
            with faults.kept():
                where = f"line {row.line}"
                known(path, f"{where}: {key}", row[key], members)
                parameter = row["parameter"]
                if parameter not in allowed:
                    raise InputError(
                        path, f"{where}: {shown(parameter)}", "unknown parameter", suggest(parameter, allowed)
                    )
                _add(values, given, f"{table}.{row[key]}.{parameter}", row, path, allowed[parameter])
        _check_given(path, [f"{table}.{member}.{name}" for member in members for name in required], given, faults)


def _add(values, given, name, row, path, kind):
    """Take a row's value; `given` holds what the file names, right or wrong."""
    where = f"line {row.line}: {name}"
    if name in given:
        raise InputError(path, where, "is given twice", "keep one")
    given.add(name)
    values[name] = quantity({column: row[column] for column in VALUE_COLUMNS}, path, where, kind)


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
            with faults.kept():
                where = f"line {row.line}"
                known(path, f"{where}: need", row["need"], needs)
                known(path, f"{where}: direction", row["direction"], MOVES)
                levels, kind, _ = MOVES[row["direction"]]
                known(path, f"{where}: level", row["level"], levels)
                name = f"transitions.{row['need']}.{row['direction']}.{row['level']}"
                _add(values, given, name, row, path, kind)
        names = [
            f"transitions.{need}.{way}.{level}"
            for need in needs
            for way, (levels, _, required) in MOVES.items()
            if required
            for level in levels
        ]
        _check_given(path, names, given, faults)


def read_coupling(path, needs, values):
    """What needs do to others; pairs that are not named do nothing."""
    given = set()
    with Faults() as faults:
        for row in read_rows(path, ["need", "other", *VALUE_COLUMNS], may_be_empty=True):
            with faults.kept():
                where = f"line {row.line}"
                known(path, f"{where}: need", row["need"], needs)
                known(path, f"{where}: other", row["other"], [need for need in needs if need != row["need"]])
                _add(values, given, f"coupling.{row['need']}.{row['other']}", row, path, kinds.RATIO)


def read_crisis(path, values):
    """What a family's crisis is like; a place may do without the file."""
    given = set()
    with Faults() as faults:
        for row in read_rows(path, ["parameter", *VALUE_COLUMNS]):
            with faults.kept():
                known(path, f"line {row.line}: parameter", row["parameter"], CRISIS)
                _add(values, given, f"crisis.{row['parameter']}", row, path, CRISIS[row["parameter"]])
        _check_given(path, [f"crisis.{name}" for name in CRISIS], given, faults)


def read_targets(path, members):
    """The published figures that the place is fitted to or checked against, as a tuple of :class:`Target`."""
    chances = [f"{need}.up.{level}" for need in members["needs"] for level in (0, 1, 2)]
    chances += [f"events.{event}.rate" for event in members["events"]]
    chances += [f"crisis.{name}" for name in ("onset", "needs_exponent") if members["crisis"]]
    targets, given = [], set()
    with Faults() as faults:
        for row in read_rows(path, ["target", "measures", "use", *VALUE_COLUMNS]):
            with faults.kept():
                where = f"line {row.line}: {shown(row['target'])}"
                for what in (row["target"], row["use"]):
                    if what in given and what != "check":
                        raise InputError(path, where, f"{shown(what)} is given twice", "keep one")
                    given.add(what)
                check_name(row["target"], path, f"{where}: target")
                kind = check_measure(path, where, row["measures"], members)
                way, _, chance = row["use"].partition(" ")
                if row["use"] != "check" and (way != "fit" or chance not in chances):
                    problem = f"use {shown(row['use'])} is unknown"
                    raise InputError(
                        path,
                        where,
                        problem,
                        "give 'check', 'fit NEED.up.LEVEL', 'fit events.NAME.rate' or 'fit crisis.NAME'",
                    )
                figure = quantity({column: row[column] for column in VALUE_COLUMNS}, path, where, kind)
                if not figure.value:
                    raise InputError(path, where, "a figure of 0 cannot be met", "give one above 0, or leave it out")
                targets.append(Target(row["target"], row["measures"], row["use"], figure))
    return tuple(targets)
