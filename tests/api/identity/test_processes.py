"""A token that has lost its ground is dead in every API process at once: real servers, one machine or two."""

import json
import shutil
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from ports import free_port
from private_cloud import PROGRAM, PrivateCloud, private_cloud, served

pytestmark = pytest.mark.whole


@dataclass
class Server:
    """One API process."""

    url: str

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any, str]:
        """Status, body and new token of a request on a connection of its own."""
        request = urllib.request.Request(f"{self.url}/identity/v3{path}", method=method)
        for name, value in headers.items():
            request.add_header(name.replace("_", "-"), value)
        data = json.dumps(body).encode() if body is not None else None
        if data is not None:
            request.add_header("Content-Type", "application/json")
        try:
            with urllib.request.urlopen(request, data, timeout=60) as reply:
                text = reply.read()
                return reply.status, json.loads(text or b"{}"), reply.headers.get("X-Subject-Token", "")
        except urllib.error.HTTPError as error:
            return error.code, {}, ""

    def log_in(self, user: str, password: str, project: str) -> str:
        """A token for a project of the default domain."""
        person = {"name": user, "domain": {"id": "default"}, "password": password}
        scope = {"project": {"name": project, "domain": {"id": "default"}}}
        auth = {"identity": {"methods": ["password"], "password": {"user": person}}, "scope": scope}
        status, _, token = self.call("POST", "/auth/tokens", {"auth": auth})
        assert status == 201
        return token

    def exchange(self, token: str) -> str:
        """A token without a scope for another token."""
        auth = {"identity": {"methods": ["token"], "token": {"id": token}}, "scope": "unscoped"}
        status, _, made = self.call("POST", "/auth/tokens", {"auth": auth})
        assert status == 201
        return made

    def takes(self, token: str) -> bool:
        """Whether a token is good here."""
        status = self.call("GET", "/auth/projects", X_Auth_Token=token)[0]
        assert status in (200, 401)
        return status == 200


@contextmanager
def another(cloud: PrivateCloud, *, own_state: bool) -> Iterator[Server]:
    """A further server on the cloud's database: on the same machine, or as on another one, with a copy of the keys."""
    lines = (cloud.home / "pileus.toml").read_text().splitlines()
    settings = dict(line.split(" = ", 1) for line in lines)
    here = f"127.0.0.1:{free_port()}"
    settings |= {"bind": f'"{here}"', "metadata_bind": f'"127.0.0.1:{free_port()}"', "api_processes": "1"}
    if own_state:
        shutil.copytree(cloud.home / "state/keys", cloud.home / "other/keys")
        settings["state_dir"] = f'"{cloud.home}/other"'
    home = cloud.home / "second"
    home.mkdir()
    (home / "pileus.toml").write_text("".join(f"{name} = {value}\n" for name, value in settings.items()))
    made = PrivateCloud(f"http://{here}", cloud.password, home)
    with served(made, [str(PROGRAM), "--config", str(home / "pileus.toml")]):
        yield Server(made.url)


@dataclass
class World:
    """A member of a project, and an administrator who changes things by one server."""

    one: Server
    other: Server
    admin: str
    ids: dict[str, str]

    def change(self, method: str, path: str, body: Any = None) -> None:
        """Do what ends a token, as the administrator."""
        status = self.one.call(method, path.format(**self.ids), body, X_Auth_Token=self.admin)[0]
        assert status in (200, 201, 204), (path, status)


def _disabled(what: str) -> dict[str, Any]:
    return {what: {"enabled": False}}


def _give_back(world: World, token: str) -> None:
    assert world.one.call("DELETE", "/auth/tokens", X_Auth_Token=world.admin, X_Subject_Token=token)[0] == 204


def _change_password(world: World) -> None:
    body = {"user": {"original_password": "secret", "password": "Secret"}}
    assert world.one.call("POST", f"/users/{world.ids['user']}/password", body)[0] == 204
    world.change("PATCH", "/users/{user}", {"user": {"password": "secret"}})


Change = tuple[str, Callable[[World, str], None]]
CHANGES: list[Change] = [
    ("it was given back", _give_back),
    ("its role was taken", lambda w, t: w.change("DELETE", "/projects/{project}/users/{user}/roles/{role}")),
    ("the password was set", lambda w, t: w.change("PATCH", "/users/{user}", {"user": {"password": "secret"}})),
    ("the password was changed", lambda w, t: _change_password(w)),
    ("the project was disabled", lambda w, t: w.change("PATCH", "/projects/{project}", _disabled("project"))),
    ("the user was disabled", lambda w, t: w.change("PATCH", "/users/{user}", _disabled("user"))),
    ("the user was deleted", lambda w, t: w.change("DELETE", "/users/{user}")),
]


def prepare(one: Server, other: Server, password: str) -> World:
    """A world in which ann is a member of the project team."""
    world = World(one, other, one.log_in("admin", password, "admin"), {})

    def make(what: str, **values: Any) -> str:
        made = one.call("POST", f"/{what}s", {what: values}, X_Auth_Token=world.admin)[1][what]
        return str(made["id"])

    roles = one.call("GET", "/roles?name=member", X_Auth_Token=world.admin)[1]["roles"]
    world.ids |= {
        "user": make("user", name="ann", password="secret"),
        "project": make("project", name="team"),
        "role": roles[0]["id"],
    }
    return world


def ready(world: World) -> str:
    """A token that is good, and known, on both servers."""
    world.change("PATCH", "/projects/{project}", {"project": {"enabled": True}})
    world.change("PATCH", "/users/{user}", {"user": {"enabled": True}})
    world.change("PUT", "/projects/{project}/users/{user}/roles/{role}")
    token = world.other.log_in("ann", "secret", "team")
    for server in (world.one, world.other, world.other):
        assert server.takes(token)
    return token


def try_all(world: World, patience: float) -> None:
    """Every change ends the token on the server that made it at once, and on the other one within so many seconds."""
    token = ready(world)
    got = world.other.exchange(token)
    assert world.one.takes(got) and world.other.takes(got)
    _give_back(world, token)
    assert_dead(world, got, patience, "the one it was got from was given back")
    for why, change in CHANGES:
        token = ready(world)
        change(world, token)
        assert_dead(world, token, patience, why)


def assert_dead(world: World, token: str, patience: float, why: str) -> None:
    """A token is worth nothing on the server where it was ended, and on the other one within so many seconds."""
    assert not world.one.takes(token), why
    end = time.monotonic() + patience
    while (alive := world.other.takes(token)) and time.monotonic() < end:
        time.sleep(0.02)
    assert not alive, why


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_a_token_dies_at_once_in_all_processes_of_a_machine(database: str) -> None:
    with private_cloud(database, 2) as cloud, another(cloud, own_state=False) as other:
        one = Server(cloud.url)
        try_all(prepare(one, other, cloud.password), 0)


def test_a_token_dies_on_other_machines_too() -> None:
    with private_cloud("postgresql", 1) as cloud, another(cloud, own_state=True) as other:
        try_all(prepare(Server(cloud.url), other, cloud.password), 1)
