"""Regions, services and endpoints."""

from typing import Any

from sqlalchemy import select

from pileus.core.errors import BadRequest
from pileus.core.http.call import Call
from pileus.core.http.reply import Reply
from pileus.core.service import Route
from pileus.identity.models import CatalogService, Endpoint, Region
from pileus.identity.operations import catalog
from pileus.identity.schemas.catalog import (
    CREATE_ENDPOINT,
    CREATE_REGION,
    CREATE_SERVICE,
    UPDATE_ENDPOINT,
    UPDATE_REGION,
    UPDATE_SERVICE,
)
from pileus.identity.views.listing import collection, keep_id, links, only, rows
from pileus.identity.views.reach import reach

_REGION = frozenset(("id", "description", "parent_region_id"))
_SERVICE = frozenset(("id", "type", "name", "description", "enabled"))
_ENDPOINT = frozenset(("id", "url", "interface", "service_id", "region_id", "region", "enabled", "name"))


def _shape_region(call: Call, row: Region) -> dict[str, Any]:
    return {
        **row.extra,
        "id": row.id,
        "description": row.description,
        "parent_region_id": row.parent_region_id,
        "links": links(call, f"/regions/{row.id}"),
    }


def _shape_service(call: Call, row: CatalogService) -> dict[str, Any]:
    shown = {**row.extra, "id": row.id, "type": row.type, "name": row.name or "", "enabled": row.enabled}
    if row.description is not None:
        shown["description"] = row.description
    return shown | {"links": links(call, f"/services/{row.id}")}


def shape_endpoint(call: Call, row: Endpoint) -> dict[str, Any]:
    """An endpoint as the API shows it."""
    shown = {
        **row.extra,
        "id": row.id,
        "url": row.url,
        "interface": row.interface,
        "service_id": row.service_id,
        "region_id": row.region_id,
        "region": row.region_id,
        "enabled": row.enabled,
        "links": links(call, f"/endpoints/{row.id}"),
    }
    return shown | ({"name": row.name} if row.name is not None else {})


def list_regions(call: Call) -> dict[str, Any]:
    """All regions."""
    found, following = rows(call, select(Region), {"id": Region.id, "parent_region_id": Region.parent_region_id})
    return collection(call, "regions", [_shape_region(call, row) for row in found], following)


def create_region(call: Call) -> dict[str, Any]:
    """Make a region."""
    values = call.body["region"]
    return {"region": _shape_region(call, catalog.create_region(call.session, values, only(values, _REGION)))}


def put_region(call: Call, region_id: str) -> Reply:
    """Make a region with the id in the path."""
    values = dict(call.body["region"])
    if len(region_id) > 255:
        raise BadRequest("The id of a region may have at most 255 characters.", field="id")
    if values.get("id", region_id) != region_id:
        raise BadRequest(f"Conflicting region IDs specified: {values['id']} and {region_id}.", field="id")
    values["id"] = region_id
    row = catalog.create_region(call.session, values, only(values, _REGION))
    return Reply({"region": _shape_region(call, row)}, 201)


def show_region(call: Call, region_id: str) -> dict[str, Any]:
    """One region."""
    return {"region": _shape_region(call, reach(call, call.session.get(Region, region_id), "region", region_id))}


def update_region(call: Call, region_id: str) -> dict[str, Any]:
    """Change a region."""
    row = reach(call, call.session.get(Region, region_id), "region", region_id)
    values = call.body["region"]
    keep_id(values, row.id)
    catalog.change_region(call.session, row, values, only(values, _REGION))
    return {"region": _shape_region(call, row)}


def delete_region(call: Call, region_id: str) -> None:
    """Delete a region."""
    catalog.remove_region(call.session, reach(call, call.session.get(Region, region_id), "region", region_id))


def list_services(call: Call) -> dict[str, Any]:
    """All services."""
    columns = {"id": CatalogService.id, "name": CatalogService.name, "type": CatalogService.type}
    found, following = rows(call, select(CatalogService), columns)
    return collection(call, "services", [_shape_service(call, row) for row in found], following)


def create_service(call: Call) -> dict[str, Any]:
    """Make a service."""
    values = call.body["service"]
    return {"service": _shape_service(call, catalog.create_service(call.session, values, only(values, _SERVICE)))}


def _service(call: Call, service_id: str) -> CatalogService:
    return reach(call, call.session.get(CatalogService, service_id), "service", service_id)


