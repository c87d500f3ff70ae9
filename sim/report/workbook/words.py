"""The sheets that tell and explain: contents, verdict, differences, incentives, assumptions, meanings."""

from sim.core.codes import ALL
from sim.core.dials import DIALS
from sim.core.evidence import full_source
from sim.record.measures import MEASURES
from sim.report.findings import plain
from sim.report.incentive_words import label, lifted, verdict
from sim.report.verdict import sentences
from sim.report.workbook.book import at, kind_of, span
from sim.report.workbook.money import waterfall_rows

_TOP = 3
# Of each promised pound, how many pence became what.
_PENCE = (
    ("became cash", ("cash_released",)),
    ("stayed with agencies of the place", ("retained",)),
    ("met need that had waited", ("backfill_unmet_need",)),
    ("stood in empty places", ("stranded_notice", "stranded_unclosed")),
)
_BY_PARTY = ("gross_avoided", "cash_released", "retained", "programme_cost", "net_position")


def add_contents(book, facts):
    """The first sheet, whose list of sheets :func:`fill_contents` writes."""
    manifest = facts.manifest
    note = (
        f"{manifest['place_name']}: {manifest['families']:,} families, {manifest['years']} years, {manifest['replicates']} replicates "
        f"(seeds {manifest['seed']} to {manifest['seed'] + manifest['replicates'] - 1}). All money is in pounds of 2010/11."
    )
    return book.sheet("Contents", [26, 110], f"Where the savings go: {manifest['place_name']}", note, "")


def fill_contents(sheet, facts, sheets):
    """What each sheet holds, the arrangements by number, and how to read a workbook of formulas."""
    sheet.head(_TOP, ["Sheet", "What is in it"], 0)
    row = _TOP
    for other in sheets:
        row += 1
        sheet.link(row, 0, other)
        sheet.text(row, 1, other.about)
    sheet.head(row + 2, ["Arrangement", "Name, and what it differs in"])
    row += 2
    for number, code in enumerate(facts.names, 1):
        row += 1
        item = facts.manifest["arrangements"][code]
        sheet.text(row, 0, f"{number}  {code}")
        differs = item["differs"]
        sheet.text(row, 1, f"{facts.names[code]}{': ' if differs else ''}{differs}")
    notes = (
        "Sums, balances, the waterfall, net positions, discounting and net present value are formulas: click on a cell to see what it is made of. They start "
        "from the sheet of years, whose numbers are the model's.",
        "Yellow cells may be changed: the discount rate. Cells in italics say whether a sum agrees to the penny with the model's own.",
        "Numbers are shown in whole pounds and are known more exactly: a click shows it. A mean over replicates may hold parts of a penny.",
        f"Written by listsim {facts.manifest['versions']['listsim']}; study {facts.manifest['study_hash'][:12]}. The same study gives the same bytes.",
    )
    sheet.text(row + 2, 0, "How to read it", "section")
    for i, text in enumerate(notes, 1):
        sheet.text(row + 2 + i, 1, text)


def add_verdict(book, facts):
    """What came of each arrangement, beside the first one, in rows that a reader of five minutes needs."""
    codes, first = list(facts.names), facts.first
    note = (
        f"Means over replicates, pounds of 2010/11 over the years. Differences are from {facts.names[first]}, seed by seed, with their 95% intervals; only where an interval "
        "leaves out nought is a difference told from luck."
    )
    sheet = book.sheet(
        "Verdict",
        [52, *[24] * len(codes)],
        "What came of it",
        note,
        "What each arrangement came to, how sure that is, and where each promised pound went.",
    )
    sheet.head(_TOP, ["", *facts.names.values()], 0, 47)
    row = _add_sums(sheet, facts, _TOP + 1)
    row = _add_pence(sheet, facts, row)
    row = _add_life(sheet, facts, row)
    for question, lines in sentences(facts.found):
        sheet.text(row, 0, question, "section")
        for line in lines:
            row += 1
            sheet.paragraph(row, plain(line))
        row += 2
    return sheet


