"""Intents: what tenants asked for, from waiting to done or failed, in SQL and nowhere else."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Index, Integer, String, Text, delete, exists, func, select, text, update
from sqlalchemy.orm import Mapped, Session, aliased, mapped_column

from pileus.core.db import Base, new_id, now

UNFINISHED = ("waiting", "running")
PAGE = 200  # waiting intents looked at together


class Intent(Base):
    """One change asked for.

    waiting --claim--> running --> done | failed; failed and retryable goes back to waiting, not before `not_before`;
    cancelled when a delete overtakes it or an operator says so. `params` is what SQL's desired state does not say (the kind
    of a reboot); `needs` are resources whose earlier intents must end first; `explanation` is why it was done so
    (scheduler verdicts); `result` is what the modules handed back.
    """

    __tablename__ = "intents"
    __table_args__ = (
        # at most one running intent per resource: two workers can never change the same thing at once
        Index(
            "ix_intents_running",
            "resource_id",
            unique=True,
            sqlite_where=text("state = 'running'"),
            postgresql_where=text("state = 'running'"),
        ),
        Index("ix_intents_state", "state", "seq"),
        Index("ix_intents_resource", "resource_id", "seq"),
        Index("ix_intents_request", "request_id"),
    )

    seq: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=True)
    id: Mapped[str] = mapped_column(String(36), unique=True, default=new_id)
    service: Mapped[str] = mapped_column(String(32))
    operation: Mapped[str] = mapped_column(String(64))
    resource_id: Mapped[str] = mapped_column(String(36))
    project_id: Mapped[str] = mapped_column(String(64))
    user_id: Mapped[str] = mapped_column(String(64))
    request_id: Mapped[str] = mapped_column(String(64))
    state: Mapped[str] = mapped_column(String(16), default="waiting")  # waiting running done failed cancelled
    params: Mapped[dict[str, Any]] = mapped_column(default=dict)
    needs: Mapped[list[str]] = mapped_column(default=list)
    attempts: Mapped[int] = mapped_column(default=0)
    not_before: Mapped[dt.datetime] = mapped_column(default=now)
    owner: Mapped[str | None] = mapped_column(String(128))
    lease_until: Mapped[dt.datetime | None]
    run_id: Mapped[str | None] = mapped_column(String(36))
    explanation: Mapped[dict[str, Any] | None]
    result: Mapped[dict[str, Any] | None]
    fault: Mapped[dict[str, Any] | None]
    created_at: Mapped[dt.datetime] = mapped_column(default=now)
    started_at: Mapped[dt.datetime | None]
    finished_at: Mapped[dt.datetime | None]


class Run(Base):
    """One execution of a playbook for a batch of intents."""

    __tablename__ = "runs"

    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    operation: Mapped[str] = mapped_column(String(64))
    playbook: Mapped[str] = mapped_column(String(128))
    worker: Mapped[str] = mapped_column(String(128))
    limit_hosts: Mapped[str] = mapped_column(Text, default="")
    started_at: Mapped[dt.datetime] = mapped_column(default=now, index=True)
    finished_at: Mapped[dt.datetime | None]
    status: Mapped[str] = mapped_column(String(16), default="running")  # running successful failed timeout lost
    rc: Mapped[int | None]


class RunEvent(Base):
    """One Ansible event of a run: which task did what on which host, secrets scrubbed."""

    __tablename__ = "run_events"

    run_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    counter: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    created_at: Mapped[dt.datetime] = mapped_column(default=now)
    event: Mapped[str] = mapped_column(String(64))
    host: Mapped[str | None] = mapped_column(String(255))
    task: Mapped[str | None] = mapped_column(String(255))
    data: Mapped[dict[str, Any]]


def cancel_waiting(session: Session, resource_id: str, why: str) -> None:
    """Cancel every intent of a resource that no worker has begun."""
    session.execute(
        update(Intent)
        .where(Intent.resource_id == resource_id, Intent.state == "waiting")
        .values(state="cancelled", finished_at=now(), fault={"message": why})
    )


def claim(session: Session, owner: str, lease: int, batch_of: dict[str, int]) -> list[Intent]:
    """Take the oldest intents that may start, all of one operation, as one batch; [] where there is none.

    `batch_of` maps the operations this worker knows to their largest batch. Must run in a writing transaction; with
    PostgreSQL rows that another worker is claiming are skipped, and ix_intents_running refuses the rare double.
    """
    moment, batch, after = now(), list[Intent](), 0
    first_of: dict[str, int] | None = None
    while not batch and (page := _ready(session, batch_of, moment, after)):
        after = page[-1].seq
        if first_of is None and any(intent.needs for intent in page):
            first_of = _first_unfinished(session)
        for intent in page:
            fits = not batch or intent.operation == batch[0].operation
            met = all((first_of or {}).get(need, intent.seq) >= intent.seq for need in intent.needs)
            if fits and met and len(batch) < batch_of[(batch or [intent])[0].operation]:
                batch.append(intent)
    for intent in batch:
        intent.state, intent.owner, intent.started_at = "running", owner, moment
        intent.lease_until = moment + dt.timedelta(seconds=lease)
        intent.attempts += 1
    session.flush()
    return batch


def _ready(session: Session, batch_of: dict[str, int], moment: dt.datetime, after: int) -> Sequence[Intent]:
    """The next waiting intents whose own resource is free, oldest first; what they need is not looked at."""
    earlier, busy = aliased(Intent), aliased(Intent)
    found = (
        select(Intent)
        .where(
            Intent.seq > after,
            Intent.state == "waiting",
            Intent.not_before <= moment,
            Intent.operation.in_(batch_of),
            ~exists().where(busy.resource_id == Intent.resource_id, busy.state == "running"),
            ~exists().where(
                earlier.resource_id == Intent.resource_id, earlier.state == "waiting", earlier.seq < Intent.seq
            ),
        )
        .order_by(Intent.seq)
        .limit(PAGE)
        .with_for_update(skip_locked=True)
    )
    return session.execute(found).scalars().all()


def _first_unfinished(session: Session) -> dict[str, int]:
    """Of every resource that something is still asked of: the oldest such intent."""
    found = select(Intent.resource_id, func.min(Intent.seq)).where(Intent.state.in_(UNFINISHED))
    return {row[0]: row[1] for row in session.execute(found.group_by(Intent.resource_id))}


def work_waits(session: Session) -> bool:
    """Whether anything might be claimed now; cheap enough to ask many times a second."""
    found = select(Intent.seq).where(Intent.state == "waiting", Intent.not_before <= now()).limit(1)
    return session.execute(found).first() is not None


def beat(session: Session, owner: str, ids: Sequence[str], lease: int) -> None:
    """Renew the leases of what a living worker is working on; what it has lost track of runs out."""
    mine = (Intent.state == "running", Intent.owner == owner, Intent.id.in_(ids))
    session.execute(update(Intent).where(*mine).values(lease_until=now() + dt.timedelta(seconds=lease)))


def expired(session: Session) -> list[Intent]:
    """The running intents whose worker has not been heard of since its lease ended."""
    found = (
        select(Intent).where(Intent.state == "running", Intent.lease_until < now()).with_for_update(skip_locked=True)
    )
    return list(session.execute(found).scalars())


def newest(session: Session, intent: Intent) -> bool:
    """Whether nothing later was asked of the same resource (else its state belongs to the later intent)."""
    later = select(Intent.seq).where(
        Intent.resource_id == intent.resource_id, Intent.seq > intent.seq, Intent.state != "cancelled"
    )
    return session.execute(later.limit(1)).first() is None


def unfinished(session: Session, resource_ids: list[str]) -> int:
    """How many intents of these resources have not ended."""
    found = select(func.count()).where(Intent.resource_id.in_(resource_ids), Intent.state.in_(UNFINISHED))
    return session.execute(found).scalar_one()


def waited_for(session: Session, resource_id: str) -> list[str]:
    """The resources whose unfinished intents need this one: what removes it must come after them."""
    found = select(Intent.resource_id, Intent.needs).where(Intent.state.in_(UNFINISHED))
    return [other for other, needs in session.execute(found) if resource_id in needs]


def prune(session: Session, keep_days: int) -> None:
    """Forget runs, their events and ended intents that are older than `keep_days`."""
    oldest = now() - dt.timedelta(days=keep_days)
    runs = select(Run.id).where(Run.started_at < oldest)
    session.execute(delete(RunEvent).where(RunEvent.run_id.in_(runs)))
    session.execute(delete(Run).where(Run.started_at < oldest))
    session.execute(delete(Intent).where(Intent.finished_at < oldest, Intent.state.not_in(UNFINISHED)))
