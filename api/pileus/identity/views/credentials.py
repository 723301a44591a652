"""Credentials, and EC2 keys below their user."""

from typing import Any

from sqlalchemy import select

from pileus.core.errors import NotFound
from pileus.core.http.call import Call
from pileus.core.service import Route
from pileus.identity.models import Credential, Project, User
from pileus.identity.operations import credentials
from pileus.identity.schemas.credentials import CREATE_CREDENTIAL, CREATE_EC2, UPDATE_CREDENTIAL
from pileus.identity.views.listing import collection, keep_id, links, narrow, only
from pileus.identity.views.reach import permit, reach

_KNOWN = frozenset(("id", "blob", "type", "user_id", "project_id"))
_COLUMNS = {"user_id": Credential.user_id, "type": Credential.type, "id": Credential.id}


def _shape(call: Call, row: Credential) -> dict[str, Any]:
    return {
        **row.extra,
        "id": row.id,
        "user_id": row.user_id,
        "project_id": row.project_id,
        "type": row.type,
        "blob": credentials.content(call.settings, row),
        "links": links(call, f"/credentials/{row.id}"),
    }


def _target(row: Credential) -> dict[str, Any]:
    return {"target.credential.user_id": row.user_id}


def _find(call: Call, credential_id: str) -> Credential:
    row = call.session.get(Credential, credential_id)
    return reach(call, row, "credential", credential_id, _target(row) if row else None)


def list_credentials(call: Call) -> dict[str, Any]:
    """The credentials the caller may see."""
    permit(call, {"target.credential.user_id": call.context.user_id})
    found = call.session.execute(narrow(call, select(Credential), _COLUMNS).order_by(Credential.id)).scalars()
    visible = [row for row in found if call.allows("identity:get_credential", _target(row))]
    return collection(call, "credentials", [_shape(call, row) for row in visible])


def create_credential(call: Call) -> dict[str, Any]:
    """Make a credential."""
    values = dict(call.body["credential"])
    values.setdefault("user_id", call.context.user_id)
    permit(call, {"target.credential.user_id": values["user_id"]})
    return {"credential": _shape(call, credentials.create(call.session, call.settings, values, only(values, _KNOWN)))}


def show_credential(call: Call, credential_id: str) -> dict[str, Any]:
    """One credential."""
    return {"credential": _shape(call, _find(call, credential_id))}


def update_credential(call: Call, credential_id: str) -> dict[str, Any]:
    """Change the content of a credential."""
    row = _find(call, credential_id)
    values = call.body["credential"]
    keep_id(values, row.id)
    credentials.change(call.settings, row, values, only(values, _KNOWN))
    return {"credential": _shape(call, row)}


def delete_credential(call: Call, credential_id: str) -> None:
    """Delete a credential."""
    call.session.delete(_find(call, credential_id))


def _shape_ec2(call: Call, row: Credential) -> dict[str, Any]:
    blob = credentials.ec2_content(call.settings, row)
    return {
        "user_id": row.user_id,
        "tenant_id": row.project_id,
        "access": blob.get("access"),
        "secret": blob.get("secret"),
        "trust_id": blob.get("trust_id"),
        "links": links(call, f"/users/{row.user_id}/credentials/OS-EC2/{blob.get('access')}"),
    }


def _user(call: Call, user_id: str) -> User:
    permit(call, {"target.credential.user_id": user_id})
    user = call.session.get(User, user_id)
    if user is None:
        raise NotFound(f"Could not find user: {user_id}.")
    return user


def list_ec2(call: Call, user_id: str) -> dict[str, Any]:
    """A user's EC2 keys."""
    user = _user(call, user_id)
    found = call.session.execute(
        select(Credential).where(Credential.user_id == user.id, Credential.type == credentials.EC2)
    ).scalars()
    return collection(call, "credentials", [_shape_ec2(call, row) for row in found])


def create_ec2(call: Call, user_id: str) -> dict[str, Any]:
    """Make an EC2 key pair for a project."""
    user = _user(call, user_id)
    project = call.session.get(Project, call.body["tenant_id"])
    if project is None or project.is_domain:
        raise NotFound(f"Could not find project: {call.body['tenant_id']}.")
    row = credentials.create_ec2(call.session, call.settings, user, project)
    return {"credential": _shape_ec2(call, row)}


def _find_ec2(call: Call, user_id: str, access: str) -> Credential:
    row = credentials.find_ec2(call.session, access)
    permit(call, {"target.credential.user_id": user_id})
    if row is None or row.user_id != user_id:
        raise NotFound(f"Could not find credential: {access}.")
    return row


def show_ec2(call: Call, user_id: str, access: str) -> dict[str, Any]:
    """One EC2 key pair."""
    return {"credential": _shape_ec2(call, _find_ec2(call, user_id, access))}


def delete_ec2(call: Call, user_id: str, access: str) -> None:
    """Delete an EC2 key pair."""
    call.session.delete(_find_ec2(call, user_id, access))


_ONE = "/v3/credentials/<credential_id>"
_EC2 = "/v3/users/<user_id>/credentials/OS-EC2"

ROUTES = [
    Route("GET", "/v3/credentials", list_credentials, "identity:list_credentials", late=True),
    Route(
        "POST",
        "/v3/credentials",
        create_credential,
        "identity:create_credential",
        status=201,
        schema=CREATE_CREDENTIAL,
        late=True,
    ),
    Route("GET", _ONE, show_credential, "identity:get_credential", late=True),
    Route("PATCH", _ONE, update_credential, "identity:update_credential", schema=UPDATE_CREDENTIAL, late=True),
    Route("DELETE", _ONE, delete_credential, "identity:delete_credential", status=204, late=True),
    Route("GET", _EC2, list_ec2, "identity:ec2_list_credentials", late=True),
    Route("POST", _EC2, create_ec2, "identity:ec2_create_credential", status=201, schema=CREATE_EC2, late=True),
    Route("GET", f"{_EC2}/<access>", show_ec2, "identity:ec2_get_credential", late=True),
    Route("DELETE", f"{_EC2}/<access>", delete_ec2, "identity:ec2_delete_credential", status=204, late=True),
]
