"""What a guest is told about itself by the metadata service."""

import hashlib
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from pileus.compute.models import BlockDevice, Server
from pileus.compute.scheduler import DEFAULT_ZONE, zones
from pileus.core.errors import NotFound
from pileus.network import operations as network


@dataclass(frozen=True)
class Guest:
    """One server as its guest sees it; `addresses` are its own as the API shows them."""

    server: Server
    zone: str
    ports: list[Any]
    addresses: dict[str, list[dict[str, Any]]]
    volumes: list[BlockDevice]
    nics: list[dict[str, Any]]

    @property
    def key_name(self) -> str | None:
        """The name of the keypair, where there is one."""
        return self.server.key_name

    @property
    def user_data(self) -> str | None:
        """User data in base64, as they were given."""
        return self.server.user_data

    def _first(self, kind: str) -> str:
        found = [a["addr"] for listed in self.addresses.values() for a in listed]
        kinds = {a["addr"]: a["OS-EXT-IPS:type"] for listed in self.addresses.values() for a in listed}
        return next((address for address in found if kinds[address] == kind and ":" not in address), "")

    def meta_data(self) -> dict[str, Any]:
        """meta_data.json."""
        row = self.server
        body: dict[str, Any] = {
            "uuid": row.id,
            "name": row.name,
            "hostname": row.hostname,
            "project_id": row.project_id,
            "launch_index": row.launch_index,
            "availability_zone": self.zone,
            "meta": row.properties,
            "devices": self._devices(),
            "dedicated_cpus": [],
        }
        if row.public_key:
            body["public_keys"] = {row.key_name: row.public_key}
            body["keys"] = [{"name": row.key_name, "type": "ssh", "data": row.public_key}]
        return body

    def _devices(self) -> list[dict[str, Any]]:
        """The devices that were given a tag."""
        tags = self.server.nic_tags
        found = [
            {"type": "nic", "bus": "none", "address": "none", "mac": port.mac_address, "tags": [tags[port.id]]}
            for port in self.ports
            if port.id in tags
        ]
        return found + [
            {
                "type": "disk",
                "bus": "virtio",
                "address": "none",
                "serial": d.volume_id,
                "path": f"/dev/{d.device}",
                "tags": [d.tag],
            }
            for d in self.volumes
            if d.tag
        ]

    def network_data(self) -> dict[str, Any]:
        """network_data.json: links and the networks on them; addresses come by DHCP."""
        mtu = {nic["id"]: nic["mtu"] for nic in self.nics}
        links, networks = [], []
        for number, port in enumerate(self.ports):
            name = f"tap{port.id[:11]}"
            links.append(
                {
                    "id": name,
                    "vif_id": port.id,
                    "type": "ovs",
                    "mtu": mtu.get(port.id, 1500),
                    "ethernet_mac_address": port.mac_address,
                }
            )
            for fixed in port.fixed_ips:
                kind = "ipv6_dhcp" if ":" in fixed["ip_address"] else "ipv4_dhcp"
                networks.append({"id": f"network{number}", "type": kind, "link": name, "network_id": port.network_id})
        return {"links": links, "networks": networks, "services": []}

    def ec2(self) -> dict[str, Any]:
        """The tree below meta-data/; a dict is a folder."""
        row, local = self.server, self._first("fixed")
        tree: dict[str, Any] = {
            "ami-id": ec2_id("ami", row.image_id or row.id),
            "ami-launch-index": row.launch_index,
            "ami-manifest-path": "unknown",
            "block-device-mapping": {"ami": "vda", "root": "/dev/vda"},
            "hostname": row.hostname,
            "instance-action": "none",
            "instance-id": ec2_id("i", row.id),
            "instance-type": row.flavor.get("name", ""),
            "local-hostname": row.hostname,
            "local-ipv4": local,
            "placement": {"availability-zone": self.zone},
            "public-hostname": row.hostname,
            "public-ipv4": self._first("floating"),
            "reservation-id": row.reservation_id,
            "security-groups": "\n".join(row.security_groups),
        }
        if row.public_key:
            tree["public-keys"] = {"0": {"openssh-key": row.public_key}}
        return tree


def ec2_id(prefix: str, resource_id: str) -> str:
    """A stable EC2-style id of something with a UUID."""
    return f"{prefix}-{hashlib.sha256(resource_id.encode()).hexdigest()[:17]}"


def find_guest(session: Session, network_id: str, address: str) -> Guest:
    """The server that has `address` on a network; raises NotFound."""
    port = network.port_by_address(session, network_id, address) if network_id and address else None
    server = session.get(Server, port.device_id) if port is not None and port.device_id else None
    if server is None:
        raise NotFound("No server has this address on this network.")
    ports = network.ports_of(session, [server.id]).get(server.id, [])
    volumes = select(BlockDevice).where(BlockDevice.server_id == server.id).order_by(BlockDevice.device)
    return Guest(
        server=server,
        zone=zones(session).get(server.host or "", DEFAULT_ZONE),
        ports=ports,
        addresses=network.addresses_of(session, [server.id]).get(server.id, {}),
        volumes=list(session.scalars(volumes)),
        nics=network.nic_items(session, ports),
    )
