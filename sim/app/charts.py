"""Pictures of the page, as options of ECharts: readable in grey, with one scale for what stands beside each other."""

import numpy as np

from sim.core.text import printable

DARK, MID, LIGHT, PALE, INK = "#00436b", "#d55e00", "#f2a36b", "#bfe3d6", "#1b1b1b"
_TYPE = {False: 13, True: 19}  # pixels
_LINES = (("solid", DARK, "circle"), ("dashed", MID, "rect"), ("dotted", "#3a7d44", "triangle"))


def _plain(large, **options):
    """Options that all pictures share: no movement, and hints as text, never as HTML."""
    return {
        "animation": False,
        "textStyle": {"fontSize": _TYPE[large], "color": INK, "fontFamily": "Roboto, sans-serif"},
        "tooltip": {"renderMode": "richText", "confine": True, "textStyle": {"fontSize": _TYPE[large]}},
        **options,
    }


def _numbers(large, **axis):
    return {"type": "value", "axisLabel": {"fontSize": _TYPE[large]}, "nameLocation": "middle", "nameGap": 34, **axis}


def _names(names, large, width=None, **axis):
    wrapped = {"width": width, "overflow": "break", "lineHeight": _TYPE[large] + 2} if width else {}
    label = {"fontSize": _TYPE[large], "interval": 0, "color": INK, **wrapped}
    return {"type": "category", "data": list(map(printable, names)), "axisLabel": label, **axis}


def heat_map(rows, columns, values, framed, hints, large):
    """Values from -1 to 1 by row and column, in shades and figures.

    Parameters
    ----------
    rows, columns : list of str
    values : list of list of float
    framed : set of tuple of int
        Row and column of the cells with a frame.
    hints : list of list of str
        What is told of each cell.
    large : bool
    """
    cells = []
    for row, of_row in enumerate(values):
        for column, value in enumerate(of_row):
            shown = f"{value:.2f}" if abs(value) >= 0.005 else ""
            edge = (
                {"borderColor": INK, "borderWidth": 3}
                if (row, column) in framed
                else {"borderColor": "#fff", "borderWidth": 1}
            )
            label = {
                "show": True,
                "formatter": shown,
                "color": "#fff" if abs(value) > 0.6 else INK,
                "fontSize": _TYPE[large],
            }
            hint = {"formatter": printable_lines(hints[row][column])}
            cells.append({"value": [column, row, round(value, 4)], "itemStyle": edge, "label": label, "tooltip": hint})
    cells.sort(key=lambda item: item["itemStyle"]["borderWidth"])  # frames are drawn over what is beside them
    look = {
        "inRange": {"color": ["#b35806", "#fdb863", "#f7f7f7", "#8073ac", "#2d004b"]},
        "min": -1,
        "max": 1,
        "show": False,
    }
    return _plain(
        large,
        grid={"left": 8, "right": 8, "top": 8, "bottom": 8, "containLabel": True},
        xAxis=_names(columns, large, position="top")
        | {"axisLabel": {"rotate": 45, "fontSize": _TYPE[large], "interval": 0, "color": INK}},
        yAxis=_names(rows, large, 190 if large else 150, inverse=True),
        visualMap=look,
        series=[{"type": "heatmap", "data": cells}],
    )


def printable_lines(text):
    """A hint of some lines, in which what does not print is shown, and braces are no place-holders."""
    return "\n".join(map(printable, text.splitlines())).replace("{", "(").replace("}", ")")


def bars(names, series, unit, large):
    """Horizontal bars by name, a colour and a pattern each series.

    Parameters
    ----------
    names : list of str
    series : dict of str to list of float
        None where there is no bar.
    unit : str
    large : bool
    """
    drawn = [
        {
            "type": "bar",
            "name": printable(name),
            "data": [None if value is None else round(value, 6) for value in values],
            "itemStyle": {"color": colour, "borderColor": INK, "borderWidth": 1},
            "barMaxWidth": 34,
        }
        for (name, values), colour in zip(series.items(), (DARK, LIGHT), strict=False)
    ]
    return _plain(
        large,
        aria={"enabled": False, "decal": {"show": len(drawn) > 1}},
        legend={"show": len(drawn) > 1, "top": 0, "textStyle": {"fontSize": _TYPE[large]}},
        grid={"left": 8, "right": 24, "top": 40 if len(drawn) > 1 else 8, "bottom": 44, "containLabel": True},
        xAxis=_numbers(large, name=unit),
        yAxis=_names(names, large, 150, inverse=True),
        series=drawn,
    )


