"""The table on screen."""

import sys

from rich.console import Console
from rich.table import Table

from sim.report.page import shown_rows, spread
from sim.results import ALL

_MOST_COLUMNS = 5
_SHORT = (
    ("gross_avoided", "Gross"), ("cash_released", "Cash"), ("retained", "Retained"), ("programme_cost", "Cost"), ("net_position", "Net"),
)  # fmt: skip


def show(summary, cases, replicates):
    """Print the headline table: one column an arrangement, means with 5 to 95% bands; one row each where there are many."""
    first = cases[0]
    table = Table(title=f"{first.place.name}: {first.n_families:,} families, {first.years} years, {replicates} replicate{'s' if replicates > 1 else ''}",
                  caption="£m of 2010/11 over the years: mean (5% to 95% of replicates)", title_justify="left", caption_justify="left")  # fmt: skip
    cells = summary[summary["agency"] == ALL].set_index(["arrangement", "measure"])
    (_wide if len(cases) <= _MOST_COLUMNS else _long)(table, cells, cases)
    columns = len(cases) if len(cases) <= _MOST_COLUMNS else len(_SHORT) + 1
    console = Console(width=None if sys.stdout.isatty() else 46 + 26 * columns)
    console.print(table)


def _wide(table, cells, cases):
    table.add_column("")
    for case in cases:
        table.add_column(case.arrangement.name, justify="right")
    for measure, label in shown_rows(cells):
        texts = (spread(cells.loc[(case.arrangement.id, measure)]) for case in cases)
        table.add_row(label, *texts, style=None if label.startswith("less") else "bold")
    sustained = [cells.loc[(case.arrangement.id, "self_sustaining"), "mean"] for case in cases]
    table.add_row("Self-sustaining, share of runs", *(f"{share:.0%}" for share in sustained))


def _long(table, cells, cases):
    table.add_column("")
    for _, label in _SHORT:
        table.add_column(label, justify="right")
    table.add_column("Cash per £", justify="right")
    for case in cases:
        texts = (spread(cells.loc[(case.arrangement.id, measure)]) for measure, _ in _SHORT)
        table.add_row(
            case.arrangement.name, *texts, f"{cells.loc[(case.arrangement.id, 'cash_per_pound'), 'mean']:.2f}"
        )
