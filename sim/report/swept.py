"""The page of a sweep: what was swept, what came of it in words, pictures and tables, and how to do it again."""

import html
import json
import tempfile
from functools import partial
from itertools import product
from pathlib import Path

from sim.core.atomic import whole
from sim.core.dials import DIALS
from sim.core.text import distinct, printable
from sim.record.measures import MEASURES
from sim.report.markup import Page, escaped
from sim.report.numbers import digits_for, figure, in_pounds, million, ranged, spread
from sim.report.page import limits
from sim.results.swept import read_swept

PICTURED = ("cash_released", "net_position")  # money, on one scale
MAIN = ("gross_avoided", "cash_released", "retained", "programme_cost", "net_position", "cashability")
COMPARED = ("gross_avoided", "cash_released", "retained", "net_position")
_MOST_ROWS = 300  # of a table on the page
_MOST_FAILURES = 20
_LONGEST_TITLE = 60


def draw_swept(folder):
    """Write the figures and ``report.html`` of a sweep into its folder, each file whole or not at all.

    Parameters
    ----------
    folder : path
        That holds the tables of the sweep.
    """
    with tempfile.TemporaryDirectory(prefix="listsim-") as fresh:
        write_swept(folder, fresh)
        for path in sorted(Path(fresh).rglob("*.*")):
            target = Path(folder) / path.relative_to(fresh)
            target.parent.mkdir(exist_ok=True)
            with whole(target) as new:
                new.write_bytes(path.read_bytes())


def write_swept(folder, into):
    """Write the figures and ``report.html`` of a sweep's folder into another.

    Raises
    ------
    InputError
        If the sweep has no tables, or they are damaged.
    """
    swept, into = read_swept(folder, {*MAIN, *COMPARED}), Path(into)
    (into / "figures").mkdir()
    names = distinct(swept.study["arrangements"])
    places = list(swept.study["places"].values())
    table = swept.differences if len(swept.differences) else swept.summary
    digits = digits_for(table.loc[table["measure"] != "cashability", "mean"])
    page = Page(f"Where the savings go, swept: {places[0] if len(places) == 1 else f'{len(places)} places'}")
    page.add(_asked(swept, names))
    page.add(_answers(swept, names, digits))
    for title, caption, path in _figures(swept, into / "figures", digits):
        page.figure(title, caption, path)
    page.add(_levels(swept, names, digits))
    page.add(_differences(swept, names, digits))
    page.add(_failures(swept))
    page.add(limits())
    page.add(_again(swept))
    (into / "report.html").write_text(page.text(), encoding="utf-8")


def as_html(folder):
    """Main measures of every point and arrangement of a sweep's folder, as a table for a notebook."""
    swept = read_swept(folder, MAIN)
    money = swept.summary.loc[swept.summary["measure"] != "cashability", "mean"]
    return _levels(swept, distinct(swept.study["arrangements"]), digits_for(money))


def _asked(swept, names):
    """What was swept, in words."""
    study = swept.study
    seeds = _count(len(study["seeds"]), "seed")
    if study["until"]:
        seeds = f"{seeds} or more, up to {swept.points['seeds'].max()},"
    lead = (
        f"<p class='lead'>{_count(len(names), 'arrangement')} at {_count(len(swept.points), 'point')}, {study['years']} "
        f"years, {seeds} at each; "
        + "; ".join(f"{escaped(name)}, {study['families'][code]:,} families" for code, name in study["places"].items())
        + ". Sums over the years in pounds of 2010/11.</p>"
    )
    items = [
        f"<li><code>{escaped(name)}</code>: {_axis_in_words(name, axis, study)}</li>"
        for name, axis in swept.axes.items()
    ]
    items += [
        f"<li><code>{escaped(name)}</code>: {escaped(_said(value))} everywhere</li>"
        for name, value in study["settings"].items()
    ]
    return f"<h2>What was swept</h2>{lead}<ul>{''.join(items)}</ul>" + _until(swept)


def _count(number, word):
    return f"{number:,} {word}{'' if number == 1 else 's'}"


