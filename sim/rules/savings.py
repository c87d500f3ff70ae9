"""Where savings go: what a body collects, what it shares out, and who pays for outcomes."""

import numpy as np

from sim.core.kinds import SHARE, TERM, YES_OR_NO, Kind
from sim.core.ledger import TREASURY, split
from sim.deals import basis
from sim.deals.bonds import mature
from sim.deals.terms import Sharing


def _stay(body, findings):
    """Savings stay where they fall."""


def _due(body, member):
    """The share of what a member's budget fell by that it does not keep; a neighbourhood's part follows its people."""
    return round(max(0, member.cash_seen()) * body.model.arrangement.get("savings_share") * body.people)


def _to_pool(body, findings):
    """Members pay a share of what their budgets fell by into the fund."""
    for member in body.members():
        member.pay_for_outcome(body.account(), _due(body, member))


def _by_share(body, findings):
    """A share of what members' budgets fell by is shared again by what each put in: who saved pays the others."""
    if sum(body.funds.capital.values()) == 0:
        return
    dues = {member: split(_due(body, member), list(body.funds.capital.values())) for member in body.members()}
    for member, parts in dues.items():
        for code, part in zip(body.funds.capital, parts, strict=True):
            if code != member.code:
                other = body.model.party(code)
                member.pay_for_outcome(other.account(other.keeps), part)


def _return_unspent(body):
    """What is left of the year's money goes back to each member by what it put in."""
    left = max(0, body.balance() - body.reserved())
    if left and sum(body.funds.capital.values()) > 0:
        for code, part in zip(body.funds.capital, split(left, list(body.funds.capital.values())), strict=True):
            body.pay(body.model.party(code).account("prevention"), part, "distribution")


def _one_budget(body, findings):
    """Underspends of all functions go to the one budget, and it makes overspends good as far as it goes."""
    for member in body.members():
        left = max(0, min(member.underspend(), member.balance("service")))
        member.pay(body.account(), left, "outcome_payment", "service")
    for member in body.members():
        gap = min(max(0, -member.balance("service")), max(0, body.balance()))
        body.pay(member.account("service"), gap, "distribution")


def _repaid(body, findings):
    """Each member pays its share of the benefit measured in its own services, on the agreed basis.

    Bases are those of :mod:`sim.deals.basis`. What the centre pays for at cost is nobody's benefit here.
    """
    model = body.model
    share, benefit = model.arrangement.get("payment_share"), basis.of(model).benefit
    saved = np.sum([finding.saved for finding in findings], axis=0) if findings else np.zeros(len(model.lines))
    body.invoices, body.measured = {}, bool(findings)
    for member in body.members():
        due = round(max(0.0, benefit(body, member, saved)) * share)
        listed = model.decisions.says(member.code, body.code, "refuse", "accept")
        if model.monitor and listed is None and due > max(0, member.underspend()):
            due = model.monitor.arbitrate(body, member, due)
        body.invoices[member.code] = member.pay_for_outcome(body.account(), due)


def _distribute(body):
    """Part of the year's surplus is shared out; the rest is kept to reinvest."""
    surplus = sum(body.invoices.values()) - body.spent_this_year()
    part = round(max(0, surplus) * (1 - body.model.dials["list.reinvested_share"]))
    part = min(part, max(0, body.balance()))
    body.share_out(part)
    body.kept_to_reinvest = max(0, surplus) - part
    if part and body.funds.capital:
        body.model.decisions.taken(body.code, "distribute", part, "", "by capital put in")
    if body.kept_to_reinvest:
        body.model.decisions.taken(body.code, "reinvest", body.kept_to_reinvest, "", f"of a surplus of {surplus}")


def _as_signed(body, findings):
    """Each party pays what it has signed for, cohort by cohort."""
    body.collect(findings)


def _capital_first(body):
    """What is free after the year pays capital back before any is shared out."""
    body.share_surplus()


def _handed_back(body):
    """What the body has not spent goes back in equal parts to the agencies that hold its money."""
    members = body.members()
    for member, part in zip(members, split(max(0, body.balance()), [1] * len(members)), strict=True):
        body.pay(member.account("prevention"), part, "distribution")


def _by_benefit(body, finding):
    """Members pay the same pence per pound of what the measured benefit is worth to each; equal parts where there is none."""
    worth = finding.saved * body.model.services.prices.average if finding is not None else None
    shares = {}
    for member in body.members():
        shares[member.code] = 0.0 if worth is None else max(0.0, member.part_of(worth) * member.pound)
    return shares if sum(shares.values()) > 0 else dict.fromkeys(shares, 1.0)


def _claw_back(body, findings):
    """At the end of a term, what was paid up front for a fall that did not come goes back to the centre.

    The body pays as far as it can, its members the rest in equal parts: missing the target costs them real money.
    """
    years, gone = body.term()
    if gone + 1 < years:
        return
    base, fall = (
        body.model.outturn.base(body.model.relief.outcome_lines),
        body.model.outturn.fall(body.model.relief.outcome_lines),
    )
    missed = 1 - min(1.0, max(0.0, fall / (base * body.model.arrangement.get("target_fall")))) if base else 0.0
    owed, centre = round(body.funds.advanced * missed), body.model.centre().account()
    owed -= body.pay_for_outcome(centre, owed)
    members = body.members()
    for member, part in zip(members, split(owed, [1] * len(members)), strict=True):
        member.pay_for_outcome(centre, part)
    body.funds.advanced = 0


