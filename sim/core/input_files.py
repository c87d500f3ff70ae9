"""Reading the files that users write, TOML and CSV: whatever they hold, a table or an error in words."""

import codecs
import csv
import io
import os
import stat
import tomllib
from pathlib import Path

from sim.core.faults import Faults, InputError, suggest

MOST_BYTES = {"TOML": 5_000_000, "CSV": 50_000_000, "JSON": 500_000_000}
DEEPEST = 500  # dots in one line of TOML: the reader's time grows with their square
_EXCEL = "in Excel, save it as 'CSV UTF-8 (Comma delimited)'"


class Row(dict):
    """A row of a CSV file by column.

    Attributes
    ----------
    line : int
        Line of the file it begins on.
    """

    line = 0


def read_toml(path):
    """A TOML file as a mapping.

    Raises
    ------
    InputError
    """
    text = read_text(path, "TOML", "save it as UTF-8")
    try:
        for number, line in enumerate(text.splitlines(), 1):
            if line.count(".") > DEEPEST:
                raise InputError(path, f"line {number}", f"has more than {DEEPEST} dots", "write shorter lines")
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InputError(path, "", f"is not valid TOML ({error})", "mend the line it names") from None
    except ValueError:
        raise InputError(path, "", "is not valid TOML (a number has too many digits)", "give smaller numbers") from None
    except RecursionError:
        raise InputError(path, "", "is nested too deeply", "give tables of values as in the shipped files") from None


def read_rows(path, columns, may_be_empty=False):
    """Rows of a CSV file with exactly these columns, in any order, spaces around values left out.

    Parameters
    ----------
    path : str or path
    columns : list of str
    may_be_empty : bool
        Whether a header alone will do.

    Returns
    -------
    list of Row

    Raises
    ------
    InputError
        That names every row with the wrong number of fields.
    """
    records = _records(path, read_text(path, "CSV", _EXCEL))
    if not records:
        raise InputError(path, "", "is empty", "give a first line with the columns " + ",".join(columns))
    header = _header(path, records[0][1], columns)
    if len(records) == 1 and not may_be_empty:
        raise InputError(path, "", "has a header and no rows", "add a row for each value")
    rows = []
    with Faults() as faults:
        for line, fields in records[1:]:
            with faults.kept():
                rows.append(_row(path, line, header, fields))
    return rows


def read_text(path, form, cure):
    """Text of a regular file of sane size, without a byte order mark.

    Parameters
    ----------
    path : str or path
    form : str
        One of :data:`MOST_BYTES`.
    cure : str
        What to do where it is no UTF-8.

    Raises
    ------
    InputError
    """
    most = MOST_BYTES[form]
    try:
        status = os.stat(path)
        if not stat.S_ISREG(status.st_mode):  # a pipe or a device would block, or never end
            raise InputError(path, "", "is not a file", f"give a readable {form} file")
        if status.st_size > most:
            size = f"{status.st_size / 1e6:,.0f} MB"
            raise InputError(path, "", f"has {size}", f"give a {form} file of {most / 1e6:g} MB at most")
        raw = Path(path).read_bytes()
    except OSError as error:
        problem = f"cannot be read ({error.strerror or error})"
        raise InputError(path, "", problem, f"give a readable {form} file") from None
    except ValueError:
        raise InputError(repr(path), "", "is no name of a file", f"give a readable {form} file") from None
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise InputError(path, "", "is UTF-16 text ('Unicode text' of Excel), not UTF-8", cure)
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise InputError(path, f"line {line}", "is not UTF-8 text", cure) from None
    if "\0" in text:
        line = text[: text.index("\0")].count("\n") + 1
        raise InputError(path, f"line {line}", "holds a NUL character, which no text does", cure)
    return text


def _records(path, text):
    """Line number and stripped fields of every record that is not empty, as spreadsheets leave empty ones behind."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    records, line = [], 1
    try:
        for fields in reader:
            records.append((line, [value.strip() for value in fields]))
            line = reader.line_num + 1
    except csv.Error as error:
        raise InputError(path, f"line {line}", f"is not CSV ({error})", "close every quotation mark") from None
    return [(line, fields) for line, fields in records if any(fields)]


def _header(path, names, columns):
    """Names of the columns, empty ones at the end left out."""
    while not names[-1]:
        names = names[:-1]
    for mark, word in ((";", "semicolons"), ("\t", "tabs")):
        if len(names) == 1 and mark in names[0]:
            raise InputError(path, "line 1", f"has values separated by {word}, not commas", _EXCEL)
    with Faults() as faults:
        for name in dict.fromkeys([*names, *columns]):
            with faults.kept():
                if name not in columns:
                    raise InputError(path, name, "unknown column", suggest(name, columns))
                if name not in names:
                    raise InputError(path, name, "column is missing", "columns are " + ", ".join(columns))
                if names.count(name) > 1:
                    raise InputError(path, name, "column is given twice", "keep one")
    return names


def _row(path, line, header, fields):
    wide = len(header)
    if len(fields) < wide or any(fields[wide:]):
        raise InputError(
            path, f"line {line}", f"has the wrong number of fields ({len(fields)}, not {wide})",
            f"give {wide}: a text with a comma in quotation marks, and 1911 for 1,911",
        )  # fmt: skip
    row = Row(zip(header, fields[:wide], strict=True))
    row.line = line
    return row
