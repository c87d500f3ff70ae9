"""Processes of many machines: a Dask cluster as an executor, whose workers have the code that is here."""

import asyncio
import logging
from concurrent.futures import BrokenExecutor, Future
from contextlib import contextmanager

from sim.core.faults import InputError
from sim.studies.sweep_folder import code

PATIENCE = 5  # seconds to wait for a scheduler
_OPTION = "--cluster"


@contextmanager
def connected(address):
    """The workers of a Dask scheduler.

    Parameters
    ----------
    address : str
        Such as ``tcp://10.0.0.1:8786``.

    Yields
    ------
    Cluster

    Raises
    ------
    InputError
        If Dask is not installed, nothing answers there, there is no worker, or one has other code.
    """
    try:
        from distributed import Client
    except ImportError:
        said = "needs Dask, which is not installed"
        raise InputError(_OPTION, address, said, "install it with pip install 'listsim[cluster]'") from None
    for name in ("distributed", "distributed.client"):  # what they say of lost connections, we say in a line
        logging.getLogger(name).setLevel(logging.CRITICAL)
    try:
        asyncio.run(_greet(address))
    except Exception as error:  # whatever stands there may answer anything
        said = f"no Dask scheduler answers there ({type(error).__name__})"
        raise InputError(_OPTION, address, said, "give the address that dask scheduler prints") from None
    client = Client(address, timeout=PATIENCE, set_as_default=False)
    try:
        _check_workers(client, address)
        yield Cluster(client)
    finally:
        client.close(timeout=PATIENCE)


async def _greet(address):
    """See that a scheduler answers, before a client is made that would go on trying."""
    from distributed.core import rpc

    async with rpc(address, timeout=PATIENCE) as there, asyncio.timeout(PATIENCE):
        answer = await there.identity()
    if answer["type"] != "Scheduler":
        raise TypeError(answer["type"])


def _check_workers(client, address):
    """Refuse a cluster without workers, or with one that has other code or none."""
    said = client.run(_own_code, on_error="return")
    if not said:
        raise InputError(_OPTION, address, "has no worker", f"start some with dask worker {address}")
    for worker, other in sorted(said.items()):
        _check_code(worker, code(), other)


def _own_code():
    return code()


def _check_code(worker, ours, other):
    if other != ours:
        said = f"its code or a library is not that of here: {_named(other)}, and here {_named(ours)}"
        raise InputError(_OPTION, worker, said, "install the same listsim there, and start the worker again")


def _named(other):
    """What a worker said of its code, or the error it raised instead."""
    if isinstance(other, BaseException):
        return type(other).__name__
    return f"listsim {other['versions']['listsim']}, {other['code_hash'][:12]}"


def _checked(ours, function, *args):
    """Call a function in a worker, which may have joined late, if its code is that of the caller."""
    if code() != ours:
        from distributed import get_worker

        _check_code(get_worker().address, ours, code())
    return function(*args)


class Cluster:
    """An executor on the workers of a Dask client; it is broken once the scheduler is gone.

    Attributes
    ----------
    width : int
        Tasks that its workers do at a time.
    """

    def __init__(self, client):
        self._client = client
        self._executor = client.get_executor(pure=False)  # what failed once may be tried again
        self.width = sum(client.nthreads().values())

    def submit(self, function, *args):
        """Let some worker call a function: the future of what it returns.

        Raises
        ------
        BrokenExecutor
            If the scheduler is gone.
        """
        self._see_scheduler()
        future = Future()
        inner = self._executor.submit(_checked, code(), function, *args)
        self._see_scheduler()  # a task handed over as the scheduler goes would be waited for in vain
        inner.add_done_callback(lambda done: _pass_on(done, future))
        return future

    def _see_scheduler(self):
        if self._client.status != "running":
            raise BrokenExecutor("the scheduler is gone")


def _pass_on(done, future):
    """Let a future have what came of another; Dask cancels what it knows no more."""
    if done.cancelled():
        future.set_exception(BrokenExecutor("the scheduler is gone"))
    elif error := done.exception():
        future.set_exception(error)
    else:
        future.set_result(done.result())
