"""The report's panels: one small figure an arrangement, so that they stand side by side or one below the other."""

from textwrap import fill

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.ticker import MaxNLocator

from sim.core.codes import ALL
from sim.record.measures import COSTS, MEASURES
from sim.report.figures import BLUE, GREEN, ORANGE, VERMILION
from sim.report.numbers import figure as figure_text
from sim.report.numbers import share_without_estimate
from sim.report.steps import FLOW, steps

WIDTH = 4.6  # inches: as wide as a telephone shows letters that can be read
_TITLE = 46  # characters
_LINE = 0.19  # inches of a row
_MILLION = "£m over the years, 2010/11 prices"
_LOOK = {"edgecolor": "#1b1b1b", "linewidth": 0.4}


def panel(title, rows, left=1.75, right=0.75, below=0.5):
    """A figure of one panel with room for so many rows, and its axis; places are fixed, so that it is laid out at once."""
    lines = fill(title, _TITLE)
    above = 0.22 + 0.16 * (lines.count("\n") + 1)
    height = rows * _LINE + above + below
    figure = plt.figure(figsize=(WIDTH, height))
    axis = figure.add_axes(
        (left / WIDTH, below / height, (WIDTH - left - right) / WIDTH, (height - above - below) / height)
    )
    figure.text(0.01, 1 - 0.06 / height, lines, fontweight="bold", va="top", ha="left", fontsize=9.5)
    return figure, axis


def waterfall(found, code, title, limits):
    """From promise to net position, for one arrangement."""
    some = {
        name
        for other in found.names
        for name, a, b, total in steps(found.cells, other)
        if total or round(abs(a - b), found.digits)
    }
    shown = [item for item in steps(found.cells, code) if item[0] in some]
    figure, axis = panel(title, len(shown))
    looks = [
        (BLUE, "") if total else (VERMILION, "") if after < before else (GREEN, "////")
        for _, before, after, total in shown
    ]
    _bars(axis, range(len(shown)), [(before, after) for _, before, after, _ in shown], 0.66, looks)
    for place, (_, before, after, total) in enumerate(shown):
        axis.text(
            1.03,
            place,
            figure_text(after - before, 1, found.digits, "" if total else "+"),
            transform=axis.get_yaxis_transform(),
            va="center",
            ha="left",
            fontsize=8,
            fontweight="bold" if total else "normal",
        )
    _rows(axis, [MEASURES[name].short for name, *_ in shown])
    axis.set_xlim(*limits)
    axis.set_xlabel(_MILLION)
    return figure


def _bars(axis, places, ends, height, looks):
    """Bars from one end to the other, each in its colour and hatch; all at once, as an axis looks at itself at each call."""
    begin, end = np.array(ends).T
    colours, hatches = zip(*looks, strict=True)
    axis.barh(places, end - begin, left=begin, height=height, color=colours, hatch=hatches, **_LOOK)


def waterfall_limits(found):
    """Limits of the scale that all waterfalls of a report share."""
    ends = [end for code in found.names for _, a, b, _ in steps(found.cells, code) for end in (a, b)]
    return _padded(ends, 0.03)


def _padded(ends, share):
    low, high = min(0.0, *ends), max(0.0, *ends)
    room = (high - low or 1.0) * share
    return low - (room if low < 0 else 0.0), high + room


def _rows(axis, labels, every=1):
    axis.set_yticks(np.arange(len(labels)) * every, labels, fontsize=8)
    axis.set_ylim(len(labels) * every - 0.5, -0.5)
    axis.grid(axis="y", visible=False)
    axis.axvline(0, color="black", lw=0.8)
    axis.tick_params(axis="x", labelsize=8)
    axis.xaxis.label.set_fontsize(8.5)
    axis.locator_params(axis="x", nbins=4)


GAINS = {"pays": (ORANGE, ""), "keeps": (GREEN, "////"), "net": (BLUE, "")}
GAIN_WORDS = {
    "pays": "Pays: costs, and payments for outcomes less those received",
    "keeps": "Keeps of the cash",
    "net": "Net position",
}


