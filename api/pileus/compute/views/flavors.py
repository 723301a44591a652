"""Flavors on the wire: the list, their extra specs, and which projects may use them."""

from typing import Any

from pileus.compute.models import Flavor
from pileus.compute.operations import flavors
from pileus.compute.schemas import flavors as schemas
from pileus.compute.views.links import links, more
from pileus.core.errors import BadRequest, NotFound
from pileus.core.http.call import Call
from pileus.core.http.page import page
from pileus.core.http.reply import Reply
from pileus.core.service import Route

SORT = {
    "id": Flavor.id,
    "flavorid": Flavor.id,
    "name": Flavor.name,
    "memory_mb": Flavor.ram,
    "vcpus": Flavor.vcpus,
    "root_gb": Flavor.disk,
    "created_at": Flavor.created_at,
    "updated_at": Flavor.updated_at,
    "rxtx_factor": Flavor.rxtx_factor,
    "is_public": Flavor.is_public,
}


def _summary(call: Call, row: Flavor) -> dict[str, Any]:
    body = {"id": row.id, "name": row.name, "links": links(call, "flavors", row.id)}
    return body | ({"description": row.description} if call.at_least(2, 55) else {})


def _detail(call: Call, row: Flavor) -> dict[str, Any]:
    body = {
        **_summary(call, row),
        "ram": row.ram,
        "vcpus": row.vcpus,
        "disk": row.disk,
        "swap": 0 if call.at_least(2, 75) else "",
        "OS-FLV-EXT-DATA:ephemeral": 0,
        "OS-FLV-DISABLED:disabled": False,
        "rxtx_factor": row.rxtx_factor,
        "os-flavor-access:is_public": row.is_public,
    }
    if call.at_least(2, 61) and call.allows("os_compute_api:os-flavor-extra-specs:index"):
        body["extra_specs"] = row.extra_specs
    return body


def _public(call: Call) -> bool | None:
    """The is_public filter of admins: true, false, or none for both."""
    text = call.query.get("is_public", "true").lower()
    if text == "none":
        return None
    if text in ("true", "t", "1", "yes", "on"):
        return True
    if text in ("false", "f", "0", "no", "off"):
        return False
    raise BadRequest(f"Invalid is_public filter [{text}]", field="is_public")


def _number(call: Call, name: str) -> int | None:
    text = call.query.get(name)
    if text is not None and not (text.isascii() and text.isdigit()):
        raise BadRequest(f"Invalid {name} filter [{text}]", field=name)
    return int(text) if text is not None else None


def index(call: Call, detail: bool = False) -> Any:
    """GET /flavors and /flavors/detail."""
    asks_all = call.context.is_admin and "is_public" in call.query
    statement = flavors.visible(call.context, _public(call), everything=asks_all)
    if (ram := _number(call, "minRam")) is not None:
        statement = statement.where(Flavor.ram >= ram)
    if (disk := _number(call, "minDisk")) is not None:
        statement = statement.where(Flavor.disk >= disk)
    rows, follow = page(call, call.session, statement, SORT, (("flavorid", "asc"),))
    shape = _detail if detail else _summary
    return {"flavors": [shape(call, row) for row in rows], **more(call, "flavors_links", rows, follow)}


def detail(call: Call) -> Any:
    """GET /flavors/detail."""
    return index(call, detail=True)


def show(call: Call, flavor_id: str) -> Any:
    """GET /flavors/{flavor_id}."""
    return {"flavor": _detail(call, flavors.find_flavor(call.session, call.context, flavor_id))}


def create(call: Call) -> Any:
    """POST /flavors."""
    return {"flavor": _detail(call, flavors.create_flavor(call.session, call.body["flavor"]))}


def update(call: Call, flavor_id: str) -> Any:
    """PUT /flavors/{flavor_id}: its description."""
    row = flavors.find_flavor(call.session, call.context, flavor_id)
    row.description = call.body["flavor"]["description"]
    return {"flavor": _detail(call, row)}


def delete(call: Call, flavor_id: str) -> Any:
    """DELETE /flavors/{flavor_id}."""
    flavors.delete_flavor(call.session, flavors.find_flavor(call.session, call.context, flavor_id))


def specs(call: Call, flavor_id: str) -> Any:
    """GET /flavors/{flavor_id}/os-extra_specs."""
    return {"extra_specs": flavors.find_flavor(call.session, call.context, flavor_id).extra_specs}


def add_specs(call: Call, flavor_id: str) -> Any:
    """POST /flavors/{flavor_id}/os-extra_specs."""
    row = flavors.find_flavor(call.session, call.context, flavor_id)
    given = {key: str(value) for key, value in call.body["extra_specs"].items()}
    row.extra_specs = {**row.extra_specs, **given}
    return {"extra_specs": given}


