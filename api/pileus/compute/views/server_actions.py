"""POST /servers/{id}/action: one route for each thing that can be done to a server."""

import secrets
from typing import Any

from pileus.compute.models import Server
from pileus.compute.operations import consoles, images, power, servers, sizes
from pileus.compute.schemas import servers as schemas
from pileus.compute.views.server_body import Page
from pileus.compute.views.steps import steps
from pileus.core.errors import Conflict
from pileus.core.http.call import Call
from pileus.core.http.reply import Reply
from pileus.core.service import Route


def _server(call: Call, server_id: str) -> Server:
    return servers.find_server(call.session, call.context, server_id, change=True)


def start(call: Call, server_id: str) -> Any:
    """os-start."""
    power.start(call.session, call.context, _server(call, server_id))


def stop(call: Call, server_id: str) -> Any:
    """os-stop."""
    power.stop(call.session, call.context, _server(call, server_id))


def reboot(call: Call, server_id: str) -> Any:
    """reboot, SOFT or HARD."""
    power.reboot(call.session, call.context, _server(call, server_id), call.body["reboot"]["type"].upper())


def resize(call: Call, server_id: str) -> Any:
    """resize; the server stays on its host."""
    sizes.resize(call.session, call.context, _server(call, server_id), str(call.body["resize"]["flavorRef"]))


def confirm(call: Call, server_id: str) -> Any:
    """confirmResize."""
    sizes.confirm(call.session, call.context, _server(call, server_id))
    return Reply(None, 204)


def revert(call: Call, server_id: str) -> Any:
    """revertResize."""
    sizes.revert(call.session, call.context, _server(call, server_id))


def rebuild(call: Call, server_id: str) -> Any:
    """rebuild; answers with the server as it is going to be."""
    row, wanted = _server(call, server_id), call.body["rebuild"]
    if "name" in wanted:
        wanted = {**wanted, "name": wanted["name"].strip()}
    servers.rebuild_server(call.session, call.context, row, wanted)
    call.session.flush()
    shared = Page(call, call.session, [row])
    body = shared.detail(row, one=True) if call.at_least(2, 75) else shared.base(row, one=True)
    body["adminPass"] = wanted.get("adminPass") or secrets.token_urlsafe(9)
    if call.at_least(2, 54):
        body["key_name"] = row.key_name
    if call.at_least(2, 57):
        body["user_data"] = row.user_data
        body.pop("OS-EXT-SRV-ATTR:user_data", None)
    return Reply({"server": body}, 202, {"Location": body["links"][0]["href"]})


def create_image(call: Call, server_id: str) -> Any:
    """createImage: where the image is stands in the Location header, from 2.45 on also in the body."""
    wanted, pool = call.body["createImage"], call.settings.image_pool
    row, metadata = _server(call, server_id), wanted.get("metadata") or {}
    image_id = images.create_image(call.session, call.context, row, wanted["name"].strip(), metadata, pool)
    headers = {"Location": f"{call.settings.public_url}/image/v2/images/{image_id}"}
    return Reply({"image_id": image_id} if call.at_least(2, 45) else None, 202, headers)


def lock(call: Call, server_id: str) -> Any:
    """lock; a reason may be given from 2.73 on."""
    reason = (call.body["lock"] or {}).get("locked_reason") if call.at_least(2, 73) else None
    power.lock(call.session, call.context, _server(call, server_id), reason)


def unlock(call: Call, server_id: str) -> Any:
    """unlock; what an admin locked only an admin unlocks."""
    row = _server(call, server_id)
    if row.locked_by == "admin" and not call.allows("os_compute_api:os-lock-server:unlock:unlock_override"):
        raise Conflict(f"Instance {row.id} is locked by an administrator")
    power.unlock(call.session, call.context, row)


def reset(call: Call, server_id: str) -> Any:
    """os-resetState."""
    power.reset(call.session, call.context, _server(call, server_id), call.body["os-resetState"]["state"])


def force_delete(call: Call, server_id: str) -> Any:
    """forceDelete: there is no other kind of delete here."""
    power.delete(call.session, call.context, _server(call, server_id))


def console(call: Call, server_id: str) -> Any:
    """os-getConsoleOutput: ask in one short transaction, wait without any."""
    row = _server(call, server_id)
    call.session.close()
    with call.database.write() as session:
        read = consoles.ask(session, call.context, row)
    length = (call.body["os-getConsoleOutput"] or {}).get("length")
    text = consoles.wait(call.database, read)
    return Reply({"output": consoles.tail(text, int(length) if length is not None else None)}, 200)


PATH = "/v2.1/servers/<server_id>/action"
RULE = "os_compute_api"


def _route(action: str, view: Any, rule: str, schema: Any, **more: Any) -> Route:
    return Route("POST", PATH, view, f"{RULE}:{rule}", 202, schema=schema, action=action, **more)


ROUTES = [
    _route("os-start", start, "servers:start", schemas.plain("os-start")),
    _route("os-stop", stop, "servers:stop", schemas.plain("os-stop")),
    _route("reboot", reboot, "servers:reboot", schemas.REBOOT),
    _route("resize", resize, "servers:resize", schemas.RESIZE),
    _route("createImage", create_image, "servers:create_image", schemas.CREATE_IMAGE),
    _route("confirmResize", confirm, "servers:confirm_resize", schemas.plain("confirmResize")),
    _route("revertResize", revert, "servers:revert_resize", schemas.plain("revertResize")),
    *(
        Route("POST", PATH, rebuild, f"{RULE}:servers:rebuild", 202, action="rebuild", **step)
        for step in steps(schemas.REBUILD)
    ),
    _route("lock", lock, "os-lock-server:lock", schemas.plain("lock"), until=(2, 72)),
    _route("lock", lock, "os-lock-server:lock", schemas.LOCK, since=(2, 73)),
    _route("unlock", unlock, "os-lock-server:unlock", schemas.plain("unlock")),
    _route("os-resetState", reset, "os-admin-actions:reset_state", schemas.RESET),
    _route("forceDelete", force_delete, "os-deferred-delete:force", schemas.plain("forceDelete")),
    _route("os-getConsoleOutput", console, "os-console-output", schemas.CONSOLE, write=False),
]
