"""What comes of a task: the runs of its arrangements, or why it failed."""

from dataclasses import dataclass, field

from sim.core.text import printable

_BYTES = 200  # of a row


@dataclass(frozen=True)
class RunResult:
    """Rows, flows, decisions and events of one run, in the order in which they will be written, and notes of what was refused."""

    arrangement: str
    seed: int
    rows: list
    flows: list
    bodies: tuple
    decisions: list = field(default_factory=list)
    notes: list = field(default_factory=list)
    events: list = field(default_factory=list)

    @property
    def nbytes(self):
        """About how much memory it takes."""
        return _BYTES * (len(self.rows) + len(self.flows) + len(self.decisions) + len(self.events))


@dataclass(frozen=True)
class Failure:
    """Why a task failed: the error's type, its message, and the traceback as text."""

    error: str
    message: str
    traceback: str

    def in_brief(self):
        """Type and message in one line."""
        return printable(f"{self.error}: {self.message}", 200)


@dataclass(frozen=True)
class Done:
    """A task that was done, or failed.

    Attributes
    ----------
    point : int
        Number of the point.
    seed : int
    runs : list of RunResult
        One an arrangement; empty where the task failed.
    failure : Failure or None
    """

    point: int
    seed: int
    runs: list
    failure: Failure | None = None


class StudyError(RuntimeError):
    """Every task of a study failed.

    Attributes
    ----------
    first : Done
    """

    def __init__(self, first):
        super().__init__(f"every run failed; the first, of seed {first.seed}, with {first.failure.in_brief()}")
        self.first = first
        self.add_note(first.failure.traceback)
