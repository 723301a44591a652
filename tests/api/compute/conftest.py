"""A project's small cloud: two hosts, flavors, an active image and a network."""

from dataclasses import dataclass, field
from typing import Any

import pytest

from pileus.compute import operations
from pileus.core.context import Context
from pileus.core.db import new_id
from pileus.image.models import Image
from stories import ADMIN, MEMBER, Cloud

V2 = "/compute/v2.1"
OPERATOR = Context(user_id="operator", project_id="operator", roles=("admin",))
FACTS = {
    "vcpus": 4,
    "memory_mib": 8192,
    "disk_gib": 100,
    "host_ip": "10.0.0.11",
    "hypervisor_type": "QEMU",
    "hypervisor_version": 7002000,
    "cpu_info": {"arch": "x86_64", "model": "qemu64"},
    "running_vms": 0,
}


@dataclass
class Compute:
    """The compute API as a story uses it; what is not expected fails the story."""

    cloud: Cloud
    image: str = ""
    network: dict[str, Any] = field(default_factory=dict)
    subnet: dict[str, Any] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=lambda: dict(FACTS))

    def ask(
        self, method: str, path: str, body: Any = None, token: str = MEMBER, expect: int = 0, version: str = "2.1"
    ) -> Any:
        """Send one request; answers with the decoded body."""
        answer = self.cloud.call(
            method, V2 + path, body, token=token, headers={"OpenStack-API-Version": f"compute {version}"}
        )
        wanted = expect or {"GET": 200, "POST": 202, "PUT": 200, "DELETE": 204}[method]
        assert answer.status_code == wanted, (answer.status_code, answer.get_data(as_text=True))
        return answer.json if answer.data else None

    def fault(self, status: int, method: str, path: str, body: Any = None, **more: Any) -> str:
        """The message of a refusal."""
        (inner,) = self.ask(method, path, body, expect=status, **more).values()
        assert inner["code"] == status
        return str(inner["message"])

    def wish(self, **more: Any) -> dict[str, Any]:
        """The body of POST /servers; None leaves a field out."""
        wanted = {"name": "web", "imageRef": self.image, "flavorRef": "1", "networks": [{"uuid": self.network["id"]}]}
        return {"server": {key: value for key, value in {**wanted, **more}.items() if value is not None}}

    def boot(self, token: str = MEMBER, version: str = "2.1", settle: bool = True, **more: Any) -> dict[str, Any]:
        """A server, as GET shows it once the worker is done."""
        made = self.ask("POST", "/servers", self.wish(**more), token=token, version=version)["server"]
        if settle:
            self.cloud.settle()
        return self.show(made["id"], token=token)

    def show(self, server_id: str, token: str = MEMBER, version: str = "2.1") -> dict[str, Any]:
        return self.ask("GET", f"/servers/{server_id}", token=token, version=version)["server"]

    def act(self, server: dict[str, Any], name: str, inner: Any = None, **more: Any) -> Any:
        return self.ask("POST", f"/servers/{server['id']}/action", {name: inner}, **more)

    def names(self, query: str = "", token: str = MEMBER, version: str = "2.1") -> list[str]:
        return [row["name"] for row in self.ask("GET", f"/servers{query}", token=token, version=version)["servers"]]

    def volume(self, size: int = 1) -> str:
        """An available volume."""
        answer = self.cloud.post("/volume/v3/volumes", {"volume": {"size": size}})
        assert answer.status_code == 202, answer.get_data(as_text=True)
        self.cloud.settle()
        return str(answer.json["volume"]["id"])

    def volume_status(self, volume_id: str) -> str:
        answer = self.cloud.get(f"/volume/v3/volumes/{volume_id}")
        return str(answer.json["volume"]["status"]) if answer.status_code == 200 else "gone"

    def discover(self, *hosts: str) -> None:
        with self.cloud.database.write() as session:
            operations.discover(session, OPERATOR, list(hosts))
        self.cloud.settle()

    def runs(self, playbook: str) -> list[dict[str, Any]]:
        return [variables for name, variables, _ in self.cloud.runner.runs if name == f"compute/{playbook}.yml"]


def make_image(cloud: Cloud, project: str = "p1", **more: Any) -> str:
    """An active image; how it gets so is the image service's story."""
    row = {"id": new_id(), "project_id": project, "name": "tiny", "status": "active", "visibility": "public"}
    row |= {
        "container_format": "bare",
        "disk_format": "raw",
        "pool": "images",
        "virtual_size": 64 * 2**20,
        "size": 64 * 2**20,
    }
    with cloud.database.write() as session:
        session.add(Image(**(row | more)))
    return str(row["id"])


@pytest.fixture
def compute(cloud: Cloud) -> Compute:
    """A cloud on which the project p1 can boot servers."""
    found = Compute(cloud)
    cloud.runner.facts["hypervisor_facts_items"] = lambda _item: found.facts
    cloud.runner.facts["libvirt_domain_items"] = lambda item: {"power": item.get("power"), "console": "login:\n"}
    with cloud.database.write() as session:
        operations.bootstrap_flavors(session)
    found.discover("h1", "h2")
    found.image = make_image(cloud)
    found.network = cloud.post("/network/v2.0/networks", {"network": {"name": "lan"}}).json["network"]
    body = {"subnet": {"network_id": found.network["id"], "cidr": "10.0.0.0/24", "ip_version": 4}}
    found.subnet = cloud.post("/network/v2.0/subnets", body).json["subnet"]
    cloud.settle()
    cloud.runner.runs.clear()
    return found


__all__ = ["ADMIN", "Compute", "make_image"]
