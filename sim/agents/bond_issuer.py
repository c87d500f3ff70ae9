"""Agencies that issue outcome bonds together: each pays for its own benefit, its department at maturity (docs/odd.md, 6.10).

Localis 2010, Total Neighbourhood, section 5.2 and Appendix.
"""

from dataclasses import dataclass, replace
from math import ceil

from sim.agents.boards import Body
from sim.agents.signatory import Centre, signatories
from sim.core.ledger import split
from sim.deals.bonds import OutcomeBond, Payer
from sim.deals.finance import PRICING, unit_price
from sim.deals.terms import Backing
from sim.programmes import refusals


@dataclass(frozen=True)
class Issue:
    """A year of a programme and the bonds that fund it: all of them, or the programme does not start.

    Attributes
    ----------
    project : party.Project
    families : int
        Families to be taken on.
    bonds : tuple of OutcomeBond
    worth : dict of str to float
        Benefit of a unit that succeeds, in pence, by payer's account.
    """

    project: object
    families: int
    bonds: tuple
    worth: dict

    @property
    def has_room(self):
        """Whether every payer's benefit from a unit covers its part of the price."""
        parts = (
            (payer.account, part)
            for bond in self.bonds
            for payer, part in zip(bond.payers, bond.unit_parts(), strict=True)
        )
        return all(part <= self.worth[account] for account, part in parts)

    def priced(self, quoted, premium_share):
        """The same with bonds at a quoted price; payers put a share of the room that is left on top for themselves."""
        by_name = {bond.outcome: bond for bond in quoted}
        bonds = []
        for bond in (by_name[old.outcome] for old in self.bonds):
            payers = tuple(
                replace(payer, premium_pence=round(max(0.0, self.worth[payer.account] - part) * premium_share))
                for payer, part in zip(bond.payers, bond.unit_parts(), strict=True)
            )
            bonds.append(replace(bond, payers=payers))
        return replace(self, bonds=tuple(bonds))


