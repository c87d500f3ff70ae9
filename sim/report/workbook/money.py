"""The sheets in which money adds up: every year, the waterfall, who pays and gains, present value."""

from sim.record.measures import COSTS, LEAKS, MEASURES, of_group
from sim.report.workbook.book import at, kind_of, span
from sim.results.by_seed import DISCOUNT_RATE

AGREES = 0.01  # pounds; what is told in whole pennies differs by less
GAINS = ("efficiency_saving", "outcome_payment_in", "agency_premium")
SPENT = ("outcome_payment_out", *COSTS, "investor_return")
# The waterfall: rows of their own, and rows that take from, or add to, the total before them.
STEPS = (
    ("promised", None),
    ("optimism_and_luck", -1),
    ("gross_avoided", 0),
    *((leak, -1) for leak in LEAKS),
    ("cash_released", 0),
    *((name, -1) for name in of_group("return")),
    ("retained", 0),
    *((name, 1) for name in GAINS),
    *((name, -1) for name in SPENT),
    ("net_position", 0),
)
TOTALS = tuple(name for name, sign in STEPS if sign == 0)
_YEARS = "By year and agency"
_FIRST_YEAR = 8  # column of it on that sheet
_TOP = 3  # row of heads on every sheet


def sums(what, arrangement, measure, party=None, place=False):
    """A formula that sums rows of the sheet of years: ``total``, or a year's number."""
    where = [f"by_arrangement,{arrangement}"] + ([f"by_party,{party}"] if party else [])
    where += (["in_place,1"] if place else []) + [f'by_measure,"{measure}"']
    return f"SUMIFS(by_{what},{','.join(where)})"


def add_check(sheet, row, column, cells, numbers, unless=None):
    """A cell that says whether two numbers agree to the penny: their addresses, or the numbers themselves, and both numbers."""
    mine, known = numbers
    formula = f'IF(ABS({cells[0]}-{cells[1]})<{AGREES},"agrees","differs")'
    if unless:
        formula = f'IF({unless},"another rate",{formula})'
    sheet.formula(row, column, formula, "agrees" if abs(mine - known) < AGREES else "differs", "plain", "check")


def add_years(book, facts):
    """Every measure of every party by year: what the other sheets sum up."""
    table, totals = facts.yearly, facts.totals
    widths = [5, 32, 5, 38, 11, 9, 21, 36, 13, *facts.widths]
    about = "Every measure of every agency, joint body and other party, year by year. The other sheets sum its rows."
    note = (
        "Means over replicates; money in pounds of 2010/11. Choose rows by the arrows in the heads. In net position: 1 for "
        "agencies and joint bodies, whose net positions are the place's."
    )
    sheet = book.sheet(_YEARS, widths, _YEARS, note, about)
    heads = [
        "No.",
        "Arrangement",
        "No.",
        "Agency or other party",
        "Kind",
        "In net position",
        "Measure",
        "What it is",
        "Unit",
    ]
    years = [f"Year {year}" for year in table.columns]
    sheet.head(_TOP, [*heads, *years, "All years, or the last"], 0, 47)
    numbers = {code: i for i, code in enumerate(facts.names, 1)}
    parties = {code: i for i, code in enumerate(facts.parties, 1)}
    row, last_column = _TOP, len(heads) + facts.years
    for ((arrangement, party, measure), values), total in zip(_rows(table), totals.to_numpy(), strict=True):
        row += 1
        item, kind = MEASURES[measure], facts.kind(arrangement, party)
        sheet.number(row, 0, numbers[arrangement], "plain", "number")
        sheet.text(row, 1, facts.names[arrangement], "line")
        sheet.number(row, 2, parties[party], "plain", "number")
        sheet.text(row, 3, facts.parties[party], "line")
        sheet.text(row, 4, kind, "line")
        sheet.number(row, 5, int(kind != "other"), "plain", "number")
        sheet.text(row, 6, measure, "key")
        sheet.text(row, 7, item.label, "line")
        sheet.text(row, 8, "£" if item.is_money else item.unit, "line")
        for year, value in enumerate(values):
            sheet.number(row, len(heads) + year, value, kind_of(item))
        cells = span((row, len(heads)), (row, last_column - 1))
        formula = f"SUM({cells})" if item.adds_up == "sum" else at(row, last_column - 1)
        if total == total:
            sheet.formula(row, last_column, formula, total, kind_of(item), "sum")
    sheet.filter((_TOP, 0), (row, last_column))
    columns = {"by_arrangement": 0, "by_party": 2, "in_place": 5, "by_measure": 6, "by_total": last_column}
    columns |= {f"by_year_{year}": len(heads) + i for i, year in enumerate(table.columns)}
    for name, column in columns.items():
        book.name(name, sheet, (_TOP + 1, column), (row, column))
    return sheet


