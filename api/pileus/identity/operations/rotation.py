"""Rotation of keys: what may be dropped when, so that no token dies and no secret is lost before its time."""

import datetime as dt
from dataclasses import dataclass

from pileus.core.config import Settings
from pileus.core.db import Database, now
from pileus.core.errors import Conflict
from pileus.identity.operations import seals
from pileus.identity.operations.keys import STAGED, KeyRepository, surplus

REPOSITORIES = ("fernet", "credential")
_STRAGGLERS = dt.timedelta(hours=1)  # in which a process may still write what it has sealed with the key before


@dataclass(frozen=True)
class Rotated:
    """The number of the key that signs now, those that were dropped, and what was sealed anew."""

    primary: int
    dropped: tuple[int, ...]
    resealed: seals.Resealed


def repository(settings: Settings, name: str) -> KeyRepository:
    """The repository "fernet" (tokens) or "credential" (secrets in the database)."""
    return seals.repository(settings) if name == "credential" else KeyRepository(settings.path("keys", name))


def age(settings: Settings, name: str) -> dt.timedelta:
    """How long the key that signs has done so."""
    return now() - repository(settings, name).listed()[-1].since


def rotate_tokens(settings: Settings, keep: int = 3, *, force: bool = False) -> Rotated:
    """Make the staged token key the one that signs, and keep so many keys in all (a staged one, one that signs, old ones).

    Raises Conflict, and changes nothing, when a key would be dropped with which a token was made that may still be shown.
    """
    keys = repository(settings, "fernet")
    with keys.alone():
        dropped = surplus({*keys.numbers(), keys.next_number()}, keep)
        end = needed_until(settings, keys, dropped)
        if end > now() and not force:
            raise Conflict(
                f"Tokens made with key {dropped[-1]} may be shown until {end:%Y-%m-%d %H:%M} UTC: keep at least "
                f"{keep + len(dropped)} keys, or wait."
            )
        primary = keys.promote()
        keys.drop(dropped)
    return Rotated(primary, tuple(dropped), seals.Resealed())


def needed_until(settings: Settings, keys: KeyRepository, numbers: list[int]) -> dt.datetime:
    """Until when a token may be shown that was made with any of these keys."""
    life = dt.timedelta(seconds=settings.token_lifetime + settings.token_expired_window)
    return max(((keys.retired(number) or now()) + life for number in numbers), default=dt.datetime.min)


def rotate_credentials(database: Database, settings: Settings) -> Rotated:
    """Make the staged credential key the one that signs, seal everything anew with it, and drop the keys of earlier times.

    A key goes at the earliest in the next rotation after the one in which it was replaced, once nothing is sealed with it: a
    process that has not noticed yet may still write what it has sealed with it. Raises Conflict, and drops nothing, when
    something in the database was sealed with a key that is not there.
    """
    keys = repository(settings, "credential")
    with keys.alone():
        lost = seals.reseal(database, settings).lost  # what an earlier rotation has left
        if lost:
            raise Conflict(f"{lost} secrets in the database were sealed with keys that are not in {keys.folder}.")
        old = [number for number in keys.numbers() if number != STAGED][:-1]
        dropped = [number for number in old if (keys.retired(number) or now()) + _STRAGGLERS < now()]
        keys.drop(dropped)
        primary = keys.promote()
        resealed = seals.reseal(database, settings)
    return Rotated(primary, tuple(dropped), resealed)


def problems(settings: Settings, name: str) -> list[str]:
    """What is wrong with a repository, in words; nothing when all is well."""
    keys = repository(settings, name)
    if not keys.numbers():
        return [f"{keys.folder}: there are no keys; run pileus bootstrap"]
    found = [
        f"{keys.folder}/{key.number}: others may read it (mode {key.mode:o})"
        for key in keys.listed()
        if key.mode & 0o77
    ]
    if keys.folder.stat().st_mode & 0o77:
        found.append(f"{keys.folder}: others may look into it (mode {keys.folder.stat().st_mode & 0o777:o})")
    parts = {key.part: key for key in keys.listed()}
    if "staged" not in parts:
        found.append(f"{keys.folder}: there is no staged key; run pileus keys create")
    elif "primary" in parts and parts["staged"].fingerprint == parts["primary"].fingerprint:
        found.append(f"{keys.folder}: a rotation was interrupted; the next one finishes it")
    try:
        keys.encrypt(b"")
    except ValueError as error:
        found.append(f"{keys.folder}: a file is no key ({error})")
    return found
