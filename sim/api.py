"""The Python interface: the same commands in the same words; results come back as data frames."""

import os
import tempfile
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from sim.core.folders import reserve_folder
from sim.cost_benefit.at_place import incentives_beside
from sim.report.sweep_result import SweepResult
from sim.results import files
from sim.results.differences import bases, by_seed, differences
from sim.results.joined import join
from sim.results.manifest import read_manifest, write_manifest
from sim.results.nothing import bought_nothing
from sim.results.plain import rounded_table
from sim.results.shares import numbers_again, shares
from sim.results.summary import STATISTICS, spread
from sim.results.summary import tables as result_tables
from sim.studies import run as runner
from sim.studies import until
from sim.studies.arguments import check_numbers
from sim.studies.cache import open_folder
from sim.studies.executors import HERE
from sim.studies.study import Study, load_study
from sim.studies.sweep import load_sweep
from sim.studies.sweep_folder import open_sweep
from sim.studies.uncertainty import GROUPS, with_uncertainty


@dataclass(frozen=True)
class Comparison:
    """What a comparison came to.

    Attributes
    ----------
    study : Study
        What was run; of one point.
    done : list of studies.run.Done
        What came of each seed.
    than : str or sequence of str, optional
        Arrangements that the others are compared with; the first by default.
    again : tuple of studies.run.Done
        Replicates run again with one group otherwise; see :mod:`sim.studies.uncertainty`.
    """

    study: Study
    done: list
    than: str | tuple | None = None
    again: tuple = ()

    @classmethod
    def of(cls, study, tasks, than=None, point=0):
        """What the tasks of a study came to at a point."""
        again = tuple(item for item in tasks if item.point) if study.uncertainty == "full" else ()
        return cls(study.at(point), [item for item in tasks if item.point == point], than, again)

    @property
    def inputs(self):
        """All that the runs depend on but for their seed: list of Inputs, one an arrangement."""
        return self.study.inputs()

    @property
    def replicates(self):
        """Number of replicates that ran to their end."""
        return sum(item.failure is None for item in self.done)

    @cached_property
    def failures(self):
        """Replicates that failed: pandas.DataFrame with columns results.files.FAILURE_COLUMNS, usually empty."""
        return files.failure_table(self.done)

    @cached_property
    def bodies(self):
        """Joint bodies of each arrangement."""
        return {run.arrangement: run.bodies for item in self.done for run in item.runs}

    @cached_property
    def _tables(self):
        return result_tables([item.runs for item in self.done if not item.failure], self.study.seeds[0])

    @property
    def runs(self):
        """Leaf rows, as in ``runs.parquet``: pandas.DataFrame with columns results.RUN_COLUMNS."""
        return self._tables[0]

    @property
    def flows(self):
        """The ledger, as in ``flows.parquet``: pandas.DataFrame with columns results.FLOW_COLUMNS."""
        return self._tables[1]

    @property
    def decisions(self):
        """Every decision taken, as in ``decisions.parquet``: pandas.DataFrame with columns results.DECISION_COLUMNS."""
        return self._tables[2]

    @property
    def events(self):
        """How often each event happened, as in ``events.parquet``: pandas.DataFrame with columns results.EVENT_COLUMNS."""
        return self._tables[3]

    @cached_property
    def bought_nothing(self):
        """Why each arrangement bought nothing that bought no programme in any replicate: dict of arrangement to text."""
        return bought_nothing(self.decisions)

    @cached_property
    def notes(self):
        """A line for each thing to know of what was read, each arrangement that bought nothing, and each listed decision that changed nothing.

        The last say in how many of several replicates it was so.
        """
        several = len(self.study.arrangements) > 1
        found = Counter(
            f"{result.arrangement}: {note}" if several else note
            for of_one in zip(*(item.runs for item in self.done if not item.failure), strict=True)
            for result in of_one
            for note in result.notes
        )
        some = f" in {{}} of {self.replicates} replicates" if self.replicates > 1 else ""
        idle = (f"{code} bought nothing: {why}" for code, why in self.bought_nothing.items())
        return [*self.study.notes, *idle, *(note + some.format(times) for note, times in found.items())]

    @cached_property
    def _numbers(self):
        return by_seed(self.runs, self.bodies)

    @cached_property
    def summary(self):
        """Means and quantiles, as in ``summary.csv`` before rounding: pandas.DataFrame with columns results.SUMMARY_COLUMNS."""
        return spread(self._numbers)

    @cached_property
    def shares(self):
        """Which share of the spread rests on what, as in ``shares.csv``; empty but for replicates run again."""
        return shares(self._numbers, numbers_again(self.again, GROUPS, self.study.seeds[0], self.bodies), self.bases[0])

    @property
    def bases(self):
        """Ids of the arrangements that the others are compared with."""
        return bases(self.than, [item.id for item in self.study.arrangements])

    @cached_property
    def differences(self):
        """Paired differences, as in ``differences.csv``: pandas.DataFrame with columns results.DIFFERENCE_COLUMNS."""
        return differences(self._numbers, self.bases)

    def _repr_html_(self):
        """The headline table, as a notebook shows a result."""
        from sim.report.screen import as_html

        return as_html(self)

    def write(self, folder, overwrite=False, command=None, report=True):
        """Write tables, manifest, figures, report and workbook into a new folder, whole or not at all.

        Parameters
        ----------
        folder : str or path
        overwrite : bool
            Whether a folder that listsim wrote may be replaced; nothing else ever is.
        command : list of str, optional
            Words of the command line; None for a run from Python.
        report : bool
            Whether figures, report and workbook, and ``incentives.json`` for them, are made, or left to :func:`redraw`.

        Raises
        ------
        InputError
        """
        with reserve_folder(folder, overwrite, self.study.request.texts) as reserved:
            reserved.finish(lambda new: self.write_into(new, command, report))

    def write_into(self, folder, command=None, report=True, executor=HERE):
        """Write into a folder reserved for it; see :meth:`write`. An executor may find and draw some of it."""
        beside = executor.submit(incentives_beside, self.inputs, os.cpu_count()) if report else None
        years = files.write_tables(folder, self)
        if self.again:
            files.write_shares(folder, self.shares)
        if len(self.failures):
            files.write_failures(folder, self.failures)
        write_manifest(folder, self.study, self.bodies, self.bases, command, report)
        if report:
            files.write_incentives(folder, beside.result())
            from sim.report.drawn import draw

            draw(folder, self.findings(folder, years), executor)

    def findings(self, folder, years=None):
        """What a report and a workbook are drawn from, once the tables of this comparison stand in a folder; means by year if known."""
        from sim.report.findings import Findings

        summary = rounded_table(self.summary, STATISTICS)  # as it is read when they are drawn again
        told = self.runs, self.flows, summary, self.differences, self.decisions, read_manifest(folder)
        return Findings(*told, *files.read_beside(folder), years)


