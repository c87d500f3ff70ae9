"""Evaluation's share of a run's CPU: noting, matching and measuring cohorts and those they are compared with.

    uv run python benchmarks/evaluation.py [ARRANGEMENT ...]

``listsim run ARRANGEMENT --replicates 1 --no-report`` on one process: Birmingham, 160,000 families, 15 years, four seeds after one
that compiles. The first share is of the whole command; the second of the model's work in it (settling, twin, run and rows),
which is what a run costs in a sweep. Fails where evaluation takes more than a tenth of the command.
"""

import json
import subprocess
import sys

ARRANGEMENTS, SHARE, SEEDS = ("list_public", "list_naive", "sib_single", "pooled_s75"), 0.1, (2, 3, 4, 5)
_RUN = """
import json, sys, tempfile, time
from sim.cli import main
from sim.evaluation.cohorts import Cohorts
from sim.evaluation.comparison_area import ComparisonArea
from sim.evaluation.recruitment import Recruitment
from sim.studies import task

spent, inside = {"evaluation": 0.0, "model": 0.0}, set()

def timed(function, what):
    def call(*args, **more):
        if what in inside:
            return function(*args, **more)
        inside.add(what)
        begin = time.process_time()
        found = function(*args, **more)
        spent[what] += time.process_time() - begin
        inside.remove(what)
        return found
    return call

parts = {Cohorts: ("enrolled", "close_year", "measure"), ComparisonArea: ("take_down", "at_quarter"), Recruitment: ("recruit",)}
for whose, names in parts.items():
    for name in names:
        setattr(whose, name, timed(getattr(whose, name), "evaluation"))
task.run_task = timed(task.run_task, "model")
name, seed = sys.argv[1:]
with tempfile.TemporaryDirectory() as folder:
    sys.argv = ["listsim", "run", name, "--replicates", "1", "--seed", seed, "--workers", "1", "--no-report", "--quiet", "--out", folder + "/run"]
    try:
        main()
    except SystemExit as stop:
        assert not stop.code, stop.code
print(json.dumps([spent["evaluation"], spent["model"], time.process_time()]))
"""


def run(arrangement, seed):
    """CPU seconds of evaluation, of the model and of all: floats."""
    child = subprocess.run(
        [sys.executable, "-c", _RUN, arrangement, str(seed)], check=True, capture_output=True, text=True
    )
    return json.loads(child.stdout.splitlines()[-1])


def main(*arrangements):
    """Measure, print, and fail above the goal."""
    shares = []
    for name in arrangements or ARRANGEMENTS:
        run(name, 1)
        spent, model, whole = (
            sum(each) / len(SEEDS) for each in zip(*(run(name, seed) for seed in SEEDS), strict=True)
        )
        shares.append(spent / whole)
        print(
            f"{name:12} {spent:.2f} s of CPU: {spent / whole:.1%} of the command ({whole:.2f} s), "
            f"{spent / model:.1%} of the model's work ({model:.2f} s)"
        )
    print(f"{SHARE:.0%} of the command allowed")
    return int(max(shares) > SHARE)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
