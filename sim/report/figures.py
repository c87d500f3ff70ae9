"""The report's figures, each saved as an SVG of the same bytes for the same results."""

import io
import re
import warnings
from pathlib import Path
from textwrap import fill

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.backends.backend_svg import RendererSVG
from matplotlib.layout_engine import TightLayoutEngine
from matplotlib.ticker import PercentFormatter

from sim.core.codes import ALL
from sim.record.measures import COSTS, MEASURES, STEPS

# Okabe and Ito's colours, which colour-blind readers can tell apart.
BLUE, ORANGE, GREEN, VERMILION, SKY, PURPLE, YELLOW, GREY = (
    "#0072B2", "#E69F00", "#009E73", "#D55E00", "#56B4E9", "#CC79A7", "#F0E442", "#7f7f7f",
)  # fmt: skip
_GOLDEN = 0.618034  # steps of the golden section fill a width evenly, however many there are
_PANEL_TITLE = 42  # characters that fit over a panel of three to a row
_DARK = 0.179  # luminance below which white is read better than black
_KINDS = {"total": "total", "gap": "leak", "leak": "leak", "return": "leak", "cost": "cost"}


def setup():
    """One style for all figures."""
    plt.rcdefaults()
    plt.style.use(Path(__file__).with_name("listsim.mplstyle"))
    # A browser has the letters that the font at hand lacks.
    warnings.filterwarnings("ignore", r"Glyph \d+ .* missing from", UserWarning)  # fmt: skip


def save(figure, folder, name):
    """Write a figure as SVG without metadata, which holds the date; its path."""
    path = Path(folder) / f"{name}.svg"
    text = io.StringIO()
    figure.savefig(text, format="svg", bbox_inches=_extent(figure))
    plt.close(figure)
    path.write_text(re.sub(r"<metadata>.*?</metadata>", "", text.getvalue(), flags=re.DOTALL), encoding="utf-8")
    return path


def _extent(figure):
    """What of a figure its file shows: all there is. To find that out, matplotlib's own "tight" draws it once more."""
    if figure.get_layout_engine() is not None:  # which spaces panels as they are drawn
        return "tight"
    figure.set_dpi(72)  # an SVG's
    around = figure.get_tightbbox(RendererSVG(*figure.bbox.size, io.StringIO()))
    return around.padded(matplotlib.rcParams["savefig.pad_inches"])


def _spaced(figure):
    """A figure whose panels leave room for their labels; its own ``tight_layout`` would have it drawn once more."""
    TightLayoutEngine().execute(figure)
    return figure


def readable(axis):
    """Write each number of a heat map in black or white, whichever stands out more from its cell."""
    from seaborn.utils import relative_luminance  # who draws a heat map has it imported

    (mesh,) = axis.collections
    known = ~np.ma.getmaskarray(mesh.get_array()).ravel()
    for text, colour in zip(axis.texts, mesh.get_facecolors()[known], strict=False):
        text.set_color("white" if relative_luminance(colour) < _DARK else "black")


def waterfall(summary, names):
    """From promise to retained cash, one panel an arrangement on one scale.

    Parameters
    ----------
    summary : pandas.DataFrame
    names : dict of str to str
        Title of each arrangement.
    """
    table = summary[summary["agency"] == ALL].set_index(["arrangement", "measure"])[["mean", "p05", "p95"]] / 1e6
    figure, axes = plt.subplots(
        len(names), 1, figsize=(12.5, 3.4 * len(names)), sharey=True, sharex=True, squeeze=False
    )
    labels = [fill(MEASURES[name].short, 11) for name in STEPS]
    for axis, (arrangement, title) in zip(axes[:, 0], names.items(), strict=True):
        level = 0.0
        for i, name in enumerate(STEPS):
            row, kind = table.loc[(arrangement, name)], _KINDS[MEASURES[name].group]
            if kind == "leak":
                colour = VERMILION if row["mean"] >= 0 else GREEN
                axis.bar(i, -row["mean"], bottom=level, color=colour, width=0.62)
                level -= row["mean"]
                top = max(level, level + row["mean"])
            else:
                level = row["mean"]
                axis.bar(i, level, color={"total": BLUE, "cost": ORANGE}[kind], width=0.62)
                axis.errorbar(
                    i,
                    level,
                    yerr=[[level - min(row["p05"], level)], [max(row["p95"], level) - level]],
                    color="black",
                    capsize=3,
                    lw=1,
                )
                top = max(level, row["p95"], 0)
            shown = round(-row["mean"] if kind == "leak" else row["mean"], 1) + 0.0  # no sign on nought
            text = f"{shown:+.1f}" if kind == "leak" and shown else f"{shown:.1f}"
            axis.annotate(
                text, (i, top), ha="center", va="bottom", fontsize=8, xytext=(0, 2), textcoords="offset points"
            )
        axis.axhline(0, color="black", lw=0.8)
        axis.set_title(title)
        axis.set_ylabel("£m over the years, 2010/11 prices")
        axis.set_xticks(range(len(labels)), labels, fontsize=8)
        axis.tick_params(labelbottom=True)
        axis.grid(axis="x", visible=False)
    return _spaced(figure)


