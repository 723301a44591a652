"""A project's small world: an outside network, a network with a subnet, a router between them."""

from dataclasses import dataclass
from typing import Any

import pytest

from stories import ADMIN, MEMBER, Cloud

V2 = "/network/v2.0"


@dataclass
class Net:
    """The network API as a story uses it; what is not expected fails the story."""

    cloud: Cloud

    def ask(self, method: str, path: str, body: Any = None, token: str = MEMBER, expect: int = 0, **more: Any) -> Any:
        """Send one request; answers with the decoded body."""
        answer = self.cloud.call(method, V2 + path, body, token=token, **more)
        wanted = expect or {"GET": 200, "POST": 201, "PUT": 200, "DELETE": 204}[method]
        assert answer.status_code == wanted, (answer.status_code, answer.get_data(as_text=True))
        return answer.json if answer.data else None

    def make(self, kind: str, token: str = MEMBER, path: str = "", **attributes: Any) -> dict[str, Any]:
        """Make one resource of a kind."""
        return self.ask("POST", path or f"/{kind}s".replace("_", "-"), {kind: attributes}, token=token)[kind]

    def refused(self, status: int, kind: str, token: str = MEMBER, **attributes: Any) -> dict[str, Any]:
        """Fail to make one; the words of the fault."""
        path = f"/{kind}s".replace("_", "-")
        return self.ask("POST", path, {kind: attributes}, token=token, expect=status)["NeutronError"]

    def show(self, kind: str, wanted: str, token: str = MEMBER) -> dict[str, Any]:
        return self.ask("GET", f"/{kind}s/{wanted}".replace("_", "-"), token=token)[kind]

    def change(self, kind: str, wanted: str, token: str = MEMBER, **attributes: Any) -> dict[str, Any]:
        return self.ask("PUT", f"/{kind}s/{wanted}".replace("_", "-"), {kind: attributes}, token=token)[kind]

    def listed(self, kind: str, query: str = "", token: str = MEMBER) -> list[dict[str, Any]]:
        many = f"{kind}s"
        return self.ask("GET", f"/{many}".replace("_", "-") + query, token=token)[many]

    def subnet(self, network: dict[str, Any], cidr: str = "10.0.0.0/24", **more: Any) -> dict[str, Any]:
        return self.make("subnet", network_id=network["id"], cidr=cidr, ip_version=6 if ":" in cidr else 4, **more)

    def outside(self) -> dict[str, Any]:
        """An external network on the provider's wire, with a subnet."""
        made = self.make(
            "network",
            ADMIN,
            name="public",
            **{
                "router:external": True,
                "provider:network_type": "flat",
                "provider:physical_network": "external",
            },
        )
        self.subnet(made, "172.24.4.0/24", enable_dhcp=False, token=ADMIN)
        return made


@pytest.fixture
def net(cloud: Cloud) -> Net:
    return Net(cloud)


@dataclass
class World:
    """Ids of what most stories need."""

    outside: dict[str, Any]
    network: dict[str, Any]
    subnet: dict[str, Any]
    router: dict[str, Any]


@pytest.fixture
def world(net: Net) -> World:
    outside = net.outside()
    network = net.make("network", name="inside")
    subnet = net.subnet(network)
    router = net.make("router", name="door", external_gateway_info={"network_id": outside["id"]})
    net.ask("PUT", f"/routers/{router['id']}/add_router_interface", {"subnet_id": subnet["id"]})
    net.cloud.settle()
    return World(outside, network, subnet, router)
