"""Who holds a file or folder that is being written: this process, another that still runs, or one that is gone."""

import os
import platform
import re
import subprocess
from pathlib import Path


def holder():
    """What names this process in the name of a file: machine, process id and its start."""
    return f"{machine()}_{os.getpid()}_{_started(os.getpid()) or 'unknown'}"


def process_of(name):
    """The process id in what :func:`holder` gave."""
    return name.split("_")[-2]


def is_gone(name):
    """Whether a process surely runs no more, by what :func:`holder` gave there: one of another machine may."""
    where, process, started = name.split("_")
    if where != machine() or not process.isdecimal() or started == "unknown":
        return False
    now = _started(int(process))
    return now is not None and now != started


def machine():
    """The machine, and within it the room in which process ids count (a container has its own)."""
    try:
        room = os.readlink("/proc/self/ns/pid")
    except OSError:
        room = ""
    return re.sub(r"[^A-Za-z0-9.]+", "-", f"{platform.node()} {room}")


def _started(process):
    """When a process started, as the system puts it; empty where there is none, None where the system does not say."""
    if Path("/proc/self/stat").exists():
        try:
            state, *fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            return ""
        return "" if state in "ZX" else fields[18]
    try:
        done = subprocess.run(
            ["ps", "-o", "lstart=", "-p", str(process)],
            capture_output=True,
            text=True,
            env={**os.environ, "LC_ALL": "C", "TZ": "UTC"},
        )
    except OSError:
        return None
    return re.sub(r"[^A-Za-z0-9]+", "-", done.stdout.strip())
