"""Who decides: (model) -> the bodies that commission.

Their classes are imported, and Mesa with them, when there is a model for them to stand in: an arrangement is read without.
"""

from sim.core import codes
from sim.core.kinds import COST, DELAY, HORIZON, SEVERAL, SHARE, TERM, WEIGHT, YES_OR_NO, Kind
from sim.deals.terms import Rule

JOINT = {"setup_cost": COST, "years_to_agree": DELAY, "horizon_years": HORIZON}
PROJECT = {"project_cost": COST, "project_learning": Kind(0, 10)}
BONDS = {"agreement_cost": COST, "consent_by_default": YES_OR_NO, "centre_horizon": HORIZON, "set_aside_share": SHARE}

ISSUES = {
    "offers": "programmes joint issues",
    "wants": {"up_front": "bonds", "paid_for": "unit_price", "savings": "departments_pay"},
    "posts": "transaction_cost",
}

MEMBERLESS = ("nobody", "centre", "plan")  # answers that no agency need take part in


def _nobody(model):
    return []


def _each_agency(model):
    powers = {code for programme in model.catalogue.values() for code in programme.commissioners}
    return [agency for agency in model.agencies if agency.code in powers and model.arrangement.takes(agency.code)]


def _fund_board(model):
    from sim.agents.boards import Body

    return [Body(model, codes.POOL)]


def _fund_bargain(model):
    from sim.agents.bargained_fund import BargainedFund

    return [BargainedFund(model, codes.POOL)]


def _list_board(model):
    from sim.agents.list_trust import ListTrust

    return [ListTrust(model, codes.LIST)]


def _list_bargain(model):
    from sim.agents.bargained_list import BargainedList

    return [BargainedList(model, codes.LIST)]


def _centre(model):
    from sim.agents.boards import CentreBoard

    return [CentreBoard(model, codes.CENTRE)]


def _partnership(model):
    from sim.agents.boards import Body

    return [Body(model, codes.PARTNERSHIP)]


def _neighbourhood_boards(model):
    """Boards for the most deprived neighbourhoods."""
    from sim.agents.neighbourhood import NeighbourhoodBoard

    number = round(model.arrangement.get("boards_share") * len(model.neighbourhoods))
    worst = sorted(model.neighbourhoods, key=lambda item: (-item.deprivation, item.code))[: max(1, number)]
    return [NeighbourhoodBoard(model, item) for item in sorted(worst, key=lambda item: item.code)]


def _bond_issuers(model):
    from sim.agents.bond_issuer import BondIssuers

    return [BondIssuers(model, codes.ISSUERS)]


def _consortium(model):
    from sim.agents.bond_issuer import Consortium

    return [Consortium(model, codes.CONSORTIUM)]


def _one_body(model):
    from sim.agents.boards import Body

    return [Body(model, codes.ONE_BODY)]


def _lead_agency(model):
    from sim.agents.boards import LeadBoard

    return [LeadBoard(model, codes.LEAD)]


def _partners(model):
    from sim.agents.bargained_fund import Partners

    return [Partners(model, codes.PARTNERS)]


def _listed(model):
    """Agencies that the list has commission something, in any year."""
    named = {item.party for item in model.arrangement.decisions if item.kind == "commission"}
    takes = model.arrangement.takes
    return [agency for agency in model.agencies if agency.code in named and takes(agency.code)]


def _plan(model):
    from sim.agents.boards import PlanBoard

    return [PlanBoard(model, codes.PLAN)]


BUYS = "programmes projects"
POOL = f"{BUYS} account joint"
FUND = "programmes account joint agrees"

