"""Networks, subnets, subnet pools, address scopes and RBAC policies on the wire."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select

from pileus.core.http.call import Call
from pileus.network.models import AddressScope, Network, RbacPolicy, Subnet, SubnetPool
from pileus.network.operations import items, networks, pools, rbac, subnets
from pileus.network.schemas import networks as schemas
from pileus.network.views.collection import Collection, Shown
from pileus.network.views.filters import matching

ZONES = ["nova"]


def _networks(call: Call, rows: Sequence[Network]) -> list[Shown]:
    found = items.subnets_of(call.session, [row.id for row in rows])
    granted = rbac.shared_with(call.session, call.context, [row.id for row in rows])
    return [
        {
            "admin_state_up": row.admin_state_up,
            "mtu": row.mtu,
            "status": row.status,
            "subnets": [subnet.id for subnet in found[row.id]],
            "shared": row.shared or row.id in granted,
            "availability_zone_hints": row.availability_zone_hints,
            "availability_zones": ZONES,
            "ipv4_address_scope": None,
            "ipv6_address_scope": None,
            "router:external": row.external,
            "is_default": row.is_default,
            "port_security_enabled": row.port_security_enabled,
            "provider:network_type": row.network_type,
            "provider:physical_network": row.physical_network,
            "provider:segmentation_id": row.segmentation_id,
        }
        for row in rows
    ]


def _has_subnet(_call: Call, values: list[str]) -> Any:
    return Network.id.in_(select(Subnet.network_id).where(matching(Subnet.id, values, "subnets")))


NETWORKS = Collection(
    one="network",
    many="networks",
    path="/networks",
    model=Network,
    columns={
        "status": Network.status,
        "admin_state_up": Network.admin_state_up,
        "shared": Network.shared,
        "router:external": Network.external,
        "is_default": Network.is_default,
        "mtu": Network.mtu,
        "port_security_enabled": Network.port_security_enabled,
        "provider:network_type": Network.network_type,
        "provider:physical_network": Network.physical_network,
        "provider:segmentation_id": Network.segmentation_id,
    },
    filters={"subnets": _has_subnet},
    show=_networks,
    create=networks.create_network,
    update=networks.update_network,
    delete=networks.delete_network,
    create_schema=schemas.NETWORK_CREATE,
    update_schema=schemas.NETWORK_UPDATE,
)


def _subnets(call: Call, rows: Sequence[Subnet]) -> list[Shown]:
    wanted = {row.network_id for row in rows}
    external = set(call.session.execute(select(Network.id).where(Network.id.in_(wanted), Network.external)).scalars())
    return [
        {
            "network_id": row.network_id,
            "ip_version": row.ip_version,
            "cidr": row.cidr,
            "gateway_ip": row.gateway_ip,
            "enable_dhcp": row.enable_dhcp,
            "allocation_pools": row.allocation_pools,
            "dns_nameservers": row.dns_nameservers,
            "host_routes": row.host_routes,
            "service_types": row.service_types,
            "ipv6_ra_mode": row.ipv6_ra_mode,
            "ipv6_address_mode": row.ipv6_address_mode,
            "subnetpool_id": row.subnetpool_id,
            "router:external": row.network_id in external,
        }
        for row in rows
    ]


SUBNETS = Collection(
    one="subnet",
    many="subnets",
    path="/subnets",
    model=Subnet,
    columns={
        name: getattr(Subnet, name)
        for name in (
            "network_id",
            "ip_version",
            "cidr",
            "gateway_ip",
            "enable_dhcp",
            "ipv6_ra_mode",
            "ipv6_address_mode",
            "subnetpool_id",
        )
    },
    filters={
        "router:external": lambda _, values: Subnet.network_id.in_(
            select(Network.id).where(matching(Network.external, values, "router:external"))
        ),
        "shared": lambda _, values: Subnet.network_id.in_(
            select(Network.id).where(matching(Network.shared, values, "shared"))
        ),
    },
    show=_subnets,
    create=subnets.create_subnet,
    update=subnets.update_subnet,
    delete=subnets.delete_subnet,
    create_schema=schemas.SUBNET_CREATE,
    update_schema=schemas.SUBNET_UPDATE,
)

_POOL = (
    "ip_version",
    "prefixes",
    "min_prefixlen",
    "max_prefixlen",
    "default_prefixlen",
    "default_quota",
    "address_scope_id",
    "shared",
    "is_default",
)


def _pools(_call: Call, rows: Sequence[SubnetPool]) -> list[Shown]:
    texts = ("min_prefixlen", "max_prefixlen", "default_prefixlen")
    return [{n: str(getattr(row, n)) if n in texts else getattr(row, n) for n in _POOL} for row in rows]


SUBNETPOOLS = Collection(
    one="subnetpool",
    many="subnetpools",
    path="/subnetpools",
    model=SubnetPool,
    columns={name: getattr(SubnetPool, name) for name in _POOL if name != "prefixes"},
    show=_pools,
    create=pools.create_pool,
    update=pools.update_pool,
    delete=pools.delete_pool,
    create_schema=schemas.SUBNETPOOL_CREATE,
    update_schema=schemas.SUBNETPOOL_UPDATE,
)

ADDRESS_SCOPES = Collection(
    one="address_scope",
    many="address_scopes",
    path="/address-scopes",
    model=AddressScope,
    columns={"ip_version": AddressScope.ip_version, "shared": AddressScope.shared},
    show=lambda _, rows: [{"ip_version": row.ip_version, "shared": row.shared} for row in rows],
    create=pools.create_scope,
    update=pools.update_scope,
    delete=pools.delete_scope,
    create_schema=schemas.SCOPE_CREATE,
    update_schema=schemas.SCOPE_UPDATE,
)


def _policies(_call: Call, rows: Sequence[RbacPolicy]) -> list[Shown]:
    return [
        {
            "object_type": row.object_type,
            "object_id": row.object_id,
            "action": row.action,
            "target_tenant": row.target_project_id,
            "target_project": row.target_project_id,
        }
        for row in rows
    ]


RBAC_POLICIES = Collection(
    one="rbac_policy",
    many="rbac_policies",
    path="/rbac-policies",
    model=RbacPolicy,
    columns={
        "object_type": RbacPolicy.object_type,
        "object_id": RbacPolicy.object_id,
        "action": RbacPolicy.action,
        "target_tenant": RbacPolicy.target_project_id,
        "target_project": RbacPolicy.target_project_id,
    },
    show=_policies,
    create=rbac.create_policy,
    update=rbac.update_policy,
    delete=rbac.delete_policy,
    create_schema=schemas.RBAC_CREATE,
    update_schema=schemas.RBAC_UPDATE,
    standard=False,
)

COLLECTIONS = [NETWORKS, SUBNETS, SUBNETPOOLS, ADDRESS_SCOPES, RBAC_POLICIES]
ROUTES = [route for collection in COLLECTIONS for route in collection.routes()]
