"""The network interfaces of new servers, and how they come and go later."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from pileus.compute.models import Server
from pileus.compute.operations import actions, power
from pileus.compute.operations.runs import PRESENT
from pileus.core.context import Context
from pileus.core.errors import BadRequest, NotFound
from pileus.network import operations as network


@dataclass(frozen=True)
class Nic:
    """One interface asked for: an existing port, or a new one on a network."""

    network_id: str | None = None
    port_id: str | None = None
    fixed_ip: str | None = None
    tag: str | None = None


def group_names(wanted: Mapping[str, Any]) -> list[str]:
    """The security groups asked for, each once; ["default"] where none was."""
    return list(dict.fromkeys(group["name"] for group in wanted.get("security_groups") or [])) or ["default"]


def plan(session: Session, context: Context, wanted: Mapping[str, Any], version_237: bool) -> list[Nic]:
    """The interfaces that the API's `networks` means: a list, "auto", "none", or nothing (the project's only network)."""
    networks = wanted.get("networks")
    if isinstance(networks, list) and networks:
        return [_nic(entry) for entry in networks]
    if networks == "none":
        return []
    if networks is None and version_237:
        raise BadRequest("Invalid input for field/attribute networks: it is required.", field="networks")
    found = network.default_network(session, context)
    if found is not None:
        return [Nic(network_id=found.id)]
    if networks == "auto":
        raise BadRequest("Unable to automatically allocate a network for this project.", field="networks")
    return []


def _nic(entry: Mapping[str, Any]) -> Nic:
    if not entry.get("port") and not entry.get("uuid"):
        raise BadRequest("Bad networks format: network uuid is not in proper format", field="networks")
    if entry.get("port"):
        return Nic(port_id=entry["port"], tag=entry.get("tag"))
    return Nic(network_id=entry["uuid"], fixed_ip=entry.get("fixed_ip"), tag=entry.get("tag"))


def make(session: Session, context: Context, server: Server, wanted: list[Nic], body: Mapping[str, Any]) -> list[str]:
    """Make or adopt the ports of a new server; returns the ids of what their run must wait for."""
    asked = [group["name"] for group in body.get("security_groups") or []]
    ports = []
    try:
        groups = network.security_group_ids(session, context, asked) if asked and wanted else None
        tags = {}
        for nic in wanted:
            port = plug(session, context, server, nic, groups)
            ports.append(port)
            if nic.tag:
                tags[port.id] = nic.tag
        server.nic_tags = tags
    except NotFound as fault:
        raise BadRequest(fault.message, field="networks") from None
    return list(network.server_needs(ports))


def plug(session: Session, context: Context, server: Server, nic: Nic, groups: list[str] | None) -> Any:
    """The port of one interface."""
    if nic.port_id:
        return network.adopt_port(session, context, nic.port_id, server.id)
    return network.create_port(
        session,
        context,
        network_id=nic.network_id or "",
        server_id=server.id,
        fixed_ip=nic.fixed_ip,
        security_group_ids=groups,
        project_id=server.project_id,
    )


def find_port(session: Session, server: Server, port_id: str) -> Any:
    """One port of a server; raises NotFound."""
    for port in network.ports_of(session, [server.id]).get(server.id, []):
        if port.id == port_id:
            return port
    raise NotFound(f"Port {port_id} is not attached to instance {server.id}")


def attach(session: Session, context: Context, server: Server, wanted: Nic) -> Any:
    """Plug one more interface in; returns the port. Raises Conflict or BadRequest."""
    power.check_unlocked(context, server)
    power.check_state(server, "attach_interface", ("ACTIVE", "SHUTOFF"))
    if wanted.network_id is None and wanted.port_id is None:
        found = network.default_network(session, context)
        if found is None:
            raise BadRequest("No suitable network could be found to attach.", field="net_id")
        wanted = Nic(network_id=found.id, fixed_ip=wanted.fixed_ip, tag=wanted.tag)
    port = plug(session, context, server, wanted, None)
    if wanted.tag:
        server.nic_tags = {**server.nic_tags, port.id: wanted.tag}
    needs = network.server_needs([port])
    intent = PRESENT.submit(
        session, server, context, params={"action": "attach_interface", "port_id": port.id}, needs=needs
    )
    actions.record(session, context, server, "attach_interface", intent)
    return port


def detach(session: Session, context: Context, server: Server, port_id: str) -> None:
    """Unplug an interface."""
    power.check_unlocked(context, server)
    power.check_state(server, "detach_interface", ("ACTIVE", "SHUTOFF"))
    find_port(session, server, port_id)
    intent = PRESENT.submit(session, server, context, params={"action": "detach_interface", "without_port": port_id})
    actions.record(session, context, server, "detach_interface", intent)
