"""Fixtures of the lab tests: a tenant of its own for each module, and the proof that it leaves nothing behind."""

import secrets
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from cloud_under_test import ADMIN, KEY, Tenant, left_on_hosts, pileus, wait_until


@pytest.fixture(scope="session", autouse=True)
def running_cloud() -> None:
    """The lab tests need what `make cloud` makes."""
    with urllib.request.urlopen("http://127.0.0.1:8080/healthz", timeout=10) as answer:
        assert answer.status == 200


@pytest.fixture(scope="module")
def nothing_left() -> Iterator[None]:
    """After the module the hosts look as they did before it."""
    before = left_on_hosts()
    yield
    wait_until(
        "all intents have ended",
        lambda: "waiting" not in (seen := pileus("intents", "list", "--limit", "20")) and "running" not in seen,
    )
    after = left_on_hosts()
    assert {k: after[k] - before[k] for k in after if after[k] - before[k]} == {}


@pytest.fixture(scope="module")
def tenant(nothing_left: None) -> Iterator[Tenant]:
    """A project with one member, made and removed with the client."""
    name = f"lab-{secrets.token_hex(4)}"
    made = Tenant(name, name, secrets.token_hex(12))
    ADMIN.openstack("project", "create", name)
    ADMIN.openstack("user", "create", name, "--project", name, "--password", made.password)
    ADMIN.openstack("role", "add", "--project", name, "--user", name, "member")
    yield made
    ADMIN.openstack("user", "delete", name)
    ADMIN.openstack("project", "delete", name)


@pytest.fixture(scope="module")
def ground(tenant: Tenant) -> Iterator[SimpleNamespace]:
    """A network with a router to the world, rules for ping and SSH, and a keypair."""
    network = tenant.json("network", "create", "net")["id"]
    tenant.openstack("subnet", "create", "sub", "--network", "net", "--subnet-range", "192.168.77.0/24")
    tenant.openstack("router", "create", "rtr", "--external-gateway", "public")
    tenant.openstack("router", "add", "subnet", "rtr", "sub")
    group = tenant.json("security", "group", "create", "open")["id"]
    tenant.openstack("security", "group", "rule", "create", "open", "--protocol", "tcp", "--dst-port", "22")
    tenant.openstack("security", "group", "rule", "create", "open", "--protocol", "icmp")
    tenant.openstack("keypair", "create", "key", "--public-key", str(KEY.with_suffix(".pub")))
    yield SimpleNamespace(network=network, group=group, key="key")
    for address in tenant.json("floating", "ip", "list"):
        tenant.openstack("floating", "ip", "delete", address["ID"])
    tenant.openstack("router", "remove", "subnet", "rtr", "sub")
    tenant.openstack("router", "delete", "rtr")
    tenant.openstack("network", "delete", "net")
    tenant.openstack("security", "group", "delete", "open")
    default = [g["ID"] for g in tenant.json("security", "group", "list") if g["Name"] == "default"]
    tenant.openstack("keypair", "delete", "key")
    for group in default:
        ADMIN.openstack("security", "group", "delete", group)


@pytest.fixture(scope="module")
def guest_image() -> Path:
    """The tiny guest image that the lab has built."""
    return KEY.parents[1] / "images" / "tiny.qcow2"
