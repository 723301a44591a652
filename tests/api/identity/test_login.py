"""Stories about logging in while somebody guesses: who must wait, and what nobody learns."""

import base64
import datetime as dt
import hmac
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from argon2 import PasswordHasher
from oauthlib import oauth1
from sqlalchemy import select

from identity_stories import PASSWORD, Identity, by_password, in_project
from pileus import catalogue
from pileus.app import create_app
from pileus.identity.models import AuditEvent, FailedLogins, Login
from pileus.identity.operations import passwords
from sent_statements import statements

Make = Callable[..., Identity]


class CountingHasher(PasswordHasher):
    """A hasher that counts how often it had to work."""

    worked = 0

    def verify(self, *arguments: Any) -> bool:
        self.worked += 1
        return super().verify(*arguments)


@pytest.fixture
def hasher(_quick: None, monkeypatch: pytest.MonkeyPatch) -> CountingHasher:
    made = CountingHasher(time_cost=1, memory_cost=64, parallelism=1)
    monkeypatch.setattr(passwords, "_hasher", made)
    return made


def ways(user_id: str, name: str, domain: str, password: str) -> list[dict[str, Any]]:
    """All the ways to name a user."""
    named: list[dict[str, Any]] = [
        {"id": user_id},
        {"name": name, "domain": {"id": domain}},
        {"name": name, "domain": {"name": "acme"}},
    ]
    return [{"methods": ["password"], "password": {"user": {**user, "password": password}}} for user in named]


def failures(identity: Identity) -> list[int]:
    with identity.database.read() as session:
        return sorted(session.execute(select(FailedLogins.failures)).scalars())


def guess(identity: Identity, name: str, times: int, **headers: str) -> list[int]:
    """The statuses of so many wrong passwords."""
    return [identity.log_in(by_password(name, f"wrong{n}"), **headers).status_code for n in range(times)]


def test_whoever_cannot_log_in_gets_the_same_answer_for_the_same_work(
    identity_with: Make, hasher: CountingHasher
) -> None:
    identity = identity_with(lockout_attempts=3)
    closed = identity.make("domain", name="closed")["id"]
    stranger = {"name": "zoe", "domain": {"id": closed}, "password": "secret"}
    identity.make("user", name="zoe", domain_id=closed, password="secret")
    identity.patch(f"/domains/{closed}", {"domain": {"enabled": False}})
    for name in ("ann", "off", "locked"):
        identity.make("user", name=name, password="secret", enabled=name != "off")
    identity.make("user", name="none")
    guess(identity, "locked", 3)
    logins = {
        "wrong password": by_password("ann", "wrong"),
        "unknown user": by_password("nobody", "wrong"),
        "disabled user": by_password("off", "secret"),
        "locked-out user": by_password("locked", "secret"),
        "user without a password": by_password("none", "secret"),
        "user of a disabled domain": {"methods": ["password"], "password": {"user": stranger}},
    }
    seen = {}
    for what, login in logins.items():
        hasher.worked = 0
        with statements(identity.database) as sent:
            reply = identity.log_in(login, in_project("admin"))
        headers = {k: v for k, v in reply.headers.items() if k not in ("Date", "X-Openstack-Request-Id")}
        seen[what] = (reply.status_code, reply.json, headers, hasher.worked, len(sent))
    assert set(map(str, seen.values())) == {str(seen["unknown user"])}, seen
    assert seen["unknown user"][0] == 401 and seen["unknown user"][3] == 1


