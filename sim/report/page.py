"""The report's page: answers first, then figures, assumptions, limits, and how to reproduce it."""

import shlex
from functools import partial
from pathlib import Path

from sim.core.dials import DIALS
from sim.core.evidence import full_source
from sim.core.text import distinct, file_name
from sim.record.measures import LEAKS, MEASURES
from sim.report.markup import Page, escaped
from sim.report.numbers import PEOPLE_ROWS, million, modelled, of_all, shown_digits, shown_rows, spread

_LONGEST_TITLE = 60  # characters of a name in a figure


def write_report(folder, runs, summary, manifest, bought_nothing, incentives=None):
    """Write the figures and ``report.html`` of a comparison.

    Parameters
    ----------
    folder : path
    runs, summary : pandas.DataFrame
    manifest : dict
    bought_nothing : dict of str to str
        Why, for each arrangement that bought nothing at all.
    incentives : dict, optional
        As :meth:`sim.cost_benefit.incentives.Incentives.to_dict` gives it.
    """
    folder = Path(folder)
    (folder / "figures").mkdir(exist_ok=True)
    given = {code: item["name"] for code, item in manifest["arrangements"].items()}
    names = distinct(given)
    page = Page(f"Where the savings go: {manifest['place_name']}")
    page.add(_answers(summary, names, manifest, bought_nothing))
    drawn = _figures(folder / "figures", runs, summary, distinct(given, _LONGEST_TITLE), manifest)
    for title, caption, path in drawn:
        page.figure(title, caption, path)
    page.add(_table(summary, names))
    page.add(_people(summary, names))
    page.add(_leak_words(summary, names))
    if incentives:
        from sim.report.incentive_pages import section  # which takes seconds to import

        section(page, incentives, folder / "figures")
    page.add(_assumptions(manifest))
    page.add(limits())
    page.add(_reproduce(manifest))
    (folder / "report.html").write_text(page.text(), encoding="utf-8")


def _figures(folder, runs, summary, names, manifest):
    from sim.report import figures  # which takes seconds to import

    figures.setup()
    agencies = {code: code.replace("_", " ") for code in manifest["agencies"]}
    agencies |= {body: "joint body" for item in manifest["arrangements"].values() for body in item["bodies"]}
    drawn = [
        (
            "From promise to cash: the leaks",
            "Mean over replicates; black bars show the 5 to 95% range of totals. Red steps take away, green steps add. Panels share one scale.",
            figures.save(figures.waterfall(summary, names), folder, "leaks"),
        ),
        (
            "Who pays and who gains",
            "Payments of each agency and of joint bodies (pools, boards, a LIST), the service use each no longer had to meet, the part that became cash and the part it kept. Panels share one scale.",
            figures.save(figures.who_gains(summary, names, agencies), folder, "who_gains"),
        ),
        (
            "Cash and cost by year",
            "Means with 5 to 95% bands over replicates. Panels share one scale.",
            figures.save(figures.cash_by_year(runs, names), folder, "by_year"),
        ),
        (
            "Measured against true savings",
            "What evaluation said of the cohorts it followed, by each arrangement's own design, beside the truth for the same families and years. "
            "Nobody in the place sees the truth: what is paid for beyond it is luck, or a fault of the design. Where savings are paid for, the share of decisions that "
            "paid stands beside those that the true saving would pass, and those that noise of the error stated would pass if programmes did nothing.",
            figures.save(figures.measured_against_true(summary, names), folder, "measured"),
        ),
    ]
    if (runs["measure"] == "investor_irr").any():
        drawn.append(
            (
                "What investors got",
                "Where no dot stands in a replicate, no deal closed or no return is defined; a loss of all is -100%.",
                figures.save(figures.investor_returns(runs, names), folder, "investors"),
            )
        )
    for arrangement in names:
        part = runs[runs["arrangement"] == arrangement]
        if (part["measure"] == "list_alive").any():
            drawn.append(
                (
                    f"Life of the LIST: {names[arrangement]}",
                    "Members, trust, balance and survival, with 5 to 95% bands over replicates.",
                    figures.save(figures.list_life(runs, arrangement), folder, f"life_{file_name(arrangement)}"),
                )
            )
    return drawn


def _answers(summary, names, manifest, bought_nothing):
    cells = of_all(summary)
    lead = (
        f"<p class='lead'>{len(names)} arrangement{'s' if len(names) > 1 else ''} compared on {escaped(manifest['place_name'])}: "
        f"{manifest['families']:,} families, {manifest['years']} years, {manifest['replicates']} replicates. Sums over the years in pounds of "
        f"2010/11; means, with the 5 to 95% range over replicates in brackets. {modelled(cells)}.</p><ul>"
    )
    items, pounds = [], partial(million, digits=shown_digits(cells))
    for code, name in names.items():
        row = {
            measure: cells.loc[(code, measure)]
            for measure in (
                "promised",
                "gross_avoided",
                "cash_released",
                "returned_ame",
                "returned_surrender",
                "returned_rebasing",
                "retained",
                "programme_cost",
                "net_position",
                "self_sustaining",
            )
        }
        if row["programme_cost"]["mean"] == 0:
            why = f": {escaped(bought_nothing[code])}" if code in bought_nothing else ""
            items.append(f"<li><b>{escaped(name)}</b>: bought no new programme in any replicate{why}.</li>")
            continue
        items.append(
            f"<li><b>{escaped(name)}</b>: spent {pounds(row['programme_cost'])} on programmes. It promised {pounds(row['promised'])}; "
            f"service use worth {pounds(row['gross_avoided'])} was avoided; {pounds(row['cash_released'])} of that became cash. "
            f"{pounds(row['returned_ame'])} were benefits that the centre pays, {pounds(row['returned_surrender'])} was clawed back or lapsed, "
            f"{pounds(row['returned_rebasing'])} was taken by reviews or formulas and {pounds(row['retained'])} stayed, against costs: "
            f"net position of the place {pounds(row['net_position'])}. It paid for itself at the end in "
            f"{row['self_sustaining']['mean']:.0%} of replicates.</li>"
        )
    return "<h2>The answer</h2>" + lead + "".join(items) + "</ul>"


