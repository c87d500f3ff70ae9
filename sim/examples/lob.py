"""The published example of a local outcome bond, worked through the model's own contract and ledger."""

from fractions import Fraction
from importlib.resources import files

import mesa

from sim.agents.investor import Investor
from sim.agents.party import Party
from sim.agents.social_bank import SocialBank
from sim.agents.values import load_bank, load_investors
from sim.core.calendar import QUARTERS, Calendar
from sim.core.faults import InputError, suggest
from sim.core.input_files import read_toml
from sim.core.ledger import OUTSIDE, Ledger
from sim.core.parameters import changed, quantity
from sim.deals import finance
from sim.deals.bonds import OutcomeBond, Payer, mature
from sim.deals.decisions import DecisionBook

DEPARTMENT, JOBCENTRE, OTHER_DEPARTMENT, OTHER = "dwp", "jobcentre", "other_department", "other_agency"


PROVIDER, INVESTORS, BANK = "community_provider", "investors", "social_investment_bank"


class _Desk(mesa.Model):
    """The parties of the example, their ledger and a calendar."""

    def __init__(self):
        super().__init__(rng=0)
        self.ledger, self.calendar, self.catalogue = Ledger(), Calendar(), ("programme",)
        self.decisions = DecisionBook(self.calendar)
        self.bank = SocialBank(self, BANK, load_bank())
        self.investors = Investor(self, INVESTORS, **load_investors()["philanthropic"])
        others = (DEPARTMENT, JOBCENTRE, OTHER_DEPARTMENT, OTHER, PROVIDER)
        self.parties = {party.code: party for party in (self.bank, self.investors, *(Party(self, c) for c in others))}

    def party(self, code):
        """A party by its code."""
        return self.parties[code]

    def open_year(self, year):
        """Move to the first quarter of a year."""
        self.calendar.quarter = (year - 1) * QUARTERS + 1
        self.ledger.at(self.calendar.quarter)

    def benefits(self, claimants, pence):
        """The department funds a year of benefit at cost and the Jobcentre pays it."""
        self.ledger.transfer(DEPARTMENT, JOBCENTRE, claimants * pence, "benefit_funding")
        self.ledger.transfer(JOBCENTRE, OUTSIDE, claimants * pence, "service")


def load_example(**options):
    """Values of the example from ``scenarios/examples/lob.toml``, some of them changed.

    Parameters
    ----------
    **options
        ``cases``, ``cost``, ``risk``, ``premium``, ``failures``; None leaves the published value.

    Returns
    -------
    dict of str to float

    Raises
    ------
    InputError
    """
    path = files("sim") / "scenarios" / "examples" / "lob.toml"
    items = {name: quantity(row, path, name) for name, row in read_toml(str(path)).items()}
    for name, value in options.items():
        if value is not None:
            items[name] = changed(items[name], value, "--price" if name == "cost" else f"--{name}", "")
    values = {name: item.value for name, item in items.items()}
    if values["cases"] > values["caseload"]:
        raise InputError(
            "--cases", "", f"{values['cases']:g} is more than there are claimants", f"give 1 to {values['caseload']:g}"
        )
    return values


def example_bond(values, pricing):
    """The example's bond: half of it the Jobcentre's, with its premium, half another agency's."""
    cost = round(values["cost"] * 100)
    price = finance.unit_price(cost, values["risk"], values["premium"], pricing)
    payers = (
        Payer(JOBCENTRE, values["benefit_share"], DEPARTMENT, round(values["agency_premium"] * 100)),
        Payer(OTHER, 1 - values["benefit_share"], OTHER_DEPARTMENT),
    )
    return OutcomeBond(
        "jobseeker's allowance claimants fewer",
        "programme",
        PROVIDER,
        cost,
        price,
        int(values["cases"]),
        values["risk"],
        payers,
        int(values["years"]),
    )


def play_example(values, pricing):
    """Post the example to a ledger, from the base year to maturity.

    Returns
    -------
    tuple of (_Desk, OutcomeBond, Deal, int)
        With the units achieved.
    """
    desk, bond = _Desk(), example_bond(values, pricing)
    benefit = round(values["weekly_benefit"] * 100) * int(values["weeks"])
    units = round(bond.target * (1 - Fraction(str(values["failures"]))))
    desk.ledger.transfer(OUTSIDE, INVESTORS, bond.capital_pence, "opening_balance")
    desk.open_year(1)
    desk.benefits(int(values["caseload"]), benefit)
    deal = desk.bank.deal_for((bond,), "basket")
    desk.bank.take(deal, desk.investors, bond.capital_pence)  # the example takes it that full funding is found
    desk.bank.baskets[deal.code] = (bond,)
    desk.bank.fund(deal)
    desk.ledger.transfer(PROVIDER, OUTSIDE, bond.capital_pence, "delivery")
    desk.open_year(1 + bond.years)
    desk.benefits(int(values["caseload"]) - units, benefit)
    mature(bond, units, desk.ledger, desk.bank.account(deal.code))
    desk.bank.close(deal)
    return desk, bond, deal, units