def _panels(number, width, height, **shared):
    """A figure with a panel each, at most three to a row on shared scales, and its axes in order."""
    columns = min(3, number)
    rows = -(-number // columns)
    figure, axes = plt.subplots(rows, columns, figsize=(width * columns, height * rows), squeeze=False, **shared)
    for axis in axes.flat[number:]:
        axis.set_visible(False)
    return figure, list(axes.flat[:number])


def who_gains(summary, names, agencies):
    """Who pays and who gains, by label of agencies and bodies, one panel an arrangement on one scale."""
    table = (
        summary.pivot_table(index=["arrangement", "agency"], columns="measure", values="mean", aggfunc="sum").fillna(
            0.0
        )
        / 1e6
    )
    wanted = ["outcome_payment_in", "outcome_payment_out", "gross_avoided", "cash_released", "retained", *COSTS]
    table = table.reindex(columns=wanted, fill_value=0.0)
    parts = {
        "Pays": -table[[*COSTS, "outcome_payment_out"]].sum(axis=1), "Is paid": table["outcome_payment_in"],
        "Service use avoided": table["gross_avoided"], "Cash released": table["cash_released"],
        "Cash it keeps": table["retained"],
    }  # fmt: skip
    data = pd.DataFrame(parts).reset_index()
    data = data[data["agency"].isin(list(agencies)) & data["arrangement"].isin(list(names))]
    data["agency"] = data["agency"].map(agencies)
    data = data.groupby(["arrangement", "agency"]).sum()
    order = [label for label in dict.fromkeys(agencies.values()) if label in data.index.get_level_values("agency")]
    figure, axes = _panels(len(names), 4.4, 0.62 * len(order) + 1.6, sharex=True, sharey=True)
    for axis, (arrangement, title) in zip(axes, names.items(), strict=True):
        _bars(axis, data.loc[arrangement].reindex(order, fill_value=0.0), [ORANGE, YELLOW, SKY, BLUE, GREEN])
        axis.set_title(fill(title, _PANEL_TITLE))
        axis.set_xlabel("£m over the years")
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="lower center", ncols=5, bbox_to_anchor=(0.5, -0.06))
    return _spaced(figure)


def cash_by_year(runs, names):
    """Cash released and what prevention cost, year by year, with 5 to 95% bands."""
    money = runs[runs["measure"].isin(["cash_released", "retained", "programme_cost"])]
    series = money.groupby(["arrangement", "measure", "replicate", "year"])["value_pence"].sum().astype(float) / 1e8
    years = np.array(sorted(runs["year"].unique()))
    figure, axes = _panels(len(names), 4.4, 3.4, sharey=True)
    styles = (
        ("programme_cost", "Programme cost", ORANGE, "--"),
        ("cash_released", "Cash released", BLUE, "-"),
        ("retained", "Cash retained", GREEN, "-."),
    )
    for axis, (arrangement, title) in zip(axes, names.items(), strict=True):
        for measure, label, colour, style in styles:
            _band(axis, series, (arrangement, measure), years, label, colour, style)
        axis.axhline(0, color="black", lw=0.8)
        axis.set_title(fill(title, _PANEL_TITLE))
        axis.set_xlabel("Year")
    axes[0].set_ylabel("£m a year, 2010/11 prices")
    axes[0].legend()
    return _spaced(figure)


