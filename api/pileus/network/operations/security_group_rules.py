"""Security group rules: what may be said in one, and that no two say the same."""

import ipaddress
from typing import Any

from sqlalchemy.orm import Session

from pileus.core.context import Context
from pileus.core.db import lock
from pileus.core.errors import BadRequest, Conflict, NotFound
from pileus.network.models import SecurityGroup, SecurityGroupRule
from pileus.network.operations.quotas import QUOTA
from pileus.network.operations.standard import Asked, owner, revise
from pileus.network.operations.table import SECURITY_GROUP_PRESENT, ask
from pileus.network.operations.visible import find, own

NUMBERS = {  # https://www.iana.org/assignments/protocol-numbers
    "ah": 51, "dccp": 33, "egp": 8, "esp": 50, "gre": 47, "icmp": 1, "igmp": 2, "ipip": 4, "ipv6-encap": 41,
    "ipv6-frag": 44, "ipv6-icmp": 58, "icmpv6": 58, "ipv6-nonxt": 59, "ipv6-opts": 60, "ipv6-route": 43, "ospf": 89,
    "pgm": 113, "rsvp": 46, "sctp": 132, "tcp": 6, "udp": 17, "udplite": 136, "vrrp": 112,
}  # fmt: skip
PORTED = {6, 17, 132}  # of these OVN can match ports
ICMP = {1, 58}
V6_ONLY = {43, 44, 58, 59, 60}


def create_rule(session: Session, context: Context, asked: Asked) -> SecurityGroupRule:
    """Add a rule to a group; raises BadRequest for one that makes no sense, Conflict for one that is there."""
    group = own(session, context, SecurityGroup, asked["security_group_id"])
    owner(context, asked)
    values = _checked(session, context, asked)
    lock(session, f"network/security-group/{group.id}")
    _check_new(group, values)
    QUOTA.reserve(session, group.project_id, security_group_rule=1)
    row = SecurityGroupRule(
        **values, project_id=group.project_id, description=asked.get("description") or "", security_group_id=group.id
    )
    group.rules.append(row)
    revise(group)
    session.flush()
    ask(SECURITY_GROUP_PRESENT, session, group, context)
    return row


def _checked(session: Session, context: Context, asked: Asked) -> Asked:
    """The rule's attributes in their usual form."""
    ethertype = {"ipv4": "IPv4", "ipv6": "IPv6"}.get(str(asked.get("ethertype") or "IPv4").lower())
    if ethertype is None:
        raise BadRequest(
            f"Invalid input for ethertype. Reason: '{asked['ethertype']}' is not in IPv4, IPv6.", field="ethertype"
        )
    protocol = _protocol(asked.get("protocol"))
    low, high = _port(asked.get("port_range_min")), _port(asked.get("port_range_max"))
    low, high = _check_ports(protocol, low, high)
    if protocol is not None and _number(protocol) in V6_ONLY and ethertype == "IPv4":
        raise BadRequest(
            f"Invalid ethertype IPv4 for protocol {protocol}.",
            field="ethertype",
            kind="SecurityGroupEthertypeConflictWithProtocol",
        )
    remote, prefix = asked.get("remote_group_id"), asked.get("remote_ip_prefix")
    if remote is not None and prefix is not None:
        raise BadRequest(
            "Only remote_ip_prefix or remote_group_id may be provided.",
            kind="SecurityGroupRemoteGroupAndRemoteIpPrefix",
        )
    if remote is not None:
        remote = _remote(session, context, remote)
    return {
        "direction": asked["direction"],
        "ethertype": ethertype,
        "protocol": protocol,
        "port_range_min": low,
        "port_range_max": high,
        "remote_group_id": remote,
        "remote_ip_prefix": None if prefix is None else _prefix(prefix, ethertype),
    }


def _remote(session: Session, context: Context, remote: str) -> str:
    try:
        return find(session, context, SecurityGroup, remote).id
    except NotFound:
        raise NotFound(
            f"Security group {remote} does not exist.", field="remote_group_id", kind="SecurityGroupNotFound"
        ) from None