def _rewarded(body, findings):
    """The centre rewards a fall of the area's counts: a share up to the threshold once it is passed, all above, to a cap."""
    arrangement = body.model.arrangement
    base, fall = (
        body.model.outturn.base(body.model.relief.outcome_lines),
        body.model.outturn.fall(body.model.relief.outcome_lines),
    )
    threshold, most = base * arrangement.get("threshold"), base * arrangement.get("cap")
    if fall >= threshold > 0:
        reward = arrangement.get("reward_share") * threshold + min(fall, most) - threshold
        body.model.centre().pay_for_outcome(body.account(), round(reward))


def _reviewed(body, findings):
    """At the end of a term, those who gained more than their share of what was paid make it up to those who gained less."""
    model = body.model
    for finding in findings:
        worth = finding.saved * model.services.prices.average
        for member in body.members():
            gained = max(0.0, member.part_of(worth))
            body.funds.gained[member.code] = body.funds.gained.get(member.code, 0.0) + gained
    years, gone = body.term()
    paid, gained = sum(body.funds.capital.values()), sum(body.funds.gained.values())
    if gone + 1 < years or not paid or not gained:
        return
    owed = {
        code: round(paid * body.funds.gained.get(code, 0.0) / gained) - pence
        for code, pence in body.funds.capital.items()
    }
    losers = {code: -pence for code, pence in owed.items() if pence < 0}
    for code, pence in owed.items():
        if pence > 0 and losers:
            winner = model.party(code)
            for other, part in zip(losers, split(pence, list(losers.values())), strict=True):
                winner.pay_for_outcome(model.party(other).account("prevention"), part)
    body.funds.capital, body.funds.gained = {}, {}


def _departments_pay(body, findings):
    """Departments pay agencies, and those the bank, for units of bonds that are due; what need not be held goes back."""
    model, bank = body.model, body.model.vehicle
    turned = {(item.cohort.programme, item.cohort.year): item.turned for item in findings}
    for code, deal in list(body.outstanding.items()):
        if not deal.closed and not bank.is_due(deal):
            continue
        for bond in bank.baskets[code]:
            units = 0
            if not deal.closed:
                units = max(0, round(turned.get((bond.programme, deal.year), 0)))
                got = mature(bond, units, model.ledger, bank.account(code))
                model.decisions.taken(body.code, "pay", min(units, bond.target) * bond.price_pence, code, got)
            for account, pence in bond.held_for(bond.target - min(units, bond.target)):
                model.ledger.transfer(account, TREASURY, pence, "surrender")
        del body.outstanding[code]


CHOICES = {
    "stay": Sharing(_stay, "stay where they fall"),
    "pool": Sharing(
        _to_pool,
        "a share of what budgets fell by goes to the pool",
        {"savings_share": SHARE},
        offers="payer",
        wants={"decides": "account"},
        posts="outcome_payment",
    ),
    "returned_by_share": Sharing(
        _stay,
        "stay where they fall; money that is not spent goes back to each member by its share",
        share_out=_return_unspent,
        wants={"decides": "account", "up_front": "shares"},
        posts="distribution",
    ),
    "by_share": Sharing(
        _by_share,
        "shared by members in proportion to what they put in, as is money that is not spent",
        {"savings_share": SHARE},
        _return_unspent,
        wants={"decides": "account", "up_front": "shares"},
        posts="distribution outcome_payment",
    ),
    "one_budget": Sharing(
        _one_budget,
        "stay in one budget, which moves money between its functions",
        wants={"decides": "account joint"},
        posts="distribution outcome_payment",
    ),
    "repaid": Sharing(
        _repaid,
        "members repay by measured benefit; surplus is reinvested or distributed",
        {"payment_share": SHARE, "payment_years": TERM},
        _distribute,
        offers="payer repayment",
        wants={"decides": "invoices", "measured": "findings"},
        posts="outcome_payment distribution",
    ),
    "as_signed": Sharing(
        _as_signed,
        "parties pay by measured benefit as they have signed for each cohort, net over all of them; capital is paid back first",
        {
            "payment_share": SHARE,
            "payment_years": TERM,
            "payment_cap": Kind(0, 10),
            "true_up": YES_OR_NO,
            "deemed_share": SHARE,
        },
        _capital_first,
        offers="payer repayment signed",
        wants={"decides": "bargains", "measured": "findings"},
        posts="outcome_payment distribution",
    ),
    "claw_back": Sharing(
        _claw_back,
        "stay; what was paid up front goes back where the target is missed",
        {"target_fall": Kind(0.001, 1), "term_years": TERM},
        wants={"decides": "joint", "up_front": "advance", "file": "centre outcome_lines"},
        posts="outcome_payment",
    ),
    "rewarded": Sharing(
        _rewarded,
        "the centre shares what a fall of the area's counts saves it",
        {"threshold": SHARE, "cap": SHARE, "reward_share": SHARE},
        wants={"decides": "account joint", "file": "centre outcome_lines"},
        posts="outcome_payment",
    ),
    "reviewed": Sharing(
        _reviewed,
        "stay; a review at the end of each term moves money from those who gained more to those who gained less",
        {"term_years": TERM},
        wants={"decides": "joint", "up_front": "shares", "measured": "findings"},
        posts="outcome_payment",
    ),
    "departments_pay": Sharing(
        _departments_pay,
        "stay where they fall; departments pay agencies, and those the bank, when a bond matures",
        wants={"decides": "issues", "measured": "findings"},
        posts="outcome_payment",
    ),
    "held": Sharing(
        _stay,
        "stay where they fall, as does money not spent within the year: agencies hold it",
        share_out=_handed_back,
        wants={"decides": "account"},
        posts="distribution",
    ),
    "by_benefit": Sharing(
        _stay,
        "stay where they fall; members pay for outcomes by what the measured benefit is worth to each",
        payers=_by_benefit,
        offers="payer",
        wants={"decides": "projects", "paid_for": "outcomes"},
        posts="outcome_payment",
    ),
}