def _rows(table):
    """Keys and numbers of each row."""
    return zip(table.index, table.to_numpy().tolist(), strict=True)


def waterfall_rows(facts):
    """Rows of the waterfall by measure: those always shown, and what some arrangement has."""
    some = {*GAINS, *SPENT} - {"programme_cost", "transaction_cost"}
    shown = [
        (name, sign)
        for name, sign in STEPS
        if name not in some or any(facts.total(code, name, facts.of_place(code)) for code in facts.names)
    ]
    return {name: (_TOP + 1 + i, sign) for i, (name, sign) in enumerate(shown)}


def add_waterfall(book, facts):
    """From promise to the net position of the place, an arrangement a column, in pounds and in pence a pound promised."""
    rows, many = waterfall_rows(facts), len(facts.names)
    note = (
        "Agencies and joint bodies of the place; means over replicates, pounds of 2010/11 summed over the years, not discounted. Rows that begin with "
        "less are taken from the total above them. Bold rows are worked out here; below, they are held against the model's own sums."
    )
    widths = [42, 17, *[18] * many, 3, *[12] * many]
    sheet = book.sheet(
        "Waterfall",
        widths,
        "From promise to the net position",
        note,
        "From what was promised to what stayed, leak by leak.",
    )
    names = list(facts.names.values())
    sheet.head(
        _TOP, ["£ of 2010/11", "Measure", *names, "", *(f"Pence of each £ promised: {name}" for name in names)], 1, 62
    )
    for measure, (row, sign) in rows.items():
        item = MEASURES[measure]
        label = (
            f"less {_small(item.label)}" if sign == -1 else f"plus {_small(item.label)}" if sign == 1 else item.label
        )
        sheet.text(row, 0, label.replace("of it ", ""), "total" if sign in (None, 0) else "line")
        sheet.text(row, 1, measure, "key")
    columns = [_fill_waterfall(sheet, facts, rows, code, i) for i, code in enumerate(facts.names)]
    for i, values in enumerate(columns):
        for measure, (row, sign) in rows.items():
            promised = rows["promised"][0]
            formula = f"IF({at(promised, 2 + i)}=0,0,100*{at(row, 2 + i)}/{at(promised, 2 + i)})"
            pence = 100 * values[measure] / values["promised"] if values["promised"] else 0.0
            sheet.formula(row, 3 + many + i, formula, pence, "tenths", "" if sign else "total")
    _check_waterfall(sheet, facts, rows, columns)
    return sheet


def _small(label):
    """A label within a line."""
    return label if label[:1].islower() or label[1:2].isupper() else label[:1].lower() + label[1:]


def _fill_waterfall(sheet, facts, rows, code, i):
    """The column of an arrangement; its numbers by measure."""
    column, place, values = 2 + i, facts.of_place(code), {}
    start, level = None, 0.0
    for measure, (row, sign) in rows.items():
        if sign == 0:
            parts = [(at(r, column), s) for r, s in rows.values() if start < r < row]
            formula = at(start, column) + "".join(f"{'+' if s > 0 else '-'}{cell}" for cell, s in parts)
            values[measure] = level
            sheet.formula(row, column, formula, level, "pounds", "total")
        else:
            values[measure] = facts.total(code, measure, place)
            level += values[measure] * (sign or 1)
            formula = sums("total", i + 1, measure, place=True)
            sheet.formula(row, column, formula, values[measure], "pounds", "" if sign else "total")
        start = row if not sign else start
    return values


def _check_waterfall(sheet, facts, rows, columns):
    """Below the waterfall: totals as the summary has them, whether they agree, and costs whoever paid."""
    row = max(row for row, _ in rows.values()) + 2
    sheet.text(row, 0, "The model's own sums (summary.csv)", "section")
    for measure in TOTALS:
        for offset, text in ((1, MEASURES[measure].label), (2, "to the penny")):
            sheet.text(row + offset, 0, text, "check")
        for i, code in enumerate(facts.names):
            known, cells = facts.mean(code, measure), (at(rows[measure][0], 2 + i), at(row + 1, 2 + i))
            sheet.number(row + 1, 2 + i, known, "pennies", "check")
            add_check(sheet, row + 2, 2 + i, cells, (columns[i][measure], known))
        row += 2
    sheet.text(row + 2, 0, "Beside it", "section")
    sheet.text(row + 3, 0, "Programme cost, whoever paid", "line")
    for i, code in enumerate(facts.names):
        value = facts.total(code, "programme_cost")
        sheet.formula(row + 3, 2 + i, sums("total", i + 1, "programme_cost"), value, "pounds")


