"""A real Dask scheduler with two workers over TCP comes to what processes and shards come to, whatever is killed."""

import os
import re
import shlex
import signal
import socket
import subprocess
import sys
import time
from concurrent.futures import BrokenExecutor, Future
from contextlib import contextmanager, suppress

import pytest
from distributed import Client, LocalCluster

from sim.core.faults import InputError
from sim.results.joined import join
from sim.studies import cluster, kept
from sim.studies.cluster import connected
from sim.studies.kept import carry_out
from sim.studies.shards import merged
from sim.studies.sweep_folder import open_sweep
from tests.test_docs import README, call
from tests.test_kept import sweep_of

TABLES = ("points.parquet", "runs.parquet", "summary.csv", "differences.csv")
WORDS = ["sweep", "--grid", "services.threshold_drift=0,0.5,1", "--arrangements", "silo,list_public", "--place"]
WORDS += ["milltown", "--families", "500", "--years", "1", "--replicates", "3", "--no-progress", "--no-report"]


@pytest.fixture(scope="module")
def address():
    """Where a scheduler listens that has two workers, a process each."""
    with LocalCluster(
        n_workers=2, threads_per_worker=1, host="127.0.0.1", dashboard_address=":0", silence_logs=50
    ) as local:
        local.wait_for_workers(2)
        yield local.scheduler_address


@pytest.fixture(scope="module")
def sweep():
    return sweep_of()


def joined(sweep, folder):
    """The bytes of the tables of a sweep that is done."""
    join(folder, sweep.describe())
    return [(folder / name).read_bytes() for name in TABLES]


def done_by(sweep, folder, address, **how):
    """The bytes of the tables of a sweep that a cluster does."""
    with connected(address) as executor, open_sweep(sweep, folder):
        assert carry_out(sweep, folder, executor, executor.width, **how).left == 0
    return joined(sweep, folder)


@pytest.fixture(scope="module")
def tables(sweep, tmp_path_factory):
    """The bytes of the tables of the sweep, done in one process."""
    folder = tmp_path_factory.mktemp("alone") / "out"
    with open_sweep(sweep, folder):
        carry_out(sweep, folder)
    return joined(sweep, folder)


@pytest.mark.slow
def test_a_cluster_comes_to_the_same_bytes_as_one_process(sweep, tables, tmp_path, address):
    assert done_by(sweep, tmp_path / "out", address) == tables


@pytest.mark.slow
def test_processes_and_shards_come_to_them_too(sweep, tables, tmp_path):
    with open_sweep(sweep, tmp_path / "processes") as folder:
        carry_out(sweep, folder, workers=2)
    assert joined(sweep, folder) == tables
    shards = [tmp_path / f"shard{number}" for number in (1, 2)]
    for number, folder in enumerate(shards, 1):
        with open_sweep(sweep, folder, shard=(number, 2)):
            carry_out(sweep, folder, shard=(number, 2))
    with merged(shards, tmp_path / "merged"):
        assert joined(sweep, tmp_path / "merged") == tables


@pytest.mark.slow
def test_a_killed_worker_of_a_cluster_costs_a_retry_and_no_more(sweep, tables, tmp_path, address):
    with Client(address, set_as_default=False) as client:
        doomed = min(client.run(os.getpid).values())

        def kill(done, _):
            if done:
                with suppress(ProcessLookupError):
                    os.kill(doomed, signal.SIGKILL)

        assert done_by(sweep, tmp_path / "out", address, progress=kill) == tables
        client.wait_for_workers(2)
        assert doomed not in client.run(os.getpid).values()


@pytest.mark.slow
def test_workers_that_do_not_see_the_folder_send_their_parts(sweep, tables, tmp_path, address, monkeypatch):
    """The mark, by which workers know whether they share the disk, is where they do not see it."""
    written, write = [], kept._write
    monkeypatch.setattr(kept, "_write", lambda folder, name, part: (written.append(name), write(folder, name, part)))
    monkeypatch.setattr(kept, "holder", lambda: "nobody")
    monkeypatch.setattr(kept.Path, "touch", lambda _: None)
    assert done_by(sweep, tmp_path / "out", address) == tables
    assert set(written) == {path.name for path in (tmp_path / "out" / "parts").iterdir()}


