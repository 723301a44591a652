"""The database: engine, sessions, and the columns that every table shares."""

import datetime as dt
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import orjson
from sqlalchemy import JSON, DateTime, Engine, MetaData, String, create_engine, event, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

NAMES = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """All tables of Pileus."""

    metadata = MetaData(naming_convention=NAMES)
    type_annotation_map = {
        dict[str, Any]: JSON,
        list[Any]: JSON,
        list[str]: JSON,
        list[dict[str, Any]]: JSON,
        dt.datetime: DateTime,
    }


def new_id() -> str:
    """A random UUID in its dashed form, as most services publish ids."""
    return str(uuid.uuid4())


def now() -> dt.datetime:
    """The time in UTC without a zone, as all timestamps are stored."""
    return dt.datetime.now(dt.UTC).replace(tzinfo=None)


class Timestamps:
    """When a row was made and last changed (UTC)."""

    created_at: Mapped[dt.datetime] = mapped_column(default=now)
    updated_at: Mapped[dt.datetime | None] = mapped_column(onupdate=now)


class Resource(Timestamps):
    """A row behind which something exists on hosts: it has a state, and a fault when that state is bad.

    `fault` is {"message", "host", "task", "created", "code"}. `deleting` hides the row from its owner while a run
    removes what is behind it.
    """

    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    project_id: Mapped[str] = mapped_column(String(64), index=True)
    status: Mapped[str] = mapped_column(String(32))
    fault: Mapped[dict[str, Any] | None]
    deleting: Mapped[bool] = mapped_column(default=False)


class Database:
    """One engine and the two kinds of session: reading and writing."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.engine = _engine(url)

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A session for looking; what it changes is lost."""
        with Session(self.engine, expire_on_commit=False) as session:
            yield session

    @contextmanager
    def write(self) -> Iterator[Session]:
        """A session in one transaction: commit at the end, roll back when an exception passes.

        SQLite takes its write lock at once, so that no transaction fails half-way with "database is locked".
        """
        with Session(self.engine, expire_on_commit=False) as session:
            if self.engine.dialect.name == "sqlite":
                session.connection(execution_options={"pileus_write": True})
            yield session
            session.commit()


def lock(session: Session, name: str) -> None:
    """Hold a named lock until the transaction ends; on SQLite the writer already is alone."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))"), {"name": name})


def insert(session: Session, model: type[Base]) -> "postgresql.Insert | sqlite.Insert":
    """An insert that may say what to do about a row that is there (on_conflict_do_update), which both databases know."""
    return postgresql.insert(model) if session.get_bind().dialect.name == "postgresql" else sqlite.insert(model)


def _engine(url: str) -> Engine:
    codec: dict[str, Any] = {
        "json_serializer": lambda value: orjson.dumps(value).decode(),
        "json_deserializer": orjson.loads,
    }
    if not url.startswith("sqlite"):
        return create_engine(url, pool_size=16, max_overflow=16, pool_pre_ping=True, **codec)
    engine = create_engine(url, connect_args={"timeout": 30}, pool_size=16, max_overflow=32, **codec)
    event.listen(engine, "connect", _sqlite_connect)
    event.listen(engine, "begin", _sqlite_begin)
    return engine


def _sqlite_connect(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # transactions are begun by hand below
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON", "cache_size=-8000"):
        connection.execute(f"PRAGMA {pragma}")


def _sqlite_begin(connection: Any) -> None:
    write = connection.get_execution_options().get("pileus_write")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")
