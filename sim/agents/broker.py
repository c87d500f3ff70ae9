"""A community broker: helps community groups to bid and to be found, for a base and a commission."""

from sim.agents.party import Party
from sim.core import codes
from sim.core.ledger import OUTSIDE, split


class Broker(Party):
    """Raises the bidding skill and reach of a caseload of community groups; paid by the bodies that engage it.

    The arrangement gives its values: `broker_base`, pounds a year per million people; `broker_commission`, share of
    what its groups win; `broker_caseload`, groups it works with; `broker_skill_step`, share of the skill still lacking
    that a year teaches; `broker_reach_step`, what a year adds to reach, up to `broker_reach_limit`.

    Attributes
    ----------
    helped : list of Provider
        Groups it worked with last year, on whose contracts it earns commission this year.
    """

    def __init__(self, model, code=codes.BROKER):
        super().__init__(model, code)
        self.helped = []

    def caseload(self):
        """Community groups it works with: those with the least skill first."""
        groups = [item for item in self.model.providers if item.sector == "community" and not item.failed]
        most = int(self.model.arrangement.get("broker_caseload"))
        return sorted(groups, key=lambda group: (group.bidding_skill, group.code))[:most]

    def due_pence(self):
        """Base and commission for the year."""
        won = sum(group.won_pence for group in self.helped)
        return self.cost_here("broker_base") + round(won * self.model.arrangement.get("broker_commission"))

    def work(self, bodies):
        """A year's work, once a year before providers end theirs; bodies short of money get less of it.

        Parameters
        ----------
        bodies : list of Commissioner
            Share the bill by what each has in its purse, as far as the money goes.

        Returns
        -------
        int
            Pence paid.
        """
        base = self.cost_here("broker_base")
        held = [max(0, body.balance(body.purse)) for body in bodies]
        paid = min(self.due_pence(), sum(held))
        for body, part in zip(bodies, split(paid, held), strict=True) if paid else ():
            body.pay(self.code, part, "transaction_cost", body.purse)
        self.pay(OUTSIDE, paid, "delivery")
        share = min(1.0, paid / base) if base else 1.0
        self.helped = self.caseload() if share > 0 else []
        for group in self.helped:
            self._help(group, share)
        return paid

    def _help(self, group, share):
        get = self.model.arrangement.get
        group.bidding_skill += share * get("broker_skill_step") * (1 - group.bidding_skill)
        limit = max(group.reach, get("broker_reach_limit"))
        group.reach = min(limit, group.reach + share * get("broker_reach_step"))
