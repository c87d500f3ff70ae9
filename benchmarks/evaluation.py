"""Evaluation's share of a run's CPU: noting, matching and measuring cohorts and those they are compared with.

    uv run python benchmarks/evaluation.py [ARRANGEMENT ...]

Birmingham, 160,000 families, 15 years. An arrangement runs once to compile and to warm up and then with four seeds for the
figures, in a process of its own on one thread. A run is what a sweep does for one seed: the place settles, its twin and
the arrangement live through the years, and what came of it is written down. Fails where evaluation takes more than a tenth.
"""

import json
import subprocess
import sys

ARRANGEMENTS, SHARE = ("list_public", "list_naive", "sib_single", "pooled_s75"), 0.1
_RUN = """
import json, sys, time
from sim.evaluation.cohorts import Cohorts
from sim.evaluation.comparison_area import ComparisonArea
from sim.evaluation.recruitment import Recruitment
from sim.studies import task
from sim.studies.inputs import load_inputs

PARTS = {Cohorts: ("enrolled", "close_year", "measure"), ComparisonArea: ("take_down", "at_quarter"), Recruitment: ("recruit",)}
spent, inside = 0.0, False

def timed(method):
    def call(*args, **more):
        global spent, inside
        if inside:
            return method(*args, **more)
        inside, begin = True, time.process_time()
        found = method(*args, **more)
        inside, spent = False, spent + time.process_time() - begin
        return found
    return call

for whose, names in PARTS.items():
    for name in names:
        setattr(whose, name, timed(getattr(whose, name)))
inputs, shares = load_inputs(sys.argv[1]), []
for seed in (1, 2, 3, 4, 5):
    spent, begin = 0.0, time.process_time()
    task.run_task([inputs], seed)
    shares.append((spent, time.process_time() - begin))
print(json.dumps(shares[1:]))
"""


def main(*arrangements):
    """Measure, print, and fail above the goal."""
    shares = []
    for name in arrangements or ARRANGEMENTS:
        child = subprocess.run([sys.executable, "-c", _RUN, name], check=True, capture_output=True)
        spent, whole = map(sum, zip(*(runs := json.loads(child.stdout)), strict=True))
        shares.append(spent / whole)
        each = ", ".join(f"{part / run:.0%}" for part, run in runs)
        print(
            f"{name:12} {spent / whole:.1%} of a run ({each}): {spent / len(runs):.2f} of {whole / len(runs):.2f} s of CPU"
        )
    print(f"{SHARE:.0%} allowed")
    return int(max(shares) > SHARE)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
