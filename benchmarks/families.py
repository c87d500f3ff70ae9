"""How fast families are: this project's kernel beside plain Mesa, Starsim and numpy, doing the same work.

Versions run in turn in one process, two quarters each a round; CPU time of one thread, median over rounds. Ratios are
taken within a round, since noise lasts longer than one. Mean costs of every agency must agree within four standard
errors, worked out from the spread between neighbourhoods, which are alike and as large in all versions. Then the
whole model's own kernels on a real city.
"""

import os

os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"  # before numpy: one thread for all

import sys
import time
from dataclasses import replace

import numpy as np
import task
from peers import KernelVersion, MesaVersion, NumpyVersion
from starsim_peers import StarsimVersion, TunedVersion

from sim.place.burn_in import burn_in
from sim.studies.inputs import load_inputs

VERSIONS = {
    "Mesa": MesaVersion, "Starsim": StarsimVersion, "Starsim tuned": TunedVersion, "numpy": NumpyVersion, "listsim": KernelVersion,
}  # fmt: skip
AREAS = {**dict.fromkeys(VERSIONS, 400), "Mesa": 32}
GOALS = {"Mesa": 300, "Starsim": 15}
WARM_UP, CHECKED_FROM, ROUNDS, A_ROUND = 40, 10, 9, 2  # quarters, but for ROUNDS
ERRORS = 4  # standard errors
SLOWER = 1.5  # times that two speeds and events may take


def main():
    """Run, print, and fail if versions disagree or a goal is missed."""
    runs = {name: version(AREAS[name], seed) for seed, (name, version) in enumerate(VERSIONS.items(), 1)}
    counts = {name: np.zeros((AREAS[name], task.NEEDS, 4)) for name in runs}
    for name, run in runs.items():
        for quarter in range(WARM_UP):
            run.step()
            if quarter >= CHECKED_FROM:
                counts[name] += run.counts
    spent = {name: [] for name in runs}
    for _ in range(ROUNDS):
        for name, run in runs.items():
            begin = time.process_time()
            for _ in range(A_ROUND):
                run.step()
            spent[name].append((time.process_time() - begin) / (A_ROUND * AREAS[name] * task.SIZE) * 1e9)
    quarters = WARM_UP - CHECKED_FROM
    means = {name: task.cost(seen) / (quarters * task.SIZE) for name, seen in counts.items()}
    agree = report_costs(means)
    reached = report_speed(spent)
    quick = report_city()
    return 0 if agree and reached and quick else 1


def report_costs(means):
    """Print mean costs and whether they agree; `means` are pence a family-quarter by neighbourhood and agency."""
    own = means["listsim"]
    spread = own.std(axis=0, ddof=1)
    print(f"Mean cost, pence a family-quarter, and furthest of {task.AGENCIES} agencies from listsim:")
    agree = True
    for name, by_area in means.items():
        error = spread * np.sqrt(1 / len(by_area) + 1 / len(own))
        off = (by_area.mean(axis=0) - own.mean(axis=0)) / error
        worst = np.abs(off).argmax()
        share = by_area.mean(axis=0)[worst] / own.mean(axis=0)[worst] - 1
        agree &= bool(abs(off[worst]) <= ERRORS)
        print(f"  {name:<14} {by_area.mean(axis=0).sum():9.1f}  {share:+7.2%}  {off[worst]:+5.1f} of {ERRORS} standard errors allowed ({error[worst] / own.mean(axis=0)[worst]:.2%} each)")  # fmt: skip
    print("Costs agree." if agree else "Costs DISAGREE.")
    return agree


def report_speed(spent):
    """Print CPU time a family-quarter and how many times faster this project is."""
    own = np.array(spent["listsim"])
    reached = True
    print(f"\n{'':<14}{'families':>9}{'ns a family-quarter':>21}{'range':>18}{'listsim is faster':>20}{'goal':>6}")
    for name, times in spent.items():
        ns, ratio, goal = np.median(times), np.median(times / own), GOALS.get(name)
        reached &= goal is None or bool(ratio >= goal)
        print(f"{name:<14}{AREAS[name] * task.SIZE:>9,}{ns:>21,.1f}{f'{min(times):,.1f}-{max(times):,.1f}':>18}{f'{ratio:,.1f} times':>20}{goal or '':>6}")  # fmt: skip
    return reached


def report_city(families=150_000, rounds=12):
    """Print speed and size of the whole model's kernels, beside the same place with one speed of need and no events."""
    inputs = load_inputs("do_nothing")
    places = {"one speed, no events": plain(inputs.place), "as it is": inputs.place}
    cities = {name: phases_of(place, inputs, families) for name, place in places.items()}
    spent = {name: {phase: [] for phase in phases} for name, (_, phases) in cities.items()}
    for quarter in range(1, rounds + 1):
        for name, (_, phases) in cities.items():
            for phase, call in phases.items():
                begin = time.process_time()
                call(quarter)
                spent[name][phase].append((time.process_time() - begin) / families * 1e9)
    print(f"\nWhole model, {inputs.place.id}, {families:,} families, {len(inputs.place.needs)} needs, {len(inputs.place.events)} events:")  # fmt: skip
    for name, (city, _) in cities.items():
        ns = {phase: float(np.median(times)) for phase, times in spent[name].items()}
        size = sum(column.nbytes for column in city.columns) / families
        print(f"  {name:<21} {sum(ns.values()):5.1f} ns a family-quarter ({', '.join(f'{phase} {value:.1f}' for phase, value in ns.items())}); {size:.0f} bytes a family in columns")  # fmt: skip
    rounds = np.array([[sum(times) for times in zip(*spent[name].values(), strict=True)] for name in cities])
    ratio = float(np.median(rounds[1] / rounds[0]))
    print(f"  so two speeds and events take {ratio:.2f} times the time (goal: at most {SLOWER})")
    return ratio <= SLOWER


def phases_of(place, inputs, families):
    """The families of a settled place, and what moves all of them in a quarter, by name."""
    settled = burn_in(place, inputs.place_dials, 1, families)
    city, nowhere = settled.families, np.zeros(len(place.lines), bool)
    usual = settled.services.lines.open_door, settled.services.supply()
    return city, {
        "age": lambda _: city.age(),
        "move needs": city.move_needs,
        "happen": city.happen,
        "screen": lambda quarter: city.screen(quarter, nowhere, *usual),
    }


def plain(place):
    """The same place without events and crises, where all spells of a level end as often as they do on average."""
    values = {name: item for name, item in place.values.items() if not name.startswith(("events.", "crisis."))}
    for name in [name for name in values if ".down_lasting." in name]:
        short, lasting = name.replace("down_lasting", "down"), values.pop(name).value
        share = values.pop(name.replace("down_lasting", "lasting")).value
        stay = (1 - share) / values[short].value + share / max(lasting, 1e-9)
        values[short] = replace(values[short], value=1 / stay)
    return replace(place, events=(), lines=tuple(line for line in place.lines if not line.event), values=values)


if __name__ == "__main__":
    sys.exit(main())
