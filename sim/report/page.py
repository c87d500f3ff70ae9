"""The report's page: answers first, then figures, assumptions, limits, and how to reproduce it."""

import shlex
from pathlib import Path

from sim.core.dials import DIALS
from sim.core.evidence import full_source
from sim.core.text import distinct
from sim.record.measures import MEASURES
from sim.report import drawings
from sim.report.incentive_pages import section
from sim.report.markup import Page, escaped, marked, table
from sim.report.numbers import PEOPLE_ROWS, modelled, shown_rows
from sim.report.traced import pound_part
from sim.report.verdict import PENCE, pence_table, sentences

_LONGEST_TITLE = 60  # characters of a name in a figure
_COMPARED = ("cash_released", "net_position")
_DIFFERENCES = ("gross_avoided", "cash_released", "retained", "programme_cost", "net_position")
_NEEDS = {
    "years_bought": "list_years"
}  # a row is for those that have another measure: nought years bought are a LIST's
WORDS = {
    "replicate, run": "the same city and years with luck of its own, and with effects drawn from what trials found; each is set against its twin, in which nobody buys a new programme",
    "cash": "by how much spending really fell; service use avoided is not cash while places stand empty or are filled by others",
    "net position": "cash that the place kept, less what programmes, agreeing, evaluating, closing and opening cost",
    "95% interval": "where the mean difference lies with 95% confidence, seed by seed; a difference is called sure where it leaves nought",
}


def write_report(folder, found, heat=None):
    """Write ``report.html`` of a comparison, and its figures.

    Parameters
    ----------
    folder : path
    found : Findings
    heat : concurrent.futures.Future, optional
        The path of the heat map of incentives, where there are any.
    """
    folder = Path(folder)
    (folder / "figures").mkdir(exist_ok=True)
    page = Page(f"Where the savings go: {found.manifest['place_name']}")
    page.add(_answer(found))
    _figures(page, folder / "figures", found)
    page.add(_people(found))
    if heat:
        section(page, found.incentives, heat.result())
    page.add(_assumptions(found.manifest))
    page.add(limits())
    page.add(_reproduce(found.manifest))
    (folder / "report.html").write_text(page.text(), encoding="utf-8")


def _answer(found):
    """The first screen: what was compared, the verdict in words, and of each promised pound."""
    manifest = found.manifest
    many, times = len(found.names), manifest["replicates"]
    lead = (
        f"<p class='lead'>{many} arrangement{'s' * (many > 1)} compared on {escaped(manifest['place_name'])}: {manifest['families']:,} families, "
        f"{manifest['years']} years, {times} run{'s' * (times > 1)} of each. Sums over the years in pounds of 2010/11. {modelled(found.cells)}.</p>"
    )
    told = "".join(
        f"<h3>{escaped(question)}</h3><ul>{''.join(f'<li>{marked(line)}</li>' for line in lines)}</ul>"
        for question, lines in sentences(found)
    )
    idle = "".join(
        f"<li>{escaped(found.names[code])} bought no new programme in any run: {escaped(why)}.</li>"
        for code, why in found.bought_nothing.items()
        if code in found.names
    )
    words = "".join(f"<li><dfn>{word}</dfn>: {meaning}.</li>" for word, meaning in WORDS.items())
    return f"<h2>The answer</h2>{lead}{told}{f'<ul>{idle}</ul>' if idle else ''}{_pence(found)}<details><summary>Words used here</summary><ul>{words}</ul></details>"


def _pence(found):
    rows = [[escaped(name), *(marked([number]) for number in numbers)] for name, numbers in pence_table(found)]
    heads = ["Of each promised pound", *(MEASURES[name].label for name in PENCE)]
    return table(heads, rows) if rows else ""


def _figures(page, folder, found):
    """Draw and add what is shown: panels of one scale, with what they say in words; tables of figures and differences."""
    titles = distinct({code: item["name"] for code, item in found.manifest["arrangements"].items()}, _LONGEST_TITLE)
    drawings.begin()
    page.panels(*drawings.leaks(found, titles, folder))
    page.add(_levels(found))
    if len(found.differences):
        page.panels(*drawings.differences(found, _COMPARED, folder))
        page.add(_differences(found))
    page.panels(*drawings.who_gains(found, titles, folder))
    page.panels(*drawings.payments(found, titles, folder))
    page.add(pound_part(found))
    page.panels(*drawings.by_year(found, titles, folder))
    bodies = set(found.runs.loc[found.runs["measure"] == "list_alive", "arrangement"])
    for code in titles:
        if code in bodies:
            page.panels(*drawings.life(found, code, folder))
    page.panels(*drawings.measured(found, titles, folder))
    if (found.runs["measure"] == "investor_irr").any():
        page.panels(*drawings.investors(found, titles, folder))


def _levels(found):
    heads = ["", *map(escaped, found.names.values())]
    rows = [
        [label, *(marked(found.level(code, measure)) for code in found.names)]
        for measure, label in shown_rows(found.cells)
    ]
    return f"<h2>The same in figures</h2>{table(heads, rows)}"


