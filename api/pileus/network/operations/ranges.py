"""Whether what a client says of a subnet's addresses makes sense: prefix, gateway, pools, routes, IPv6 modes."""

import ipaddress
import itertools
from typing import Any

from pileus.core.errors import BadRequest, Conflict
from pileus.network.operations.ipam import Network

MAX_NAMESERVERS, MAX_ROUTES = 5, 20
Pools = list[dict[str, Any]]


def invalid(words: str, field: str) -> BadRequest:
    """The fault for input that makes no sense."""
    return BadRequest(f"Invalid input for operation: {words}.", field=field, kind="InvalidInput")


def prefix(text: str, version: int | None, field: str = "cidr") -> Network:
    """A prefix without host bits, of the IP version given; raises BadRequest."""
    try:
        parsed = ipaddress.ip_network(text, strict=False)
    except ValueError:
        raise BadRequest(
            f"Invalid input for {field}. Reason: '{text}' is not a valid IP subnet.", field=field
        ) from None
    if version is not None and parsed.version != version:
        raise invalid(f"{field} '{text}' does not match the ip_version '{version}'", field)
    if "/" in text and str(parsed.network_address) != str(ipaddress.ip_address(text.split("/", maxsplit=1)[0])):
        raise BadRequest(
            f"Invalid input for {field}. Reason: '{text}' isn't a recognized IP subnet cidr, '{parsed}' is recommended.",
            field=field,
        )
    return parsed


