"""Bodies whose parties bargain over what is bought and who pays what of it (docs/odd.md, 6.8)."""

import numpy as np

from sim.agents.boards import Body
from sim.agents.signatory import Centre, signatories
from sim.deals import basis
from sim.deals.agreement import Offer, Table
from sim.deals.contracts import Project


class BargainingBody(Body):
    """A joint body that buys what its parties have agreed on, each by its own appraisal.

    Attributes
    ----------
    joined : list of Agency
        Present members.
    agreement : Agreement or None
        Standing terms.
    agreed : int
        Year in which there was last a bargain.
    """

    def __init__(self, model, code):
        super().__init__(model, code)
        self.joined, self.agreement, self.agreed = [], None, 0
        self._left = {}  # year from which one that left may come back
        self._stakes = {}  # by year, party and programme

    def admitted(self):
        """Everybody who might ever sign, as they stand today: dict of str to Signatory."""
        model, agencies = self.model, signatories(self, Body.members(self))
        parties = {item.code: item for item in agencies}
        if model.arrangement.has("centre_party"):
            centre = Centre(self, model.centre(), model.lines.demand_led.astype(float), agencies)
            parties[centre.code] = centre
        return parties

    def table(self, able, projects, held, money, **terms):
        """What is to be bargained over: :class:`sim.deals.agreement.Table`.

        Parameters
        ----------
        able : list of Signatory
            Who may sign.
        projects : list of Project
            What may be bought.
        held : int
            Pence there are.
        money : dict of str to int
            Pence that each would put in; nought of who is not named.
        terms : object
            Others of :class:`sim.deals.agreement.Table`.
        """
        worth, billable = [], []
        years = int(self.model.arrangement.optional("payment_years"))
        for project in projects:
            by_party = [self.stake(item, project.programme, years) for item in able]
            worth.append([stake[0] for stake in by_party])
            billable.append(np.stack([stake[1] for stake in by_party], axis=1))
        return Table(
            tuple(item.code for item in able),
            tuple(self._offer(project) for project in projects),
            np.array(worth, float).reshape(len(projects), len(able)).T,
            np.stack(billable, axis=2) if billable else np.zeros((years, len(able), 0)),
            np.array([money.get(item.code, 0) for item in able], float),
            held,
            bound=frozenset(item.code for item in able if self.model.decisions.says(item.code, self.code, "join")),
            **terms,
        )

    def projects_for(self, able):
        """Programmes that these parties could have somebody deliver: list of Project."""
        before, self.joined = self.joined, [item.party for item in able if item.party in self.model.agencies]
        market, projects = self.model.market, []
        if self.joined:
            market.look_ahead(self)
        for programme in self.model.catalogue.values() if self.joined else ():
            if not self.may_commission(programme):
                continue
            room = market.room_for(programme, self)
            provider = market.best_provider(programme, self, max(1, room))
            if provider is None:
                continue
            families = provider.may_take(programme, market.stage(programme.id, room))
            price = market.price_pence(programme, provider, families)
            appraisal = self.appraise(programme, price)
            if appraisal is None or not self.dares(appraisal):
                continue
            projects.append(Project(self, programme, provider, families, price, appraisal))
        self.joined = before
        return [project for project in projects if market.is_feasible(project)]

    def stake(self, item, programme, years):
        """What a family is worth to a party, and what it expects to be billable of it in so many years and fewer.

        The same all year: what parties believe is moved at the year end.
        """
        key = self.model.calendar.year, item.code, programme.id, years
        if key not in self._stakes:
            case = self.model.market.case_for(programme, item.belief(programme.id), 0, self.horizon())
            benefit = case.benefit_pence[1 : 1 + years] * (1 - programme.correction)
            by_year = (benefit / np.maximum(1, self.model.services.prices.average)) @ self.unit(item, programme.id)
            billable = np.append(by_year, np.zeros(max(0, years - len(by_year)))).cumsum()
            self._stakes[key] = item.worth(case, programme.correction), billable
        return self._stakes[key]

    def unit(self, item, programme):
        """Pence by line that a case-quarter is billed at before any share of it: of the services the programme is to relieve."""
        return basis.of(self.model).unit(self.model, item) * self.model.relief.paid_for(programme)

    def _offer(self, project):
        fee = self.project_cost(project.programme.id) + self.cost_here("evaluation_cost")
        powers = frozenset(project.programme.commissioners)
        return Offer(project.programme.id, project.price_pence, fee, project.families, self._least(project), powers)

    def change_members(self, joined, table):
        """Who joins, comes back, stays out or gives notice by new terms."""
        for agency in joined:
            if agency not in self.joined:
                kind = "return" if agency.code in self._left else "join"
                self.note(agency.code, kind, "yes", self.code, "founds it" if self.founded is None else "at a review")
                self._left.pop(agency.code, None)
        for agency in self.joined:
            if agency not in joined:
                self.give_notice(agency, "gains nothing by new terms")
        for code in table.parties:
            if code != table.centre and self.founded is None and code not in [agency.code for agency in joined]:
                self.note(code, "stay_out", "yes", self.code, "gains nothing by the terms")
        self.joined = joined

    def give_notice(self, agency, why):
        """A member leaves; it goes on paying for what it has signed."""
        self._left[agency.code] = self.model.calendar.year + int(self.model.arrangement.optional("agreed_years"))
        self.note(agency.code, "leave", "yes", self.code, why)

    def note(self, party, kind, decision, what, outcome):
        """Take down a decision."""
        self.model.decisions.taken(party, kind, decision, what, outcome)

    def buy_plan(self, plan, projects, money):
        """Sign the projects of a plan as far as a sum goes, the best first."""
        for k in plan.order:
            money -= self._sign(projects[k], money, int(plan.families[k]))

    def _sign(self, project, money, families):
        """Sign a project of the plan as far as the money goes: pence of its own that it binds."""
        fee, smallest = self.project_cost(project.programme.id), self.smallest_project()
        backing = self.backing(project, max(0, money - fee), families, smallest) if families >= smallest else None
        if backing is None or not self._is_worth(backing):
            self.model.decisions.declined(self.code, project.programme.id, self._not_backed(project))
            return 0
        return self.buy(project, backing, fee)
