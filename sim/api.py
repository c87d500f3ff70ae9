"""The Python interface: the same commands in the same words; results come back as data frames."""

from collections import Counter
from dataclasses import dataclass
from functools import cached_property

from sim.core.folders import reserve_files_in, reserve_folder
from sim.results.files import DAMAGED, damaged, read_tables, write_tables
from sim.results.manifest import read_manifest, write_manifest
from sim.results.summary import summarise, tables
from sim.studies import run as runner
from sim.studies.arguments import check_numbers
from sim.studies.inputs import load_cases


@dataclass(frozen=True)
class Comparison:
    """What a comparison came to.

    Attributes
    ----------
    cases : list of runner.Inputs
    seed, replicates : int
    results : list of list of runner.RunResult
        By replicate, then by case.
    """

    cases: list
    seed: int
    replicates: int
    results: list

    @cached_property
    def bodies(self):
        """Joint bodies of each arrangement."""
        return {case.arrangement.id: self.results[0][i].bodies for i, case in enumerate(self.cases)}

    @cached_property
    def _tables(self):
        return tables(self.results, self.seed)

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

    @cached_property
    def notes(self):
        """A line for each listed decision that changed nothing, with how many of several replicates it was so in."""
        found = Counter(
            f"{result.arrangement}: {note}" if len(self.cases) > 1 else note
            for i in range(len(self.cases))
            for group in self.results
            for result in (group[i],)
            for note in result.notes
        )
        some = f" in {{}} of {self.replicates} replicates" if self.replicates > 1 else ""
        return [note + some.format(times) for note, times in found.items()]

    @cached_property
    def summary(self):
        """Means and quantiles, as in ``summary.csv``: pandas.DataFrame with columns results.SUMMARY_COLUMNS."""
        return summarise(self.runs, self.bodies)

    def write(self, folder, overwrite=False, command=None):
        """Write tables, manifest, figures and report into a new folder, whole or not at all.

        Parameters
        ----------
        folder : str or path
        overwrite : bool
            Whether a folder that listsim wrote may be replaced; nothing else ever is.
        command : list of str, optional
            Words of the command line; None for a run from Python.

        Raises
        ------
        InputError
        """
        with reserve_folder(folder, overwrite, self.cases[0].request.texts) as reserved:
            reserved.finish(lambda new: self.write_into(new, command))

    def write_into(self, folder, command=None):
        """Write into a folder reserved for it; see :meth:`write`."""
        from sim.report.page import write_report  # drawing takes seconds to import

        write_tables(folder, self.runs, self.flows, self.summary, self.decisions)
        write_manifest(folder, self.cases, self.seed, self.replicates, self.bodies, command)
        write_report(folder, self.runs, self.summary, read_manifest(folder))


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
    decisions=None,
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
    decisions : iterable of mapping or tuple, optional
        What is decided in place of the rules, whatever the arrangement: year, party, kind, what, number (docs/odd.md, 6.11).

    Returns
    -------
    Comparison

    Raises
    ------
    InputError
    """
    check_numbers(seed=seed, replicates=replicates, workers=workers)
    cases = load_cases(arrangements, place, settings, years, families, decisions)
    return Comparison(cases, seed, replicates, runner.compare(cases, seed, replicates, workers, progress))


def run(arrangement, place="birmingham_2010", settings=None, seed=1, years=15, families=None, decisions=None):
    """One arrangement with its do-nothing twin; see :func:`compare`.

    Returns
    -------
    Comparison
        With one case and one replicate.
    """
    return compare([arrangement], place, settings, seed, 1, years, families, decisions=decisions)


def redraw(folder):
    """Draw the report of a finished run again; all of it or nothing is written.

    Parameters
    ----------
    folder : str or path

    Raises
    ------
    InputError
    """
    from sim.report.page import write_report

    with reserve_files_in(folder) as reserved:
        runs, _, summary, manifest = read_tables(folder)

        def draw(new):
            try:
                write_report(new, runs, summary, manifest)
            except OSError:  # the disk, not the tables
                raise
            except DAMAGED as error:
                raise damaged(folder, error) from error

        reserved.finish(draw)


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
