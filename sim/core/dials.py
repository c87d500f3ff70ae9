"""The named dials that sweeps, lecturers and tests turn."""

import math
from dataclasses import dataclass

from sim.core.faults import InputError
from sim.core.numbers import read_number


@dataclass(frozen=True)
class Dial:
    """A named parameter that sweeps, lecturers and tests turn with ``--set``.

    Attributes
    ----------
    name : str
        Dotted name.
    default : float or str
    low, high : float
        Range; None where the dial is a choice.
    unit, text, source : str
    choices : tuple of str
        Allowed words where the dial is a choice.
    whole : bool
        Whether only whole numbers make sense.
    read_by : str
        What an arrangement must offer (:data:`sim.deals.terms.WORDS`) for anything in it to read the dial; any reads
        it where this is empty.
    """

    name: str
    default: float | str
    low: float | None
    high: float | None
    unit: str
    text: str
    source: str
    choices: tuple = ()
    whole: bool = False
    read_by: str = ""

    def read(self, value, where="--set"):
        """The value as the dial's type, if allowed.

        Raises
        ------
        InputError
        """
        if self.choices:
            if not isinstance(value, str) or value not in self.choices:
                raise InputError(
                    where, self.name, f"{value!r} is not a choice", "give one of " + ", ".join(self.choices)
                )
            return value
        number = read_number(value, where, self.name, "value")
        if not self.low <= number <= self.high:
            raise InputError(where, self.name, f"{number:g} is out of range", f"give {self.low:g} to {self.high:g}")
        if self.whole and number % 1:
            near = f"{math.floor(number):g} or {math.ceil(number):g}"
            raise InputError(where, self.name, f"{number:g} is not a whole number", f"give {near}")
        return number


_SCALE = "scale (1 = as the place's data say)"


