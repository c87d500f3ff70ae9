"""Numbers as CSV files have them: plain decimals, money to the penny, and nothing that a spreadsheet takes for a formula."""

import pandas as pd

from sim.core.text import cell
from sim.record.measures import MEASURES

PENNIES = 2  # decimals of money, and the least of any number
FINEST = 6  # the most decimals that a rate or a count needs


def rounded(value, measure):
    """A number as accurate as a CSV file has it; no sign on nought, and what is not known stays so."""
    return round(value, PENNIES if MEASURES[measure].is_money else FINEST) + 0.0


def plain(value, measure):
    """A number as text: pounds to the penny, all else in two to six decimals; nothing where it is not known."""
    if value != value:
        return ""
    text = f"{rounded(value, measure):.{FINEST}f}"
    return text[: len(text) - FINEST + PENNIES] + text[len(text) - FINEST + PENNIES :].rstrip("0")


def rounded_table(table, columns):
    """A table whose numbers, in some columns, are as its CSV file has them.

    Parameters
    ----------
    table : pandas.DataFrame
        With a column ``measure``.
    columns : iterable of str

    Returns
    -------
    pandas.DataFrame
    """
    return pd.DataFrame({**table, **{name: _each(rounded, table, name) for name in columns}}, table.index)


def write_csv(path, table, columns=(), **how):
    """Write a table as CSV.

    Parameters
    ----------
    path : path
    table : pandas.DataFrame
    columns : iterable of str
        Those whose numbers are a measure's, which is named in the column ``measure``.
    **how
        As :meth:`pandas.DataFrame.to_csv` takes it.
    """
    texts = {name: column.map(cell) for name, column in table.items() if column.dtype in ("str", "object")}
    numbers = {name: _each(plain, table, name) for name in columns}
    pd.DataFrame({**table, **texts, **numbers}, table.index).to_csv(path, index=False, lineterminator="\n", **how)


def _each(change, table, name):
    """Every number of a column, changed by its measure."""
    return list(map(change, table[name].tolist(), table["measure"].tolist()))
