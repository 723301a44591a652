"""Tenants' strings all the way to the hosts: stored and shown as they are or refused, never evaluated anywhere."""

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import openstack
import pytest
from cloud_under_test import ADMIN, HOSTS, Tenant, on_host, wait_until

MARKER = "/pileus-was-here"
ATTACKS = [
    "{{ lookup('pipe','touch %s') }}" % MARKER,  # noqa: UP031
    "{% raw %}",
    "{{ 7 * 7 }}",
    f"$(touch {MARKER})",
    f"`touch {MARKER}`; touch {MARKER}",
    "</name><x/>",
    "'\"\\",
    "two\nlines",
    "pile \N{PILE OF POO}",
    "x" * 255,
]


@pytest.fixture(scope="module")
def api(tenant: Tenant) -> openstack.connection.Connection:
    return openstack.connection.Connection(
        auth={
            "auth_url": "http://127.0.0.1:8080/identity/v3",
            "username": tenant.user,
            "password": tenant.password,
            "project_name": tenant.project,
            "user_domain_id": "default",
            "project_domain_id": "default",
        },
        region_name="RegionOne",
    )


@pytest.fixture
def emptied(api, tenant: Tenant, ground: SimpleNamespace) -> Iterator[None]:
    """Room for one of everything per attack; afterwards all of it is removed, however far the test came."""
    ADMIN.openstack("quota", "set", "--secgroups", "50", "--volumes", "50", tenant.project)
    yield
    for server in list(api.compute.servers()):
        api.compute.delete_server(server)
        api.compute.wait_for_delete(server, wait=120)
    for port in list(api.network.ports(network_id=ground.network)):
        if not port.device_owner:
            api.network.delete_port(port)
    for group in list(api.network.security_groups()):
        if group.id != ground.group and group.name != "default":
            api.network.delete_security_group(group)
    for volume in list(api.block_storage.volumes()):
        api.block_storage.delete_volume(volume)
    wait_until("the volumes are gone", lambda: not list(api.block_storage.volumes()))


@pytest.mark.usefixtures("emptied")
def test_nothing_that_a_tenant_writes_is_evaluated(api, ground: SimpleNamespace):
    flavor, image = api.compute.find_flavor("pico"), api.image.find_image("tiny")
    made = []
    for attack in ATTACKS:
        group = api.network.create_security_group(name=attack, description=attack)
        port = api.network.create_port(network_id=ground.network, name=attack, security_group_ids=[group.id])
        volume = api.block_storage.create_volume(name=attack, description=attack, size=1, metadata={"key": attack})
        made.append((attack, group, port, volume))
    server = api.compute.create_server(
        name=ATTACKS[0], image_id=image.id, flavor_id=flavor.id, networks=[{"port": made[0][2].id}],
        metadata={f"key{i}": attack for i, attack in enumerate(ATTACKS)}, user_data="e3sgNyAqIDcgfX0=",
    )  # fmt: skip
    server = api.compute.wait_for_server(server, wait=120)
    assert server.name == ATTACKS[0] and set(server.metadata.values()) == set(ATTACKS)
    for attack, group, port, volume in made:
        api.block_storage.wait_for_status(volume, "available", wait=120)
        assert api.network.get_security_group(group).name == attack
        assert api.network.get_port(port).name == attack
        shown = api.block_storage.get_volume(volume)
        assert (shown.name, shown.metadata["key"]) == (attack, attack)
    assert not Path(MARKER).exists() and not any("was-here" in on_host(host, "ls /") for host in HOSTS)


@pytest.mark.parametrize("name", ["a\0b", "x" * 256])
def test_a_name_that_cannot_be_stored_is_refused(api, name):
    answer = api.block_storage.post("/volumes", json={"volume": {"name": name, "size": 1}})
    assert answer.status_code == 400 and "name" in answer.json()["badRequest"]["message"]
