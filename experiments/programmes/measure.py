"""The trials of every programme of the catalogue, emulated; and what some of them save, where evaluators said what they do."""

from dataclasses import asdict
from pathlib import Path

import numpy as np

from sim.core.calendar import QUARTERS
from sim.core.input_files import read_toml
from sim.programmes.catalogue import load_catalogue
from sim.programmes.following import follow, refer, takers
from sim.programmes.trials.emulation import Trials, place_of_trials

AXES = ("programme", "trial")
FOLLOWED, DISCOUNT = 20_000, 1.035  # families whose use is counted; discount a year


def returns():
    """What evaluators said: rows of ``returns.toml``."""
    return read_toml(Path(__file__).with_name("returns.toml"))["return"]


def measure(inputs, seed):
    """What is emulated and saved, by programme, row of trials.csv (or source) and name."""
    around, found, catalogue = place_of_trials(inputs.place, inputs.place_dials), {}, load_catalogue()
    for name, programme in catalogue.items():
        for finding in Trials(around, programme, seed=seed).run():
            emulated = asdict(finding.emulated) if finding.emulated else {}
            found |= {(name, finding.trial.row, part): number for part, number in emulated.items()}
    for row in returns():
        key, programme = (row["programme"], row["source"]), catalogue[row["programme"]]
        found |= {(*key, part): pounds for part, pounds in saved(around, programme, row, seed).items()}
        for end in ("low", "high"):
            faded = programme.with_value("half_life", getattr(programme.values["half_life"], end))
            found[(*key, f"saved_{end}")] = saved(around, faded, row, seed)["saved"]
    return found


def saved(around, programme, row, seed):
    """Pounds a family: what lines save, each and together, and what the programme costs; years after the first discounted."""
    place, target = around.place, programme.targets(around.place)
    cohort = refer(around, target, programme.shares, FOLLOWED, seed)
    takes = takers(cohort, target, programme) if row["of"] == "offered" else np.ones(cohort.n, bool)
    quarters, effect = round(QUARTERS * row["years"]), programme.mean_effect(place)
    without, with_it = follow(cohort, around, quarters), follow(cohort, around, quarters, effect, programme, takes)
    weight = DISCOUNT ** -(np.arange(quarters) // QUARTERS)
    use = [arm.use(len(place.lines))[1:] / cohort.n for arm in (without, with_it)]
    pounds = weight[:, None] * (use[0] - use[1]) * around.prices.average / 100
    counted = [i for i, line in enumerate(place.lines) if line.id in row.get("lines", [line.id])]
    by_line = {place.lines[i].id: float(pounds[:, i].sum()) for i in counted}
    early = float(pounds[: 2 * QUARTERS, counted].sum())
    cost = float(takes.mean()) * programme.get("cost_per_family")
    return {**by_line, "cost": cost, "saved": sum(by_line.values()), "saved_in_two_years": early}
