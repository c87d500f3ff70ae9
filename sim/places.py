"""A place: its needs, services, bodies and neighbourhoods, read from a folder of published figures.

The folder's ``place.toml`` says what exists; its CSV files say how much, one value a row with unit, range and source.
"""

import csv
import tomllib
from dataclasses import dataclass, field, replace
from importlib.resources import files
from pathlib import Path

from sim.parameters import PRICE_BASE, InputError, changed, check_name, quantity, suggest

LEVELS = ("none", "emerging", "entrenched", "crisis")
AGE_BANDS = ((0, 4), (5, 9), (10, 15), (16, 18), (19, 25))
BAND_NAMES = tuple(f"{low}_{high}" for low, high in AGE_BANDS)
SERVICE_KINDS = ("statutory", "rationed", "demand_led")
FUNDING = ("historic", "workload")
YEAR_END = ("keep", "return")

# What each table must say, and the least each value may be.
NEED_PARAMETERS = {
    "prevalence": 0,
    "entry_emerging": 0, "entry_entrenched": 0, "entry_crisis": 0,
    "present_emerging": 0, "present_entrenched": 0, "present_crisis": 0,
    "recovery_if_served": 1, "frailty_weight": 0, "contagion": 0, "social_capital": 0, "years_after_25": 0,
    **{f"onset_age_{band}": 0 for band in BAND_NAMES},
    **{f"recovery_age_{band}": 0 for band in BAND_NAMES},
}  # fmt: skip
LINE_PARAMETERS = {
    "unit_cost": 0, "family_share": 0, "coverage": 0, "fixed_share": 0, "block": 1, "notice": 0, "closing_cost": 0,
    "opening_cost": 0, "occupancy": 0.5, "overtime_premium": 0, "boundary": 0,
}  # fmt: skip
LINE_OPTIONAL = {"caseload": 0}
AGENCY_PARAMETERS = {
    "discretionary_share": 0, "opening_reserve_share": 0, "reinvested_share": 0, "trust": 0,
    "cashability_belief": 0, "cashability_learning": 0, "outcome_weight": 0,
}  # fmt: skip
DEPARTMENT_PARAMETERS = {"real_growth": -0.2}
NEIGHBOURHOOD_PARAMETERS = {"families_share": 0, "deprivation": -5, "social_capital": 0, "x": 0, "y": 0}
PLACE_PARAMETERS = {
    "families": 1, "population": 1, "public_spending": 0, "frailty_sd": 0, "deprivation_effect": 0, "frailty_recovery": 0,
    "trust_sd": 0, "word_of_mouth": 0,
    "trust_gain": 0, "contact_finds": 0, "belief_spread": 0, "evaluation_doubt": 0.01, "smallest_project": 0,
}  # fmt: skip
TABLES = {
    "needs": (("need",), NEED_PARAMETERS, {}),
    "lines": (("line",), LINE_PARAMETERS, LINE_OPTIONAL),
    "agencies": (("agency",), AGENCY_PARAMETERS, {}),
    "departments": (("department",), DEPARTMENT_PARAMETERS, {}),
    "neighbourhoods": (("neighbourhood",), NEIGHBOURHOOD_PARAMETERS, {}),
}
VALUE_COLUMNS = ["value", "unit", "price_year", "low", "high", "source"]


@dataclass(frozen=True)
class Line:
    """A service line: what an agency runs for a need at a level and above."""

    id: str
    name: str
    agency: str
    need: str
    level: int
    kind: str
    care: bool = False


@dataclass(frozen=True)
class Agency:
    """A public body of the place, its parent and its year-end and funding rules."""

    id: str
    name: str
    department: str
    year_end: str
    funding: str


@dataclass(frozen=True)
class Named:
    """A need or a department."""

    id: str
    name: str


@dataclass(frozen=True)
class Target:
    """A published figure the place is fitted to, or checked against."""

    id: str
    measures: str
    use: str
    figure: object


