"""Incentives on paper: the heat map, a page, and a sheet of one page for a class."""

from pathlib import Path
from textwrap import fill

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.patches import Rectangle

from sim.core.folders import HANDOUT_MARK, write_manifest
from sim.core.text import json_text
from sim.report import figures
from sim.report.incentive_words import (
    benefits,
    by_horizon,
    each,
    in_words,
    label,
    number,
    payments,
    splits,
    verdict,
    verdicts,
)
from sim.report.markup import Page, escaped, table

CAPTION = (
    "Pounds of service use that a family is believed to spare each body, at average cost, for each pound that the programme "
    "costs. Darkest purple: the body's own benefit pays for it all; orange: more use, not less. A frame: may commission it."
)
CLASS_YEARS = 10  # ahead, on the sheet for a class

_SHEET = """
@page{size:A4;margin:11mm}body{font:9pt/1.36 system-ui,sans-serif;color:#1b1b1b;margin:0 auto;max-width:188mm}
h1{font-size:14pt;margin:0}h2{font-size:10pt;margin:2.2mm 0 .8mm}p{margin:.8mm 0}ol{margin:.8mm 0;padding-left:5mm}li{margin:.7mm 0}
table{border-collapse:collapse;width:100%;font-size:7.4pt}th,td{border-bottom:.3pt solid #999;padding:.35mm .8mm;text-align:right}
th:first-child,td:first-child,td.text,th.text{text-align:left}td.power{outline:.8pt solid #000;outline-offset:-.8pt}
"""


