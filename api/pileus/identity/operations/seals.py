"""Seals: secrets that must be read again are encrypted before they go into the database."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy import Table, select, update

from pileus.core.config import Settings
from pileus.core.db import Base, Database
from pileus.identity.operations.keys import KeyRepository

_BATCH = 200  # rows that are sealed anew in one transaction


@lru_cache(maxsize=64)
def _repository(folder: Path) -> KeyRepository:
    return KeyRepository(folder)


def repository(settings: Settings) -> KeyRepository:
    """The credential keys of this cloud."""
    return _repository(settings.path("keys", "credential"))


def seal(settings: Settings, content: str) -> str:
    """The content, encrypted with the credential keys."""
    return repository(settings).encrypt(content.encode())


def unseal(settings: Settings, sealed: str) -> str:
    """What was sealed; raises RuntimeError when its key is gone."""
    content = repository(settings).decrypt(sealed)
    if content is None:
        raise RuntimeError("the key with which a credential was sealed is not in the key repository any more")
    return content.decode()


def decoy(settings: Settings, content: str) -> str:
    """A sealed text that is nobody's, to be unsealed where there is nothing, so that the work is the same."""
    return _decoy(repository(settings), repository(settings).generation(), content)


@lru_cache(maxsize=64)
def _decoy(keys: KeyRepository, _generation: int, content: str) -> str:
    return keys.encrypt(content.encode())


@dataclass
class Resealed:
    """How it went: rows seen, rows sealed anew, and those that no key opens."""

    seen: int = 0
    renewed: int = 0
    lost: int = 0


def reseal(database: Database, settings: Settings) -> Resealed:
    """Seal with the key that signs now whatever was sealed with another one.

    May be stopped at any point and run again: every row is sealed with a key that is there, before and after. A row that
    somebody changes meanwhile is left as it is, for it is sealed with a key of now.
    """
    done, keys = Resealed(), repository(settings)
    for table in tables():
        found = _sealed(database, table)
        while rows := list(islice(found, _BATCH)):
            _renew(database, keys, table, rows, done)
    return done


def tables() -> list[Table]:
    """The tables that hold something sealed."""
    return [table for table in Base.metadata.sorted_tables if "sealed" in table.c]


def _sealed(database: Database, table: Table) -> Iterator[Sequence[Any]]:
    """The primary key of each row, and last what is sealed in it."""
    keys = list(table.primary_key.columns)
    statement = select(*keys, table.c.sealed).where(table.c.sealed.is_not(None))
    with database.read() as session:
        yield from session.execute(statement, execution_options={"yield_per": _BATCH})


def _renew(
    database: Database, keys: KeyRepository, table: Table, rows: Sequence[Sequence[Any]], done: Resealed
) -> None:
    fresh = []
    for *identity, sealed in rows:
        done.seen += 1
        try:
            better = keys.renew(sealed)
        except ValueError:
            done.lost += 1
            continue
        if better != sealed:
            fresh.append((identity, sealed, better))
    if not fresh:
        return
    with database.write() as session:
        for identity, sealed, better in fresh:
            mine = [column == value for column, value in zip(table.primary_key.columns, identity, strict=True)]
            session.execute(update(table).where(*mine, table.c.sealed == sealed).values(sealed=better))
    done.renewed += len(fresh)
