"""What a bootstrap leaves behind: the admin, and for the object store a place in the catalog and a user of few rights."""

from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from identity_stories import PASSWORD, Identity, by_password, in_project
from pileus import catalogue
from pileus.cli import main
from pileus.core.config import Settings
from pileus.core.db import Database
from pileus.identity.operations import bootstrap

SECRET = "the-object-store-itself"


@pytest.fixture
def site(settings: Settings, tmp_path: Path) -> Settings:
    """The settings of a cloud with an object store."""
    (tmp_path / "password").write_text(f"{SECRET}\n")
    return replace(
        settings, object_store_url="https://objects.example", object_store_password_file=str(tmp_path / "password")
    )


def again(identity: Identity, settings: Settings) -> None:
    with identity.database.write() as session:
        bootstrap(session, settings, catalogue.SERVICES, PASSWORD)


def listed(identity: Identity) -> list[str]:
    """The public URLs of object stores in the admin's catalog."""
    catalog = identity.get("/auth/catalog").json["catalog"]
    stores = [service for service in catalog if service["type"] == "object-store"]
    return [e["url"] for service in stores for e in service["endpoints"] if e["interface"] == "public"]


def test_a_cloud_without_an_object_store_lists_none(identity: Identity) -> None:
    assert listed(identity) == []


def test_the_object_store_is_in_the_catalog_once_and_follows_its_setting(identity: Identity, site: Settings) -> None:
    project = identity.get("/projects?name=admin").json["projects"][0]["id"]
    for url in ("https://objects.example", "https://objects.example", "https://moved.example"):
        again(identity, replace(site, object_store_url=url))
        assert listed(identity) == [f"{url}/swift/v1/AUTH_{project}"]


def test_its_user_asks_what_tokens_are_worth_and_nothing_else(identity: Identity, site: Settings) -> None:
    again(identity, site)
    token = identity.token("object_store", SECRET, in_project("service"))
    asked = identity.get("/auth/tokens", token=token, X_Subject_Token=identity.admin)
    assert asked.status_code == 200 and asked.json["token"]["user"]["name"] == "admin"
    admin = asked.json["token"]["user"]["id"]
    for path in ("/users", "/projects", "/role_assignments", "/roles", f"/users/{admin}/credentials/OS-EC2"):
        assert identity.get(path, token=token).status_code == 403, path


def test_its_user_reads_no_secret_of_a_tenant(identity: Identity, site: Settings) -> None:
    again(identity, site)
    user = identity.get("/users?name=admin").json["users"][0]["id"]
    project = identity.get("/projects?name=admin").json["projects"][0]["id"]
    key = identity.post(f"/users/{user}/credentials/OS-EC2", {"tenant_id": project}).json["credential"]
    token = identity.token("object_store", SECRET, in_project("service"))
    path = f"/users/{user}/credentials/OS-EC2/{key['access']}"
    assert identity.get(path).json["credential"]["secret"] == key["secret"]
    assert identity.get(path, token=token).status_code == 403
    assert identity.get("/credentials", token=token).json["credentials"] == []


def test_its_password_follows_the_file(identity: Identity, site: Settings, database: Database) -> None:
    again(identity, site)
    Path(site.object_store_password_file).write_text("another-one-for-it")
    again(identity, site)
    assert identity.token("object_store", "another-one-for-it", in_project("service"))


def by_command(identity: Identity, monkeypatch: pytest.MonkeyPatch, password: str) -> str:
    """Run `pileus bootstrap`."""
    monkeypatch.setenv("PILEUS_STATE_DIR", str(identity.settings.state_dir))
    monkeypatch.setenv("PILEUS_DATABASE_URL", identity.database.url)
    done = CliRunner().invoke(main, ["bootstrap"], input=password, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    assert password not in done.output
    return done.output


def test_a_second_bootstrap_changes_nothing(identity: Identity, monkeypatch: pytest.MonkeyPatch) -> None:
    by_command(identity, monkeypatch, PASSWORD)  # flavors and volume types are new the first time
    shown = by_command(identity, monkeypatch, PASSWORD)
    assert "nothing changed" in shown and "password of admin" not in shown
    assert identity.get("/users").status_code == 200


def test_a_bootstrap_with_another_password_lets_the_admin_in(identity_with, monkeypatch: pytest.MonkeyPatch) -> None:
    identity = identity_with(lockout_attempts=2)
    user = identity.get("/users?name=admin").json["users"][0]["id"]
    assert identity.patch(f"/users/{user}", {"user": {"enabled": False}}).status_code == 200
    for _ in range(2):
        identity.log_in(by_password("admin", "wrong"))
    shown = by_command(identity, monkeypatch, "open sesame")
    assert "The password of admin is another one now" in shown
    assert identity.log_in(by_password("admin", PASSWORD)).status_code == 401
    assert identity.token("admin", "open sesame", in_project("admin"))
    assert identity.get("/users").status_code == 401
