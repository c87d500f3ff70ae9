"""Workers: gone when their parent is, however it ended, and named when they are killed."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import sim
from sim.studies import executors as pool
from sim.studies.executors import WorkerError

linux = pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="reads /proc")
GONE = 10  # seconds in which nothing may be left

IDLE = """
import time
from sim.studies import executors as pool
if __name__ == "__main__":
    with pool.workers(2) as executor:
        tasks = [executor.submit(time.sleep, 0.2) for _ in range(4)]
        [task.result() for task in tasks]
        print("ready", flush=True)
        time.sleep(60)
"""


def start(command, folder, mark):
    """A process that passes a mark to all its children, each signal as in a new terminal."""
    return subprocess.Popen(
        [sys.executable, *command], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        start_new_session=True, env={**os.environ, "LISTSIM_TEST_MARK": mark},
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))  # fmt: skip


def marked(mark):
    """Ids of the processes that bear a mark."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if f"LISTSIM_TEST_MARK={mark}".encode() in (process / "environ").read_bytes():
                found.append(int(process.name))
        except OSError:
            continue
    return found


def left_after(mark, seconds):
    """Marked processes that are left after some seconds at most."""
    deadline = time.monotonic() + seconds
    while (left := marked(mark)) and time.monotonic() < deadline:
        time.sleep(0.1)
    for pid in left:
        os.kill(pid, signal.SIGKILL)
    return left


@linux
def test_nothing_outlives_a_parent_that_was_killed(tmp_path):
    (tmp_path / "idle.py").write_text(IDLE)
    mark = str(tmp_path)
    with start(["idle.py"], tmp_path, mark) as parent:
        assert parent.stdout.readline() == "ready\n"
        assert len(marked(mark)) == 5  # the parent, its fork server and tracker of resources, two workers
        parent.kill()
        assert left_after(mark, GONE) == []


@linux
@pytest.mark.slow
def test_a_command_killed_ten_times_leaves_no_process_and_no_visible_folder(tmp_path):
    for i in range(10):
        mark = f"{tmp_path}-{i}."
        words = ["demo", "--place", "milltown", "--replicates", "200", "--workers", "2", "--out", "cut"]
        with start(["-m", "sim", *words], tmp_path, mark) as parent:
            if i < 5:
                time.sleep(0.3 + 0.7 * i)  # while it starts
            else:
                while len(marked(mark)) < 5:
                    assert parent.poll() is None
                    time.sleep(0.1)
                time.sleep(i - 5)  # in the middle of the pool
            parent.kill()
            assert left_after(mark, GONE) == []
        assert [path.name for path in tmp_path.iterdir() if not path.name.startswith(".")] == []


def test_a_killed_worker_raises_an_error_that_says_so_and_takes_no_other_process_with_it():
    other = pool.context().Process(target=time.sleep, args=(60,))
    other.start()
    try:
        with pytest.raises(sim.WorkerError, match="out of memory"), pool.workers(1) as executor:
            executor.submit(signal.raise_signal, signal.SIGKILL).result()
        assert other.is_alive()
    finally:
        other.kill()
        other.join()
    assert issubclass(WorkerError, RuntimeError)


@linux
@pytest.mark.parametrize("seconds", [0.2, 0.6, 1.5])
def test_ctrl_c_while_a_command_starts_prints_one_line(tmp_path, seconds):
    mark = str(tmp_path)
    with start(["-m", "sim", "demo", "--workers", "2", "--out", "cut"], tmp_path, mark) as parent:
        time.sleep(seconds)
        os.killpg(parent.pid, signal.SIGINT)
        _, err = parent.communicate(timeout=30)
        assert left_after(mark, GONE) == []
    assert (parent.returncode, err) == (130, err)
    assert err.startswith("listsim: interrupted")
    assert err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_a_worker_brings_a_module_and_hands_nothing_back():
    with pool.workers(1) as executor:
        assert executor.submit(pool.bring, "this").result() is None
        assert "this" in executor.submit(_modules).result()


def _modules():
    return set(sys.modules)
