"""Stories about guessing passwords of users of a directory, which knows them by more than one way to write their names."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest

from directory_stories import settle
from identity_stories import Identity
from pileus.identity.models import Login, User
from pileus.identity.operations.directories import entries, login
from private_directory import Tree
from sent_statements import statements


def test_the_lockout_holds_however_the_name_is_written(identity_with: Callable[..., Identity], tree: Tree) -> None:
    tree.person("ann")
    company = settle(identity_with(lockout_attempts=3, lockout_seconds=60), tree)
    user_id = company.log_in("ANN").json["token"]["user"]["id"]
    for name in ("ANN", "Ann", " ann "):
        assert company.log_in(name, "wrong").status_code == 401
    for name in ("ann", "ANN", "aNn"):
        assert company.log_in(name).status_code == 401, name
    assert company.log_in_by_id(user_id).status_code == 401
    with company.identity.database.write() as session:
        login = session.get_one(Login, user_id)
        assert login.failures == 3 and login.failed_at is not None
        login.failed_at -= dt.timedelta(seconds=61)
    assert company.log_in("ANN").json["token"]["user"]["id"] == user_id
    with company.identity.database.read() as session:
        assert session.get_one(Login, user_id).failures == 0


@pytest.mark.parametrize("variants", [["Ann", "ANN", "aNN"], ["ａnn", "aｎn", "anｎ"]])  # noqa: RUF001 - full-width letters
def test_guesses_count_for_who_is_meant_however_the_name_is_written(
    identity_with: Callable[..., Identity], tree: Tree, variants: list[str]
) -> None:
    tree.person("ann")
    company = settle(identity_with(login_failures_per_user=3), tree)
    for name in variants:
        assert company.log_in(name).status_code == 201, name
    for name in variants:
        assert company.log_in(name, "wrong").status_code == 401, name
    assert company.log_in("ann").status_code == 429
    assert {company.log_in(name).status_code for name in variants} <= {401, 429}
    assert company.log_in("bob", "wrong").status_code == 401


def test_nobody_shuts_out_the_user_of_a_service_in_a_directory(
    identity_with: Callable[..., Identity], tree: Tree
) -> None:
    tree.person("gateway")
    company = settle(identity_with(login_failures_per_user=2, lockout_attempts=2), tree)
    user_id = company.log_in("gateway").json["token"]["user"]["id"]
    with company.identity.database.write() as session:
        session.get_one(User, user_id).options = {"ignore_lockout_failure_attempts": True}
    for name in ("GATEWAY", "Gateway", "gateway", "gateway"):
        company.log_in(name, "wrong")
    assert company.log_in("gateway").status_code == company.log_in_by_id(user_id).status_code == 201


def test_whoever_a_directory_does_not_let_in_costs_as_much(
    identity_with: Callable[..., Identity], tree: Tree, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("known", "locked", "full", "new"):
        tree.person(name)
    company = settle(identity_with(lockout_attempts=4, login_failures_per_user=6), tree)
    for name in ("known", "locked", "full"):
        company.token(name)
    for name in ["locked"] * 4 + ["full"] * 6:
        assert company.log_in(name, "wrong").status_code == 401
    binds, searches = counted(monkeypatch, login, "proves"), counted(monkeypatch, entries, "search")
    seen = {}
    for name, password in (
        ("nobody", "secret"),
        ("new", "wrong"),
        ("New", "wrong"),
        ("known", "wrong"),
        ("KNOWN", "wrong"),
        ("locked", "secret"),
        ("LOCKED", "secret"),
        ("fuｌl", "secret"),  # noqa: RUF001 - full-width letters
    ):
        binds.clear()
        searches.clear()
        with statements(company.identity.database) as sent:
            reply = company.log_in(name, password)
        seen[name] = (reply.status_code, reply.json, len(binds), len(searches), len(sent))
    assert set(map(str, seen.values())) == {str(seen["nobody"])}, seen
    assert seen["nobody"][0] == 401 and seen["nobody"][2:4] == (1, 1)


def counted(monkeypatch: pytest.MonkeyPatch, module: Any, name: str) -> list[Any]:
    """What a function of a module is called with from now on."""
    real, seen = getattr(module, name), list[Any]()
    monkeypatch.setattr(module, name, lambda *given, **more: seen.append(given) or real(*given, **more))
    return seen
