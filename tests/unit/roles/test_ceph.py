"""What the Ceph host roles would do, by table: monitor keys, users, pools, OSDs."""

import base64
from typing import Any

import pytest

from role_modules import load

RBD = {"mon": "profile rbd", "osd": "profile rbd pool=vms"}


def test_first_monitor_makes_every_key_that_is_missing() -> None:
    module = load("ceph_mon")
    made = module.plan({"mon.": None, "client.admin": "known"}, {})
    assert list(made) == ["mon."]
    assert len(base64.b64decode(made["mon."])) == 28


def test_another_monitor_takes_the_keys_it_is_given() -> None:
    module = load("ceph_mon")
    assert module.plan({"mon.": None, "client.admin": "b"}, {"mon.": "a", "client.admin": "b"}) == {"mon.": "a"}


def test_keyring_names_entity_key_and_capabilities() -> None:
    text = load("ceph_mon").keyring("client.bootstrap-osd", "secret")
    assert text.startswith("[client.bootstrap-osd]\n\tkey = secret\n")
    assert '\tcaps mon = "profile bootstrap-osd"\n' in text


@pytest.mark.parametrize(
    ("have", "want", "prefixes"),
    [
        ({}, {"client.a": RBD}, ["auth get-or-create"]),
        ({"client.a": {"mon": "allow *"}}, {"client.a": RBD}, ["auth caps"]),
        ({"client.a": RBD, "client.b": {}}, {"client.a": RBD}, []),
    ],
)
def test_users(have: dict[str, Any], want: dict[str, Any], prefixes: list[str]) -> None:
    commands = load("ceph_user").plan(have, want)
    assert [command["prefix"] for command in commands] == prefixes
    for command in commands:
        assert command["caps"] == ["mon", "profile rbd", "osd", "profile rbd pool=vms"]


def pool(name: str, size: int = 2, application: str = "rbd") -> dict[str, Any]:
    """A pool as `osd dump` prints it."""
    return {"pool_name": name, "size": size, "application_metadata": {application: {}}}


@pytest.mark.parametrize(
    ("pools", "item", "prefixes"),
    [
        ([], {"name": "vms", "application": "rbd"}, ["osd pool create", "osd pool application enable"]),
        ([pool("vms")], {"name": "vms", "application": "rbd"}, []),
        ([pool("vms")], {"name": "vms", "application": "rbd", "size": 3}, ["osd pool set"]),
        ([pool("vms", application="rgw")], {"name": "vms", "application": "rbd"}, ["osd pool application enable"]),
    ],
)
def test_pools(pools: list[Any], item: dict[str, Any], prefixes: list[str]) -> None:
    have = {"require_min_compat_client": "mimic", "pools": pools}
    assert [command["prefix"] for command in load("ceph_pool").plan(have, [item], "mimic")] == prefixes


def test_older_clients_are_refused() -> None:
    have = {"require_min_compat_client": "luminous", "pools": []}
    assert load("ceph_pool").plan(have, [], "mimic") == [
        {"prefix": "osd set-require-min-compat-client", "version": "mimic"}
    ]


def test_only_disks_and_files_without_an_osd_are_taken() -> None:
    have = {"/dev/sdb": 0, "/data/one": 1}
    files = [{"path": "/data/one", "size": 1}, {"path": "/data/two", "size": 1}]
    assert load("ceph_osd").plan(have, ["/dev/sdb", "/dev/sdc"], files) == (["/dev/sdc"], files[1:])
