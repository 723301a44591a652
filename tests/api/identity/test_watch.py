"""What a process believes about the revision: no query when nothing changed, and never longer than it is true."""

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import event, text

from identity_stories import Identity, by_password
from pileus.app import create_app
from pileus.core.db import Database
from pileus.identity.models import revision
from pileus.identity.operations import access
from pileus.identity.operations.watch import BELIEVED, Watch


@pytest.fixture
def elsewhere(database: Database) -> Iterator[Database]:
    """Another process' way to the same database."""
    made = Database(database.url)
    yield made
    made.engine.dispose()


def move(database: Database) -> None:
    with database.write() as session:
        revision.bump(session)


def test_validating_a_token_again_asks_the_database_nothing(
    identity: Identity, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pileus.identity.operations.watch.BELIEVED", 3600.0)
    asked: list[str] = []
    identity.get("/auth/tokens", X_Subject_Token=identity.admin)
    event.listen(identity.database.engine, "before_cursor_execute", lambda *args: asked.append(args[2]))
    assert identity.get("/auth/tokens", X_Subject_Token=identity.admin).status_code == 200
    assert asked == []


def test_a_change_made_through_another_process_is_seen_by_the_next_request(
    identity: Identity, elsewhere: Database
) -> None:
    other = Identity(create_app(identity.settings, elsewhere).test_client(), elsewhere, identity.settings)
    user = identity.make("user", name="somebody", password="a-password")
    token = identity.token("somebody", "a-password")
    for app in (identity, other):
        assert app.get("/auth/tokens", token=token, X_Subject_Token=token).status_code == 200
    assert other.delete(f"/users/{user['id']}", token=identity.admin).status_code == 204
    assert identity.get("/auth/tokens", X_Subject_Token=token).status_code == 404
    assert other.get("/auth/tokens", token=identity.admin, X_Subject_Token=token).status_code == 404


def test_a_process_that_died_after_its_commit_is_noticed_within_a_second(
    identity: Identity, elsewhere: Database, tmp_path: Path
) -> None:
    watch = Watch(identity.database.engine, tmp_path / "revision-of-one")
    before = watch.current()
    move(elsewhere)  # no watch belongs to this engine: nobody writes the mapped file
    until = time.monotonic() + 10 * BELIEVED
    while watch.current() == before and time.monotonic() < until:
        time.sleep(0.01)
    watch.close()
    assert watch.current() > before
    watch.close()


def test_a_change_is_heard_from_another_machine(
    identity: Identity, elsewhere: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if identity.database.engine.dialect.name != "postgresql":
        return  # one file is one machine
    monkeypatch.setattr("pileus.identity.operations.watch.BELIEVED", 3600.0)
    watch = Watch(elsewhere.engine, replace(identity.settings, state_dir=tmp_path).path("revision-there"))
    before = watch.current()
    identity.make("role", name="new")
    identity.make("user", name="new")
    move(identity.database)
    until = time.monotonic() + 30
    while watch.current() == before and time.monotonic() < until:
        time.sleep(0.01)
    assert watch.current() > before
    watch.close()


def test_a_lost_connection_is_made_anew(identity: Identity, elsewhere: Database, tmp_path: Path) -> None:
    if identity.database.engine.dialect.name != "postgresql":
        return
    watch = Watch(elsewhere.engine, tmp_path / "revision-there")
    before = watch.current()
    with identity.database.write() as session:
        others = "FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND query LIKE '%identity_revision%'"
        session.execute(text(f"SELECT pg_terminate_backend(pid) {others}"))
    move(identity.database)
    until = time.monotonic() + 30
    while time.monotonic() < until:
        try:
            if watch.current() > before:
                break
        except Exception:  # the request that meets the broken connection may fail; the next one must not
            time.sleep(0.01)
    assert watch.current() > before
    watch.close()


def test_a_request_that_is_rolled_back_spoils_nothing_that_others_remember(identity: Identity) -> None:
    user = identity.make("user", name="somebody", password="a-password")["id"]
    with identity.database.read() as session:
        access.find_user(session, identity.settings, user)
        session.rollback()
    assert identity.log_in(by_password("somebody", "a-password")).status_code == 201


def test_a_remembered_token_ends_with_the_key_it_was_made_with(identity: Identity) -> None:
    keys = access.vault(identity.settings).keys
    token = identity.admin
    assert identity.get("/auth/tokens", X_Subject_Token=token).status_code == 200
    old = keys.numbers()
    keys.promote()
    assert identity.get("/auth/tokens", X_Subject_Token=token).status_code == 200
    keys.promote()
    keys.drop(number for number in old if number)
    assert identity.get("/auth/tokens", X_Subject_Token=token).status_code == 401
