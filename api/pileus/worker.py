"""The worker: claims intents in batches, runs their playbook, and moves the rows on by what came back."""

import logging
import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from pileus.core import intents, outcome
from pileus.core.config import Settings
from pileus.core.db import Database, new_id, now
from pileus.core.intents import Intent, Run, RunEvent
from pileus.core.outcome import Batch
from pileus.core.runner import Event, Outcome
from pileus.core.service import Operation, Variables

log = logging.getLogger(__name__)


class Runs(Protocol):
    """What the worker needs of core.runner.Runner."""

    def run(
        self,
        run_id: str,
        playbook: str,
        variables: Variables,
        limit: Iterable[str],
        timeout: int,
        on_event: Callable[[Event], None],
    ) -> Outcome:
        """Run a playbook to its end."""


class Worker:
    """Claims and runs until told to stop; several may share one PostgreSQL database."""

    def __init__(
        self,
        settings: Settings,
        database: Database,
        operations: Iterable[Operation],
        runner: Runs,
        chores: Callable[[Session, Settings], None] | None = None,
        errands: Callable[[Database, Settings], None] | None = None,
    ) -> None:
        self.settings, self.database, self.runner, self.chores = settings, database, runner, chores
        self.errands = errands
        self.operations = {operation.key: operation for operation in operations}
        self.batch_of = {key: operation.batch for key, operation in self.operations.items()}
        self.owner = f"{socket.gethostname()}:{os.getpid()}:{new_id()[:8]}"
        self.working: set[str] = set()  # intents whose leases are renewed
        self.stopping = threading.Event()

    def serve(self) -> None:
        """Work until SIGTERM or SIGINT; runs under way are waited for."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self.stopping.set())
        slots = [threading.Thread(target=self._slot, name=f"slot-{i}") for i in range(self.settings.worker_slots)]
        beside = [threading.Thread(target=loop, daemon=True) for loop in (self._heart, self._errands)]
        for thread in (*slots, *beside):
            thread.start()
        log.info("worker started", extra={"owner": self.owner, "operations": len(self.operations)})
        while not self.stopping.wait(1):
            pass
        for thread in slots:
            thread.join()

    def _slot(self) -> None:
        while not self.stopping.is_set():
            try:
                if not self.step():
                    self.stopping.wait(self.settings.worker_poll)
            except Exception:
                log.exception("worker slot failed; it goes on in a second")
                self.stopping.wait(1)

    def _heart(self) -> None:
        next_chores = time.monotonic() + self.settings.chores_every
        while True:
            try:
                with self.database.write() as session:
                    intents.beat(session, self.owner, list(self.working), self.settings.lease)
                with self.database.write() as session:
                    outcome.reclaim(session, self.operations)
                if self.chores is not None and time.monotonic() > next_chores:
                    next_chores += self.settings.chores_every
                    with self.database.write() as session:
                        self.chores(session, self.settings)
            except Exception:
                log.exception("heartbeat failed")
            time.sleep(self.settings.lease / 4)

    def _errands(self) -> None:
        """What asks others and may take long: no transaction is held meanwhile, and no heartbeat waits for it."""
        while self.errands is not None and not self.stopping.wait(self.settings.chores_every):
            try:
                self.errands(self.database, self.settings)
            except Exception:
                log.exception("errands failed")

    def step(self) -> bool:
        """Claim one batch and see it through; False when nothing was to do."""
        with self.database.read() as session:
            if not intents.work_waits(session):
                return False
        try:
            with self.database.write() as session:
                claimed = intents.claim(session, self.owner, self.settings.lease, self.batch_of)
        except IntegrityError:
            return True  # another worker was faster; look again
        if not claimed:
            return False
        ids = {intent.id for intent in claimed}
        self.working |= ids
        try:
            self._work(self.operations[claimed[0].operation], claimed)
        finally:
            self.working -= ids
        return True

    def _work(self, operation: Operation, claimed: Sequence[Intent]) -> None:
        run_id = new_id()
        ids = [intent.id for intent in claimed]
        with self.database.write() as session:
            rows = self._reload(session, ids)
            batch = outcome.prepare(session, operation, rows)
            alive = [intent.id for intent in rows if intent.state == "running"]
            limit = sorted({*operation.hosts, *batch.hosts})
            if alive:
                session.add(
                    Run(
                        id=run_id,
                        operation=operation.key,
                        playbook=operation.playbook,
                        worker=self.owner,
                        limit_hosts=",".join(limit),
                    )
                )
                session.execute(update(Intent).where(Intent.id.in_(alive)).values(run_id=run_id))
        if alive:
            self._run(operation, run_id, alive, batch, limit)

    def _run(self, operation: Operation, run_id: str, alive: list[str], batch: Batch, limit: list[str]) -> None:
        events: list[Event] = []
        started = time.perf_counter()
        if any(batch.variables.values()):
            try:
                result = self.runner.run(
                    run_id, operation.playbook, batch.variables, limit, operation.timeout, events.append
                )
            except Exception as error:
                log.exception("the run could not be started", extra={"run": run_id})
                result = Outcome("failed", None, words=f"the run could not be started: {error}")
        else:
            result = Outcome("successful", 0)
        seconds = time.perf_counter() - started
        broken = len(alive) == 1 and result.status != "successful"
        with self.database.write() as session:
            for intent in self._reload(session, alive):
                if intent.state == "running" and intent.owner == self.owner:
                    expected = batch.expected[intent.id]
                    outcome.conclude(session, operation, intent, expected, result.results, result.words, broken)
            run = session.get(Run, run_id)
            if run is not None:
                run.status, run.rc, run.finished_at = result.status, result.rc, now()
            session.add_all(
                RunEvent(run_id=run_id, counter=e.counter, event=e.event, host=e.host, task=e.task, data=e.data)
                for e in events
            )
        log.info(
            "run %s",
            result.status,
            extra={"run": run_id, "operation": operation.key, "intents": len(alive), "seconds": round(seconds, 2)},
        )

    @staticmethod
    def _reload(session: Session, ids: Sequence[str]) -> list[Intent]:
        found = session.execute(select(Intent).where(Intent.id.in_(ids)).order_by(Intent.seq)).scalars()
        return list(found)