# Columns of the sheet of who pays and gains: head, sign in the net position, measures that are summed.
_MONEY = (
    ("Service use avoided", 0, ("gross_avoided",)),
    ("Cash released", 1, ("cash_released",)),
    ("Returned to the centre", -1, ("returned_to_centre",)),
    ("Saved by working as one", 1, ("efficiency_saving",)),
    ("Paid to it for outcomes", 1, ("outcome_payment_in", "agency_premium")),
    ("It paid for outcomes", -1, ("outcome_payment_out",)),
    ("Programme cost", -1, ("programme_cost",)),
    ("Agreeing, evaluating, closing and other costs", -1, tuple(name for name in COSTS if name != "programme_cost")),
    ("Return to investors", -1, ("investor_return",)),
)
_OTHERS = (
    ("Paid for outcomes", 1, ("outcome_payment_out",)),
    ("Paid back for outcomes", -1, ("clawed_back",)),
    ("Cost of delivery", 0, ("delivery_cost",)),
    ("Providers' surplus", 0, ("provider_surplus",)),
    ("Put in by investors", 0, ("invested",)),
    ("Got back by investors", 0, ("investor_income",)),
)


def add_who_gains(book, facts):
    """Who pays and who gains: a row a party, a column a kind of money, a block an arrangement."""
    note = (
        "Means over replicates, pounds of 2010/11 summed over the years. Net position = cash released - returned to the centre + saved by working as one "
        "+ paid to it for outcomes - all it paid. What one party of the place pays another adds to nothing in the total."
    )
    about = "For each agency and joint body, what it paid, what it was spared, what became its cash, and what it is left with."
    sheet = book.sheet("Who pays and gains", [40, *[16] * len(_MONEY), 16, 14], "Who pays and who gains", note, about)
    heads = ["Agency or joint body", *(head for head, *_ in _MONEY), "Net position", "Held against summary.csv"]
    sheet.head(_TOP, heads, 1, 62)
    row = _TOP + 1
    for code in facts.names:
        row = _add_parties(sheet, facts, code, row) + 1
    sheet.text(row + 1, 0, "Beside the place: departments, providers, investors and what joins them", "section")
    sheet.head(row + 2, ["Party", *(head for head, *_ in _OTHERS)], height=47)
    row += 3
    for code in facts.names:
        row = _add_others(sheet, facts, code, row) + 1
    return sheet


def _add_parties(sheet, facts, code, row):
    """The block of an arrangement; the row after it."""
    number, numbers = list(facts.names).index(code) + 1, list(facts.parties)
    sheet.text(row, 0, facts.names[code], "section")
    first, column = row, len(_MONEY) + 1  # from the name of the arrangement on, as there may be no party
    sum_of = [0.0] * (column + 1)
    for party in facts.of_place(code):
        values = [sum(facts.total(code, name, [party]) for name in names) for _, _, names in _MONEY]
        if not any(values):
            continue
        row += 1
        sheet.text(row, 0, facts.parties[party], "line")
        for j, (value, (_, _, names)) in enumerate(zip(values, _MONEY, strict=True), 1):
            formula = "+".join(sums("total", number, name, numbers.index(party) + 1) for name in names)
            sheet.formula(row, j, formula, value, "pounds")
            sum_of[j] += value
        net = sum(value * sign for value, (_, sign, _) in zip(values, _MONEY, strict=True))
        sheet.formula(row, column, _net(row), net, "pounds", "total")
        sum_of[column] += net
        known = facts.mean(code, "net_position", party)
        add_check(sheet, row, column + 1, (at(row, column), known), (net, known))
    sheet.text(row + 1, 0, "The place", "total")
    for j in range(1, column + 1):
        sheet.formula(row + 1, j, f"SUM({span((first, j), (row, j))})", sum_of[j], "pounds", "total")
    known = facts.mean(code, "net_position")
    add_check(sheet, row + 1, column + 1, (at(row + 1, column), known), (sum_of[column], known))
    return row + 2


def _net(row):
    """The formula of a net position."""
    signed = [(j, sign) for j, (_, sign, _) in enumerate(_MONEY, 1) if sign]
    return "".join(f"{'+' if sign > 0 else '-'}{at(row, j)}" for j, sign in signed).removeprefix("+")


