# Copyright: Pileus contributors. Apache-2.0 (see LICENSE).
"""The rows of a security group: a port group and one ACL per rule; and of the group that drops what no rule allows."""

from __future__ import annotations

from typing import Any

from ansible.module_utils.ovn_topology_rows import DROP_GROUP, Row, cidr, group_name, marks, uuid, version

# IANA's numbers for the names the network API knows.
PROTOCOLS = {
    "hopopt": 0, "icmp": 1, "igmp": 2, "ipip": 4, "tcp": 6, "egp": 8, "udp": 17, "dccp": 33, "ipv6-encap": 41,
    "ipv6-route": 43, "ipv6-frag": 44, "rsvp": 46, "gre": 47, "esp": 50, "ah": 51, "icmpv6": 58, "ipv6-icmp": 58,
    "ipv6-nonxt": 59, "ipv6-opts": 60, "ospf": 89, "vrrp": 112, "pgm": 113, "sctp": 132, "udplite": 136,
}  # fmt: skip
WITH_PORTS = {6: "tcp", 17: "udp", 132: "sctp"}
ICMP = {1, 58}
DROP, ALLOW = 1001, 1002

# The guest asks for its address before any rule of its owner can allow it to.
DHCP_REQUESTS = (
    "ip4 && udp && udp.src == 68 && udp.dst == 67",
    "ip6 && udp && udp.src == 546 && udp.dst == 547",
)


def security_group_rows(item: dict[str, Any]) -> list[Row]:
    """The port group of a security group with its ACLs (ValueError for a rule that cannot be expressed)."""
    group = group_name(item["id"])
    rows = [Row("Port_Group", group, {}, marks(item, "security_group", name=item.get("name")))]
    action = "allow-related" if item.get("stateful", True) else "allow-stateless"
    for rule in item.get("rules") or []:
        external_ids = marks(
            item, "security_group_rule", key=uuid(rule["id"]), parent=group, remote_group=rule.get("remote_group_id")
        )
        columns = {
            "direction": "from-lport" if rule["direction"] == "egress" else "to-lport",
            "priority": ALLOW,
            "match": rule_match(group, rule),
            "action": action,
        }
        rows.append(Row("ACL", rule["id"], columns, external_ids, group))
    return rows


def drop_group_rows() -> list[Row]:
    """The group every secured port is in: nothing passes that no security group lets pass, except asking for an address."""
    item = {"id": DROP_GROUP}
    rows = [Row("Port_Group", DROP_GROUP, {}, marks(item, "drop_group"))]
    acls = [
        ("from-lport", DROP, f"inport == @{DROP_GROUP} && ip", "drop"),
        ("to-lport", DROP, f"outport == @{DROP_GROUP} && ip", "drop"),
        *(("from-lport", ALLOW, f"inport == @{DROP_GROUP} && {match}", "allow") for match in DHCP_REQUESTS),
    ]
    for number, (direction, priority, match, action) in enumerate(acls):
        key = f"{DROP_GROUP} {number}"
        columns = {"direction": direction, "priority": priority, "match": match, "action": action}
        rows.append(Row("ACL", key, columns, marks(item, "drop_group_rule", key=key, parent=DROP_GROUP), DROP_GROUP))
    return rows


def rule_match(group: str, rule: dict[str, Any]) -> str:
    """One rule in OVN's match language. Everything in it comes out of a table or is an address or a number."""
    family = {"IPv4": "ip4", "IPv6": "ip6"}[rule.get("ethertype") or "IPv4"]
    egress = {"egress": True, "ingress": False}[rule["direction"]]
    parts = [f"{'inport' if egress else 'outport'} == @{group}", family]
    other = f"{family}.{'dst' if egress else 'src'}"
    if remote := rule.get("remote_ip_prefix"):
        if version(remote) != int(family[2]):
            raise ValueError(f"rule {rule['id']}: {remote} is not an {rule['ethertype']} prefix")
        parts.append(f"{other} == {cidr(remote)}")
    if remote := rule.get("remote_group_id"):
        parts.append(f"{other} == ${group_name(remote)}_{family}")
    return " && ".join([*parts, *_protocol_match(family, rule)])


def _protocol_match(family: str, rule: dict[str, Any]) -> list[str]:
    name = str(rule.get("protocol") if rule.get("protocol") is not None else "any").lower()
    low, high = rule.get("port_range_min"), rule.get("port_range_max")
    if name in ("any", "0"):
        return []
    number = PROTOCOLS[name] if name in PROTOCOLS else int(name)
    if not 0 <= number <= 255:
        raise ValueError(f"rule {rule['id']}: there is no IP protocol {number}")
    if number in ICMP:
        icmp = "icmp4" if family == "ip4" else "icmp6"
        named = [
            f"{icmp}.{what} == {int(value)}" for what, value in (("type", low), ("code", high)) if value is not None
        ]
        return [icmp, *named]
    if number not in WITH_PORTS:
        if low is not None or high is not None:
            raise ValueError(f"rule {rule['id']}: protocol {name} has no ports that OVN can match")
        return [f"ip.proto == {number}"]
    word = WITH_PORTS[number]
    low, high = (high if low is None else low), (low if high is None else high)
    if low is None:
        return [word]
    if int(low) == int(high):
        return [word, f"{word}.dst == {int(low)}"]
    return [word, f"{word}.dst >= {int(low)}", f"{word}.dst <= {int(high)}"]
