"""Pictures of a sweep, chosen by its design: lines, dots, heat maps, small multiples or scattered points."""

from dataclasses import dataclass
from itertools import product
from textwrap import fill

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from sim.core.text import cut, printable
from sim.record.measures import MEASURES
from sim.report.figures import BLUE, GREEN, GREY, ORANGE, PURPLE, SKY, VERMILION, YELLOW, readable
from sim.report.numbers import digits_for

_COLOURS = (BLUE, ORANGE, GREEN, VERMILION, PURPLE, SKY, GREY, YELLOW)
_MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")
_MOST_ROWS, _MOST_COLUMNS = 8, 6  # panels of small multiples
MOST_DOTS = 500  # points of a sample that are drawn
_MOST_WRITTEN = 60  # cells of a heat map with their number
_BINS = 8
FEWEST_JOINED = 2 * _BINS  # points of a sample through which a line of means is drawn
_WIDEST = 30  # characters of a line of a value on an axis
_UNIT = "£m over the years, 2010/11 prices"


def kind_of(axes):
    """Which picture suits what varies.

    Parameters
    ----------
    axes : dict of str to dict
        As a study describes them.

    Returns
    -------
    str
        ``scatter`` for samples, ``dots``, ``lines``, ``heat`` or ``multiples``.
    """
    if any(axis["kind"] == "range" for axis in axes.values()):
        return "scatter"
    if len(axes) > 2:
        return "multiples"
    if len(axes) == 2:
        return "heat"
    return "lines" if any(map(is_numeric, axes.values())) else "dots"


def is_numeric(axis):
    """Whether all values of an axis are numbers."""
    if axis["kind"] == "range":
        return isinstance(axis["range"], dict)
    return all(isinstance(value, int | float) for value in axis["values"])


def is_log(axis):
    """Whether points were drawn evenly in the logarithm of a setting."""
    return axis["kind"] == "range" and isinstance(axis["range"], dict) and axis["range"]["shape"] == "log"


@dataclass(frozen=True)
class Look:
    """How an arrangement is shown: its title, colour and marker."""

    title: str
    colour: str
    marker: str


