"""A country's families in one run: CPU seconds and peak memory of 8,000,000 families, 15 years, `list_public` with its twin.

    uv run python benchmarks/country.py [FAMILIES]

Settling the place, the twin and the run under the arrangement are done one after another in a process of its own, once
compiled, on two threads. Fails above 105 s or 3 GB, goals for 8,000,000 families on the machine of README.md.
"""

import json
import subprocess
import sys

FAMILIES, SECONDS, BYTES = 8_000_000, 105, 3e9
_RUN = """
import json, resource, time
from sim.studies import comparison, task as runner
from sim.studies.inputs import load_inputs

marks = []
def marked(function):
    def call(*args):
        marks.append(time.process_time())
        return function(*args)
    return call

def run(families):
    runner.run(load_inputs("list_public", families=families), 1, 2)

run(600)
for module, name in ((runner, "burn_in"), (comparison, "simulate"), (runner, "result_of")):
    setattr(module, name, marked(getattr(module, name)))
run({families})
marks.append(time.process_time())
seconds = [after - before for before, after in zip(marks, marks[1:])]
print(json.dumps([seconds, 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss]))
"""


def main(families=FAMILIES):
    """Measure, print, and fail above a goal."""
    child = subprocess.run([sys.executable, "-c", _RUN.format(families=families)], check=True, capture_output=True)
    seconds, peak = json.loads(child.stdout)
    parts = ", ".join(f"{name} {part:.1f}" for name, part in zip(("settling", "twin", "run"), seconds, strict=True))
    print(f"{families:,} families, 60 quarters, CPU seconds: {parts}, together {sum(seconds):.1f} ({SECONDS} allowed)")
    print(f"peak resident memory {peak / 1e9:.2f} GB of {BYTES / 1e9:.0f} GB allowed")
    return int(sum(seconds) > SECONDS or peak > BYTES)


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
