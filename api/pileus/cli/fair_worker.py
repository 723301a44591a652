"""Gunicorn's threaded worker, which leaves new connections to processes that have fewer."""

import socket
import time

from gunicorn.workers.gthread import ThreadWorker

_STEP = 50e-6  # seconds, about what an idle process takes to wake up
_MOST = 10


class FairWorker(ThreadWorker):  # type: ignore[misc] # gunicorn has no types
    """Waits a moment before it accepts, the longer the more connections it has.

    All processes wait for connections at one socket, and whoever is awake gets them: with clients that keep theirs open, one
    process may have all the work for hours. The wait costs a new connection half a millisecond at most.
    """

    def accept(self, listener: socket.socket) -> None:
        """Accept a connection, if no other process has taken it meanwhile."""
        if self.nr_conns and self.cfg.workers > 1:
            time.sleep(_STEP * min(self.nr_conns, _MOST))
        super().accept(listener)
