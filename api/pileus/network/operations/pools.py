"""Subnet pools and address scopes: prefixes, and cutting subnets from them."""

import ipaddress
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from pileus.core.context import Context
from pileus.core.db import lock
from pileus.core.errors import BadRequest, Conflict
from pileus.network.models import AddressScope, Subnet, SubnetPool
from pileus.network.operations import ranges
from pileus.network.operations.ipam import Network
from pileus.network.operations.quotas import QUOTA
from pileus.network.operations.standard import Asked, change, forget_tags, owner, revise, set_tags
from pileus.network.operations.visible import find, own


def create_pool(session: Session, context: Context, asked: Asked) -> SubnetPool:
    """Make a subnet pool of prefixes that are all of one IP version."""
    project = owner(context, asked)
    QUOTA.reserve(session, project, subnetpool=1)
    prefixes = _prefixes(asked["prefixes"])
    version = prefixes[0].version
    shortest, longest = (8, 32) if version == 4 else (64, 128)
    least, most = asked.get("min_prefixlen") or shortest, asked.get("max_prefixlen") or longest
    usual = asked.get("default_prefixlen") or least
    _check_lengths(least, usual, most, longest)
    row = SubnetPool(
        project_id=project,
        ip_version=version,
        prefixes=_merged(prefixes),
        min_prefixlen=int(least),
        max_prefixlen=int(most),
        default_prefixlen=int(usual),
        default_quota=asked.get("default_quota"),
        address_scope_id=_scope(session, context, asked.get("address_scope_id"), version),
        shared=asked.get("shared", False),
        is_default=asked.get("is_default", False),
        name=asked["name"],
        description=asked.get("description", ""),
    )
    session.add(row)
    session.flush()
    if asked.get("tags"):
        set_tags(session, row, asked["tags"])
    return row


def _prefixes(texts: list[str]) -> list[Network]:
    if not texts:
        raise BadRequest("Empty subnet pool prefix list.", field="prefixes", kind="EmptySubnetPoolPrefixList")
    prefixes = [ranges.prefix(text, None, "prefixes") for text in texts]
    if len({p.version for p in prefixes}) > 1:
        raise BadRequest(
            "Cannot mix IPv4 and IPv6 prefixes in a subnet pool.", field="prefixes", kind="PrefixVersionMismatch"
        )
    return prefixes


def _merged(prefixes: list[Any]) -> list[str]:
    return [str(p) for p in ipaddress.collapse_addresses(prefixes)]


def _check_lengths(least: int, usual: int, most: int, longest: int) -> None:
    if not 0 <= least <= usual <= most <= longest:
        raise BadRequest(
            f"Illegal prefix bounds: min_prefixlen={least}, default_prefixlen={usual}, max_prefixlen={most}.",
            kind="IllegalSubnetPoolPrefixBounds",
        )


def _scope(session: Session, context: Context, scope_id: str | None, version: int) -> str | None:
    if scope_id is None:
        return None
    scope = find(session, context, AddressScope, scope_id)
    if scope.ip_version != version:
        raise BadRequest(
            f"Illegal address scope {scope_id}: it is of another IP version.",
            kind="IllegalSubnetPoolIpVersionAssociationToAddressScope",
        )
    return scope.id


def update_pool(session: Session, context: Context, pool_id: str, asked: Asked) -> SubnetPool:
    """Change a subnet pool; prefixes may only be added."""
    row = own(session, context, SubnetPool, pool_id)
    if "prefixes" in asked:
        _grow(row, asked["prefixes"])
    if "address_scope_id" in asked:
        asked = {**asked, "address_scope_id": _scope(session, context, asked["address_scope_id"], row.ip_version)}
    change(
        row,
        asked,
        (
            "name",
            "description",
            "min_prefixlen",
            "max_prefixlen",
            "default_prefixlen",
            "default_quota",
            "is_default",
            "address_scope_id",
        ),
    )
    _check_lengths(row.min_prefixlen, row.default_prefixlen, row.max_prefixlen, 32 if row.ip_version == 4 else 128)
    revise(row)
    return row


def _grow(row: SubnetPool, texts: list[str]) -> None:
    wanted = _prefixes(texts)
    merged = _merged(wanted)
    for old in row.prefixes:
        have = ipaddress.ip_network(old)
        if not any(p.version == have.version and have.subnet_of(p) for p in map(ipaddress.ip_network, merged)):  # type: ignore[arg-type]
            raise BadRequest(
                "Existing prefixes must be a subset of the new prefixes.",
                field="prefixes",
                kind="IllegalSubnetPoolUpdate",
            )
    row.prefixes = merged


