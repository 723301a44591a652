"""Rules of servers: who sees which, and how one is asked for."""

import base64
import binascii
import ipaddress
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.orm import Session

from pileus.compute.models import Flavor, Server
from pileus.compute.operations import actions, boot, flavors, groups, keypairs, nics, power
from pileus.compute.operations.runs import PRESENT, REBUILD
from pileus.compute.operations.zones import zone_and_host
from pileus.compute.quota import QUOTA
from pileus.core.context import Context
from pileus.core.db import new_id
from pileus.core.errors import BadRequest, Forbidden, NotFound
from pileus.core.intents import waited_for

MAX_USER_DATA = 65535


@dataclass(frozen=True)
class Template:
    """All that the servers of one request have in common."""

    flavor: Flavor
    plan: boot.Plan
    networks: list[nics.Nic]
    columns: dict[str, Any]
    count: int = 1
    needs: list[str] = field(default_factory=list)


def find_server(session: Session, context: Context, server_id: str, change: bool = False) -> Server:
    """One server the caller may see; raises NotFound. `change` also refuses one that is being deleted."""
    row = session.get(Server, server_id)
    if row is None or (row.project_id != context.project_id and not context.is_admin) or (change and row.deleting):
        raise NotFound(f"Instance {server_id} could not be found.")
    return row


def hostname_of(name: str, server_id: str) -> str:
    """The guest's host name: what remains of a name when only letters, digits, dots and dashes may."""
    kept = re.sub(r"[^\w.-]", "", re.sub(r"[ _]", "-", name.lower()), flags=re.ASCII).strip(".-")[:63].strip(".-")
    return kept or f"server-{server_id}"


def address(text: str | None) -> str:
    """An IP address in its shortest form; "" for none."""
    return str(ipaddress.ip_address(text)) if text else ""


def check_metadata(session: Session, project_id: str, metadata: Mapping[str, str]) -> None:
    """Raise Forbidden when a server would have more metadata than allowed."""
    limit = QUOTA.of(session, project_id)["metadata_items"]
    if 0 <= limit < len(metadata):
        raise Forbidden(f"Maximum number of metadata items exceeds {limit}")


def _user_data(text: str | None) -> str | None:
    if not text:
        return None
    try:
        base64.b64decode(text, validate=False)
        if not re.fullmatch(r"[A-Za-z0-9+/\s]*={0,2}\s*", text):
            raise ValueError
    except (ValueError, binascii.Error):
        raise BadRequest("Invalid input for field/attribute user_data: it is not base64.", field="user_data") from None
    if len(text) > MAX_USER_DATA:
        raise BadRequest(f"User data too large. User data must be at most {MAX_USER_DATA} bytes.", field="user_data")
    return text


def _template(session: Session, context: Context, wanted: Mapping[str, Any], version_237: bool) -> Template:
    """Check everything that does not depend on which of several servers it is."""
    flavor = _flavor(session, context, str(wanted["flavorRef"]))
    key = _keypair(session, context, wanted.get("key_name"))
    zone, host = zone_and_host(session, context, wanted)
    count = _count(wanted)
    networks = nics.plan(session, context, wanted, version_237)
    if count > 1 and any(nic.port_id or nic.fixed_ip for nic in networks):
        raise BadRequest("Unable to launch multiple instances with a single configured port or address.")
    plan = boot.plan(session, context, wanted, flavor)
    if count > 1 and any(disk.volume_id for disk in plan.volumes):
        raise BadRequest("Unable to launch multiple instances with one volume.")
    metadata = wanted.get("metadata") or {}
    check_metadata(session, context.project_id or "", metadata)
    columns = {
        "description": wanted.get("description"),
        "wanted_host": host,
        "availability_zone": zone,
        "image_id": plan.image_id,
        "boot": plan.source,
        "root_size": plan.root_size,
        "flavor_id": flavor.id,
        "flavor": flavors.snapshot(flavor),
        "vcpus": flavor.vcpus,
        "ram": flavor.ram,
        "disk": flavor.disk,
        "key_name": key.name if key else None,
        "public_key": key.public_key if key and key.type == "ssh" else None,
        "user_data": _user_data(wanted.get("user_data")),
        "properties": dict(metadata),
        "tags": list(dict.fromkeys(wanted.get("tags") or [])),
        "security_groups": nics.group_names(wanted),
        "access_ipv4": address(wanted.get("accessIPv4")),
        "access_ipv6": address(wanted.get("accessIPv6")),
        "reservation_id": f"r-{secrets.token_hex(4)}",
    }
    return Template(flavor, plan, networks, columns, count)


def _flavor(session: Session, context: Context, flavor_id: str) -> Flavor:
    try:
        return flavors.find_flavor(session, context, flavor_id)
    except NotFound as fault:
        raise BadRequest(fault.message, field="flavorRef") from None


