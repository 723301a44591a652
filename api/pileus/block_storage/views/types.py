"""Volume types over HTTP, with their extra specs and who may use them."""

from typing import Any

from pileus.block_storage import schemas
from pileus.block_storage.models import VolumeType
from pileus.block_storage.operations import types
from pileus.block_storage.views.paths import both
from pileus.core.errors import BadRequest, NotFound
from pileus.core.http.call import Call
from pileus.core.http.page import next_link, page
from pileus.core.service import Route

VISIBLE = frozenset({"multiattach", "RESKEY:availability_zones", "replication_enabled"})  # specs everyone may see


def shown(call: Call, row: VolumeType) -> dict[str, Any]:
    """A volume type as clients see it; most extra specs are for administrators."""
    body = {
        "id": row.id,
        "name": row.name,
        "description": row.description,
        "is_public": row.is_public,
        "os-volume-type-access:is_public": row.is_public,
        "extra_specs": row.extra_specs,
    }
    if call.context.is_admin:
        return {**body, "qos_specs_id": None}
    return {**body, "extra_specs": {key: value for key, value in row.extra_specs.items() if key in VISIBLE}}


def _admin_shown(row: VolumeType, *more: str) -> dict[str, Any]:
    body = {
        "id": row.id,
        "name": row.name,
        "description": row.description,
        "is_public": row.is_public,
        "extra_specs": row.extra_specs,
    }
    return {**body, **dict.fromkeys(more, row.is_public)}


def find(call: Call, type_id: str) -> VolumeType:
    """The type a request is about."""
    return types.find_type(call.session, call.context, type_id)


def index(call: Call) -> dict[str, Any]:
    """GET /types."""
    statement = types.usable(call.context)
    public = call.query.get("is_public")
    if call.context.is_admin and (public or "true").lower() != "none":
        statement = statement.where(VolumeType.is_public.is_(schemas.truth(public or "true")))
    if name := call.query.get("name"):
        statement = statement.where(VolumeType.name == name)
    sortable = {
        "id": VolumeType.id,
        "name": VolumeType.name,
        "created_at": VolumeType.created_at,
        "updated_at": VolumeType.updated_at,
        "description": VolumeType.description,
    }
    rows, more = page(call, call.session, statement, sortable)
    body: dict[str, Any] = {"volume_types": [shown(call, row) for row in rows]}
    if onward := next_link(call, rows, more):
        body["volume_type_links"] = [{"rel": "next", "href": onward}]
    return body


def create(call: Call) -> dict[str, Any]:
    """POST /types."""
    asked = call.body["volume_type"]
    made = types.create_type(
        call.session,
        name=asked["name"].strip(),
        description=asked.get("description"),
        is_public=schemas.truth(asked.get("os-volume-type-access:is_public", True)),
        extra_specs=asked.get("extra_specs") or {},
    )
    return {"volume_type": _admin_shown(made, "os-volume-type-access:is_public")}


def show(call: Call, type_id: str) -> dict[str, Any]:
    """GET /types/{type_id}; the id "default" names the default type."""
    if type_id != "default":
        return {"volume_type": shown(call, find(call, type_id))}
    row = types.named_type(call.session, call.context, None)
    if row is None:
        raise NotFound("Default volume type can not be found.")
    return {"volume_type": shown(call, row)}


def change(call: Call, type_id: str) -> dict[str, Any]:
    """PUT /types/{type_id}."""
    asked = call.body["volume_type"]
    values = {key: asked[key] for key in ("name", "description") if asked.get(key) is not None}
    if asked.get("is_public") is not None:
        values["is_public"] = schemas.truth(asked["is_public"])
    row = find(call, type_id)
    types.change_type(call.session, row, **values)
    return {"volume_type": _admin_shown(row)}


def delete(call: Call, type_id: str) -> None:
    """DELETE /types/{type_id}."""
    types.delete_type(call.session, find(call, type_id))


