"""Stories about floating IPs that go: whose address it is until the router has let go of it."""

from typing import Any

import pytest
from tests.api.network.conftest import Net, World

from pileus.network import operations
from stories import ADMIN

ADDRESS = "172.24.4.77"


def _take(net: Net, world: World) -> dict[str, Any]:
    """Have the address given out, whoever asks; 409 while it is taken."""
    asked = {"floating_network_id": world.outside["id"], "floating_ip_address": ADDRESS}
    return net.make("floatingip", ADMIN, project_id="p1", **asked)


def _refused(net: Net, world: World) -> None:
    asked = {"floating_network_id": world.outside["id"], "floating_ip_address": ADDRESS}
    assert net.refused(409, "floatingip", ADMIN, **asked)["type"] == "IpAddressAlreadyAllocated"


@pytest.fixture
def led(net: Net, world: World) -> dict[str, Any]:
    """A floating IP that leads to a port."""
    port = net.make("port", network_id=world.network["id"])
    made = net.change("floatingip", _take(net, world)["id"], port_id=port["id"])
    net.cloud.settle()
    return made


def test_an_address_is_free_when_its_router_has_let_go_of_it(net: Net, world: World, led: dict[str, Any]) -> None:
    net.ask("PUT", "/quotas/p1", {"quota": {"floatingip": 1}}, token=ADMIN)
    net.ask("DELETE", f"/floatingips/{led['id']}")
    assert net.listed("floatingip", token=ADMIN) == []
    _refused(net, world)
    net.cloud.settle()
    _take(net, world)


@pytest.mark.parametrize("first", ["nothing", "led away", "port deleted"])
def test_an_address_stays_taken_while_its_router_cannot_let_go(
    net: Net, world: World, led: dict[str, Any], first: str
) -> None:
    net.cloud.runner.refuse[world.router["id"]] = "no"
    if first == "led away":
        net.change("floatingip", led["id"], port_id=None)
    if first == "port deleted":
        net.ask("DELETE", f"/ports/{led['port_id']}")
    net.ask("DELETE", f"/floatingips/{led['id']}")
    net.cloud.settle()
    assert net.show("router", world.router["id"])["status"] == "ERROR"
    _refused(net, world)
    net.cloud.runner.refuse.clear()
    with net.cloud.database.write() as session:
        operations.look_again(session)
    net.cloud.settle()
    assert net.show("router", world.router["id"])["status"] == "ACTIVE"
    _take(net, world)


def test_an_address_that_leaves_during_a_run_waits_for_the_next(net: Net, world: World, led: dict[str, Any]) -> None:
    def meanwhile() -> None:
        net.cloud.runner.meanwhile = lambda: None
        net.ask("DELETE", f"/floatingips/{led['id']}")

    net.cloud.runner.meanwhile = meanwhile
    net.change("router", world.router["id"], name="other")
    net.cloud.worker.step()
    _refused(net, world)
    net.cloud.settle()
    _take(net, world)


def test_an_address_that_comes_back_stays_its_owners(net: Net, world: World, led: dict[str, Any]) -> None:
    net.change("floatingip", led["id"], port_id=None)
    net.change("floatingip", led["id"], port_id=led["port_id"])
    net.cloud.settle()
    _refused(net, world)
    assert net.show("floatingip", led["id"])["status"] == "ACTIVE"


def test_a_router_takes_what_was_led_away_with_it(net: Net, world: World, led: dict[str, Any]) -> None:
    net.cloud.runner.refuse[world.router["id"]] = "no"
    net.ask("DELETE", f"/floatingips/{led['id']}")
    net.cloud.settle()
    net.cloud.runner.refuse.clear()
    path = f"/routers/{world.router['id']}"
    net.ask("PUT", f"{path}/remove_router_interface", {"subnet_id": world.subnet["id"]})
    net.ask("DELETE", path)
    _refused(net, world)
    net.cloud.settle()
    _take(net, world)