def _axis_in_words(name, axis, study):
    """Values of an axis, or from where to where it was drawn, and what it means or sets."""
    scope = axis.get("range")
    if axis["kind"] == "sets":
        sets = study["asked"]["grid"][name]
        return escaped("; ".join(f"{value} ({_set_in_words(sets[value])})" for value in axis["values"]))
    if isinstance(scope, dict):
        near = f", most often near {_said(scope['mode'])}" if "mode" in scope else ""
        evenly = " evenly in the logarithm" if scope["shape"] == "log" else ""
        text = f"drawn{evenly} from {_said(scope['low'])} to {_said(scope['high'])}{near}"
    else:
        text = ", ".join(_said(value) for value in scope or axis["values"])
    return escaped(f"{text} ({DIALS[name].text})" if name in DIALS else text)


def _set_in_words(values):
    return ", ".join(f"{name} {_said(value)}" for name, value in values.items()) or "nothing set"


def _said(value):
    return f"{value:g}" if isinstance(value, int | float) else printable(value)


def _until(swept):
    """How many seeds were asked for, and whether that was enough; nothing where their number was fixed."""
    until = swept.study["until"]
    if not until:
        return ""
    measure = MEASURES[until["measure"]]
    width = f"£{until['half_width']:,.0f}" if measure.is_money else f"{until['half_width']:g} ({measure.unit})"
    reached = int(swept.points["reached"].fillna(False).sum())
    return (
        f"<p>Seeds were added at each point until the 95% interval of every paired difference in {escaped(measure.label.lower())} "
        f"was at most {width} to either side, {until['most']} seeds at most: so it came to be at {reached:,} of "
        f"{_count(len(swept.points), 'point')}, with {swept.points['seeds'].median():g} seeds in the middle.</p>"
    )


def _answers(swept, names, digits):
    """Where the intervals of paired differences leave nought, and where they do not: a sentence a measure and arrangement."""
    than, found = swept.study["than"], swept.differences
    items = []
    for code, name in names.items():
        for measure in PICTURED if code != than else ():
            part = found[(found["arrangement"] == code) & (found["measure"] == measure)]
            if len(part):
                items.append(
                    f"<li><b>{escaped(name)}</b>, {MEASURES[measure].label.lower()}: {_told(part, swept, digits)}</li>"
                )
    if not items:
        return ""
    return (
        f"<h2>The answer</h2><p>Against {escaped(names[than])}, seed by seed; in brackets the 95% interval of the mean "
        f"difference. Of intervals around nought, one in twenty leaves it by luck.</p><ul>{''.join(items)}</ul>"
    )


def _told(part, swept, digits):
    """What the differences of one arrangement and measure tell."""
    known = part[part["low"].notna()]
    if known.empty:
        return "one seed gives no interval, so nothing is told of the difference."
    above, below, same = known["low"] > 0, known["high"] < 0, (known["low"] == 0) & (known["high"] == 0)
    counts = {"more": above, "less": below, "the same": same, "not told apart": ~(above | below | same)}
    counts = {word: rows.sum() for word, rows in counts.items()}
    if len(swept.points) == 1:
        return f"{next(word for word, count in counts.items() if count)}, {_interval(known.iloc[0], digits)}."
    text = ", ".join(f"{word} at {count:,}" for word, count in counts.items() if count)
    text = f"{text} of {_count(len(known), 'point')}."
    sure = known[above | below]
    if sure.empty:
        return text
    widest = sure.loc[sure["mean"].abs().idxmax()]
    where = escaped(_point_in_words(swept, widest["point"]))
    return f"{text} Of those told apart, it differs most by {_interval(widest, digits)}, where {where}."


def _interval(row, digits):
    return in_pounds(ranged(row["mean"], row["low"], row["high"], digits=digits))


def _point_in_words(swept, point):
    values = swept.points.loc[point]
    return ", ".join(f"{name} is {_said(values[name])}" for name in swept.axes) or "nothing varies"


