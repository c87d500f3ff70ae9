"""Incentives on screen."""

from rich.table import Table

from sim.report.incentive_words import benefits, by_horizon, in_words, payments, splits, verdicts
from sim.report.screen import console


def show(said):
    """Print who gains, who would buy, what is forgone, and published shares beside the model's.

    Parameters
    ----------
    said : dict
        As :meth:`sim.cost_benefit.incentives.Incentives.to_dict` gives it.
    """
    screen = console(170)
    years = said["horizon_years"]
    title = f"{said['name']}: service use avoided a family, £ of 2010/11 at average cost, {years:g} years ahead"
    screen.print(_table(title, *benefits(said)))
    screen.print(_table(f"Who would buy, {years:g} years ahead", *verdicts(said)))
    screen.print(_table("By years ahead", *by_horizon(said)))
    for way, text in (("by_benefit", "in proportion to benefit"), ("by_bargaining", "by Nash bargaining")):
        heads, rows = payments(said, way)
        if rows:
            screen.print(
                _table(f"What each would pay of a family's cost so that nobody is worse off, £, {text}", heads, rows)
            )
    heads, rows = splits(said)
    if rows:
        screen.print(_table("Published shares of the benefit beside the model's", heads, rows))
    for line in in_words(said):
        screen.print(f"- {line}")


def _table(title, heads, rows):
    table = Table(title=title, title_justify="left")
    for i, head in enumerate(heads):
        table.add_column(
            head, justify="right" if i and _are_numbers(row[i] for row in rows) else "left", overflow="fold"
        )
    for row in rows:
        table.add_row(*row)
    return table


def _are_numbers(cells):
    return all(not cell or cell[0] in "-0123456789" for cell in cells)
