"""Lists of decisions: reading them from an arrangement's file, a CSV file beside it, or Python; checking them at a place."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from sim.core import codes
from sim.core.faults import Faults, InputError, shown, suggest
from sim.core.input_files import read_rows
from sim.core.numbers import read_whole
from sim.core.parameters import check_keys
from sim.deals.decisions import LISTABLE, OPPOSITE, Decision

COLUMNS = ("year", "party", "kind", "what", "number")
MOST = {"families": 20_000_000, "places": 10_000_000, "pence": 10**14}
_FORM = "give mappings with " + ", ".join(COLUMNS) + ", or tuples of these"


def read_listed(tables, csv_file, path, faults):
    """The decisions that an arrangement's file lists, then those of its CSV file.

    Parameters
    ----------
    tables : list
        Its ``[[decision]]`` tables.
    csv_file : str
        CSV file with columns COLUMNS; empty where there is none.
    path : path
        The arrangement's file.
    faults : Faults
        Takes every fault.

    Returns
    -------
    tuple of Decision
    """
    entries = [(str(path), f"decision {i}", table) for i, table in enumerate(tables, 1)]
    with faults.kept():
        rows = read_rows(csv_file, list(COLUMNS)) if csv_file else []
        entries += [(csv_file, f"line {row.line}", _table(row)) for row in rows]
    return _checked(entries, faults)


def given_decisions(decisions):
    """Decisions that a call in Python gives.

    Parameters
    ----------
    decisions : iterable of mapping or tuple, or None
        Mappings with year, party, kind and, where it needs them, what and number; or tuples of these five.

    Returns
    -------
    tuple of Decision

    Raises
    ------
    InputError
        With every fault.
    """
    if decisions is None:
        return ()
    if not isinstance(decisions, Iterable) or isinstance(decisions, str | bytes | Mapping):
        raise InputError("decisions", "", f"{shown(decisions)} is no list", _FORM)
    entries = []
    for i, item in enumerate(decisions, 1):
        in_order = isinstance(item, tuple | list) and len(item) <= len(COLUMNS)
        entries.append(("decisions", f"decision {i}", dict(zip(COLUMNS, item, strict=False)) if in_order else item))
    with Faults() as faults:
        return _checked(entries, faults)


def with_decisions(arrangement, given):
    """An arrangement with decisions on top of its own list; on one thing in one year they take the place of its own."""
    claims = {_claim(item) for item in given}
    own = tuple(item for item in arrangement.decisions if _claim(item) not in claims)
    return replace(arrangement, decisions=(*given, *own))


def check_listed(arrangement, place, catalogue, providers, years):
    """Refuse listed decisions of parties, programmes or lines that are not there, or of years outside the run.

    Raises
    ------
    InputError
        With every such fault.
    """
    boards = [codes.board(item) for item in place.neighbourhoods]
    parties = [*(item.id for group in (place.agencies, place.departments) for item in group), *codes.PARTIES, *boards]
    lines = {line.id: line.agency for line in place.lines}
    things = {"programme": catalogue, "line": lines, "party": [*parties, *providers, *catalogue]}
    with Faults() as faults:
        for item in arrangement.decisions:
            of = LISTABLE[item.kind].of
            with faults.kept():
                if item.year > years:
                    raise InputError(item.where, item.key, f"year {item.year} is outside the run", f"give 1 to {years}")
            with faults.kept():
                if item.party not in parties:
                    given = f"{item.party!r} is no party of {place.id}"
                    raise InputError(item.where, item.key, given, suggest(item.party, parties))
                if of == "line" and lines.get(item.what, item.party) != item.party:
                    problem = f"{item.what!r} is no service of {item.party!r}"
                    raise InputError(item.where, item.key, problem, f"its party is {lines[item.what]!r}")
            with faults.kept():
                if item.what and item.what not in things[of]:
                    given = f"{item.what!r} is no {of} of {place.id}"
                    raise InputError(item.where, item.key, given, suggest(item.what, things[of]))


def _table(row):
    """A CSV row as a table: empty fields left out, whole numbers as such; what is none stays text, and is refused."""
    table = {key: text for key, text in row.items() if text}
    for key in {"year", "number"} & set(table):
        if table[key].isascii() and table[key].isdigit() and len(table[key]) < 20:
            table[key] = int(table[key])
    return table


def _claim(item):
    """What a decision is about: two on the same would be the same, or against one another."""
    return item.year, item.party, OPPOSITE.get(item.kind, item.kind), item.what


def _checked(entries, faults):
    """Decisions of (where, key, table), each once and none against another."""
    found = {}
    for where, key, table in entries:
        with faults.kept():
            item = _decision(where, key, table, faults)
            other = found.setdefault(_claim(item), item)
            if other is not item:
                problem = "is given twice" if other.kind == item.kind else f"goes against {other.kind!r}"
                raise InputError(where, key, f"{problem}, in {other.key} of {other.where}", "keep one of the two")
    return tuple(found.values())


def _decision(where, key, table, faults):
    """One decision of a table."""
    if not isinstance(table, Mapping):
        raise InputError(where, key, f"{shown(table)} has the wrong type", _FORM)
    check_keys(table, where, COLUMNS, faults, f"{key}: ")
    given = {name: value for name, value in table.items() if value is not None}
    for name in ("year", "party", "kind"):
        if name not in given:
            raise InputError(where, key, f"{name} is missing", "give year, party and kind")
    for name in ("party", "kind", "what"):
        if not isinstance(given.get(name, ""), str):
            raise InputError(where, f"{key}: {name}", f"{shown(given[name])} has the wrong type", "give text")
    kind, what = given["kind"], given.get("what", "")
    if kind not in LISTABLE:
        raise InputError(where, f"{key}: kind", f"{shown(kind)} is unknown", suggest(kind, LISTABLE))
    form = LISTABLE[kind]
    if not what and form.of != "party":
        raise InputError(where, key, "what is missing", f"name the {form.of} that it is of")
    if form.unit and "number" not in given and not form.may_be_silent:
        raise InputError(where, key, "number is missing", f"give {form.unit}")
    if "number" in given and not form.unit:
        raise InputError(where, f"{key}: number", f"{kind!r} takes none", "leave it out")
    year = read_whole(where, f"{key}: year", given["year"], 1, 1000)
    number = read_whole(where, f"{key}: number", given["number"], 0, MOST[form.unit]) if "number" in given else None
    return Decision(year, given["party"], kind, what, number, where, key)


def csv_beside(links):
    """The CSV file that a chain of files names, by its path from the file that names it; empty where none does.

    Parameters
    ----------
    links : list of tuple of (path, mapping)
        Files with their contents, own first.
    """
    for file, spec in links:
        if isinstance(spec.get("decisions"), str):
            return str(Path(file).parent / spec["decisions"])
    return ""