class BondIssuers(Body):
    """Agencies that issue a bond a programme, each paying by its share of the benefit, as far as departments consent.

    Attributes
    ----------
    offered, sold : int
        Bonds offered to investors and sold, this year.
    outstanding : dict of str to vehicle.Deal
        Baskets for whose bonds departments still hold money.
    pledged : dict of str to int
        Pence that departments have promised this year for bonds not sold yet.
    """

    needs_all = False

    def __init__(self, model, code):
        super().__init__(model, code)
        self.offered = self.sold = 0
        self.outstanding, self.pledged = {}, {}

    def spendable(self):
        """Nothing of its own, for investors pay for programmes."""
        return 0

    def project_cost(self, programme):
        """Pence that agreeing a bond costs: a central team's terms are the same each time."""
        return self.cost_here("agreement_cost")

    # The year's start: agree, bundle, sell

    def commission(self, money):
        """Agree the year's bonds with departments, and have the bank sell them in baskets."""
        self.offered = self.sold = 0
        if self.model.funding.is_equal:
            super().commission(money)
            return
        self.pledged, planned, fees = {}, {}, 0
        issues = []
        for _, _, project in sorted(self._projects(), key=lambda option: option[:2]):
            taken = planned.get(project.provider.code, 0)
            families = project.provider.may_take(project.programme, project.families + taken) - taken
            issue = self.issue(project, families)
            if issue is None or not self.can_charge(fees + self.costs(issue)):
                few = families < self._least(project)
                self._decline(project.programme.id, refusals.FEW if few else refusals.MONEY)
                continue
            fees += self.costs(issue)
            planned[project.provider.code] = taken + issue.families
            issues.append(issue)
        self.offered = sum(len(issue.bonds) for issue in issues)
        by_bond = {bond.outcome: issue for issue in issues for bond in issue.bonds}
        for number, basket in enumerate(self.model.vehicle.bundle([b for issue in issues for b in issue.bonds])):
            mine = list({by_bond[bond.outcome].project.programme.id: by_bond[bond.outcome] for bond in basket}.values())
            self._sell(mine, f"basket-{self.model.calendar.year}-{number + 1}")
        started = {contract.programme for contract in self.model.contracts.running if contract.body == self.code}
        for issue in issues:
            if issue.project.programme.id not in started:
                self._decline(issue.project.programme.id, refusals.BUYERS)

    def _decline(self, programme, why):
        self.model.decisions.declined(self.code, programme, why)

    def issue(self, project, families):
        """A project's bonds, as far as departments consent; None where that leaves too few families."""
        consenting = self.payers(project)
        dearest = self._dearest(project, consenting)
        units = min(self._units(families), *(self._room(code) // pence for code, pence in dearest.items()))
        families = min(families, int(units / self.success))
        if families < self._least(project):
            return None
        for code, pence in dearest.items():
            department = self._department(code)
            self.pledged[department] = self.pledged.get(department, 0) + self._units(families) * pence
        accounts = {self._account(code): pence for code, pence in consenting.items()}
        return self.sized(Issue(project, 0, (), accounts), families)

    def sized(self, issue, families):
        """The issue for a number of families: its bonds at the opening price of a contract for so many."""
        project, units = self.model.market.at_volume(issue.project, families), self._units(families)
        cost = -(-families * project.price_pence // units)
        bonds = self.bonds(project, issue.worth, cost, units)
        return replace(issue, project=project, families=families, bonds=bonds)

    def bonds(self, project, worth, cost, units):
        """One bond, its price split between payers by benefit."""
        whole = sum(worth.values())
        payers = tuple(Payer(account, worth[account] / whole, self._purse_for(account)) for account in worth)
        return (self._bond(project, project.programme.id, cost, units, payers),)

    def _projects(self):
        """Programmes worth their price for which enough departments consent."""
        consented = []
        for option in super()._projects():
            self._take_down_consent(option[2])
            if self.payers(option[2]):
                consented.append(option)
            else:
                self._decline(option[1], refusals.CONSENT)
        return consented

    def _take_down_consent(self, project):
        """Each gaining agency's department says yes or no to funding its part of a bond."""
        for code in self.worth(project):
            kind = "accept" if self.consents(code, project) else "refuse"
            self.model.decisions.taken(self._department(code), kind, "yes", project.programme.id, f"bond of {code}")

    def payers(self, project):
        """Worth of a unit to each agency whose department consents; none where all must and one does not."""
        worth = self.worth(project)
        consenting = {code: pence for code, pence in worth.items() if self.consents(code, project)}
        return {} if self.needs_all and len(consenting) < len(worth) else consenting

    def worth(self, project):
        """Benefit of a unit that succeeds to each agency that gains, in pence, by code: what it counts, over successes.

        Believed cash counts in full, the rest at the weight the agencies put on outcomes.
        """
        appraisal, risk = project.appraisal, project.programme.correction
        by_line = appraisal.present_cash + self.weight_on_outcomes() * (
            appraisal.present_fiscal - appraisal.present_cash
        )
        gains = {}
        for agency in self.members():
            mine = agency.part_of(by_line, centre=True)
            if mine > 0:
                gains[agency.code] = mine / (self.success * (1 - risk))
        return gains

    def consents(self, code, project):
        """Whether an agency's department consents: by default it does; asked, it does where it is not worse off.

        It weighs what a unit is worth to it against the most that a unit may cost it. A list that names the programme goes
        before both.
        """
        department = self._department(code)
        listed = self.model.decisions.says(department, project.programme.id, "refuse", "accept")
        if listed:
            return listed.kind == "accept"
        if self.model.arrangement.get("consent_by_default"):
            return True
        dearest = self._dearest(project, self.worth(project))
        most = sum(pence for other, pence in dearest.items() if self._department(other) == department)
        return self.gain(department, project) >= most

    def gain(self, department, project):
        """Worth of a unit that succeeds to a department, in pence: what it pays at cost, and what reviews will take."""
        model, programme = self.model, project.programme
        agencies = [item for item in model.agencies if item.spec.department == department]
        at_cost = model.lines.demand_led * sum(model.payers.weights[item.number] for item in agencies)
        centre = Centre(self, model.party(department), at_cost, signatories(self, agencies))
        case = model.market.case_for(programme, centre.belief(programme.id), project.price_pence, self.horizon())
        return centre.worth(case, programme.correction) / (self.success * (1 - programme.correction))

    def costs(self, issue):
        """Pence that agreeing an issue's bonds and measuring its outcome costs."""
        return self.project_cost(issue.project.programme.id) * len(issue.bonds) + self.cost_here("evaluation_cost")

    @property
    def pricing(self):
        """How units are priced (:func:`sim.deals.finance.unit_price`)."""
        return PRICING[int(self.model.arrangement.get("fair_price"))]

    @property
    def success(self):
        """Share of families expected to become units, before the risk that a unit fails."""
        return self.model.arrangement.get("expected_success")

    def smallest_project(self):
        """Fewest families that are worth a contract: at least one unit's."""
        return max(super().smallest_project(), ceil(1 / self.success))

    def _sell(self, issues, code):
        """Sell a basket; while it finds no buyers or a price leaves no room, without its riskiest programme."""
        bank, arrangement = self.model.vehicle, self.model.arrangement
        issues = self._within_the_market(issues)
        while issues:
            basket = [bond for issue in issues for bond in issue.bonds]
            most = arrangement.get("most_premium")
            least = bank.premium_to_sell(basket, self.model.investors, self.pricing, most)
            premium = most if least is None else max(least, arrangement.get("premium"))
            quoted = bank.quote(basket, premium, self.pricing)
            priced = [issue.priced(quoted, arrangement.get("premium_share")) for issue in issues]
            roomy = [issue for issue in priced if issue.has_room]
            if least is not None and len(roomy) == len(priced):
                return self._start(bank.sell(list(_bonds(priced)), self.model.investors, code), priced)
            if len(roomy) < len(priced):
                issues = [old for old, new in zip(issues, priced, strict=True) if new in roomy]
            else:
                issues = sorted(issues, key=lambda issue: issue.bonds[0].risk)[:-1]
        return None

    def _within_the_market(self, issues):
        """Targets cut alike to what investors would put in at the highest premium."""
        bank, most = self.model.vehicle, self.model.arrangement.get("most_premium")
        while issues:
            basket = list(_bonds(issues))
            wanted = sum(bond.capital_pence for bond in basket)
            deal = bank.deal_for(bank.quote(basket, most, self.pricing), "quote")
            bids = bank.bids(deal, self.model.investors, wanted)
            part = sum(pence for _, pence in bids) / wanted
            if part in (0, 1):
                return issues
            smaller = [(issue, int(issue.families * part)) for issue in issues]
            issues = [self.sized(item, families) for item, families in smaller if families >= self._least(item.project)]
        return issues

    def _start(self, deal, issues):
        """Departments set money aside, costs are paid, and contracts are signed on the basket's purse."""
        self.outstanding[deal.code] = deal
        purse = self.model.vehicle.account(deal.code)
        for issue in issues:
            name = issue.project.programme.id
            self.sold += len(issue.bonds)
            self.projects[name] = self.projects.get(name, 0) + 1
            self.pay_fee(self.project_cost(name) * len(issue.bonds))
            self._collect(self.cost_here("evaluation_cost"))
            for bond in issue.bonds:
                for account, pence in bond.held_for(bond.target):
                    self.model.party(account.partition(":")[0]).set_aside(account, pence)
            self.model.market.sign(issue.project, Backing(issue.families, purse, purse))

    def _collect(self, pence):
        """Members pay in for measurement, which is paid for when it is done."""
        members = self.members()
        for member, part in zip(members, split(pence, [1] * len(members)), strict=True):
            member.pay(self.account(), min(part, max(0, member.balance("prevention"))), "contribution", "prevention")

    # Inside

    def _dearest(self, project, worth):
        """Most that a unit may cost each payer's department, with its agency's premium, in pence by code."""
        arrangement, whole = self.model.arrangement, sum(worth.values())
        cost, risk = round(project.price_pence / self.success), project.programme.correction
        price = unit_price(cost, risk, arrangement.get("most_premium"), self.pricing)
        share, most = arrangement.get("premium_share"), {}
        for code, pence in worth.items():
            part = price * pence / whole
            most[code] = ceil(max(part, part + share * (pence - part)))
        return most

    def _units(self, families):
        return max(1, round(families * self.success))

    def _bond(self, project, outcome, cost, units, payers):
        programme, arrangement = project.programme, self.model.arrangement
        return OutcomeBond(
            outcome,
            programme.id,
            project.provider.code,
            cost,
            cost,
            units,
            programme.correction,
            payers,
            int(arrangement.get("payment_years")) + 1,
        )

    def _department(self, code):
        return self.model.party(code).spec.department

    def _account(self, code):
        agency = self.model.party(code)
        return agency.account(agency.keeps)

    def _purse_for(self, account):
        """Account in which a payer's department holds what it has set aside."""
        return self.model.party(self._department(account.partition(":")[0])).account("set_aside")

    def _room(self, code):
        """Pence that an agency's department may still set aside: a share of a year's spending of its agencies."""
        department = self._department(code)
        agencies = [agency for agency in self.model.agencies if agency.spec.department == department]
        year = sum(int(agency.baseline.sum()) for agency in agencies)
        held = self.model.party(department).balance("set_aside") + self.pledged.get(department, 0)
        return max(0, int(year * self.model.arrangement.get("set_aside_share")) - held)


class Consortium(BondIssuers):
    """Issues a set of bonds of one programme, one for each agency that gains: all are funded, or none starts."""

    needs_all = True

    def bonds(self, project, worth, cost, units):
        """A bond an agency, each with its share of the cost."""
        costs = split(cost, list(worth.values()))
        return tuple(
            self._bond(
                project,
                f"{project.programme.id}, {account.partition(':')[0]}",
                part,
                units,
                (Payer(account, 1.0, self._purse_for(account)),),
            )
            for account, part in zip(worth, costs, strict=True)
            if part
        )


def _bonds(issues):
    return (bond for issue in issues for bond in issue.bonds)
