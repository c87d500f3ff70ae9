"""Outcome payments: what is expected of a project, due for a contract, and owed; and who pays."""

import math

from sim.core.ledger import OUTSIDE, party_of, split
from sim.deals import luck
from sim.evaluation.tally import NOTHING


class Outcomes:
    """Payments for outcomes under the arrangement of a model.

    Parameters
    ----------
    model : LocalSystem
    """

    def __init__(self, model):
        self.model = model
        self.threshold = model.arrangement.optional("outcome_threshold")

    def pay(self):
        """What is due for this year's results of each contract whose risk someone carries."""
        arrangement, vehicle, signed = self.model.arrangement, self.model.vehicle, self.model.contracts.signed
        found = {item.cohort.key: item for item in self.model.findings}
        missed = [group for group in self.judged(self.model.findings) if self.threshold and not self.passes(group)]
        short, due = {finding.cohort.key for group in missed for finding in group}, {}
        for contract in signed.values():
            finding = found.get(contract.key)
            if vehicle and not vehicle.takes(contract.payee):
                continue
            if contract.payee and (finding is not None or contract.year == self.model.calendar.year):
                due[contract.key] = 0 if contract.key in short else self._due(contract, finding)
        if arrangement.has("double_claims"):
            due = {
                key: round(pence * (1 - found[key].shared / 2)) if key in found else pence for key, pence in due.items()
            }
        if arrangement.has("pooled_cohorts"):
            due = self._judged_together(due, {key for key, finding in found.items() if finding.estimate})
        for key, pence in due.items():
            contract = signed[key]
            pence = max(0, pence)
            if vehicle:
                pence = min(pence, vehicle.owed_at_most(contract.payee, pence))
            self._pay(contract, found.get(key), pence)

    def _due(self, contract, finding):
        """What a contract brings by its results of the year, or at its start; where nothing could be estimated, what it states."""
        payment = self.model.rules.paid_for
        if finding is None:
            return payment.outcome(self.model, contract, None)
        if not self._counts(contract):
            return 0
        if finding.estimate:
            return payment.outcome(self.model, contract, finding)
        years, part = payment.years(self.model.arrangement), self.model.arrangement.optional("without_estimate")
        taken = sum(contract.taken.values()) / max(1, contract.families)
        return round(part * contract.stated_pence * taken / years)

    def _counts(self, contract):
        """Whether a contract's results of this year are paid for."""
        payment = self.model.rules.paid_for
        return self.model.calendar.year <= contract.year + payment.years(self.model.arrangement)

    def judged(self, findings):
        """Findings that decide together what is paid: all of a body's with `pooled_cohorts`, else each alone.

        Returns
        -------
        list of list of Finding
            Of contracts that bring somebody something for their results of this year, where these could be estimated.
        """
        if not self.model.rules.paid_for.unit:
            return []
        signed, bodies = self.model.contracts.signed, {}
        for finding in findings:
            contract = signed[finding.cohort.key]
            if finding.estimate and contract.payee and self._counts(contract):
                bodies.setdefault(finding.cohort.body, []).append(finding)
        if self.model.arrangement.has("pooled_cohorts"):
            return list(bodies.values())
        return [[finding] for group in bodies.values() for finding in group]

    def bar(self, group):
        """What the results of cohorts judged together have to pass, in their unit: a share of what would have come of them."""
        return self.threshold * _sum(group).usual

    def passes(self, group):
        """Whether what findings judged together came to passes the bar."""
        return _sum(group).gain > self.bar(group)

    def earned(self, group, saved_pence):
        """Whether a true saving, in the services looked at, passes the threshold of what would have been used, in pence."""
        return saved_pence > self.threshold * sum(finding.usual * len(finding.cohort.rows) for finding in group)

    def luck(self, group):
        """How often noise of the error stated would pass the bar if programmes did nothing, and the pence it would bring.

        Before caps, and whether or not the payers have so much.
        """
        bar, error = self.bar(group), _sum(group).error
        return luck.chance(bar, error), luck.paid(bar, error, self.model.rules.paid_for.pence(self.model.arrangement))

    def expected(self, project):
        """Pence a family that outcome payments for a project are expected to come to."""
        return self.model.rules.paid_for.expect(self.model, project)

    def stated(self, project):
        """Pence a family of these that findings decide."""
        result = self.model.rules.paid_for.result
        return result(self.model, project) if result else 0

    def value_to(self, body, project):
        """Value of a project to a body, pence a family: where others pay up front, it pays its share of what outcomes cost.

        No result, no payment: so what it weighs its benefit against is the payment it expects, not the price.
        """
        value, cost = project.appraisal.value_pence, project.appraisal.cost_pence
        if self.model.funding.is_own:
            return value
        most = self.model.arrangement.optional("return_cap") * cost or math.inf
        at_risk = self.model.arrangement.optional("provider_share") or 1.0
        expected = min(most, self.expected(project)) * self.own_share() + (1 - at_risk) * cost
        return value + cost - expected

    def owed_by(self, body):
        """Outcome payments that a body expects to have to make for the contracts it has signed, its own share of them."""
        years = self.model.arrangement.followed_years
        return round(
            sum(
                contract.expected_pence * min(1.0, max(0, contract.year + years + 1 - self.model.calendar.year) / years)
                for contract in self.model.contracts.signed.values()
                if contract.body == body.code and contract.payee != body.outcome_account()
            )
            * self.own_share()
        )

    def own_share(self):
        """Share of outcome payments that falls on the commissioner and its members."""
        return 1 - sum(self.model.arrangement.optional(name) for name in ("centre_share", "outside_share"))

    def payers(self, body, finding):
        """Who pays for a body's outcomes, by weight: the centre's and outsiders' shares, the rest by the savings rule."""
        centre, outside = (self.model.arrangement.optional(name) for name in ("centre_share", "outside_share"))
        choose = self.model.rules.savings.payers
        local = (choose(body, finding) if choose else {}) or {body.code: 1.0}  # itself, where it has no members left
        rest = self.own_share() / sum(local.values())
        shares = {code: weight * rest for code, weight in local.items()}
        if centre:
            shares[self.model.centre().code] = centre
        if outside:
            shares[OUTSIDE] = outside
        return shares

    def _pay(self, contract, finding, due):
        """Payers share what is due."""
        shares = self.payers(self.model.parties[contract.body], finding)
        for code, part in zip(shares, split(due, list(shares.values())), strict=True):
            if code == party_of(contract.payee):
                continue  # what a body would pay itself
            if code == OUTSIDE:
                self.model.ledger.transfer(OUTSIDE, contract.payee, part, "outcome_payment")
            else:
                self.model.parties[code].pay_for_outcome(contract.payee, part)

    def _judged_together(self, due, found):
        """What results of one body's cohorts bring less what others fall short; those that did well share the sum.

        Fees that no finding is needed for stay as they are.
        """
        pooled = dict(due)
        for body in {key[0]: None for key in due}:
            gains = {key: pence for key, pence in due.items() if key[0] == body and key in found and pence > 0}
            if gains:
                short = sum(-pence for key, pence in due.items() if key[0] == body and key in found and pence < 0)
                total = max(0, sum(gains.values()) - short)
                pooled |= dict(zip(gains, split(total, list(gains.values())), strict=True))
        return pooled


def _sum(group):
    """What several cohorts came to together."""
    return sum((finding.tally for finding in group), NOTHING)
