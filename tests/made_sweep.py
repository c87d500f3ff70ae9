"""Sweeps with made-up runs, for tests of what is made of them."""

from pathlib import Path

from sim.core.text import json_text
from sim.results import parts
from sim.results.joined import join
from sim.studies.done import Done, Failure, RunResult
from sim.studies.sweep import load_sweep
from sim.studies.sweep_folder import said_of

MEASURES = ("gross_avoided", "cash_released", "retained", "programme_cost", "net_position")


def made_sweep(folder, pounds, failed=(), **asked):
    """Write the folder of a sweep on Milltown with one made-up row a measure.

    Parameters
    ----------
    folder : path
    pounds : callable
        Of labels of the point, arrangement and seed: pounds of every measure.
    failed : collection of tuple
        Points and seeds of tasks that failed.
    **asked
        As for ``load_sweep``.

    Returns
    -------
    Sweep
    """
    folder = Path(folder)
    sweep = load_sweep(**{"place": "milltown", "arrangements": ["silo", "list_public"], "years": 2, **asked})
    (folder / "parts").mkdir(parents=True, exist_ok=True)
    (folder / "study.json").write_text(json_text(said_of(sweep)), encoding="utf-8")
    part = parts.Part(sweep.seeds[0])
    for point, seed in sweep.tasks():
        if (point, seed) in failed:
            failure = Failure("ValueError", "=it <broke>", "Traceback")
            part.add_failure(Done(point, seed, [], failure), f"{point} {seed}", sweep.points[point])
            continue
        runs = []
        for name in sweep.arrangements:
            pence = round(100 * pounds(sweep.labels[point], name, seed))
            rows = [
                (year, "council", None, measure, pence * (year == 1), None) for measure in MEASURES for year in (1, 2)
            ]
            runs.append(RunResult(name, seed, rows, [], ()))
        part.add(Done(point, seed, runs), f"{point} {seed}")
    name, content = part.finish()
    (folder / "parts" / name).write_bytes(content)
    join(folder, sweep.describe())
    return sweep
