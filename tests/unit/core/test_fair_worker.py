"""New connections go to the process that has fewer."""

import socket
from collections.abc import Iterator
from types import SimpleNamespace

import pytest

from pileus.cli.fair_worker import FairWorker


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        with socket.create_connection(server.getsockname()):
            yield server


def worker(connections: int, processes: int = 2) -> FairWorker:
    """One that has so many connections, and whose requests nobody serves."""
    made = FairWorker.__new__(FairWorker)
    made.cfg = SimpleNamespace(workers=processes, is_ssl=False)
    made.nr_conns = connections
    made.enqueue_req = lambda conn: conn.sock.close()
    return made


def test_another_process_takes_the_connection_while_a_busy_one_waits(listener, monkeypatch) -> None:
    monkeypatch.setattr("time.sleep", lambda seconds: listener.accept()[0].close())
    busy = worker(3)
    busy.accept(listener)
    assert busy.nr_conns == 3


def test_a_busy_process_takes_what_nobody_else_wants(listener) -> None:
    busy = worker(3)
    busy.accept(listener)
    assert busy.nr_conns == 4


@pytest.mark.parametrize(("connections", "processes"), [(0, 2), (3, 1)])
def test_who_is_idle_or_alone_does_not_wait(listener, monkeypatch, connections: int, processes: int) -> None:
    monkeypatch.setattr("time.sleep", lambda seconds: pytest.fail("it waits"))
    free = worker(connections, processes)
    free.accept(listener)
    assert free.nr_conns == connections + 1
