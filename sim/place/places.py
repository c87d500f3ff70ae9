"""A place: its needs, services, bodies and neighbourhoods, read from a folder of published figures.

The folder's ``place.toml`` says what exists; its CSV files say how much, one value a row with unit, range and source.
"""

import os
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from pathlib import Path

from sim.core import kinds
from sim.core.evidence import PRICE_BASE
from sim.core.faults import Faults, InputError, check_name, shown, suggest
from sim.core.input_files import read_rows, read_toml
from sim.core.parameters import changed, quantity
from sim.core.shipped import shipped_folder
from sim.place import year_end
from sim.place.checks import (
    check_budgets,
    check_events,
    check_gates,
    check_ids,
    check_parties,
    check_shares,
    check_size,
    check_sums,
    known,
)
from sim.place.payers import payer_parameters, payers_of
from sim.place.value_files import VALUE_COLUMNS, read_coupling, read_crisis, read_table, read_targets, read_transitions

SHIPPED = shipped_folder("places")
LEVELS = ("none", "emerging", "entrenched", "crisis")
AGE_BANDS = ((0, 4), (5, 9), (10, 15), (16, 18), (19, 25))
BAND_NAMES = tuple(f"{low}_{high}" for low, high in AGE_BANDS)
SERVICE_KINDS = ("statutory", "rationed", "demand_led")
GATES = ("court", "entitlement", "duty", "judgement")
FUNDING = ("historic", "workload", "formula")
DEFICITS = ("section_114", "breach", "licensed")

# What each table must say, and what kind of number each value is.
NEED_PARAMETERS = {
    "prevalence": kinds.SHARE,
    "entry_emerging": kinds.SHARE, "entry_entrenched": kinds.SHARE, "entry_crisis": kinds.SHARE,
    "present_emerging": kinds.CHANCE, "present_entrenched": kinds.CHANCE, "present_crisis": kinds.CHANCE,
    "recovery_if_served": kinds.RATIO_UP, "frailty_weight": kinds.SPREAD, "contagion": kinds.RATIO,
    "social_capital": kinds.SHARE, "years_after_25": kinds.YEARS,
    **{f"onset_age_{band}": kinds.RATIO for band in BAND_NAMES},
    **{f"recovery_age_{band}": kinds.RATIO for band in BAND_NAMES},
}  # fmt: skip
LINE_PARAMETERS = {
    "unit_cost": kinds.PRICE, "family_share": kinds.SHARE, "coverage": kinds.SHARE, "fixed_share": kinds.SHARE,
    "block": kinds.PLACES, "notice": kinds.QUARTERS, "closing_cost": kinds.PRICE, "opening_cost": kinds.PRICE,
    "occupancy": kinds.OCCUPANCY, "overtime_premium": kinds.PREMIUM, "boundary": kinds.SHARE,
}  # fmt: skip
LINE_OPTIONAL = {
    "caseload": kinds.COUNT,
    "share": kinds.SHARE,
    "spot_share": kinds.SHARE,
    "spot_elasticity": kinds.SPREAD,
}
AGENCY_PARAMETERS = {
    "discretionary_share": kinds.SHARE, "opening_reserve_share": kinds.SHARE, "reinvested_share": kinds.SHARE,
    "trust": kinds.SHARE, "cashability_belief": kinds.SHARE, "cashability_learning": kinds.SHARE,
    "outcome_weight": kinds.SHARE, "budget_per_head": kinds.PRICE, "ring_fenced_share": kinds.SHARE,
    "local_tax_share": kinds.SHARE, "statutory_share": kinds.SHARE, "prevention_share": kinds.SHARE,
    "need_weight": kinds.SHARE, "in_year_share": kinds.SHARE,
}  # fmt: skip
EVENT_PARAMETERS = {
    **{f"rate_{level}": kinds.CHANCE for level in LEVELS[1:]},
    "frailty_weight": kinds.SPREAD, "per_other_need": kinds.RATIO,
}  # fmt: skip
DEPARTMENT_PARAMETERS = {"real_growth": kinds.GROWTH}
NEIGHBOURHOOD_PARAMETERS = {
    "families_share": kinds.SHARE, "deprivation": kinds.SCORE, "social_capital": kinds.SHARE,
    "x": kinds.POSITION, "y": kinds.POSITION,
}  # fmt: skip
PLACE_PARAMETERS = {
    "families": kinds.FAMILIES, "population": kinds.PEOPLE, "public_spending": kinds.MONEY,
    "frailty_sd": kinds.SPREAD, "deprivation_effect": kinds.SPREAD, "frailty_recovery": kinds.SPREAD,
    "trust_sd": kinds.SHARE, "word_of_mouth": kinds.RATIO, "trust_gain": kinds.SHARE, "contact_finds": kinds.RATIO,
    "belief_spread": kinds.SPREAD, "evaluation_doubt": kinds.DOUBT, "smallest_project": kinds.FEW,
}  # fmt: skip
TABLES = {
    "needs": ("need", NEED_PARAMETERS, {"caseload_response": kinds.RESPONSE}),
    "lines": ("line", LINE_PARAMETERS, LINE_OPTIONAL),
    "agencies": ("agency", AGENCY_PARAMETERS, {}),
    "departments": ("department", DEPARTMENT_PARAMETERS, {}),
    "neighbourhoods": ("neighbourhood", NEIGHBOURHOOD_PARAMETERS, {}),
    "events": ("event", EVENT_PARAMETERS, {}),  # and worsens_NEED for each need
}


