"""Which servers a list is about: every filter of GET /servers, as a select."""

import datetime as dt
import re
from typing import Any

from sqlalchemy import Select, and_, false, or_, select

from pileus.compute.models import Server
from pileus.core.errors import BadRequest, Forbidden
from pileus.core.http.call import Call
from pileus.network import operations as network

KNOWN = {
    "BUILD", "ACTIVE", "SHUTOFF", "REBOOT", "HARD_REBOOT", "ERROR",
    "DELETED", "MIGRATING", "PASSWORD", "PAUSED", "REBUILD", "RESCUE", "RESIZE", "REVERT_RESIZE", "SHELVED",
    "SHELVED_OFFLOADED", "SOFT_DELETED", "SUSPENDED", "UNKNOWN", "VERIFY_RESIZE",
}  # fmt: skip
PLAIN = {
    "uuid": Server.id,
    "reservation_id": Server.reservation_id,
    "user_id": Server.user_id,
    "key_name": Server.key_name,
    "availability_zone": Server.availability_zone,
    "launch_index": Server.launch_index,
    "hostname": Server.hostname,
    "access_ip_v4": Server.access_ipv4,
    "access_ip_v6": Server.access_ipv6,
    "accessIPv4": Server.access_ipv4,
    "accessIPv6": Server.access_ipv6,
    "task_state": Server.task_state,
    "power_state": Server.power_state,
    "description": Server.description,
}
VM_STATE = {
    "active": ("ACTIVE", "REBOOT", "HARD_REBOOT"),
    "stopped": ("SHUTOFF",),
    "building": ("BUILD",),
    "error": ("ERROR",),
}
SPECIAL = re.compile(r"[\\^$.|?*+()\[\]{}]")
COSTLY = re.compile(r"[(){}]|(?:[*+?].*){5}")


def filtered(call: Call, columns: list[Any]) -> Select[Any] | None:
    """The servers asked for; None where nothing can match. Raises BadRequest for values that mean nothing."""
    query = call.query
    statement = select(*columns)
    statement = _owner(call, statement)
    if "deleted" in query and query["deleted"].lower() in ("1", "true", "yes", "on") and call.context.is_admin:
        return None  # rows of deleted servers are not kept
    if statuses := query.getlist("status"):
        wanted = {status.upper() for status in statuses}
        if call.at_least(2, 38) and not wanted <= KNOWN:
            raise BadRequest(f"Invalid status value: {', '.join(sorted(wanted - KNOWN))}", field="status")
        statement = statement.where(Server.status.in_(wanted))
    if "vm_state" in query:
        statement = statement.where(Server.status.in_(VM_STATE.get(query["vm_state"], ())))
    for name, column in PLAIN.items():
        if name in query:
            statement = statement.where(_equal(name, column, query[name]))
    statement = _placed(call, statement)
    for name in ("image", "flavor"):
        if name in query:
            value = query[name].rstrip("/").rpartition("/")[2]
            statement = statement.where((Server.image_id if name == "image" else Server.flavor_id) == value)
    if "name" in query:
        statement = statement.where(_like(Server.name, query["name"], "name"))
    return _addresses(call, _tags(call, _times(call, statement)))


def _equal(name: str, column: Any, value: str) -> Any:
    if name in ("launch_index", "power_state"):
        if not value.isdigit():
            raise BadRequest(f"Invalid input for query parameters {name}: {value!r} is no number.", field=name)
        return column == int(value)
    return column == value


def _owner(call: Call, statement: Select[Any]) -> Select[Any]:
    """Servers of the caller's project, or of all for an admin who asks for it."""
    text = call.query.get("all_tenants", "0").lower() if "all_tenants" in call.query else None
    everyone = text is not None and text in ("", "1", "true", "t", "yes", "on", "y")
    if text is not None and not everyone and text not in ("0", "false", "f", "no", "off", "n"):
        raise BadRequest(f"Invalid value for all_tenants: {text!r}", field="all_tenants")
    if everyone:
        if not call.allows("os_compute_api:servers:detail:get_all_tenants"):
            raise Forbidden("Policy doesn't allow os_compute_api:servers:index:get_all_tenants to be performed.")
        wanted = call.query.get("project_id") or call.query.get("tenant_id")
        return statement.where(Server.project_id == wanted) if wanted else statement
    return statement.where(Server.project_id == call.context.project_id)