def _dials():
    return [
        Dial("programmes.effect_scale", 1.0, 0.0, 3.0, _SCALE,
             "Every programme's true effect, with the case finding, trust, word of mouth and social capital it brings; "
             "0 = no programme does anything.",
             "assumption: 1 is the effect drawn from the published distribution; 0 is the null that tests need", read_by="programmes"),
        Dial("programmes.optimism", 1.3, 0.5, 3.0, "ratio",
             "How far deciders' first beliefs exceed the published effect.",
             "cashability:OB5 (a 25% correction of benefits undoes an optimism of 1.33; range from grades 1 to 6 and beyond)", read_by="programmes"),
        Dial("programmes.shrinkage", 1.0, 0.0, 2.0, _SCALE,
             "How much smaller than the published effect the true effect at scale is; multiplies the correction of the "
             "programme's evidence grade (0 to 40%).",
             "cashability:OB6 (corrections by grade, 0 to 40%; their use for effects at scale is an assumption)", read_by="programmes"),
        Dial("families.contagion_scale", 1.0, 0.0, 3.0, _SCALE,
             "Influence of the need among neighbours on a family's own; 0 = none.",
             "assumption: peer influence is documented but no size for these needs is in the evidence"),
        Dial("families.coupling_scale", 1.0, 0.0, 2.0, _SCALE,
             "Influence of a family's other needs on each need; 0 = needs are independent.",
             "assumption: sized so that the costliest families carry many needs (prevalence:P2, C1)"),
        Dial("families.frailty_spread", 1.0, 0.0, 1.5, _SCALE,
             "Lasting differences between families and between neighbourhoods; 0 = all alike.",
             "assumption: sized so that about 2% of families carry five needs or more (prevalence:P2)"),
        Dial("families.case_finding", 1.0, 0.0, 3.0, _SCALE,
             "How much contact with a programme makes need known that would not have shown of its own accord; 0 = not at all.",
             "cashability:B5 (contact with social services 14% against 8% of controls)"),
        Dial("families.demand_growth", 0.0, -0.05, 0.05, "a year",
             "Yearly trend of the chance that need arises or worsens; 0 = stationary.",
             "cashability:B7 (3.2% a year growth of emergency admissions; 0 by default so that the place is stationary)"),
        Dial("services.unmet_need_scale", 1.0, 0.0, 1.5, _SCALE,
             "Need not known or not served at the start; 0 = every eligible family is known and served, always, and "
             "no place is refilled from outside.",
             "assumption: scales the coverage and presentation of the place's data"),
        Dial("services.threshold_drift", 0.5, 0.0, 1.0, "share of places that stay empty",
             "How readily places that stay empty lower a service's threshold; 0 = never.",
             "cashability:B9 (looked-after children +13% while early help fell; the size is an assumption)"),
        Dial("services.fixed_share_scale", 1.0, 0.0, 1.5, _SCALE,
             "Fixed part of service costs (capped at the whole); 0 = all cost follows cases.",
             "cashability:C5 (marginal cost 55% of average for a large cut, near nothing for a small one)"),
        Dial("services.block_scale", 1.0, 0.0, 5.0, _SCALE,
             "Size of the blocks in which places open and close; 0 = one place at a time, every quarter.",
             "assumption: block sizes are teams, homes and wings of the place's data"),
        Dial("services.notice_scale", 1.0, 0.0, 4.0, _SCALE,
             "Quarters of notice before a block closes; 0 = none.",
             "assumption: notice follows staff contracts and leases in the place's data"),
        Dial("agencies.decommissioning", 0.5, 0.0, 1.0, "probability",
             "Willingness to close what stands empty: the chance that a whole empty block is put on notice at a year end.",
             "cashability:C8 (26% of claimed gains verified) and C9 (38%); the size is an assumption"),
        Dial("agencies.horizon_years", 3.0, 1.0, 25.0, "years",
             "Planning horizon of an agency that decides for itself.",
             "Community Budgets Political Leadership Group 2011, Innovative Finance, executive summary (spending reviews of three years)"),
        Dial("agencies.carry_forward_share", 0.1, 0.0, 1.0, "share",
             "Share of an underspend kept by agencies that must return theirs (Jobcentre, justice, NHS).",
             "assumption: end-year flexibility was small and discretionary"),
        Dial("agencies.outcome_payments", "before_claw_back", None, None, "choice",
             "Whether agencies pay for outcomes out of the year's underspend before any of it is clawed back, or only "
             "out of discretionary money and reserves (after_claw_back).",
             "assumption: sources say payments come from savings and fix no order",
             choices=("before_claw_back", "after_claw_back")),
        Dial("comparison.envelope", 0.0, 0.0, 100_000_000.0, "GBP of 2010/11 a year per million people",
             "Money that each arrangement has for programmes each year, granted from outside in place of what it would raise, so that "
             "all are compared at one size; 0 = each with the money it can raise.",
             "assumption: 0 by default; a comparison at equal money tells a better arrangement from a bigger one", read_by="programmes"),
        Dial("departments.review_years", 3.0, 1.0, 10.0, "years",
             "Length of a spending review; each one rebases budgets on outturn.",
             "Community Budgets Political Leadership Group 2011, Innovative Finance, executive summary (spending reviews of three years)",
             whole=True),
        Dial("departments.real_growth", 0.0, -0.1, 0.05, "a year",
             "Growth (or austerity, below 0) of budgets beyond the trend of need, in real terms.",
             "Localis 2010, Total Neighbourhood, section 1 (unprotected spending to fall by up to a quarter); 0 by default"),
        Dial("list.reinvested_share", 0.8, 0.0, 1.0, "share",
             "Share of a LIST's surplus that it reinvests; the rest is distributed to members.",
             "assumption: sources say surplus is reinvested over time and name no share", read_by="repayment"),
        Dial("list.payment_basis", "gross", None, None, "choice",
             "What members pay a LIST on: measured benefit at average cost (gross), at the cost that follows cases "
             "(marginal), or the fall of named budget lines (cashed).",
             "assumption: Bevan Brittan's introduction speaks of payments that reflect the benefit received and fixes no basis",
             choices=("gross", "marginal", "cashed"), read_by="repayment"),
        Dial("measurement.design", "arrangement", None, None, "choice",
             "How a cohort's outcome is measured: as the arrangement says, by families' use of services in later years against "
             "when they enrolled (before_after), against families alike in what services know (matched), against applicants who lost a "
             "draw (waiting_list), by the area's counts against the base year (area_count), or not at all (none).",
             "interventions:FIP1 (family projects were judged before against after)",
             choices=("arrangement", "before_after", "matched", "waiting_list", "area_count", "none"), read_by="programmes"),
        Dial("measurement.cohort_size", 1000.0, 10.0, 100000.0, "families",
             "Families of a cohort that are measured; a larger cohort is sampled and grossed up.",
             "interventions:ONE1 (cohorts of about 1,000 in Peterborough)", whole=True, read_by="findings"),
    ]  # fmt: skip


DIALS = {dial.name: dial for dial in _dials()}


def defaults():
    """Every dial's default, by name."""
    return {name: dial.default for name, dial in DIALS.items()}