def test_after_too_many_failures_a_user_must_wait_however_named(identity_with: Make, hasher: CountingHasher) -> None:
    identity = identity_with(login_failures_per_user=3)
    domain = identity.make("domain", name="acme")["id"]
    user = identity.make("user", name="ann", domain_id=domain, password="secret")["id"]
    wrong = ways(user, "ann", domain, "wrong")
    assert [identity.log_in(way).status_code for way in wrong] == [401, 401, 401]
    unknown = ways("0" * 32, "nobody", domain, "wrong")
    assert [identity.log_in(unknown[1 + n % 2]).status_code for n in range(3)] == [401, 401, 401]
    hasher.worked = 0
    for way in [*ways(user, "ann", domain, "secret"), *wrong, *unknown[1:]]:
        reply = identity.log_in(way)
        assert reply.status_code == 429, reply.text
        assert 0 < int(reply.headers["Retry-After"]) <= 300
        assert reply.json["error"]["title"] == "Too Many Requests"
    assert hasher.worked == 0
    assert identity.token("admin", PASSWORD)  # others are not concerned


def test_a_login_forgets_the_failures_of_the_user_and_not_those_of_the_address(identity_with: Make) -> None:
    identity = identity_with(login_failures_per_user=3, login_failures_per_address=5)
    identity.make("user", name="ann", password="secret")
    assert guess(identity, "ann", 2) == [401, 401]
    assert failures(identity) == [2, 2]
    identity.token("ann", "secret")
    assert failures(identity) == [2]
    assert guess(identity, "ann", 3) == [401, 401, 401]
    assert identity.log_in(by_password("admin", PASSWORD)).status_code == 429  # the address is full


def test_addresses_are_counted_apart_and_only_proxies_name_them(identity_with: Make) -> None:
    identity = identity_with(login_failures_per_address=2, trusted_proxies="127.0.0.1,10.1.0.0/16")
    one, two = {"X_Forwarded_For": "203.0.113.1"}, {"X_Forwarded_For": "203.0.113.1, 203.0.113.2, 10.1.2.3"}
    assert guess(identity, "x", 2, **one) == [401, 401]
    assert guess(identity, "y", 1, **one) == [429]
    assert guess(identity, "x", 2, **two) == [401, 401]
    assert guess(identity, "x", 1, **two) == [429]
    v6 = [{"X_Forwarded_For": f"2001:db8:0:{net}::{host}"} for net, host in ((1, 1), (1, 2), (1, 3), (2, 1))]
    assert [guess(identity, "x", 1, **headers) for headers in v6] == [[401], [401], [429], [401]]
    plain = identity_with(login_failures_per_address=2)
    assert guess(plain, "x", 3, X_Forwarded_For="198.51.100.1") == [401, 401, 429]
    assert guess(plain, "x", 1, X_Forwarded_For="198.51.100.2") == [429]  # whoever sends it is no proxy


def test_the_window_passes_and_what_is_old_is_swept_away(identity_with: Make) -> None:
    identity = identity_with(login_failures_per_user=2, login_window=100)
    assert guess(identity, "ann", 3) == [401, 401, 429]
    age(identity, 101)
    assert guess(identity, "ann", 3) == [401, 401, 429]
    with identity.database.write() as session:
        catalogue.chores(session, identity.settings)
    assert failures(identity) == [2, 2]
    age(identity, 101)
    with identity.database.write() as session:
        catalogue.chores(session, identity.settings)
    assert failures(identity) == []


def age(identity: Identity, seconds: int) -> None:
    with identity.database.write() as session:
        for row in session.execute(select(FailedLogins)).scalars():
            row.since -= dt.timedelta(seconds=seconds)


def test_all_api_processes_count_together_and_miss_nothing(identity: Identity) -> None:
    other = Identity(
        create_app(identity.settings, identity.database).test_client(), identity.database, identity.settings
    )
    threads = [threading.Thread(target=guess, args=(here, "ann", 3)) for here in (identity, other) * 3]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures(identity) == [18, 18]


def test_a_login_without_failures_costs_one_read(identity: Identity) -> None:
    identity.token("admin", PASSWORD)
    with statements(identity.database) as sent:
        identity.token("admin", PASSWORD)
    about = [statement for statement in sent if "failed_logins" in statement]
    assert len(about) == 1 and about[0].startswith("SELECT")


