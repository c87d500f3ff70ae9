"""Hostile and sloppy inputs: none ends in a traceback, changes or deletes a file, or leaves half a result (tests/hostile_cases.py)."""

import io
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from contextlib import contextmanager, redirect_stderr, redirect_stdout, suppress
from hashlib import sha256
from pathlib import Path

import pytest

import sim
from sim import api, rerun
from sim.cli.shell import main

sys.path.insert(0, str(Path(__file__).parent))
from hostile_cases import CASES, Call, Edit, Fifo, Folder, Link, Process, Result, Sparse, Town

pytestmark = [pytest.mark.slow, pytest.mark.skipif(os.name == "nt", reason="links, pipes, signals and limits of POSIX")]
SECONDS = 60  # longest of a case in this process
MEMORY = 8 * 2**30
MILLTOWN = Path(sim.__file__).parent / "scenarios" / "places" / "milltown"
LISTSIM = str(Path(sys.executable).with_name("listsim"))
PLAIN = {"PYTHONDONTWRITEBYTECODE": "", "MPLBACKEND": "agg"}


@pytest.fixture(scope="session")
def finished(tmp_path_factory):
    """A comparison of two years, and the folder it is written in."""
    done = api.run("silo", place="milltown", years=2)
    folder = tmp_path_factory.mktemp("finished") / "result"
    folder.mkdir()
    done.write(str(folder))
    return done, folder


def make(folder, files, finished):
    """The files of a case."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if not isinstance(content, Edit | Town | Result) and path.is_file():
            path.unlink()
        match content:
            case Folder():
                path.mkdir(exist_ok=True)
            case Fifo():
                os.mkfifo(path)
            case Link(target):
                path.symlink_to(target)
            case Sparse(size):
                path.touch()
                os.truncate(path, size)
            case Town():
                shutil.copytree(MILLTOWN, path)
            case Result(changes):
                shutil.copytree(finished, path)
                change_manifest(path / "manifest.json", changes)
            case Edit(old, new):
                text = path.read_text(encoding="utf-8")
                assert old in text, f"{old!r} is not in {name}"
                path.write_text(text.replace(old, new, 1), encoding="utf-8", errors="surrogatepass")
            case bytes():
                path.write_bytes(content)
            case str():
                path.write_text(content, encoding="utf-8", newline="")


def change_manifest(path, changes):
    """Keys of a manifest changed, in tables key by key; own files with the hash that goes with them."""
    manifest = json.loads(path.read_text(encoding="utf-8"))
    for key, value in changes.items():
        old = manifest.get(key)
        manifest[key] = {**old, **value} if isinstance(old, dict) and isinstance(value, dict) and value else value
        if key == "own_files" and isinstance(value, dict):
            hashes = {
                name: sha256(str(text).encode("utf-8", "surrogatepass")).hexdigest() for name, text in value.items()
            }
            manifest["files"] = {**manifest.get("files", {}), **hashes}
    path.write_text(json.dumps(manifest), encoding="utf-8")


def seen(folder):
    """What there is below a folder, by path: kind and content."""
    things = {}
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        if path.is_symlink():
            things[name] = ("link", os.readlink(path))
        elif path.is_dir():
            things[name] = ("folder",)
        elif path.is_file() and path.stat().st_size < 10**8:
            things[name] = ("file", sha256(path.read_bytes()).hexdigest())
        else:
            things[name] = ("other", path.stat().st_size)
    return things


@contextmanager
def bounded():
    """No case may take more time or memory than this."""

    def late(*_):
        raise TimeoutError(f"more than {SECONDS} seconds")

    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(SECONDS)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def command(words, monkeypatch):
    """Exit code, output and errors of a command in this process."""
    monkeypatch.setattr(sys, "argv", ["listsim", *words])
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err), bounded(), pytest.raises(SystemExit) as stop:
        main()
    return stop.value.code, out.getvalue(), err.getvalue()


def python(call, done):
    """The same of a call, whose error stands for code 2."""
    homes = {"write": done, "redraw": rerun}
    function = getattr(homes.get(call.name, sim), call.name)
    with bounded():
        try:
            function(*call.args, **call.options)
        except sim.InputError as error:
            return 2, "", str(error)
    return 0, "", ""


def process(given):
    """The same of a process of its own, or of two at once: the worst of their codes."""

    def limit():
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # a job in a shell's background inherits it ignored
        for name, value in given.limits.items():
            resource.setrlimit(getattr(resource, name), (value, value))
        if given.stdout == "closed":
            os.close(1)

    def start(out):
        return subprocess.Popen([LISTSIM, *given.words], stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.PIPE,
                                env={**os.environ, **PLAIN, **given.env}, preexec_fn=limit, start_new_session=True)  # fmt: skip

    out = open(given.stdout, "w") if given.stdout.startswith("/") else subprocess.PIPE  # noqa: SIM115
    children = [start(out) for _ in range(1 + given.twice)]
    if given.stdout == "broken":
        children[0].stdout.close()
        children[0].stdout = None
    if given.signal:
        time.sleep(10)
        children[0].send_signal(getattr(signal, given.signal))
    codes, texts = [], []
    try:
        for child in children:
            texts.append([(text or b"").decode("utf-8", "replace") for text in child.communicate(timeout=180)])
            codes.append(child.returncode)
        for child in children:
            assert given.signal == "" or gone(child.pid), "processes are left"
    finally:
        for child in children:
            with suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)
    if given.stdout.startswith("/"):
        out.close()
    return max(codes), "".join(text[0] for text in texts), "".join(text[1] for text in texts)


def gone(group):
    """Whether all processes of a group end within ten seconds."""
    for _ in range(100):
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.1)
    return False


@pytest.mark.parametrize("case", [pytest.param(case, id=f"{case.kind} {ascii(case.name)[1:-1]}") for case in CASES])
def test_nothing_is_lost_and_nothing_breaks(case, tmp_path, monkeypatch, finished):
    home = tmp_path / "a" / "b" / "here"
    home.mkdir(parents=True)
    (tmp_path / "a" / "precious.txt").write_text("not ours")
    make(home, case.files, finished[1])
    monkeypatch.chdir(home)
    before = seen(tmp_path)
    match case.do:
        case Process():
            code, out, err = process(case.do)
        case Call():
            code, out, err = python(case.do, finished[0])
        case words:
            code, out, err = command(words, monkeypatch)
    after = seen(tmp_path)
    lost = {name for name in before if after.get(name) != before[name]}
    assert not lost or (case.do[:1] == ["report"] and code == 0)
    assert code in (case.code if isinstance(case.code, tuple) else (case.code,)), err[-2000:]
    assert "Traceback" not in out + err
    assert not any(ord(char) < 32 and char != "\n" for char in out + err), "a terminal would obey this"
    new = set(after) - set(before)
    assert not any(Path(name).name.startswith(".") for name in new), "something hidden is left"
    if code == 2 and not getattr(case.do, "twice", False):
        assert err.strip(), "no message"
        assert len(err.strip().splitlines()) <= 6
        assert not new
    for folder in {Path(name).parent for name in new if name.endswith(".parquet")}:
        assert (tmp_path / folder / "manifest.json").is_file(), "half a result"
        assert (tmp_path / folder / "report.html").is_file() or case.do[:1] == ["report"], "half a result"


def test_there_are_many_and_each_once():
    names = Counter((case.kind, case.name) for case in CASES)
    assert max(names.values()) == 1, names.most_common(3)
    assert len(CASES) >= 200
    assert {kind for kind, _ in names} == set(range(1, 9))
