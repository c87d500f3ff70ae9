"""The sheet of cash flow: what every party of the place had, was paid and paid, from the ledger."""

from sim.report.workbook.book import at, span
from sim.report.workbook.money import add_check, sums

_TOP = 3
_OPENING = "opening_balance"


def add_cash_flow(book, facts):
    """A statement each party, from its opening to its closing balance, year by year."""
    note = (
        "Means over replicates of what the ledger holds, pounds of 2010/11; receipts are added, payments taken away. A closing balance is the opening one "
        "and all below it; in its last year it is held against the balance that the model recorded. Choose a party by the arrows in the heads."
    )
    about = "For each joint body and agency: opening balance, every receipt and payment by purpose, closing balance, from the ledger."
    sheet = book.sheet("Cash flow", [32, 38, 46, *facts.widths, 14], "Cash flow, from the ledger", note, about)
    years = [f"Year {year}" for year in range(1, facts.years + 1)]
    sheet.head(
        _TOP,
        ["Arrangement", "Agency or joint body", "£ of 2010/11", *years, "All years", "Held against runs.parquet"],
        3,
        47,
    )
    flows = _by_party(facts.found.flows, facts.found.runs["replicate"].nunique())
    row = _TOP + 1
    for code in facts.names:
        for party in facts.of_place(code):
            if (code, party) in flows:
                row = _add_statement(sheet, facts, code, party, flows[code, party], row)
    sheet.filter((_TOP, 0), (row - 1, facts.years + 4))
    return sheet


def _by_party(flows, replicates):
    """What each party was paid and paid: pounds by line and year, by arrangement and party."""
    sums_of = (
        flows.groupby(["arrangement", "payer", "payee", "purpose", "year"], sort=True)["pence"].sum() / 100 / replicates
    )
    found = {}
    for (code, payer, payee, purpose, year), pounds in sums_of.items():
        for party, other, sign in ((payee, payer, 1), (payer, payee, -1)):
            line = _OPENING if purpose == _OPENING else (-sign, purpose, other)
            by_year = found.setdefault((code, party), {}).setdefault(line, {})
            by_year[year] = by_year.get(year, 0.0) + sign * pounds
    return found


def _add_statement(sheet, facts, code, party, lines, row):
    """Rows of a party; the row after them."""
    years, last, first = range(1, facts.years + 1), facts.years + 3, row + 1
    begin = sum(lines.get(_OPENING, {}).values())
    moves = sorted(line for line in lines if line != _OPENING)
    end = row + len(moves) + 1
    for k, (side, purpose, other) in enumerate(moves):
        words, whom = purpose.replace("_", " "), facts.parties.get(other, other.replace("_", " ").capitalize())
        _label(sheet, facts, code, party, first + k, f"{words} {'from' if side < 0 else 'to'} {_plain(whom)}", "line")
        values = [lines[side, purpose, other].get(year, 0.0) for year in years]
        for i, value in enumerate(values):
            sheet.number(first + k, 3 + i, value, "pounds")
        cells = span((first + k, 3), (first + k, last - 1))
        sheet.formula(first + k, last, f"SUM({cells})", sum(values), "pounds", "sum")
    _label(sheet, facts, code, party, row, "Opening balance", "total")
    _label(sheet, facts, code, party, end, "Closing balance", "total")
    balance = begin
    for i, year in enumerate(years):
        if i:
            sheet.formula(row, 3 + i, at(end, 2 + i), balance, "pounds", "total")
        else:
            sheet.number(row, 3, begin, "pounds", "total")
        balance += sum(lines[line].get(year, 0.0) for line in moves)
        sheet.formula(end, 3 + i, f"SUM({span((row, 3 + i), (end - 1, 3 + i))})", balance, "pounds", "total")
    number, owner = list(facts.names).index(code) + 1, list(facts.parties).index(party) + 1
    known = facts.total(code, "closing_balance", [party])
    add_check(
        sheet, end, last + 1, (at(end, last - 1), sums("total", number, "closing_balance", owner)), (balance, known)
    )
    return end + 1


def _plain(name):
    """A name within a line."""
    return name.removesuffix(" (joint body)")


def _label(sheet, facts, code, party, row, text, look):
    sheet.text(row, 0, facts.names[code], "line")
    sheet.text(row, 1, facts.parties[party], "line")
    sheet.text(row, 2, text[:1].upper() + text[1:], look)