def show_service(call: Call, service_id: str) -> dict[str, Any]:
    """One service."""
    return {"service": _shape_service(call, _service(call, service_id))}


def update_service(call: Call, service_id: str) -> dict[str, Any]:
    """Change a service."""
    row = _service(call, service_id)
    values = call.body["service"]
    keep_id(values, row.id)
    for name in ("type", "name", "description", "enabled"):
        if name in values:
            setattr(row, name, values[name])
    row.extra = {**row.extra, **only(values, _SERVICE)}
    call.session.flush()
    return {"service": _shape_service(call, row)}


def delete_service(call: Call, service_id: str) -> None:
    """Delete a service with its endpoints."""
    call.session.delete(_service(call, service_id))


def list_endpoints(call: Call) -> dict[str, Any]:
    """All endpoints, by interface, service or region."""
    columns = {
        "id": Endpoint.id,
        "interface": Endpoint.interface,
        "service_id": Endpoint.service_id,
        "region_id": Endpoint.region_id,
        "region": Endpoint.region_id,
    }
    found, following = rows(call, select(Endpoint), columns)
    return collection(call, "endpoints", [shape_endpoint(call, row) for row in found], following)


def create_endpoint(call: Call) -> dict[str, Any]:
    """Make an endpoint."""
    values = call.body["endpoint"]
    return {"endpoint": shape_endpoint(call, catalog.create_endpoint(call.session, values, only(values, _ENDPOINT)))}


def _endpoint(call: Call, endpoint_id: str) -> Endpoint:
    return reach(call, call.session.get(Endpoint, endpoint_id), "endpoint", endpoint_id)


def show_endpoint(call: Call, endpoint_id: str) -> dict[str, Any]:
    """One endpoint."""
    return {"endpoint": shape_endpoint(call, _endpoint(call, endpoint_id))}


def update_endpoint(call: Call, endpoint_id: str) -> dict[str, Any]:
    """Change an endpoint."""
    row = _endpoint(call, endpoint_id)
    values = call.body["endpoint"]
    keep_id(values, row.id)
    catalog.change_endpoint(call.session, row, values, only(values, _ENDPOINT))
    return {"endpoint": shape_endpoint(call, row)}


def delete_endpoint(call: Call, endpoint_id: str) -> None:
    """Delete an endpoint."""
    call.session.delete(_endpoint(call, endpoint_id))


ROUTES = [
    Route("GET", "/v3/regions", list_regions, "identity:list_regions"),
    Route("POST", "/v3/regions", create_region, "identity:create_region", status=201, schema=CREATE_REGION),
    Route("GET", "/v3/regions/<region_id>", show_region, "identity:get_region", late=True),
    Route("PUT", "/v3/regions/<region_id>", put_region, "identity:create_region", status=201, schema=CREATE_REGION),
    Route("PATCH", "/v3/regions/<region_id>", update_region, "identity:update_region", schema=UPDATE_REGION, late=True),
    Route("DELETE", "/v3/regions/<region_id>", delete_region, "identity:delete_region", status=204, late=True),
    Route("GET", "/v3/services", list_services, "identity:list_services"),
    Route("POST", "/v3/services", create_service, "identity:create_service", status=201, schema=CREATE_SERVICE),
    Route("GET", "/v3/services/<service_id>", show_service, "identity:get_service", late=True),
    Route(
        "PATCH",
        "/v3/services/<service_id>",
        update_service,
        "identity:update_service",
        schema=UPDATE_SERVICE,
        late=True,
    ),
    Route("DELETE", "/v3/services/<service_id>", delete_service, "identity:delete_service", status=204, late=True),
    Route("GET", "/v3/endpoints", list_endpoints, "identity:list_endpoints"),
    Route("POST", "/v3/endpoints", create_endpoint, "identity:create_endpoint", status=201, schema=CREATE_ENDPOINT),
    Route("GET", "/v3/endpoints/<endpoint_id>", show_endpoint, "identity:get_endpoint", late=True),
    Route(
        "PATCH",
        "/v3/endpoints/<endpoint_id>",
        update_endpoint,
        "identity:update_endpoint",
        schema=UPDATE_ENDPOINT,
        late=True,
    ),
    Route("DELETE", "/v3/endpoints/<endpoint_id>", delete_endpoint, "identity:delete_endpoint", status=204, late=True),
]
