"""Metadata, tags and addresses of a server."""

from typing import Any
from urllib.parse import quote

from pileus.compute.models import Server
from pileus.compute.operations import power, servers
from pileus.compute.schemas import servers as schemas
from pileus.compute.views.server_body import plain
from pileus.core.errors import BadRequest, NotFound
from pileus.core.http.call import Call
from pileus.core.http.reply import Reply
from pileus.core.service import Route
from pileus.network import operations as network

MAX_TAGS = 50


def _seen(call: Call, server_id: str) -> Server:
    return servers.find_server(call.session, call.context, server_id)


def _changed(call: Call, server_id: str) -> Server:
    row = servers.find_server(call.session, call.context, server_id, change=True)
    power.check_unlocked(call.context, row)
    return row


def _set(call: Call, row: Server, metadata: dict[str, Any]) -> None:
    servers.check_metadata(call.session, row.project_id, metadata)
    row.properties = metadata


def metadata(call: Call, server_id: str) -> Any:
    """GET /servers/{id}/metadata."""
    return {"metadata": _seen(call, server_id).properties}


def replace(call: Call, server_id: str) -> Any:
    """PUT /servers/{id}/metadata."""
    _set(call, _changed(call, server_id), call.body["metadata"])
    return {"metadata": call.body["metadata"]}


def merge(call: Call, server_id: str) -> Any:
    """POST /servers/{id}/metadata."""
    row = _changed(call, server_id)
    _set(call, row, {**row.properties, **call.body["metadata"]})
    return {"metadata": row.properties}


def one(call: Call, server_id: str, key: str) -> Any:
    """GET /servers/{id}/metadata/{key}."""
    found = _seen(call, server_id).properties
    if key not in found:
        raise NotFound("Metadata item was not found")
    return {"meta": {key: found[key]}}


def set_one(call: Call, server_id: str, key: str) -> Any:
    """PUT /servers/{id}/metadata/{key}."""
    if key not in call.body["meta"]:
        raise BadRequest("Request body and URI mismatch", field="meta")
    row = _changed(call, server_id)
    _set(call, row, {**row.properties, **call.body["meta"]})
    return {"meta": call.body["meta"]}


def delete_one(call: Call, server_id: str, key: str) -> Any:
    """DELETE /servers/{id}/metadata/{key}."""
    row = _changed(call, server_id)
    if key not in row.properties:
        raise NotFound("Metadata item was not found")
    row.properties = {name: value for name, value in row.properties.items() if name != key}


def tags(call: Call, server_id: str) -> Any:
    """GET /servers/{id}/tags."""
    return {"tags": _seen(call, server_id).tags}


def replace_tags(call: Call, server_id: str) -> Any:
    """PUT /servers/{id}/tags."""
    row = _changed(call, server_id)
    row.tags = list(dict.fromkeys(call.body["tags"]))
    return {"tags": row.tags}


def clear_tags(call: Call, server_id: str) -> Any:
    """DELETE /servers/{id}/tags."""
    _changed(call, server_id).tags = []


def has_tag(call: Call, server_id: str, tag: str) -> Any:
    """GET /servers/{id}/tags/{tag}."""
    if tag not in _seen(call, server_id).tags:
        raise NotFound(f"Server {server_id} has no tag '{tag}'")


def add_tag(call: Call, server_id: str, tag: str) -> Any:
    """PUT /servers/{id}/tags/{tag}: 201 when it is new."""
    if not tag or len(tag) > 60 or "," in tag or "/" in tag:
        raise BadRequest(
            f"Tag '{tag[:80]}' is invalid. It must be 1 to 60 characters without ',' and '/'.", field="tag"
        )
    row = _changed(call, server_id)
    if tag in row.tags:
        return Reply(None, 204)
    if len(row.tags) >= MAX_TAGS:
        raise BadRequest(f"The number of tags exceeded the per-server limit {MAX_TAGS}", field="tag")
    row.tags = [*row.tags, tag]
    return Reply(None, 201, {"Location": call.url(f"/v2.1/servers/{server_id}/tags/{quote(tag)}")})


def delete_tag(call: Call, server_id: str, tag: str) -> Any:
    """DELETE /servers/{id}/tags/{tag}."""
    row = _changed(call, server_id)
    if tag not in row.tags:
        raise NotFound(f"Server {server_id} has no tag '{tag}'")
    row.tags = [name for name in row.tags if name != tag]


def addresses(call: Call, server_id: str) -> Any:
    """GET /servers/{id}/ips."""
    row = _seen(call, server_id)
    found = network.addresses_of(call.session, [row.id]).get(row.id, {})
    return {"addresses": plain(found)}


def addresses_on(call: Call, server_id: str, name: str) -> Any:
    """GET /servers/{id}/ips/{network name}."""
    row = _seen(call, server_id)
    found = network.addresses_of(call.session, [row.id]).get(row.id, {})
    if name not in found:
        raise NotFound(f"Instance {row.id} does not have network with name {name}.")
    return plain({name: found[name]})


ONE = "/v2.1/servers/<server_id>"
META, TAGS, IPS = "os_compute_api:server-metadata", "os_compute_api:os-server-tags", "os_compute_api:ips"
ROUTES = [
    Route("GET", f"{ONE}/metadata", metadata, f"{META}:index"),
    Route("POST", f"{ONE}/metadata", merge, f"{META}:create", 200, schema=schemas.METADATA_ALL),
    Route("PUT", f"{ONE}/metadata", replace, f"{META}:update_all", 200, schema=schemas.METADATA_ALL),
    Route("GET", f"{ONE}/metadata/<key>", one, f"{META}:show"),
    Route("PUT", f"{ONE}/metadata/<key>", set_one, f"{META}:update", 200, schema=schemas.METADATA_ONE),
    Route("DELETE", f"{ONE}/metadata/<key>", delete_one, f"{META}:delete", 204),
    Route("GET", f"{ONE}/tags", tags, f"{TAGS}:index", since=(2, 26)),
    Route("PUT", f"{ONE}/tags", replace_tags, f"{TAGS}:update_all", schema=schemas.TAGS, since=(2, 26)),
    Route("DELETE", f"{ONE}/tags", clear_tags, f"{TAGS}:delete_all", 204, since=(2, 26)),
    Route("GET", f"{ONE}/tags/<tag>", has_tag, f"{TAGS}:show", 204, since=(2, 26)),
    Route("PUT", f"{ONE}/tags/<tag>", add_tag, f"{TAGS}:update", 201, since=(2, 26)),
    Route("DELETE", f"{ONE}/tags/<tag>", delete_tag, f"{TAGS}:delete", 204, since=(2, 26)),
    Route("GET", f"{ONE}/ips", addresses, f"{IPS}:index"),
    Route("GET", f"{ONE}/ips/<name>", addresses_on, f"{IPS}:show"),
]
