"""Parts, terms and roles that any arrangement may use, each given by its file: name, words, numbers, what it acts on.

What a part does stands where it acts; the code asks ``arrangement.has(name)``.
"""

from dataclasses import dataclass, field

from sim.agents.values import BROKER_VALUES
from sim.core.kinds import COST, HORIZON, MULTIPLE, NUMBER, PRICE, SEVERAL, SHARE, TERM, WEIGHT, YES_OR_NO, Kind
from sim.programmes.catalogue import SECTORS


@dataclass(frozen=True)
class Part:
    """A part an arrangement may use.

    Attributes
    ----------
    text : str
    needs : dict of str to Kind
        Numbers the arrangement must give.
    manages : bool
        Whether it changes the management of services, so that a second twin with it and no programmes is run.
    wants : dict of str to str
        What it acts on, as an answer's (:class:`sim.deals.terms.Rule`): without it, it would do nothing.
    """

    text: str
    needs: dict = field(default_factory=dict)
    manages: bool = False
    wants: dict = field(default_factory=dict)


@dataclass(frozen=True)
class Term:
    """A value that an arrangement may add; nought where its file is silent.

    Attributes
    ----------
    kind : Kind
    wants : dict of str to str
        What reads it, as an answer's wants.
    offers : str
    """

    kind: Kind
    wants: dict
    offers: str = ""


_BUYS = {"decides": "programmes"}
_INVESTORS = {"up_front": "market"}
_RESULTS = {"paid_for": "outcomes"}
_USE = {"paid_for": "by_use"}
_LIST = {"decides": "owned", "savings": "repayment"}
_JOINT = {"decides": "joint"}

PARTS = {
    "tax_relief": Part("investors' capital brings tax relief, which the Treasury pays", wants=_INVESTORS),
    "guarantee": Part(
        "a guarantor outside the place makes good a share of the capital that investors lose",
        {"guaranteed_share": SHARE},
        wants={"up_front": "investors"},
    ),
    "pooled_cohorts": Part("outcomes of all its cohorts of a year are judged together", wants=_RESULTS),
    "evidence_unit": Part(
        "findings are shared by all, with those of other places; what does not work loses its accreditation",
        {"evidence_cost": COST, "other_places": NUMBER, "accredited_from": WEIGHT, "accreditation_hold": SHARE},
    ),
    "benefits_realisation": Part(
        "closure plans with dates and owners for the services its programmes relieve", manages=True
    ),
    "backfill_control": Part("thresholds are held on the services its programmes relieve", manages=True),
    "data_sharing": Part("families are found early, known to services or not", {"reach_gain": SHARE}),
    "monitor": Part("an independent arbitrator settles disputed payments", {"dispute_cost": COST}, wants=_LIST),
    "double_claims": Part("a family on two schemes at once counts for one half", wants=_RESULTS),
    "staged": Part(
        "a programme starts small and goes on only past a go / no-go point",
        {"pilot_share": Kind(0.01, 1), "go_from": WEIGHT},
    ),
    "political_risk": Part("contracts may be ended at a spending review", {"ended_at_review": SHARE}, wants=_INVESTORS),
    "widening_role": Part(
        "its role and scope widen with its record, its daring and horizon with its own reserve",
        {"role_years": TERM, "cautious_chance": SHARE},
        wants=_LIST,
    ),
    "centre_party": Part(
        "the centre takes part in the bargain: for what it pays at cost, and for what reviews take",
        {"centre_horizon": HORIZON},
        wants={"decides": "bargains", "file": "centre"},
    ),
    "resource_map": Part(
        "what services cost, and what of it follows cases, is mapped before anything is agreed",
        {"map_cost": COST},
        wants=_JOINT,
    ),
    "brokers": Part("brokers help community groups to bid and to be found", BROKER_VALUES),
    "social_capital": Part(
        "help by community groups adds to a neighbourhood's social capital", {"capital_step": WEIGHT}
    ),
    "feasibility_gate": Part("a project must meet the five conditions under which an outcome bond is feasible"),
    "joint_assessment": Part(
        "a family served by several members is assessed once, so that each member's services cost less",
        {"efficiency_share": SHARE},
        wants=_JOINT,
    ),
    "joint_team": Part(
        "members' staff deliver programmes as one team: at less cost, and families engage sooner",
        {"delivery_cost_ratio": MULTIPLE, "engagement_gain": SHARE},
    ),
    "cost_shares": Part(
        "other bodies than who runs them pay a share of what lines cost, used or not",
        {"payer_share": SHARE},
        manages=True,
        wants={"file": "payers"},
    ),
    "use_charges": Part(
        "other bodies than who runs them are charged for each use of lines",
        {"charge_share": SHARE},
        manages=True,
        wants={"file": "charges"},
    ),
    "diversion": Part(
        "who is charged for use diverts cases from statutory lines",
        {"diverted_share": SHARE, "diversion_speed": SHARE, "diversion_cost": SHARE},
        manages=True,
        wants={"file": "charges"},
    ),
    "wider_geography": Part("part of the benefit falls outside the place", {"outside_benefit": SHARE}),
}

TERMS = {
    "centre_share": Term(SHARE, {**_RESULTS, "file": "centre"}, offers="payee payer"),
    "outside_share": Term(SHARE, _RESULTS, offers="payee payer"),
    "outcome_threshold": Term(SHARE, _RESULTS),
    "without_estimate": Term(SHARE, _RESULTS),
    "counted_years": Term(TERM, _USE),
    "step_fee": Term(PRICE, {"paid_for": "fees"}),
    "hard_premium": Term(WEIGHT, {"paid_for": "fees"}),
    "own_staff": Term(YES_OR_NO, {"up_front": "others"}),
    "first_loss": Term(SHARE, {"up_front": "investors"}),
    "grant_years": Term(TERM, {"up_front": "ring_fenced"}),
    "term_years": Term(TERM, _JOINT),
    "payments_left": Term(YES_OR_NO, {"decides": "bargains"}),
    "yearly_cohorts": Term(SEVERAL, _BUYS),
    "horizon_years": Term(HORIZON, _BUYS),
    **{f"ease_{sector}": Term(MULTIPLE, {**_BUYS, "file": sector}) for sector in SECTORS},
}

# Who plays a part in the arrangement, by agency or department.
ROLES = {
    "lead": "the agency that decides for the others",
    "donor": "the agency whose money goes to another",
    "centre": "the department that commissions or pays for outcomes",
}
