"""From a claimed batch to variables, and from a run's results to the states that rows and intents end in."""

import datetime as dt
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm import Session

from pileus.core import intents
from pileus.core.db import now
from pileus.core.errors import Fault
from pileus.core.intents import Intent
from pileus.core.service import Operation, Variables

log = logging.getLogger(__name__)
Key = tuple[str, str, str]  # variable, item id, host ("" where it does not matter)
BACKOFF = (1, 5, 20, 60)  # seconds before the second, third, ... attempt


@dataclass
class Batch:
    """What one run is to do: the variables, which hosts they name, and which items each intent waits for."""

    variables: Variables = field(default_factory=dict)
    hosts: set[str] = field(default_factory=set)
    expected: dict[str, set[Key]] = field(default_factory=dict)  # by intent id

    def add(self, operation: Operation, intent: Intent, items: Variables) -> None:
        """Append one intent's items; names that the operation does not declare are a programming error."""
        if unknown := set(items) - set(operation.variables):
            raise LookupError(f"{operation.key} builds undeclared variables {sorted(unknown)}")
        mine = self.expected.setdefault(intent.id, set())
        for name, rows in items.items():
            seen = {(row["id"], row.get("host")) for row in self.variables.setdefault(name, [])}
            for row in rows:
                mine.add((name, row["id"], row.get("host") or ""))
                if row.get("host"):
                    self.hosts.add(row["host"])
                if (row["id"], row.get("host")) not in seen:
                    self.variables[name].append({"intent": intent.id, **row})


@dataclass
class ItemResult:
    """How one item went, in the host's own words."""

    variable: str
    id: str
    ok: bool
    error: str | None = None
    host: str | None = None
    task: str | None = None
    final: bool = False  # trying again would not help
    facts: dict[str, Any] = field(default_factory=dict)


def prepare(session: Session, operation: Operation, batch: Sequence[Intent]) -> Batch:
    """Build the variables of a claimed batch; an intent that can't be built fails alone, here and now."""
    built = Batch(variables={name: [] for name in operation.variables})
    for intent in batch:
        row = session.get(operation.model, intent.resource_id)
        if row is None:
            _end(intent, "cancelled", {"message": "the resource does not exist any more"})
            continue
        try:
            with session.begin_nested():
                built.add(operation, intent, operation.build(session, intent, row))
        except (
            IntegrityError,
            OperationalError,
        ) as error:  # somebody was faster; the next attempt sees what they wrote
            log.info("%s is built again: %s", operation.key, error.orig, extra={"intent": intent.id})
            retry_or_fail(session, operation, intent, {"message": "the database was busy", "code": 503})
        except Fault as fault:
            fail(session, operation, intent, {"message": fault.message, "code": fault.status})
        except Exception as error:
            log.exception("cannot build %s", operation.key, extra={"intent": intent.id})
            fail(
                session, operation, intent, {"message": f"internal error: {type(error).__name__}: {error}", "code": 500}
            )
    session.flush()
    return built


def conclude(
    session: Session,
    operation: Operation,
    intent: Intent,
    expected: set[Key],
    results: Sequence[ItemResult],
    words: str,
    broken: bool = False,
) -> None:
    """End one intent by its items' results; `words` says why items have none at all (host unreachable, time-out).

    `broken` means that the run failed and was about this intent alone: then good results do not count, as a playbook may
    answer for an item in an early play and die before the last.
    """
    mine: dict[Key, ItemResult] = {}
    for result in results:
        for key in ((result.variable, result.id, result.host or ""), (result.variable, result.id, "")):
            if key in expected:
                mine[key] = result
    bad = [result for result in mine.values() if not result.ok]
    missing = expected - set(mine)
    if not bad and not missing and not broken:
        _finish(session, operation, intent, list(mine.values()))
        return
    if bad:
        worst = next((result for result in bad if result.final), bad[0])
        fault = {"message": worst.error or "failed", "host": worst.host, "task": worst.task, "code": 500}
    else:
        named = ", ".join(sorted(" ".join(key) for key in missing))
        fault = {"message": words or f"no result for {named}", "code": 500}
    if any(result.final for result in bad):
        fail(session, operation, intent, fault)
    else:
        retry_or_fail(session, operation, intent, fault)


