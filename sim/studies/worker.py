"""What the fork server imports, and its workers inherit: the model, without a word that the parent says itself."""

import gc
import os
import sys
import threading
import warnings
from importlib import import_module


def _silent_if_abandoned(kind, error, trace):
    """A worker whose parent ends while it is being born finds its pipe empty or its locks gone."""
    if kind not in (EOFError, FileNotFoundError):
        sys.__excepthook__(kind, error, trace)


def _import_the_model():
    """Import it unless the parent ends meanwhile, which a server learns only when it has imported everything."""
    parent, done = int(os.environ.pop("LISTSIM_PARENT", os.getppid())), threading.Event()

    def watch():
        while not done.wait(0.5):
            if os.getppid() != parent:
                os._exit(1)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        import_module("sim.studies.task")
    finally:
        done.set()
        watcher.join()  # a server that forks has one thread


gc.disable()  # nothing that is imported goes
sys.excepthook = _silent_if_abandoned
warnings.simplefilter("ignore")  # the parent has imported the same and warned of the same
_import_the_model()
gc.enable()
gc.freeze()  # what is imported stays shared with the workers: looking for rings of references would copy it
