"""The table on screen."""

import sys

from rich.console import Console
from rich.table import Table

from sim.report.page import ROWS
from sim.results import ALL


def show(summary, cases, replicates):
    """Print the headline table: one column an arrangement, means with 5 to 95% bands."""
    first = cases[0]
    table = Table(title=f"{first.place.name}: {first.n_families:,} families, {first.years} years, {replicates} replicate{'s' if replicates > 1 else ''}",
                  caption="£m of 2010/11 over the years: mean (5% to 95% of replicates)", title_justify="left", caption_justify="left")  # fmt: skip
    table.add_column("")
    for case in cases:
        table.add_column(case.arrangement.name, justify="right")
    cells = summary[summary["agency"] == ALL].set_index(["arrangement", "measure"])
    for measure, label in ROWS:
        row = [cells.loc[(case.arrangement.id, measure)] for case in cases]
        bold = "bold" if not label.startswith("less") else None
        table.add_row(
            label,
            *(f"{cell['mean'] / 1e6:.1f} ({cell['p05'] / 1e6:.1f} to {cell['p95'] / 1e6:.1f})" for cell in row),
            style=bold,
        )
    sustained = [cells.loc[(case.arrangement.id, "self_sustaining"), "mean"] for case in cases]
    table.add_row("Self-sustaining, share of runs", *(f"{share:.0%}" for share in sustained))
    console = Console(width=None if sys.stdout.isatty() else 46 + 26 * len(cases))
    console.print(table)
