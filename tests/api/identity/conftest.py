"""A bootstrapped cloud whose tokens are real, for the stories about identity."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from argon2 import PasswordHasher
from werkzeug.serving import make_server

from directory_stories import Company, settle
from identity_stories import PASSWORD, Identity, in_project
from pileus import catalogue
from pileus import identity as service
from pileus.app import create_app
from pileus.core.config import Settings
from pileus.core.db import Database
from pileus.identity.operations import bootstrap, passwords
from private_directory import Server, Tree, running


def build(database: Database, settings: Settings) -> Identity:
    """The API after a bootstrap, with an admin's token for the project admin."""
    with database.write() as session:
        bootstrap(session, settings, catalogue.SERVICES, PASSWORD)
    made = Identity(create_app(settings, database).test_client(), database, settings)
    made.admin = made.token("admin", PASSWORD, in_project("admin"))
    return made


@pytest.fixture(autouse=True)
def _quick(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Hash cheaply, and serve nothing but identity; "whole" asks for the real thing."""
    if request.node.get_closest_marker("whole"):
        return
    monkeypatch.setattr(passwords, "_hasher", PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))
    monkeypatch.setattr(catalogue, "SERVICES", (service.SERVICE,))


@pytest.fixture
def identity(database: Database, settings: Settings) -> Identity:
    """The API as it is without further settings."""
    return build(database, settings)


@pytest.fixture
def strict(database: Database, settings: Settings) -> Identity:
    """The API of a cloud with rules for passwords."""
    rules = {"lockout_attempts": 2, "password_history": 2, "password_days": 90, "password_regex": r"^.{8,}$"}
    return build(database, replace(settings, **rules))


@pytest.fixture
def identity_with(database: Database, settings: Settings) -> Callable[..., Identity]:
    """Makes the API of a cloud with other settings."""
    return lambda **changes: build(database, replace(settings, **changes))


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """An OpenLDAP server, private to the run."""
    with running() as started:
        yield started


@pytest.fixture
def tree(server: Server) -> Iterator[Tree]:
    """The story's own part of the directory."""
    made = Tree(server)
    yield made
    made.writing.unbind()


@pytest.fixture
def company(identity: Identity, tree: Tree) -> Company:
    """A domain whose directory has the users ann and bob."""
    tree.person("ann", mail="ann@example.org", description="She")
    tree.person("bob")
    return settle(identity, tree)


@pytest.fixture
def auth_url(database: Database, settings: Settings) -> Iterator[str]:
    """The address of a live identity API, for clients that cannot do without one."""
    server = make_server("127.0.0.1", 0, lambda _environ, _start: [], threaded=True)
    here = replace(settings, public_url=f"http://127.0.0.1:{server.server_port}")
    with database.write() as session:
        bootstrap(session, here, catalogue.SERVICES, PASSWORD)
    server.app = create_app(here, database)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"{here.public_url}/identity"
    server.shutdown()
    thread.join()
