"""Stories about users who come with a database of Keystone's: their passwords go on working, and are hashed anew."""

from typing import Any

import pytest
from argon2 import PasswordHasher
from sqlalchemy import update

from identity_stories import PASSWORD, Identity, by_password, in_project
from pileus.identity.models import ApplicationCredential, Password, revision
from pileus.identity.operations import passwords

SECRET = "correct horse ✓ battery"
HASHES = [  # made by passlib
    "$2b$04$DA4zzhU7/YEyhZeT8iL0VeoVCWASSL7dsHgFbz8NLvD/HY1k/Jeb6",
    "$bcrypt-sha256$v=2,t=2b,r=4$45vEDmzBGjpQpe2q.aztcO$.JvUm9hCGnOaSYkFp.ABTLJ57ePQ/hm",
    "$scrypt$ln=4,r=8,p=1$e88ZQ6i1VirFmPNeyzknZA$X9nDflKASg5POAdyoMXzeWH+SA1debEC0oblK6dHAG4",
    "$pbkdf2-sha512$1000$8t5by/k/p7QWIgQgxNibUw$"
    "7XdTrUM5ivgLFpm57MS.v2pkiQ4mF0a4oAaVb3f.JOcS2vIPSP0eDaYFmGpv6vfNzkXZkzYPynymW2BFBfYDVA",
]


def migrated(identity: Identity, hashed: str) -> str:
    """A user whose password hash came from elsewhere; the id."""
    user = identity.make("user", name="ann", password="another")["id"]
    with identity.database.write() as session:
        session.execute(update(Password).where(Password.user_id == user).values(hash=hashed))
    return str(user)


def stored(identity: Identity, model: Any, user: str) -> str:
    with identity.database.read() as session:
        return str(session.query(model).filter(model.user_id == user).one().hash)


@pytest.mark.parametrize("hashed", HASHES)
def test_an_old_hash_is_renewed_at_the_first_login(identity: Identity, hashed: str) -> None:
    user = migrated(identity, hashed)
    assert identity.log_in(by_password("ann", "wrong")).status_code == 401
    assert stored(identity, Password, user) == hashed
    with identity.database.read() as session:
        before = revision.current(session)
    token = identity.token("ann", SECRET)
    assert stored(identity, Password, user).startswith("$argon2id$")
    with identity.database.read() as session:
        assert revision.current(session) == before  # tokens do not rest on how a password is hashed
    assert identity.get("/auth/projects", token=token).status_code == 200
    assert identity.log_in(by_password("ann", SECRET)).status_code == 201
    assert identity.log_in(by_password("ann", "wrong")).status_code == 401


@pytest.mark.parametrize(
    "hashed", ["", "x", "$2b$04$short", "$argon2id$broken", "$argon2id$v=19$m=64,t=1,p=1$", "$6$salt$x", "$scrypt$ln=4"]
)
def test_a_broken_hash_lets_nobody_in_and_breaks_nothing(identity: Identity, hashed: str) -> None:
    migrated(identity, hashed)
    for password in (SECRET, "", hashed):
        assert identity.log_in(by_password("ann", password)).status_code == 401


def test_an_old_hash_counts_for_the_history(identity_with) -> None:
    identity = identity_with(password_history=2)
    user = migrated(identity, HASHES[0])
    body = {"user": {"original_password": SECRET, "password": SECRET}}
    assert identity.post(f"/users/{user}/password", body, token=None).status_code == 400
    body["user"]["password"] = "a new one"
    assert identity.post(f"/users/{user}/password", body, token=None).status_code == 204
    assert identity.token("ann", "a new one")


def test_the_secret_of_an_application_credential_is_renewed_too(identity: Identity) -> None:
    user = identity.get("/users?name=admin").json["users"][0]["id"]
    made = identity.post(f"/users/{user}/application_credentials", {"application_credential": {"name": "robot"}})
    credential = made.json["application_credential"]["id"]
    with identity.database.write() as session:
        session.execute(
            update(ApplicationCredential).where(ApplicationCredential.id == credential).values(hash=HASHES[0])
        )
    given = {"methods": ["application_credential"], "application_credential": {"id": credential, "secret": SECRET}}
    assert identity.log_in(given).status_code == 201
    assert stored(identity, ApplicationCredential, user).startswith("$argon2id$")
    assert identity.log_in(given).status_code == 201


def test_a_hash_of_less_cost_is_renewed(identity: Identity, monkeypatch: pytest.MonkeyPatch) -> None:
    user = identity.get("/users?name=admin").json["users"][0]["id"]
    cheap = stored(identity, Password, user)
    monkeypatch.setattr(passwords, "_hasher", PasswordHasher(time_cost=2, memory_cost=128, parallelism=1))
    identity.token("admin", PASSWORD, in_project("admin"))
    assert "m=64,t=1" in cheap and "m=128,t=2" in stored(identity, Password, user)
