"""Addresses: which ones a subnet has, and taking one so that nobody else can have it."""

import ipaddress
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from pileus.core.db import lock
from pileus.core.errors import BadRequest, Conflict, NotFound
from pileus.network.models import IpAllocation, Subnet

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
AUTOMATIC = ("slaac", "dhcpv6-stateless")  # the guest makes its own IPv6 address of its MAC
SCAN = 4096  # pools up to this size are looked through; in larger ones a guess nearly always hits


@dataclass(frozen=True)
class Wish:
    """What is asked of one fixed IP: a subnet, an address, or both."""

    subnet_id: str | None = None
    ip_address: str | None = None


def network_of(subnet: Subnet) -> Network:
    """The subnet's range."""
    return ipaddress.ip_network(subnet.cidr)


def size_of(pools: Iterable[dict[str, Any]]) -> int:
    """How many addresses the pools hold."""
    return sum(int(ipaddress.ip_address(p["end"])) - int(ipaddress.ip_address(p["start"])) + 1 for p in pools)


def automatic(subnet: Subnet) -> bool:
    """Whether guests make their addresses of their MAC."""
    return subnet.ipv6_address_mode in AUTOMATIC


def eui64(cidr: str, mac: str) -> str:
    """The IPv6 address that a guest with this MAC makes in this prefix (RFC 4291, appendix A)."""
    octets = [int(part, 16) for part in mac.split(":")]
    octets[0] ^= 2
    host = bytes([*octets[:3], 0xFF, 0xFE, *octets[3:]])
    return str(ipaddress.ip_address(int(ipaddress.ip_network(cidr).network_address) + int.from_bytes(host, "big")))


def _taken(session: Session, subnet_id: str, among: Sequence[str] | None = None) -> set[str]:
    statement = select(IpAllocation.ip_address).where(IpAllocation.subnet_id == subnet_id)
    if among is not None:
        statement = statement.where(IpAllocation.ip_address.in_(among))
    return set(session.execute(statement).scalars())


def _pick(session: Session, subnet: Subnet, lowest: bool) -> str | None:
    """A free address of the subnet's pools: the lowest one, or any."""
    ranges = [
        (int(ipaddress.ip_address(p["start"])), int(ipaddress.ip_address(p["end"]))) for p in subnet.allocation_pools
    ]
    make = ipaddress.IPv4Address if subnet.ip_version == 4 else ipaddress.IPv6Address
    if not lowest and size_of(subnet.allocation_pools) > SCAN:
        guesses = [str(make(random.randint(*random.choice(ranges)))) for _ in range(16)]  # noqa: S311
        used = _taken(session, subnet.id, guesses)
        free = [g for g in guesses if g not in used]
        if free:
            return free[0]
    taken = {int(ipaddress.ip_address(a)) for a in _taken(session, subnet.id)}
    if lowest or size_of(subnet.allocation_pools) > SCAN:
        number = next((n for start, end in ranges for n in range(start, end + 1) if n not in taken), None)
    else:
        candidates = [n for start, end in ranges for n in range(start, end + 1) if n not in taken]
        number = random.choice(candidates) if candidates else None  # noqa: S311
    return None if number is None else str(make(number))


def take(
    session: Session, subnet: Subnet, address: str | None = None, *, lowest: bool = False, **owner: Any
) -> IpAllocation | None:
    """Take `address`, or a free one, of a subnet; None when none is left. Raises Conflict when `address` is taken.

    `owner` is port_id or floating_ip_id, or nothing for the metadata service. Holds the subnet's lock until the transaction
    ends.
    """
    lock(session, f"network/addresses/{subnet.id}")
    session.flush()
    if address is None:
        address = _pick(session, subnet, lowest)
        if address is None:
            return None
    elif _taken(session, subnet.id, [address]):
        raise Conflict(
            f"IP address {address} already allocated in subnet {subnet.id}", kind="IpAddressAlreadyAllocated"
        )
    made = IpAllocation(subnet_id=subnet.id, network_id=subnet.network_id, ip_address=address, **owner)
    return made


