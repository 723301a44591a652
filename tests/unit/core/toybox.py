"""A toy service, so that the core can be tried without any real one."""

from typing import Any

from sqlalchemy import String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from pileus.core.context import Context
from pileus.core.db import Base, Database, Resource
from pileus.core.errors import Conflict
from pileus.core.intents import Intent
from pileus.core.service import Operation

CONTEXT = Context(user_id="u1", project_id="p1", roles=("member",), request_id="req-1")


class Toy(Resource, Base):
    """A resource without a service."""

    __tablename__ = "test_toys"
    name: Mapped[str] = mapped_column(String(64), default="")


def _build(_session: Session, intent: Intent, toy: Toy) -> dict[str, list[dict[str, Any]]]:
    if toy.name == "refused":
        raise Conflict("no room for it")
    if toy.name == "broken":
        raise ZeroDivisionError
    return {"toy_items": [{"id": toy.id, "intent": intent.id, "name": toy.name, "host": "h1"}]}


def _abandon(_session: Session, _intent: Intent, toy: Toy) -> None:
    if toy.name == "sticky":
        raise KeyError("cannot let go")


def _finish(_session: Session, _intent: Intent, toy: Toy, _facts: object) -> None:
    if toy.name == "indigestible":
        raise KeyError("size")


PRESENT = Operation(
    "toybox", "toy_present", "toybox/toy_present.yml", Toy, ("toy_items",), _build,
    allowed=frozenset({"creating", "available", "error"}), doing="creating", done="available", failed="error",
    finish=_finish, abandon=_abandon,
)  # fmt: skip
ABSENT = Operation(
    "toybox", "toy_absent", "toybox/toy_absent.yml", Toy, ("toy_items",), _build,
    doing="deleting", failed="error_deleting", absent=True,
)  # fmt: skip


def state(database: Database, toy_id: str) -> str | None:
    """The status of a toy; None when its row is gone."""
    with database.read() as session:
        return session.execute(select(Toy.status).where(Toy.id == toy_id)).scalar()


def intents_of(database: Database, toy_id: str) -> list[Intent]:
    """All intents of a toy, oldest first."""
    with database.read() as session:
        return list(session.execute(select(Intent).where(Intent.resource_id == toy_id).order_by(Intent.seq)).scalars())