def gains(found, code):
    """What each party pays, keeps and ends with, in £m; parties without any are left out."""
    table = found.by_agency.loc[code].drop(index=ALL).reindex(list(found.parties)).fillna(0.0) / 1e6
    table = table.reindex(
        columns=list(dict.fromkeys([*COSTS, "retained", "outcome_payment_in", *FLOW, "net_position"])), fill_value=0.0
    )
    paid = table[[*COSTS, "outcome_payment_out", "investor_return"]].sum(axis=1) - table["outcome_payment_in"]
    kept = table["retained"] + table["efficiency_saving"]
    rows = table.assign(pays=-paid, keeps=kept, net=table["net_position"])[list(GAINS)]
    return rows[rows.round(found.digits).abs().sum(axis=1) > 0]


def who_gains(found, title, data, limits):
    """Who pays and who gains in one arrangement, as :func:`gains` has it: a group of bars a party."""
    figure, axis = panel(title, 3.4 * len(data), right=0.2)
    reach = limits[1] - limits[0]
    bars = [(4 * number + k, pounds) for number, row in enumerate(data.to_numpy()) for k, pounds in enumerate(row)]
    _bars(axis, [place for place, _ in bars], [(0.0, pounds) for _, pounds in bars], 0.9, [*GAINS.values()] * len(data))
    for place, pounds in bars:
        side = 1 if pounds >= 0 else -1
        axis.text(
            pounds + side * 0.015 * reach,
            place,
            figure_text(pounds, 1, found.digits, "+"),
            va="center",
            ha="left" if side > 0 else "right",
            fontsize=7.5,
        )
    _rows(axis, data.index, 4)
    axis.set_yticks(4 * np.arange(len(data)) + 1, [fill(found.parties[party], 22) for party in data.index])
    axis.set_ylim(4 * len(data) - 1.2, -0.8)
    axis.set_xlim(*limits)
    axis.set_xlabel(_MILLION)
    return figure


def gain_limits(every):
    """Limits of the scale that all panels of who pays and gains share, by what :func:`gains` has of each."""
    ends = [end for data in every for end in data.to_numpy().ravel()]
    low, high = min([0.0, *ends]), max([0.0, *ends])
    room = 0.25 * (high - low or 1.0)
    return low - room, high + room


def differences(found, measure, than):
    """How the others differ from one in a measure: a dot and its 95% interval each."""
    data = found.apart.xs((than, measure), level=("than", "measure"))
    data = data.reindex([code for code in found.names if code in data.index])
    figure, axis = panel(f"{MEASURES[measure].label}: less {found.names[than]}", len(data) * 2, right=0.3)
    for place, (_, row) in enumerate(data.iterrows()):
        sure = row["low"] > 0 or row["high"] < 0
        if not np.isnan(row["low"]):
            axis.plot([row["low"] / 1e6, row["high"] / 1e6], [place, place], color=BLUE, lw=2)
        axis.plot(row["mean"] / 1e6, place, "o", ms=7, mec=BLUE, mfc=BLUE if sure else "white", mew=1.6)
    _rows(axis, [fill(found.names[code], 21) for code in data.index])
    axis.set_xlabel(_MILLION)
    return figure


YEARLY = (
    ("programme_cost", "Programme cost", ORANGE, "--"),
    ("cash_released", "Cash released", BLUE, "-"),
    ("retained", "Cash retained", GREEN, ":"),
)


def yearly(found):
    """Sums by arrangement, measure, replicate and year, in £m."""
    money = found.runs[found.runs["measure"].isin([name for name, *_ in YEARLY])]
    return money.groupby(["arrangement", "measure", "replicate", "year"])["value_pence"].sum().astype(float) / 1e8


def by_year(found, code, title, series, limits):
    """Cash released and what prevention cost, year by year."""
    figure, axis = panel(title, 12, left=0.6, right=0.2)
    years = np.array(sorted(found.runs["year"].unique()))
    for measure, label, colour, style in YEARLY:
        _line(axis, series, (code, measure), years, colour, style, label)
    axis.axhline(0, color="black", lw=0.8)
    axis.set_ylim(*limits)
    axis.set_ylabel("£m a year, 2010/11 prices")
    axis.legend(fontsize=8, loc="upper left")
    _yearly(axis)
    return figure


def year_limits(series):
    """Limits of the scale that all panels by year share."""
    means = series.groupby(["arrangement", "measure", "year"]).mean()
    low, high = _padded([means.min(), means.max()], 0.05)
    return low, high + 0.3 * (high - low)  # for the legend


def _line(axis, series, key, years, colour, style, label=None):
    if key not in series.index.droplevel(["replicate", "year"]):
        return
    table = series.loc[key].unstack("year", fill_value=0.0).reindex(columns=years, fill_value=0.0)
    if len(table) >= 100:
        axis.fill_between(years, table.quantile(0.05), table.quantile(0.95), color=colour, alpha=0.2, lw=0)
    axis.plot(years, table.mean(), color=colour, ls=style, label=label, lw=2)