def address(text: str, field: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    """An IP address; raises BadRequest."""
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        raise BadRequest(
            f"Invalid input for {field}. Reason: '{text}' is not a valid IP address.", field=field
        ) from None


def maybe_address(text: str | None, field: str) -> str | None:
    """An IP address in its usual form, or None; raises BadRequest."""
    return None if text is None else str(address(text, field))


def check_prefix(network: Network, dhcp: bool) -> None:
    """Raise BadRequest for prefixes that no subnet can have."""
    if network.prefixlen == 0:
        raise invalid(f"0 prefix length is not permitted: '{network}'", "cidr")
    if network.is_multicast or network.is_loopback:
        raise invalid(f"multicast or loopback subnet '{network}' is not supported", "cidr")
    if dhcp and network.prefixlen >= network.max_prefixlen - 1 and network.version == 4:
        raise invalid(f"Subnet has a prefix length that is incompatible with DHCP service enabled: '{network}'", "cidr")


def default_gateway(network: Network) -> str:
    """The first address of a prefix."""
    first = 0 if network.prefixlen >= network.max_prefixlen - 1 else 1
    return str(network.network_address + first)


def check_gateway(text: str, network: Network) -> str:
    """The gateway in its usual form; it may be outside of the prefix. Raises BadRequest."""
    gateway = address(text, "gateway_ip")
    if gateway.version != network.version:
        raise invalid(f"gateway_ip '{text}' does not match the ip_version '{network.version}'", "gateway_ip")
    ends = (network.network_address, network.broadcast_address) if network.version == 4 else (network.network_address,)
    if network.prefixlen < network.max_prefixlen - 1 and gateway in ends:
        raise invalid("Gateway is not valid on subnet", "gateway_ip")
    return str(gateway)


def default_pools(network: Network, gateway: str | None) -> Pools:
    """All usable addresses but the gateway, as one pool or two."""
    first, last = int(network.network_address), int(network.broadcast_address)
    if network.prefixlen < network.max_prefixlen - 1:
        first, last = first + 1, last - (network.version == 4)
    hole = int(ipaddress.ip_address(gateway)) if gateway else None
    spans = [(first, last)] if hole is None or not first <= hole <= last else [(first, hole - 1), (hole + 1, last)]
    make = type(network.network_address)
    return [{"start": str(make(start)), "end": str(make(end))} for start, end in spans if start <= end]


def check_pools(pools: Pools, network: Network, gateway: str | None) -> Pools:
    """The pools in order; raises BadRequest or Conflict for those that are not of this subnet or overlap."""
    spans = []
    for pool in pools:
        start, end = address(pool["start"], "allocation_pools"), address(pool["end"], "allocation_pools")
        if start.version != network.version or end.version != network.version or int(start) > int(end):
            raise BadRequest(
                f"The allocation pool {start}-{end} is not valid.",
                field="allocation_pools",
                kind="InvalidAllocationPool",
            )
        if start not in network or end not in network:
            raise BadRequest(
                f"The allocation pool {start}-{end} spans beyond the subnet cidr {network}.",
                field="allocation_pools",
                kind="OutOfBoundsAllocationPool",
            )
        spans.append((int(start), int(end), {"start": str(start), "end": str(end)}))
    spans.sort(key=lambda span: span[0])
    for (_, before, one), (after, _, two) in itertools.pairwise(spans):
        if after <= before:
            raise Conflict(
                f"Found overlapping allocation pools: {one['start']}-{one['end']} {two['start']}-{two['end']} "
                f"for subnet {network}.",
                kind="OverlappingAllocationPools",
            )
    check_apart(gateway, [span[2] for span in spans])
    return [span[2] for span in spans]


def check_apart(gateway: str | None, pools: Pools) -> None:
    """Raise Conflict when the gateway lies in a pool."""
    if gateway is None:
        return
    number = int(ipaddress.ip_address(gateway))
    for pool in pools:
        if int(ipaddress.ip_address(pool["start"])) <= number <= int(ipaddress.ip_address(pool["end"])):
            raise Conflict(
                f"Gateway ip {gateway} conflicts with allocation pool {pool['start']}-{pool['end']}.",
                kind="GatewayConflictWithAllocationPools",
            )


def nameservers(asked: list[str], version: int) -> list[str]:
    """DNS servers without doubles; raises BadRequest."""
    if len(asked) > MAX_NAMESERVERS:
        raise BadRequest(
            f"The number of DNS nameservers exceeds the limit {MAX_NAMESERVERS}.", kind="DNSNameServersExhausted"
        )
    servers = [str(address(text, "dns_nameservers")) for text in asked]
    if len(set(servers)) != len(servers):
        raise BadRequest(
            "Invalid input for dns_nameservers. Reason: Duplicate items in the list.", field="dns_nameservers"
        )
    if any(ipaddress.ip_address(server).version != version for server in servers):
        raise invalid(f"dns_nameserver does not match the ip_version '{version}'", "dns_nameservers")
    return servers


def routes(asked: Pools, version: int | None, field: str = "host_routes") -> Pools:
    """Routes as [{"destination", "nexthop"}] without doubles; raises BadRequest."""
    if len(asked) > MAX_ROUTES:
        raise BadRequest(
            f"The number of {field} exceeds the maximum {MAX_ROUTES}.", field=field, kind="RoutesExhausted"
        )
    listed: Pools = []
    for route in asked:
        target = prefix(route["destination"], version, field)
        hop = address(route["nexthop"], field)
        if hop.version != target.version:
            raise invalid(f"{field}: nexthop '{hop}' does not match the version of '{target}'", field)
        made = {"destination": str(target), "nexthop": str(hop)}
        if made in listed:
            raise BadRequest(f"Invalid input for {field}. Reason: Duplicate items in the list: '{made}'.", field=field)
        listed.append(made)
    return listed


def check_modes(version: int, dhcp: bool, ra: str | None, mode: str | None, network: Network) -> None:
    """Raise BadRequest for IPv6 modes that do not fit the subnet or each other."""
    if ra is None and mode is None:
        return
    if version == 4:
        raise invalid("ipv6_ra_mode and ipv6_address_mode are for IPv6 subnets only", "ipv6_address_mode")
    if not dhcp:
        raise invalid(
            "ipv6_ra_mode or ipv6_address_mode cannot be set when enable_dhcp is set to False", "ipv6_ra_mode"
        )
    if ra is not None and mode is not None and ra != mode:
        raise invalid(f"ipv6_ra_mode set to '{ra}' with ipv6_address_mode set to '{mode}' is not valid", "ipv6_ra_mode")
    if (mode or ra) in ("slaac", "dhcpv6-stateless") and network.prefixlen != 64:
        raise invalid(f"Invalid CIDR {network} for IPv6 address mode: a prefix length of 64 is needed", "cidr")
