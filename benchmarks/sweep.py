"""What keeping a sweep costs: the machinery's share of CPU, the parent's memory, and what a second process gains.

Two arrangements on Birmingham scaled to 20,000 families, 60 quarters, 10 seeds, at as many points as make the runs asked
for. The points differ in what neither the settled place nor the twin reads, so that both are shared and the model is as
cheap as it gets. The sweep is done in this order, each time in a process of its own, once compiled: on one process, its
model timed apart from all else (handing out, converting rows, writing parts, reading them, the tables); then on two.
Fails where the machinery takes 10% of the model's CPU, the parent 500 MB, or two processes are not 1.7 times as fast.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from sim.results.joined import join
from sim.studies.kept import carry_out
from sim.studies.sweep import load_sweep
from sim.studies.sweep_folder import open_sweep

RUNS, ARRANGEMENTS, SEEDS = 2000, ["list_public", "list_social_investment"], 10
SHARE, MEMORY, GAIN = 0.10, 500e6, 1.7


def sweep_of(runs):
    """The sweep that makes so many runs, or a few more."""
    points = max(1, -(-runs // (len(ARRANGEMENTS) * SEEDS)))
    shares = [round(0.2 + 0.6 * point / max(1, points - 1), 4) for point in range(points)]
    return load_sweep(
        arrangements=ARRANGEMENTS, families=20_000, replicates=SEEDS, grid={"list.reinvested_share": shares}
    )


def measure(runs, workers, folder):
    """Do the sweep in this process, once warm; print what it took as JSON."""
    sweep, model = sweep_of(runs), []
    if workers == 1:  # else the model is the workers', and this process does without it
        with open_sweep(sweep_of(1), f"{folder}/warm") as warm:
            carry_out(sweep_of(1), warm, shard=(1, SEEDS))
        time_tasks(model)
    wall, cpu = time.perf_counter(), time.process_time()
    with open_sweep(sweep, f"{folder}/out") as out:
        outcome = carry_out(sweep, out, workers=workers)
        carried, parts = time.process_time(), len(list((out / "parts").iterdir()))
        join(out, sweep.describe())
    found = {
        "runs": outcome.done * len(ARRANGEMENTS),
        "wall": time.perf_counter() - wall,
        "model": sum(model),
        "keeping": carried - cpu - sum(model),
        "joining": time.process_time() - carried,
        "parts": parts,
        "bytes": sum(path.stat().st_size for path in out.rglob("*.parquet")),
        "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
    }
    print(json.dumps(found))


def time_tasks(seconds):
    """From now on, add the CPU seconds of each task to a list."""
    from sim.studies import task

    run_task = task.run_task

    def timed(*args):
        begin = time.process_time()
        try:
            return run_task(*args)
        finally:
            seconds.append(time.process_time() - begin)

    task.run_task = timed


def measured(runs, workers):
    """The same in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        words = [sys.executable, __file__, "--runs", str(runs), "--workers", str(workers), "--folder", folder]
        said = subprocess.run(words, stdout=subprocess.PIPE, check=True, text=True).stdout
    return json.loads(said.splitlines()[-1])


def main():
    """Measure, print, and fail where a goal is missed."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--runs", type=int, default=RUNS)
    asked.add_argument("--workers", type=int, help=argparse.SUPPRESS)
    asked.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    given = asked.parse_args()
    if given.folder:
        measure(given.runs, given.workers, given.folder)
        return 0
    one, two = measured(given.runs, 1), measured(given.runs, 2)
    runs = one["runs"]
    share, gain = (one["keeping"] + one["joining"]) / one["model"], one["wall"] / two["wall"]
    each = {name: 1000 * one[name] / runs for name in ("model", "keeping", "joining")}
    print(
        f"{runs:,} runs of 20,000 families, 60 quarters; {one['parts']} parts, {one['bytes'] / runs / 1e3:.0f} kB a run"
    )
    print(f"CPU a run: model {each['model']:.0f} ms, keeping {each['keeping']:.1f} ms, tables {each['joining']:.1f} ms")
    print(f"machinery {share:.1%} of the model's CPU; {SHARE:.0%} allowed")
    print(f"peak memory of the parent of two processes {two['peak'] / 1e6:.0f} MB; {MEMORY / 1e6:.0f} allowed")
    print(f"one process {one['wall']:.0f} s, two {two['wall']:.0f} s: {gain:.2f} times as fast; {GAIN} wanted")
    return 0 if share < SHARE and two["peak"] < MEMORY and gain >= GAIN else 1


if __name__ == "__main__":
    sys.exit(main())