def waterfall(steps, unit, span, digits, large):
    """From total to total by steps; whiskers of totals show a range.

    Parameters
    ----------
    steps : list of tuple
        Name, where it begins and ends, whether it is a total, and the ends of a total's range.
    unit : str
    span : tuple of float
        Ends of the scale.
    digits : int
    large : bool
    """
    boxes, labels = [], []
    for place, (_, before, after, total, low, high) in enumerate(steps):
        colour = DARK if total else LIGHT if after < before else PALE
        box = {"color": colour, "color0": colour, "borderColor": INK, "borderColor0": INK}
        boxes.append({"value": [before, after, low, high], "itemStyle": box})
        change = round(after - before, digits) + 0.0
        text = f"{change:.{digits}f}" if total or not change else f"{change:+.{digits}f}"
        label = {"show": True, "formatter": text, "position": "right", "color": INK, "fontSize": _TYPE[large]}
        labels.append({"value": [max(before, after, high), place], "label": label})
    return _plain(
        large,
        tooltip={"show": False},
        grid={"left": 8, "right": 56, "top": 8, "bottom": 44, "containLabel": True},
        xAxis=_numbers(large, name=unit, min=span[0], max=span[1])
        | {"axisLabel": {"hideOverlap": True, "fontSize": _TYPE[large]}},
        yAxis=_names([name for name, *_ in steps], large, inverse=True),
        series=[
            {"type": "candlestick", "data": boxes, "barWidth": "62%"},
            {"type": "scatter", "data": labels, "symbolSize": 0.01},
        ],
    )


def span_of(ends):
    """Ends of a scale that holds some numbers, nought included, and a little air."""
    least, most = min(0.0, *ends), max(0.0, *ends)
    air = 0.03 * (most - least) or 1.0
    size = 10 ** np.floor(np.log10((most - least) or 1.0)) / 2
    low = np.floor((least - air) / size) * size if least < 0 else 0.0
    return float(low), float(np.ceil((most + air) / size) * size)


def by_year(years, series, span, year, large):
    """Lines with bands by year, and a mark at the year looked at.

    Parameters
    ----------
    years : list of int
    series : dict of str to tuple of lists
        Mean, low and high by year.
    span : tuple of float
    year : int
    large : bool
    """
    drawn = []
    for (name, (mean, low, high)), (kind, colour, mark) in zip(series.items(), _LINES, strict=False):
        band = {
            "type": "line",
            "symbol": "none",
            "lineStyle": {"opacity": 0},
            "silent": True,
            "tooltip": {"show": False},
        }
        width = [top - bottom for top, bottom in zip(high, low, strict=True)]
        drawn += [
            {**band, "name": f"{name}, low", "data": low, "stack": name, "stackStrategy": "all"},
            {
                **band,
                "name": f"{name}, high",
                "data": width,
                "stack": name,
                "stackStrategy": "all",
                "areaStyle": {"color": colour, "opacity": 0.15},
            },
            {
                "type": "line",
                "name": name,
                "data": mean,
                "symbol": mark,
                "symbolSize": 7,
                "lineStyle": {"type": kind, "width": 3},
                "itemStyle": {"color": colour},
            },
        ]
    drawn[-1]["markLine"] = {
        "silent": True,
        "symbol": "none",
        "label": {"show": False},
        "lineStyle": {"color": INK, "width": 2, "type": "solid"},
        "data": [{"xAxis": str(year)}],
    }
    return _plain(
        large,
        legend={"data": list(series), "top": 0, "textStyle": {"fontSize": _TYPE[large]}},
        grid={"left": 16, "right": 16, "top": 56, "bottom": 40, "containLabel": True},
        xAxis=_names(map(str, years), large) | {"name": "year", "nameLocation": "middle", "nameGap": 28},
        yAxis=_numbers(large, min=span[0], max=span[1]),
        series=drawn,
    )