def _add_pence(sheet, facts, row):
    """Of each promised pound, how many pence became what; the row after the next."""
    codes = list(facts.names)
    sheet.text(row, 0, "Of each pound promised, pence that", "section")
    rows = waterfall_rows(facts)
    for label_of, measures in _PENCE:
        row += 1
        sheet.text(row, 0, label_of, "line")
        for i, code in enumerate(codes):
            promised = facts.total(code, "promised", facts.of_place(code))
            value = sum(facts.total(code, name, facts.of_place(code)) for name in measures)
            cells = "+".join(f"Waterfall!{at(rows[name][0], 2 + i)}" for name in measures)
            base = f"Waterfall!{at(rows['promised'][0], 2 + i)}"
            sheet.formula(
                row,
                1 + i,
                f"IF({base}=0,0,100*({cells})/{base})",
                100 * value / promised if promised else 0.0,
                "tenths",
            )
    return row + 2


def _add_life(sheet, facts, row):
    """Whether prevention lives on its receipts, and how long joint bodies live; the row after the next."""
    codes = list(facts.names)
    sheet.text(row, 0, "Does it live on its own receipts?", "section")
    for measure in ("self_sustaining", "list_years"):
        if any(facts.mean(code, measure) == facts.mean(code, measure) for code in codes):
            row += 1
            sheet.text(row, 0, f"{MEASURES[measure].label} ({MEASURES[measure].unit})", "line")
            for i, code in enumerate(codes):
                sheet.number(
                    row, 1 + i, facts.mean(code, measure), "share" if measure == "self_sustaining" else "tenths"
                )
    return row + 2


def _add_sums(sheet, facts, row):
    """Sums from the waterfall and differences of them; the row after the next."""
    rows, apart = waterfall_rows(facts), facts.found.apart
    for measure in ("promised", "gross_avoided", "cash_released", "retained", "net_position"):
        sheet.text(row, 0, MEASURES[measure].label, "total")
        for i, code in enumerate(facts.names):
            value, cell = facts.total(code, measure, facts.of_place(code)), f"Waterfall!{at(rows[measure][0], 2 + i)}"
            sheet.formula(row, 1 + i, cell, value, "pounds", "total")
        if measure in ("cash_released", "net_position") and len(facts.names) > 1:
            texts = (f"more than {facts.names[facts.first]}", "at least (95% interval)", "at most", "told from luck?")
            for k, text in enumerate(texts, 1):
                sheet.text(row + k, 0, f"    {text}", "line")
            for i, code in enumerate(facts.names, 1):
                if code == facts.first:
                    continue
                found = apart.loc[(code, facts.first, measure)]
                for k, name in enumerate(("mean", "low", "high"), 1):
                    sheet.number(row + k, i, found[name], "pounds")
                _add_told(sheet, row + 4, i, (at(row + 2, i), at(row + 3, i)), found)
            row += 4
        row += 1
    return row + 1


def _add_told(sheet, row, column, cells, found):
    """Whether an interval leaves nought, in a word."""
    low, high = cells
    if found["low"] != found["low"]:
        sheet.text(row, column, "one seed tells nothing", "check")
        return
    value = "more" if found["low"] > 0 else "less" if found["high"] < 0 else "not told from luck"
    sheet.formula(row, column, f'IF({low}>0,"more",IF({high}<0,"less","not told from luck"))', value, "plain", "check")


