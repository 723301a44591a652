"""Seals: secrets that must be read again are encrypted before they go into the database."""

from functools import lru_cache
from pathlib import Path

from pileus.core.config import Settings
from pileus.identity.operations.keys import KeyRepository


@lru_cache(maxsize=64)
def _repository(folder: Path) -> KeyRepository:
    return KeyRepository(folder)


def seal(settings: Settings, content: str) -> str:
    """The content, encrypted with the credential keys."""
    return _repository(settings.path("keys", "credential")).encrypt(content.encode())


def unseal(settings: Settings, sealed: str) -> str:
    """What was sealed; raises RuntimeError when its key is gone."""
    content = _repository(settings.path("keys", "credential")).decrypt(sealed)
    if content is None:
        raise RuntimeError("the key with which a credential was sealed is not in the key repository any more")
    return content.decode()