LIST = {
    **JOINT,
    **PROJECT,
    "running_cost": COST,
    "reserve_share": SHARE,
    "supply_chain_hold": SHARE,
    "trust_to_join": SHARE,
    "trust_to_stay": SHARE,
    "trust_step": SHARE,
    "fewest_members": SEVERAL,
    "idle_years": TERM,
}
PARTIES = {"members_differ": Kind(0, 2), "caution": WEIGHT}
BARGAIN = {
    **PARTIES,
    "agreed_years": TERM,
    "margin": Kind(0, 2),
    "rides_free": YES_OR_NO,
    "terms_open": YES_OR_NO,
    "outcome_noise": WEIGHT,
    "cash_doubt": Kind(0, 1),
    "line_noise": Kind(0.001, 1),
    "dormant_share": SHARE,
}

CHOICES = {
    "nobody": Rule(_nobody, "nobody: no new programmes", offers="services purse"),
    "each_agency": Rule(
        _each_agency,
        "each agency for itself, within its powers",
        PROJECT,
        offers=f"{BUYS} services purse payer",
        posts="transaction_cost",
    ),
    "fund_board": Rule(
        _fund_board,
        "a board for the members of a pooled fund",
        {**JOINT, **PROJECT},
        offers=POOL,
        posts="transaction_cost",
    ),
    "fund_bargain": Rule(
        _fund_bargain,
        "members of a common fund, who bargain each year over what is bought and who pays what",
        {**JOINT, **PROJECT, **PARTIES, "pool_overhead": SHARE},
        offers=FUND,
        wants={"up_front": "by_gain"},
        posts="transaction_cost",
    ),
    "list_board": Rule(
        _list_board,
        "the board of a LIST for the agencies that own it",
        LIST,
        offers=f"{POOL} owned invoices",
        posts="transaction_cost",
    ),
    "list_bargain": Rule(
        _list_bargain,
        "a LIST whose owners, and the centre where it is a party, bargain over what is bought and who pays what",
        {**LIST, **BARGAIN},
        offers=f"{POOL} owned bargains",
        wants={"savings": "signed"},
        posts="transaction_cost",
    ),
    "centre": Rule(
        _centre,
        "a department at the centre",
        {**PROJECT, "centre_budget": COST},
        offers=f"{BUYS} purse payer",
        wants={"file": "centre"},
        posts="transaction_cost",
    ),
    "partnership": Rule(
        _partnership, "a partnership of local bodies", {**JOINT, **PROJECT}, offers=POOL, posts="transaction_cost"
    ),
    "neighbourhood_boards": Rule(
        _neighbourhood_boards,
        "boards of the most deprived neighbourhoods, each for its own",
        {
            **PROJECT,
            "boards_share": Kind(0.01, 1),
            "board_cost": COST,
            "years_to_agree": DELAY,
            "horizon_years": HORIZON,
        },
        offers=f"{BUYS} account areas",
        posts="transaction_cost",
    ),
    "bond_issuers": Rule(
        _bond_issuers, "agencies that gain, with their departments' consent", {**JOINT, **BONDS}, **ISSUES
    ),
    "consortium": Rule(
        _consortium,
        "a consortium of all agencies that gain, with every department's consent",
        {**JOINT, **BONDS},
        **ISSUES,
    ),
    "one_body": Rule(
        _one_body,
        "one body for the functions of all members",
        {**JOINT, **PROJECT},
        offers=POOL,
        posts="transaction_cost",
    ),
    "lead_agency": Rule(
        _lead_agency,
        "a member that leads, or hosts, for all",
        {**JOINT, **PROJECT},
        offers=f"{POOL} led",
        wants={"file": "lead"},
        posts="transaction_cost",
    ),
    "partners": Rule(
        _partners,
        "partners side by side, who bargain each year over a plan that binds none of them",
        {**JOINT, **PROJECT, **PARTIES, "drop_out": SHARE, "trust_step": SHARE},
        offers=FUND,
        wants={"up_front": "by_gain"},
        posts="transaction_cost",
    ),
    "plan": Rule(_plan, "a plan fixed beforehand", offers="programmes", wants={"up_front": "grant"}),
    "listed": Rule(
        _listed,
        "a list of decisions, whatever their worth",
        PROJECT,
        offers=f"{BUYS} services purse payer",
        posts="transaction_cost",
    ),
}
