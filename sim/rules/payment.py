"""What payments are for: the provider's bills, and what is due for outcomes."""

from sim.core.kinds import PRICE, SHARE, TERM, YES_OR_NO, Kind
from sim.deals.finance import PRICING, unit_price
from sim.deals.terms import Payment


def _block(contract, quarter_of_year, staffed):
    """The price of each family that the provider is staffed for, whether or not it comes."""
    return staffed * contract.billed_pence


def _activity(contract, quarter_of_year, staffed):
    """The price of each family taken on; of a quarter to come, of each that is planned."""
    return contract.taken.get(quarter_of_year, staffed) * contract.billed_pence


def _national_price(programme, provider):
    """One price for all, whatever the provider's cost."""
    return programme.cost_pence()


def _fees_due(model, contract, finding):
    """Fees for families taken on, for those that took a first step in the year, and for those measured as turned around.

    A family whose need was in crisis when it came brings a higher fee where the tariff is differential.
    """
    arrangement = model.arrangement
    if finding is None:
        steps = arrangement.optional("step_fee") and model.cohorts.improved(
            model.cohorts.of(contract.key), model.families
        ) * arrangement.pence("step_fee")
        return round(sum(contract.taken.values()) * arrangement.pence("start_fee") + steps)
    if model.calendar.year > contract.year + 1:
        return 0
    return round(
        (finding.turned + arrangement.optional("hard_premium") * finding.turned_hard) * arrangement.pence("result_fee")
    )


def _fees_expected(model, project):
    """Fees a family is expected to bring, as deciders see it."""
    arrangement = model.arrangement
    rate = arrangement.get("expected_success")
    step = rate * arrangement.pence("step_fee") if arrangement.optional("step_fee") else 0
    return arrangement.pence("start_fee") + round(step + rate * arrangement.pence("result_fee"))


def _share_due(model, contract, finding):
    """A share of the saving measured, at average cost, in the services that payments look at."""
    if finding is None:
        return 0
    lines = model.relief.paid_for(contract.programme)
    saved = float((finding.saved * model.services.prices.average)[lines].sum())
    return round(saved * model.arrangement.get("outcome_share"))


def _share_expected(model, project):
    """Share of the saving expected a family, if effects are as published."""
    years = int(model.arrangement.get("payment_years"))
    belief = project.body.beliefs[project.programme.id].mean
    lines = model.relief.paid_for(project.programme.id)
    saved = float(project.appraisal.fiscal_pence[1 : 1 + years, lines].sum()) / max(belief, 1e-9)
    return round(saved * model.arrangement.get("outcome_share"))


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

CHOICES = {
    "block": Payment(_block, "a block contract, paid by the quarter", posts="programme"),
    "activity": Payment(_activity, "each family taken on", **_BUYS),
    "national_tariff": Payment(_activity, "each family taken on, at a national price", price=_national_price, **_BUYS),
    "fees": Payment(
        _block,
        "a fee for each family taken on and for each turned around",
        {"start_fee": PRICE, "result_fee": PRICE, "expected_success": SHARE, "payment_years": TERM},
        _fees_due,
        _fees_expected,
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
        expect=_unit_price_expected,
        wants={"decides": "issues"},
        posts="outcome_payment",
    ),
    "share_of_savings": Payment(
        _block,
        "a share of measured savings",
        {"outcome_share": SHARE, "payment_years": TERM},
        _share_due,
        _share_expected,
        on_saving=True,
        **_BY_RESULT,
    ),
}
