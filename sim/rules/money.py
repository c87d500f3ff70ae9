"""Who pays up front: raises a body's money for the year, or backs a project that own money does not cover."""

from sim.core.kinds import COST, DELAY, SHARE, TERM, WEIGHT, Kind
from sim.core.ledger import OUTSIDE, TREASURY, split
from sim.deals.terms import Backing, UpFront


def _own_purse(body):
    """Discretionary money is in the purse already."""


def _pool_contributions(body):
    """Members pay a fixed share of their discretionary money into the fund, less what it still holds of last year's."""
    share = body.model.arrangement.get("contribution_share")
    full = sum(round(member.discretionary_pence * share) for member in body.members())
    part = max(0.0, 1 - body.balance() / full) if full else 0.0
    for member in body.members():
        member.contribute(body, share * part)


def _members_capital(body):
    """Members subscribe in the founding years; after that the body lives on what it earns."""
    arrangement = body.model.arrangement
    if body.years_open() < arrangement.get("subscription_years"):
        for member in body.members():
            body.funds.capital[member.code] = body.funds.capital.get(member.code, 0) + member.contribute(
                body, arrangement.get("subscription_share")
            )


def _by_gain(body):
    """Members pay what they have agreed on for the year."""
    body.pay_in()


def _delegated_shares(body):
    """Members delegate a share of the year's discretionary money; who put in what is kept apart."""
    share = body.model.arrangement.get("contribution_share")
    body.funds.capital = {member.code: member.contribute(body, share) for member in body.members()}


def _transfer(body):
    """The donor gives a share of its discretionary money to the body, or to bodies in equal parts, with no say in its use."""
    from sim.agents.boards import agency_in_role

    donor = agency_in_role(body.model, "donor")
    donor.contribute(body, body.model.arrangement.get("grant_share") / len(body.model.bodies))


def _plan_grant(body):
    """An outside grant meets the plan, so that volume is the same whatever the money does."""
    cost = sum(families * provider.price_pence(programme, families) for programme, families, provider in body.planned())
    body.model.ledger.transfer(OUTSIDE, body.account(), cost, "contribution")


def _carried(body, project, expected, share=1.0):
    """Families that the provider would carry a share of the cost of; too few for a project are its refusal, taken down."""
    carried = project.provider.can_carry(project, expected, share)
    if carried < project.least:
        why = f"carries {carried} of at least {project.least} at {expected} pence expected a family"
        body.model.decisions.taken(project.provider.code, "refuse", project.families, project.programme.id, why)
    return carried


def _provider_backs(body, project):
    """The provider pays its own way and is paid for outcomes, for as many families as its reserves can bear."""
    families = _carried(body, project, body.model.outcomes.expected(project))
    return Backing(families, "", project.provider.code) if families >= project.least else None


def _shared_backs(body, project):
    """Commissioner and provider share the risk: the provider carries its part of the price until outcomes are paid."""
    at_risk = body.model.arrangement.get("provider_share")
    account = body.account(body.purse)
    expected = body.model.outcomes.expected(project)
    carried = _carried(body, project, expected, at_risk)
    owed = expected * body.model.outcomes.own_share()
    families = min(carried, body.model.market.affordable(project, project.money, 1 - at_risk, owed))
    return Backing(families, account, project.provider.code, at_risk) if families >= project.least else None


def _ring_fenced(body):
    """The centre pays a sum each year, shared among bodies by people, that may be spent on programmes only."""
    years = body.model.arrangement.optional("grant_years")
    if years and body.model.calendar.year > years:
        return
    part = body.people / sum(other.people for other in body.model.bodies)
    pence = round(body.cost_here("ring_fence") * part)
    body.model.centre().pay_grant(body.account(body.purse), pence)
    body.funds.earmarked, body.funds.ring_fenced = body.funds.earmarked + pence, pence


def _advance(body):
    """At the start of each term the centre pays a share of the saving that the target would bring over it.

    None is paid for a term whose end, when the target is looked at, lies beyond the run.
    """
    years, gone = body.term()
    if gone == 0 and body.model.calendar.year + years - 1 <= body.model.years:
        arrangement, base = body.model.arrangement, body.model.outturn.base(body.model.relief.outcome_lines)
        body.funds.advanced = round(base * arrangement.get("target_fall") * years * arrangement.get("advance_share"))
        body.model.centre().pay_for_outcome(body.account(), body.funds.advanced)
    body.funds.earmarked += min(body.funds.advanced, body.spendable())


def _investors_back(body, project):
    """Investors buy a deal through the vehicle: it pays the provider, and outcome payments go to it."""
    from sim.agents.vehicle import Deal

    model = body.model
    arrangement, vehicle = model.arrangement, model.vehicle
    deal = Deal(
        code=f"{body.code}-{project.programme.id}-{model.calendar.year}",
        body=body.code,
        programme=project.programme.id,
        provider=project.provider.code,
        year=model.calendar.year,
        multiple=model.outcomes.expected(project) / project.price_pence,
        sd=arrangement.get("outcome_noise") / project.families**0.5,
        years=int(arrangement.get("payment_years")) + 1,
        cap=arrangement.get("return_cap"),
        tranches=model.arrangement.tranches(),
        remainder_to={body.account(body.keeps): 1.0},
        relief_payer=TREASURY if arrangement.has("tax_relief") else "",
        guaranteed=arrangement.get("guaranteed_share") if arrangement.has("guarantee") else 0.0,
    )
    price = model.market.price_pence(project.programme, project.provider, project.least)
    wanted, least = project.families * project.price_pence, project.least * price
    raised = vehicle.raise_capital(deal, model.investors, wanted, least)
    account = vehicle.account(deal.code)
    return Backing(model.market.affordable(project, raised), account, account) if raised else None


