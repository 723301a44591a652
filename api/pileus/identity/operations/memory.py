"""What one process remembers of identity: true as long as the revision has not moved since."""

from collections.abc import Callable
from typing import Any, TypeVar

from sqlalchemy.orm import Session

from pileus.core.config import Settings
from pileus.identity.models import revision
from pileus.identity.operations import watch

T = TypeVar("T")


class Memory:
    """Keeps up to `size` findings; the older half goes when it is full. What is kept must never be changed."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._kept: dict[Any, tuple[int, Any]] = {}

    def get(self, session: Session, settings: Settings, key: Any) -> Any:
        """What was kept, when it is still true; else None."""
        kept = self._kept.get(key)
        return kept[1] if kept is not None and kept[0] == watch.current(session, settings) else None

    def keep(self, session: Session, key: Any, at: int, found: Any) -> None:
        """Keep what was found at a revision, unless it may rest on changes that are not committed yet."""
        if session.info.get(revision.MOVED):
            return
        if len(self._kept) >= self._size:
            self._kept = dict(list(self._kept.items())[self._size // 2 :])
        self._kept[key] = (at, found)

    def recall(self, session: Session, settings: Settings, key: Any, look: Callable[[], T]) -> T:
        """What `look` finds, which is not asked again while it holds; for what rests on TokenGround rows alone."""
        kept: T | None = self.get(session, settings, key)
        if kept is not None:
            return kept
        at = revision.current(session)  # before the rows are read: nothing is kept under a revision newer than itself
        found = look()
        self.keep(session, key, at, found)
        return found