@dataclass(frozen=True)
class Line:
    """A service line: what an agency runs for a need at a level and above."""

    id: str
    name: str
    agency: str
    need: str
    level: int
    kind: str
    gate: str
    care: bool = False
    event: str = ""  # serves a case for each of these events of the quarter, not for the need as long as it lasts


@dataclass(frozen=True)
class Event:
    """A short acute episode on a lasting need."""

    id: str
    name: str
    need: str
    gate: bool = False  # the need goes from entrenched to crisis only after it


@dataclass(frozen=True)
class PublicBody:
    """A public body of the place, its parent and its rules: for an underspend, its grant, and a deficit nothing covers."""

    id: str
    name: str
    department: str
    year_end: str
    funding: str
    deficit: str


@dataclass(frozen=True)
class Named:
    """A need or a department."""

    id: str
    name: str


@dataclass(frozen=True)
class Place:
    """Everything a place's files say.

    Attributes
    ----------
    id, name : str
    folder : str
        Where it was read from.
    needs, departments : tuple of Named
    events : tuple of Event
    lines : tuple of Line
    agencies : tuple of PublicBody
    neighbourhoods : tuple of str
        Stable codes, in file order.
    values : dict of str to Quantity
        Every number, by dotted name such as ``lines.foster_care.unit_cost``.
    targets : tuple of Target
    """

    id: str
    name: str
    folder: str = field(compare=False)
    needs: tuple
    events: tuple
    departments: tuple
    agencies: tuple
    lines: tuple
    neighbourhoods: tuple
    values: dict = field(repr=False)
    targets: tuple = field(repr=False)

    @property
    def files(self):
        """Its TOML and CSV files."""
        return [path for path in sorted(Path(self.folder).iterdir()) if path.suffix in (".csv", ".toml")]

    def get(self, name):
        """A value at the price base (2010/11 pounds where it is money)."""
        return self.values[name].base_value

    def has(self, name):
        """Whether the files give this value."""
        return name in self.values

    def with_value(self, name, text, where="--set"):
        """A copy with one value changed inside its range."""
        return replace(self, values={**self.values, name: changed(self.values[name], text, where, name)})

    @cached_property
    def deprivation(self):
        """Deprivation of each neighbourhood, in their order."""
        return tuple(self.get(f"neighbourhoods.{name}.deprivation") for name in self.neighbourhoods)

    def index(self, table):
        """Position of each id in one of the tuples ``needs``, ``events``, ``lines``, ``agencies``."""
        return {item.id: i for i, item in enumerate(getattr(self, table))}


