"""From promise to net position, step by step: what each picture of it draws."""

from sim.record.measures import COSTS, LEAKS, MEASURES, of_group

FLOW = ("efficiency_saving", "outcome_payment_out", *COSTS, "investor_return")
STEPS = (
    "promised",
    "optimism_and_luck",
    "gross_avoided",
    *LEAKS,
    "cash_released",
    *of_group("return"),
    "retained",
    *FLOW,
    "net_position",
)


def steps(cells, code):
    """Steps from promise to net position: (measure, level before, level after, whether it is a total), in £m."""
    means, level, found = cells.loc[code]["mean"] / 1e6, 0.0, []
    for name in STEPS:
        mean = means.get(name, 0.0)
        if name == "outcome_payment_out":  # hand to hand: what goes round within the place is no step
            mean -= means.get("outcome_payment_in", 0.0)
        if MEASURES[name].group == "total":
            found.append((name, 0.0, mean, True))
            level = mean
        else:
            after = level + mean if name == "efficiency_saving" else level - mean
            found.append((name, level, after, False))
            level = after
    return found