def add_differences(book, facts):
    """Paired differences from the first arrangement, with their intervals."""
    note = (
        "By how much each arrangement differs from another, seed by seed, so that luck which both share leaves the difference alone: mean and 95% interval. "
        "Money in pounds of 2010/11 over the years. differences.csv, or runs.parquet, has all measures of all parties."
    )
    heads = [
        "Arrangement",
        "Than",
        "Whose",
        "Measure",
        "What it is",
        "Unit",
        "Mean difference",
        "Low",
        "High",
        "Seeds",
        "In a word",
    ]
    about = "Differences between arrangements, paired by seed, with 95% intervals."
    sheet = book.sheet(
        "Differences", [30, 30, 26, 20, 40, 14, 17, 17, 17, 7, 18], "Differences between arrangements", note, about
    )
    sheet.head(_TOP, heads, 0)
    row, known = _TOP, {ALL: "All together"} | facts.parties
    for item in facts.found.differences.to_dict("records"):
        measure, of_all = MEASURES[item["measure"]], item["agency"] == ALL
        wanted = measure.shown or measure.name in ("npv", "self_sustaining") if of_all else measure.name in _BY_PARTY
        in_place = of_all or facts.kind(item["arrangement"], item["agency"]) != "other"
        if not (wanted and in_place) or not (item["mean"] or item["low"] or item["high"]):
            continue
        row += 1
        texts = (facts.names[item["arrangement"]], facts.names[item["than"]], known[item["agency"]])
        for column, text in enumerate(texts):
            sheet.text(row, column, text, "line")
        sheet.text(row, 3, measure.name, "key")
        sheet.text(row, 4, measure.label, "line")
        sheet.text(row, 5, "£" if measure.is_money else measure.unit, "line")
        for column, name in enumerate(("mean", "low", "high"), 6):
            sheet.number(row, column, item[name], kind_of(measure))
        sheet.number(row, 9, item["n"], "count")
        _add_told(sheet, row, 10, (at(row, 7), at(row, 8)), item)
    if row == _TOP:
        sheet.text(row + 1, 0, "There is one arrangement, and so no difference.", "line")
    else:
        sheet.filter((_TOP, 0), (row, len(heads) - 1))
    return sheet


def add_incentives(book, facts):
    """What a family on each programme costs and is believed to save each body, and who would buy it."""
    said = facts.found.incentives
    about = "For each programme: what a family costs, what it is believed to save each body, who would buy it, what is forgone."
    if said is None:
        note = "Incentives were not worked out beside this comparison: its arrangements do not share one catalogue, place and horizon."
        return book.sheet("Incentives", [60, 40], "Who would pay for a programme, and who would gain", note, about)
    bodies = said["bodies"]
    note = (
        f"A family on a programme, {said['horizon_years']:g} years ahead, as deciders believe, at average cost, pounds of 2010/11. A body buys alone where what it expects to "
        "gain by its own values exceeds the cost. Forgone is a year's, by no one buying what would be worth it to all."
    )
    heads = [
        "Programme",
        "Cost a family",
        *map(label, bodies),
        "All bodies",
        "Benefit for each £",
        "Standard error",
        "In truth",
        "Who may buy",
        "Who would buy",
    ]
    heads += ["Forgone a year", "In truth", "Smallest side payment", "from", "to", "Least to lift"]
    widths = [36, 12, *[12] * len(bodies), 13, 10, 11, 12, 30, 24, 15, 15, 12, 13, 13, 34]
    sheet = book.sheet("Incentives", widths, "Who would pay for a programme, and who would gain", note, about)
    sheet.head(_TOP, [head[:1].upper() + head[1:] for head in heads], 1, 47)
    for row, item in enumerate(said["rows"], _TOP + 1):
        _add_programme(sheet, row, item, bodies)
    return sheet


def _add_programme(sheet, row, item, bodies):
    """The row of a programme."""
    end, benefit = 2 + len(bodies), [item["benefit_gbp"][body] for body in bodies]
    sheet.text(row, 0, item["name"], "line")
    sheet.number(row, 1, item["cost_per_family_gbp"], "pounds")
    for i, pounds in enumerate(benefit):
        sheet.number(row, 2 + i, pounds, "pounds")
    sheet.formula(row, end, f"SUM({span((row, 2), (row, end - 1))})", sum(benefit), "pounds", "total")
    cost = item["cost_per_family_gbp"]
    ratio = f"IF({at(row, 1)}=0,0,{at(row, end)}/{at(row, 1)})"
    sheet.formula(row, end + 1, ratio, sum(benefit) / cost if cost else 0.0, "rate")
    sheet.number(row, end + 2, item["standard_error_gbp"]["all"], "pounds")
    sheet.number(row, end + 3, sum(item["true_gbp"].values()), "pounds")
    sheet.text(row, end + 4, ", ".join(map(label, item["commissioners"])) or "nobody", "line")
    sheet.text(row, end + 5, verdict(item), "line")
    sheet.number(row, end + 6, item["forgone_gbp_per_year"], "pounds")
    sheet.number(row, end + 7, item["forgone_in_truth_gbp_per_year"], "pounds")
    payment = None if item["buys_alone"] else item["smallest_side_payment"]
    if payment:
        sheet.number(row, end + 8, payment["gbp"], "pounds")
        sheet.text(row, end + 9, label(payment["from"]), "line")
        sheet.text(row, end + 10, label(payment["to"]), "line")
    sheet.text(row, end + 11, lifted(item), "line")


