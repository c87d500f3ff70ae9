"""Published figures: the tables of evidence, the sources that cite them, and the deflators."""

import csv
import io
import re
from functools import cache
from importlib.resources import files
from pathlib import Path

from sim.core.faults import InputError, check_name, suggest
from sim.core.input_files import read_text
from sim.core.numbers import read_number

PRICE_BASE = "2010/11"


EVIDENCE = (
    "unit_costs",
    "prevalence",
    "interventions",
    "deflators",
    "cashability",
    "institutions",
    "durations",
    "trials",
    "place_2024",
    "social_values",
)


DEFLATORS = "deflators.csv"


MOST_FACTOR = 1000  # beyond any inflation of pounds


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
    reader = csv.DictReader(io.StringIO(read_text(path, "CSV", "save it as CSV in UTF-8"), newline=""), restval="")
    try:
        rows, columns = list(reader), reader.fieldnames or ()
    except csv.Error as error:
        raise InputError(path, "", f"is not CSV ({error})", "save it as CSV in UTF-8") from None
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
        if None in row:
            raise InputError(path, key, "has too many fields", "put a text with a comma in quotation marks")
        check_source(row["source"], path, key)
        series[year] = read_number(row["to_2010_11"], path, key, "to_2010_11")
        if not 1 / MOST_FACTOR <= series[year] <= MOST_FACTOR or (year == PRICE_BASE and series[year] != 1):
            raise InputError(
                path,
                key,
                f"to_2010_11 {series[year]:g} is no factor",
                f"give {1 / MOST_FACTOR:g} to {MOST_FACTOR:g}, and 1 for {PRICE_BASE}",
            )
    return series


def full_source(source):
    """A source written out: an evidence id, that of a row fitted on too, becomes its reference and address."""
    table, _, key = source.removeprefix("fitted: ").partition(":")
    if table not in EVIDENCE or not key:
        return source
    row = evidence(table)[key.split(" ")[0].rstrip(",;")]
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
