"""What an answer to one of the seven questions is made of."""

from collections.abc import Callable
from dataclasses import dataclass, field

# What answers offer and want, each as it reads after "it wants". A word that is not here is an answer's own name.
WORDS = {
    "programmes": "somebody who buys programmes",
    "projects": "somebody who chooses programme by programme, so that others may back one",
    "services": "agencies that decide each for its own services",
    "purse": "somebody with money of its own to spend",
    "account": "a body with an account that members pay into",
    "joint": "one body that members found together",
    "led": "a body that one of its members leads",
    "areas": "boards of neighbourhoods",
    "owned": "a LIST that its members own",
    "invoices": "a body that sends members invoices",
    "repayment": "members who repay by measured benefit",
    "bargains": "a body whose parties bargain over terms",
    "agrees": "members who agree each year on what they pay at once",
    "signed": "parties who pay as they have signed for each cohort",
    "issues": "a body that issues outcome bonds",
    "market": "investors",
    "shares": "an account of who put in what",
    "payee": "somebody whom outcome payments go to",
    "payer": "somebody with money for outcome payments",
    "others": "another party that pays up front and is paid for outcomes",
    "outcomes": "payments for outcomes",
    "by_use": "payments for use of services that is spared, year by year",
    "findings": "outcomes that are measured family by family or in the area",
    "each_family": "outcomes that are measured family by family, against the year before or other families",
}


@dataclass(frozen=True)
class Rule:
    """One answer: what it does, what it says in words, and what it takes and gives; :mod:`sim.arrangements.fit` judges it.

    Attributes
    ----------
    needs : dict of str to Kind
        Numbers it needs.
    offers : str
        What others may build on: some of :data:`WORDS`.
    wants : dict of str to str
        What it cannot do without: by question, words that one answer to it must offer, or that answer's own name; by
        ``file`` the roles, values and keys that its file must give; by ``any`` what must be offered somewhere.
    posts : str
        Purposes of the ledger that its payments have.
    """

    call: Callable
    text: str
    needs: dict = field(default_factory=dict)
    offers: str = field(default="", kw_only=True)
    wants: dict = field(default_factory=dict, kw_only=True)
    posts: str = field(default="", kw_only=True)

    def __call__(self, *args):
        return self.call(*args)


@dataclass(frozen=True)
class Benefit(Rule):
    """Whose benefit counts: (body) -> weight by line; `centre` where what the centre pays at cost counts as cash."""

    centre: bool = False


@dataclass(frozen=True)
class UpFront(Rule):
    """Who pays up front: (body) -> None raises the year's money.

    Attributes
    ----------
    back : callable, optional
        (body, project) -> :class:`Backing` or None: another party pays for a project that own money does not cover.
    own : bool
        Whether what it raises may pay providers.
    investors : bool
        Whether it brings investors to the place.
    bank : bool
        Whether they come through a social investment bank that sells baskets of bonds, not deal by deal.
    """

    back: Callable | None = None
    own: bool = True
    investors: bool = False
    bank: bool = False

    @property
    def others(self):
        """Whether another party pays and is paid for outcomes."""
        return "others" in self.offers.split()


@dataclass(frozen=True)
class Backing:
    """Money of another party for one project.

    Attributes
    ----------
    families : int
        Families it pays for.
    funder : str
        Account that pays the provider's bills; empty where the provider pays its own way.
    payee : str
        Account that outcome payments go to.
    at_risk : float
        Share of the price that the provider gets by outcomes alone.
    project : contracts.Project, optional
        What it pays for, at the price of so many families and with who won it; the project that it was asked for by default.
    """

    families: int
    funder: str
    payee: str
    at_risk: float = 0.0
    project: object = None


@dataclass(frozen=True)
class Payment(Rule):
    """What payments are for: (contract, quarter of the year, families it is staffed for) -> pence billed.

    Attributes
    ----------
    unit : str
        What results are counted in (:data:`sim.evaluation.tally.UNITS`); empty where none are paid for.
    rate : str
        The value of the arrangement that is paid for each unit: pounds, or a share of each penny where pence are counted.
    result : callable, optional
        (model, project) -> pence a family that results are expected to bring.
    start : callable, optional
        (model, contract) -> pence due in the year of enrolment, which need no finding.
    expect_start : callable, optional
        (arrangement) -> pence a family that these are expected to come to.
    once : bool
        Whether results are paid for in the first year after enrolment only.
    price : callable, optional
        (programme, provider) -> pence a family; the provider's bid by default.
    """

    unit: str = ""
    rate: str = ""
    result: Callable | None = None
    start: Callable | None = None
    expect_start: Callable | None = None
    once: bool = False
    price: Callable | None = None

    def outcome(self, model, contract, finding):
        """Pence due for the year, below 0 where the outcome is worse than nothing; finding is None in the year of enrolment."""
        if finding is None:
            return self.start(model, contract) if self.start else 0
        return round(self.pence(model.arrangement) * finding.tally.gain)

    def pence(self, arrangement):
        """Pence for each unit that a cohort comes to beyond what is held against it."""
        return arrangement.get(self.rate) if self.unit == "pounds" else arrangement.pence(self.rate)

    def expect(self, model, project):
        """Pence a family that outcome payments are expected to come to."""
        start = self.expect_start(model.arrangement) if self.expect_start else 0
        return start + (self.result(model, project) if self.result else 0)

    def years(self, arrangement):
        """Years after its own in which a cohort's results are paid for."""
        return 1 if self.once else int(arrangement.optional("counted_years")) or arrangement.followed_years


@dataclass(frozen=True)
class Sharing(Rule):
    """Where savings go: (body, findings) -> None collects what is due to the body.

    Attributes
    ----------
    share_out : callable, optional
        (body) -> None, after outcome payments: surplus is shared out.
    payers : callable, optional
        (body, finding) -> weight by party: who pays for outcomes; the body itself by default.
    """

    share_out: Callable | None = None
    payers: Callable | None = None
