"""What a city has, spends and leaves unserved, year by year, as its income is cut."""

import numpy as np

from sim.agents.income import GRANTS, LOCAL_TAX
from sim.core.calendar import QUARTERS
from sim.place import kernels, services
from sim.place.burn_in import burn_in
from sim.record.recorder import Recorder
from sim.system import LocalSystem

AXES = ("year",)
BODY, NEED = "council", "safeguarding"


def measure(inputs, seed):
    """Figures of one seed by year, of which 0 is the base year, and measure: pounds, shares and counts."""
    start = burn_in(inputs.place, inputs.place_dials, seed, inputs.n_families)
    model, found = LocalSystem(inputs, start, seed, Recorder()), {}
    for year in range(inputs.years + 1):
        for _ in range(QUARTERS if year else 0):
            model.step()
        quarters = range(QUARTERS * (year - 1) + 1, QUARTERS * year + 1)
        here = {**of_council(model, year, quarters), **of_lines(model, quarters), **of_all(model, year, quarters)}
        found |= {(year, name): float(number) for name, number in here.items()}
    return found


def of_council(model, year, quarters):
    """What the council had, paid for services outside the model and has in reserve, in pounds."""
    council, ledger = model.party(BODY), model.ledger
    service = council.account("service")
    paid = ledger.paid(service, "other_services", quarters=quarters) if year else council.plan.other
    had = ledger.received(service, *GRANTS, LOCAL_TAX, quarters=quarters) if year else council.income.total
    free = council.plan.discretionary if not year else ledger.received(council.account("prevention"), quarters=quarters)
    return {
        "income": had / 100,
        "other_services": (paid - council.plan.duties) / 100,
        "prevention": free / 100,
        "reserve": council.balance("reserve") / 100,
    }


def of_lines(model, quarters):
    """What the council spent on early help and on social care, and whom its early help did not serve."""
    lines, own = model.lines, model.party(BODY).own_lines
    ours = [j for j in own if lines.need[j] == model.index["needs"][NEED]]
    early = np.array([j for j in ours if not lines.open_door[j]])
    care = np.array([j for j in ours if lines.open_door[j]])
    counts = np.stack([model.services.counts[quarter] for quarter in quarters])[:, early]
    served, need = (services.pick(counts, name).sum() for name in ("eligible_served", "demand"))
    columns, k = model.families.columns, model.index["needs"][NEED]
    entered = np.zeros(len(columns.age), bool)
    for first, end in zip(columns.first[:-1], columns.end, strict=True):
        entered[first:end] = True
    helped = columns.served[quarters[-1] % kernels.RING] & np.uint32(sum(1 << int(j) for j in early)) > 0
    emerging, any_need = ((columns.levels[:, k] == 1) & entered, (columns.levels[:, k] > 0) & entered)
    stricter = -np.minimum(0, model.services.low_places[care]).sum()
    return {
        "early_help": model.outturn.spent(early, quarters) / 100,
        "social_care": model.outturn.spent(care, quarters) / 100,
        "unserved": 1 - served / need,
        "unhelped": 1 - helped[any_need].mean(),
        "emerging_helped": helped[emerging].mean(),
        "withheld": stricter / services.pick(model.services.counts[quarters[-1]], "demand")[care].sum(),
    }


def of_all(model, year, quarters):
    """Reports, and what bodies spent beyond income and reserves, of all agencies."""
    noted = [agency.noted for agency in model.agencies] if year else []
    return {
        "section_114_reports": sum(item["section_114_reports"] for item in noted),
        "beyond_means": sum(item["exceptional_support"] + item["licensed_deficit"] for item in noted) / 100,
        "police_reserve": model.party("police").balance("reserve") / 100,
        "modelled": sum(model.outturn.spending[q].sum() for q in quarters)
        / (100 * model.scale * model.place.get("place.public_spending")),
    }
