"""The revision without asking the database: what other processes change is heard of, and believed for a second at most.

On one machine a file that all processes map says that something was committed: whoever commits a change writes it before
answering, so the next request in any process sees it. Between machines PostgreSQL's NOTIFY says it. Should both fail (a
process killed right after its commit), the database is asked again after a second.
"""

import mmap
import os
import threading
import time
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, event
from sqlalchemy.orm import Session

from pileus.core.config import Settings
from pileus.identity.models import revision

BELIEVED = 1.0  # seconds
_SIZE = 8  # bytes of the mapped file


class Watch:
    """What one process knows of the revision of one database."""

    def __init__(self, engine: Engine, file: Path) -> None:
        self._engine = engine
        self._file = file
        self._lock = threading.Lock()
        self._map: mmap.mmap | None = None
        self._connection: Connection | None = None
        self._value, self._seen, self._until = 0, b"", 0.0
        self._process = os.getpid()

    def current(self) -> int:
        """The revision; costs no query when nothing was changed within the last second."""
        with self._lock:
            if self._process != os.getpid():
                self._forget()
            stamp = self._stamp()
            if stamp != self._seen or time.monotonic() > self._until or self._notified():
                self._value = self._ask()
                self._seen = stamp
                self._until = time.monotonic() + BELIEVED
            return self._value

    def nudge(self) -> None:
        """Tell the other processes of this machine that the revision was moved and committed."""
        self._stamp()
        assert self._map is not None  # noqa: S101
        self._map[:_SIZE] = time.time_ns().to_bytes(_SIZE, "big")

    def _forget(self) -> None:
        """Start anew in a process that was forked: the connection is the other one's."""
        self._process = os.getpid()
        self._connection = None
        self._until = 0.0

    def _stamp(self) -> bytes:
        if self._map is None:
            descriptor = os.open(self._file, os.O_RDWR | os.O_CREAT, 0o600)
            try:
                os.ftruncate(descriptor, _SIZE)
                self._map = mmap.mmap(descriptor, _SIZE)
            finally:
                os.close(descriptor)
        return self._map[:_SIZE]

    def _notified(self) -> bool:
        """Whether PostgreSQL has told of a change, or can no longer be heard."""
        if self._engine.dialect.name != "postgresql":
            return False
        if self._connection is None:
            return True
        wire: Any = self._connection.connection.dbapi_connection
        try:
            wire.pgconn.consume_input()
            heard = False
            while wire.pgconn.notifies() is not None:
                heard = True
            return heard
        except wire.Error:
            self._drop()
            return True

    def _ask(self) -> int:
        try:
            if self._connection is None:
                self._connection = self._engine.connect().execution_options(isolation_level="AUTOCOMMIT")
                self._connection.detach()
                if self._engine.dialect.name == "postgresql":
                    self._connection.exec_driver_sql(f"LISTEN {revision.CHANNEL}")
            found: int = self._connection.execute(revision.READ).scalar() or 0
            if self._engine.dialect.name != "postgresql":
                self._connection.rollback()
            return found
        except Exception:
            self._drop()
            raise

    def close(self) -> None:
        """Give the connection back."""
        with self._lock:
            self._drop()

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.invalidate()
            self._connection.close()
            self._connection = None


_watches: dict[Engine, Watch] = {}


def current(session: Session, settings: Settings) -> int:
    """The revision of the session's database, as its Watch knows it."""
    engine = session.get_bind()
    assert isinstance(engine, Engine)  # noqa: S101
    watch = _watches.get(engine)
    if watch is None:
        watch = _watches[engine] = Watch(engine, settings.path("revision"))
        event.listen(engine, "engine_disposed", _close)
    return watch.current()


def _close(engine: Engine) -> None:
    watch = _watches.pop(engine, None)
    if watch is not None:
        watch.close()


@event.listens_for(Session, "after_commit")
def _after_commit(session: Session) -> None:
    if session.info.pop(revision.MOVED, False):
        engine = session.get_bind()
        watch = _watches.get(engine) if isinstance(engine, Engine) else None
        if watch is not None:
            watch.nudge()
