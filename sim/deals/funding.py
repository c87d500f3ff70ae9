"""Money for prevention: what bodies raise by the arrangement's sources, or have as an equal envelope."""

from sim.core.ledger import OUTSIDE, split


class Funding:
    """The year's money of a model's bodies.

    Parameters
    ----------
    model : LocalSystem

    Attributes
    ----------
    is_equal : bool
        Whether each arrangement has the same envelope in place of what it could raise.
    is_own : bool
        Whether bodies have money of their own to pay providers with.
    """

    def __init__(self, model):
        self.model, self._sources = model, model.arrangement.rules.up_front
        self.is_equal = bool(model.bodies) and model.dials["comparison.envelope"] > 0
        self.is_own = self.is_equal or any(source.own for source in self._sources)

    def provide(self, body):
        """A body has its money for the year and pays its standing costs; pence that it may commit to programmes."""
        if self.is_equal:
            granted = self.grant(body)
            body.pay_standing_costs()
            return min(granted, body.balance(body.purse))
        self.raise_money(body)
        body.pay_standing_costs()
        return body.spendable()

    def raise_money(self, body):
        """A body's sources raise the year's money."""
        body.funds.open_year()
        for source in self._sources:
            source(body)

    def grant(self, body):
        """Under an equal envelope, top a body up to its share; pence that it may spend on programmes, and on nothing else."""
        model = self.model
        envelope = model.dials["comparison.envelope"] * 100 * model.place.get("place.population") / 1e6 * model.scale
        shares = split(round(envelope), [other.claim() for other in model.bodies])
        body.funds.earmarked = shares[model.bodies.index(body)]
        lacking = max(0, body.funds.earmarked - body.balance(body.purse))
        model.ledger.transfer(OUTSIDE, body.account(body.purse), lacking, "contribution")
        return body.funds.earmarked