def compare(
    arrangements,
    place="birmingham_2010",
    settings=None,
    seed=1,
    replicates=10,
    years=15,
    families=None,
    workers=1,
    progress=None,
    cache=None,
    future=None,
    decisions=None,
    programmes=None,
    than=None,
    uncertainty="trials",
):
    """Compare arrangements on a place.

    Parameters
    ----------
    arrangements : list of str or path
        Or ``["all"]``, for every shipped one; one alone may be given as it is.
    place : str or path
    settings : mapping, optional
        Changes by dotted name, such as ``{"services.threshold_drift": 0}``.
    seed : int
        Seed of replicate 0; the others follow.
    replicates, years : int
    workers : int
        Processes; a script that asks for more than one needs the usual ``if __name__ == "__main__":``.
    families : int, optional
    progress : callable, optional
        Called with replicates done and their number.
    cache : str or path, optional
        Folder of listsim's own, or a new one, in which settled places and twins are kept from one call to the next.
    future : str or path, optional
        A named future, or a TOML file of the same form. It overrules the defaults; what an arrangement sets, and
        `settings`, overrule it.
    decisions : iterable of mapping or tuple, optional
        What is decided in place of the rules, whatever the arrangement: year, party, kind, what, number (docs/odd.md, 6.11).
    programmes : list of str or path, optional
        Programmes of this run alone, from TOML files: they join the catalogue, or take the place of one of the same
        name, and every arrangement may buy them, those too that are for named programmes.
    than : str or list of str, optional
        Arrangements that the others are compared with in ``differences``; the first by default.
    uncertainty : str
        ``trials``: their errors are drawn in each replicate; ``full``: beside them all that is known by a range.

    Returns
    -------
    Comparison
        Of the replicates that ran to their end; the others are its ``failures``.

    Raises
    ------
    InputError
    StudyError
        If every replicate failed.
    """
    return compare_points(
        {"": {}},
        arrangements,
        place=place,
        settings=settings,
        seed=seed,
        replicates=replicates,
        years=years,
        families=families,
        workers=workers,
        progress=progress,
        cache=cache,
        future=future,
        decisions=decisions,
        programmes=programmes,
        than=than,
        uncertainty=uncertainty,
    )[""]


def compare_points(
    points, arrangements, *, workers=1, progress=None, cache=None, than=None, uncertainty="trials", **asked
):
    """Comparisons at several points over the same seeds; what points have in common is worked out once.

    Parameters
    ----------
    points : dict of str to mapping
        Changes at each point, beside `settings`, by a name for the point.
    arrangements, workers, progress, cache, than, uncertainty, **asked
        As in :func:`compare`.

    Returns
    -------
    dict of str to Comparison

    Raises
    ------
    InputError
    StudyError
        If every replicate of every point failed.
    """
    check_numbers(workers=workers)
    study = with_uncertainty(load_study(arrangements, points=points.values(), **asked), uncertainty)
    bases(than, [item.id for item in study.arrangements])
    done = runner.carry_out(study, workers, progress, None if cache is None else open_folder(cache))
    return {name: Comparison.of(study, done, than, number) for number, name in enumerate(points)}


