"""What a list decides in place of a body's own judgement: programmes to commission, and the size of services."""

from dataclasses import replace

from sim.core.calendar import QUARTERS
from sim.deals.contracts import Project
from sim.place.services import resizing, served_cases


def commission(body, entries, money):
    """Commission what is listed, whatever its worth, in the order listed; what cannot be done is refused whole.

    Parameters
    ----------
    body : Commissioner
    entries : list of decisions.Decision
        Of kind ``commission``.
    money : int
        Pence it may spend.
    """
    book = body.model.decisions
    projects = [(entry, _project(body, entry)) for entry in entries]  # who delivers is settled before any is signed
    for entry, project in projects:
        if not entry.number:
            book.taken(body.code, "commission", 0, entry.what, "none")
        elif isinstance(project, str):
            book.refuse(entry, project)
        else:
            money -= _buy(body, entry, project, money)


def _project(body, entry):
    """The project that an entry asks for, or why there is none."""
    market, programme = body.model.market, body.model.catalogue.get(entry.what)
    if programme is None:
        return "the place has nobody like its target"
    if not body.may_commission(programme):
        return "it has no power to commission it"
    wanted = max(entry.number, market.room_for(programme, body))
    provider = market.best_provider(programme, body, max(1, wanted), least=max(1, entry.number))
    if provider is None:
        return "no provider has room for so many families"
    price = market.price_pence(programme, provider, entry.number)
    appraisal = body.appraise(programme, price)
    if appraisal is None:
        return "nobody is like its target this year"
    return Project(body, programme, provider, entry.number, price, appraisal)


def _buy(body, entry, project, money):
    """Sign a listed project if the money is there: pence of the body's own that it binds."""
    fee = body.project_cost(entry.what)
    if project.provider.may_take(project.programme, entry.number) < entry.number:
        body.model.decisions.refuse(entry, "its provider has no room left")
        return 0
    backing = None
    if money >= fee or body.can_charge(fee):
        backing = body.backing(project, max(0, money - fee), entry.number, entry.number)
    if backing is None or backing.families < entry.number:
        body.model.decisions.refuse(entry, "no money left")
        return 0
    return body.buy(project, backing, fee)


def size(agency, line, quarter, slack, pressure):
    """How an agency sizes one of its lines at a quarter's end: by rule, as far as the list is silent.

    Parameters
    ----------
    agency : Agency
    line, quarter : int
    slack : int
        Pence of unspent service budget of a year that may pay for new blocks.
    pressure : float
        Share of the whole budget by which what is no duty falls, which moves practice.

    Returns
    -------
    services.Resizing
    """
    model, services = agency.model, agency.model.services
    book, name, low = model.decisions, model.lines.ids[line], int(model.services.low_places[line])
    held = book.says(agency.code, name, "hold_threshold")
    drift, practice = (0.0, 0.0) if held else (agency.drift(line), agency.practice(line, pressure))
    plan = resizing(services, line, quarter, drift, agency.willingness(line), model.seed, slack, practice)
    for entry in book.listed(agency.code, *_SIZES):
        if entry.what == name and book.is_open(entry):
            plan = _resized(agency, entry, line, quarter, slack, plan)
    if held or (agency.holds(line) and _might_move(model, line, quarter) and plan.low_places == low):
        book.taken(agency.code, "hold_threshold", "yes", name, _threshold(low))
    _take_down(agency, name, line, quarter, plan, plan.low_places - low)
    return plan


def _might_move(model, line, quarter):
    """Whether a line's threshold could move by rule if nobody held it."""
    if model.lines.gate[line] == "judgement":
        return model.dials["services.threshold_drift"] > 0 and model.services.spare(line, quarter) > 0
    moves = max(model.dials["services.practice_drift"], model.dials["services.practice_pressure"])
    return bool(model.lines.by_practice[line]) and moves > 0