def heat_map(said):
    """Benefit for each pound of cost, programme by body, a panel a horizon."""
    bodies = [label(body) for body in said["bodies"]]
    figures.setup()
    rows = len(said["rows"])
    shape = -(-len(said["horizons"]) // 2), 2
    size = (6.6 * shape[1], (0.3 * rows + 1.3) * shape[0])
    figure, axes = plt.subplots(*shape, figsize=size, sharey=True, squeeze=False)
    for axis in axes.flat[len(said["horizons"]) :]:
        axis.set_visible(False)
    panels = list(zip(axes.flat, said["horizons"], strict=False))
    shares = [_shares(item["rows"], said["bodies"]) for _, item in panels]
    for (axis, _), share in zip(panels, shares, strict=True):
        figures.heat(axis, share, -1, 1)
    for (axis, item), share in zip(panels, shares, strict=True):
        _write_in(axis, share, item["rows"], said["bodies"])
        axis.set_title(f"{item['horizon_years']:g} years ahead")
        axis.set_xticks(np.arange(len(bodies)) + 0.5, bodies, rotation=90)
        names = [fill(row["name"], 44) for row in item["rows"]]
        axis.set_yticks(np.arange(rows) + 0.5, names, fontsize=7.5)
    figure.subplots_adjust(wspace=0.05, hspace=1.5 / (0.3 * rows))
    figure.colorbar(axes[0, 0].collections[0], ax=axes, shrink=0.5, pad=0.02, label="£ of benefit for each £ of cost")
    return figure


def _shares(rows, bodies):
    """Benefit for each pound of cost: rows by bodies."""
    return np.array([[row["benefit_gbp"][body] / row["cost_per_family_gbp"] for body in bodies] for row in rows])


def _write_in(axis, shares, rows, bodies):
    """Numbers of one panel's cells; a frame where a body may commission."""
    for (i, j), ratio in np.ndenumerate(shares):
        # a number stays in its cell, so that nothing need be laid out around it
        axis.text(j + 0.5, i + 0.5, _share(ratio), ha="center", va="center", fontsize=7, in_layout=False)
    figures.readable(axis)
    for i, row in enumerate(rows):
        for body in row["commissioners"]:
            axis.add_artist(Rectangle((bodies.index(body), i), 1, 1, fill=False, edgecolor="black", lw=1.2))


def _share(ratio):
    """A ratio as a cell has it: nothing where it is nought."""
    return f"{ratio:.2f}" if abs(ratio) >= 0.005 else ""


def draw_heat_map(said, folder):
    """Draw the heat map into a folder: its path."""
    folder.mkdir(exist_ok=True)
    return figures.save(heat_map(said), folder, "incentives")


def section(page, said, picture):
    """Add to a page what there is to say of incentives, and the heat map from its file."""
    years = said["horizon_years"]
    title = f"Who would pay for a programme, and who would gain: {said['name']}"
    page.figure(title, CAPTION, picture)
    page.add("<ul>" + "".join(f"<li>{escaped(line)}</li>" for line in in_words(said)) + "</ul>")
    tables = [
        (f"Service use avoided a family, £ at average cost, as believed {years:g} years ahead", benefits(said)),
        ("Of which each believes to become its cash, £", each(said, "believed_cash_gbp")),
        ("Of which follows cases, and is saved before any place closes, £", each(said, "at_once_gbp")),
        ("In truth, on average, £", each(said, "true_gbp")),
        ("Worth to each by its own values, to be set against the cost, £", each(said, "worth_gbp")),
        (f"Who would buy, {years:g} years ahead", verdicts(said)),
        ("Who would buy, by years ahead", by_horizon(said)),
        ("What each would pay of a family's cost, £, in proportion to benefit", payments(said, "by_benefit")),
        ("What each would pay of a family's cost, £, by Nash bargaining", payments(said, "by_bargaining")),
        ("Published shares of the benefit beside the model's", splits(said)),
    ]
    for head, (heads, rows) in tables:
        if rows:
            cells = [[*map(escaped, row)] for row in rows]
            page.add(f"<details><summary>{escaped(head)}</summary>{table([*map(escaped, heads)], cells)}</details>")


def write_incentives(said, by_body, folder):
    """Write ``incentives.json``, ``incentives.csv``, ``report.html`` with its figure, and a manifest into a folder.

    Parameters
    ----------
    said : dict
    by_body : pandas.DataFrame
        As :class:`sim.cost_benefit.incentives.Incentives` gives them.
    folder : path
    """
    folder = Path(folder)
    (folder / "incentives.json").write_text(json_text(said), encoding="utf-8")
    by_body.to_csv(folder / "incentives.csv", index=False, lineterminator="\n")
    page = Page(f"Split incentives: {said['name']}")
    section(page, said, draw_heat_map(said, folder / "figures"))
    (folder / "report.html").write_text(page.text(), encoding="utf-8")
    write_manifest(folder, incentives_of=said["place"])


def handout(said):
    """A sheet of one A4 page for a class, which stands alone: HTML."""
    longer = next((item for item in said["horizons"] if item["horizon_years"] == CLASS_YEARS), said["horizons"][-1])
    heads = "".join(f"<th>{escaped(label(body))}</th>" for body in said["bodies"])
    pairs = zip(said["rows"], longer["rows"], strict=True)
    body = "".join(_sheet_row(said["bodies"], now, later) for now, later in pairs)
    years, ahead = f"{said['horizon_years']:g}", f"{longer['horizon_years']:g}"
    head = (
        f"<tr><th>Programme</th><th>Cost</th>{heads}<th class='text'>Buys, {years} years ahead</th>"
        f"<th class='text'>Buys, {ahead} years ahead</th></tr>"
    )
    asked = "".join(f"<li>{escaped(text)}</li>" for text in _questions(years, ahead))
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8">{HANDOUT_MARK}<title>Who pays, and who gains?</title><style>{_SHEET}</style></head><body>'
        f"<h1>Who pays, and who gains? {escaped(said['name'])}</h1>"
        f"<p>One family on each programme: what it costs, and what use of services it is believed to spare each body within {ahead} years, in pounds of "
        "2010/11 at average cost. A frame marks who may commission it. <i>Centre</i>: benefits that the Treasury pays at cost. A body buys alone where "
        "the cash it expects, and some of the rest, exceed the cost; <i>jointly</i>, where that holds for all agencies together.</p>"
        f"<table>{head}{body}</table>"
        f"<h2>Questions</h2><ol>{asked}</ol>"
        "<h2>What the table leaves out</h2><p>Avoided use is not cash: fixed cost stays until places close, places are filled by those who waited, and a "
        "spending review may take what is left. Benefits to families themselves are not priced. Numbers are what deciders believe; trials and the size of "
        "the effect are in <code>listsim trial</code>.</p></body></html>\n"
    )


def _sheet_row(bodies, now, later):
    cells = "".join(
        f"<td{' class=power' if body in later['commissioners'] else ''}>{number(later['benefit_gbp'][body])}</td>"
        for body in bodies
    )
    buys = "".join(f"<td class='text'>{escaped(verdict(row))}</td>" for row in (now, later))
    return f"<tr><td>{escaped(now['name'])}</td><td>{number(now['cost_per_family_gbp'])}</td>{cells}{buys}</tr>"


def _questions(years, ahead):
    return (
        "Play the bodies, one group each. Look only at your own column: which programmes do you buy, and which do you hope that others buy?",
        "Find a programme that nobody buys alone and that all together would. Who would have to pay whom, and how much? Agree on it, and write it down.",
        "Share its cost in proportion to benefit, then so that each gains the same (Nash). Who prefers which, and why?",
        f"Compare {years} years with {ahead}. Which no is one of horizon, and which stays a no?",
        "Where does the centre gain most? It pays at cost and has no vote: what would make it pay, and what would a body that saves it money want in return?",
        "Is there a programme with no split at all, where one body pays, decides and gains? What else may keep it from being bought?",
    )