def _yearly(axis):
    """What pictures by year share: small letters, and ticks at whole years."""
    axis.set_xlabel("Year")
    axis.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    _small(axis)


def _small(axis):
    axis.tick_params(labelsize=8)
    axis.xaxis.label.set_fontsize(8.5)
    axis.yaxis.label.set_fontsize(8.5)


LIFE = (
    ("members", "Members", "agencies"),
    ("trust", "Members' mean trust", "0 to 1"),
    ("closing_balance", "Balance", "£m"),
    ("list_alive", "Share of runs in which it lives", "share"),
)


def life_of(found, code):
    """Numbers of a LIST by measure, replicate and year."""
    part = found.runs[found.runs["arrangement"] == code]
    owner = part[part["measure"] == "list_alive"]["agency"].iloc[0]
    part = part[part["agency"] == owner]
    value = part["value"].fillna(part["value_pence"].astype("float64") / 1e8)
    return part.assign(amount=value).groupby(["measure", "replicate", "year"])["amount"].sum()


def life(found, code, series, measure, title, unit, ended):
    """One number of a LIST's life by year, trust only while it lives; where runs saw it end, the years of it are marked."""
    figure, axis = panel(title, 9, left=0.6, right=0.2)
    years = np.array(sorted(found.runs["year"].unique()))
    table = series.loc[measure].unstack("year", fill_value=0.0).reindex(columns=years, fill_value=0.0)
    if measure == "trust":
        table = table.where(series.loc["list_alive"].unstack("year") > 0)
    axis.plot(years, table.mean(), "-o", color=BLUE, lw=2, ms=4, clip_on=False)
    for year in ended:
        axis.plot(year, table.mean()[year], "X", color=VERMILION, ms=9, mec="black", clip_on=False)
    axis.set(xlim=(years[0] - 0.2, years[-1] + 0.2), ylim=(min(0, axis.get_ylim()[0]), None))
    axis.set_ylabel(unit)
    _yearly(axis)
    return figure


def measured(found, code, title, limits):
    """What evaluation said beside the truth; no bar where it had no estimate."""
    means, missing = found.cells.loc[code]["mean"], share_without_estimate(found.cells, code)
    silent, part = missing == 1, f"\n(no estimate for {missing:.0%})" if 0 < missing < 1 else ""
    rows = [
        (f"Measured by its design{part}", means["measured_saving"] / 1e6, (ORANGE, "")),
        ("True, same families", means["true_saving"] / 1e6, (BLUE, "")),
    ]
    figure, axis = panel(title, 4.5, right=0.6)
    drawn = range(1 if silent else 0, len(rows))
    _bars(axis, drawn, [(0.0, rows[place][1]) for place in drawn], 0.7, [rows[place][2] for place in drawn])
    for place, (_, number, _) in enumerate(rows):
        text = "no\nestimate" if silent and not place else figure_text(number, 1, found.digits)
        axis.text(1.03, place, text, transform=axis.get_yaxis_transform(), va="center", fontsize=8)
    _rows(axis, [label for label, *_ in rows])
    axis.set_xlim(*limits)
    axis.set_xlabel("£m over the years at average cost")
    return figure


def measured_limits(found):
    """Limits of the scale that all panels of measured savings share."""
    return _padded(
        [found.mean(code, name) / 1e6 for code in found.names for name in ("measured_saving", "true_saving")], 0.05
    )


_GOLDEN = 0.618034  # steps of the golden section fill a width evenly, however many there are


def investors(found, code, title):
    """Investors' yearly return as it turned out, one dot a replicate."""
    data = found.runs[(found.runs["measure"] == "investor_irr") & (found.runs["arrangement"] == code)]
    rates = 100 * data["value"].to_numpy()
    figure, axis = panel(title, 5, left=0.3, right=0.3)
    axis.plot(rates, (np.arange(len(rates)) * _GOLDEN % 1 - 0.5) * 0.6, "o", color=BLUE, alpha=0.7, ms=5)
    axis.set_yticks([])
    axis.set_ylim(-1, 1)
    axis.axvline(0, color="black", lw=0.8)
    axis.set_xlabel("Return a year on closed deals, %; one dot a replicate")
    _small(axis)
    return figure