def _threshold(low):
    """Where a threshold stands, in words."""
    return f"{low} places let to lower need" if low >= 0 else f"{-low} cases withheld"


def _resized(agency, entry, line, quarter, slack, plan):
    """A plan as a listed decision has it, without anything of the kind where that cannot be."""
    model = agency.model
    why = _SIZES[entry.kind](model.services, line, quarter, entry.number, slack)
    if why:
        model.decisions.refuse(entry, why)
    elif entry.number == 0:
        model.decisions.taken(agency.code, entry.kind, 0, entry.what, "none")
    if entry.kind == "lower_threshold":
        low = int(model.services.low_places[line])
        return replace(plan, low_places=min(plan.low_places, low) if why else low + entry.number)
    blocks = 0 if why else entry.number // int(model.lines.block[line])
    if entry.kind == "close_places":
        return replace(plan, close_blocks=blocks, open_blocks=0 if blocks else plan.open_blocks)
    return replace(plan, close_blocks=0 if blocks else plan.close_blocks, open_blocks=blocks)


def _cannot_lower(services, line, quarter, places, slack):
    """Why a threshold cannot be lowered for so many places; empty if it can."""
    lines, empty = services.lines, _empty(services, line, quarter)
    if lines.gate[line] in _FIXED:
        return f"its threshold is not its agency's to lower: {_FIXED[lines.gate[line]]}"
    if lines.level[line] <= 1:
        return "its threshold is the lowest there is"
    if lines.by_practice[line]:
        return ""
    return f"{empty} of its places stand empty" if places > empty else ""


def _cannot_close(services, line, quarter, places, slack):
    """Why so many places cannot be closed: nobody who is served on a rationed line is turned out."""
    if places % services.lines.block[line]:
        return f"its places close in blocks of {services.lines.block[line]}"
    usable, empty = _usable(services, line), _empty(services, line, quarter)
    if services.lines.open_door[line]:
        return f"it has {usable} places that are not under notice" if places > usable else ""
    return f"{empty} of its places stand empty" if places > empty else ""


def _cannot_open(services, line, quarter, places, slack):
    """Why so many places cannot be opened: the unspent service budget must pay for a year of them."""
    if places % services.lines.block[line]:
        return f"its places open in blocks of {services.lines.block[line]}"
    cost = places * int(services.prices.fixed[line] * QUARTERS + services.lines.opening_pence[line])
    left = f"of the service budget £{max(0, slack) / 100:,.2f} is not spent"
    return f"no money left: a year of it costs £{cost / 100:,.2f}, and {left}" if cost > slack else ""


_FIXED = {"court": "courts decide who comes in", "entitlement": "whoever is entitled comes in"}
_SIZES = {"lower_threshold": _cannot_lower, "close_places": _cannot_close, "open_places": _cannot_open}


def _usable(services, line):
    return int(services.places[line] - services.under_notice()[line])


def _empty(services, line, quarter):
    """Usable places that nobody has this quarter."""
    return max(0, _usable(services, line) - int(served_cases(services.counts[quarter][line])))


def _take_down(agency, name, line, quarter, plan, lowered):
    """Take down what was decided on a line, by rule or by list."""
    lines, book = agency.model.lines, agency.model.decisions
    if lowered:
        kind = "lower_threshold" if lowered > 0 else "raise_threshold"
        book.taken(agency.code, kind, abs(lowered), name, _threshold(plan.low_places))
    if plan.close_blocks:
        places = plan.close_blocks * int(lines.block[line])
        due, cost = quarter + 1 + int(lines.notice[line]), places * int(lines.closing_pence[line])
        book.taken(agency.code, "close_places", places, name, f"closes in quarter {due} at {cost} pence")
    if plan.open_blocks:
        places = plan.open_blocks * int(lines.block[line])
        cost = places * int(lines.opening_pence[line])
        book.taken(agency.code, "open_places", places, name, f"opens in quarter {quarter + 1} at {cost} pence")
