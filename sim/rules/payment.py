"""What payments are for: the provider's bills, and what is due for outcomes."""

import numpy as np

from sim.core.kinds import PRICE, SHARE, TERM, YES_OR_NO, Kind
from sim.deals.finance import PRICING, unit_price
from sim.deals.terms import Payment
from sim.evaluation.tally import Unit


def _block(contract, quarter_of_year, staffed):
    """The price of each family that the provider is staffed for, whether or not it comes."""
    return staffed * contract.billed_pence


def _activity(contract, quarter_of_year, staffed):
    """The price of each family taken on; of a quarter to come, of each that is planned."""
    return contract.taken.get(quarter_of_year, staffed) * contract.billed_pence


def _national_price(programme, provider):
    """One price for all, whatever the provider's cost."""
    return programme.cost_pence()


def _fees_at_start(model, contract):
    """Fees for families taken on, and for those that took a first step in the year."""
    arrangement = model.arrangement
    steps = arrangement.optional("step_fee") and model.cohorts.improved(
        model.cohorts.of(contract.key), model.families
    ) * arrangement.pence("step_fee")
    return round(sum(contract.taken.values()) * arrangement.pence("start_fee") + steps)


def _start_expected(arrangement):
    """The same a family, as deciders see it."""
    step = (
        arrangement.get("expected_success") * arrangement.pence("step_fee") if arrangement.optional("step_fee") else 0
    )
    return arrangement.pence("start_fee") + round(step)


def _of_families(model, project):
    """What families that come out well are expected to bring, in each year they are looked at: of all, as many as bidders expect."""
    arrangement, payment = model.arrangement, model.rules.paid_for
    return round(payment.years(arrangement) * arrangement.get("expected_success") * payment.pence(arrangement))


def _of_use(model, project):
    """What the use that is spared is expected to bring a family in the years paid for, if effects are as published."""
    payment, belief = model.rules.paid_for, project.body.beliefs[project.programme.id].mean
    looked_at, average = model.relief.paid_for(project.programme.id), model.services.prices.average
    spared = project.appraisal.fiscal_pence[1 : 1 + payment.years(model.arrangement)].sum(axis=0) / np.maximum(
        1, average
    )
    units = float(spared @ Unit(payment.unit).weights(looked_at, average)) / max(belief, 1e-9)
    return round(max(0.0, units) * payment.pence(model.arrangement))  # nothing below nought is due


def _unit_price_expected(model, project):
    """Pence a family that units come to at the opening premium, if as many succeed as the price allows for."""
    arrangement, risk = model.arrangement, project.programme.correction
    pricing = PRICING[int(arrangement.get("fair_price"))]
    return round((1 - risk) * unit_price(project.price_pence, risk, arrangement.get("premium"), pricing))


_BUYS = {"wants": {"decides": "programmes"}, "posts": "programme"}
_BY_RESULT = {
    "offers": "outcomes",
    "wants": {"decides": "projects", "measured": "findings", "any": "payee"},
    "posts": "outcome_payment",
}
_BY_SAVING = {**_BY_RESULT, "offers": "outcomes by_use"}
_BY_USE = {**_BY_SAVING, "wants": {**_BY_RESULT["wants"], "file": "outcome_lines"}}

CHOICES = {
    "block": Payment(_block, "a block contract, paid by the quarter", posts="programme"),
    "activity": Payment(_activity, "each family taken on", **_BUYS),
    "national_tariff": Payment(_activity, "each family taken on, at a national price", price=_national_price, **_BUYS),
    "fees": Payment(
        _block,
        "a fee for each family taken on and for each turned around",
        {"start_fee": PRICE, "result_fee": PRICE, "expected_success": SHARE, "payment_years": TERM},
        "levels",
        "result_fee",
        _of_families,
        _fees_at_start,
        _start_expected,
        once=True,
        **_BY_RESULT,
    ),
    "unit_price": Payment(
        _block,
        "a price for each family turned around, at maturity and up to a target",
        {
            "expected_success": Kind(0.01, 1),
            "premium": Kind(0, 10),
            "most_premium": Kind(0, 10),
            "premium_share": SHARE,
            "fair_price": YES_OR_NO,
        },
        result=_unit_price_expected,
        wants={"decides": "issues"},
        posts="outcome_payment",
    ),
    "share_of_savings": Payment(
        _block,
        "a share of measured savings",
        {"outcome_share": SHARE, "payment_years": TERM},
        "pounds",
        "outcome_share",
        _of_use,
        **_BY_SAVING,
    ),
    "days": Payment(
        _block,
        "a tariff for each day of named services that families are spared",
        {"day_fee": PRICE, "payment_years": TERM},
        "days",
        "day_fee",
        _of_use,
        **_BY_USE,
    ),
    "events": Payment(
        _block,
        "a tariff for each event, of those that named services answer, that families are spared: how often it happens counts",
        {"event_fee": PRICE, "payment_years": TERM},
        "events",
        "event_fee",
        _of_use,
        **_BY_USE,
    ),
    "families_without": Payment(
        _block,
        "a tariff for each family more that named services do not see at all in a year: whether it happens counts, not how often",
        {"family_fee": PRICE, "expected_success": SHARE, "payment_years": TERM},
        "families",
        "family_fee",
        _of_families,
        **{**_BY_USE, "wants": {**_BY_USE["wants"], "measured": "each_family"}},
    ),
}
