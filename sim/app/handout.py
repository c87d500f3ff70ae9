"""A page of A4 to hand out: what was asked, what came of it, what to ask a class, and how to do it again."""

from dataclasses import replace
from urllib.parse import urljoin

from sim.app import scenes
from sim.app.asked import SCENES
from sim.app.sides import GOING_ON, names_of, shown
from sim.app.turning import TURNED
from sim.report.incentive_words import label, verdict
from sim.report.markup import escaped

_STYLE = """
@page{size:A4;margin:12mm}body{font:9.5pt/1.38 Roboto,system-ui,sans-serif;color:#1b1b1b;margin:0 auto;max-width:186mm}
h1{font-size:14pt;margin:0}h2{font-size:10.5pt;margin:2.4mm 0 .8mm}p{margin:.8mm 0}ol,ul{margin:.8mm 0;padding-left:5mm}
table{border-collapse:collapse;width:100%;font-size:8pt}th,td{border-bottom:.3pt solid #888;padding:.3mm 1mm;text-align:right}
th:first-child,td:first-child{text-align:left;font-weight:400}pre{font-size:7.5pt;white-space:pre-wrap;overflow-wrap:anywhere;background:#f3f3f3;padding:1.5mm;margin:1mm 0}
"""
_ASKED = (
    "Whose money is spent, and whose is saved? Who would you have to persuade, and with what?",
    "Which step takes most between the promise and the cash? Who could change it, and would it be in their interest?",
    "Would an evaluation as it is done here have told you? What would you have needed?",
    "Turn one dial in your head: which sentence above would change, and in which direction? Then turn it on the page.",
)
_ROWS = ("gross_avoided", "cash_released", "retained", "programme_cost", "net_position")


def handout(asked, studies, known, said, script, site):
    """The page as HTML.

    Parameters
    ----------
    asked : Asked
    studies : list of Study
    known : list of Known
    said : dict
        As ``listsim incentives --json`` gives it, of the left side.
    script : str
        Commands that come to the same.
    site : str
        Address that links lead to.
    """
    sides, study = shown(asked, studies, known), studies[0]
    future = f"; future: {escaped(study.future.name)}" if study.future else ""
    where = f"{escaped(study.place.name)}: {study.families:,} families, {study.years} years, {known[0].n} runs{future}"
    sentences = []
    for name in SCENES:
        view = replace(asked, scene=name)
        scene = (
            scenes.of_place(view, names_of(asked, studies), [said])
            if name in scenes.OF_PLACE
            else scenes.of_runs(view, sides)
        )
        sentences += [
            (scenes.TITLES[name], sentence) for sentence in scene.sentences if not sentence.startswith("Year ")
        ]
    items = "".join(
        f"<li><b>{escaped(title)}.</b> {escaped(text.removesuffix(GOING_ON))}</li>" for title, text in sentences
    )
    address = escaped(urljoin(site, f"/?{asked.query()}"))
    return (
        f'<!doctype html><html lang="en-GB"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Where the savings go</title>'
        f"<style>{_STYLE}</style></head><body><h1>Where the savings go</h1><p>{where}.</p>{_dials(sides, asked)}"
        f"<h2>What came of it</h2><ul>{items}</ul>{_figures(sides)}{_programmes(said)}"
        f"<h2>Questions</h2><ol>{''.join(f'<li>{text}</li>' for text in _ASKED)}</ol>"
        f"<h2>Do this again</h2><pre>{escaped_lines(script)}</pre><p>Or open <code>{address}</code> while <code>listsim app</code> runs.</p></body></html>\n"
    )


def escaped_lines(text):
    """Lines as HTML shows them."""
    return "\n".join(map(escaped, text.splitlines()))


def _dials(sides, asked):
    rows = []
    for side, given in zip(sides, asked.sides, strict=True):
        turned = "; ".join(
            f"{TURNED[name].short}: {TURNED[name].in_words(value)}" for name, value in given.turned.items()
        )
        rows.append(f"<p><b>{escaped(side.name)}</b>: {escaped(turned or 'every dial at its default')}.</p>")
    return "".join(rows)


def _figures(sides):
    title, heads, rows = scenes.headline(sides)
    wanted = [row for row in rows if row[1].measure in _ROWS]
    head = "".join(f"<th>{escaped(text)}</th>" for text in heads)
    body = "".join(
        "<tr>" + "".join(f"<td>{escaped(getattr(item, 'text', item))}</td>" for item in row) + "</tr>" for row in wanted
    )
    return f"<h2>{escaped(title)}</h2><table><tr>{head}</tr>{body}</table>"


def _programmes(said):
    """Who pays and who gains, the largest share of each programme alone."""
    rows = "".join(
        f"<tr><td>{escaped(row['name'])}</td><td>{escaped(label(row['largest_gainer']) if row['largest_gainer'] else 'nobody')}</td>"
        f"<td>{'' if row['largest_share'] is None else format(row['largest_share'], '.0%')}</td><td>{escaped(verdict(row))}</td></tr>"
        for row in said["rows"]
    )
    head = f"<tr><th>Programme</th><th>gains most</th><th>its share</th><th>who would buy, {said['horizon_years']:g} years ahead</th></tr>"
    return f"<h2>Who pays, and who gains</h2><table>{head}{rows}</table>"
