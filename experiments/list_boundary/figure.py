"""Tables and figure of the page: what becomes of a LIST at each point, and where its boundary lies."""

import matplotlib.pyplot as plt
import pandas as pd
import seaborn as sns

from sim.core.pages import table
from sim.report import figures

RATES = {"self_sustaining": "self-sustaining", "list_alive": "alive at the end"}
MONEY = ("programme_cost", "measured_saving", "true_saving", "cash_released", "retained")
DRIFT, REVIEW = "services.threshold_drift", "departments.review_years"
DOWN, ACROSS = "threshold drift", "years between reviews"


def means(rows):
    """Means over seeds of the whole place and of the LIST, (agency, measure) by point; nought where there is nothing of it."""
    every = rows.droplevel("arrangement").mean(axis=1)
    return every.unstack(["agency", "measure"], sort=False).fillna(0)


def point(name, row):
    shares = [row["all", rate] for rate in RATES]
    money = [row.get(("list", "outcome_payment_in"), 0), *(row["all", measure] for measure in MONEY)]
    return name, *(f"{share:.0%}" for share in shares), *(f"{pounds / 1e6:.1f}" for pounds in money)


def shares(found):
    """Shares of runs by (drift, years between reviews)."""
    return means(found["grid"])["all"][list(RATES)].set_axis(list(RATES.values()), axis=1).rename_axis([DOWN, ACROSS])


def tables(found):
    rows = pd.concat([means(found["points"]), means(found["longer"])])
    heads = ("£m over the years", *RATES.values(), "members paid", *(measure.replace("_", " ") for measure in MONEY))
    cells = shares(found).map("{:.0%}".format).agg(" / ".join, axis=1).unstack()
    across = (f"{DOWN} \\ {ACROSS}", *(f"{years:g}" for years in cells.columns))
    grid = [(f"{drift:g}", *row) for drift, row in zip(cells.index, cells.to_numpy(), strict=True)]
    return {"points": table(heads, [point(name, row) for name, row in rows.iterrows()]), "grid": table(across, grid)}


def draw(found, folder):
    figures.setup()
    figure, axes = plt.subplots(1, len(RATES), figsize=(9.5, 3.4), sharey=True)
    for axis, (title, column) in zip(axes, shares(found).items(), strict=True):
        sns.heatmap(column.unstack(), vmin=0, vmax=1, annot=True, fmt=".0%", cmap="cividis", cbar=False, ax=axis)
        axis.set(title=f"Share of runs {title}", ylabel=DOWN, xlabel=ACROSS)
    figures.save(figure, folder, "list_boundary")
