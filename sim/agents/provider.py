"""A provider of programmes: public in-house, private, or a third-sector community group."""

from math import ceil, exp, log

from sim.agents.party import Party
from sim.core.ledger import OUTSIDE, split
from sim.core.streams import normal, uniform
from sim.programmes.catalogue import IN_HOUSE

# At equal value for money, the log odds of a bid of skill 1 against one of skill 0. With one officer's help 4 of 29
# groups won 1.3m of 1.4m pounds in Erdington, 2007: 1.3/4 each against 0.1/25 each, odds of 81 (Localis 2010, Total
# Neighbourhood, section 4.3). Skill 1 is that of the four, skill 0 that of the other 25.
SKILL_LOG_ODDS = log((1.3 / 4) / (0.1 / 25))


class Provider(Party):
    """Bids for, staffs and delivers programmes; grows, takes outcome risk as far as its reserve goes, and may fail.

    Parameters
    ----------
    values : dict of str to Quantity
        One for each of :data:`sim.agents.values.PROVIDER_VALUES`. `opening_reserve`, `overdraft` (pounds) and `capacity` (families a year)
        are per million people and become what they are in this place; `team_size` and `least_contract` are in
        smallest projects of the place and become families; the others become attributes as they are.

    Attributes
    ----------
    sector : str
        in_house, private or community. Behind an in-house provider stand the bodies that buy from it.
    cost_ratio : float
        Its cost over the catalogue cost, in a contract that fills a team.
    fixed_share : float
        Part of that cost which is there once a contract is signed, whoever comes: manager, office, training, licence.
    team_families : int
        Families a year that a team is for; a contract for fewer needs a team's fixed cost all the same.
    least_families : int
        Fewest families a year that it bids for.
    margin : float
        Share of cost that its price adds.
    fidelity : float
        Share of a programme's effect it delivers when it does not grow faster than it can absorb.
    reach : float
        Chance that it reaches a family services do not know; brokers raise it.
    bid_spread : float
        Standard deviation of log cost between programmes and years.
    overdraft_pence : int
        What it can borrow.
    risk_appetite : float
        Share of its balance that it is ready to lose at once on all outcome contracts together.
    waiting_rate : float
        Return a year it wants on money laid out until outcomes are paid.
    capacity : int
        Families a year it has staff for at the start, and never fewer.
    growth_limit : float
        Largest growth over last year's families (or its capacity, if more), as a share.
    easy_growth : float
        Growth that costs no fidelity.
    growth_fidelity_loss : float
        Share of fidelity lost per unit of growth beyond that.
    practice_hold : float
        Share of reactive practice that it would hold back at full fidelity.
    bidding_skill : float
        0 to 1, learned by winning and from brokers; see :data:`SKILL_LOG_ODDS`.
    presentation : float
        Log value for money that a bid of skill 1 seems better than it is; the luck of a panel's judgement scales with it.
    skill_learning : float
        Share of the skill still lacking that a year with a contract teaches.
    creaming : float
        Chance, by contract and year, that it takes the easiest first where a flat tariff pays for outcomes.
    effort_on_hard : float
        Share of its staff, and so of its effect, that it gives the hardest cases under such a tariff (below 1: parking).
    failed : bool
        Whether it has gone out of business.
    signed, delivered, delivered_before : int
        Families under contract this year; delivered this year; delivered last year.
    won_pence : int
        Price of this year's contracts.
    """

    def __init__(self, model, code, sector, values):
        super().__init__(model, code)
        self.sector = sector
        here = model.scale * model.place.get("place.population") / 1e6
        self._opening_reserve = round(100 * here * values["opening_reserve"].base_value)
        self.overdraft_pence = round(100 * here * values["overdraft"].base_value)
        self.capacity = round(here * values["capacity"].base_value)
        self.cost_ratio = values["cost_ratio"].base_value
        self.fixed_share = values["fixed_share"].base_value
        project = model.scale * model.place.get("place.smallest_project")
        self.team_families = round(project * values["team_size"].base_value)
        self.least_families = max(1, round(project * values["least_contract"].base_value))
        self.margin = values["margin"].base_value
        self.fidelity = values["fidelity"].base_value
        self.reach = values["reach"].base_value
        self.bid_spread = values["bid_spread"].base_value
        self.risk_appetite = values["risk_appetite"].base_value
        self.waiting_rate = values["waiting_rate"].base_value
        self.growth_limit = values["growth_limit"].base_value
        self.easy_growth = values["easy_growth"].base_value
        self.growth_fidelity_loss = values["growth_fidelity_loss"].base_value
        self.practice_hold = values["practice_hold"].base_value
        self.bidding_skill = values["bidding_skill"].base_value
        self.presentation = values["presentation"].base_value
        self.skill_learning = values["skill_learning"].base_value
        self.creaming = values["creaming"].base_value
        self.effort_on_hard = values["effort_on_hard"].base_value
        self.failed = False
        self.signed = self.delivered = self.delivered_before = self.won_pence = 0
        self._outlay = 0  # pence of this year's contracts that it pays for itself
        self._at_risk = []  # (year in which it is settled, pence it may lose)
        self._bought = {}  # families of this year's contracts, by body

    @property
    def is_in_house(self):
        """Whether it is part of a public body."""
        return self.sector == IN_HOUSE

    def opening_reserve(self):
        """Pence of reserve at the start."""
        return self._opening_reserve

    # Price and bid

    def cost_pence(self, programme):
        """What a family costs it this year in a contract that fills a team; less where public bodies' staff are one team."""
        luck = self.bid_spread * normal(self.model.seed, "bid", self.code, programme.id, self.model.calendar.year)
        team = self.model.arrangement.optional("delivery_cost_ratio") if self.is_in_house else 0.0
        return round(programme.cost_pence() * self.cost_ratio * exp(luck) * (team or 1.0))

    def fixed_pence(self, programme, families):
        """What a contract for so many families costs it whoever comes: a team's fixed cost at the least."""
        return self._fixed_part(programme) * max(families, self.team_families)

    def contract_pence(self, programme, families):
        """What a contract for so many families costs it if all are served."""
        a_family = self.cost_pence(programme) - self._fixed_part(programme)
        return self.fixed_pence(programme, families) + families * a_family

    def price_pence(self, programme, families):
        """What it asks for each family of a contract for so many: it falls until they fill a team."""
        return round(self.contract_pence(programme, families) / families * (1 + self.margin))

    def delivery_pence(self, contract, places):
        """What a quarter of a contract costs it: what is fixed as it was planned, staff for the places there are.

        A family that it parks has a part of these staff.
        """
        programme, quarter = self.model.catalogue[contract.programme], self.model.calendar.quarter_of_year
        fixed = self.fixed_pence(programme, contract.families)
        before, after = (fixed * contract.planned(i) // contract.families for i in (quarter, quarter + 1))
        parked = (1 - contract.effort) * contract.hardest.get(quarter, 0)
        return after - before + round((places - parked) * (self.cost_pence(programme) - self._fixed_part(programme)))

    def bid_score(self, programme, body, families, ease=1.0, lot=0):
        """Value for money its bid seems to offer to a body's panel: the highest score wins.

        Parameters
        ----------
        programme : Programme
        body : Party
            Who tenders.
        families : int
            Families of the contract, which its price depends on.
        ease : float
            How much easier procurement is made for this bidder; 1 for all is even-handed.
        lot : int
            Which of several lots of the programme in a year.

        Returns
        -------
        float
            Effect per pence; 0 once it has failed.

        Notes
        -----
        fidelity / price * ease * exp(presentation * (skill + luck / SKILL_LOG_ODDS)), with luck a standard Gumbel draw.
        At equal value for money bidders then win in proportion to exp(SKILL_LOG_ODDS * skill): the logit of McFadden
        (1974), Conditional logit analysis of qualitative choice behavior.
        """
        if self.failed:
            return 0.0
        draw = uniform(self.model.seed, "bid score", self.code, programme.id, body.code, lot, self.model.calendar.year)
        luck = -log(-log(draw))
        seems = exp(self.presentation * (self.bidding_skill + luck / SKILL_LOG_ODDS))
        return self.fidelity / self.price_pence(programme, families) * ease * seems

    # What it can take on

    def may_take(self, programme, families_wanted):
        """Families of those wanted that it can staff this year, beside what it has signed already."""
        if self.failed or self.sector not in programme.sectors:
            return 0
        most = round(self._staffed() * (1 + self.growth_limit))
        return max(0, min(families_wanted, most - self.signed))

    def fidelity_when(self, families):
        """Share of a programme's effect it delivers in a year with so many families, to two places.

        Two places, because effects are tabled by provider and fidelity.
        """
        staffed = self._staffed()
        growth = max(0.0, families / staffed - 1) if staffed else 0.0
        lost = self.growth_fidelity_loss * max(0.0, growth - self.easy_growth)
        return round(self.fidelity * max(0.0, 1 - lost), 2)

    def fidelity_hold(self):
        """Share of reactive practice that its fidelity holds back: who keeps to a method keeps to whom it is for."""
        return self.practice_hold * self.fidelity

    def can_bear(self, cost_pence, expected_receipt_pence, spread_pence, years_to_payment):
        """Whether it would carry a contract that pays for outcomes only.

        Parameters
        ----------
        cost_pence : int
            What it lays out itself.
        expected_receipt_pence : int
            Outcome payments it expects.
        spread_pence : int
            How far a bad outcome falls short of that.
        years_to_payment : float
            From laying out to being paid.

        Returns
        -------
        bool
            True if the receipt is worth the wait, and - but for in-house provision - balance and overdraft cover the
            outlay beside this year's others, and the loss in a bad outcome, with the losses other contracts may still
            bring, is within the share of the balance it is ready to lose. In-house provision is limited by neither,
            since the bodies that buy from it make its deficit good: it bears the risk for them, and takes none off them.
        """
        if self.failed or expected_receipt_pence < cost_pence * (1 + self.waiting_rate) ** years_to_payment:
            return False
        loss = _possible_loss(cost_pence, expected_receipt_pence, spread_pence)
        return self.is_in_house or (cost_pence <= self._working_capital() and loss <= self._may_lose())

    def can_carry(self, project, expected_pence, share=1.0, spread_pence=0, years_to_payment=1):
        """Families it can pay for itself until outcomes are paid, in the terms of :meth:`can_bear`.

        Parameters
        ----------
        project : party.Project
        expected_pence, spread_pence : int
            A family.
        share : float
            Share of the cost that it carries.
        """
        families = self.may_take(project.programme, project.families)
        while families:
            cost = max(1, round(self.contract_pence(project.programme, families) / families * share))
            if not self.can_bear(cost, expected_pence, spread_pence, years_to_payment):
                return 0
            able = families if self.is_in_house else self._able(families, cost, expected_pence, spread_pence)
            if able == families:
                return families
            families = able  # of fewer families each costs more
        return 0

    def _able(self, families, cost_pence, expected_pence, spread_pence):
        """Of some families at a cost a family, as many as its capital and its appetite for risk are enough for."""
        loss = _possible_loss(cost_pence, expected_pence, spread_pence)
        most = self._may_lose() // loss if loss else families
        return min(families, self._working_capital() // cost_pence, most)

    def order(self, paid_by_outcome, differential, *contract):
        """Whom it takes first: 1 the worst off, -1 the easiest.

        Parameters
        ----------
        paid_by_outcome : bool
            Whether its own income hangs on outcomes.
        differential : bool
            Whether harder cases are paid more, so that there is nothing to gain by choosing.
        *contract : str or int
            Key of the contract; a provider creams or not by contract and year.
        """
        draw = uniform(self.model.seed, "creaming", self.code, *contract, self.model.calendar.year)
        return -1 if paid_by_outcome and not differential and draw < self.creaming else 1

    def effort_on_hardest(self, paid_by_outcome, differential):
        """Share of its staff, and so of its effect, that the hardest cases get."""
        return self.effort_on_hard if paid_by_outcome and not differential else 1.0

    def choose(self, contract):
        """Take down whom a contract that is paid by outcomes has it take first (creaming), and give less (parking)."""
        book, name = self.model.decisions, contract.programme
        if contract.order < 0:
            book.taken(self.code, "cream", contract.families, name, "the easiest first")
        if contract.effort < 1:
            book.taken(self.code, "park", contract.families, name, f"{contract.effort:g} of the staff for the hardest")

    # The year

    def sign(self, contract, expected_pence=0, spread_pence=0, years_to_payment=1):
        """Take a contract on; the part that no one funds counts, with its risk, against further ones.

        Parameters
        ----------
        contract : party.Contract
        expected_pence, spread_pence : int
            Of the whole contract, as in :meth:`can_bear`.
        """
        self.signed += contract.families
        self.won_pence += contract.cost_pence
        self._bought[contract.body] = self._bought.get(contract.body, 0) + contract.families
        share = contract.at_risk if contract.funder else 1.0
        if share:
            programme = self.model.catalogue[contract.programme]
            cost = round(self.contract_pence(programme, contract.families) * share)
            self._outlay += cost
            settled = self.model.calendar.year + ceil(years_to_payment)
            self._at_risk.append((settled, _possible_loss(cost, expected_pence, spread_pence)))

    def deliver(self, contract, places):
        """Pay for a quarter of a contract that is staffed for so many families."""
        self.delivered += places
        self.pay(OUTSIDE, self.delivery_pence(contract, places), "delivery")

    def end_of_year(self):
        """Once a year, before bodies close theirs: settle in-house, learn from winning, remember what was delivered."""
        if self.is_in_house:
            self._share_balance_with_buyers()
        if self.signed:
            self.bidding_skill += self.skill_learning * (1 - self.bidding_skill)
        self.delivered_before = self.delivered
        self.signed = self.delivered = self.won_pence = self._outlay = 0
        self._at_risk = [(year, pence) for year, pence in self._at_risk if year > self.model.calendar.year]
        self._bought = {}

    def is_insolvent(self):
        """Whether it owes more than it can borrow; in-house provision never does, for public bodies stand behind it."""
        return not self.is_in_house and self.balance() < -self.overdraft_pence

    def fail(self):
        """Go out of business for good. What it owes stays in its account: its creditors' loss."""
        self.failed = True
        self.model.decisions.taken(self.code, "exit", -self.balance(), "debt", f"{self.overdraft_pence} it can borrow")

    # Inside

    def _fixed_part(self, programme):
        """Pence of a family's cost that are fixed once a contract is signed."""
        return round(self.fixed_share * self.cost_pence(programme))

    def _staffed(self):
        return max(self.capacity, self.delivered_before)

    def _working_capital(self):
        return max(0, self.balance() + self.overdraft_pence - self._outlay)

    def _may_lose(self):
        held = sum(pence for _, pence in self._at_risk)
        return max(0, int(self.risk_appetite * max(0, self.balance())) - held)

    def _share_balance_with_buyers(self):
        """Those who bought this year share a surplus or make a deficit good, by families, as far as they have money."""
        balance = self.balance()
        if not self._bought:
            return
        ledger, quarters = self.model.ledger, self.model.calendar.quarters_of_year()
        billed, by_outcome = (
            ledger.received(self.code, why, quarters=quarters) for why in ("programme", "outcome_payment")
        )
        for code, part in zip(self._bought, split(abs(balance), list(self._bought.values())), strict=True):
            body = self.model.party(code)
            if balance > 0:
                price = min(part, round(part * billed / max(1, billed + by_outcome)))
                self.pay(body.account(body.purse), price, "programme")
                self.pay(body.account(body.purse), part - price, "outcome_payment")
            else:
                body.pay(self.code, min(part, max(0, body.balance(body.purse))), "programme", body.purse)


def _possible_loss(cost_pence, expected_pence, spread_pence):
    """What a bad outcome would cost a provider that is paid by outcome."""
    return max(0, cost_pence + spread_pence - expected_pence)
