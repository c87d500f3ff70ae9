"""Worker processes: forked from a server that has imported the model once, never from a process that runs it."""

import multiprocessing
import signal
from concurrent.futures import ProcessPoolExecutor


def context():
    """How workers are made: from a fork server where there is one, else afresh (compiled code may hold threads)."""
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    chosen = multiprocessing.get_context("forkserver")
    chosen.set_forkserver_preload(["sim.runner"])
    return chosen


def warm_up():
    """Start the fork server, so that it imports the model while the caller does."""
    if context().get_start_method() == "forkserver":
        from multiprocessing import forkserver

        forkserver.ensure_running()


def workers(number):
    """A pool of worker processes that leave Ctrl-C to their parent."""
    return ProcessPoolExecutor(number, context(), _ignore_interrupt)


def kill():
    """End every worker at once."""
    for child in multiprocessing.active_children():
        child.kill()


def _ignore_interrupt():
    signal.signal(signal.SIGINT, signal.SIG_IGN)
