"""CPU seconds of a comparison and of a sweep, here and in another checkout, such as that of an older version.

    uv run python benchmarks/compare.py OTHER

OTHER is the folder of a checkout that has `listsim` in its `.venv`. Whole commands are measured, start-up, tables and report
included, on one process each; both checkouts take turns. Where OTHER has no `listsim sweep`, nine comparisons stand for
the sweep of nine points. Fails where either costs this checkout too much.
"""

import resource
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parents[1]
ARRANGEMENTS = ("silo", "pooled_s75", "list_public")
POINTS = {
    "list.reinvested_share": (0.3, 0.5, 0.7),
    "programmes.optimism": (1.0, 1.3, 1.6),
    "measurement.cohort_size": (100, 200, 400),
}
ALIKE = ("--place", "birmingham_2010", "--workers", "1", "--quiet")
COMPARED, SWEPT = 1.6, 2.5  # times fewer CPU seconds than in the other checkout


def cpu_seconds(checkout, *words):
    """User and system time of one command of a checkout, its child processes included."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([f"{checkout}/.venv/bin/listsim", *words, *ALIKE, "--out", f"{folder}/out"], check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def compare(checkout, *words):
    """CPU seconds of a comparison."""
    return cpu_seconds(checkout, "compare", *ARRANGEMENTS, *words)


def sweep(checkout, replicates):
    """CPU seconds of a sweep over :data:`POINTS`, one after another."""
    sets = (f'"{name} {value}" = {{ "{name}" = {value} }}' for name, values in POINTS.items() for value in values)
    with tempfile.TemporaryDirectory() as folder:
        study = Path(folder) / "study.toml"
        study.write_text("[grid.changed]\n" + "\n".join(sets) + "\n", encoding="utf-8")
        words = ("--arrangements", ",".join(ARRANGEMENTS), "--replicates", replicates)
        return cpu_seconds(checkout, "sweep", str(study), *words)


def main(other):
    """Measure in turn, print, and fail above a goal."""
    for checkout in (other, HERE):
        compare(checkout, "--families", "600", "--years", "2", "--replicates", "1")  # compiles
    theirs, ours = [], []
    for _ in range(2):
        theirs.append(compare(other, "--replicates", "2"))
        ours.append(compare(HERE, "--replicates", "2"))
    missed = report("three arrangements, two seeds", min(theirs), min(ours), COMPARED)
    report("the same, but tables alone here", min(theirs), compare(HERE, "--replicates", "2", "--no-report"))
    apart = [f"{name}={value}" for name, values in POINTS.items() for value in values]
    theirs = sum(compare(other, "--replicates", "5", "--set", setting) for setting in apart[::2])
    ours = sweep(HERE, "5")
    theirs += sum(compare(other, "--replicates", "5", "--set", setting) for setting in apart[1::2])
    return missed | report("the same at nine points, five seeds", theirs, ours, SWEPT)


def report(what, theirs, ours, goal=0.0):
    """Print what both took; 1 where a goal is missed."""
    said = f" (goal {goal})" if goal else ""
    print(f"{what}: {theirs:.1f} s there, {ours:.1f} s here, {theirs / ours:.2f} times fewer{said}", flush=True)
    return int(theirs / ours < goal)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]) if len(sys.argv) == 2 else __doc__)
