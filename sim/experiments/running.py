"""Running an experiment: one number a seed for each point, arrangement, agency and measure; what was run is kept."""

import json
from collections import deque
from functools import partial
from pathlib import Path

import pandas as pd

from sim.core.atomic import clear_partials, whole
from sim.core.faults import InputError
from sim.experiments.reading import load_experiment
from sim.results import parts
from sim.results.by_seed import by_seed
from sim.studies import executors as pool
from sim.studies import kept
from sim.studies.sweep import load_sweep
from sim.studies.sweep_folder import open_sweep

GIVEN = ("place", "families", "replicates", "seed", "years")


def sweeps_of(experiment, check=False, settings=None, **given):
    """The sweeps of an experiment by study file.

    Parameters
    ----------
    experiment : Experiment
    check : bool
        Of the size of the reference, in place of that published.
    settings : dict, optional
        Changes by dotted name, beside those of the study files.
    **given
        Some of GIVEN, in place of what the study files say.

    Returns
    -------
    dict of str to Sweep

    Raises
    ------
    InputError
    """
    if check:
        for key in given:
            raise InputError(f"--{key}", "", "a check has the size, place and seeds of the reference", "leave it out")
        given = experiment.size
    sweeps = {}
    for name in experiment.studies:
        file = experiment.folder / f"{name}.toml"
        sweeps[name] = load_sweep(file, settings=settings or None, **given)
        if sweeps[name].until:
            raise InputError(
                file, "until", "is not read in an experiment, whose points have the same seeds", "give replicates"
            )
    return sweeps


def carry_out(experiment, sweeps, folder, workers=1, progress=None):
    """Run what is left to run of an experiment, each study in a folder of its own, where it is kept.

    Parameters
    ----------
    experiment : Experiment
    sweeps : dict of str to Sweep
    folder : path
    workers : int
        Processes; results do not depend on it.
    progress : callable, optional
        Called with the number of tasks done and their total.

    Returns
    -------
    found : dict of str to pandas.DataFrame
        By study file: a column a replicate, indexed by the axes of the study and by arrangement, agency and measure; or as
        ``measure.py`` says, where the experiment has one.
    failures : list of dict
        Tasks that failed; see :class:`sim.studies.kept.Outcome`. What was found lacks them.

    Raises
    ------
    InputError
        If there is another run in the folder.
    """
    total, before, found, failures = sum(len(sweep.tasks()) for sweep in sweeps.values()), 0, {}, []
    do = _measured if experiment.measures_itself else _swept
    for name, sweep in sweeps.items():
        tell = progress and (lambda done, _, before=before: progress(before + done, total))
        with open_sweep(sweep, Path(folder) / name) as inner:
            found[name], failed = do(experiment, sweep, inner, workers, tell)
        failures += failed
        before += len(sweep.tasks())
    return found, failures


def _swept(_, sweep, folder, workers, tell):
    kept.carry_out(sweep, folder, workers=workers, progress=tell, retry=True)
    outcome = kept.carry_out(sweep, folder, workers=workers, progress=tell)
    points = [
        with_axes(by_seed(runs, bodies), sweep.labels[point])
        for point, runs, bodies in parts.points(folder, parts.read_index(folder).of(sweep.seeds))
    ]
    return pd.concat(points) if points else pd.DataFrame(), outcome.failures


def with_axes(rows, label):
    """Rows of a point with the value of each axis before their index."""
    for axis, value in reversed(label.items()):
        rows = pd.concat({value: rows}, names=[axis])
    return rows


def _measured(experiment, sweep, folder, workers, tell):
    """What ``measure.py`` gives for each seed, kept a file a seed; an error ends all."""
    of_seed = {seed: folder / parts.FOLDER / f"{seed}-{experiment.hash[:16]}.json" for seed in sweep.seeds}
    clear_partials(folder / parts.FOLDER)
    todo = [seed for seed, path in of_seed.items() if not path.is_file()]
    task = partial(keep_measured, experiment.name, sweep.at(0).inputs()[0])
    before = len(of_seed) - len(todo)
    for done, _ in enumerate(_each(task, [(seed, of_seed[seed]) for seed in todo], workers), before + 1):
        if tell:
            tell(done, len(of_seed))
    columns = {}
    for number, path in enumerate(of_seed.values()):
        rows = json.loads(path.read_text(encoding="utf-8"))
        columns[number] = pd.Series({tuple(key): value for key, value in rows})
    axes = experiment.code("measure").AXES
    return pd.DataFrame(columns).rename_axis([*axes, "measure"]).rename_axis("replicate", axis=1), []


def keep_measured(name, inputs, seed, path):
    """Measure one seed, in whatever process, and keep what was found."""
    rows = list(load_experiment(name).code("measure").measure(inputs, seed).items())
    with whole(path) as partial_file:
        partial_file.write_text(json.dumps(rows), encoding="utf-8")


def _each(task, arguments, workers):
    """Results of a task for each of some arguments, by processes where there are several."""
    if min(workers, len(arguments)) <= 1:
        yield from (task(*some) for some in arguments)
        return
    with pool.workers(min(workers, len(arguments))) as executor:
        waiting = deque(executor.submit(task, *some) for some in arguments)
        while waiting:
            yield waiting.popleft().result()