@dataclass(frozen=True)
class Place:
    """Everything a place's files say.

    Attributes
    ----------
    id, name : str
    folder : str
        Where it was read from.
    needs, departments : tuple of Named
    lines : tuple of Line
    agencies : tuple of Agency
    neighbourhoods : tuple of str
        Stable codes, in file order.
    values : dict of str to Quantity
        Every number, by dotted name such as ``lines.care.unit_cost``.
    targets : tuple of Target
    """

    id: str
    name: str
    folder: str
    needs: tuple
    departments: tuple
    agencies: tuple
    lines: tuple
    neighbourhoods: tuple
    values: dict = field(repr=False)
    targets: tuple = field(repr=False)

    def get(self, name):
        """A value at the price base (2010/11 pounds where it is money)."""
        return self.values[name].base_value

    def has(self, name):
        """Whether the files give this value."""
        return name in self.values

    def with_value(self, name, text, where="--set"):
        """A copy with one value changed inside its range."""
        return replace(self, values={**self.values, name: changed(self.values[name], text, where, name)})

    def index(self, table):
        """Position of each id in one of the tuples ``needs``, ``lines``, ``agencies``."""
        return {item.id: i for i, item in enumerate(getattr(self, table))}


def place_names():
    """Ids of the places that come with the package."""
    root = files("sim") / "scenarios" / "places"
    return sorted(item.name for item in root.iterdir() if (item / "place.toml").is_file())


def load_place(name):
    """Read and check a place.

    Parameters
    ----------
    name : str or path
        A place's id, or a folder of the same form.

    Returns
    -------
    Place

    Raises
    ------
    InputError
        In one line, for the first thing that is wrong.
    """
    folder = Path(str(name))
    if not folder.is_dir():
        if str(name) not in place_names():
            raise InputError(
                "place", "", f"{str(name)!r} is neither a place nor a folder", suggest(name, place_names())
            )
        folder = Path(str(files("sim") / "scenarios" / "places" / str(name)))
    return _build(folder)


def _build(folder):
    path = folder / "place.toml"
    spec = read_toml(path)
    known = {"id", "name", "price_base", "need", "department", "agency", "line", "value"}
    for key in spec:
        if key not in known:
            raise InputError(path, key, "unknown key", suggest(key, known))
    if spec.get("price_base") != PRICE_BASE:
        raise InputError(
            path, "price_base", f"{spec.get('price_base')!r} is not the price base", f"give {PRICE_BASE!r}"
        )
    needs = _things(path, spec, "need", Named, ("id", "name"))
    departments = _things(path, spec, "department", Named, ("id", "name"))
    agencies = _things(path, spec, "agency", Agency, ("id", "name", "department", "year_end", "funding"))
    lines = _things(path, spec, "line", Line, ("id", "name", "agency", "need", "level", "kind"), optional=("care",))
    _check_links(path, needs, departments, agencies, lines)
    values = {}
    for key, row in spec.get("value", {}).items():
        if key not in PLACE_PARAMETERS:
            raise InputError(path, f"value.{key}", "unknown key", suggest(key, PLACE_PARAMETERS))
        values[f"place.{key}"] = quantity(row, path, f"value.{key}", PLACE_PARAMETERS[key])
    for key in PLACE_PARAMETERS:
        if f"place.{key}" not in values:
            raise InputError(path, f"value.{key}", "is missing", "add it with value, unit, low, high and source")
    neighbourhoods = tuple(
        dict.fromkeys(
            row["neighbourhood"]
            for row in read_rows(folder / "neighbourhoods.csv", ["neighbourhood", "parameter", *VALUE_COLUMNS])
        )
    )
    for name in neighbourhoods:
        check_name(name, folder / "neighbourhoods.csv", "neighbourhood", "file")
    members = {
        "needs": [n.id for n in needs], "lines": [n.id for n in lines], "agencies": [n.id for n in agencies],
        "departments": [n.id for n in departments], "neighbourhoods": list(neighbourhoods),
    }  # fmt: skip
    for table, (keys, required, optional) in TABLES.items():
        _read_table(folder / f"{table}.csv", table, keys[0], members[table], required, optional, values)
    _read_transitions(folder / "transitions.csv", members["needs"], values)
    _read_coupling(folder / "coupling.csv", members["needs"], values)
    _check_sums(folder, neighbourhoods, members["needs"], values)
    targets = _read_targets(folder / "targets.csv", members)
    own = folder.resolve().name
    place_id = check_name(spec.get("id", own), path, "id", "id" if "id" in spec else "file")
    name = check_name(spec.get("name", own), path, "name")
    return Place(place_id, name, str(folder), needs, departments, agencies, lines, neighbourhoods, values, targets)


