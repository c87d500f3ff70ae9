"""Evaluation's share of a run's CPU: noting, matching and measuring cohorts and those they are compared with.

    uv run python benchmarks/evaluation.py [ARRANGEMENT ...]

Birmingham, 160,000 families, 15 years, one seed. An arrangement runs once to compile and to warm up and then once for the
figures, in a process of its own on one thread. The share is of settling the place, its twin and the run together, which is
what a run costs, and of the run's own quarters. Fails where evaluation takes more than a tenth of the former.
"""

import json
import subprocess
import sys

ARRANGEMENTS, SHARE = ("list_public", "list_naive", "sib_single", "pooled_s75"), 0.1
_RUN = """
import json, sys, time
from sim.evaluation.cohorts import Cohorts
from sim.studies import task
from sim.studies.inputs import load_inputs

spent = []
def timed(method):
    def call(*args, **more):
        begin = time.process_time()
        found = method(*args, **more)
        spent.append(time.process_time() - begin)
        return found
    return call

for name in ("_agreed", "enrolled", "close_year", "measure"):
    setattr(Cohorts, name, timed(getattr(Cohorts, name)))
inputs = load_inputs(sys.argv[1])
for seed in (1, 2):
    begin = time.process_time()
    (model,) = task.models([inputs], seed)
    spent.clear()
    settled = time.process_time()
    for _ in range(4 * inputs.years):
        model.step()
    done = time.process_time()
print(json.dumps([sum(spent), done - settled, done - begin]))
"""


def main(*arrangements):
    """Measure, print, and fail above the goal."""
    shares = []
    for name in arrangements or ARRANGEMENTS:
        child = subprocess.run([sys.executable, "-c", _RUN, name], check=True, capture_output=True)
        spent, run, whole = json.loads(child.stdout)
        shares.append(spent / whole)
        print(
            f"{name:12} evaluation {spent:.2f} s of CPU: {spent / whole:.1%} of settling, twin and run ({whole:.2f} s), "
            f"{spent / run:.1%} of the run ({run:.2f} s)"
        )
    print(f"{SHARE:.0%} of the former allowed")
    return int(max(shares) > SHARE)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
