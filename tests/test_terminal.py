"""A command as a shell sees it: signals, and streams that are closed, full or short of letters."""

import io
import os
import signal
import subprocess
import sys
from types import ModuleType

import pytest

from sim.core import terminal

pytestmark = pytest.mark.skipif(os.name == "nt", reason="signals and streams of POSIX")

# A command that waits, and what it does when it is interrupted.
WAITING = """
import sys, time
from sim import cli
from sim.core import terminal

@cli.app.command()
def wait():
    {tidy}
    try:
        print("ready", flush=True)
        time.sleep(60)
    except KeyboardInterrupt:
        print("tidied", flush=True)
        raise {error}

from sim.__main__ import main
sys.argv = ["listsim", "wait"]
main()
"""
TIDY = "terminal.tidy_up_first()"


def call(*words, **options):
    """Run the command line in a process of its own."""
    command = [sys.executable, "-m", "sim", *words]
    return subprocess.run(command, **{"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options}, timeout=300)


@pytest.mark.parametrize(("number", "tidy", "error", "out"), [
    (signal.SIGINT, "pass", "", ""),
    (signal.SIGTERM, "pass", "", ""),
    (signal.SIGTERM, TIDY, "", "tidied\n"),
    (signal.SIGHUP, TIDY, "", "tidied\n"),
    (signal.SIGINT, TIDY, "ImportError('an import that was cut short')", "tidied\n"),
])  # fmt: skip
def test_a_signal_ends_a_command_with_one_line(number, tidy, error, out):
    code = WAITING.format(tidy=tidy, error=error)
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          preexec_fn=lambda: signal.signal(number, signal.SIG_DFL)) as child:  # fmt: skip
        assert child.stdout.readline() == "ready\n"
        child.send_signal(number)
        child.send_signal(number)  # as a terminal does that closes
        assert child.communicate(timeout=10) == (out, f"listsim: {terminal.INTERRUPTED}\n")
    assert child.returncode == 128 + number


def test_a_signal_that_is_ignored_stays_ignored():
    code = (
        "from sim.core import terminal; import signal; terminal.prepare(); signal.raise_signal(signal.SIGHUP); print(1)"
    )
    ignored = lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN)  # noqa: E731 - as nohup does
    assert subprocess.run([sys.executable, "-c", code], preexec_fn=ignored, capture_output=True).stdout == b"1\n"


def test_a_reader_that_has_gone():
    read, write = os.pipe()
    os.close(read)
    done = call("--help", stdout=write)
    os.close(write)
    assert (done.returncode, done.stderr) == (141, b"")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full")
def test_a_full_device():
    with open("/dev/full", "w") as full:
        done = call("--help", stdout=full)
        assert done.returncode == 1
        assert done.stderr.count(b"\n") == 1
        assert b"standard output cannot be written (No space left on device)" in done.stderr
        done = call("hlp", stderr=full)
        assert (done.returncode, done.stdout) == (2, b"")


@pytest.mark.parametrize("number", [1, 2])
def test_a_closed_stream(number):
    done = call("--help" if number == 1 else "hlp", preexec_fn=lambda: os.close(number))
    assert (done.returncode, done.stdout, done.stderr) == (0 if number == 1 else 2, b"", b"")


@pytest.mark.parametrize(("encoding", "shown"), [
    ("ascii", "GBP 5 -> \"naive\"? ?"), ("cp1252", "£5 -> “naive”? ?"), ("utf-8", "£5 → “naive”☃ ?"),
])  # fmt: skip
def test_letters_that_a_terminal_lacks_get_lookalikes(encoding, shown):
    buffer = io.BytesIO()
    terminal.register_lookalikes()
    stream = terminal._Stream(io.TextIOWrapper(buffer, encoding))
    print("£5 → “naive”☃ \udcff", file=stream, flush=True)
    assert buffer.getvalue().decode(encoding).strip() == shown


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_what_is_said_leaves_at_once(unbuffered):
    code = "import os; from sim.core import terminal; terminal.prepare(); terminal.say('half done'); os._exit(0)"
    env = {**os.environ, "PYTHONUNBUFFERED": unbuffered}
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True)
    assert done.stderr == "listsim: half done\n"


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
def test_an_error_about_a_name_that_a_terminal_cannot_show(encoding):
    done = call("Zoë→☃", env={**os.environ, "PYTHONIOENCODING": encoding})
    assert done.returncode == 2
    assert done.stderr.decode(encoding).count("\n") == 1
    assert b"Traceback" not in done.stderr


COMMANDS = [
    [], ["--help"], ["run", "--help"], ["list", "arrangements"], ["list", "programmes"], ["list", "parameters"], ["explain", "keyworker"],
    ["explain", "lines.foster_care.unit_cost"], ["check", "sim/scenarios/places/milltown"], ["appraise", "parenting", "--place", "milltown"],
    ["example", "lob"], ["run", "silo", "--place", "milltown", "--years", "2", "--workers", "1", "--out", "OUT"],
    ["compare", "--place", "milltown", "--years", "2", "--replicates", "2", "--workers", "2", "--out", "OUT"], ["report", "nowhere"],
]  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_every_command_on_poor_terminals(words, tmp_path):
    """An ASCII and a Windows terminal, a reader that has gone, and a full device."""
    codes = set()
    for case in ("ascii", "cp1252", "gone", "full"):
        out = tmp_path / case
        env = {**os.environ, **({"PYTHONIOENCODING": case} if case in ("ascii", "cp1252") else {})}
        stdout = subprocess.PIPE
        if case == "gone":
            read, stdout = os.pipe()
            os.close(read)
        if case == "full":
            stdout = os.open("/dev/full", os.O_WRONLY)
        done = call(*(str(out) if word == "OUT" else word for word in words), env=env, stdout=stdout)
        if stdout != subprocess.PIPE:
            os.close(stdout)
        assert b"Traceback" not in done.stderr
        assert b"Exception" not in done.stderr
        if "OUT" in words:
            assert (out / "report.html").exists()
        codes.add(done.returncode)
        if case in ("ascii", "cp1252"):
            assert done.returncode in (0, 2)
    assert codes <= {0, 1, 2, 141}


def test_an_interrupt_while_workers_are_being_read_finds_no_server(monkeypatch):
    monkeypatch.setitem(sys.modules, "sim.studies.executors", ModuleType("sim.studies.executors"))
    terminal._stop_server()
