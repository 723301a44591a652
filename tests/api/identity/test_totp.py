"""Stories about one-time passcodes: each works once, and guessing is slow."""

import base64
import threading
from types import SimpleNamespace
from typing import Any

import pytest

from identity_stories import Identity, by_password
from pileus.identity.operations.methods import totp

SEED = base64.b32encode(b"a seed of twenty byte").decode().rstrip("=")


class Clock:
    """The time as the method sees it."""

    def __init__(self) -> None:
        self.now = 2_000_000_010.0

    def code(self, steps_ago: int = 0) -> str:
        """The passcode of a time step."""
        found = totp.passcode(SEED, self.now - 30 * steps_ago)
        assert found is not None
        return found


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(totp, "time", SimpleNamespace(time=lambda: made.now))
    return made


def person(identity: Identity, name: str = "ann") -> str:
    """A user with a seed, who may log in by a passcode alone; the id."""
    alone = {"multi_factor_auth_enabled": True, "multi_factor_auth_rules": [["totp"]]}
    user = identity.make("user", name=name, password="secret", options=alone)["id"]
    identity.make("credential", type="totp", blob=SEED, user_id=user)
    return str(user)


def log_in(identity: Identity, user: str, code: str) -> int:
    method = {"methods": ["totp"], "totp": {"user": {"id": user, "passcode": code}}}
    return int(identity.log_in(method).status_code)


def test_a_passcode_works_once(identity: Identity, clock: Clock) -> None:
    user = person(identity)
    assert log_in(identity, user, clock.code(1)) == 201  # the step before is still good
    assert log_in(identity, user, clock.code(1)) == 401
    assert log_in(identity, user, clock.code()) == 201
    assert log_in(identity, user, clock.code()) == 401
    assert log_in(identity, user, clock.code(1)) == 401
    clock.now += 30
    assert log_in(identity, user, clock.code(1)) == 401
    assert log_in(identity, user, clock.code(2)) == 401
    assert log_in(identity, user, clock.code(-1)) == 401
    assert log_in(identity, user, clock.code()) == 201


def test_of_two_who_show_the_same_passcode_one_gets_in(identity: Identity, clock: Clock) -> None:
    user = person(identity)
    for _ in range(5):
        code, seen = clock.code(), []
        start = threading.Barrier(4)

        def attempt(code: str = code, seen: list[int] = seen, start: threading.Barrier = start) -> None:
            start.wait()
            seen.append(log_in(identity, user, code))

        threads = [threading.Thread(target=attempt) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(seen) == [201, 401, 401, 401]
        clock.now += 30


def test_nobody_learns_who_has_a_seed(identity: Identity, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    worked = []
    real = totp.passcode
    monkeypatch.setattr(totp, "passcode", lambda seed, moment: worked.append(moment) or real(seed, moment))
    user = person(identity)
    other = identity.make("user", name="bob")["id"]
    off = person(identity, "off")
    identity.patch(f"/users/{off}", {"user": {"enabled": False}})
    seen = []
    for who, code in ((user, "000000"), (other, "000000"), ("0" * 32, "000000"), (off, clock.code())):
        worked.clear()
        reply = identity.log_in({"methods": ["totp"], "totp": {"user": {"id": who, "passcode": code}}})
        seen.append((reply.status_code, reply.json, len(worked)))
    assert seen[0][0] == 401 and seen[0][2] == 2
    assert seen == [seen[0]] * 4


def test_who_knows_the_password_cannot_guess_the_passcode_for_long(identity_with, clock: Clock) -> None:
    identity = identity_with(login_failures_per_user=3)
    user = person(identity)
    options = {"multi_factor_auth_enabled": True, "multi_factor_auth_rules": [["password", "totp"]]}
    identity.patch(f"/users/{user}", {"user": {"options": options}})

    def both(code: str) -> int:
        method = {
            **by_password("ann", "secret"),
            "methods": ["password", "totp"],
            "totp": {"user": {"id": user, "passcode": code}},
        }
        return int(identity.log_in(method).status_code)

    assert both(clock.code(1)) == 201
    wrong = f"{(int(clock.code()) + 1) % 1000000:06}"
    assert [both(wrong), both(wrong), both(wrong), both(wrong), both(clock.code())] == [401, 401, 401, 429, 429]
    receipt = identity.log_in(by_password("ann", "secret"))
    assert receipt.status_code == 429


@pytest.mark.parametrize(
    "options",
    [
        {"multi_factor_auth_enabled": False},
        {"multi_factor_auth_rules": None},
        {"multi_factor_auth_enabled": None, "multi_factor_auth_rules": None},
    ],
)
def test_a_passcode_alone_is_no_login_unless_a_rule_of_the_user_says_so(
    identity: Identity, clock: Clock, options: dict[str, Any]
) -> None:
    user = person(identity)
    assert identity.patch(f"/users/{user}", {"user": {"options": options}}).status_code == 200

    def by_passcode(steps_ago: int, **headers: str) -> Any:
        method = {"methods": ["totp"], "totp": {"user": {"id": user, "passcode": clock.code(steps_ago)}}}
        return identity.log_in(method, **headers)

    alone = by_passcode(1)
    assert alone.status_code == 401 and alone.json["required_auth_methods"] == [["password", "totp"]]
    assert alone.json["receipt"]["methods"] == ["totp"]
    receipt = alone.headers["Openstack-Auth-Receipt"]
    again = by_passcode(0, Openstack_Auth_Receipt=receipt)
    assert again.status_code == 401 and again.json["required_auth_methods"] == [["password", "totp"]]
    whole = identity.log_in(by_password("ann", "secret"), Openstack_Auth_Receipt=receipt)
    assert whole.status_code == 201 and set(whole.json["token"]["methods"]) == {"password", "totp"}
    assert identity.log_in(by_password("ann", "secret")).status_code == 201
    token = {"methods": ["token"], "token": {"id": whole.headers["X-Subject-Token"]}}
    assert identity.log_in(token).status_code == 201


def test_passcodes_of_the_user_of_a_service_are_not_guessed_for_long_either(identity_with, clock: Clock) -> None:
    identity = identity_with(login_failures_per_user=3)
    user = person(identity)
    options = {"ignore_lockout_failure_attempts": True, "multi_factor_auth_rules": [["totp"], ["password"]]}
    identity.patch(f"/users/{user}", {"user": {"options": options}})
    wrong = f"{(int(clock.code()) + 1) % 1000000:06}"
    seen = [log_in(identity, user, code) for code in (wrong, wrong, wrong, wrong, clock.code())]
    assert seen == [401, 401, 401, 429, 429]
    assert identity.log_in(by_password("ann", "secret")).status_code == 201
    assert log_in(identity, user, clock.code()) == 429


@pytest.mark.parametrize("code", ["", "0", "é" * 6, "0" * 5000, "１２３４５６"])  # noqa: RUF001
def test_what_is_no_passcode_is_refused(identity: Identity, clock: Clock, code: str) -> None:
    assert log_in(identity, person(identity), code) == 401