def list_life(runs, arrangement):
    """A LIST's members, trust and balance, year by year, with 5 to 95% bands."""
    part = runs[runs["arrangement"] == arrangement]
    owner = part[part["measure"] == "list_alive"]["agency"].iloc[0]
    part = part[part["agency"] == owner]
    value = part["value"].fillna(part["value_pence"].astype("float64") / 1e8)
    series = part.assign(amount=value).groupby(["arrangement", "measure", "replicate", "year"])["amount"].sum()
    years = np.array(sorted(part["year"].unique()))
    figure, axes = plt.subplots(1, 4, figsize=(13, 3))
    panels = (
        ("members", "Members", "agencies"),
        ("trust", "Members' mean trust", "0 to 1"),
        ("closing_balance", "Balance", "£m"),
        ("list_alive", "Share of runs in which it lives", "share"),
    )
    for axis, (measure, title, unit) in zip(axes, panels, strict=True):
        _band(axis, series, (arrangement, measure), years, title, BLUE, "-")
        axis.set_title(title)
        axis.set_ylabel(unit)
        axis.set_xlabel("Year")
        axis.set_ylim(bottom=min(0, axis.get_ylim()[0]))
    return _spaced(figure)


def measured_against_true(summary, names):
    """What evaluation said was saved beside the truth that only the twin shows; and, where savings are paid for, how often luck is."""
    table = summary[summary["agency"] == ALL].pivot(index="arrangement", columns="measure", values="mean")
    table = table.loc[list(names)].rename(index=names)
    paid = table[table["payments_judged"] > 0]
    figure, axes = plt.subplots(
        1, 2 if len(paid) else 1, figsize=(13 if len(paid) else 9, 0.9 * len(names) + 1.8), squeeze=False
    )
    labels = {"measured_saving": "Measured by the arrangement's design", "true_saving": "True, same families and years"}
    _bars(axes[0, 0], (table[list(labels)] / 1e6).rename(columns=labels), [ORANGE, BLUE])
    axes[0, 0].set_xlabel("£m over the years at average cost, 2010/11 prices")
    _legend_below(axes[0, 0], len(table))
    if len(paid):
        labels = {"payments_made": "Paid, on what was measured", "payments_earned": "Would be paid on the true saving",
                  "payments_by_luck": "Noise alone would pay, if nothing worked"}  # fmt: skip
        shares = paid[list(labels)].div(paid["payments_judged"], axis=0).rename(columns=labels)
        _bars(axes[0, 1], shares, [ORANGE, BLUE, GREY])
        _legend_below(axes[0, 1], len(shares))
        axes[0, 1].set(xlim=(0, 1), xlabel="Share of decisions to pay for savings")
        axes[0, 1].xaxis.set_major_formatter(PercentFormatter(1))
    return _spaced(figure)


def _bars(axis, table, colours):
    """Horizontal bars by row of a table, the first row on top, one colour a column."""
    places, height = np.arange(len(table)), 0.8 / len(table.columns)
    for i, (label, colour) in enumerate(zip(table.columns, colours, strict=True)):
        axis.barh(places + (i + 0.5) * height - 0.4, table[label], height, color=colour, label=label)
    axis.set_yticks(places, table.index)
    axis.set_ylim(len(table) - 0.5, -0.5)
    axis.grid(axis="y", visible=False)
    axis.axvline(0, color="black", lw=0.8)


def _legend_below(axis, rows):
    axis.legend(loc="upper center", bbox_to_anchor=(0.4, -0.22 - 0.3 / rows), ncols=1)


def investor_returns(runs, names):
    """Investors' yearly return as it turned out, one dot a replicate."""
    data = runs[runs["measure"] == "investor_irr"].assign(Arrangement=lambda rows: rows["arrangement"].map(names))
    shown = [name for name in names.values() if name in set(data["Arrangement"])]
    figure, axis = plt.subplots(figsize=(9, 0.6 * len(shown) + 1.2))
    for place, name in enumerate(shown):
        rates = data.loc[data["Arrangement"] == name, "value"].to_numpy()
        apart = (np.arange(len(rates)) * _GOLDEN % 1 - 0.5) * 0.3  # so that dots of one rate do not hide one another
        axis.plot(rates, place + apart, "o", color=BLUE, alpha=0.6, ms=5)
    axis.set_yticks(range(len(shown)), shown)
    axis.set_ylim(len(shown) - 0.5, -0.5)
    axis.grid(axis="y", visible=False)
    axis.axvline(0, color="black", lw=0.8)
    axis.set_xlabel("Internal rate of return a year, deals closed; one dot a replicate")
    axis.xaxis.set_major_formatter(PercentFormatter(1))
    return _spaced(figure)


def _band(axis, series, key, years, label, colour, style):
    if key not in series.index.droplevel(["replicate", "year"]):
        return
    table = series.loc[key].unstack("year", fill_value=0.0).reindex(columns=years, fill_value=0.0)
    axis.fill_between(years, table.quantile(0.05), table.quantile(0.95), color=colour, alpha=0.2, lw=0)
    axis.plot(years, table.mean(), color=colour, ls=style, label=label)
