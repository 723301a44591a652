"""OAuth1 with the clients that speak it: keystoneauth, keystoneclient and the openstack command."""

import os
import subprocess
import sys
from pathlib import Path

import openstack
import pytest
from keystoneauth1 import session as keystoneauth
from keystoneauth1.exceptions import Unauthorized
from keystoneauth1.extras.oauth1 import V3OAuth1
from keystoneclient.v3 import client as keystoneclient

from identity_stories import PASSWORD

ADMIN = {
    "username": "admin",
    "password": PASSWORD,
    "project_name": "admin",
    "user_domain_id": "default",
    "project_domain_id": "default",
}


def test_the_library_of_the_clients_goes_the_whole_way(auth_url: str) -> None:
    admin = openstack.connection.Connection(auth={"auth_url": auth_url, **ADMIN}, region_name="RegionOne")
    client = keystoneclient.Client(session=admin.session, interface="public", region_name="RegionOne").oauth1
    project, member = admin.identity.find_project("admin"), admin.identity.find_role("member")
    consumer = client.consumers.create(description="printer")
    asked = client.request_tokens.create(consumer.id, consumer.secret, project.id)
    verifier = client.request_tokens.authorize(asked.key, [member.id]).oauth_verifier
    granted = client.access_tokens.create(consumer.id, consumer.secret, asked.key, asked.secret, verifier)

    def plugin() -> V3OAuth1:
        keys = {"consumer_key": consumer.id, "consumer_secret": consumer.secret}
        return V3OAuth1(f"{auth_url}/v3", access_key=granted.key, access_secret=granted.secret, **keys)

    session = keystoneauth.Session(plugin())
    assert session.get_project_id() == project.id
    assert session.get("/v3/auth/catalog", endpoint_filter={"service_type": "identity", "interface": "public"}).ok
    client.consumers.delete(consumer.id)
    with pytest.raises(Unauthorized):
        keystoneauth.Session(plugin()).get_token()


def openstack_client(auth_url: str, *words: str) -> str:
    """What the command says."""
    settings = {f"OS_{name.upper()}": value for name, value in ADMIN.items()}
    environment = {**os.environ, **settings, "OS_AUTH_URL": auth_url, "OS_IDENTITY_API_VERSION": "3"}
    program = Path(sys.executable).parent / "openstack"
    done = subprocess.run([program, *words], check=False, env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_the_command_line_goes_the_whole_way(auth_url: str) -> None:
    def run(*words: str, **options: str) -> dict[str, str]:
        given = [part for name, value in options.items() for part in (f"--{name.replace('_', '-')}", value)]
        lines = openstack_client(auth_url, *words, *given, "-f", "shell").splitlines()
        return {name: value.strip('"') for name, _, value in (line.partition("=") for line in lines)}

    consumer = run("consumer", "create", description="printer")
    keys = {"consumer_key": consumer["id"], "consumer_secret": consumer["secret"]}
    asked = run("request", "token", "create", **keys, project="admin")
    verifier = run("request", "token", "authorize", request_key=asked["key"], role="member")["oauth_verifier"]
    given = {"request_key": asked["key"], "request_secret": asked["secret"], "verifier": verifier}
    granted = run("access", "token", "create", **keys, **given)
    assert granted["id"] and granted["secret"] and granted["expires"]
    openstack_client(auth_url, "consumer", "set", "--description", "a better printer", consumer["id"])
    assert run("consumer", "show", consumer["id"])["description"] == "a better printer"
    assert consumer["id"] in openstack_client(auth_url, "consumer", "list")
    openstack_client(auth_url, "consumer", "delete", consumer["id"])
    assert consumer["id"] not in openstack_client(auth_url, "consumer", "list")
