"""A study: one description of what is run, for the command line, for Python and for experiments."""

from dataclasses import dataclass, field, replace
from functools import cached_property

from sim.arrangements.listed import given_decisions, with_decisions
from sim.core.digest import Digests
from sim.place.places import Place, load_place
from sim.studies.arguments import check_numbers, settings_of
from sim.studies.inputs import (
    YEARS,
    check_own_programmes,
    future_at,
    inputs_of,
    load_common,
    own_programmes,
    quantities,
    read_arrangements,
    replaced,
    with_settings,
)
from sim.studies.request import Request, requested


@dataclass(frozen=True, eq=False)
class Study:
    """Arrangements of a place at points of settings, over seeds. Studies are equal where what they run is.

    Attributes
    ----------
    place : Place
    arrangements : tuple of Arrangement
        As they are read; settings are not yet among their values.
    points : tuple of dict
        Settings by dotted name, as given; one point without settings for an ordinary comparison.
    seeds : range
        One a replicate.
    years, families : int
    common : dict
        What all arrangements share; see :func:`sim.studies.inputs.load_common`.
    request : Request
        What place and arrangements were read from.
    notes : tuple of str
        What a reader of the results should know of what was read, a line each.
    """

    place: Place
    arrangements: tuple
    points: tuple
    seeds: range
    years: int
    families: int
    common: dict = field(repr=False)
    request: Request = field(repr=False)
    notes: tuple = ()

    @property
    def future(self):
        """The named future, or None."""
        return self.common["future"]

    @property
    def uncertainty(self):
        """What is drawn in each replicate: the errors of trials."""
        return "trials"

    def tasks(self):
        """Every (point's number, seed), by seed, so that points that share a seed follow one another."""
        return [(point, seed) for seed in self.seeds for point in range(len(self.points))]

    def inputs(self, point=0):
        """Inputs of every arrangement at a point: list of Inputs.

        Raises
        ------
        InputError
            If a setting is unknown or wrong.
        """
        every = inputs_of(self.arrangements, self.place, self.years, self.families, self.common)
        return with_settings(every, self.points[point])

    def task(self, seed):
        """What is run for a seed: inputs of every arrangement, and the seed of its luck."""
        return self.inputs(), seed

    def at(self, point):
        """The study of one point alone."""
        return replace(self, points=(self.points[point],))

    def quantities(self):
        """Every value of the first point by dotted name, those of an arrangement by its id; dials left out."""
        return quantities(self.inputs())

    @cached_property
    def hash(self):
        """SHA-256 of all that the results depend on, but for the code: resolved inputs, seeds, years and families."""
        digests = Digests()
        points = [
            [(replace(inputs, settings={}), inputs.dials, inputs.place_dials) for inputs in self.inputs(point)]
            for point in range(len(self.points))
        ]  # dials as they come to, in an order of their own
        return digests.of(points, self.seeds)

    def __eq__(self, other):
        return isinstance(other, Study) and self.hash == other.hash

    def __hash__(self):
        return int(self.hash[:16], 16)


def load_study(
    arrangements,
    place="birmingham_2010",
    settings=None,
    seed=1,
    replicates=10,
    years=YEARS,
    families=None,
    points=({},),
    future=None,
    decisions=None,
    programmes=None,
):
    """The study that a user's words ask for, everything read and checked.

    Parameters
    ----------
    arrangements : list of str or path
        Or ``["all"]``, for every shipped one; one alone may be given as it is.
    place : str or path
    settings : mapping of str to str or float, optional
        Changes by dotted name, at every point: dials, or any value of the place, a programme, a provider, an investor,
        the bank or an arrangement.
    seed : int
        Seed of the first replicate; the others follow.
    replicates, years : int
    families : int, optional
        Scales the place to this many families.
    points : sequence of mapping
        Changes beside, at each point.
    future : str or path, optional
        A future's id, or a TOML file of the same form; every dial at its default otherwise.
    decisions : iterable of mapping or tuple, optional
        Listed decisions that go before every arrangement's own (:func:`sim.arrangements.listed.given_decisions`).
    programmes : list of str or path, optional
        Programmes of this run alone, from files: they join the catalogue, or take the place of one of the same name,
        and every arrangement may buy them, those too that are for named programmes.

    Returns
    -------
    Study

    Raises
    ------
    InputError
    """
    check_numbers(seed=seed, replicates=replicates, years=years, families=families)
    settings = settings_of(settings)
    points = tuple({**settings, **settings_of(point)} for point in points)
    loaded_place = load_place(place)
    families = int(loaded_place.get("place.families")) if families is None else int(families)
    loaded, given, own = read_arrangements(arrangements), given_decisions(decisions), own_programmes(programmes)
    check_own_programmes(loaded, own, loaded_place)
    world = future_at(future, loaded_place)
    arranged = tuple(with_decisions(item, given).with_programmes(own) for item in loaded)
    common, seeds = {**load_common(own), "future": world}, range(seed, seed + replicates)
    request, notes = requested(loaded, loaded_place, world, given, own), tuple(replaced(loaded, own))
    study = Study(loaded_place, arranged, points, seeds, int(years), families, common, request, notes)
    for point in range(len(points)):
        study.inputs(point)
    return study