def _differences(found):
    """Paired differences from the first arrangement that others are compared with."""
    than = found.bases[0]
    codes = [code for code in found.names if (code, than, _DIFFERENCES[0]) in found.apart.index]
    rows = [
        [escaped(found.names[code]), *(_difference(found, code, than, measure) for measure in _DIFFERENCES)]
        for code in codes
    ]
    heads = ["Arrangement", *(MEASURES[name].label for name in _DIFFERENCES)]
    text = "Mean of the differences seed by seed; bold where the 95% interval leaves nought."
    return f"<h3>Differences from {escaped(found.names[than])}</h3><p class='caption'>{text}</p>{table(heads, rows)}"


def _difference(found, code, than, measure):
    text = marked(found.difference(code, than, measure)).replace("95% interval ", "")
    return f"<b>{text}</b>" if found.told(code, than, measure) in ("more", "less") else text


def _people(found):
    rows = []
    for measure in PEOPLE_ROWS:
        if any(found.has(code, measure) and found.mean(code, measure) for code in found.names):
            needed = _NEEDS.get(measure, measure)
            cells = (marked(found.level(code, measure)) if found.has(code, needed) else "n/a" for code in found.names)
            rows.append([MEASURES[measure].label, *cells])
    text = (
        "Families turned around are counted before and after, whatever would have come of them anyway; families spared are counted against the twin. "
        "A pound put in is what delivery, agreeing, evaluating, closing and opening cost, whoever paid."
    )
    heads = ["", *map(escaped, found.names.values())]
    return f"<h2>People, and results for each pound</h2>{table(heads, rows)}<p>{text}</p>"


def _assumptions(manifest):
    rows = []
    for name, item in manifest["inputs"].items():
        unit = item["unit"] + (f" ({item['price_year']})" if item["price_year"] else "")
        cells = [name, f"{item['value']:g}", unit, f"{item['low']:g} to {item['high']:g}", full_source(item["source"])]
        rows.append([*map(escaped, cells)])
    dials = []
    for name, dial in DIALS.items():
        values = sorted({str(item["dials"][name]) for item in manifest["arrangements"].values()})
        dials.append([*map(escaped, (name, ", ".join(values), dial.text, full_source(dial.source)))])
    guesses = sum(item["source"].startswith("assumption") for item in manifest["inputs"].values())
    return (
        f"<h2>Assumptions and sources</h2><p>{len(rows)} values of the place, programmes, providers and arrangements; {guesses} of them are "
        "assumptions, each with a range and a reason.</p>"
        f"{_future(manifest.get('future'))}"
        f"<details><summary>Dials</summary><div class='dials'>{table(['Dial', 'Value', 'Meaning', 'Source'], dials, 4)}</div></details>"
        f"<details><summary>Values</summary><p class='paper'>Sources are left out on paper: they stand in tables.xlsx, on the sheet Assumptions, and in manifest.json.</p>"
        f"<div class='values'>{table(['Value of', 'Value', 'Unit (price year)', 'Range', 'Source'], rows, 5)}</div></details>"
    )


def _future(future):
    """What the named future of a run says; nothing where there is none."""
    if not future:
        return ""
    rows = [
        [*map(escaped, (name, item["value"], full_source(item["source"])))] for name, item in future["values"].items()
    ]
    told = table(["Value of", "Value, or values by year", "Source"], rows, 3)
    told = f"<details><summary>What it sets</summary>{told}</details>" if rows else ""
    return f"<p>Future: {escaped(future['name'])}. {escaped(future['text'])}</p>{told}"


def limits():
    """What the model does not show: HTML."""
    return (
        "<h2>What the model does not show</h2><ul>"
        "<li>Families are one index child and its parents; brothers and sisters, the childless and the old are an unchanging outside caseload. "
        "Help to a family that would spare a second child a place in care is not counted.</li>"
        "<li>Taxes, wages and well-being are left out; what follows after a child's 25th birthday is reported apart and is never cash.</li>"
        "<li>Neighbourhoods stand on a grid and differ by an assumed score: ward figures are not in the evidence.</li>"
        "<li>How strongly needs feed one another, and how readily thresholds drift, is assumed within ranges; turn the dials.</li>"
        "<li>Services are fitted to published counts of about 2010; see docs/baseline_fit.md for every gap.</li></ul>"
    )


def _reproduce(manifest):
    words = manifest["command"] or ["reproduce", "FOLDER"]  # a run from Python has no command of its own
    command = escaped(shlex.join(["listsim", *words]))
    versions = ", ".join(f"{name} {number}" for name, number in manifest["versions"].items())
    return (
        f"<h2>How to reproduce this</h2><p><code>{command}</code> &mdash; seeds {manifest['seed']} to {manifest['seed'] + manifest['replicates'] - 1}; "
        f"{escaped(versions)}; Python {escaped(manifest['python'])}. The full inputs and their hashes are in "
        "<code>manifest.json</code>, from which <code>listsim reproduce FOLDER</code> runs this again and compares the bytes of its tables.</p>"
    )
