"""Silos with causes of split incentives lifted one by one, and what every shipped arrangement buys."""

from collections import Counter
from dataclasses import replace
from pathlib import Path

from sim.arrangements.reading import arrangement_names, load_arrangement
from sim.results.by_seed import by_seed
from sim.results.summary import tables
from sim.studies.inputs import TWIN, with_settings
from sim.studies.task import run_task

AXES = ("case", "of")
MONEY = ("programme_cost", "transaction_cost", "gross_avoided", "cash_released", "retained", "net_position")
# Arrangements by case; those in the second group at a place where all cost follows cases and everybody believes so.
CASES = {
    "as they are": "silo",
    "scope": "scope",
    "horizon, 10 years": "silo_ten_years",
    "horizon, 20 years": "twenty_years",
}
CASHED = {"cash rule": "cash_rule", "all three": "all_lifted"}


def measure(inputs, seed):
    """Money by case and agency, and contracts by programme; of shipped arrangements contracts alone."""
    if inputs.arrangement.id == TWIN:
        return contracts(inputs, {name: name for name in arrangement_names() if name != TWIN}, seed)
    return lifted(inputs, CASES, seed) | lifted(cashable(inputs), CASHED, seed)


def cashable(inputs):
    """The same place where no cost is fixed, and agencies believe that all they save is cash."""
    beliefs = {f"agencies.{agency.id}.cashability_belief": 1 for agency in inputs.place.agencies}
    return with_settings([inputs], {"services.fixed_share_scale": 0, **beliefs})[0]


def lifted(inputs, cases, seed):
    """Money by case, agency and measure, and contracts by case and programme."""
    results = run_cases(inputs, cases, seed)
    runs, _, decisions, _ = tables([results], seed)
    rows = by_seed(runs, {item.arrangement: item.bodies for item in results})[0]
    of = {item: case for case, item in cases.items()}
    money = {
        (of[code], agency, measure): float(pounds)
        for (code, agency, measure), pounds in rows.items()
        if measure in MONEY
    }
    return money | counted(decisions, of)


def contracts(inputs, cases, seed):
    """Contracts by case and programme."""
    found = {}
    for case, code in cases.items():
        _, _, decisions, _ = tables([run_cases(inputs, {case: code}, seed)], seed)
        found |= counted(decisions, {code: case})
    return found


def counted(decisions, of):
    """Contracts signed by case and programme."""
    signed = decisions[(decisions["kind"] == "commission") & decisions["outcome"].str.contains(" families at ")]
    number = Counter(zip(signed["arrangement"].map(of), signed["what"], strict=True))
    return {(case, programme, "contracts"): float(times) for (case, programme), times in number.items()}


def run_cases(inputs, cases, seed):
    """Runs of the arrangements of some cases, against one twin."""
    beside = Path(__file__).parent
    paths = {code: beside / f"{code}.toml" for code in cases.values()}
    chosen = [load_arrangement(path if path.is_file() else code) for code, path in paths.items()]
    return run_task([replace(inputs, arrangement=item) for item in chosen], seed)
