"""Fixtures of all tests: databases of both kinds, and the real application with a stand-in for the hosts."""

import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

import private_postgresql
from pileus import catalogue
from pileus.app import create_app
from pileus.core.config import Settings
from pileus.core.db import Base, Database
from pileus.worker import Worker
from stories import Cloud, StandInRunner, fake_authenticate


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """A private PostgreSQL server on a unix socket; its SQLAlchemy URL."""
    with private_postgresql.postgresql() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """An empty database with all tables."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path}/pileus.db"
    else:
        url = request.getfixturevalue("postgresql")
        engine = create_engine(url)
        Base.metadata.create_all(engine)
        with engine.begin() as connection:  # emptying is much faster than making all tables again
            connection.execute(
                text("; ".join(f'DELETE FROM "{t.name}"' for t in reversed(Base.metadata.sorted_tables)))
            )
        engine.dispose()
    made = Database(url)
    if request.param == "sqlite":
        Base.metadata.create_all(made.engine)
    yield made
    made.engine.dispose()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(state_dir=tmp_path, image_wait=0.0)


@pytest.fixture
def stand_in() -> StandInRunner:
    return StandInRunner()


@pytest.fixture
def cloud(database: Database, settings: Settings) -> Cloud:
    """A cloud whose tokens are made up (see fake_authenticate) and whose hosts always say yes."""
    random.seed(7)  # addresses are drawn by chance; a story that names one of its own must not meet them now and then
    app = create_app(settings, database, fake_authenticate)
    runner = StandInRunner()
    return Cloud(
        app.test_client(), database, settings, runner, Worker(settings, database, catalogue.operations(), runner)
    )
