"""Evaluation of cohorts: what it finds, what it costs, and whose beliefs it moves."""

import numpy as np

from sim.core.calendar import QUARTERS
from sim.core.ledger import OUTSIDE
from sim.evaluation.cohorts import Cohorts
from sim.evaluation.protocol import Protocol
from sim.evaluation.tally import Unit
from sim.programmes.appraisal import believed_reduction


def designed(dials, arrangement):
    """The design that cohorts of an arrangement are measured by: its own, unless the dial says otherwise."""
    chosen = dials["measurement.design"]
    return arrangement.rules.measured() if chosen == "arrangement" else chosen


class Evaluation:
    """Evaluates the cohorts of a model's bodies by the arrangement's design.

    Parameters
    ----------
    model : LocalSystem

    Attributes
    ----------
    design : str
        As the arrangement says, unless the dial says otherwise, and none where nobody commissions; see
        :mod:`sim.evaluation.protocol`.
    """

    def __init__(self, model):
        self.model = model
        self.design = designed(model.dials, model.arrangement) if model.bodies else "none"

    def cohorts(self, comparison_area):
        """Cohorts to be measured as agreed; the comparison area is asked for where the design looks at one."""
        model, dials = self.model, self.model.dials
        if self.design == "none":  # a twin reads nothing of how others measure
            return Cohorts(Protocol("none"))
        unit = Unit(model.rules.paid_for.unit or "pounds", model.arrangement.optional("hard_premium"))
        protocol = Protocol(
            self.design,
            model.services.prices,
            model.relief.paid_for,
            int(dials["measurement.cohort_size"]),
            model.arrangement.followed_years,
            dials["measurement.least_controls"],
            model.arrangement.stated_use(model.lines.ids) if self.design == "stated_baseline" else None,
            unit,
        )
        return Cohorts(protocol, comparison_area)

    def findings(self):
        """What is found this year of the cohorts that are followed: list of Finding."""
        outturn, prices = self.model.outturn, self.model.services.prices
        use = np.stack([outturn.first_use, outturn.use_this_year()]) / np.maximum(1, prices.average)
        return self.model.cohorts.measure(self.model.families, self.model.calendar.year, use)

    def charge(self, findings):
        """Bodies pay for the evaluation of their cohorts, once a cohort."""
        if self.design == "none":
            return
        for body in self.model.bodies:
            mine = [finding for finding in findings if finding.cohort.body == body.code]
            if mine:
                new = sum(not finding.cohort.evaluated for finding in mine)
                cost = round(new * body.cost_here("evaluation_cost") * body.people)
                body.pay(OUTSIDE, min(cost, max(0, body.balance(body.purse))), "evaluation_cost", body.purse)

    def learn(self, findings):
        """What is found moves deciders' beliefs in programmes, and agencies' in cash."""
        if self.design != "none":
            for finding in findings:
                self._learn(finding)
            saved = sum((finding.saved for finding in findings), np.zeros(len(self.model.lines)))
            for agency in self.model.agencies:
                agency.learn_cashability(saved)
        if self.model.evidence:
            self.model.evidence.work()

    def _learn(self, finding):
        """A cohort's first finding moves the belief in its programme of those it was done for, if it is an estimate."""
        model, cohort = self.model, finding.cohort
        if cohort.evaluated:
            return
        cohort.evaluated = True
        if not finding.estimate:
            return
        programme = model.catalogue[cohort.programme]
        expected = float(self.promise(cohort)[model.relief.paid_for(cohort.programme)].sum())
        if expected <= 0:
            return
        estimate = finding.per_family / expected
        variance = (finding.spread / expected) ** 2 + model.place.get("place.evaluation_doubt") ** 2
        model.market.pass_pilot(programme.id, estimate)
        if model.evidence:
            model.evidence.publish(programme.id, estimate, variance)
            return
        body = model.party(cohort.body)
        for party in {id(party): party for party in (body, *body.members())}.values():
            party.beliefs[programme.id].update(estimate, variance)

    def promise(self, cohort):
        """Pence by line that a family of a cohort, still there, would have saved in the year just past if effects were as published.

        By the projection: of the same quarters after enrolment, as families were enrolled quarter by quarter. By the
        snapshot: the published share of what the cohort used when it enrolled.
        """
        model, programme = self.model, self.model.catalogue[cohort.programme]
        unit_pence = model.services.prices.average
        if model.market.is_naive:
            reduction = believed_reduction(programme.published(model.place), 1.0, model.lines.need)
            return cohort.before.mean(axis=0) * unit_pence * reduction
        ago = QUARTERS * (model.calendar.year - cohort.year)
        projection = model.projections.of(programme, ago / QUARTERS + 1)
        if projection is None:
            return np.zeros(len(unit_pence))
        saved = projection.avoided(1.0) / np.maximum(projection.staying, 1e-9)[:, None]
        taken = model.contracts.signed[cohort.key].taken
        first = {quarter: ago - quarter for quarter in taken}  # enrolled at a quarter's end: the next is the first
        of_year = sum(n * saved[first[q] - 1 : first[q] - 1 + QUARTERS].sum(axis=0) for q, n in taken.items())
        return of_year / max(1, sum(taken.values())) * unit_pence
