"""The revision: one number that grows with every change on which the meaning of tokens rests."""

from typing import Any, ClassVar

from sqlalchemy import BigInteger, event, insert, select, update
from sqlalchemy.orm import Mapped, Session, UOWTransaction, mapped_column

from pileus.core.db import Base, lock


class Revision(Base):
    """The one row that holds the number."""

    __tablename__ = "identity_revision"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    value: Mapped[int] = mapped_column(BigInteger)


class TokenGround:
    """Marks the models whose rows decide what a token is worth; a change of any of them moves the revision.

    A new row of a model without `ground_when_new` cannot matter to a token that exists already.
    """

    ground_when_new: ClassVar[bool] = True


CHANNEL = "identity_revision"  # of PostgreSQL's NOTIFY
MOVED = "identity_moved"  # in the info of a session that has moved the revision
READ = select(Revision.value).where(Revision.id == 1)


def current(session: Session) -> int:
    """The revision as the database has it now."""
    return session.execute(READ).scalar() or 0


def bump(session: Session) -> None:
    """Move the revision on; bulk statements on TokenGround tables must call this themselves."""
    connection = session.connection()
    move = update(Revision).where(Revision.id == 1).values(value=Revision.value + 1)
    if connection.execute(move).rowcount == 0:
        connection.execute(insert(Revision).values(id=1, value=1))
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"NOTIFY {CHANNEL}")
    session.info[MOVED] = True


def hold(session: Session) -> None:
    """Be the only one who changes identity until the transaction ends; first thing before bulk statements."""
    lock(session, "identity")


def _touched(session: Session) -> bool:
    return any(isinstance(row, TokenGround) and row.ground_when_new for row in session.new) or any(
        isinstance(row, TokenGround) for group in (session.dirty, session.deleted) for row in group
    )


@event.listens_for(Session, "before_flush")
def _before_flush(session: Session, _context: UOWTransaction, _instances: Any) -> None:
    if _touched(session):
        hold(session)  # before any row is locked, so that two changes never wait for each other
        session.info["identity_touched"] = True


@event.listens_for(Session, "after_flush")
def _after_flush(session: Session, _context: UOWTransaction) -> None:
    if session.info.pop("identity_touched", False):
        bump(session)