def _pot(body):
    """Agencies devolve a share of their discretionary money; a neighbourhood's part follows its people."""
    share = body.model.arrangement.get("pot_share") * body.people
    for member in body.members():
        member.contribute(body, share)


def _one_off_grant(body):
    """A one-off grant sets the fund up."""
    if body.years_open() == 0:
        body.model.ledger.transfer(OUTSIDE, body.account(), body.cost_here("grant_size"), "contribution")


def forecast_shares(body):
    """Each member's share of the benefit that a body's appraisal forecasts, all programmes together."""
    forecast = body.model.market.forecast_benefit(body)
    worth = [max(0.0, member.part_of(forecast)) for member in body.members()]
    return worth if sum(worth) > 0 else [1.0] * len(worth)


def _by_forecast(body):
    """Partners commit in proportion to the benefit forecast for each, and are bound by it."""
    model = body.model
    total = model.arrangement.get("contribution_share") * sum(m.discretionary_pence for m in body.members())
    for member, part in zip(body.members(), split(round(total), forecast_shares(body)), strict=True):
        paid = min(part, max(0, member.balance("prevention")))
        member.pay(body.account(), paid, "contribution", "prevention")
        body.funds.capital[member.code] = body.funds.capital.get(member.code, 0) + paid


def _pooled_at_source(body):
    """Departments' money that would go to agencies goes to the place."""
    for member in body.members():
        member.contribute(body, body.model.arrangement.get("pooled_at_source"))


_JOINT = {"decides": "account joint"}
_PAYS = {"offers": "payer", "posts": "contribution"}  # contributions to a body, out of which it can pay

CHOICES = {
    "commissioner": UpFront(_own_purse, "the commissioner, from discretionary money", wants={"decides": "purse"}),
    "pool_shares": UpFront(
        _pool_contributions,
        "members, by fixed contributions",
        {"contribution_share": SHARE, "pool_overhead": SHARE},
        wants=_JOINT,
        **_PAYS,
    ),
    "members_capital": UpFront(
        _members_capital,
        "members in the founding years, then the body's own earnings",
        {"subscription_share": SHARE, "subscription_years": DELAY},
        offers="payer shares",
        wants=_JOINT,
        posts="contribution",
    ),
    "pot": UpFront(
        _pot,
        "pots devolved to neighbourhoods by people",
        {"pot_share": Kind(0, 10)},
        wants={"decides": "account"},
        **_PAYS,
    ),
    "one_off_grant": UpFront(_one_off_grant, "a one-off grant", {"grant_size": COST}, wants=_JOINT, **_PAYS),
    "by_forecast": UpFront(
        _by_forecast,
        "partners, in proportion to forecast benefit",
        {"contribution_share": SHARE},
        offers="payer shares",
        wants=_JOINT,
        posts="contribution",
    ),
    "pooled_at_source": UpFront(
        _pooled_at_source, "departments, by pooling at source", {"pooled_at_source": SHARE}, wants=_JOINT, **_PAYS
    ),
    "by_gain": UpFront(
        _by_gain,
        "members, as they agree each year: the same pence per pound of what the year's plan is worth to each",
        {"contribution_share": SHARE},
        offers="payer shares",
        wants={"decides": "agrees"},
        posts="contribution",
    ),
    "delegated_shares": UpFront(
        _delegated_shares,
        "members, by shares they delegate",
        {"contribution_share": SHARE},
        offers="payer shares",
        wants=_JOINT,
        posts="contribution",
    ),
    "transfer": UpFront(
        _transfer,
        "another body, by a grant",
        {"grant_share": SHARE},
        wants={"decides": "projects", "file": "donor"},
        **_PAYS,
    ),
    "grant": UpFront(_plan_grant, "a grant from outside", wants={"decides": "plan"}, posts="contribution"),
    "provider": UpFront(
        _own_purse,
        "the provider, from its reserves",
        back=_provider_backs,
        own=False,
        offers="payee others",
        wants={"decides": "projects", "paid_for": "outcomes", "any": "payer"},
        posts="outcome_payment",
    ),
    "investors": UpFront(
        _own_purse,
        "investors, through a vehicle that is paid for outcomes",
        {"outcome_noise": WEIGHT, "return_cap": Kind(1, 10), "payment_years": TERM},
        _investors_back,
        own=False,
        investors=True,
        offers="payee market others",
        wants={"decides": "projects", "paid_for": "outcomes", "any": "payer"},
        posts="capital",
    ),
    "bonds": UpFront(
        _own_purse,
        "investors, who buy baskets of outcome bonds from a social investment bank",
        {"payment_years": TERM},
        own=False,
        investors=True,
        bank=True,
        offers="market others",
        wants={"decides": "issues"},
        posts="capital",
    ),
    "shared": UpFront(
        _pool_contributions,
        "commissioner and provider, each its share of the price",
        {"contribution_share": SHARE, "pool_overhead": SHARE, "provider_share": SHARE},
        _shared_backs,
        own=False,
        offers="payee payer others",
        wants={**_JOINT, "paid_for": "outcomes"},
        posts="contribution",
    ),
    "advance": UpFront(
        _advance,
        "the centre, by a share of the saving it anticipates",
        {"target_fall": Kind(0.001, 1), "advance_share": SHARE, "term_years": TERM},
        offers="payer",
        wants={**_JOINT, "file": "centre outcome_lines"},
        posts="outcome_payment",
    ),
    "ring_fenced": UpFront(
        _ring_fenced,
        "the centre, by a ring-fenced sum",
        {"ring_fence": COST},
        wants={"decides": "projects", "file": "centre"},
        **_PAYS,
    ),
}
