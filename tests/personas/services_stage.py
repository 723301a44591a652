"""Something of every kind in the project p1, for the personas of the services to try."""

from typing import Any

from personas.services import TOKENS
from pileus.block_storage.operations import bootstrap_types
from pileus.compute.operations import bootstrap_flavors, discover
from pileus.core.context import Context
from pileus.core.db import new_id
from pileus.image.models import Image
from stories import Cloud

NAME = "secret of p1"
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGrT0N2Dk0eZ8bQ8x1Yw9Jg7uH6c5V4a3S2d1F0g9H8j somebody"
FACTS = {"vcpus": 4, "memory_mib": 8192, "disk_gib": 100, "host_ip": "10.0.0.11", "hypervisor_type": "QEMU"}
FACTS |= {"hypervisor_version": 7002000, "cpu_info": {"arch": "x86_64", "model": "qemu64"}, "running_vms": 0}


class _Maker:
    """Makes things as a member of p1, or as another persona."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud

    def __call__(self, path: str, kind: str, by: str = "member", **values: Any) -> dict[str, Any]:
        body = {kind: values} if kind else values
        reply = self.cloud.post(path, body, token=TOKENS[by])
        assert reply.status_code < 300, f"{path}: {reply.text}"
        return dict(reply.json[kind] if kind else reply.json)


def targets(cloud: Cloud) -> dict[str, Any]:
    """What a "$name", or a name in a path, stands for."""
    make = _Maker(cloud)
    cloud.runner.facts["hypervisor_facts_items"] = lambda _item: FACTS
    cloud.runner.facts["libvirt_domain_items"] = lambda item: {"power": item.get("power"), "console": ""}
    with cloud.database.write() as session:
        bootstrap_types(session)
        bootstrap_flavors(session)
        discover(session, Context(user_id="operator", roles=("admin",)), ["h1"])
        made = {"project_id": "p1", "name": NAME, "visibility": "shared", "pool": "images", "container_format": "bare"}
        image = Image(**made, id=new_id(), status="active", disk_format="raw", size=1024, virtual_size=1024)
        queued = Image(**made, id=new_id(), status="queued", disk_format="raw")
        session.add_all([image, queued])
    cloud.settle()
    shared = cloud.post(f"/image/v2/images/{image.id}/members", {"member": "p9"}, token=TOKENS["member"])
    assert shared.status_code == 200, shared.text
    names = {"image_id": image.id, "queued_id": queued.id, "member_id": "p9", "tag": "t", "key": "k", "name": "n"}
    names |= {"public_key": KEY, "project": "p1", "pattern": "h"}
    names |= dict.fromkeys(("alias", "request_id", "message_id", "service_id", "port_id"), "none")
    return names | _network(make) | _storage(make, names) | _servers(make, names)


def _network(make: _Maker) -> dict[str, Any]:
    v2 = "/network/v2.0"
    network = make(f"{v2}/networks", "network", name=NAME)["id"]
    subnet = make(f"{v2}/subnets", "subnet", name=NAME, network_id=network, cidr="10.0.0.0/24", ip_version=4)["id"]
    outside = make(f"{v2}/networks", "network", "admin", **{"name": "public", "router:external": True})["id"]
    make(f"{v2}/subnets", "subnet", "admin", network_id=outside, cidr="172.24.4.0/24", ip_version=4, enable_dhcp=False)
    group = make(f"{v2}/security-groups", "security_group", name=NAME)["id"]
    return {
        "network": network,
        "subnet": subnet,
        "networks": network,
        "subnets": subnet,
        "ports": make(f"{v2}/ports", "port", name=NAME, network_id=network)["id"],
        "routers": make(f"{v2}/routers", "router", name=NAME)["id"],
        "floatingips": make(f"{v2}/floatingips", "floatingip", description=NAME, floating_network_id=outside)["id"],
        "subnetpools": make(f"{v2}/subnetpools", "subnetpool", name=NAME, prefixes=["10.9.0.0/16"])["id"],
        "address-scopes": make(f"{v2}/address-scopes", "address_scope", name=NAME, ip_version=4)["id"],
        "security-groups": group,
        "security-group-rules": make(
            f"{v2}/security-group-rules",
            "security_group_rule",
            description=NAME,
            security_group_id=group,
            direction="ingress",
            ethertype="IPv4",
        )["id"],
        "rbac-policies": make(
            f"{v2}/rbac-policies",
            "rbac_policy",
            object_type="network",
            object_id=network,
            action="access_as_shared",
            target_tenant="p4",
        )["id"],
        "network-ip-availabilities": network,
    }


def _storage(make: _Maker, names: dict[str, Any]) -> dict[str, Any]:
    v3 = "/volume/v3"
    volumes = [make(f"{v3}/volumes", "volume", name=NAME, size=1, metadata={"k": "v"})["id"] for _ in range(3)]
    make.cloud.settle()
    snapshot = make(f"{v3}/snapshots", "snapshot", name=NAME, volume_id=volumes[0], metadata={"k": "v"})["id"]
    offered = make(f"{v3}/os-volume-transfer", "transfer", name=NAME, volume_id=volumes[1])["id"]
    version = {"OpenStack-API-Version": "volume 3.27"}
    body = {"attachment": {"volume_uuid": volumes[2], "instance_uuid": new_id()}}
    attached = make.cloud.post(f"{v3}/attachments", body, token=TOKENS["member"], headers=version)
    assert attached.status_code < 300, attached.text
    make.cloud.settle()
    types = make.cloud.get(f"{v3}/types", token=TOKENS["admin"]).json["volume_types"]
    return {
        "volume_id": volumes[0],
        "volumes": volumes[0],
        "snapshot_id": snapshot,
        "snapshots": snapshot,
        "transfer_id": offered,
        "attachment_id": attached.json["attachment"]["id"],
        "type_id": types[0]["id"],
    }


def _servers(make: _Maker, names: dict[str, Any]) -> dict[str, Any]:
    v2 = "/compute/v2.1"
    body = {"name": NAME, "imageRef": names["image_id"], "flavorRef": "1", "metadata": {"k": "v"}}
    server = make(f"{v2}/servers", "server", **body)["id"]
    make.cloud.settle()
    make(f"{v2}/os-keypairs", "keypair", name="n", public_key=KEY)
    hosts = make.cloud.get(f"{v2}/os-hypervisors", token=TOKENS["admin"]).json["hypervisors"]
    return {
        "server_id": server,
        "flavor_id": "1",
        "group_id": make(f"{v2}/os-server-groups", "server_group", name=NAME, policies=["anti-affinity"])["id"],
        "hypervisor_id": hosts[0]["id"],
        "aggregate_id": make(f"{v2}/os-aggregates", "aggregate", "admin", name="a")["id"],
    }
