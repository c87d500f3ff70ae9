"""The table on screen, and in a notebook."""

import html
import sys

from rich.console import Console
from rich.table import Table

from sim.core.codes import ALL
from sim.core.text import distinct, printable
from sim.record.measures import MEASURES
from sim.report.page import modelled, shown_digits, shown_rows, spread

_MOST_COLUMNS = 5
_UNITS = "£m of 2010/11 over the years: mean (5% to 95% of replicates)"
_IN_BRIEF = ("gross_avoided", "cash_released", "retained", "programme_cost", "net_position")


def console(width):
    """A console that shows names from users' files as they are; piped output has a width of its own."""
    return Console(width=None if sys.stdout.isatty() else width, markup=False, emoji=False, highlight=False)


def show(summary, study, replicates, tables=()):
    """Print the headline table: one column an arrangement, means with 5 to 95% bands; one row each where there are many.

    Parameters
    ----------
    summary : pandas.DataFrame
    study : Study
    replicates : int
    tables : sequence of sequence of str
        Arrangements of the headline table, and of a brief one of those at one horizon; all in the first by default.
    """
    cells = summary[summary["agency"] == ALL].set_index(["arrangement", "measure"])
    names = distinct({item.id: item.name for item in study.arrangements})
    first, *others = tables or (names,)
    table = Table(
        title=_title(study, replicates),
        caption=f"{_UNITS}\n{modelled(cells)}",
        title_justify="left",
        caption_justify="left",
    )
    many = len(first) > _MOST_COLUMNS
    (_long if many else _wide)(table, cells, {code: names[code] for code in first})
    screen = console(46 + 26 * (len(_IN_BRIEF) + 1 if many else len(first)))
    screen.print(table)
    for codes in others:
        table = Table(title="The same at one horizon, the LIST's own", title_justify="left")
        _wide(table, cells, {code: names[code] for code in codes}, _IN_BRIEF)
        screen.print(table)


def as_html(summary, study, replicates):
    """The headline table as HTML, for a notebook: one column an arrangement."""
    cells = summary[summary["agency"] == ALL].set_index(["arrangement", "measure"])
    names = distinct({item.id: item.name for item in study.arrangements})
    digits = shown_digits(cells)
    head = "".join(f"<th>{html.escape(name)}</th>" for name in names.values())
    body = "".join(
        f"<tr><th>{label}</th>"
        + "".join(f"<td>{spread(cells.loc[(code, measure)], digits=digits)}</td>" for code in names)
        + "</tr>"
        for measure, label in shown_rows(cells)
    )
    caption = f"{html.escape(_title(study, replicates))}; {_UNITS}. {modelled(cells)}"
    return f"<table><caption>{caption}</caption><tr><th></th>{head}</tr>{body}</table>"


def _title(study, replicates):
    future = f"; future: {printable(study.future.name)}" if study.future else ""
    times = f"{replicates} replicate{'s' if replicates > 1 else ''}"
    return f"{printable(study.place.name)}: {study.families:,} families, {study.years} years, {times}{future}"


def _wide(table, cells, names, only=()):
    table.add_column("")
    for name in names.values():
        table.add_column(name, justify="right", overflow="fold")
    digits = shown_digits(cells)
    for measure, label in shown_rows(cells):
        if only and measure not in only:
            continue
        texts = (spread(cells.loc[(code, measure)], digits=digits) for code in names)
        table.add_row(label, *texts, style=None if label.startswith(("less", "of it")) else "bold")
    sustained = [cells.loc[(code, "self_sustaining"), "mean"] for code in names]
    table.add_row("Self-sustaining, share of runs", *(f"{share:.0%}" for share in sustained))


def _long(table, cells, names):
    table.add_column("")
    for measure in _IN_BRIEF:
        table.add_column(MEASURES[measure].short, justify="right")
    table.add_column("Cash per £", justify="right")
    digits = shown_digits(cells)
    for code, name in names.items():
        texts = (spread(cells.loc[(code, measure)], digits=digits) for measure in _IN_BRIEF)
        table.add_row(name, *texts, f"{cells.loc[(code, 'cash_per_pound'), 'mean']:.2f}")
