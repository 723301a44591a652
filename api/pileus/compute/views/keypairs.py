"""Keypairs on the wire."""

from typing import Any

from pileus.compute.models import Keypair
from pileus.compute.operations import keypairs
from pileus.compute.schemas import keypairs as schemas
from pileus.compute.views.links import more
from pileus.core.http.call import Call
from pileus.core.http.page import page
from pileus.core.http.reply import Reply
from pileus.core.service import Route

SORT = {"id": Keypair.name, "name": Keypair.name}


def _summary(call: Call, row: Keypair) -> dict[str, Any]:
    body = {"name": row.name, "public_key": row.public_key, "fingerprint": row.fingerprint}
    return body | ({"type": row.type} if call.at_least(2, 2) else {})


def _user(call: Call) -> str:
    """Whose keypairs are meant: an admin may ask for another user's from 2.10 on."""
    user = call.query.get("user_id") if call.at_least(2, 10) else None
    user = user or call.context.user_id
    call.enforce(target={"user_id": user, "project_id": call.context.project_id})
    return user


def index(call: Call) -> Any:
    """GET /os-keypairs."""
    statement = keypairs.of_user(_user(call))
    if call.at_least(2, 35):
        rows, follow = page(call, call.session, statement, SORT, (("name", "asc"),))
    else:
        rows, follow = list(call.session.scalars(statement.order_by(Keypair.name))), False
    listed = [{"keypair": _summary(call, row)} for row in rows]
    return {"keypairs": listed, **more(call, "keypairs_links", rows, follow, "name")}


def show(call: Call, name: str) -> Any:
    """GET /os-keypairs/{name}."""
    row = keypairs.find_keypair(call.session, _user(call), name)
    body = {
        **_summary(call, row),
        "id": row.id,
        "user_id": row.user_id,
        "deleted": False,
        "created_at": row.created_at.isoformat(timespec="microseconds"),
        "updated_at": None,
        "deleted_at": None,
    }
    return {"keypair": body}


def create(call: Call) -> Any:
    """POST /os-keypairs: import `public_key`, or make a key."""
    wanted = call.body["keypair"]
    user = wanted.get("user_id") or call.context.user_id
    call.enforce(target={"user_id": user, "project_id": call.context.project_id})
    row, private = keypairs.create_keypair(
        call.session, call.context, wanted["name"], wanted.get("public_key"), user, wanted.get("type", "ssh")
    )
    body = {**_summary(call, row), "user_id": row.user_id}
    if private is not None:
        body["private_key"] = private
    return Reply({"keypair": body}, 201 if call.at_least(2, 2) else 200)


def delete(call: Call, name: str) -> Any:
    """DELETE /os-keypairs/{name}."""
    call.session.delete(keypairs.find_keypair(call.session, _user(call), name))
    return Reply(None, 204 if call.at_least(2, 2) else 202)


RULE = "os_compute_api:os-keypairs"
ALL, ONE = "/v2.1/os-keypairs", "/v2.1/os-keypairs/<name>"
ROUTES = [
    Route("GET", ALL, index, f"{RULE}:index", late=True),
    Route("GET", ONE, show, f"{RULE}:show", late=True),
    Route("POST", ALL, create, f"{RULE}:create", schema=schemas.CREATE, until=(2, 1), late=True),
    Route("POST", ALL, create, f"{RULE}:create", schema=schemas.CREATE_22, since=(2, 2), until=(2, 9), late=True),
    Route("POST", ALL, create, f"{RULE}:create", schema=schemas.CREATE_210, since=(2, 10), until=(2, 91), late=True),
    Route("POST", ALL, create, f"{RULE}:create", schema=schemas.CREATE_292, since=(2, 92), late=True),
    Route("DELETE", ONE, delete, f"{RULE}:delete", late=True),
]