def _prefix(text: str, ethertype: str) -> str:
    """The prefix as it was written; raises BadRequest for none, or one of the other version."""
    try:
        parsed = ipaddress.ip_network(text, strict=False)
    except ValueError:
        raise BadRequest(
            f"Invalid CIDR {text} given as IP prefix.", field="remote_ip_prefix", kind="InvalidCIDR"
        ) from None
    if f"IPv{parsed.version}" != ethertype:
        raise BadRequest(
            f"Conflicting value ethertype {ethertype} for CIDR {text}",
            field="remote_ip_prefix",
            kind="SecurityGroupRuleParameterConflict",
        )
    return text if "/" in text else str(parsed)


def _protocol(asked: Any) -> str | None:
    """A protocol's name, or its number as text; None for any."""
    if asked is None or str(asked).lower() in ("any", ""):
        return None
    text = str(asked).lower()
    if text in NUMBERS or (text.isascii() and text.isdigit() and int(text) <= 255):
        return text
    raise BadRequest(
        f"Security group rule protocol {asked} not supported. Only protocol values {sorted(NUMBERS)} and integer "
        "representations [0 to 255] are supported.",
        field="protocol",
        kind="SecurityGroupRuleInvalidProtocol",
    )


def _number(protocol: str) -> int:
    return NUMBERS[protocol] if protocol in NUMBERS else int(protocol)


def _port(value: Any) -> int | None:
    if value is None or value == "":
        return None
    try:
        return int(value)
    except (TypeError, ValueError):
        raise BadRequest(
            f"Invalid value for port {value}", field="port_range_min", kind="SecurityGroupInvalidPortValue"
        ) from None


def _check_ports(protocol: str | None, low: int | None, high: int | None) -> tuple[int | None, int | None]:
    """Ports, or ICMP type and code, that are possible; raises BadRequest."""
    if low is None and high is None:
        return None, None
    number = None if protocol is None else _number(protocol)
    if number in ICMP:
        for name, value in (("type", low), ("code", high)):
            if value is not None and not 0 <= value <= 255:
                raise BadRequest(
                    f"Invalid value for ICMP {name} ({value}). It must be 0 to 255.",
                    kind="SecurityGroupInvalidIcmpValue",
                )
        if low is None:
            raise BadRequest(
                f"ICMP code (port-range-max) {high} is provided but ICMP type (port-range-min) is missing.",
                kind="SecurityGroupMissingIcmpType",
            )
        return low, high
    if number not in PORTED:
        raise BadRequest(
            "Must also specify protocol if port range is given.", kind="SecurityGroupProtocolRequiredWithPorts"
        )
    for value in (low, high):
        if value is not None and not 0 <= value <= 65535:
            raise BadRequest(f"Invalid value for port {value}", kind="SecurityGroupInvalidPortValue")
    if low is None or high is None or low > high:
        raise BadRequest(
            "For TCP/UDP protocols, port_range_min must be <= port_range_max", kind="SecurityGroupInvalidPortRange"
        )
    return low, high


def _check_new(group: SecurityGroup, values: Asked) -> None:
    """Raise Conflict when a rule of the group says the same."""

    def meaning(get: Any) -> tuple[Any, ...]:
        protocol = get("protocol")
        prefix = get("remote_ip_prefix")
        return (
            get("direction"), get("ethertype"), None if protocol is None else _number(protocol), get("port_range_min"),
            get("port_range_max"), get("remote_group_id"), None if prefix is None else normalized(prefix),
        )  # fmt: skip

    wanted = meaning(values.get)
    for rule in group.rules:
        if meaning(lambda name, rule=rule: getattr(rule, name)) == wanted:
            raise Conflict(f"Security group rule already exists. Rule id is {rule.id}.", kind="SecurityGroupRuleExists")


def normalized(prefix: str) -> str:
    """A prefix without host bits."""
    return str(ipaddress.ip_network(prefix, strict=False))


def delete_rule(session: Session, context: Context, rule_id: str) -> None:
    """Take a rule out of its group."""
    row = own(session, context, SecurityGroupRule, rule_id)
    group = session.get_one(SecurityGroup, row.security_group_id)
    group.rules.remove(row)
    revise(group)
    session.flush()
    ask(SECURITY_GROUP_PRESENT, session, group, context)
