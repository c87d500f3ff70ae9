"""The words of `listsim incentives --json`."""

# What each key of a row means, for `listsim explain`.
MEANING = {
    "programme": "id of the programme",
    "name": "its name",
    "cost_per_family_gbp": "catalogue cost of a family, as deciders believe it",
    "true_cost_per_family_gbp": "what a family really costs, before any provider's bid",
    "families_per_year": "families a year at full reach, as deciders believe it",
    "commissioners": "agencies of the place that have the power to commission it",
    "benefit_gbp": "service use that a family is believed to spare each body within the horizon, at average cost, present value",
    "standard_error_gbp": "standard error of it, by body and of all of it, from the families that are followed; beliefs about the effect have another",
    "believed_cash_gbp": "the part of it that each believes to become its own cash; what the centre pays at cost is cash to it alone",
    "at_once_gbp": "the part of it that follows cases, and so is saved before any place closes; all of it once places close",
    "true_gbp": "the same at the mean true effect, shrunk by evidence grade",
    "worth_gbp": "what it is worth to each agency: believed cash, and its weight on the rest",
    "largest_gainer": "who is believed to gain most",
    "largest_share": "share of all gains that is believed to fall to it",
    "buys_alone": "agencies with the power to which a family is worth more than its cost",
    "passes_jointly": "whether a family is worth more than its cost to all agencies together",
    "passes_with_centre": "whether it is where what the centre pays at cost counts as cash too",
    "forgone_gbp_per_year": "worth to all agencies together less cost, of a year at full reach, where nobody buys alone what passes jointly",
    "forgone_in_truth_gbp_per_year": "true benefit of all bodies and the centre less true cost, of a year at full reach, where nobody buys alone and it is above nought",
    "payments_gbp": "what each agency would pay of a family's cost so that nobody is worse off: in proportion to benefit, and by Nash bargaining; below nought it is paid",
    "smallest_side_payment": "the least that one body, the centre if no agency can, would have to pay another a family for it to buy",
    "least_lifted": "the least of scope, horizon and cash rule that must be lifted for somebody to buy; each list is one way; empty where nothing would do",
    "years_needed": "fewest years ahead at which somebody would buy it alone",
}
