"""What a user has granted to OAuth1 consumers."""

from typing import Any

from sqlalchemy import select

from pileus.core.errors import NotFound
from pileus.core.http.call import Call
from pileus.core.service import Route
from pileus.identity.models import AccessToken, Role
from pileus.identity.operations import access_tokens
from pileus.identity.operations.access import stamp
from pileus.identity.views import roles
from pileus.identity.views.listing import collection
from pileus.identity.views.reach import permit


def _shape(call: Call, row: AccessToken) -> dict[str, Any]:
    own = call.url(f"/v3/users/{row.user_id}/OS-OAUTH1/access_tokens/{row.id}")
    return {
        "id": row.id,
        "consumer_id": row.consumer_id,
        "authorizing_user_id": row.user_id,
        "project_id": row.project_id,
        "expires_at": stamp(row.expires_at) if row.expires_at else None,
        "links": {"self": own, "roles": f"{own}/roles"},
    }


def _find(call: Call, user_id: str, token_id: str) -> AccessToken:
    permit(call, {"target.user.id": user_id})
    row = call.session.get(AccessToken, token_id)
    if row is None or row.user_id != user_id:
        raise NotFound(f"Could not find Access Token: {token_id}.")
    return row


def list_tokens(call: Call, user_id: str) -> dict[str, Any]:
    """A user's access tokens."""
    permit(call, {"target.user.id": user_id})
    statement = select(AccessToken).where(AccessToken.user_id == user_id)
    found = call.session.execute(statement.order_by(AccessToken.created_at, AccessToken.id)).scalars()
    return collection(call, "access_tokens", [_shape(call, row) for row in found])


def show_token(call: Call, user_id: str, token_id: str) -> dict[str, Any]:
    """One access token."""
    return {"access_token": _shape(call, _find(call, user_id, token_id))}


def delete_token(call: Call, user_id: str, token_id: str) -> None:
    """End an access token."""
    access_tokens.remove(call.session, call.settings, _find(call, user_id, token_id))


def _roles(call: Call, row: AccessToken) -> list[Role]:
    return list(call.session.execute(select(Role).where(Role.id.in_(row.role_ids)).order_by(Role.name)).scalars())


def list_roles(call: Call, user_id: str, token_id: str) -> dict[str, Any]:
    """The roles that go with an access token."""
    found = _roles(call, _find(call, user_id, token_id))
    return collection(call, "roles", [roles.shape(call, role) for role in found])


def show_role(call: Call, user_id: str, token_id: str, role_id: str) -> dict[str, Any]:
    """One of these roles; 404 when it does not go with the access token."""
    for role in _roles(call, _find(call, user_id, token_id)):
        if role.id == role_id:
            return {"role": roles.shape(call, role)}
    raise NotFound(f"Could not find role: {role_id}.")


_ALL = "/v3/users/<user_id>/OS-OAUTH1/access_tokens"
_ONE = f"{_ALL}/<token_id>"

ROUTES = [
    Route("GET", _ALL, list_tokens, "identity:list_access_tokens", late=True),
    Route("GET", _ONE, show_token, "identity:get_access_token", late=True),
    Route("DELETE", _ONE, delete_token, "identity:delete_access_token", status=204, late=True),
    Route("GET", f"{_ONE}/roles", list_roles, "identity:list_access_token_roles", late=True),
    Route("GET", f"{_ONE}/roles/<role_id>", show_role, "identity:get_access_token_role", late=True),
]
