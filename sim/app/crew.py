"""The worker processes of a page: warm, so that the first answer comes at once; as few as there are processors, and no more than four."""

import os
from contextlib import ExitStack

from sim.studies import executors

MOST = 4


class Crew:
    """Worker processes that are there as long as the page is, and replaced where one was killed.

    A context: an error, such as an interrupt, ends them at once.
    """

    def __init__(self):
        self.size, self._open = min(os.cpu_count() or 1, MOST), ExitStack()

    def __enter__(self):
        self._open.__enter__()
        self.workers = self._open.enter_context(executors.workers(self.size))
        return self

    def __exit__(self, *error):
        return self._open.__exit__(*error)

    def instead_of(self, broken):
        """Workers in place of some that were killed; the same for all who ask."""
        if self.workers is broken:
            self.workers = self._open.enter_context(executors.workers(self.size))
        return self.workers
