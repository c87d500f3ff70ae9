"""What is said of work while it is done: an estimate by the first of it, and a line a minute in a log."""

import io
import sys

import pytest

from sim.cli.shell import Progress
from sim.core import pace
from sim.core.pace import Pace


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


def paced(steps, workers=None):
    """Lines said of steps of (seconds, done, total): estimates, then minutes."""
    clock = Clock()
    work, estimates, minutes = Pace("Simulating", workers, clock), [], []
    for clock.now, done, total in steps:
        estimates.append(work.told(done, total))
        minutes.append(work.each_minute(done, total))
    return [line for line in estimates if line], [line for line in minutes if line]


def test_the_first_task_gives_the_estimate_of_the_rest():
    """One task took 20 s, so 90 more on three processes take 10 minutes."""
    steps = [(0, 0, 91), (20, 1, 91), (21, 2, 91)]
    assert paced(steps, 3)[0] == ["90 more to do: about 10 minutes on 3 processes, by the first"]
    assert paced(steps)[0] == []
    assert paced([(0, 0, 3), (600, 1, 3)], 8)[0] == ["2 more to do: about 10 minutes on 8 processes, by the first"]
    assert paced([(0, 0, 1), (20, 1, 1)], 1)[0] == []


def test_what_was_done_before_does_not_count_as_pace():
    assert paced([(5, 50, 111), (65, 51, 111)], 1) == (
        ["60 more to do: about 1 hour on 1 process, by the first"],
        ["Simulating: 51 of 111 done, about 1 hour left"],
    )


def test_a_log_has_a_line_a_minute():
    steps = [(0, 0, 100), *((seconds, seconds // 5, 100) for seconds in range(5, 201, 5))]
    assert paced(steps)[1] == [
        "Simulating: 12 of 100 done, about 7.3 minutes left",
        "Simulating: 24 of 100 done, about 6.3 minutes left",
        "Simulating: 36 of 100 done, about 5.3 minutes left",
    ]


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (5, "under a minute"), (80, "under two minutes"), (100, "about 1.7 minutes"), (1500, "about 25 minutes"),
        (3600, "about 1 hour"), (5400, "about 1.5 hours"), (4e4, "about 11 hours"), (1e6, "about 12 days"),
    ],
)  # fmt: skip
def test_times_are_said_as_people_say_them(seconds, words):
    assert pace._in_words(seconds) == words


def test_progress_says_the_estimate_and_nothing_else_within_a_minute(monkeypatch):
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    with Progress("Simulating", False, workers=2) as tell:
        for done in range(4):
            tell(done, 3)
    assert sys.stderr.getvalue() == "listsim: 2 more to do: under a minute on 2 processes, by the first\n"
    with Progress("Simulating", True) as tell:
        assert tell is None
