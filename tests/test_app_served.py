"""The page as a process: how soon it answers, whom, and that nothing of it is left when it ends."""

import io
import re
import signal
import subprocess
import urllib.request
import zipfile
from pathlib import Path

import pytest

import sim
from sim.results.plain import write_csv
from sim.results.summary import STATISTICS
from tests.served import LISTSIM, family, free_port, get, left_over, served

pytestmark = pytest.mark.slow
QUERY = "a=silo&b=list_public&years=2&families=600"


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM])
def test_it_answers_soon_and_ends_whole(end):
    with served() as (process, port, seconds):
        print(f"answered after {seconds:.1f} s")
        assert get(port, "/")[0] == 200
        everybody = family(process.pid)
        assert len(everybody) > 1
        process.send_signal(end)
        assert process.wait(10) == 128 + end
        said = process.stdout.read()
    assert left_over(everybody) == set()
    assert f"listsim app: http://127.0.0.1:{port}/" in said
    assert "Traceback" not in said


def test_it_listens_on_this_machine_alone_and_answers_nobody_else():
    with served() as (_, port, _):
        listening = re.findall(rf"([0-9A-F]+):{port:04X} [0-9A-F]+:0000 0A", Path("/proc/net/tcp").read_text())
        assert listening == ["0100007F"]
        assert not re.search(rf":{port:04X} [0-9A-F]+:0000 0A", Path("/proc/net/tcp6").read_text())
        assert get(port, "/", Host="evil.example")[0] == 403
        assert get(port, "/", Origin="http://evil.example")[0] == 403


def test_files_are_those_of_the_command_line(tmp_path):
    with served() as (_, port, _):
        status, text = get(port, f"/summary.csv?{QUERY}&runs=2")
        theirs = sim.compare(["silo", "list_public"], "milltown", replicates=2, years=2, families=600)
        write_csv(tmp_path / "theirs.csv", theirs.summary, STATISTICS)
        assert (status, text) == (200, (tmp_path / "theirs.csv").read_text(encoding="utf-8"))
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/tables.xlsx?{QUERY}&runs=2", timeout=120) as book:
            assert "xl/workbook.xml" in zipfile.ZipFile(io.BytesIO(book.read())).namelist()
        assert get(port, f"/summary.csv?{QUERY}&runs=99") == (400, "runs: 99 is out of range; give 1 to 60\n")
        status, page = get(port, f"/handout?{QUERY}&runs=2")
        assert status == 200
        assert "listsim compare silo list_public" in page
        assert get(port, f"/incentives.csv?{QUERY}")[1].startswith("place,horizon_years,programme,body")


def test_a_port_in_use_is_said_in_a_line():
    import socket

    port = free_port()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", port))
        taken.listen()
        done = subprocess.run([*LISTSIM, "--port", str(port)], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "cannot be listened on" in done.stderr
    assert done.stderr.count("\n") == 1