def _table(summary, names):
    cells = of_all(summary)
    digits = shown_digits(cells)
    head = "".join(f"<th>{escaped(name)}</th>" for name in names.values())
    body = "".join(
        f"<tr><td>{label}</td>"
        + "".join(f"<td>{million(cells.loc[(code, measure)], digits)}</td>" for code in names)
        + "</tr>"
        for measure, label in shown_rows(cells)
    )
    return f"<h2>The same in figures</h2><table><tr><th></th>{head}</tr>{body}</table>"


def _people(summary, names):
    cells = of_all(summary)
    head, body = "".join(f"<th>{escaped(name)}</th>" for name in names.values()), ""
    for measure in PEOPLE_ROWS:
        label, digits = MEASURES[measure].label, MEASURES[measure].digits
        rows = [cells.loc[(code, measure)] if (code, measure) in cells.index else None for code in names]
        if any(row is not None and abs(row["mean"]) > 0 for row in rows):
            texts = ("n/a" if row is None else spread(row, 1, digits) for row in rows)
            body += f"<tr><td>{label}</td>{''.join(f'<td>{text}</td>' for text in texts)}</tr>"
    return (
        f"<h2>People, and results for each pound</h2><table><tr><th></th>{head}</tr>{body}</table><p>Families turned around are counted before and "
        "after, whatever would have come of them anyway; families spared are counted against the twin. A pound put in is what delivery, agreeing, "
        "evaluating, closing and opening cost, whoever paid.</p>"
    )


def _leak_words(summary, names):
    cells = of_all(summary)
    items = []
    for code, name in names.items():
        gross = cells.loc[(code, "gross_avoided"), "mean"]
        if gross <= 0:
            continue
        ranked = sorted(LEAKS, key=lambda leak: -cells.loc[(code, leak), "mean"])
        taken = "; ".join(
            f"{MEASURES[leak].label} {round(cells.loc[(code, leak), 'mean'] / gross, 2) + 0.0:.0%}" for leak in ranked
        )
        items.append(
            f"<li><b>{escaped(name)}</b>: of the service use avoided, {taken}; cash {cells.loc[(code, 'cash_released'), 'mean'] / gross:.0%}.</li>"
        )
    return "<h2>Which leak took what</h2><ul>" + "".join(items) + "</ul>" if items else ""


def _assumptions(manifest):
    rows = []
    for name, item in manifest["inputs"].items():
        year = f" ({escaped(item['price_year'])})" if item["price_year"] else ""
        rows.append(
            f"<tr><td>{escaped(name)}</td><td>{item['value']:g}</td><td class='text'>{escaped(item['unit'])}{year}</td>"
            f"<td>{item['low']:g} to {item['high']:g}</td><td class='text'>{escaped(full_source(item['source']))}</td></tr>"
        )
    dials = []
    for name, dial in DIALS.items():
        values = {str(item["dials"][name]) for item in manifest["arrangements"].values()}
        dials.append(
            f"<tr><td>{name}</td><td>{escaped(', '.join(sorted(values)))}</td><td class='text'>{escaped(dial.text)}</td><td class='text'>{escaped(full_source(dial.source))}</td></tr>"
        )
    guesses = sum(item["source"].startswith("assumption") for item in manifest["inputs"].values())
    return (
        f"<h2>Assumptions and sources</h2><p>{len(rows)} values of the place, programmes, providers and arrangements; {guesses} of them are "
        "assumptions, each with a range and a reason.</p>"
        f"{_future(manifest.get('future'))}"
        f"<details><summary>Dials</summary><table><tr><th>Dial</th><th>Value</th><th>Meaning</th><th>Source</th></tr>{''.join(dials)}</table></details>"
        f"<details><summary>Values</summary><table><tr><th>Value of</th><th>Value</th><th>Unit (price year)</th><th>Range</th><th>Source</th></tr>{''.join(rows)}</table></details>"
    )


def _future(future):
    """What the named future of a run says; nothing where there is none."""
    if not future:
        return ""
    rows = "".join(
        f"<tr><td>{escaped(name)}</td><td>{escaped(item['value'])}</td><td class='text'>{escaped(full_source(item['source']))}</td></tr>"
        for name, item in future["values"].items()
    )
    head = "<tr><th>Value of</th><th>Value, or values by year</th><th>Source</th></tr>"
    table = f"<details><summary>What it sets</summary><table>{head}{rows}</table></details>" if rows else ""
    return f"<p>Future: {escaped(future['name'])}. {escaped(future['text'])}</p>{table}"


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