def example(pricing="appendix", **options):
    """The published example's statement, as a query on the ledger, and the investors' return.

    Parameters
    ----------
    pricing : {"appendix", "fair"}
    **options
        As in :func:`load_example`.

    Returns
    -------
    dict
        Pounds; per-case figures are None where no case succeeded.

    Raises
    ------
    InputError
    """
    if pricing not in finance.PRICING:
        raise InputError("--pricing", "", f"{pricing!r} is not a choice", suggest(pricing, finance.PRICING))
    values = load_example(**options)
    desk, bond, _, units = play_example(values, pricing)

    def paid(payer, payee, *purposes, year=bond.years + 1):
        rows = desk.ledger.flows()
        return sum(row[4] for row in rows if row[:3] == (year, payer, payee) and row[3] in purposes)

    def per_case(pence):
        return _pounds(Fraction(pence, units)) if units else None

    to_agency = paid(DEPARTMENT, JOBCENTRE, "outcome_payment", "agency_premium")
    before = paid(DEPARTMENT, JOBCENTRE, "benefit_funding", year=1)
    after = paid(DEPARTMENT, JOBCENTRE, "benefit_funding")
    to_investors = sum(paid(code, BANK, "outcome_payment") for code in (JOBCENTRE, OTHER))
    return {
        "pricing": pricing,
        "cases": bond.target,
        "succeeded": units,
        "maturity_year": bond.years + 1,
        "cost_per_case_gbp": _pounds(bond.cost_pence),
        "benefit_before_gbp": _pounds(before),
        "benefit_after_gbp": _pounds(after),
        "price_per_case_gbp": per_case(to_investors),
        "agency_share_per_case_gbp": per_case(paid(JOBCENTRE, BANK, "outcome_payment")),
        "department_pays_per_case_gbp": per_case(to_agency),
        "department_pays_agency_gbp": _pounds(to_agency),
        "department_pays_in_all_gbp": _pounds(after + to_agency),
        "department_saves_gbp": _pounds(before - after - to_agency),
        "agency_premium_gbp": _pounds(paid(DEPARTMENT, JOBCENTRE, "agency_premium")),
        "investors": _investors(values, pricing),
    }


def _investors(values, pricing):
    """The investors' return with the failures assumed, and with those that the price allows for."""
    rows = {}
    for name, failures in (("as_played", values["failures"]), ("at_the_risk_priced", values["risk"])):
        _, bond, deal, _ = play_example({**values, "failures": failures}, pricing)
        back = Fraction(deal.paid, deal.capital)
        rows[name] = {
            "failures": failures,
            "put_in_gbp": _pounds(deal.capital),
            "paid_back_gbp": _pounds(deal.paid),
            "back_per_case_funded_gbp": _pounds(back * bond.cost_pence),
            "return_a_year": deal.stakes[0].irr,
            "not_repaid_gbp": _pounds(deal.default_pence),
        }
    return rows


def _pounds(pence):
    """Pounds of pence, whole where they are whole."""
    pounds, rest = divmod(round(pence), 100)
    return pounds + rest / 100 if rest else pounds


def statement(result):
    """The example's statement in lines of text."""

    def money(pounds):
        if pounds is None:
            return "-"
        return f"£{pounds:,}" if isinstance(pounds, int) else f"£{pounds:,.2f}"

    end = result["maturity_year"]
    rows = [
        ("Year 1: DWP funds Jobseeker's Allowance", "benefit_before_gbp"),
        (f"Year {end}: DWP funds Jobseeker's Allowance", "benefit_after_gbp"),
        ("Price per successful case, to investors", "price_per_case_gbp"),
        ("  of which the Jobcentre pays", "agency_share_per_case_gbp"),
        ("DWP pays the Jobcentre per successful case", "department_pays_per_case_gbp"),
        (f"Year {end}: DWP pays the Jobcentre for outcomes", "department_pays_agency_gbp"),
        (f"Year {end}: DWP pays in all", "department_pays_in_all_gbp"),
        ("  less than in year 1 by", "department_saves_gbp"),
        ("Premium the Jobcentre may spend as it likes", "agency_premium_gbp"),
    ]
    lines = [f"{text:48}{money(result[key]):>16}" for text, key in rows]
    cost = money(result["cost_per_case_gbp"])
    for name, text in (("as_played", "as played"), ("at_the_risk_priced", "at the risk the price allows for")):
        row = result["investors"][name]
        back, rate = money(row["back_per_case_funded_gbp"]), row["return_a_year"]
        lines.append(f"Investors {text}, {100 * row['failures']:g}% of cases failing: {cost} returns {back},")
        lines.append(f"  {rate:.1%} a year over {end - 1} years")
    return lines
