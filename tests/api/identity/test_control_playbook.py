"""Two control hosts (two folders here) with one PostgreSQL are made ready by their role; both end up with one cloud."""

import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from sqlalchemy import create_engine, text

import playbook_stories
from identity_stories import Identity, in_project
from pileus.app import create_app
from pileus.core import config
from pileus.core.db import Database
from playbook_stories import PROGRAMS, recap

PLAY = [
    {
        "hosts": "control",
        "gather_facts": False,
        "tasks": [{"ansible.builtin.include_role": {"name": "pileus_control", "tasks_from": "prepared"}}],
    }
]
OPTIONS = {
    "trusted_proxies": ["10.0.0.1", "fd00::/8"],
    "token_lifetime": 7200,
    "token_rescope": False,
    "directory_timeout": 2.5,
    "password_regex": r'^\S{8,}[^"ü😀]$',
    "limit_model": "strict_two_level",
}


@dataclass
class Site:
    """Two control hosts, a and b, that share a database."""

    home: Path
    database: Database

    def play(self, *more: str, **variables: object) -> subprocess.CompletedProcess[str]:
        """Prepare the hosts."""
        chosen = {"pileus_control_database_url": self.database.url, **variables}
        return playbook_stories.play(self.home / "inventory.json", self.home / "play.json", *more, **chosen)

    def played(self, *more: str, **variables: object) -> str:
        """Prepare the hosts, and take what is said."""
        done = self.play(*more, **variables)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def refused(self, *more: str, **variables: object) -> str:
        """What is said when they cannot be prepared, on one line."""
        done = self.play(*more, **variables)
        assert done.returncode != 0, done.stdout
        return " ".join((done.stdout + done.stderr).split())

    def file(self, host: str, name: str) -> str:
        """A file in a host's state folder."""
        return (self.home / host / name).read_text()

    def settings(self, host: str) -> config.Settings:
        """The settings of a host as Pileus reads them."""
        return config.load(str(self.home / f"{host}.toml"))

    def api(self, host: str) -> Identity:
        """A host's API."""
        settings = self.settings(host)
        return Identity(create_app(settings, self.database).test_client(), self.database, settings)

    def keeper(self, host: str) -> subprocess.Popen[bytes]:
        """What looks to the role as if it kept the API; it ends when what it keeps has been told to."""
        (self.home / host).mkdir(mode=0o700)
        started = subprocess.Popen(["bash", "-c", "sleep 300 & wait"])
        (self.home / host / "api.pid").write_text(str(started.pid))
        return started

    def log_in(self, host: str, clouds: str) -> str:
        """A token of a host's API, by the clouds.yaml of one of them."""
        auth = yaml.safe_load(self.file(clouds, "clouds.yaml"))["clouds"]["pileus"]["auth"]
        return self.api(host).token(auth["username"], auth["password"], in_project(auth["project_name"]))


@pytest.fixture
def site(tmp_path: Path, postgresql: str) -> Iterator[Site]:
    server = create_engine(postgresql, isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.execute(text("CREATE DATABASE control"))
    database = Database(postgresql.replace("/postgres?", "/control?"))
    hosts = {
        name: {"pileus_control_state": str(tmp_path / name), "pileus_control_settings": str(tmp_path / f"{name}.toml")}
        for name in ("a", "b")
    }
    common = {
        **playbook_stories.here(),
        "pileus_control_program": str(PROGRAMS / "pileus"),
        "pileus_control_install": False,
        "pileus_control_supervisor": "daemon",
        "pileus_control_object_store_url": "https://objects.example.org",
    }
    (tmp_path / "inventory.json").write_text(json.dumps({"control": {"hosts": hosts, "vars": common}}))
    (tmp_path / "play.json").write_text(json.dumps(PLAY))
    yield Site(tmp_path, database)
    database.engine.dispose()
    with server.connect() as connection:
        connection.execute(text("DROP DATABASE control WITH (FORCE)"))
    server.dispose()


def changes(said: str, task: str) -> list[str]:
    """The hosts on which a task has changed something."""
    rest = said.partition(f": {task}] ")[2].partition("\nTASK [")[0]
    return [line.split("[")[1].split("]")[0] for line in rest.splitlines() if line.startswith("changed: [")]


def test_two_hosts_become_one_cloud_and_twice_is_as_good_as_once(site: Site) -> None:
    keepers = [site.keeper(host) for host in "ab"]
    (site.home / "b/admin_password").write_text("what b once drew by itself")
    first = site.played(pileus_control_options=OPTIONS)
    assert changes(first, "Bootstrap the cloud") == ["a"]
    assert changes(first, "See that the schema is now what the other control hosts need") == ["b"]
    assert [keeper.wait(10) for keeper in keepers] == [0, 0]  # both have been restarted
    for name in ("admin_password", "object_store_password", "clouds.yaml"):
        assert site.file("a", name) == site.file("b", name)
        assert (site.home / "b" / name).stat().st_mode & 0o777 == 0o600
    tokens = {host: site.log_in(host, clouds=host) for host in "ab"}
    for host in "ab":
        password = Path(site.settings(host).object_store_password_file).read_text()
        site.api(host).token("object_store", password, in_project("service"))
    again = site.play("--diff", pileus_control_options=OPTIONS)
    assert again.returncode == 0 and all(row["changed"] == 0 for row in recap(again).values()), again.stdout
    assert all(
        site.api(host).get("/auth/projects", token=token).status_code == 200
        for token in tokens.values()
        for host in "ab"
    )
    assert site.file("a", "admin_password") not in first + again.stdout
    for host in "ab":
        found = site.settings(host)
        assert {name: getattr(found, name) for name in OPTIONS} == {**OPTIONS, "trusted_proxies": "10.0.0.1, fd00::/8"}
        assert found.state_dir == site.home / host


def test_a_host_alone_gets_what_the_first_one_has_or_a_clear_word(site: Site) -> None:
    assert "a has no passwords yet, which all control hosts share" in site.refused("--limit", "b")
    assert not (site.home / "b/admin_password").exists()
    site.played()
    token = site.log_in("a", clouds="a")
    (site.home / "b/clouds.yaml").unlink()
    (site.home / "b/admin_password").unlink()
    site.played("--limit", "b")
    assert site.log_in("a", clouds="b") and site.api("b").get("/auth/projects", token=token).status_code == 200
    before = (site.home / "a.toml").read_text()
    assert "unknown setting tokn_lifetime" in site.refused(pileus_control_options={"tokn_lifetime": 1})
    assert (site.home / "a.toml").read_text() == before
    with site.database.engine.begin() as connection:
        connection.execute(text("DELETE FROM alembic_version"))
    assert "The schema follows a: roll out to it first" in site.refused("--limit", "b")


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({"pileus_control_options": {"bind": "0.0.0.0:80"}}, "cannot set bind: pileus_control_bind does"),
        ({"pileus_control_options": {"limit_model": {"a": 1}}}, "limit_model must be a string, a number"),
        ({"pileus_control_options": {"policy_file": None}}, "policy_file must be a string, a number"),
        ({"pileus_control_database_url": ""}, "a, b need one database"),
        ({"pileus_control_database_url": "sqlite:////var/lib/pileus/pileus.db"}, "a, b need one database"),
    ],
)
def test_what_cannot_work_is_refused_before_anything_is_touched(
    site: Site, variables: dict[str, Any], words: str
) -> None:
    assert words in site.refused(**variables)
    assert not (site.home / "a").exists()