def _finish(session: Session, operation: Operation, intent: Intent, results: Sequence[ItemResult]) -> None:
    """Succeed, or fail this intent alone when the service cannot take the facts."""
    try:
        with session.begin_nested():
            succeed(session, operation, intent, results)
    except Exception as error:
        log.exception("cannot finish %s", operation.key, extra={"intent": intent.id})
        session.refresh(intent)
        fail(session, operation, intent, {"message": f"internal error: {type(error).__name__}", "code": 500})


def succeed(session: Session, operation: Operation, intent: Intent, results: Sequence[ItemResult]) -> None:
    """The intent is done: hand the facts to the service and move the resource on."""
    facts: dict[str, dict[str, dict[str, Any]]] = {}
    for result in results:
        facts.setdefault(result.variable, {})[result.id] = result.facts
    row = session.get(operation.model, intent.resource_id)
    if row is not None:
        if operation.finish is not None:
            operation.finish(session, intent, row, facts)
        if operation.absent:
            session.delete(row)
        elif operation.done is not None and intents.newest(session, intent):
            row.status = operation.done
            row.fault = None
    intent.result = facts if operation.keep_facts else None
    _end(intent, "done", None)


def fail(session: Session, operation: Operation, intent: Intent, fault: dict[str, Any]) -> None:
    """The intent has failed for good: the resource shows the fault, and can still be deleted."""
    fault = {"created": now().isoformat(timespec="seconds") + "Z", **fault}
    row = session.get(operation.model, intent.resource_id)
    if row is not None:
        if operation.abandon is not None:
            _abandon(session, operation, intent, row)
        if intents.newest(session, intent):
            row.fault = fault
            row.deleting = False
            if operation.failed is not None:
                row.status = operation.failed
    _end(intent, "failed", fault)


def _abandon(session: Session, operation: Operation, intent: Intent, row: Any) -> None:
    """Let the service clean up; if it can't, the intent ends all the same."""
    try:
        with session.begin_nested():
            assert operation.abandon is not None  # noqa: S101 - the caller has looked
            operation.abandon(session, intent, row)
    except Exception:
        log.exception("cannot clean up after %s", operation.key, extra={"intent": intent.id})
        session.refresh(intent)
        session.refresh(row)


def retry_or_fail(session: Session, operation: Operation, intent: Intent, fault: dict[str, Any]) -> None:
    """Back to waiting, for a while that grows with every attempt; to failed when it was tried often enough or is outdated."""
    if intent.attempts >= operation.retries or not intents.newest(session, intent):
        fail(session, operation, intent, fault)
        return
    pause = BACKOFF[min(intent.attempts, len(BACKOFF)) - 1]
    intent.state, intent.owner, intent.lease_until = "waiting", None, None
    intent.not_before = now() + dt.timedelta(seconds=pause)
    intent.fault = fault


def reclaim(session: Session, operations: dict[str, Operation]) -> int:
    """Give back what dead workers had claimed; fail what has been tried too often. Returns how many."""
    lost = intents.expired(session)
    for intent in lost:
        operation = operations.get(intent.operation)
        if operation is not None and intent.attempts >= operation.retries:
            fail(session, operation, intent, {"message": "the worker died during every attempt", "code": 500})
        else:
            intent.state, intent.owner, intent.lease_until = "waiting", None, None
    session.flush()
    return len(lost)


def _end(intent: Intent, state: str, fault: dict[str, Any] | None) -> None:
    intent.state, intent.fault, intent.finished_at = state, fault, now()
    intent.owner = intent.lease_until = None
