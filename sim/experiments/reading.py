"""What an experiment is: a question, the studies that answer it, the page that says so, and where all that lies.

The folder ``experiments/NAME`` holds ``experiment.toml`` (the question, and what of it is checked), study files,
``page.md`` (the words of its page, with marks for tables), ``figure.py`` (tables and pictures, from what was found) and,
where no arrangement is run, ``measure.py`` (what is done with each seed instead).
"""

import sysconfig
from dataclasses import dataclass, field
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, files
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

from sim.core.faults import InputError, suggest
from sim.core.input_files import read_toml

SOURCE = Path(__file__).resolve().parents[2]
SHARED = "share/listsim"


@dataclass(frozen=True)
class Experiment:
    """A question and how it is answered.

    Attributes
    ----------
    name : str
    folder : pathlib.Path
    question : str
    measures : tuple of str
        What the reference table holds, of the whole place.
    tolerance : float
        By how much a figure may differ where versions or processor do: a share of the largest of its measure.
    cpu_minutes : float
        Processor time of a run as published, on one core of 2025.
    studies : tuple of str
        Study files, by their names without ``.toml``.
    check : dict
        Size of the run that is compared with the reference (``families``, ``replicates``), and its ``cpu_minutes``; as
        published where it is empty.
    """

    name: str
    folder: Path
    question: str
    measures: tuple
    tolerance: float
    cpu_minutes: float
    studies: tuple = ("study",)
    check: dict = field(default_factory=dict)

    @property
    def in_words(self):
        """Its question, and the processor time of a run and of a check."""
        whole, check = (_in_words(minutes) for minutes in (self.cpu_minutes, self.check.get("cpu_minutes")))
        return f"{self.question} ({whole} of processor time{f', {check} to check' if check else ''})"

    @property
    def size(self):
        """Size of the run that is compared with the reference, where it is not as published: dict."""
        return {key: number for key, number in self.check.items() if key != "cpu_minutes"}

    @property
    def reference(self):
        """The table that its figures are compared with."""
        return self.folder.parent.parent / "results" / "reference" / f"{self.name}.csv"

    @property
    def page(self):
        """Text of its page, with marks for what a run fills in."""
        return (self.folder / "page.md").read_text(encoding="utf-8")

    @property
    def measures_itself(self):
        """Whether ``measure.py`` says what is done with each seed, in place of the arrangements of its study."""
        return (self.folder / "measure.py").is_file()

    @property
    def hash(self):
        """SHA-256 of what its folder says is done with each seed."""
        return sha256((self.folder / "measure.py").read_bytes().replace(b"\r\n", b"\n")).hexdigest()

    def code(self, part):
        """A module of its folder: ``figure``, or ``measure`` where it has one.

        ``figure.tables(found)`` gives tables in Markdown by mark, ``figure.draw(found, folder)`` the pictures of the page;
        ``measure.measure(inputs, seed)`` gives numbers by the names of ``measure.AXES`` and of a measure.
        """
        spec = spec_from_file_location(f"listsim_experiment_{self.name}_{part}", self.folder / f"{part}.py")
        module = module_from_spec(spec)
        spec.loader.exec_module(module)
        return module


def _in_words(minutes):
    if minutes is None:
        return ""
    if minutes < 1:
        return f"{minutes * 60:.0f} seconds"
    return "1 minute" if round(minutes) == 1 else f"{minutes:.0f} minutes"


def is_clone():
    """Whether listsim is used from its own source tree, where pages and references may be written."""
    return (SOURCE / "pyproject.toml").is_file() and (SOURCE / "experiments").is_dir()


def home():
    """The folder that holds ``experiments/`` and ``results/reference/``: the source tree, or where installing put them.

    Raises
    ------
    InputError
        If they are not there.
    """
    if is_clone():
        return SOURCE
    try:
        installed = [Path(file.locate()) for file in files("listsim") or () if file.name == "experiment.toml"]
    except PackageNotFoundError:
        installed = []
    for folder in (*(path.parents[2] for path in installed[:1]), Path(sysconfig.get_path("data")) / SHARED):
        if (folder / "experiments").is_dir():
            return folder.resolve()
    raise InputError("experiment", "", "the experiments were not installed", "install listsim whole, or use a clone")


def experiment_names():
    """Names of all experiments."""
    return sorted(path.parent.name for path in (home() / "experiments").glob("*/experiment.toml"))


def load_experiment(name):
    """An experiment by its name; only listsim's own folder is looked into, as what is there is run.

    Raises
    ------
    InputError
        If there is none of that name.
    """
    if name not in experiment_names():
        raise InputError("experiment", name, "there is no such experiment", suggest(name, experiment_names()))
    folder = home() / "experiments" / name
    given = read_toml(folder / "experiment.toml")
    lists = {key: tuple(given[key]) for key in ("measures", "studies") if key in given}
    return Experiment(name, folder, **{**given, **lists})
