"""The table of the page: the main measures of each headline arrangement."""

from sim.core.pages import table
from sim.record.measures import MEASURES

SHOWN = (
    "promised", "gross_avoided", "cash_released", "returned_to_centre", "retained", "programme_cost", "net_position",
)  # fmt: skip


def cell(numbers):
    """Mean and 5% to 95% range over the seeds, in £m."""
    low, high = numbers.quantile([0.05, 0.95]) / 1e6
    return f"{numbers.mean() / 1e6:.2f} ({low:.2f} to {high:.2f})"


def tables(found):
    rows = found["study"].xs("all", level="agency")
    names = rows.index.unique("arrangement")
    lines = [(MEASURES[measure].label, *(cell(rows.loc[(name, measure)]) for name in names)) for measure in SHOWN]
    return {"figures": table(("£m over the years", *names), lines)}
