"""What all institutions share: a name, an account, and, for those that commission, beliefs and a way to choose."""

from dataclasses import dataclass

import mesa
import numpy as np

from sim.appraisal import appraise_case
from sim.ledger import OUTSIDE


class Party(mesa.Agent):
    """An institution with an account in the ledger.

    Attributes
    ----------
    code : str
        Stable name: the party in ``flows.parquet``, and part of its keys for draws.
    """

    def __init__(self, model, code):
        super().__init__(model)
        self.code = code

    def pay(self, payee, pence, purpose, purse=""):
        """Pay another party from a purse."""
        self.model.ledger.transfer(self.account(purse), payee, pence, purpose)

    def account(self, purse=""):
        """Name of the account that holds a purse."""
        return f"{self.code}:{purse}" if purse else self.code

    def balance(self, purse=""):
        """Pence in a purse."""
        return self.model.ledger.balance(self.account(purse))


@dataclass
class Belief:
    """Belief in a programme, as a multiple of its published effect: mean and variance."""

    mean: float
    variance: float

    def update(self, estimate, variance):
        """Bring in an estimate with its variance, by precision."""
        weight = self.variance / (self.variance + variance)
        self.mean = max(0.0, self.mean + weight * (estimate - self.mean))
        self.variance *= 1 - weight


@dataclass(frozen=True)
class Contract:
    """A year of a programme bought from a provider.

    Attributes
    ----------
    body : str
        Code of the party that commissions and pays.
    families : int
        Families to be taken on in the year.
    price_pence : int
        Price a family.
    """

    body: str
    programme: str
    provider: str
    offer: int
    year: int
    families: int
    price_pence: int


class Commissioner(Party):
    """A party that may commission programmes.

    Attributes
    ----------
    beliefs : dict of str to Belief
    purse : str
        The purse it commissions from.
    members : method
        Agencies on whose behalf it commissions.
    projects : dict of str to int
        Years in which each programme was commissioned: repetition makes agreeing cheaper.
    """

    purse = ""

    def __init__(self, model, code):
        super().__init__(model, code)
        optimism, spread = model.dials["programmes.optimism"], model.place.get("place.belief_spread")
        self.beliefs = {name: Belief(optimism, spread**2) for name in model.catalogue}
        self.projects = {}

    def horizon(self):
        """Years it looks ahead."""
        return self.model.dials["agencies.horizon_years"]

    def cashability(self):
        """Believed share of benefit that becomes cash, by line: each agency's own belief for its own lines."""
        return self.model.believed_cashability()

    def weight_on_outcomes(self):
        """Average weight its members put on outcomes without cash."""
        return float(np.mean([member.outcome_weight for member in self.members()]))

    def may_commission(self, programme):
        """Whether a member has the legal power to commission the programme, and so does not veto it."""
        return any(member.code in programme.commissioners for member in self.members())

    def project_cost(self, programme):
        """Pence that agreeing a year of a programme costs; it falls with every repetition."""
        times = self.projects.get(programme, 0) + 1
        return round(self.model.cost_here("project_cost") * times ** -self.model.arrangement.get("project_learning"))

    def scope(self):
        """Largest share of a programme's yearly reach that it takes on."""
        return 1.0

    def appraise(self, programme, price_pence):
        """Appraise a programme at a price a family with this party's beliefs; None where there is nobody to help."""
        case = self.model.case_for(programme, self.beliefs[programme.id], price_pence)
        if case is None:
            return None
        counted = self.model.arrangement.rules.benefit_counted(self)
        return appraise_case(
            case,
            counted,
            self.cashability(),
            self.weight_on_outcomes(),
            self.horizon(),
            self.model.correction(programme),
            self.model.years,
        )

    def relate(self):
        """What it does about its members at the year end: nothing, for most."""

    def commission(self, money):
        """Choose next year's programmes for the money there is, the best value per pound first.

        Parameters
        ----------
        money : int
            Pence it may spend.
        """
        smallest = self.model.place.get("place.smallest_project") * self.model.scale
        options = []
        for programme in self.model.catalogue.values():
            if self.may_commission(programme):
                provider = self.model.best_provider(programme, self)
                price = provider.price_pence(programme)
                appraisal = self.appraise(programme, price)
                if appraisal is not None and appraisal.value_pence > 0:
                    options.append(
                        (-appraisal.value_pence / price, programme.id, programme, provider, price, appraisal)
                    )
        for _, _, programme, provider, price, appraisal in sorted(options, key=lambda option: option[:2]):
            fee = self.project_cost(programme.id)
            families = min(self.model.room_for(programme, self.scope()), max(0, money - fee) // price)
            if families == 0 or families < smallest:
                continue
            money -= fee + families * price
            self.projects[programme.id] = self.projects.get(programme.id, 0) + 1
            self.pay(OUTSIDE, fee, "transaction_cost", self.purse)
            self.model.sign(self, programme, provider, families, price, appraisal)
        return money