def _figures(swept, folder, digits):
    """Title, caption and path of each picture."""
    from sim.report import figures, swept_figures  # which take seconds to import

    figures.setup()
    than = swept.study["than"]
    names = distinct(swept.study["arrangements"], _LONGEST_TITLE)
    looks = swept_figures.looks_of(names)
    levels = swept.summary.rename(columns={"p05": "low", "p95": "high"})
    others = {code: look for code, look in looks.items() if code != than}
    drawn = [("What each arrangement came to", levels, looks, False)]
    drawn += [(f"Differences from {names[than]}, seed by seed", swept.differences, others, True)] if others else []
    apart = swept_figures.kind_of(swept.axes) == "multiples"  # panels enough for a measure
    for (title, table, shown, differences), measures in product(drawn, zip(PICTURED) if apart else [PICTURED]):
        data = table[table["measure"].isin(measures) & table["arrangement"].isin(shown)]
        data = data.join(swept.points[list(swept.axes)], on="point").reset_index(drop=True)
        if len(data):
            picture = swept_figures.picture(data, swept.axes, shown, differences)
            file = "_".join(["sweep", "differences" if differences else "levels", *(measures if apart else ())])
            caption = f"{_way(swept.axes, differences, len(swept.points))} {_in_words(data, names, digits)}"
            yield (
                f"{title}: {MEASURES[measures[0]].label}" if apart else title,
                caption,
                figures.save(picture, folder, file),
            )


def _way(axes, differences, points):
    """What a picture shows, and how."""
    from sim.report.swept_figures import FEWEST_JOINED, MOST_DOTS, is_numeric, kind_of, left_out

    band = "the 95% interval of the mean difference" if differences else "the 5 to 95% range over seeds"
    kind, text = kind_of(axes), f"Means, with {band}. Panels share one scale."
    if kind == "heat":
        text = "Means by colour and number, on one scale"
        text += f"; in brackets where {band} holds nought." if differences else "."
    elif kind == "scatter":
        means = "; bold ones are means over eighths of all points, ordered by the setting, or over those of a word"
        told = points >= FEWEST_JOINED or not all(map(is_numeric, axes.values()))
        text = f"A faint mark a point, of the first {MOST_DOTS:,}{means if told else ''}. Panels share one scale."
    elif left := left_out(axes):
        text += f" {_count(left, 'more panel')} of the kind would not fit; all numbers are in summary.csv."
    return text


def _in_words(data, names, digits):
    """Lowest and highest mean of each measure and arrangement, for who does not see the picture."""
    texts = []
    for (measure, code), part in data.groupby(["measure", "arrangement"], sort=False):
        ends = dict.fromkeys(_pounds(mean, digits) for mean in (part["mean"].min(), part["mean"].max()))
        texts.append(f"{MEASURES[measure].label}, {names[code]}: {' to '.join(ends)}.")
    return " ".join(texts)


def _pounds(mean, digits):
    """A mean alone, in £m."""
    return in_pounds(figure(mean, digits=digits))


def _levels(swept, names, digits):
    """Main measures of every point and arrangement."""
    text = "Means; with the 5 to 95% range over seeds where there are 100 or more."
    return _table(swept, names, "The same in figures", text, swept.summary, MAIN, partial(_level, digits=digits))


def _level(row, digits):
    spread_out = {"mean": row.mean, "p05": row.p05, "p95": row.p95, "n": row.n}
    measure = MEASURES[row.measure]
    return million(spread_out, digits) if measure.is_money else spread(spread_out, 1, measure.digits)


def _differences(swept, names, digits):
    """Paired differences of every point and arrangement."""
    than = swept.study["than"]
    if set(names) == {than}:
        return ""
    text = "Means, with their 95% interval, which is bold where it leaves nought."
    title = f"Differences from {names[than]}"
    return _table(swept, names, title, text, swept.differences, COMPARED, partial(_difference, digits=digits))


def _difference(row, digits):
    if row.n < 2:
        return f"{_pounds(row.mean, digits)} (n/a)"
    text = in_pounds(ranged(row.mean, row.low, row.high, digits=digits))
    return f"<b>{text}</b>" if row.low > 0 or row.high < 0 else text


