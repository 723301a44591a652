"""Stories about what the compute service does with ports, and who may have it done."""

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from tests.api.network.conftest import Net, World

from pileus.core.context import Context
from pileus.core.db import Database
from pileus.core.errors import Conflict, Forbidden
from pileus.network import operations
from pileus.network.models import Port
from stories import ADMIN

ME = Context(user_id="u1", project_id="p1", roles=("member",))
BOSS = Context(user_id="admin-user", project_id="admin-project", roles=("admin", "member", "reader"))


def test_a_port_that_an_admin_has_made_for_a_server_belongs_to_the_servers_project(net: Net, world: World) -> None:
    network = world.network["id"]
    with net.cloud.database.write() as session:
        made = operations.create_port(session, BOSS, network_id=network, server_id="s1", project_id="p1")
        assert made.project_id == "p1"
    (group,) = net.listed("security_group")
    assert net.show("port", made.id)["security_groups"] == [group["id"]]


def test_a_port_is_unplugged_from_a_server_whoever_owns_it(net: Net, world: World) -> None:
    with net.cloud.database.write() as session:
        theirs = operations.create_port(session, BOSS, network_id=world.network["id"], server_id="s1").id
    with net.cloud.database.write() as session:
        operations.unplug_port(session, ME, theirs)
    net.ask("GET", f"/ports/{theirs}", expect=404)
    net.cloud.settle()
    assert net.cloud.runner.runs[-1][0] == "network/port_absent.yml"


def test_a_server_is_refused_an_address_of_its_choice_on_a_network_of_others(net: Net) -> None:
    network = net.make("network", ADMIN, name="all", shared=True)["id"]
    net.ask("POST", "/subnets", {"subnet": {"network_id": network, "cidr": "10.0.0.0/24", "ip_version": 4}}, ADMIN)
    with net.cloud.database.write() as session:
        with pytest.raises(Forbidden):
            operations.create_port(session, ME, network_id=network, server_id="s1", fixed_ip="10.0.0.9")
        assert operations.create_port(session, ME, network_id=network, server_id="s1").fixed_ips
        chosen = operations.create_port(session, BOSS, network_id=network, server_id="s1", fixed_ip="10.0.0.9")
        assert chosen.fixed_ips[0]["ip_address"] == "10.0.0.9"


def test_two_runs_may_bring_a_network_to_a_host_at_once(net: Net, world: World) -> None:
    database = net.cloud.database
    with database.write() as session:
        ports = [operations.create_port(session, ME, network_id=world.network["id"], server_id="s1")]
    if database.engine.dialect.name == "sqlite":
        return  # a writer is alone there
    with ThreadPoolExecutor(1) as pool:
        with database.write() as session:
            operations.server_variables(session, ports, "h1", "i1")
            session.flush()
            second = pool.submit(_variables, database, ports)
            time.sleep(0.3)
        assert second.result(10)["metadata_network_items"][0]["host"] == "h1"


def test_of_two_servers_that_saw_a_port_free_one_is_refused(net: Net, world: World) -> None:
    port = net.make("port", network_id=world.network["id"])["id"]

    def second() -> None:
        with net.cloud.database.write() as session:
            session.get(Port, port)
            operations.adopt_port(session, ME, port, "s2")

    with ThreadPoolExecutor(1) as pool:
        with net.cloud.database.write() as session:
            operations.adopt_port(session, ME, port, "s1")
            waiting = pool.submit(second)
            time.sleep(0.3)
        with pytest.raises(Conflict):
            waiting.result(10)
    assert net.show("port", port)["device_id"] == "s1"


def _variables(database: Database, ports: Sequence[Port]) -> dict[str, list[dict[str, Any]]]:
    with database.write() as session:
        return operations.server_variables(session, ports, "h1", "i2")
