"""Fixtures that make toys and workers for them."""

from collections.abc import Callable
from typing import Any

import pytest
from toybox import ABSENT, CONTEXT, PRESENT, Toy

from pileus.core.config import Settings
from pileus.core.db import Database
from pileus.worker import Worker


@pytest.fixture
def make_toy(database: Database) -> Callable[..., str]:
    """Make a toy and the intent for it; the toy's id."""

    def make(name: str = "toy", needs: tuple[str, ...] = ()) -> str:
        with database.write() as session:
            toy = Toy(project_id="p1", status="creating", name=name)
            session.add(toy)
            session.flush()
            PRESENT.submit(session, toy, CONTEXT, needs=needs)
            return toy.id

    return make


@pytest.fixture
def make_worker(database: Database, settings: Settings) -> Callable[[Any], Worker]:
    """A worker that knows the toy operations."""
    return lambda runner: Worker(settings, database, [PRESENT, ABSENT], runner)
