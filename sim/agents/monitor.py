"""The monitor: an independent arbitrator between a body and members who dispute what they are asked to pay."""

from sim.agents.party import Party
from sim.core.ledger import OUTSIDE
from sim.core.streams import uniform


class Monitor(Party):
    """Settles disputes over measured benefit by what the member's budget shows.

    Attributes
    ----------
    disputes, upheld : int
        Claims heard, and those that were cut.
    """

    def __init__(self, model, code):
        super().__init__(model, code)
        self.disputes = self.upheld = 0

    def arbitrate(self, body, member, due):
        """What a member that disputes a claim has to pay.

        The less of the claim the member's budget shows as cash, the likelier the claim is cut, to half way between the
        two. The body pays for the hearing.

        Parameters
        ----------
        body : Party
        member : Agency
        due : int
            Pence claimed.

        Returns
        -------
        int
        """
        seen = min(due, max(0, member.underspend()))
        self.disputes += 1
        fee = min(self.cost_here("dispute_cost"), max(0, body.balance()))
        body.pay(self.code, fee, "transaction_cost")
        self.pay(OUTSIDE, fee, "delivery")
        chance = 1 - seen / due
        cut = uniform(self.model.seed, "dispute", member.code, self.model.calendar.year) < chance
        self.upheld += cut
        ruling = (due + seen) // 2 if cut else due
        self.model.decisions.taken(member.code, "dispute", due, body.code, f"{'cut' if cut else 'stands'}: {ruling}")
        return ruling
