"""A sweep that is killed at random moments, again and again, comes to the bytes of one that never was."""

import os
import random
import signal
import time

import pytest

from tests.test_pool import GONE, left_after, linux, start

TABLES = ("points.parquet", "runs.parquet", "summary.csv", "differences.csv")
WORDS = [
    *("-m", "sim", "sweep", "--grid", "services.threshold_drift=0,0.25,0.5,0.75,1", "--arrangements", "silo,list_public"),
    *("--place", "milltown", "--families", "3000", "--years", "5", "--replicates", "16", "--workers", "2", "--no-progress"),
]  # fmt: skip


def sweep(folder, mark):
    """The sweep as a command that goes on in a folder."""
    return start([*WORDS, "--out", "out"], folder, mark)


def finish(folder, mark):
    """Let it run to its end; its tables."""
    with sweep(folder, mark) as parent:
        _, err = parent.communicate(timeout=600)
    assert parent.returncode == 0, err
    assert left_after(mark, GONE) == []
    return {name: (folder / "out" / name).read_bytes() for name in TABLES}


def parts_of(folder):
    return len(list(folder.glob("out/parts/*.parquet")))


def wait_for_parts(parent, folder, many, seconds):
    """Wait until so many more parts are there, or the command ended."""
    before, deadline = parts_of(folder), time.monotonic() + seconds
    while parent.poll() is None and parts_of(folder) < before + many and time.monotonic() < deadline:
        time.sleep(0.02)


@linux
@pytest.mark.slow
def test_kill_9_at_random_moments_ten_times_in_a_row_changes_no_byte(tmp_path):
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    whole.mkdir()
    cut.mkdir()
    expected = finish(whole, f"{whole}.")
    luck, killed = random.Random(12), 0
    for number in range(10):
        mark = f"{cut}-{number}."
        with sweep(cut, mark) as parent:
            if number % 4 == 3:
                time.sleep(luck.uniform(0, 5))  # while it starts, or finds out what is done
            else:
                wait_for_parts(parent, cut, luck.choice([1, 1, 2]), 120)
                time.sleep(luck.uniform(0, 0.5))
            killed += parent.poll() is None
            if number % 2:
                parent.kill()  # its workers find out for themselves
            else:
                os.killpg(parent.pid, signal.SIGKILL)
            parent.communicate()
        assert left_after(mark, GONE) == []
    assert killed == 10
    done = parts_of(cut)
    assert done > 0
    assert finish(cut, f"{cut}-last.") == expected
    assert not list((cut / "out").rglob("*.partial"))
    assert parts_of(cut) > done
