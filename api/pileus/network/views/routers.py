"""Routers with their interfaces and routes, and floating IPs, on the wire."""

from collections.abc import Sequence

from sqlalchemy import select

from pileus.core.http.call import Call
from pileus.core.service import Route
from pileus.network.models import FloatingIp, Port, Router
from pileus.network.operations import floating, router_interfaces, routers
from pileus.network.operations.visible import find
from pileus.network.schemas import routers as schemas
from pileus.network.views.collection import Collection, Shown, check_revision
from pileus.network.views.networks import ZONES


def _routers(call: Call, rows: Sequence[Router]) -> list[Shown]:
    wanted = [row.gateway_port_id for row in rows if row.gateway_port_id]
    ports = {p.id: p for p in call.session.execute(select(Port).where(Port.id.in_(wanted))).scalars()}
    return [
        {
            "admin_state_up": row.admin_state_up,
            "status": row.status,
            "external_gateway_info": _gateway(row, ports.get(row.gateway_port_id or "")),
            "routes": row.routes,
            "availability_zone_hints": row.availability_zone_hints,
            "availability_zones": ZONES,
            "flavor_id": None,
        }
        for row in rows
    ]


def _gateway(row: Router, port: Port | None) -> Shown | None:
    if port is None:
        return None
    return {"network_id": port.network_id, "enable_snat": row.enable_snat, "external_fixed_ips": port.fixed_ips}


ROUTERS = Collection(
    one="router",
    many="routers",
    path="/routers",
    model=Router,
    columns={"admin_state_up": Router.admin_state_up, "status": Router.status},
    show=_routers,
    create=routers.create_router,
    update=routers.update_router,
    delete=routers.delete_router,
    create_schema=schemas.ROUTER_CREATE,
    update_schema=schemas.ROUTER_UPDATE,
)


def add_interface(call: Call, wanted: str) -> Shown:
    """PUT .../add_router_interface."""
    check_revision(call, find(call.session, call.context, Router, wanted))
    router, port = router_interfaces.add_interface(call.session, call.context, wanted, call.body or {})
    subnets = [a.subnet_id for a in port.allocations]
    return _interface(router, port.id, port.network_id, subnets)


def remove_interface(call: Call, wanted: str) -> Shown:
    """PUT .../remove_router_interface."""
    check_revision(call, find(call.session, call.context, Router, wanted))
    router, was = router_interfaces.remove_interface(call.session, call.context, wanted, call.body or {})
    return _interface(router, was["id"], was["network_id"], was["subnet_ids"])


def _interface(router: Router, port_id: str, network_id: str, subnets: list[str]) -> Shown:
    return {
        "id": router.id,
        "tenant_id": router.project_id,
        "project_id": router.project_id,
        "port_id": port_id,
        "network_id": network_id,
        "subnet_id": subnets[0] if subnets else None,
        "subnet_ids": subnets,
        "tags": [],
    }


def add_routes(call: Call, wanted: str) -> Shown:
    """PUT .../add_extraroutes."""
    row = routers.add_routes(call.session, call.context, wanted, call.body["router"]["routes"])
    return {"router": ROUTERS.shown(call, [row])[0]}


def remove_routes(call: Call, wanted: str) -> Shown:
    """PUT .../remove_extraroutes."""
    row = routers.remove_routes(call.session, call.context, wanted, call.body["router"]["routes"])
    return {"router": ROUTERS.shown(call, [row])[0]}


_FLOATING = ("floating_ip_address", "floating_network_id", "router_id", "port_id", "fixed_ip_address", "status")


def _floating_ips(call: Call, rows: Sequence[FloatingIp]) -> list[Shown]:
    wanted = [row.port_id for row in rows if row.port_id]
    ports = {p.id: p for p in call.session.execute(select(Port).where(Port.id.in_(wanted))).scalars()}
    return [
        {**{name: getattr(row, name) for name in _FLOATING}, "port_details": _details(ports.get(row.port_id or ""))}
        for row in rows
    ]


def _details(port: Port | None) -> Shown | None:
    names = ("name", "network_id", "mac_address", "admin_state_up", "status", "device_id", "device_owner")
    return None if port is None else {name: getattr(port, name) for name in names}


FLOATINGIPS = Collection(
    one="floatingip",
    many="floatingips",
    path="/floatingips",
    model=FloatingIp,
    columns={name: getattr(FloatingIp, name) for name in _FLOATING},
    show=_floating_ips,
    create=floating.create_floating_ip,
    update=floating.update_floating_ip,
    delete=floating.delete_floating_ip,
    create_schema=schemas.FLOATINGIP_CREATE,
    update_schema=schemas.FLOATINGIP_UPDATE,
)

COLLECTIONS = [ROUTERS, FLOATINGIPS]
_ONE = "/v2.0/routers/<wanted>"
ROUTES = [
    *ROUTERS.routes(),
    *FLOATINGIPS.routes(),
    Route("PUT", f"{_ONE}/add_router_interface", add_interface, "add_router_interface", schema=schemas.INTERFACE),
    Route(
        "PUT", f"{_ONE}/remove_router_interface", remove_interface, "remove_router_interface", schema=schemas.INTERFACE
    ),
    Route("PUT", f"{_ONE}/add_extraroutes", add_routes, "add_extraroutes", schema=schemas.EXTRA_ROUTES),
    Route("PUT", f"{_ONE}/remove_extraroutes", remove_routes, "remove_extraroutes", schema=schemas.EXTRA_ROUTES),
]