def spec(call: Call, flavor_id: str, key: str) -> Any:
    """GET /flavors/{flavor_id}/os-extra_specs/{key}."""
    found = flavors.find_flavor(call.session, call.context, flavor_id).extra_specs
    if key not in found:
        raise NotFound(f"Flavor {flavor_id} has no extra specs with key {key}.")
    return {key: found[key]}


def set_spec(call: Call, flavor_id: str, key: str) -> Any:
    """PUT /flavors/{flavor_id}/os-extra_specs/{key}."""
    if key not in call.body:
        raise BadRequest("Request body and URI mismatch", field=key)
    row = flavors.find_flavor(call.session, call.context, flavor_id)
    row.extra_specs = {**row.extra_specs, key: str(call.body[key])}
    return {key: row.extra_specs[key]}


def delete_spec(call: Call, flavor_id: str, key: str) -> Any:
    """DELETE /flavors/{flavor_id}/os-extra_specs/{key}."""
    row = flavors.find_flavor(call.session, call.context, flavor_id)
    if key not in row.extra_specs:
        raise NotFound(f"Flavor {flavor_id} has no extra specs with key {key}.")
    row.extra_specs = {name: value for name, value in row.extra_specs.items() if name != key}
    return Reply(None, 200)


def _access(call: Call, row: Flavor) -> Any:
    listed = flavors.projects_of(call.session, row)
    return {"flavor_access": [{"flavor_id": row.id, "tenant_id": project} for project in listed]}


def access(call: Call, flavor_id: str) -> Any:
    """GET /flavors/{flavor_id}/os-flavor-access."""
    return _access(call, flavors.find_flavor(call.session, call.context, flavor_id))


def allow(call: Call, flavor_id: str) -> Any:
    """POST /flavors/{flavor_id}/action addTenantAccess."""
    row = flavors.find_flavor(call.session, call.context, flavor_id)
    flavors.allow(call.session, row, call.body["addTenantAccess"]["tenant"])
    call.session.flush()
    return _access(call, row)


def disallow(call: Call, flavor_id: str) -> Any:
    """POST /flavors/{flavor_id}/action removeTenantAccess."""
    row = flavors.find_flavor(call.session, call.context, flavor_id)
    flavors.disallow(call.session, row, call.body["removeTenantAccess"]["tenant"])
    call.session.flush()
    return _access(call, row)


ONE = "/v2.1/flavors/<flavor_id>"
MANAGE = "os_compute_api:os-flavor-manage"
SPECS = "os_compute_api:os-flavor-extra-specs"
ACCESS = "os_compute_api:os-flavor-access"
ROUTES = [
    Route("GET", "/v2.1/flavors", index, "os_compute_api:flavors"),
    Route("GET", "/v2.1/flavors/detail", detail, "os_compute_api:flavors"),
    Route("GET", ONE, show, "os_compute_api:flavors"),
    Route("POST", "/v2.1/flavors", create, f"{MANAGE}:create", 200, schema=schemas.CREATE, until=(2, 54)),
    Route("POST", "/v2.1/flavors", create, f"{MANAGE}:create", 200, schema=schemas.CREATE_255, since=(2, 55)),
    Route("PUT", ONE, update, f"{MANAGE}:update", schema=schemas.UPDATE, since=(2, 55)),
    Route("DELETE", ONE, delete, f"{MANAGE}:delete", 202),
    Route("GET", f"{ONE}/os-extra_specs", specs, f"{SPECS}:index"),
    Route("POST", f"{ONE}/os-extra_specs", add_specs, f"{SPECS}:create", schema=schemas.EXTRA_SPECS),
    Route("GET", f"{ONE}/os-extra_specs/<key>", spec, f"{SPECS}:show"),
    Route("PUT", f"{ONE}/os-extra_specs/<key>", set_spec, f"{SPECS}:update", schema=schemas.EXTRA_SPEC),
    Route("DELETE", f"{ONE}/os-extra_specs/<key>", delete_spec, f"{SPECS}:delete"),
    Route("GET", f"{ONE}/os-flavor-access", access, ACCESS),
    Route("POST", f"{ONE}/action", allow, f"{ACCESS}:add_tenant_access", schema=schemas.ADD, action="addTenantAccess"),
    Route(
        "POST",
        f"{ONE}/action",
        disallow,
        f"{ACCESS}:remove_tenant_access",
        schema=schemas.REMOVE,
        action="removeTenantAccess",
    ),
]
