"""Whether a million families fit: 15 years of the whole model under `list_public`, with its do-nothing twin, one seed.

Runs in a process of its own, after one small run that compiles, and prints that process's peak resident memory. Fails
above 1.2 GB.
"""

import resource
import subprocess
import sys
import time

FAMILIES, YEARS, LIMIT = 1_000_000, 15, 1.2e9
_RUN = """
from sim.studies.inputs import load_inputs
from sim.studies.task import run
result = run(load_inputs("list_public", years={years}, families={families}), seed=1, threads=1)
print(len(result.rows), len(result.flows))
"""


def run(families, years):
    """Run in a fresh process; wall seconds."""
    begin = time.perf_counter()
    subprocess.run([sys.executable, "-c", _RUN.format(families=families, years=years)], check=True, capture_output=True)
    return time.perf_counter() - begin


def main():
    """Measure, print, and fail above the limit."""
    run(500, 1)
    small = _peak()
    seconds = run(FAMILIES, YEARS)
    peak = _peak()
    print(
        f"{FAMILIES:,} families, {4 * YEARS} quarters, whole model and twin, one thread: {seconds:.0f} s with start-up"
    )
    print(
        f"peak resident memory {peak / 1e9:.2f} GB of {LIMIT / 1e9:g} GB allowed; a run of 500 families {small / 1e9:.2f} GB"
    )
    print(f"so {(peak - small) / FAMILIES:.0f} bytes a family at the peak")
    return 0 if peak <= LIMIT else 1


def _peak():
    """Bytes of the largest child process so far."""
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024


if __name__ == "__main__":
    sys.exit(main())