def add_assumptions(book, facts):
    """Every value that went in, with its range and its source; then the dials."""
    inputs, of_each = facts.manifest["inputs"], facts.manifest["arrangements"].values()
    guesses = sum(item["source"].startswith("assumption") for item in inputs.values())
    note = (
        f"{len(inputs):,} values of the place, programmes, providers and arrangements, {guesses:,} of them assumptions, each with a range and a reason; then the dials, of which an arrangement "
        "may have set its own. listsim explain NAME says more of each."
    )
    heads = ["Value of", "Value", "Unit", "Price year", "Low", "High", "Published or assumed", "Source"]
    sheet = book.sheet(
        "Assumptions",
        [44, 14, 26, 11, 12, 12, 13, 90],
        "Assumptions and their sources",
        note,
        "Every value that went in, its range, and where it comes from.",
    )
    sheet.head(_TOP, heads, 1)
    row = _TOP
    for name, item in inputs.items():
        row += 1
        sheet.text(row, 0, name, "line")
        sheet.number(row, 1, item["value"], "plain")
        sheet.text(row, 2, item["unit"], "line")
        sheet.text(row, 3, item["price_year"], "line")
        sheet.number(row, 4, item["low"], "plain")
        sheet.number(row, 5, item["high"], "plain")
        _add_source(sheet, row, item["source"])
    for name, dial in DIALS.items():
        row += 1
        values = {str(item["dials"][name]): item["dials"][name] for item in of_each}
        sheet.text(row, 0, name, "line")
        *_, value = values.values()
        if len(values) == 1 and isinstance(value, int | float):
            sheet.number(row, 1, value, "plain")
        else:
            sheet.text(row, 1, ", ".join(values), "line")
        sheet.text(row, 2, dial.unit, "line")
        for column, bound in ((4, dial.low), (5, dial.high)):
            if bound is not None:
                sheet.number(row, column, bound, "plain")
        _add_source(sheet, row, dial.source)
    sheet.filter((_TOP, 0), (row, len(heads) - 1))
    return sheet


def _add_source(sheet, row, source):
    sheet.text(row, 6, "assumed" if source.startswith("assumption") else "published", "line")
    sheet.text(row, 7, full_source(source))


def add_meanings(book, facts):
    """What each measure means."""
    note = "Measures as summary.csv, years.csv and runs.parquet name them. A cost, a leak and a payment out are positive in their own rows."
    sheet = book.sheet(
        "Meanings",
        [26, 44, 20, 12, 26, 90],
        "What the measures mean",
        note,
        "What each measure means, its unit, and how it adds up over the years.",
    )
    heads = ["Measure", "In words", "Unit", "More is", "Over the years", "Meaning"]
    sheet.head(_TOP, heads, 1)
    signs = {"+": "better", "-": "worse", "": ""}
    for row, item in enumerate(MEASURES.values(), _TOP + 1):
        sheet.text(row, 0, item.name, "line")
        sheet.text(row, 1, item.label)
        sheet.text(row, 2, "£" if item.is_money else item.unit)
        sheet.text(row, 3, signs[item.sign])
        sheet.text(row, 4, item.adds_up)
        sheet.text(row, 5, item.meaning)
    sheet.filter((_TOP, 0), (_TOP + len(MEASURES), len(heads) - 1))
    return sheet
