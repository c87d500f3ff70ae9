"""How a public body lives within its means: reserves, cuts within the year, and services that shrink with budgets (6.5)."""

import numpy as np

from sim.core.calendar import QUARTERS
from sim.core.ledger import equal_part


def in_year(agency, over):
    """In the third quarter: cut what a forecast overspend exceeds the reserve by, prevention first, then other services.

    A body whose rule is a section 114 report makes one where that is not enough, and stops all else that is no duty.

    Parameters
    ----------
    agency : Agency
    over : int
        Pence by which the year's outturn is forecast to exceed the budget.
    """
    gap = over - max(0, agency.balance("reserve"))
    if gap <= 0:
        return
    gap -= _cut_prevention(agency, gap)
    quarter = equal_part(agency.plan.optional, QUARTERS, QUARTERS - 1)
    gap -= _stop_other(agency, gap, round(quarter * agency.in_year_share))
    if gap > 0 and agency.spec.deficit == "section_114":
        agency.report_section_114(gap)
        _stop_other(agency, gap, quarter - agency.stopped_pence)


def _cut_prevention(agency, gap):
    """Take money that is not committed, then cancel what contracts would cost next quarter: pence saved.

    A ring-fenced sum, and what it pays for, are not touched.
    """
    book, purse, ringed = agency.model.contracts, agency.account(agency.purse), agency.funds.ring_fenced
    owed = book.owed_next_quarter(purse)
    kept = owed + (agency.funds.earmarked if ringed else 0)
    moved = min(gap, max(0, agency.balance("prevention") - kept))
    cancelled = 0 if ringed else min(gap - moved, owed)
    if cancelled:
        book.cut_next_quarter(purse, cancelled)
        moved += min(cancelled, max(0, agency.balance("prevention") - moved))
    agency.model.ledger.transfer(purse, agency.account("service"), moved, "internal")
    if moved:
        agency.noted["cut_prevention"] += moved
        agency.model.decisions.taken(agency.code, "cut", gap, "prevention", moved)
    return moved


def _stop_other(agency, gap, most):
    """Stop a part of next quarter's other services: pence saved."""
    stopped = max(0, min(gap, most))
    if stopped:
        agency.stopped_pence += stopped
        agency.noted["cut_other_services"] += stopped
        agency.model.decisions.taken(agency.code, "cut", gap, "other_services", stopped)
    return stopped


def cover(agency):
    """Meet a deficit of the year from the reserve, then from prevention, then from joint bodies that the agency hosts."""
    ledger, service = agency.model.ledger, agency.account("service")
    for purse in ("reserve", "prevention"):
        part = min(max(0, -agency.balance("service")), max(0, agency.balance(purse)))
        ledger.transfer(agency.account(purse), service, part, "internal")
        agency.noted["reserve_used" if purse == "reserve" else "cut_prevention"] += part
    for body in agency.model.bodies:
        if body.host is agency:
            part = min(max(0, -agency.balance("service")), max(0, body.balance()))
            body.pay(service, part, "distribution")
            if part:
                agency.model.decisions.taken(agency.code, "take", part, body.code, "for a deficit")


def note_plan(agency, short):
    """Take down by how much next year's budget is less than this year's, by what is cut, and what it lacks."""
    for name, pence in agency.plan.cut.items():
        agency.noted[name] += pence
    if short:
        agency.model.decisions.taken(agency.code, "draw_on_reserve", short, "reserve", agency.balance("reserve"))


def fit_places(agency, quarter):
    """Put on notice, in whole blocks, the places of rationed services that next year's budget does not pay for.

    Nobody is turned out: places close as those who have them leave, and nobody is let in.
    """
    services, lines = agency.model.services, agency.model.lines
    notice = services.under_notice()
    for line in agency.own_lines:
        paid_for = agency.plan.places(_place_of(agency, line))
        if paid_for is None:
            continue
        usable, block = int(services.places[line] - notice[line]), int(lines.block[line])
        blocks = min(int((usable - paid_for) / block + 0.5), usable // block)
        if blocks > 0:
            due = services.run_down(line, quarter, blocks * block)
            agency.model.decisions.taken(
                agency.code, "cut", blocks * block, lines.ids[line], f"closes from quarter {due}, as places empty"
            )


def slack(agency, line, pence):
    """Pence that may pay for new blocks of a line: none where its budget is cut below the places it has."""
    paid_for = agency.plan.places(_place_of(agency, line))
    if paid_for is None:
        return pence
    services, block = agency.model.services, int(agency.model.lines.block[line])
    usable = int(services.places[line] - services.under_notice()[line])
    return pence if usable + block / 2 <= paid_for else 0


def _place_of(agency, line):
    """Where a line stands among those that an agency pays for."""
    return int(np.nonzero(agency.paid_lines == line)[0][0])