def delete_pool(session: Session, context: Context, pool_id: str) -> None:
    """Delete a subnet pool; raises Conflict while subnets of it exist."""
    row = own(session, context, SubnetPool, pool_id)
    if session.execute(select(Subnet.id).where(Subnet.subnetpool_id == row.id).limit(1)).first():
        raise Conflict(
            f"Unable to complete operation on subnet pool {row.id}: Subnet pool has existing allocations.",
            kind="SubnetPoolDeleteError",
        )
    forget_tags(session, [row.id])
    session.delete(row)


def cut(session: Session, context: Context, asked: Asked) -> Network:
    """The prefix of a new subnet: the one asked for if it is free in the pool, else the first that is.

    Raises BadRequest for prefixes that the pool does not have, Conflict when none is left.
    """
    pool = find(session, context, SubnetPool, asked["subnetpool_id"])
    lock(session, f"network/pool/{pool.id}")
    taken = [
        ipaddress.ip_network(cidr)
        for cidr in session.execute(select(Subnet.cidr).where(Subnet.subnetpool_id == pool.id)).scalars()
    ]
    if asked.get("cidr"):
        wanted = ranges.prefix(asked["cidr"], pool.ip_version)
        within = any(wanted.subnet_of(ipaddress.ip_network(p)) for p in pool.prefixes)  # type: ignore[arg-type]
        if not within or any(wanted.overlaps(t) for t in taken):
            raise Conflict(
                "Failed to allocate subnet: Cannot allocate requested subnet from the available set of prefixes.",
                kind="SubnetAllocationError",
            )
        _check_length(pool, wanted.prefixlen)
        return wanted
    length = asked.get("prefixlen") or pool.default_prefixlen
    _check_length(pool, length)
    for text in pool.prefixes:
        if (found := _first_free(ipaddress.ip_network(text), length, taken)) is not None:
            return found
    raise Conflict(
        f"Failed to allocate subnet: Insufficient prefix space to allocate subnet size /{length}.",
        kind="SubnetAllocationError",
    )


def _check_length(pool: SubnetPool, length: int) -> None:
    if not pool.min_prefixlen <= length <= pool.max_prefixlen:
        raise BadRequest(
            f"Unable to allocate subnet with prefix length {length}, it must be between {pool.min_prefixlen} and "
            f"{pool.max_prefixlen}.",
            field="prefixlen",
            kind="MinPrefixSubnetAllocationError" if length < pool.min_prefixlen else "MaxPrefixSubnetAllocationError",
        )


def _first_free(prefix: Any, length: int, taken: list[Any]) -> Network | None:
    """The first part of this length that overlaps nothing taken; jumps over what is taken instead of trying all."""
    if length < prefix.prefixlen:
        return None
    size = 1 << (prefix.max_prefixlen - length)
    at, end = int(prefix.network_address), int(prefix.broadcast_address)
    used = sorted((int(t.network_address), int(t.broadcast_address)) for t in taken if t.overlaps(prefix))
    for first, last in used:
        if at + size - 1 < first:
            break
        if last >= at:
            at = (last // size + 1) * size
    return (
        None
        if at + size - 1 > end
        else ipaddress.ip_network((at if prefix.version == 4 else type(prefix.network_address)(at), length))
    )


def create_scope(session: Session, context: Context, asked: Asked) -> AddressScope:
    """Make an address scope."""
    row = AddressScope(
        project_id=owner(context, asked),
        name=asked["name"],
        ip_version=asked["ip_version"],
        shared=asked.get("shared", False),
    )
    session.add(row)
    session.flush()
    return row


def update_scope(session: Session, context: Context, scope_id: str, asked: Asked) -> AddressScope:
    """Change an address scope."""
    row = own(session, context, AddressScope, scope_id)
    if change(row, asked, ("name", "shared")):
        revise(row)
    return row


def delete_scope(session: Session, context: Context, scope_id: str) -> None:
    """Delete an address scope; raises Conflict while subnet pools are in it."""
    row = own(session, context, AddressScope, scope_id)
    if session.execute(select(SubnetPool.id).where(SubnetPool.address_scope_id == row.id).limit(1)).first():
        raise Conflict(
            f"Unable to complete operation on address scope {row.id}. There are one or more subnet pools in use on the "
            "address scope.",
            kind="AddressScopeInUse",
        )
    session.delete(row)