def _table(swept, names, title, text, data, measures, shown):
    """A table with a row for each point and arrangement, and a column a measure; the first rows where there are many."""
    cells = {(row.point, row.arrangement, row.measure): shown(row) for row in data.itertuples()}
    keys = list(dict.fromkeys((point, code) for point, code, _ in cells))
    seeds = ["seeds"] if swept.study["until"] else []
    head = "".join(
        f"<th class='text'>{_breakable(name)}</th>" for name in ("Point", *swept.axes, *seeds, "Arrangement")
    )
    head += "".join(f"<th>{escaped(MEASURES[name].label)}</th>" for name in measures)
    rows = []
    for point, code in keys[:_MOST_ROWS]:
        where = [point, *(_said(swept.points.at[point, name]) for name in (*swept.axes, *seeds)), names[code]]
        numbers = "".join(f"<td>{cells.get((point, code, name), 'n/a')}</td>" for name in measures)
        rows.append(f"<tr>{''.join(f'<td class="text">{escaped(value)}</td>' for value in where)}{numbers}</tr>")
    left = len(keys) - len(rows)
    more = f" The first {len(rows):,} rows of {len(keys):,}; summary.csv and differences.csv hold all." if left else ""
    return (
        f"<h2>{escaped(title)}</h2><p>{text}{more}</p><details open><summary>Table</summary>"
        f"<table class='points'><tr>{head}</tr>{''.join(rows)}</table></details>"
    )


def _breakable(name):
    """A heading that breaks where its words end."""
    return escaped(name).replace(".", ".<wbr>").replace("_", "_<wbr>")


def _failures(swept):
    """What failed; nothing where nothing did."""
    failed = swept.failures
    if failed.empty:
        return ""
    rows = "".join(
        f"<tr><td>{row.point}</td><td>{row.seed}</td><td class='text'>{escaped(f'{row.error}: {row.message}')}</td></tr>"
        for row in failed.head(_MOST_FAILURES).itertuples()
    )
    return (
        f"<h2>What failed</h2><p>{_count(len(failed), 'run')} of {_count(failed['point'].nunique(), 'point')} failed and "
        "count nowhere above; failures.csv holds each with its settings, and <code>--retry</code> runs them again.</p>"
        f"<table><tr><th>Point</th><th>Seed</th><th>Error</th></tr>{rows}</table>"
    )


def _again(swept):
    """How to make the sweep again."""
    versions = ", ".join(f"{name} {number}" for name, number in swept.said["versions"].items())
    return (
        "<h2>How to reproduce this</h2><p>Save this as <code>study.toml</code> and run <code>listsim sweep study.toml</code> "
        f"&mdash; {escaped(versions)}; Python {escaped(swept.said['python'])}. The same versions give the same bytes of "
        "tables, on however many machines. <code>study.json</code> holds the same, with the text of your own files.</p>"
        f"<pre>{html.escape(study_file(swept.study['asked']))}</pre>"
    )


def study_file(asked):
    """A study file, as TOML, from what a sweep was asked for.

    Parameters
    ----------
    asked : dict
        As ``Sweep.describe`` gives it.

    Returns
    -------
    str
    """
    plain = [f"{name} = {_toml(value)}" for name, value in asked.items() if not isinstance(value, dict)]
    for name, table in asked.items():
        if isinstance(table, dict) and table:
            plain += ["", f"[{name}]", *(f"{_toml(key)} = {_toml(value)}" for key, value in table.items())]
    return "\n".join(plain) + "\n"


def _toml(value):
    """A value of TOML in one line."""
    if isinstance(value, dict):
        return (
            "{ " + ", ".join(f"{_toml(key)} = {_toml(item)}" for key, item in value.items()) + " }" if value else "{}"
        )
    if isinstance(value, list):
        return f"[{', '.join(map(_toml, value))}]"
    return json.dumps(value, ensure_ascii=False)