def place_names():
    """Ids of the places that come with the package."""
    return sorted(item.name for item in SHIPPED.iterdir() if (item / "place.toml").is_file())


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
        That names every fault of all its files.
    """
    folder = Path(str(name))
    if not os.path.isdir(folder):
        if str(name) not in place_names():
            raise InputError("place", "", f"{shown(str(name))} is neither a place nor a folder",
                             suggest(name, place_names()))  # fmt: skip
        return _shipped(str(name))
    return _build(folder, folder.resolve().parent != SHIPPED.resolve())


@cache
def _shipped(name):
    """A place that comes with the package, read once: it stays the same, and nothing read is ever changed."""
    return _build(SHIPPED / name)


# The tables of ``place.toml``, by key: what each becomes, and its texts and other fields.
_THINGS = {
    "need": ("needs", Named, ("id", "name")),
    "event": ("events", Event, ("id", "name", "need", "gate")),
    "department": ("departments", Named, ("id", "name")),
    "agency": ("agencies", PublicBody, ("id", "name", "department", "year_end", "funding", "deficit")),
    "line": ("lines", Line, ("id", "name", "agency", "need", "level", "kind", "gate", "care", "event")),
}
_MAY_BE_NONE = ("event",)  # a place may do without these
_OPTIONAL = ("line care", "line event", "event gate")
_TYPES = {"level": (int, "a whole number"), "care": (bool, "true or false"), "event gate": (bool, "true or false")}
_KNOWN = {"year_end": year_end.CHOICES, "funding": FUNDING, "deficit": DEFICITS, "kind": SERVICE_KINDS, "gate": GATES}


def _build(folder, of_user=False):
    """The place of a folder; one of a user's must also have the counts of a place of its size."""
    path, values, rows = folder / "place.toml", {}, {}
    with Faults() as faults:
        spec = read_toml(path)
        with faults.kept():
            _check_head(path, spec)
        members = _members(path, spec)
        things = {table: _things(path, spec.get(key, ()), key, members, faults) for key, (table, *_) in _THINGS.items()}
        with faults.kept():
            _read_place_values(path, spec.get("value", {}), values)
        for table, (key, *_) in TABLES.items():
            with faults.kept():
                if table != "events" or members["events"] or (folder / "events.csv").exists():
                    rows[table] = read_rows(folder / f"{table}.csv", [key, "parameter", *VALUE_COLUMNS])
        members["neighbourhoods"] = list(dict.fromkeys(row["neighbourhood"] for row in rows.get("neighbourhoods", ())))
        with faults.kept():
            check_gates(path, things["lines"])
        with faults.kept():
            check_parties(path, members)
        with faults.kept():
            check_ids(folder / "neighbourhoods.csv", "neighbourhood", members["neighbourhoods"])
        for name in members["neighbourhoods"]:
            with faults.kept():
                check_name(name, folder / "neighbourhoods.csv", "neighbourhood", "file")
        targets = _read_values(folder, rows, members, things, values, faults)
        own = folder.resolve().name
        with faults.kept():
            check_name(spec.get("id", own), path, "id", "id" if "id" in spec else "file")
        with faults.kept():
            check_name(spec.get("name", own), path, "name")
        place = Place(spec.get("id", own), spec.get("name", own), str(folder), **things,
                      neighbourhoods=tuple(members["neighbourhoods"]), targets=targets,
                      values={name: item for name, item in values.items() if item})  # fmt: skip
        with faults.kept():
            payers_of(place)
        with faults.kept():
            if of_user:
                check_size(place, [_shipped(other) for other in place_names()])
    return place


def _read_values(folder, rows, members, things, values, faults):
    """Read the values of all CSV files, None for one that is wrong, and check what must hold of them together: the targets."""
    for table in rows:
        with faults.kept():
            key, required, optional = TABLES[table]
            if table == "events":
                optional = {f"worsens_{need}": kinds.RATIO_UP for need in members["needs"]}
            if table == "lines":
                optional = {**optional, **payer_parameters(members["agencies"], kinds.SHARE)}
            read_table(folder / f"{table}.csv", (key, required, optional), rows[table], members[table], values)
    with faults.kept():
        check_events(folder / "place.toml", things["events"], things["lines"], values)
    with faults.kept():
        read_transitions(folder / "transitions.csv", members["needs"], values)
    with faults.kept():
        read_coupling(folder / "coupling.csv", members["needs"], values)
    with faults.kept():
        members["crisis"] = (folder / "crisis.csv").exists()
        if members["crisis"]:
            read_crisis(folder / "crisis.csv", values)
    with faults.kept():
        check_sums(folder, members["neighbourhoods"], members["needs"], values)
    with faults.kept():
        if all(None not in (line.need, line.level, line.kind, line.event) for line in things["lines"]):
            check_shares(folder / "lines.csv", things["lines"], values)
    with faults.kept():
        check_budgets(folder, members["agencies"], values)
    with faults.kept():
        return read_targets(folder / "targets.csv", members)
    return ()


