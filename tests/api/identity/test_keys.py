"""Stories about keys: rotation loses no token before its time and no secret ever, wherever it is interrupted."""

import datetime as dt
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import func, insert, select, update

from identity_stories import PASSWORD, Identity, in_project
from pileus.cli import main
from pileus.core.db import now
from pileus.identity.models import Consumer, Credential, DomainOption, revision
from pileus.identity.operations import rotation, seals
from pileus.identity.operations.keys import KeyRepository

Pileus = Callable[..., str]


@pytest.fixture
def environment(identity: Identity) -> dict[str, str]:
    """What makes the command work on the story's cloud."""
    return {"PILEUS_STATE_DIR": str(identity.settings.state_dir), "PILEUS_DATABASE_URL": identity.database.url}


@pytest.fixture
def pileus(environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Pileus:
    """Run a command on the story's cloud."""
    for name, value in environment.items():
        monkeypatch.setenv(name, value)

    def run(*words: str, fails: bool = False) -> str:
        done = CliRunner().invoke(main, list(words), catch_exceptions=False)
        assert (done.exit_code != 0) == fails, done.output
        return done.output

    return run


def folder(identity: Identity, name: str = "fernet") -> Path:
    return identity.settings.path("keys", name)


def age(identity: Identity, name: str, **ago: float) -> None:
    """Make all keys of a repository that much older."""
    for file in folder(identity, name).iterdir():
        moment = file.stat().st_mtime - dt.timedelta(**ago).total_seconds()
        os.utime(file, (moment, moment))


def works(identity: Identity, token: str) -> bool:
    return bool(identity.get("/auth/projects", token=token).status_code == 200)


def numbers(identity: Identity, name: str = "fernet") -> list[int]:
    return KeyRepository(folder(identity, name)).numbers()


def test_a_token_lives_through_rotations_as_long_as_its_key_is_kept(identity: Identity, pileus: Pileus) -> None:
    first = identity.token("admin", PASSWORD, in_project("admin"))
    assert "Key 2 is in use for tokens." in pileus("keys", "rotate")
    second = identity.token("admin", PASSWORD)
    assert numbers(identity) == [0, 1, 2]
    refused = pileus("keys", "rotate", fails=True)
    assert "Tokens made with key 1 may be shown until" in refused and "at least 4 keys" in refused
    assert numbers(identity) == [0, 1, 2] and works(identity, first) and works(identity, second)
    pileus("keys", "rotate", "--keep", "4")
    assert numbers(identity) == [0, 1, 2, 3] and works(identity, first) and works(identity, second)
    assert "dropped 1, 2" in pileus("keys", "rotate", "--keep", "3", "--force")
    with identity.database.write() as session:  # what was remembered is forgotten
        revision.bump(session)
    assert not works(identity, first) and not works(identity, second)


def test_a_key_goes_when_no_token_can_need_it(identity: Identity, pileus: Pileus) -> None:
    settings = identity.settings
    pileus("keys", "rotate")
    age(identity, "fernet", seconds=settings.token_lifetime + settings.token_expired_window - 60)
    pileus("keys", "rotate", fails=True)
    age(identity, "fernet", seconds=120)
    assert "dropped 1" in pileus("keys", "rotate")
    assert numbers(identity) == [0, 2, 3]


def test_another_machine_reads_what_the_staged_key_of_before_signs(identity: Identity, tmp_path: Path) -> None:
    here = KeyRepository(folder(identity))
    shutil.copytree(here.folder, tmp_path / "there")
    there = KeyRepository(tmp_path / "there")
    here.promote()
    assert there.decrypt(here.encrypt(b"new")) == b"new"
    assert here.decrypt(there.encrypt(b"old")) == b"old"
    assert stat_modes(here) == {0o600}


def stat_modes(keys: KeyRepository) -> set[int]:
    return {file.stat().st_mode & 0o777 for file in keys.folder.iterdir()}


def test_changes_in_quick_succession_are_all_noticed(tmp_path: Path) -> None:
    one, other = KeyRepository(tmp_path / "keys"), KeyRepository(tmp_path / "keys")
    one.create()
    for _ in range(20):
        other.promote()
        assert one.decrypt(other.encrypt(b"x")) == b"x"
        assert one.listed()[-1].fingerprint == other.listed()[-1].fingerprint
        assert other.decrypt(one.encrypt(b"y")) == b"y"


def test_a_rotation_that_was_interrupted_is_finished_by_the_next(identity: Identity, pileus: Pileus) -> None:
    keys = KeyRepository(folder(identity))
    token = identity.token("admin", PASSWORD)
    os.link(keys.folder / "0", keys.folder / "2")  # as far as it came
    assert "interrupted" in pileus("keys", "check", fails=True)
    assert works(identity, token) and works(identity, identity.token("admin", PASSWORD))
    pileus("keys", "rotate")
    assert numbers(identity) == [0, 1, 2] and works(identity, token)
    prints = [key.fingerprint for key in keys.listed()]
    assert len(set(prints)) == 3
    assert "in order" in pileus("keys", "check")


def test_the_list_tells_keys_apart_and_gives_none_away(identity: Identity, pileus: Pileus) -> None:
    shown = pileus("keys", "list")
    rows = [line.split() for line in shown.splitlines()]
    assert [(row[0], row[1], row[2]) for row in rows] == [
        ("fernet", "0", "staged"),
        ("fernet", "1", "primary"),
        ("credential", "0", "staged"),
        ("credential", "1", "primary"),
    ]
    assert len({row[-1] for row in rows}) == 4
    for name in rotation.REPOSITORIES:
        for file in folder(identity, name).iterdir():
            assert file.read_text() not in shown
    assert "nothing changed" in pileus("keys", "create")
    assert "nothing changed" in pileus("keys", "rotate", "--older-than", "24")


@pytest.mark.parametrize(
    ("harm", "words"),
    [
        (lambda f: (f / "1").chmod(0o644), "others may read"),
        (lambda f: f.chmod(0o755), "others may look"),
        (lambda f: (f / "0").unlink(), "no staged key"),
        (lambda f: (f / "1").write_text("x"), "is no key"),
        (shutil.rmtree, "there are no keys"),
    ],
)
def test_a_check_finds_what_is_wrong(identity: Identity, pileus: Pileus, harm, words: str) -> None:
    harm(folder(identity))
    assert words in pileus("keys", "check", fails=True)
    if words in ("no staged key", "there are no keys"):
        pileus("keys", "rotate", fails=True)
        pileus("keys", "create")
        assert "in order" in pileus("keys", "check")


def secrets_of_all_kinds(identity: Identity) -> None:
    user = identity.get("/users?name=admin").json["users"][0]["id"]
    for kind in ("totp", "certificate"):
        identity.make("credential", type=kind, blob=f"the {kind} of admin", user_id=user)
    domain = identity.make("domain", name="acme")["id"]
    config = {"ldap": {"url": "ldap://127.0.0.1", "password": "bind secret"}, "identity": {"driver": "sql"}}
    assert identity.put(f"/domains/{domain}/config", {"config": config}).status_code == 201
    assert identity.post("/OS-OAUTH1/consumers", {"consumer": {}}).status_code == 201


def texts(identity: Identity) -> list[str]:
    """All secrets in the clear."""
    with identity.database.read() as session:
        found = [row for table in seals.tables() for row in session.execute(select(table.c.sealed)).scalars() if row]
    return sorted(seals.unseal(identity.settings, sealed) for sealed in found)


def sealed_with_primary(identity: Identity) -> set[bool]:
    keys = KeyRepository(folder(identity, "credential"))
    with identity.database.read() as session:
        found = [row for table in seals.tables() for row in session.execute(select(table.c.sealed)).scalars() if row]
    return {keys.renew(sealed) == sealed for sealed in found}


def test_rotating_credential_keys_seals_every_secret_anew(identity: Identity, pileus: Pileus) -> None:
    secrets_of_all_kinds(identity)
    assert {table.name for table in seals.tables()} >= {
        Credential.__tablename__,
        Consumer.__tablename__,
        DomainOption.__tablename__,
    }
    before = texts(identity)
    assert len(before) == 4
    assert "Key 2 is in use for secrets in the database; 4 of 4 secrets sealed anew." in pileus(
        "keys", "rotate", "--credentials"
    )
    assert texts(identity) == before and sealed_with_primary(identity) == {True}
    assert numbers(identity, "credential") == [0, 1, 2]  # somebody may still write what was sealed with key 1
    age(identity, "credential", hours=2)
    assert "dropped 1; 4 of 4" in pileus("keys", "rotate", "--credentials")
    assert numbers(identity, "credential") == [0, 2, 3]
    assert texts(identity) == before and sealed_with_primary(identity) == {True}


def test_a_straggler_is_sealed_anew_before_its_key_goes(identity: Identity, pileus: Pileus) -> None:
    secrets_of_all_kinds(identity)
    late = seals.seal(identity.settings, "late")
    pileus("keys", "rotate", "--credentials")
    with identity.database.write() as session:
        session.execute(update(Credential).where(Credential.type == "totp").values(sealed=late))
    age(identity, "credential", hours=2)
    pileus("keys", "rotate", "--credentials")
    assert "late" in texts(identity) and sealed_with_primary(identity) == {True}


def test_a_secret_that_no_key_opens_stops_the_rotation(identity: Identity, pileus: Pileus) -> None:
    secrets_of_all_kinds(identity)
    with identity.database.write() as session:
        session.execute(update(Credential).where(Credential.type == "totp").values(sealed="gAAAAABnonsense"))
    age(identity, "credential", days=400)
    before = numbers(identity, "credential")
    assert "1 secrets in the database were sealed with keys that are not in" in pileus(
        "keys", "rotate", "--credentials", fails=True
    )
    assert numbers(identity, "credential") == before


def test_what_changes_while_secrets_are_sealed_anew_stays_changed(
    identity: Identity, pileus: Pileus, monkeypatch: pytest.MonkeyPatch
) -> None:
    secrets_of_all_kinds(identity)
    real = KeyRepository.renew

    def renew(keys: KeyRepository, text: str) -> str:
        better = real(keys, text)
        if better != text and seals.unseal(identity.settings, text) == "the totp of admin":
            with identity.database.write() as session:
                newer = seals.seal(identity.settings, "newer")
                session.execute(update(Credential).where(Credential.type == "totp").values(sealed=newer))
        return better

    monkeypatch.setattr(KeyRepository, "renew", renew)
    pileus("keys", "rotate", "--credentials")
    assert "newer" in texts(identity) and "the totp of admin" not in texts(identity)


# the command, with a pause after each batch of secrets, so that there is time to kill it between two
SLOWLY = """
import time
from pileus.cli import main
from pileus.identity.operations import seals
renew = seals._renew
def slowly(*given):
    renew(*given)
    time.sleep(0.2)
seals._renew = slowly
main()
"""


def test_a_rotation_that_is_killed_loses_nothing_and_goes_on(
    identity: Identity, pileus: Pileus, environment: dict[str, str]
) -> None:
    user = identity.get("/users?name=admin").json["users"][0]["id"]
    sealed = seals.seal(identity.settings, "old")
    rows = [
        {"id": f"{n:032x}", "user_id": user, "type": "x", "sealed": sealed, "extra": {}, "created_at": now()}
        for n in range(6000)
    ]
    with identity.database.write() as session:
        session.execute(insert(Credential), rows)
    program = [sys.executable, "-c", SLOWLY, "keys", "rotate", "--credentials"]
    running = subprocess.Popen(program, env={**os.environ, **environment}, stdout=subprocess.DEVNULL)
    try:
        end = time.monotonic() + 60
        while time.monotonic() < end and running.poll() is None and left(identity, sealed) == len(rows):
            time.sleep(0.005)
    finally:
        running.send_signal(signal.SIGKILL)
        running.wait()
    assert 0 < left(identity, sealed) < len(rows), "it was killed too early or too late"
    assert texts(identity) == ["old"] * len(rows)
    again = pileus("keys", "rotate", "--credentials")
    assert left(identity, sealed) == 0 and "6000 of 6000" in again
    assert texts(identity) == ["old"] * len(rows) and sealed_with_primary(identity) == {True}


def left(identity: Identity, sealed: str) -> int:
    with identity.database.read() as session:
        counted = select(func.count()).select_from(Credential).where(Credential.sealed == sealed)
        return int(session.execute(counted).scalar_one())