def _keypair(session: Session, context: Context, name: str | None) -> Any:
    if name is None:
        return None
    try:
        return keypairs.find_keypair(session, context.user_id, name)
    except NotFound:
        raise BadRequest("Invalid key_name provided.", field="key_name") from None


def _count(wanted: Mapping[str, Any]) -> int:
    low, high = int(wanted.get("min_count") or 1), wanted.get("max_count")
    high = int(high) if high is not None else low
    if low > high:
        raise BadRequest("min_count must be <= max_count", field="min_count")
    return high


def create_servers(
    session: Session,
    context: Context,
    wanted: Mapping[str, Any],
    hints: Mapping[str, Any],
    pool: str,
    version_237: bool,
) -> list[Server]:
    """Ask for servers: rows, ports, volumes and intents in one transaction.

    `wanted` is the API's server object, `hints` the scheduler hints. As many of max_count as the quota allows are made,
    at least min_count. Raises BadRequest, Forbidden, OverQuota, Conflict, or what network and block storage raise.
    """
    template = _template(session, context, wanted, version_237)
    count = _affordable(session, context, template, int(wanted.get("min_count") or 1))
    group = groups.joined(session, context, hints, count)
    names = [wanted["name"]] if template.count == 1 else [f"{wanted['name']}-{i + 1}" for i in range(count)]
    made = []
    for index, name in enumerate(names):
        server_id = new_id()
        row = Server(
            id=server_id,
            project_id=context.project_id,
            user_id=context.user_id,
            status="BUILD",
            task_state="scheduling",
            name=name,
            hostname=wanted.get("hostname") or hostname_of(name, server_id),
            group_id=group,
            root_pool=pool,
            launch_index=index,
            **template.columns,
        )
        session.add(row)
        session.flush()
        needs = nics.make(session, context, row, template.networks, wanted)
        needs += boot.make_volumes(session, context, row, template.plan)
        needs += [template.plan.image_id] if template.plan.image_id else []  # so that its delete waits for the clone
        intent = PRESENT.submit(session, row, context, params={"action": "create"}, needs=needs)
        row.task_intent = intent.id
        actions.record(session, context, row, "create", intent)
        made.append(row)
    return made


def _affordable(session: Session, context: Context, template: Template, least: int) -> int:
    """How many servers the quota allows, between min_count and max_count; raises OverQuota below."""
    project = context.project_id or ""
    QUOTA.reserve(
        session, project, instances=least, cores=least * template.flavor.vcpus, ram=least * template.flavor.ram
    )
    if template.count == least:
        return least
    limits, used = QUOTA.of(session, project), QUOTA.used(session, project)
    each = {"instances": 1, "cores": template.flavor.vcpus, "ram": template.flavor.ram}
    room = [(limits[name] - used[name]) // size for name, size in each.items() if limits[name] >= 0 and size]
    return min([template.count, *room])


def rebuild_server(session: Session, context: Context, server: Server, wanted: Mapping[str, Any]) -> None:
    """Make a server anew from an image; raises Conflict by its state, BadRequest for what can't be."""
    power.check_unlocked(context, server)
    power.check_state(server, "rebuild", ("ACTIVE", "SHUTOFF", "ERROR"))
    if not server.boot:
        raise BadRequest("A server that boots from a volume can not be rebuilt here.", field="imageRef")
    source = boot.image_source(session, context, str(wanted["imageRef"]), server.flavor)
    if "metadata" in wanted:
        check_metadata(session, server.project_id, wanted["metadata"])
        server.properties = dict(wanted["metadata"])
    if "key_name" in wanted:
        key = _keypair(session, context, wanted["key_name"])
        server.key_name = key.name if key else None
        server.public_key = key.public_key if key and key.type == "ssh" else None
    if "user_data" in wanted:
        server.user_data = _user_data(wanted["user_data"])
    update_server(server, wanted)
    server.image_id, server.boot, server.root_size = source.image_id, source.source, source.root_size
    needs = [str(source.image_id), *waited_for(session, server.id)]  # images of the old disk come first
    intent = REBUILD.submit(session, server, context, params={"action": "rebuild"}, needs=needs)
    power.begin(session, context, server, "rebuild", intent, "rebuilding", "REBUILD")


def update_server(server: Server, wanted: Mapping[str, Any]) -> None:
    """Change what a server is called."""
    names = {"name": "name", "description": "description", "accessIPv4": "access_ipv4", "accessIPv6": "access_ipv6"}
    for key, column in {**names, "hostname": "hostname"}.items():
        if key in wanted:
            value = wanted[key]
            setattr(server, column, address(value) if key.startswith("access") else value)
