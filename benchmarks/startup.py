"""CPU seconds of short commands, their child processes included: what is imported, loaded and drawn before and after the model.

Each runs once for compiling, then five times; the least is printed. Fails where one takes longer than its goal.
"""

import resource
import subprocess
import sys
import tempfile

ROUNDS = 5
RUN = ("run", "silo", "--place", "milltown", "--years", "2", "--replicates", "1")
GOALS = {  # CPU seconds on the two-core virtual server of README.md
    ("--help",): 0.4,
    ("explain", "services.threshold_drift"): 1.5,
    ("list", "arrangements"): 1.5,
    (*RUN, "--no-report"): 3.2,
    RUN: 6.0,
}


def cpu_seconds(words):
    """User and system time of one command, in an empty folder."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, "-m", "sim", *words], cwd=folder, check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main():
    """Measure, print, and fail above a goal."""
    missed = 0
    for words, goal in GOALS.items():
        cpu_seconds(words)
        least = min(cpu_seconds(words) for _ in range(ROUNDS))
        print(f"{least:5.2f} s of {goal:g} allowed: listsim {' '.join(words)}")
        missed += least > goal
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
