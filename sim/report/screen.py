"""The tables on screen, and in a notebook."""

import html
import sys
from textwrap import fill

from rich import box
from rich.console import Console
from rich.table import Table

from sim.core.codes import ALL
from sim.core.text import cut, distinct, printable
from sim.record.measures import MEASURES
from sim.report.numbers import (
    CAPTION,
    WITH_BAND,
    has_band,
    modelled,
    of_all,
    ranged,
    shown_digits,
    shown_rows,
    spread,
    verdict,
)

WIDTH = 80  # of what is no terminal
_MOST_COLUMNS = 4
_NAME, _SHORT_NAME = 28, 24  # most characters of one beside differences, and beside many columns
_BRIEF = ("gross_avoided", "cash_released", "retained", "programme_cost", "net_position")
_LABELS = 34  # characters of the first column
_INTERVAL = "mean (95% interval)"
_ONE_RUN = "of one run"
_BRIEFEST = ("cash_released", "net_position")


def console(width=WIDTH):
    """A console that shows names from users' files as they are; piped output has a width of its own."""
    return Console(width=None if sys.stdout.isatty() else width, markup=False, emoji=False, highlight=False)


def show(done, tables=()):
    """Print the headline table, one column an arrangement, or one row each where there are many; and how they differ.

    Parameters
    ----------
    done : Comparison
    tables : sequence of sequence of str
        Arrangements of the headline table, and of a brief one of those at one horizon; all in the first by default.
    """
    cells = of_all(done.summary)
    names = distinct({item.id: item.name for item in done.study.arrangements})
    first, *others = tables or (list(names),)
    many = len(first) > _MOST_COLUMNS
    screen = console()
    table = _table()
    (_long if many else _wide)(table, cells, {code: names[code] for code in first})
    screen.print(_title(done), table, _caption(cells), modelled(cells), sep="\n")
    _differences(screen, done, first, names, shown_digits(cells), _BRIEFEST if many else _BRIEF)
    _shares(screen, done, names)
    for codes in others:
        table = _table()
        _wide(table, cells, {code: names[code] for code in codes}, _BRIEF)
        screen.print("", "The same at one horizon, the LIST's own", table, sep="\n")
        _differences(screen, done, codes, names, shown_digits(cells), _BRIEF)


def _shares(screen, done, names):
    """Print which share of the spread of cash rests on what, where replicates were run again to know it."""
    if not done.again:
        return
    table = _table(show_header=False)
    for justify in ("left", "left", "right"):
        table.add_column("", justify=justify, no_wrap=True)
    rows = done.shares[done.shares["measure"] == "cash_released"]
    for (code, than), groups in rows.groupby(["arrangement", "than"], sort=False):
        title = f"{cut(names[code], 30)}{', difference' if than else ''}"
        for number, row in enumerate(groups.itertuples()):
            share = f"{row.share:.0%} ({row.low:.0%} to {row.high:.0%})"
            table.add_row("" if number else title, row.group, share)
    times = len(done.study.nested)
    screen.print(
        "", f"What the spread of cash released rests on, and 95% interval, of {times} replicates", table, sep="\n"
    )


def as_html(done):
    """The headline table as HTML, for a notebook: one column an arrangement."""
    cells = of_all(done.summary)
    names = distinct({item.id: item.name for item in done.study.arrangements})
    digits = shown_digits(cells)
    head = "".join(f"<th>{html.escape(name)}</th>" for name in names.values())
    body = "".join(
        f"<tr><th>{label}</th>"
        + "".join(f"<td>{spread(cells.loc[(code, measure)], digits=digits)}</td>" for code in names)
        + "</tr>"
        for measure, label in shown_rows(cells)
    )
    caption = f"{html.escape(_title(done))}; {_caption(cells)}. {modelled(cells)}"
    return f"<table><caption>{caption}</caption><tr><th></th>{head}</tr>{body}</table>"


def _title(done):
    study, times = done.study, done.replicates
    future = f"; future: {printable(study.future.name)}" if study.future else ""
    runs = f"{times} replicate{'s' if times > 1 else ''}"
    return f"{printable(study.place.name)}: {study.families:,} families, {study.years} years, {runs}{future}"


def _caption(cells):
    return WITH_BAND if has_band(cells.xs("cash_released", level="measure").iloc[0]) else CAPTION


def _table(**how):
    return Table(box=box.SIMPLE_HEAD, padding=0, pad_edge=False, **how)


def _heads(table, names):
    """A column of numbers each, whose head is broken between words and whose cells never are."""
    width = max(8, (WIDTH - _LABELS) // len(names) - 1)
    for name in names:
        table.add_column(fill(name, width, break_long_words=False), justify="right", no_wrap=True)


def _wide(table, cells, names, only=()):
    table.add_column("", no_wrap=True)
    _heads(table, names.values())
    digits = shown_digits(cells)
    for measure, label in shown_rows(cells):
        if measure in only or not only:
            texts = (spread(cells.loc[(code, measure)], digits=digits) for code in names)
            table.add_row(label, *texts, style=None if label.startswith(("less", "of it")) else "bold")
    sustained = [cells.loc[(code, "self_sustaining"), "mean"] for code in names]
    table.add_row("Self-sustaining, share of runs", *(f"{share:.0%}" for share in sustained))


def _long(table, cells, names):
    table.add_column("", no_wrap=True)
    _heads(table, [*(MEASURES[measure].short for measure in _BRIEF), "Cash per £"])
    digits = shown_digits(cells)
    for code, name in names.items():
        texts = (spread(cells.loc[(code, measure)], digits=digits) for measure in _BRIEF)
        table.add_row(cut(name, _SHORT_NAME), *texts, f"{cells.loc[(code, 'cash_per_pound'), 'mean']:.2f}")


def _differences(screen, done, codes, names, digits, measures):
    """Print by how much the others of some arrangements differ from the first that others are compared with."""
    than = next((code for code in done.bases if code in codes), None)
    if than is None or len(codes) < 2:
        return
    data = done.differences
    data = data[(data["than"] == than) & (data["agency"] == ALL)].set_index(["measure", "arrangement"])
    table = _table(show_header=False)
    for justify in ("left", "left", "right", "left"):
        table.add_column("", justify=justify, no_wrap=True)
    for measure in measures:
        for number, code in enumerate(code for code in codes if code != than):
            row = data.loc[(measure, code)]
            told = ranged(row["mean"], row["low"], row["high"], digits=digits, sign="+")
            table.add_row("" if number else MEASURES[measure].short, cut(names[code], _NAME), told, verdict(row))
    how = _INTERVAL if done.replicates > 1 else _ONE_RUN
    screen.print("", f"Difference from {cut(names[than], 42)}: {how}", table, sep="\n")
