"""What experiments share: numbers by replicate, intervals over paired seeds, tables in Markdown, figures."""

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from scipy.stats import t  # comes with Mesa

from sim.core.pages import filled, table
from sim.record.measures import LEAKS  # noqa: F401 - experiments take it from here
from sim.report import figures

DOCS = Path(__file__).parent.parent / "docs"


def by_replicate(runs, *measures):
    """£m of some measures together, summed over the years: one number a replicate."""
    pence = runs[runs["measure"].isin(measures)].groupby("replicate")["value_pence"].sum()
    return pence.to_numpy(dtype=float) / 1e8


def interval(differences):
    """Mean of paired differences and half the width of its 95% interval (Student's t)."""
    values = np.asarray(differences, float)
    n = len(values)
    return values.mean(), t.ppf(0.975, n - 1) * values.std(ddof=1) / n**0.5


def with_interval(differences):
    """Mean of paired differences with its 95% interval, in words."""
    mean, half = interval(differences)
    return f"{mean:+.2f} ({mean - half:+.2f} to {mean + half:+.2f})"


def fill(folder, name, source=DOCS, **tables):
    """Put tables between their marks in a document of a folder (``docs/``), and write it into another."""
    text = (Path(source) / f"{name}.md").read_text(encoding="utf-8")
    (Path(folder) / f"{name}.md").write_text(filled(text, **tables), encoding="utf-8")


def draw_grid(folder, name, grid, titles, down, across):
    """Table and picture of shares of runs by two dials: grid maps (down, across) to the shares."""
    frame = pd.DataFrame(grid, index=titles).T
    shares = frame.map("{:.0%}".format).agg(" / ".join, axis=1).unstack()
    heads = (f"{down} \\ {across}", *(f"{value:g}" for value in shares.columns))
    fill(
        folder,
        name,
        folder,
        grid=table(
            heads, [(f"{value:g}", *cells) for value, cells in zip(shares.index, shares.to_numpy(), strict=True)]
        ),
    )
    figures.setup()
    figure, axes = plt.subplots(1, len(titles), figsize=(9.5, 3.4), sharey=True)
    for axis, title in zip(axes, titles, strict=True):
        sns.heatmap(frame[title].unstack(), vmin=0, vmax=1, annot=True, fmt=".0%", cmap="cividis", cbar=False, ax=axis)
        axis.set(title=f"Share of runs {title}", ylabel=down, xlabel=across)
    figures.save(figure, folder, name)


def draw_leaks(folder, name, levels, leaks):
    """Where each pound avoided went, one bar a point: levels maps a point to £m by leak, cash last."""
    frame = pd.DataFrame(levels).T
    figures.setup()
    colours = (
        figures.YELLOW,
        figures.VERMILION,
        figures.ORANGE,
        figures.PURPLE,
        figures.SKY,
        figures.GREY,
        figures.BLUE,
    )
    labels = [leak.replace("_", " ") for leak in leaks]
    axis = (
        frame[list(leaks)]
        .set_axis(labels, axis=1)
        .plot.barh(stacked=True, figsize=(9.5, 4.2), width=0.7, color=colours)
    )
    axis.invert_yaxis()
    axis.set(xlabel="£m of 2010/11 over the years", title="Where the service use avoided went")
    axis.legend(ncols=4, loc="upper center", bbox_to_anchor=(0.4, -0.15), frameon=False)
    figures.save(axis.figure, folder, name)