def test_a_limit_of_zero_is_none(identity_with: Make) -> None:
    identity = identity_with(login_failures_per_user=0, login_failures_per_address=0)
    assert set(guess(identity, "admin", 30)) == {401}
    assert failures(identity) == []


def test_nobody_can_shut_out_the_user_of_a_service(identity_with: Make) -> None:
    identity = identity_with(login_failures_per_user=2)
    identity.make("user", name="gateway", password="secret", options={"ignore_lockout_failure_attempts": True})
    assert guess(identity, "gateway", 5) == [401] * 5
    assert failures(identity) == [5]  # the address'
    assert identity.token("gateway", "secret")


def test_guessing_the_old_password_when_changing_it_counts(identity_with: Make) -> None:
    identity = identity_with(login_failures_per_user=2)
    user = identity.make("user", name="ann", password="secret")["id"]

    def change(original: str, new: str = "other") -> int:
        body = {"user": {"original_password": original, "password": new}}
        return int(identity.post(f"/users/{user}/password", body, token=None).status_code)

    assert [change("wrong"), change("wrong"), change("secret")] == [401, 401, 429]
    assert identity.log_in(by_password("ann", "secret")).status_code == 429
    age(identity, 301)
    assert change("secret") == 204
    with identity.database.read() as session:
        rows = session.execute(select(AuditEvent.outcome).where(AuditEvent.action == "change_password"))
        assert sorted(rows.scalars()) == ["failure", "failure", "success"]


def test_guessing_the_secret_of_an_application_credential_counts(identity_with: Make) -> None:
    identity = identity_with(login_failures_per_user=2)
    user = identity.get("/users?name=admin").json["users"][0]["id"]
    body = {"application_credential": {"name": "robot", "secret": "open sesame"}}
    made = identity.post(f"/users/{user}/application_credentials", body).json["application_credential"]

    def log_in(secret: str, **named: Any) -> int:
        given = {**(named or {"id": made["id"]}), "secret": secret}
        method = {"methods": ["application_credential"], "application_credential": given}
        return int(identity.log_in(method).status_code)

    by_name = {"name": "robot", "user": {"id": user}}
    assert [log_in("no"), log_in("no", **by_name)] == [401, 401]
    assert [log_in("open sesame"), log_in("open sesame", **by_name)] == [429, 429]
    assert identity.token("admin", PASSWORD)
    age(identity, 301)
    assert [log_in("open sesame"), log_in("no", id="none"), log_in("no", id="none"), log_in("no", id="none")] == [
        201,
        401,
        401,
        429,
    ]


def test_wrong_secrets_of_an_application_credential_shut_out_only_those_who_send_them(identity_with: Make) -> None:
    identity = identity_with(login_failures_per_user=2, trusted_proxies="127.0.0.1")
    user = identity.get("/users?name=admin").json["users"][0]["id"]
    body = {"application_credential": {"name": "robot", "secret": "open sesame"}}
    identity.post(f"/users/{user}/application_credentials", body)

    def log_in(secret: str, address: str) -> int:
        given = {"name": "robot", "user": {"id": user}, "secret": secret}
        method = {"methods": ["application_credential"], "application_credential": given}
        return int(identity.log_in(method, X_Forwarded_For=address).status_code)

    stranger, robot = "203.0.113.1", "203.0.113.2"
    assert [log_in("no", stranger) for _ in range(3)] == [401, 401, 429]
    assert [log_in("open sesame", address) for address in (stranger, robot)] == [429, 201]
    assert log_in("open sesame", stranger) == 429  # that it worked elsewhere forgives nothing here