def sweep(
    file=None,
    out=None,
    workers=1,
    executor=None,
    progress=None,
    retry=False,
    overwrite=False,
    **given,
):
    """Run arrangements at many points of settings, as ``listsim sweep`` does.

    Parameters
    ----------
    file : str or path, optional
        A study file (README, "Sweeps").
    out : str or path, optional
        Folder in which finished work is kept, and gone on with if it holds the same study; by default one of the
        system's, which is gone when the result is.
    workers : int
        Processes; a script that asks for more than one needs the usual ``if __name__ == "__main__":``.
    executor : optional
        Anything with the ``submit`` of :mod:`concurrent.futures`, which is then given `workers` lots at a time.
    progress : callable, optional
        Called with tasks done and their number.
    retry : bool
        Whether those that failed before are run again, and nothing else is.
    overwrite : bool
        Whether another result of listsim's in `out` may be replaced.
    **given
        What would stand in a study file, by its keys, and goes before what stands there: ``place``, ``arrangements``,
        ``future`` and ``programmes``, one or a list; ``years``, ``families``, ``replicates``, ``seed``; ``settings``, a mapping;
        ``grid``, lists of values by dotted name; ``sample`` and ``until``, mappings.

    Returns
    -------
    SweepResult

    Raises
    ------
    InputError
    """
    wanted = load_sweep(file, **given)
    borrowed = tempfile.TemporaryDirectory(prefix="listsim-") if out is None else None
    folder = out if borrowed is None else Path(borrowed.name) / "sweep"
    with open_sweep(wanted, folder, overwrite) as kept:
        how = {"executor": executor, "workers": workers, "progress": progress, "retry": retry}
        outcome = until.carry_out(wanted, kept, **how)
        if not outcome.left:
            join(kept, wanted.describe())
    return SweepResult(wanted, Path(folder), outcome, borrowed)


def run(
    arrangement,
    place="birmingham_2010",
    settings=None,
    seed=1,
    years=15,
    families=None,
    **asked,
):
    """One arrangement with its do-nothing twin; parameters, also ``future``, ``decisions`` and ``programmes``, as in :func:`compare`.

    Returns
    -------
    Comparison
        Of one arrangement and one replicate.
    """
    return compare([arrangement], place, settings, seed, 1, years, families, **asked)


def model(
    arrangement,
    place="birmingham_2010",
    settings=None,
    seed=1,
    years=15,
    families=None,
    **asked,
):
    """The Mesa model that :func:`run` steps, before its first quarter; parameters as in :func:`run`.

    Its place is settled, and its do-nothing twin has run already. What may be read of it after each step is in
    docs/mesa.md; :func:`tables` gives its rows.

    Returns
    -------
    sim.system.LocalSystem
        A ``mesa.Model``: ``step()`` is a quarter, and ``running`` is false when the years are over. Its ``agents`` may
        be shuffled and its ``random`` drawn from: it uses neither.
    """
    from sim.studies.task import models  # the model, which takes seconds to import

    study = load_study([arrangement], place, settings, seed, 1, years, families, **asked)
    return next(models(study.inputs(), seed, os.cpu_count()))


def tables(model):
    """What a model comes to, stepped on to its end if it is not there yet.

    Parameters
    ----------
    model : sim.system.LocalSystem

    Returns
    -------
    tuple of pandas.DataFrame
        Runs, flows and decisions, as those of a :class:`Comparison` of this one run.
    """
    from sim.studies.task import result_of  # which whoever has a model has imported

    return result_tables([[result_of(model)]], model.seed)[:3]


def appraise(
    programme, place="birmingham_2010", settings=None, cases=None, horizon=None, split="simulated", seed=1, draws=10_000
):
    """Appraise a programme by the standard cost-benefit calculation (docs/appraise.md).

    Parameters
    ----------
    programme : str or path
        A programme's id, or a TOML file: a programme of the catalogue's form, or a benefit profile.
    place : str or path
        Whose families' use of services, and whose agencies' belief in cash, are used.
    settings : mapping, optional
        Changes by dotted name.
    cases : int, optional
        By default what the file says, or the families a programme may reach in a year at the place.
    horizon : int, optional
        Years counted, 1 to 60; by default the file's, or 15.
    split : str
        ``simulated``, or a published share-out of the fiscal benefit among agencies: ``brighter_futures``,
        ``unit_cost_database``.
    seed, draws : int
        Draws of the effect, for the chance of gain.

    Returns
    -------
    sim.cost_benefit.CostBenefit
        With data frames ``by_agency`` and ``by_year``, verdicts ``financial``, ``cashable`` and ``public_value``, and
        ``to_dict()``, which is what ``listsim appraise --json`` prints.

    Raises
    ------
    InputError
    """
    from sim.cost_benefit import sources as benefit_sources

    return benefit_sources.appraise(programme, place, settings, cases, horizon, split, seed, draws)
