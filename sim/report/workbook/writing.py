"""Writing ``tables.xlsx``: its sheets in their order."""

from pathlib import Path

from sim.core.folders import WORKBOOK
from sim.report.workbook.book import Book
from sim.report.workbook.cash import add_cash_flow
from sim.report.workbook.facts import Facts
from sim.report.workbook.money import add_present_value, add_waterfall, add_who_gains, add_years
from sim.report.workbook.words import (
    add_assumptions,
    add_contents,
    add_differences,
    add_incentives,
    add_meanings,
    add_verdict,
    fill_contents,
)


def write_workbook(folder, found):
    """Write the tables of a comparison as a workbook, ``tables.xlsx``.

    Every formula carries the value it has, so that a preview shows it; the same tables give the same bytes.

    Parameters
    ----------
    folder : path
    found : Findings
    """
    facts, book = Facts(found), Book()
    contents = add_contents(book, facts)
    sheets = [
        add(book, facts)
        for add in (
            add_verdict,
            add_waterfall,
            add_who_gains,
            add_years,
            add_cash_flow,
            add_present_value,
            add_differences,
            add_incentives,
            add_assumptions,
            add_meanings,
        )
    ]
    fill_contents(contents, facts, sheets)
    (Path(folder) / WORKBOOK).write_bytes(book.bytes())