def looks_of(names):
    """How each arrangement of a sweep is shown in all its pictures; the markers tell apart what shares a colour.

    Parameters
    ----------
    names : dict of str to str
        Title of each.
    """
    n = len(_COLOURS)
    return {
        code: Look(title, _COLOURS[i % n], _MARKERS[(i + i // n) % n]) for i, (code, title) in enumerate(names.items())
    }


def picture(data, axes, looks, differences):
    """The picture of some numbers.

    Parameters
    ----------
    data : pandas.DataFrame
        A row for each point, arrangement and measure: value of each axis, mean, low and high, in pounds.
    axes : dict of str to dict
    looks : dict of str to Look
        Those of the arrangements that are shown.
    differences : bool
        Whether the numbers are differences from another arrangement, so that nought is the middle.

    Returns
    -------
    matplotlib.figure.Figure
    """
    words = [name for name, axis in axes.items() if not is_numeric(axis)]
    data = data.assign(**data[["mean", "low", "high"]] / 1e6, **{name: data[name].map(printable) for name in words})
    axes = axes | {
        name: {**axes[name], "values": [*map(printable, axes[name].get("values") or axes[name]["range"])]}
        for name in words
    }
    draw = {"scatter": _scatter, "dots": _dots, "lines": _lines, "heat": _heat, "multiples": _multiples}
    return draw[kind_of(axes)](data, axes, list(dict.fromkeys(data["measure"])), looks, differences)


def _grid(rows, columns, width, height, **shared):
    return plt.subplots(
        rows,
        columns,
        figsize=(max(width * columns, 6.5), height * rows + 0.8),
        squeeze=False,
        layout="constrained",
        **shared,
    )


def _legend(figure, axis):
    """One legend below all panels."""
    handles, labels = axis.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=min(3, len(labels)), frameon=False)


def _nought(axis, horizontal=True):
    (axis.axhline if horizontal else axis.axvline)(0, color="black", lw=0.8)


def label_of(name):
    """A setting's name on an axis."""
    return cut(printable(name), 48)


def _title(measure):
    return MEASURES[measure].label


def _lines(data, axes, measures, looks, _):
    (name,) = axes
    figure, panels = _grid(1, len(measures), 5.6, 3.6, sharey=True)
    for axis, measure in zip(panels[0], measures, strict=True):
        _draw_lines(axis, data[data["measure"] == measure], name, looks)
        axis.set_title(_title(measure))
        axis.set_xlabel(label_of(name))
    panels[0, 0].set_ylabel(_UNIT)
    _legend(figure, panels[0, 0])
    return figure


def _draw_lines(axis, data, name, looks):
    """A line with its band for each arrangement."""
    for code, look in looks.items():
        part = data[data["arrangement"] == code].sort_values(name)
        axis.fill_between(part[name], part["low"], part["high"], color=look.colour, alpha=0.18, lw=0)
        axis.plot(part[name], part["mean"], color=look.colour, marker=look.marker, ms=5, label=look.title)
    _nought(axis)


def _dots(data, axes, measures, looks, _):
    name = next(iter(axes), None)
    values = axes[name]["values"] if name else [""]
    data = data.assign(at=data[name].map(values.index) if name else 0)
    figure, panels = _grid(1, len(measures), 5.6, 0.22 * len(values) * (len(looks) + 1) + 1.2, sharex=True, sharey=True)
    for axis, measure in zip(panels[0], measures, strict=True):
        _draw_dots(axis, data[data["measure"] == measure], looks)
        axis.set_title(_title(measure))
        axis.set_xlabel(_UNIT)
    panels[0, 0].set_yticks(range(len(values)), [fill(value, _WIDEST) for value in values])
    panels[0, 0].invert_yaxis()
    panels[0, 0].set_ylabel(label_of(name or ""))
    _legend(figure, panels[0, 0])
    return figure


def _draw_dots(axis, data, looks):
    """A dot with its interval for each arrangement, side by side at each value."""
    for i, (code, look) in enumerate(looks.items()):
        part = data[data["arrangement"] == code]
        spread = np.abs(part[["low", "high"]].sub(part["mean"], axis=0).fillna(0.0).to_numpy().T)
        beside = part["at"] + 0.7 * ((i + 0.5) / len(looks) - 0.5)
        axis.errorbar(
            part["mean"], beside, xerr=spread, fmt=look.marker, color=look.colour, ms=5, capsize=2, label=look.title
        )
    _nought(axis, horizontal=False)


def _heat(data, axes, measures, looks, differences):
    """Heat maps, one a measure and arrangement on one scale; in brackets what an interval does not tell from nought."""
    import seaborn as sns  # which takes long to import

    across, down = axes
    if len(axes[down]["values"]) > len(axes[across]["values"]):
        across, down = down, across
    shape = len(axes[down]["values"]), len(axes[across]["values"])
    size = max(3.6, 0.62 * shape[1] + 1.2), max(2.4, 0.42 * shape[0] + 1.2)
    figure, panels = _grid(len(measures), len(looks), *size)
    low, high = data["mean"].min(), data["mean"].max()
    if low < 0:
        low, high = -max(-low, high), max(-low, high)
    colours = {"vmin": low, "vmax": high, "cmap": "PuOr" if low < 0 else "cividis"}
    for row, measure in zip(panels, measures, strict=True):
        for axis, code in zip(row, looks, strict=True):
            part = data[(data["measure"] == measure) & (data["arrangement"] == code)]
            table = part.pivot(index=down, columns=across, values="mean")
            table = table.reindex(index=axes[down]["values"], columns=axes[across]["values"])
            sns.heatmap(
                table, ax=axis, annot=_written(part, table, down, across, differences), fmt="", cbar=False,
                linewidths=0.5, annot_kws={"fontsize": 8}, **colours,
            )  # fmt: skip
            readable(axis)
            axis.set_title(f"{cut(looks[code].title, 36)}\n{_title(measure)}", fontsize=9)
            axis.set(xlabel=label_of(across), ylabel=label_of(down) if axis is row[0] else "")
            axis.set_xticklabels(map(said, table.columns), rotation=0)
            axis.set_yticklabels(map(said, table.index), rotation=0)
            if is_numeric(axes[down]):
                axis.invert_yaxis()
    bar = figure.colorbar(panels[0, 0].collections[0], ax=panels, shrink=0.8)
    bar.set_label(_UNIT)
    return figure


def _written(part, table, down, across, differences):
    """What stands in each cell; False where there are too many."""
    if table.size > _MOST_WRITTEN:
        return False
    texts, digits = pd.DataFrame("", table.index, table.columns), digits_for(part["mean"] * 1e6)
    for _, row in part.dropna(subset="mean").iterrows():
        text = f"{round(row['mean'], digits) + 0.0:.{digits}f}"
        told = not differences or row["low"] > 0 or row["high"] < 0
        texts.loc[row[down], row[across]] = text if told else f"({text})"
    return texts


def _multiples(data, axes, measures, looks, _):
    """Lines, or dots, along the longest axis, a panel for each combination of the others; one measure, on one scale."""
    along, across, *down = _order(axes)
    columns = axes[across]["values"][:_MOST_COLUMNS]
    rows = list(product(*(axes[name]["values"] for name in down)))[:_MOST_ROWS]
    numeric = is_numeric(axes[along])
    values = axes[along]["values"]
    height = 2.6 if numeric else 0.22 * len(values) * (len(looks) + 1) + 1.2
    figure, panels = _grid(len(rows), len(columns), 3.4, height, sharex=True, sharey=True)
    for (row, held), (column, value) in product(enumerate(rows), enumerate(columns)):
        part, axis = data, panels[row, column]
        fixed = {across: value, **dict(zip(down, held, strict=True))}
        for name, at in fixed.items():
            part = part[part[name] == at]
        if numeric:
            _draw_lines(axis, part, along, looks)
        else:
            _draw_dots(axis, part.assign(at=part[along].map(values.index)), looks)
        axis.set_title("\n".join(f"{label_of(name)} = {said(at)}" for name, at in fixed.items()), fontsize=8)
    for axis in panels[-1] if numeric else panels[:, 0]:
        axis.set(**{"xlabel" if numeric else "ylabel": label_of(along)})
    for axis in panels[:, 0] if numeric else panels[-1]:
        axis.set(**{"ylabel" if numeric else "xlabel": "£m over the years"})
    if not numeric:
        panels[0, 0].set_yticks(range(len(values)), [fill(value, _WIDEST) for value in values])
        panels[0, 0].invert_yaxis()
    _legend(figure, panels[0, 0])
    return figure


def _order(axes):
    """Names of axes for small multiples: along the axis of every panel, then across panels, then down."""
    along = max(axes, key=lambda name: (is_numeric(axes[name]), len(axes[name]["values"])))
    return [along, *(name for name in axes if name != along)]


def left_out(axes):
    """How many panels of small multiples are not drawn."""
    if kind_of(axes) != "multiples":
        return 0
    _, across, *down = (len(axes[name]["values"]) for name in _order(axes))
    rows = int(np.prod(down))
    return across * rows - min(across, _MOST_COLUMNS) * min(rows, _MOST_ROWS)


def said(value):
    """A value of a setting as it is shown."""
    return f"{value:g}" if isinstance(value, int | float | np.number) else printable(value)


def _scatter(data, axes, measures, looks, _):
    """Each point of a sample against each setting, a row a setting, with means over equal shares of the points."""
    figure, panels = _grid(len(axes), len(measures), 5.6, 2.7, sharey=True)
    for row, (name, axis_of) in zip(panels, axes.items(), strict=True):
        numeric = is_numeric(axis_of)
        for axis, measure in zip(row, measures, strict=True):
            for number, (code, look) in enumerate(looks.items()):
                part = data[(data["measure"] == measure) & (data["arrangement"] == code)]
                beside = 0.6 * ((number + 0.5) / len(looks) - 0.5)  # words share a place, numbers have their own
                at = part[name] if numeric else part[name].map(axis_of["values"].index) + beside
                few = part["point"] < MOST_DOTS
                axis.plot(at[few], part["mean"][few], look.marker, color=look.colour, ms=4, alpha=0.45, mew=0)
                means = _means(at, part["mean"], numeric)
                line = "-" if numeric else ""
                axis.plot(*means, ls=line, color=look.colour, marker=look.marker, ms=7, mec="white", label=look.title)
            _nought(axis)
            if is_log(axis_of):
                axis.set_xscale("log")
                axis.xaxis.set_major_formatter("{x:g}")
                axis.xaxis.set_minor_formatter("")
            axis.set_xlabel(label_of(name))
            axis.set_title(_title(measure))
            if not numeric:
                axis.set_xticks(range(len(axis_of["values"])), axis_of["values"])
        row[0].set_ylabel("£m over the years")
    _legend(figure, panels[0, 0])
    return figure


def _means(at, values, numeric):
    """Means over equal shares of the points, ordered by a setting, or of each word; nothing where there are too few."""
    if numeric and len(at) < FEWEST_JOINED:
        return [], []
    shares = pd.qcut(at.rank(method="first"), _BINS, labels=False) if numeric else at
    return at.groupby(shares).mean(), values.groupby(shares).mean()