def specs(call: Call, type_id: str) -> dict[str, Any]:
    """GET /types/{type_id}/extra_specs."""
    return {"extra_specs": shown(call, find(call, type_id))["extra_specs"]}


def add_specs(call: Call, type_id: str) -> dict[str, Any]:
    """POST /types/{type_id}/extra_specs."""
    row = find(call, type_id)
    row.extra_specs = {**row.extra_specs, **call.body["extra_specs"]}
    return {"extra_specs": call.body["extra_specs"]}


def spec(call: Call, type_id: str, key: str) -> dict[str, Any]:
    """GET /types/{type_id}/extra_specs/{key}."""
    found = specs(call, type_id)["extra_specs"]
    if key not in found:
        raise NotFound(f"Volume Type {type_id} has no extra specs with key {key}.")
    return {key: found[key]}


def change_spec(call: Call, type_id: str, key: str) -> dict[str, Any]:
    """PUT /types/{type_id}/extra_specs/{key}."""
    row = find(call, type_id)
    if key not in call.body:
        raise BadRequest("Request body and URI mismatch", field=key)
    row.extra_specs = {**row.extra_specs, **call.body}
    return dict(call.body)


def delete_spec(call: Call, type_id: str, key: str) -> None:
    """DELETE /types/{type_id}/extra_specs/{key}."""
    row = find(call, type_id)
    if key not in row.extra_specs:
        raise NotFound(f"Volume Type {type_id} has no extra specs with key {key}.")
    row.extra_specs = {name: value for name, value in row.extra_specs.items() if name != key}


def access(call: Call, type_id: str) -> dict[str, Any]:
    """GET /types/{type_id}/os-volume-type-access."""
    projects = types.projects_of(call.session, find(call, type_id))
    return {"volume_type_access": [{"volume_type_id": type_id, "project_id": project} for project in projects]}


def add_access(call: Call, type_id: str) -> None:
    """addProjectAccess."""
    types.let_in(call.session, find(call, type_id), call.body["addProjectAccess"]["project"])


def remove_access(call: Call, type_id: str) -> None:
    """removeProjectAccess."""
    types.shut_out(call.session, find(call, type_id), call.body["removeProjectAccess"]["project"])


ONE, SPECS = "/types/<type_id>", "/types/<type_id>/extra_specs"
RULE, ACCESS = "volume_extension:types_extra_specs:", "volume_extension:volume_type_access"
ROUTES = both(
    Route("GET", "/types", index, "volume_extension:type_get_all"),
    Route("POST", "/types", create, "volume_extension:type_create", schema=schemas.TYPE_CREATE),
    Route("GET", ONE, show, "volume_extension:type_get"),
    Route("PUT", ONE, change, "volume_extension:type_update", schema=schemas.TYPE_UPDATE),
    Route("DELETE", ONE, delete, "volume_extension:type_delete", 202),
    Route("GET", SPECS, specs, f"{RULE}index"),
    Route("POST", SPECS, add_specs, f"{RULE}create", schema=schemas.SPECS_CREATE),
    Route("GET", f"{SPECS}/<key>", spec, f"{RULE}show"),
    Route("PUT", f"{SPECS}/<key>", change_spec, f"{RULE}update", schema=schemas.SPEC_UPDATE),
    Route("DELETE", f"{SPECS}/<key>", delete_spec, f"{RULE}delete", 202),
    Route("GET", f"{ONE}/os-volume-type-access", access, f"{ACCESS}:get_all_for_type"),
    Route(
        "POST",
        f"{ONE}/action",
        add_access,
        f"{ACCESS}:addProjectAccess",
        202,
        schemas.ADD_ACCESS,
        action="addProjectAccess",
    ),
    Route(
        "POST",
        f"{ONE}/action",
        remove_access,
        f"{ACCESS}:removeProjectAccess",
        202,
        schemas.REMOVE_ACCESS,
        action="removeProjectAccess",
    ),
)
