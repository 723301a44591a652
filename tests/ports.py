"""Ports for servers of a test's own, from below the range of which the kernel gives ports to connections."""

import errno
import random
import socket

FIRST, LAST = 20000, 30000
_CHANCE = random.SystemRandom()  # stories seed the common one, and processes that test side by side must differ
_given: set[int] = set()


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on, that no connection will take, and that this process gets but once."""
    for _ in range(1000):
        port = _CHANCE.randrange(FIRST, LAST)
        if port in _given:
            continue
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError as error:
                if error.errno != errno.EADDRINUSE:
                    raise
                continue
        _given.add(port)
        return port
    raise RuntimeError(f"no port between {FIRST} and {LAST} is free")