@pytest.mark.slow
def test_the_command_runs_on_a_cluster(sweep, tables, tmp_path, address, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    assert call(monkeypatch, [*WORDS, "--cluster", address, "--out", "out"]) == 0
    assert [(tmp_path / "out" / name).read_bytes() for name in TABLES] == tables
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("where", ["tcp://127.0.0.1:1", "localhost", "", "a scheduler"])
def test_where_nothing_answers_one_line_says_so_soon(where, tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(cluster, "PATIENCE", 1)
    begin = time.monotonic()
    assert call(monkeypatch, [*WORDS, "--cluster", where, "--out", "out"]) == 2
    assert time.monotonic() - begin < 15
    (line,) = capfd.readouterr().err.splitlines()
    assert line.startswith("listsim: --cluster: ")
    assert "no Dask scheduler answers there" in line
    assert not (tmp_path / "out").exists()


@pytest.mark.slow
def test_other_code_on_the_workers_is_refused(address, monkeypatch):
    other = {"code_hash": "f" * 64, "versions": {**cluster.code()["versions"], "listsim": "0.1.9"}}
    with connected(address) as executor:
        monkeypatch.setattr(cluster, "code", lambda: other)
        with pytest.raises(InputError, match=r"^--cluster: tcp://.* here listsim 0.1.9, f{12}; install the same"):
            executor.submit(os.getpid).result()
    with pytest.raises(InputError, match=r"listsim 0.1.9, f{12};"), connected(address):
        pass


@pytest.mark.slow
def test_the_steps_in_the_readme_work_and_a_scheduler_that_goes_away_is_told_in_one_line(tmp_path):
    lines = [
        shlex.split(line, comments=True) for line in re.findall(r"^uv run (.* tcp.*|dask.*)$", README, re.MULTILINE)
    ]
    port = str(free_port())
    steps = [[word.replace("10.0.0.1", "127.0.0.1").replace("8786", port) for word in line] for line in lines]
    assert [line[:2] for line in steps] == [["dask", "scheduler"], ["dask", "worker"], ["listsim", "sweep"]]
    run([sys.executable, "-m", "sim", "new", "study", "my_study.toml"], tmp_path)
    with process(steps[0], tmp_path) as scheduler, process(steps[1], tmp_path):
        sweep = [sys.executable, "-m", "sim", *steps[2][1:], *WORDS[WORDS.index("--place") :]]
        wait_for_worker(f"tcp://127.0.0.1:{port}")
        assert run(sweep, tmp_path).returncode == 0
        assert (tmp_path / "results" / "shared" / "runs.parquet").exists()
        again = [*sweep, "--years", "40", "--replicates", "100", "--out", "again", "--quiet"]
        with subprocess.Popen(again, cwd=tmp_path, stderr=subprocess.PIPE, text=True) as long:
            while not list(tmp_path.glob("again/parts/*.parquet")):
                time.sleep(0.1)
            scheduler.kill()
            assert long.wait(60) == 1
            assert long.stderr.read() == "listsim: the executor broke; give the same command to go on\n"


def test_a_task_handed_over_as_the_scheduler_goes_is_not_waited_for():
    """Dask cancels what it knows when it loses the scheduler; what comes a moment later it never ends."""

    class Going:
        status = "running"

        def get_executor(self, pure):
            return self

        def nthreads(self):
            return {"one": 1}

        def submit(self, *_):
            self.status = "connecting"
            return Future()

    with pytest.raises(BrokenExecutor, match="the scheduler is gone"):
        cluster.Cluster(Going()).submit(print)


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


@contextmanager
def process(words, folder):
    """A process of Dask's, until it is left."""
    with subprocess.Popen([sys.executable, "-m", *words], cwd=folder, stderr=subprocess.DEVNULL) as started:
        try:
            yield started
        finally:
            started.terminate()


def run(words, folder):
    return subprocess.run(words, cwd=folder, capture_output=True, text=True, timeout=300)


def wait_for_worker(address):
    with Client(address, set_as_default=False, timeout=60) as client:
        client.wait_for_workers(2, timeout=60)


def test_a_scheduler_without_workers_is_refused():
    none = LocalCluster(n_workers=0, threads_per_worker=1, host="127.0.0.1", dashboard_address=":0", silence_logs=50)
    said = "has no worker; start some with dask worker tcp://"
    with none, pytest.raises(InputError, match=said), connected(none.scheduler_address):
        pass
