"""Who bears outcome risk: (body) -> shares of what a wound-up body leaves, by party."""

from sim.deals.terms import Rule


def _nobody_else(body):
    return {}


def _by_capital(body):
    """Members share gain and loss by what they put in."""
    return dict(body.funds.capital)


CHOICES = {
    "commissioner": Rule(_nobody_else, "the commissioner"),
    "provider": Rule(_nobody_else, "the provider", wants={"up_front": "provider"}),
    "investors": Rule(
        _by_capital,
        "investors; members share what a wound-up body leaves, by what they put in",
        wants={"up_front": "market"},
    ),
    "first_loss": Rule(
        _nobody_else, "investors by tranche, the last one first", wants={"up_front": "investors", "file": "first_loss"}
    ),
    "shared": Rule(_nobody_else, "commissioner and provider by percentages", wants={"up_front": "shared"}),
    "members": Rule(_by_capital, "members, by what they put in", wants={"up_front": "shares"}),
}