def _placed(call: Call, statement: Select[Any]) -> Select[Any]:
    """host and node, which only admins may ask by; others' wish is ignored, as the API has it."""
    for name in ("host", "node", "hypervisor_hostname"):
        if name in call.query and call.context.is_admin:
            statement = statement.where(Server.host == call.query[name])
    if "locked" in call.query and call.at_least(2, 73):
        locked = call.query["locked"].lower() in ("1", "true", "t", "yes", "on")
        statement = statement.where(Server.locked_by.is_not(None) if locked else Server.locked_by.is_(None))
    return statement


def _like(column: Any, text: str, name: str) -> Any:
    """Clients send a part of the value, or a simple regular expression."""
    check_expression(text, name)
    if not SPECIAL.search(text):
        return column.contains(text, autoescape=True)
    return or_(column.regexp_match(text), column == text)


def check_expression(text: str, name: str) -> None:
    """Raise BadRequest for a regular expression that is none, or that could take for ever."""
    if COSTLY.search(text) or len(text) > 255:
        raise BadRequest(f"The expression for {name} is too complex.", field=name)
    try:
        re.compile(text)
    except re.error as error:
        raise BadRequest(f"Invalid filter pattern for {name}: {error}", field=name) from None


def moment(text: str, name: str) -> dt.datetime:
    """An ISO 8601 time as UTC without a zone; raises BadRequest."""
    try:
        value = dt.datetime.fromisoformat(text.strip().replace(" ", "+") if "T" in text else text)
    except ValueError:
        raise BadRequest(f"Invalid {name} value: {text!r}", field=name) from None
    return value.astimezone(dt.UTC).replace(tzinfo=None) if value.tzinfo else value


def _times(call: Call, statement: Select[Any]) -> Select[Any]:
    changed = Server.updated_at
    for name, since in (("changes-since", True), ("changes-before", False)):
        if name in call.query and (since or call.at_least(2, 66)):
            when = moment(call.query[name], name)
            if since:
                late = or_(changed >= when, and_(changed.is_(None), Server.created_at >= when))
            else:
                late = or_(changed <= when, and_(changed.is_(None), Server.created_at <= when))
            statement = statement.where(late)
    return statement


def _tags(call: Call, statement: Select[Any]) -> Select[Any]:
    """Tags are few for each server: those of the project's servers that have any are compared here."""
    if not call.at_least(2, 26) or not any(
        name in call.query for name in ("tags", "tags-any", "not-tags", "not-tags-any")
    ):
        return statement
    wanted = {name: set(call.query[name].split(",")) for name in call.query if "tags" in name}
    base = statement.with_only_columns(Server.id, Server.tags)
    matching = []
    for server_id, tags in call.session.execute(base):
        have = set(tags)
        if (
            wanted.get("tags", set()) <= have
            and ("tags-any" not in wanted or wanted["tags-any"] & have)
            and ("not-tags" not in wanted or not wanted["not-tags"] <= have)
            and not wanted.get("not-tags-any", set()) & have
        ):
            matching.append(server_id)
    return statement.where(Server.id.in_(matching))


def _addresses(call: Call, statement: Select[Any]) -> Select[Any]:
    """ip and ip6 filters are expressions over fixed addresses."""
    asked = {version: call.query[name] for name, version in (("ip", 4), ("ip6", 6)) if name in call.query}
    if not asked:
        return statement
    for text in asked.values():
        check_expression(text, "ip")
    ids = list(call.session.scalars(statement.with_only_columns(Server.id)))
    matching = []
    for server_id, networks in network.addresses_of(call.session, ids).items():
        listed = [a for addresses in networks.values() for a in addresses if a["OS-EXT-IPS:type"] == "fixed"]
        if any(
            re.search(text, a["addr"]) for version, text in asked.items() for a in listed if a["version"] == version
        ):
            matching.append(server_id)
    return statement.where(Server.id.in_(matching)) if matching else statement.where(false())