def read_toml(path):
    """A TOML file as a mapping, or a one-line error."""
    try:
        return tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(path, "", f"cannot be read ({error.strerror or error})", "give a readable TOML file") from None
    except UnicodeDecodeError:
        raise InputError(path, "", "is not UTF-8 text", "save it as UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        raise InputError(path, "", f"is not valid TOML ({error})", "mend the line it names") from None


def read_rows(path, columns):
    """Rows of a CSV file with exactly these columns, or a one-line error."""
    try:
        with Path(path).open(encoding="utf-8-sig", newline="") as handle:
            reader = csv.DictReader(handle)
            rows = list(reader)
    except OSError as error:
        raise InputError(path, "", f"cannot be read ({error.strerror or error})", "give a readable CSV file") from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputError(path, "", f"is not CSV in UTF-8 ({error})", "save it as CSV in UTF-8") from None
    for column in reader.fieldnames or []:
        if column not in columns:
            raise InputError(path, column, "unknown column", suggest(column, columns))
    for column in columns:
        if column not in (reader.fieldnames or []):
            raise InputError(path, column, "column is missing", "columns are " + ", ".join(columns))
    for number, row in enumerate(rows, 2):
        if None in row or None in row.values():
            raise InputError(path, f"line {number}", "has the wrong number of fields", f"give {len(columns)}")
    return rows


def _things(path, spec, key, kind, required, optional=()):
    """Entries of one ``[[key]]`` table of ``place.toml``."""
    things = []
    for row in spec.get(key, []):
        where = f"{key} {row.get('id', '?')}"
        for name in row:
            if name not in (*required, *optional):
                raise InputError(path, f"{where}: {name}", "unknown key", suggest(name, (*required, *optional)))
        for name in required:
            if name not in row:
                raise InputError(path, where, f"has no {name!r}", "add it")
            wanted = int if name == "level" else str
            if not isinstance(row[name], wanted) or isinstance(row[name], bool):
                raise InputError(
                    path, f"{where}: {name}", f"{row[name]!r} has the wrong type", f"give {wanted.__name__}"
                )
            if name in ("id", "name"):
                check_name(row[name], path, f"{where}: {name}", name)
        things.append(kind(**row))
    ids = [thing.id for thing in things]
    if not ids or len(set(ids)) < len(ids):
        raise InputError(path, key, "is missing or has an id twice", f"give each [[{key}]] an id of its own")
    return tuple(things)


def _check_links(path, needs, departments, agencies, lines):
    """Refuse a line or agency that names something the place does not have."""
    need_ids, department_ids, agency_ids = ([x.id for x in group] for group in (needs, departments, agencies))
    for agency in agencies:
        _known(path, f"agency {agency.id}: department", agency.department, department_ids)
        _known(path, f"agency {agency.id}: year_end", agency.year_end, YEAR_END)
        _known(path, f"agency {agency.id}: funding", agency.funding, FUNDING)
    for line in lines:
        _known(path, f"line {line.id}: agency", line.agency, agency_ids)
        _known(path, f"line {line.id}: need", line.need, need_ids)
        _known(path, f"line {line.id}: kind", line.kind, SERVICE_KINDS)
        if line.level not in (1, 2, 3):
            raise InputError(path, f"line {line.id}: level", f"{line.level} is out of range", "give 1, 2 or 3")


def _known(path, key, value, known):
    if value not in known:
        raise InputError(path, key, f"{value!r} is unknown", suggest(value, known))


def _read_table(path, table, key, members, required, optional, values):
    """One value a row for each member of a table and each parameter; all required ones must be there."""
    allowed = {**required, **optional}
    for number, row in enumerate(read_rows(path, [key, "parameter", *VALUE_COLUMNS]), 2):
        where = f"line {number}"
        _known(path, f"{where}: {key}", row[key], members)
        if row["parameter"] not in allowed:
            raise InputError(
                path, f"{where}: {row['parameter']}", "unknown parameter", suggest(row["parameter"], allowed)
            )
        name = f"{table}.{row[key]}.{row['parameter']}"
        _add(values, name, row, path, where, allowed[row["parameter"]])
    for member in members:
        for parameter in required:
            if f"{table}.{member}.{parameter}" not in values:
                raise InputError(
                    path, f"{member}.{parameter}", "is missing", "add a row with value, unit, range and source"
                )


def _add(values, name, row, path, where, minimum):
    if name in values:
        raise InputError(path, f"{where}: {name}", "is given twice", "keep one")
    values[name] = quantity({column: row[column] for column in VALUE_COLUMNS}, path, f"{where}: {name}", minimum)


def _read_transitions(path, needs, values):
    for number, row in enumerate(read_rows(path, ["need", "direction", "level", *VALUE_COLUMNS]), 2):
        where = f"line {number}"
        _known(path, f"{where}: need", row["need"], needs)
        _known(path, f"{where}: direction", row["direction"], ("up", "down"))
        _known(path, f"{where}: level", row["level"], ("0", "1", "2") if row["direction"] == "up" else ("1", "2", "3"))
        _add(values, f"transitions.{row['need']}.{row['direction']}.{row['level']}", row, path, where, 0)
    for need in needs:
        for name in [f"transitions.{need}.up.{level}" for level in (0, 1, 2)] + [
            f"transitions.{need}.down.{level}" for level in (1, 2, 3)
        ]:
            if name not in values:
                raise InputError(path, name, "is missing", "add a row with value, unit, range and source")


def _read_coupling(path, needs, values):
    for number, row in enumerate(read_rows(path, ["need", "other", *VALUE_COLUMNS]), 2):
        where = f"line {number}"
        _known(path, f"{where}: need", row["need"], needs)
        _known(path, f"{where}: other", row["other"], [need for need in needs if need != row["need"]])
        _add(values, f"coupling.{row['need']}.{row['other']}", row, path, where, 0)


def _check_sums(folder, neighbourhoods, needs, values):
    """Shares that must sum to one, and chances that may not exceed it."""
    total = sum(values[f"neighbourhoods.{name}.families_share"].value for name in neighbourhoods)
    if abs(total - 1) > 1e-6:
        raise InputError(
            folder / "neighbourhoods.csv", "families_share", f"shares sum to {total:.6f}", "make them sum to one"
        )
    for need in needs:
        for level in (1, 2):
            both = sum(values[f"transitions.{need}.{way}.{level}"].value for way in ("up", "down"))
            if both > 1:
                raise InputError(
                    folder / "transitions.csv",
                    f"{need} level {level}",
                    f"up and down sum to {both:g}",
                    "keep the sum at 1 or less",
                )


def _read_targets(path, members):
    targets = []
    for number, row in enumerate(read_rows(path, ["target", "measures", "use", *VALUE_COLUMNS]), 2):
        where = f"line {number}: {row['target']}"
        check_name(row["target"], path, f"{where}: target")
        check_measure(path, where, row["measures"], members)
        if row["use"] != "check":
            way, _, rest = row["use"].partition(" ")
            if way != "fit" or f"transitions.{rest}" not in [
                f"transitions.{n}.up.{v}" for n in members["needs"] for v in (0, 1, 2)
            ]:
                raise InputError(path, where, f"use {row['use']!r} is unknown", "give 'check' or 'fit NEED.up.LEVEL'")
        figure = quantity({column: row[column] for column in VALUE_COLUMNS}, path, where, 0)
        targets.append(Target(row["target"], row["measures"], row["use"], figure))
    return tuple(targets)


MEASURES = {
    "prevalence": ("need", "level", "from_age", "to_age"),
    "caseload": ("line",),
    "line_spending": ("line",),
    "needs_at_least": ("count",),
    "costliest": ("share", "what"),
    "most_needs": ("share", "what"),
}


def check_measure(path, where, text, members):
    """Refuse a target that measures what the fit cannot."""
    words = text.split()
    if not words or words[0] not in MEASURES:
        raise InputError(path, where, f"measures {text!r}", suggest(words[0] if words else "", MEASURES))
    if len(words) - 1 != len(MEASURES[words[0]]):
        raise InputError(
            path, where, f"measures {text!r}", f"write {words[0]} " + " ".join(x.upper() for x in MEASURES[words[0]])
        )
    for word, kind in zip(words[1:], MEASURES[words[0]], strict=True):
        if kind in ("need", "line"):
            _known(path, f"{where}: {kind}", word, members[f"{kind}s"])