def _add_others(sheet, facts, code, row):
    """Parties whose gains are not the place's; the row after them."""
    number, numbers = list(facts.names).index(code) + 1, list(facts.parties)
    sheet.text(row, 0, facts.names[code], "section")
    for party in facts.parties:
        values = [facts.total(code, names[0], [party]) for _, _, names in _OTHERS]
        if facts.kind(code, party) == "other" and any(values):
            row += 1
            sheet.text(row, 0, facts.parties[party], "line")
            for j, (value, (_, _, (name,))) in enumerate(zip(values, _OTHERS, strict=True), 1):
                sheet.formula(row, j, sums("total", number, name, numbers.index(party) + 1), value, "pounds")
    return row + 1


_FLOWS = (
    ("Retained by the place", 1, ("retained",)),
    ("Saved by working as one", 1, ("efficiency_saving",)),
    ("Outcome payments, in less out", 1, ("outcome_payment_in", "agency_premium")),
    ("Costs", -1, COSTS),
    ("Return to investors", -1, ("investor_return",)),
)


def add_present_value(book, facts):
    """Net position of the place by year, discounted at a rate that may be changed, and its net present value."""
    note = (
        "Means over replicates, pounds of 2010/11. Change the yellow cell to see the net present value at another rate."
    )
    about = "The place's net position by year, discounted, and its net present value, at a rate that you may change."
    sheet = book.sheet("Present value", [34, *[15] * facts.years, 18], "Present value", note, about)
    sheet.head(_TOP, ["£ of 2010/11", *(f"Year {year}" for year in facts.yearly.columns), "All years"], 1)
    rate = (_TOP + 1, 1)
    sheet.text(rate[0], 0, "Discount rate a year", "line")
    sheet.number(*rate, DISCOUNT_RATE, "share", "input")
    book.name("discount_rate", sheet, rate, rate)
    sheet.text(rate[0] + 1, 0, "Discount factor", "line")
    for i in range(facts.years):
        sheet.formula(rate[0] + 1, 1 + i, f"(1+discount_rate)^-{i}", (1 + DISCOUNT_RATE) ** -i, "factor")
    row = rate[0] + 3
    for number, code in enumerate(facts.names, 1):
        row = _add_discounted(sheet, facts, number, code, row, rate[0] + 1)
    return sheet


def _add_discounted(sheet, facts, number, code, row, factors):
    """The block of an arrangement; the row after it."""
    place, last = facts.of_place(code), facts.years + 1
    mine = facts.yearly.loc[code]
    mine = mine[mine.index.get_level_values("agency").isin(place)].groupby(level="measure").sum()
    sheet.text(row, 0, facts.names[code], "section")
    net = [0.0] * facts.years
    for k, (label, sign, names) in enumerate(_FLOWS, 1):
        taken = [(name, 1) for name in names] + ([("outcome_payment_out", -1)] if "outcome_payment_in" in names else [])
        sheet.text(row + k, 0, ("less " if sign < 0 else "") + _small(label) if k > 1 else label, "line")
        values = [0.0] * facts.years
        for i, year in enumerate(mine.columns):
            formula = "".join(
                f"{'+' if s > 0 else '-'}{sums(f'year_{year}', number, name, place=True)}" for name, s in taken
            )
            values[i] = sum(s * float(mine[year].get(name, 0.0)) for name, s in taken)
            sheet.formula(row + k, 1 + i, formula.removeprefix("+"), values[i], "pounds")
            net[i] += sign * values[i]
        sheet.formula(row + k, last, f"SUM({span((row + k, 1), (row + k, last - 1))})", sum(values), "pounds", "sum")
    end = row + len(_FLOWS) + 1
    lines = [net, [value * (1 + DISCOUNT_RATE) ** -i for i, value in enumerate(net)]]
    for k, (label, values) in enumerate(zip(("Net position of the place", "Present value"), lines, strict=True)):
        sheet.text(end + k, 0, label, "total")
        for i, value in enumerate(values):
            signed = "".join(f"{'+' if s > 0 else '-'}{at(row + j, 1 + i)}" for j, (_, s, _) in enumerate(_FLOWS, 1))
            formula = f"{at(end, 1 + i)}*{at(factors, 1 + i, 'r')}" if k else signed.removeprefix("+")
            sheet.formula(end + k, 1 + i, formula, value, "pounds", "total")
        formula = f"SUM({span((end + k, 1), (end + k, last - 1))})"
        sheet.formula(end + k, last, formula, sum(values), "pounds", "total")
    sheet.text(end + 2, 0, f"held against npv of summary.csv, at {DISCOUNT_RATE:.1%}", "check")
    known, other = facts.mean(code, "npv"), f"discount_rate<>{DISCOUNT_RATE}"
    add_check(sheet, end + 2, last, (at(end + 1, last), known), (sum(lines[1]), known), other)
    return end + 4
