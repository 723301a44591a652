"""Quotas, and how many addresses of each network are left, on the wire."""

from typing import Any

from sqlalchemy import func, select

from pileus.core.errors import Conflict, Forbidden
from pileus.core.http.call import Call
from pileus.core.quota import DEFAULTS, QuotaLimit
from pileus.core.service import Route
from pileus.network.models import IpAllocation, Network, Subnet
from pileus.network.operations import items
from pileus.network.operations.ipam import size_of
from pileus.network.operations.quotas import QUOTA
from pileus.network.operations.visible import find, seen
from pileus.network.schemas.quotas import QUOTA_UPDATE
from pileus.network.views.collection import Shown
from pileus.network.views.filters import matching


def _check(call: Call, project: str) -> None:
    if not call.context.is_admin and project != call.context.project_id:
        raise Forbidden("Only an admin may see the quota of another project.")


def listed(call: Call) -> Shown:
    """GET /v2.0/quotas: the projects that have limits of their own."""
    call.enforce("update_quota")
    owned = select(QuotaLimit.project_id).where(QuotaLimit.service == QUOTA.service, QuotaLimit.project_id != DEFAULTS)
    projects = call.session.execute(owned.distinct().order_by(QuotaLimit.project_id)).scalars().all()
    return {"quotas": [{**QUOTA.of(call.session, p), "project_id": p, "tenant_id": p} for p in projects]}


def whose(call: Call) -> Shown:
    """GET /v2.0/quotas/tenant: whose quota the caller would see."""
    project = call.context.project_id
    return {"tenant": {"tenant_id": project, "project_id": project}}


def show(call: Call, project: str) -> Shown:
    """GET of a project's quota."""
    _check(call, project)
    return {"quota": QUOTA.of(call.session, project)}


def default(call: Call, project: str) -> Shown:
    """GET of what holds for a project that has no limits of its own."""
    _check(call, project)
    return {"quota": QUOTA.of(call.session, DEFAULTS)}


def details(call: Call, project: str) -> Shown:
    """GET of limits and usage."""
    _check(call, project)
    used = QUOTA.used(call.session, project)
    limits = QUOTA.of(call.session, project)
    return {"quota": {name: {"limit": limits[name], "used": used[name], "reserved": 0} for name in limits}}


def update(call: Call, project: str) -> Shown:
    """PUT of a project's limits; those not named stay. With `check_limit` none may be below what is used already."""
    limits = {name: value for name, value in call.body["quota"].items() if name in QUOTA.limits}
    if call.body["quota"].get("check_limit"):
        used = QUOTA.used(call.session, project)
        if low := [name for name, limit in limits.items() if 0 <= limit < used[name]]:
            raise Conflict(f"More is used already than the limit of {', '.join(low)}.", kind="InvalidQuotaValue")
    QUOTA.set(call.session, project, limits)
    return {"quota": QUOTA.of(call.session, project)}


def reset(call: Call, project: str) -> None:
    """DELETE of a project's limits."""
    QUOTA.reset(call.session, project)


def _availability(call: Call, networks: list[Network]) -> list[Shown]:
    subnets = items.subnets_of(call.session, [n.id for n in networks])
    counted = (
        select(IpAllocation.subnet_id, func.count())
        .where(IpAllocation.network_id.in_([n.id for n in networks]))
        .group_by(IpAllocation.subnet_id)
    )
    taken: dict[str, int] = {row[0]: row[1] for row in call.session.execute(counted)}
    return [_of_network(network, subnets[network.id], taken) for network in networks]


def _of_network(network: Network, subnets: list[Subnet], taken: dict[str, int]) -> Shown:
    each: list[dict[str, Any]] = [
        {
            "subnet_id": s.id,
            "subnet_name": s.name,
            "cidr": s.cidr,
            "ip_version": s.ip_version,
            "total_ips": size_of(s.allocation_pools),
            "used_ips": taken.get(s.id, 0),
        }
        for s in subnets
    ]
    total = sum(s["total_ips"] for s in each)
    return {
        "network_id": network.id,
        "network_name": network.name,
        "tenant_id": network.project_id,
        "project_id": network.project_id,
        # beyond 64 bits a number is no JSON integer that every client can read
        "total_ips": total if total < 2**63 else float(total),
        "used_ips": sum(s["used_ips"] for s in each),
        "subnet_ip_availability": [
            {**s, "total_ips": s["total_ips"] if s["total_ips"] < 2**63 else float(s["total_ips"])} for s in each
        ],
    }


def availabilities(call: Call) -> Shown:
    """GET /v2.0/network-ip-availabilities."""
    statement = select(Network).where(seen(call.context, Network)).order_by(Network.id)
    columns = {"network_id": Network.id, "network_name": Network.name, "project_id": Network.project_id}
    for name, column in columns.items():
        if name in call.query:
            statement = statement.where(matching(column, call.query.getlist(name), name))
    rows = list(call.session.execute(statement).scalars())
    return {"network_ip_availabilities": _availability(call, rows)}


def availability(call: Call, wanted: str) -> Shown:
    """GET of one network's."""
    row = find(call.session, call.context, Network, wanted)
    return {"network_ip_availability": _availability(call, [row])[0]}


_OF = "/v2.0/quotas/<project>"
_FREE = "/v2.0/network-ip-availabilities"
ROUTES = [
    Route("GET", "/v2.0/quotas", listed, "get_quota"),
    Route("GET", "/v2.0/quotas/tenant", whose, "get_quota"),
    Route("GET", "/v2.0/quotas/project", whose, "get_quota"),
    Route("GET", _OF, show, "get_quota"),
    Route("GET", f"{_OF}/default", default, "get_quota"),
    Route("GET", f"{_OF}/details", details, "get_quota"),
    Route("PUT", _OF, update, "update_quota", schema=QUOTA_UPDATE),
    Route("DELETE", _OF, reset, "delete_quota", status=204),
    Route("GET", _FREE, availabilities, "get_network_ip_availability"),
    Route("GET", f"{_FREE}/<wanted>", availability, "get_network_ip_availability"),
]