def test_wrong_signatures_of_a_consumer_shut_out_only_those_who_send_them(identity_with: Make) -> None:
    identity = identity_with(login_failures_per_user=2, trusted_proxies="127.0.0.1")

    def log_in(address: str) -> int:
        client = oauth1.Client("a" * 32, "guessed", "b" * 32, "guessed")
        headers = client.sign("http://127.0.0.1:8080/identity/v3/auth/tokens", http_method="POST")[1]
        method = {"methods": ["oauth1"], "oauth1": {}}
        return int(identity.log_in(method, X_Forwarded_For=address, **headers).status_code)

    assert [log_in("203.0.113.1") for _ in range(3)] == [401, 401, 429]
    assert log_in("203.0.113.2") == 401


def test_nobody_shuts_out_an_access_key_or_the_service_that_asks_about_it(identity_with: Make) -> None:
    identity = identity_with(login_failures_per_user=2, login_failures_per_address=4)
    user = identity.get("/users?name=admin").json["users"][0]["id"]
    project = identity.get("/projects?name=admin").json["projects"][0]["id"]
    key = identity.post(f"/users/{user}/credentials/OS-EC2", {"tenant_id": project}).json["credential"]
    right = base64.b64encode(hmac.digest(key["secret"].encode(), b"x", "sha1")).decode()

    def ask(access: str, signature: str) -> int:
        body = {"access": access, "token": base64.b64encode(b"x").decode(), "signature": signature}
        return int(identity.post("/s3tokens", {"credentials": body}).status_code)

    assert {ask(key["access"], "no") for _ in range(6)} | {ask("nobody", right) for _ in range(6)} == {401}
    assert ask(key["access"], right) == 200
    assert failures(identity) == []
    assert identity.token("admin", PASSWORD)


def test_an_operator_says_by_which_methods_one_may_log_in(identity_with: Make) -> None:
    identity = identity_with(auth_methods="password, application_credential")
    unsupported = [
        {"methods": ["token"], "token": {"id": identity.admin}},
        {"methods": ["totp"], "totp": {"user": {"id": "x", "passcode": "000000"}}},
        {**by_password("admin", PASSWORD), "methods": ["password", "totp"], "totp": {"user": {"passcode": "1"}}},
        {**by_password("admin", PASSWORD), "methods": ["password", "magic"]},
    ]
    for login in unsupported:
        reply = identity.log_in(login)
        assert reply.status_code == 401
        assert "Attempted to authenticate with an unsupported method" in reply.json["error"]["message"]
    assert failures(identity) == []
    assert identity.token("admin", PASSWORD)


def test_a_method_that_is_none_is_said_at_the_start(identity: Identity) -> None:
    with pytest.raises(ValueError, match=r"auth_methods names magic; there are .*application_credential, .*password"):
        catalogue.authenticator(replace(identity.settings, auth_methods="password,magic"))


def test_the_trail_shows_where_the_client_is(identity_with: Make) -> None:
    identity = identity_with(trusted_proxies="127.0.0.1")
    guess(identity, "ann", 1, X_Forwarded_For="6.6.6.6, 203.0.113.9")
    identity.post("/groups", {"group": {"name": "crew"}}, X_Forwarded_For="2001:db8::9")
    with identity.database.read() as session:
        rows = session.execute(select(AuditEvent.action, AuditEvent.address).order_by(AuditEvent.at))
        assert [tuple(row) for row in rows][-2:] == [("authenticate", "203.0.113.9"), ("create_group", "2001:db8::9")]


def test_a_lockout_counts_every_failure_and_ends(identity_with: Make) -> None:
    identity = identity_with(lockout_attempts=2, lockout_seconds=60)
    identity.make("user", name="ann", password="secret")
    assert guess(identity, "ann", 2) == [401, 401]
    assert identity.log_in(by_password("ann", "secret")).status_code == 401
    with identity.database.write() as session:
        for row in session.execute(select(Login).where(Login.failures > 0)).scalars():
            assert row.failures == 2 and row.failed_at is not None
            row.failed_at -= dt.timedelta(seconds=61)
    assert guess(identity, "ann", 1) == [401]
    assert identity.token("ann", "secret")
