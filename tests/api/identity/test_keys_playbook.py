"""Two control hosts (two folders here) get and rotate their keys by the playbook; every token works on both all the time."""

import json
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

import playbook_stories
from identity_stories import PASSWORD, Identity, in_project
from pileus import catalogue
from pileus.app import create_app
from pileus.core.config import Settings
from pileus.core.db import Base, Database
from pileus.identity.operations import bootstrap, rotation
from pileus.identity.operations.keys import KeyRepository
from playbook_stories import PROGRAMS, ROOT, recap


@dataclass
class Site:
    """Two control hosts with one database, and an inventory that knows them."""

    home: Path
    database: Database
    hosts: dict[str, Identity]

    def play(self, *more: str, **variables: object) -> subprocess.CompletedProcess[str]:
        """Run the playbook."""
        playbook = ROOT / "playbooks/rollout/keys_rotate.yml"
        return playbook_stories.play(self.home / "inventory.json", playbook, *more, **variables)

    def write_inventory(self, **more: dict[str, object]) -> None:
        common = {**playbook_stories.here(), "pileus_keys_program": str(PROGRAMS / "pileus")}
        hosts: dict[str, dict[str, object]] = {
            name: {"pileus_keys_state": str(self.home / name), "pileus_keys_settings": str(self.home / f"{name}.toml")}
            for name in self.hosts
        }
        inventory = {"control": {"hosts": {**hosts, **more}, "vars": common}}
        (self.home / "inventory.json").write_text(json.dumps(inventory))

    def prints(self, host: str) -> list[tuple[str, int, str]]:
        """What keys a host has."""
        settings = self.hosts[host].settings
        return [
            (name, key.number, key.fingerprint)
            for name in rotation.REPOSITORIES
            for key in rotation.repository(settings, name).listed()
        ]

    def secrets(self) -> set[str]:
        """All keys there are, in the clear."""
        return {file.read_text() for file in self.home.glob("*/keys/*/*")}

    def crosswise(self) -> None:
        """A token of either host works on both, and so does a secret that either has sealed."""
        for here, there in (("a", "b"), ("b", "a")):
            token = self.hosts[here].token("admin", PASSWORD, in_project("admin"))
            for host in (here, there):
                assert self.hosts[host].get("/auth/projects", token=token).status_code == 200, (here, host)
            user = self.hosts[here].get("/users?name=admin", token=token).json["users"][0]["id"]
            body = {"credential": {"type": "x", "blob": "open sesame", "user_id": user}}
            made = self.hosts[here].post("/credentials", body, token=token).json["credential"]["id"]
            shown = self.hosts[there].get(f"/credentials/{made}", token=token)
            assert shown.json["credential"]["blob"] == "open sesame"
            self.hosts[here].delete(f"/credentials/{made}", token=token)

    @contextmanager
    def busy(self) -> Iterator[None]:
        """Use both hosts crosswise all the while."""
        over, troubles, rounds = threading.Event(), [], []

        def work() -> None:
            while not over.is_set():
                try:
                    self.crosswise()
                    rounds.append(1)
                    over.wait(0.05)
                except Exception as error:
                    troubles.append(repr(error))

        thread = threading.Thread(target=work)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()
        assert not troubles and len(rounds) > 3


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    database = Database(f"sqlite:///{tmp_path}/pileus.db")
    Base.metadata.create_all(database.engine)
    hosts = {}
    for name in ("a", "b"):
        settings = Settings(state_dir=tmp_path / name, database_url=database.url)
        settings.state_dir.mkdir()
        (tmp_path / f"{name}.toml").write_text(f'state_dir = "{settings.state_dir}"\ndatabase_url = "{database.url}"\n')
        hosts[name] = Identity(create_app(settings, database).test_client(), database, settings)
    with database.write() as session:
        bootstrap(session, hosts["a"].settings, catalogue.SERVICES, PASSWORD)
    made = Site(tmp_path, database, hosts)
    made.write_inventory()
    yield made
    database.engine.dispose()


def test_keys_are_spread_and_rotated_while_both_hosts_work(site: Site) -> None:
    first = site.play()  # the keys are too young to be rotated
    assert first.returncode == 0, first.stdout + first.stderr
    assert site.prints("a") == site.prints("b") and len(site.prints("a")) == 4
    site.crosswise()
    old = site.secrets()
    before = site.hosts["a"].token("admin", PASSWORD, in_project("admin"))
    with site.busy():
        second = site.play("--diff", "-vvv", pileus_keys_age=0)
    assert second.returncode == 0, second.stdout + second.stderr
    assert site.prints("a") == site.prints("b") and len(site.prints("a")) == 6
    assert KeyRepository(site.home / "b/keys/fernet").numbers() == [0, 1, 2]
    assert site.hosts["b"].get("/auth/projects", token=before).status_code == 200
    assert not [secret for secret in old | site.secrets() if secret in second.stdout + second.stderr]
    assert {f.stat().st_mode & 0o777 for f in site.home.glob("*/keys/*/*")} == {0o600}
    assert {f.stat().st_mode & 0o777 for f in site.home.glob("*/keys/*")} == {0o700}
    third = site.play()
    assert third.returncode == 0 and all(row["changed"] == 0 for row in recap(third).values()), third.stdout


def test_a_host_that_is_down_or_left_out_stops_the_rotation_in_time(site: Site) -> None:
    assert site.play().returncode == 0
    before = site.prints("a")
    left_out = site.play("--limit", "a", pileus_keys_age=0)
    assert left_out.returncode != 0 and "b does not have all keys" in left_out.stdout
    site.write_inventory(c={"ansible_connection": "ssh", "ansible_host": "127.0.0.1", "ansible_port": 1})
    down = site.play(pileus_keys_age=0)
    assert down.returncode != 0 and recap(down)["c"]["unreachable"] == 1
    assert site.prints("a") == before == site.prints("b")
    site.crosswise()
    site.write_inventory()
    assert site.play(pileus_keys_age=0).returncode == 0
    assert site.prints("a") == site.prints("b") != before


def test_keys_that_only_one_host_has_are_not_overwritten(site: Site) -> None:
    for name in rotation.REPOSITORIES:
        rotation.repository(replace(site.hosts["b"].settings), name).create()
    own = site.prints("b")
    refused = site.play()
    assert refused.returncode != 0 and "Only b has fernet/1, credential/1." in refused.stdout
    assert site.prints("b") == own
    assert site.play(pileus_keys_replace=True).returncode == 0
    assert site.prints("a") == site.prints("b")
    site.crosswise()
