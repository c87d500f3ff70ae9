"""The page of an experiment: its words, with tables and figures of a run."""

from pathlib import Path

from sim.core.atomic import whole
from sim.core.pages import filled
from sim.core.versions import version_of


def write_page(experiment, sweeps, found, folder, varied):
    """Write NAME.md and its figures into a folder.

    Parameters
    ----------
    experiment : Experiment
    sweeps : dict of str to Sweep
        What was run.
    found : dict of str to pandas.DataFrame
        As :func:`sim.experiments.running.carry_out` gives it.
    folder : path
    varied : list of str
        Options that made the run another one than the published.

    Returns
    -------
    pathlib.Path
    """
    figure, path = experiment.code("figure"), Path(folder) / f"{experiment.name}.md"
    marks = {"made": made(experiment, sweeps, varied), **figure.tables(found)}
    with whole(path) as partial:
        partial.write_text(filled(experiment.page, **marks), encoding="utf-8")
    if hasattr(figure, "draw"):
        figure.draw(found, folder)
    return path


def made(experiment, sweeps, varied):
    """Size, version and command of a run, and a warning where it is not the published one."""
    studies, seeds = [sweep.at(0) for sweep in sweeps.values()], next(iter(sweeps.values())).seeds
    years, families = (
        " or ".join(dict.fromkeys(f"{getattr(study, name):,}" for study in studies)) for name in ("years", "families")
    )
    command = " ".join(["listsim experiment", experiment.name, *varied])
    text = (
        f"{studies[0].place.name}: {families} families, {years} years, seeds {seeds[0]} to {seeds[-1]}. "
        f"Written by listsim {version_of('listsim')}: `{command}`.\n"
    )
    if varied:
        text += (
            "\n**This is a variation.** Tables and figures are of this run; the words around them were written of the "
            "published one.\n"
        )
    return text


def publish(experiment, folder):
    """Put the page and figures of a run into ``docs/`` of the source tree: names of the files written."""
    every = sorted([*Path(folder).glob("*.md"), *Path(folder).glob("*.svg")])
    for path in every:
        with whole(experiment.folder.parent.parent / "docs" / path.name) as partial:
            partial.write_bytes(path.read_bytes())
    return [f"docs/{path.name}" for path in every]