def free_metadata(session: Session, subnet: Subnet) -> None:
    """Give back the address of the subnet's metadata service."""
    if subnet.metadata_ip is not None:
        session.execute(
            delete(IpAllocation).where(
                IpAllocation.subnet_id == subnet.id, IpAllocation.ip_address == subnet.metadata_ip
            )
        )
        subnet.metadata_ip = None


def take_metadata(session: Session, subnet: Subnet) -> None:
    """Take the lowest free address for the metadata service of an IPv4 subnet with DHCP; without one it does not serve."""
    if subnet.ip_version == 4 and subnet.enable_dhcp and subnet.metadata_ip is None:
        made = take(session, subnet, lowest=True)
        if made is not None:
            session.add(made)
            subnet.metadata_ip = made.ip_address


def allocate(
    session: Session, network_id: str, subnets: Sequence[Subnet], wishes: Sequence[Wish] | None, mac: str, **owner: Any
) -> list[IpAllocation]:
    """Take addresses for one port: what is wished for, or (None) one of each IP version that the network has.

    Raises BadRequest for an address or a subnet that is not the network's, Conflict when nothing is left.
    """
    chosen: list[IpAllocation] = []
    if wishes is None:
        chosen = _one_of_each(session, network_id, subnets, mac, owner)
    else:
        for wish in wishes:
            subnet = _subnet_for(network_id, subnets, wish)
            address = wish.ip_address
            if address is None and automatic(subnet):
                address = eui64(subnet.cidr, mac)
            made = take(session, subnet, address, **owner)
            if made is None:
                raise _exhausted(network_id)
            session.add(made)
            chosen.append(made)
    for position, made in enumerate(chosen):
        made.position = position
    return chosen


def _one_of_each(
    session: Session, network_id: str, subnets: Sequence[Subnet], mac: str, owner: dict[str, Any]
) -> list[IpAllocation]:
    chosen = []
    for version in (4, 6):
        candidates = [s for s in subnets if s.ip_version == version and not automatic(s)]
        for subnet in candidates:
            if made := take(session, subnet, **owner):
                session.add(made)
                chosen.append(made)
                break
        else:
            if candidates:
                raise _exhausted(network_id)
    for subnet in subnets:
        if automatic(subnet) and (made := take(session, subnet, eui64(subnet.cidr, mac), **owner)):
            session.add(made)
            chosen.append(made)
    return chosen


def _exhausted(network_id: str) -> Conflict:
    return Conflict(f"No more IP addresses available on network {network_id}.", kind="IpAddressGenerationFailure")


def _subnet_for(network_id: str, subnets: Sequence[Subnet], wish: Wish) -> Subnet:
    """The subnet that a wish means."""
    address = None if wish.ip_address is None else ipaddress.ip_address(wish.ip_address)
    if wish.subnet_id is not None:
        subnet = next((s for s in subnets if s.id == wish.subnet_id), None)
        if subnet is None:
            raise NotFound(f"Subnet {wish.subnet_id} could not be found.", kind="SubnetNotFound")
        if address is not None and not _may_hold(subnet, address):
            raise BadRequest(
                f"IP address {address} is not a valid IP for the specified subnet.", kind="InvalidIpForSubnet"
            )
        return subnet
    if address is None:
        raise BadRequest("IP allocation requires subnet_id or ip_address.", field="fixed_ips", kind="InvalidInput")
    found = next((s for s in subnets if _may_hold(s, address)), None)
    if found is None:
        raise BadRequest(
            f"IP address {address} is not a valid IP for any of the subnets on network {network_id}.",
            kind="InvalidIpForNetwork",
        )
    return found


def _may_hold(subnet: Subnet, address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    network = network_of(subnet)
    if address not in network:
        return False
    if isinstance(network, ipaddress.IPv4Network) and network.prefixlen < 31:
        return address not in (network.network_address, network.broadcast_address)
    return True
