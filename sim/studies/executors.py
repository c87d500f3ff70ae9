"""Worker processes: forked from a server that has imported the model once, never from a process that runs it.

Nothing outlives the parent, however it ends: a worker ends itself when the pipe to its parent closes, and the server
ends when nobody is left who could ask it for a worker.
"""

import multiprocessing
import os
import signal
import threading
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from importlib import import_module


class WorkerError(RuntimeError):
    """A worker process was killed before its work was done."""


class _Here:
    """An executor whose work is done here and now."""

    def submit(self, work, *given):
        """What an executor gives, of work that is done."""
        future = Future()
        future.set_result(work(*given))
        return future


HERE = _Here()


def bring(module):
    """Import a module in the process that does this work; a module itself could not be handed back."""
    import_module(module)


def context():
    """How workers are made: from a fork server where there is one, else afresh (compiled code may hold threads)."""
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    chosen = multiprocessing.get_context("forkserver")
    chosen.set_forkserver_preload(["sim.studies.worker"])
    return chosen


def warm_up():
    """Start the fork server, so that it imports the model while the caller does; a terminal's signals go past it."""
    if context().get_start_method() != "forkserver":
        return
    from multiprocessing import forkserver, resource_tracker

    mask = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGHUP])
    resource_tracker.ensure_running()  # first, as it unblocks the next one
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    os.environ["LISTSIM_PARENT"] = str(os.getpid())  # the server may outlive it before it could ask
    try:
        forkserver.ensure_running()
    finally:
        del os.environ["LISTSIM_PARENT"]
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)


def stop_server():
    """End the fork server at once, which may still be importing."""
    if context().get_start_method() == "forkserver":
        from multiprocessing import forkserver

        pid = forkserver._forkserver._forkserver_pid
        if pid is not None:
            os.kill(pid, signal.SIGKILL)


@contextmanager
def workers(number):
    """A pool of worker processes that leave Ctrl-C to their parent; an error ends them at once.

    Raises
    ------
    WorkerError
        If one of them is killed.
    """
    warm_up()
    others = set(multiprocessing.active_children())
    with ProcessPoolExecutor(number, context(), _start) as executor:
        try:
            yield executor
        except BaseException as error:
            for child in set(multiprocessing.active_children()) - others:
                child.kill()
            if isinstance(error, BrokenProcessPool):
                said = "a worker process was killed (out of memory?); try --workers 1 or fewer families"
                raise WorkerError(said) from None
            raise


def _start():
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent():
    multiprocessing.parent_process().join()
    os._exit(1)
