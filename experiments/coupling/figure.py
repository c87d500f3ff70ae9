"""Tables and figure of the page: what one level less is worth on a need's own lines, on others', and to other agencies."""

import matplotlib.pyplot as plt
import numpy as np

from sim.core.pages import table
from sim.experiments.numbers import interval
from sim.place.places import load_place
from sim.report import figures

HEADS = ("need lowered by one level", "families", "before: £ a family", "on other needs' lines", "after: £ a family",
         "on other needs' lines", "on other agencies")  # fmt: skip


def pounds(found, coupling):
    """Pounds a family by need and line, a column a replicate."""
    return found["study"].xs("pounds", level="measure").loc[coupling]


def apart(found, coupling):
    """By need: pounds on all lines, on those of other needs, and on those of agencies without a line of the need."""
    place, rows = load_place("birmingham_2010"), pounds(found, coupling)
    need_of = {line.id: line.need for line in place.lines}
    at = {need.id: {line.agency for line in place.lines if line.need == need.id} for need in place.needs}
    agency_of = {line.id: line.agency for line in place.lines}
    parts = {}
    for need in place.needs:
        mine = rows.loc[need.id]
        other = mine[[need_of[line] != need.id for line in mine.index]]
        away = mine[[agency_of[line] not in at[need.id] for line in mine.index]]
        parts[need.id] = [part.sum().to_numpy() for part in (mine, other, away)]
    return parts


def share(part, whole):
    """A share over all replicates, with its standard error by leaving one out."""
    n = len(part)
    left = (part.sum() - part) / (whole.sum() - whole)
    return part.sum() / whole.sum(), np.sqrt((n - 1) / n * ((left - left.mean()) ** 2).sum())


def told(part, whole):
    """A share in words."""
    value, error = share(part, whole)
    return f"{value:.0%} ± {1.96 * error:.0%}"


def tables(found):
    """By need, before and after; and pounds by need lowered and need of the lines, after."""
    before, after = apart(found, "before"), apart(found, "after")
    families = found["study"].xs("families", level="measure").loc["after"].xs("all", level="line").mean(axis=1)
    rows = []
    for need, (whole, other, away) in after.items():
        was, was_other, _ = before[need]
        money = [f"{mean:,.0f} ± {half:,.0f}" for mean, half in (interval(was), interval(whole))]
        rows.append((need, f"{families[need]:,.0f}", money[0], told(was_other, was), money[1],
                     told(other, whole), told(away, whole)))  # fmt: skip
    return {"shares": table(HEADS, rows), "where": where(found)}


def where(found):
    """Pounds a family after, by the need lowered (rows) and the need whose lines save them (columns)."""
    place, mean = load_place("birmingham_2010"), pounds(found, "after").mean(axis=1)
    of = {need.id: [line.id for line in place.lines if line.need == need.id] for need in place.needs}
    rows = [(need, *(f"{mean.loc[need][lines].sum():,.0f}" for lines in of.values())) for need in of]
    return table(("lowered", *of), rows)


def draw(found, folder):
    """Share of the value on other needs' lines, before and after."""
    figures.setup()
    figure, axis = plt.subplots(figsize=(8, 4), layout="constrained")
    for shift, coupling, colour in ((-0.2, "before", figures.GREY), (0.2, "after", figures.BLUE)):
        parts = apart(found, coupling)
        shares = [share(other, whole) for whole, other, _ in parts.values()]
        spots = np.arange(len(parts)) + shift
        axis.bar(spots, [value for value, _ in shares], 0.4, yerr=[1.96 * error for _, error in shares], color=colour,
                 label=coupling)  # fmt: skip
        axis.set_xticks(np.arange(len(parts)), [name.replace("_", "\n") for name in parts])
    axis.set(ylabel="share on other needs' lines", title="Where the ten-year value of one level less falls")
    axis.legend()
    figures.save(figure, folder, "coupling")