def _check_head(path, spec):
    """The keys of ``place.toml``, and those that are no tables."""
    keys = {"id", "name", "price_base", "value", *_THINGS}
    with Faults() as faults:
        for key in spec:
            with faults.kept():
                if key not in keys:
                    raise InputError(path, shown(key), "unknown key", suggest(key, keys))
        for key in ("id", "name"):
            with faults.kept():
                if not isinstance(spec.get(key, ""), str):
                    raise InputError(path, key, f"{shown(spec[key])} is not text", "put it in quotation marks")
        with faults.kept():
            if spec.get("price_base") != PRICE_BASE:
                problem = f"{shown(spec.get('price_base'))} is not the price base"
                raise InputError(path, "price_base", problem, f"give {PRICE_BASE!r}")
        with faults.kept():
            if "id" in spec and isinstance(spec["id"], str):
                check_ids(path, "id", [spec["id"]])


def _members(path, spec):
    """Ids of each table of ``place.toml``; without them nothing else can be read."""
    members = {}
    with Faults() as faults:
        for key, (table, *_) in _THINGS.items():
            entries = spec.get(key, [] if key in _MAY_BE_NONE else None)
            with faults.kept():
                if (
                    not isinstance(entries, list)
                    or (not entries and key in spec)
                    or not all(isinstance(row, dict) for row in entries)
                ):
                    raise InputError(path, key, "is missing or has the wrong type", f"give a table [[{key}]] for each")
                ids = [row.get("id") for row in entries]
                if not all(isinstance(name, str) for name in ids):
                    raise InputError(path, key, "has an entry without an id", f"give each [[{key}]] an id of its own")
                members[table] = ids
    return members


def _things(path, entries, key, members, faults):
    """Entries of one ``[[key]]`` table of ``place.toml``; None stands for what is wrong in one."""
    _, kind, fields = _THINGS[key]
    links = {**_KNOWN, **{single: members[table] for single, (table, *_) in _THINGS.items()}}
    things = []
    for row in entries:
        right = {name: None for name in fields if name in row or f"{key} {name}" not in _OPTIONAL} | {"id": row["id"]}
        with faults.kept():
            _check_thing(path, key, row, fields, links, right)
        things.append(kind(**right))
    return tuple(things)


def _check_thing(path, key, row, fields, links, right):
    """Take what is right of an entry, and refuse the rest."""
    where = f"{key} {shown(row['id'])}"
    with Faults() as faults:
        for name in dict.fromkeys([*row, *fields]):
            with faults.kept():
                if name not in fields:
                    raise InputError(path, f"{where}: {shown(name)}", "unknown key", suggest(name, fields))
                if name not in row:
                    if f"{key} {name}" in _OPTIONAL:
                        continue
                    one_of = _KNOWN.get(name)
                    choices = f": {', '.join(one_of)}" if one_of else ""
                    raise InputError(path, where, f"has no {name!r}", f"add it{choices}")
                wanted, words = _TYPES.get(f"{key} {name}", _TYPES.get(name, (str, "text in quotation marks")))
                if not isinstance(row[name], wanted) or (isinstance(row[name], bool) and wanted is not bool):
                    problem = f"{shown(row[name])} has the wrong type"
                    raise InputError(path, f"{where}: {name}", problem, f"give {words}")
                if name in ("id", "name"):
                    check_name(row[name], path, f"{where}: {name}", name)
                if name == "level" and row[name] not in (1, 2, 3):
                    raise InputError(path, f"{where}: level", f"{row[name]} is out of range", "give 1, 2 or 3")
                if name in links and wanted is str:
                    known(path, f"{where}: {name}", row[name], links[name])
                right[name] = row[name]


def _read_place_values(path, table, values):
    """The ``[value.NAME]`` tables of ``place.toml``."""
    if not isinstance(table, dict):
        raise InputError(path, "value", f"{shown(table)} is not a table", "give a table [value.NAME] for each value")
    with Faults() as faults:
        for key in dict.fromkeys([*table, *PLACE_PARAMETERS]):
            with faults.kept():
                if key not in PLACE_PARAMETERS:
                    raise InputError(path, f"value.{key}", "unknown key", suggest(key, PLACE_PARAMETERS))
                if key not in table:
                    remedy = "add it with value, unit, low, high and source"
                    raise InputError(path, f"value.{key}", "is missing", remedy)
                values[f"place.{key}"] = quantity(table[key], path, f"value.{key}", PLACE_PARAMETERS[key])
