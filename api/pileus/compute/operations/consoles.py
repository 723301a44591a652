"""Console text of a server: asked for by a row of its own, fetched by a run, taken by the one who waits."""

import datetime as dt
import time

from sqlalchemy import delete
from sqlalchemy.orm import Session

from pileus.compute.models import ConsoleRead, Server
from pileus.compute.operations.runs import CONSOLE
from pileus.core.context import Context
from pileus.core.db import Database, now
from pileus.core.errors import Conflict, NotFound, Unavailable

PATIENCE = 15.0  # seconds
PAUSE = 0.05


def ask(session: Session, context: Context, server: Server) -> str:
    """Have the console of a server read; returns the id to wait for. Raises Conflict when it is on no host yet."""
    if server.host is None or server.status == "BUILD":
        raise Conflict(f"Instance {server.id} is not ready")
    session.execute(delete(ConsoleRead).where(ConsoleRead.created_at < now() - dt.timedelta(minutes=10)))
    row = ConsoleRead(project_id=server.project_id, server_id=server.id, host=server.host, status="waiting")
    session.add(row)
    CONSOLE.submit(session, row, context)
    return row.id


def wait(database: Database, read_id: str, patience: float = PATIENCE) -> str:
    """The text, once a worker has fetched it; no transaction is held meanwhile. Raises Unavailable when it takes too long."""
    until = time.monotonic() + patience
    while True:
        with database.read() as session:
            row = session.get(ConsoleRead, read_id)
            if row is None:
                raise NotFound("The console of this server is not available any more.")
            status, output, fault = row.status, row.output, row.fault
        if status in ("done", "failed"):
            with database.write() as session:
                session.execute(delete(ConsoleRead).where(ConsoleRead.id == read_id))
            if status == "failed":
                raise Unavailable(f"The console could not be read: {(fault or {}).get('message', 'unknown reason')}")
            return output or ""
        if time.monotonic() > until:
            raise Unavailable("The console could not be read in time; try again.")
        time.sleep(PAUSE)


def tail(text: str, lines: int | None) -> str:
    """The last `lines` lines; None is all, 0 is none."""
    if lines is None or lines < 0:
        return text
    return "\n".join(text.split("\n")[-lines:]) if lines else ""
