"""Trusts."""

from typing import Any

from sqlalchemy import select

from pileus.core.errors import NotFound
from pileus.core.http.call import Call
from pileus.core.service import Route
from pileus.identity.models import Trust
from pileus.identity.operations import trusts
from pileus.identity.operations.access import stamp
from pileus.identity.schemas.delegation import CREATE_TRUST
from pileus.identity.views import roles
from pileus.identity.views.listing import collection, links, narrow, only
from pileus.identity.views.reach import permit, reach

_KNOWN = frozenset(
    (
        "id",
        "trustor_user_id",
        "trustee_user_id",
        "impersonation",
        "project_id",
        "remaining_uses",
        "expires_at",
        "allow_redelegation",
        "redelegation_count",
        "roles",
        "deleted_at",
    )
)


def _shape(call: Call, row: Trust) -> dict[str, Any]:
    shown: dict[str, Any] = {
        **row.extra,
        "id": row.id,
        "trustor_user_id": row.trustor_id,
        "trustee_user_id": row.trustee_id,
        "project_id": row.project_id,
        "impersonation": row.impersonation,
        "expires_at": stamp(row.expires_at) if row.expires_at else None,
        "deleted_at": stamp(row.deleted_at) if row.deleted_at else None,
        "remaining_uses": row.remaining_uses,
        "redelegation_count": row.redelegation_count,
        "links": links(call, f"/OS-TRUST/trusts/{row.id}"),
    }
    return shown | ({"redelegated_trust_id": row.redelegated_trust_id} if row.redelegated_trust_id else {})


def _full(call: Call, row: Trust) -> dict[str, Any]:
    found = trusts.roles_of(call.session, row)
    return {
        **_shape(call, row),
        "roles": [roles.shape(call, role) for role in found if role.id in row.role_ids],
        "roles_links": {"next": None, "self": call.url(f"/v3/OS-TRUST/trusts/{row.id}/roles"), "previous": None},
    }


def _target(row: Trust) -> dict[str, Any]:
    return {"target.trust.trustor_user_id": row.trustor_id, "target.trust.trustee_user_id": row.trustee_id}


def _find(call: Call, trust_id: str) -> Trust:
    row = trusts.usable(call.session, trust_id)
    if row is None:
        call.enforced = True  # nothing to enforce on: a trust that is over is not found, whoever asks
        raise NotFound(f"Could not find trust: {trust_id}.")
    return reach(call, row, "trust", trust_id, _target(row))


def list_trusts(call: Call) -> dict[str, Any]:
    """Trusts: all of them for an administrator, the own ones by trustor or trustee for everybody."""
    query = call.query
    trustor, trustee = query.get("trustor_user_id"), query.get("trustee_user_id")
    if trustor is None and trustee is None:
        permit(call)
    if trustor is not None:
        permit(call, {"target.trust.trustor_user_id": trustor}, "identity:list_trusts_for_trustor")
    if trustee is not None:
        permit(call, {"target.trust.trustee_user_id": trustee}, "identity:list_trusts_for_trustee")
    columns = {"trustor_user_id": Trust.trustor_id, "trustee_user_id": Trust.trustee_id}
    statement = narrow(call, select(Trust).where(Trust.deleted_at.is_(None)), columns)
    found = call.session.execute(statement.order_by(Trust.created_at, Trust.id)).scalars().all()
    return collection(call, "trusts", [_shape(call, row) for row in found if trusts.usable(call.session, row.id)])


def create_trust(call: Call) -> dict[str, Any]:
    """Make a trust."""
    values = call.body["trust"]
    permit(call, {"target.trust.trustor_user_id": values["trustor_user_id"]})
    row = trusts.create(call.session, call.context.more["access"], values, only(values, _KNOWN))
    return {"trust": _full(call, row)}


def show_trust(call: Call, trust_id: str) -> dict[str, Any]:
    """One trust."""
    return {"trust": _full(call, _find(call, trust_id))}


def delete_trust(call: Call, trust_id: str) -> None:
    """End a trust."""
    trusts.remove(call.session, call.settings, _find(call, trust_id))


def list_roles(call: Call, trust_id: str) -> dict[str, Any]:
    """The delegated roles."""
    row = _find(call, trust_id)
    found = [role for role in trusts.roles_of(call.session, row) if role.id in row.role_ids]
    return collection(call, "roles", [roles.shape(call, role) for role in found])


def show_role(call: Call, trust_id: str, role_id: str) -> dict[str, Any]:
    """One delegated role; 404 when it is not delegated."""
    row = _find(call, trust_id)
    for role in trusts.roles_of(call.session, row):
        if role.id == role_id and role.id in row.role_ids:
            return {"role": roles.shape(call, role)}
    raise NotFound(f"Could not find role: {role_id}.")


_ALL = "/v3/OS-TRUST/trusts"
_ROLE = f"{_ALL}/<trust_id>/roles/<role_id>"

ROUTES = [
    Route("GET", _ALL, list_trusts, "identity:list_trusts", late=True),
    Route("POST", _ALL, create_trust, "identity:create_trust", status=201, schema=CREATE_TRUST, late=True),
    Route("GET", f"{_ALL}/<trust_id>", show_trust, "identity:get_trust", late=True),
    Route("DELETE", f"{_ALL}/<trust_id>", delete_trust, "identity:delete_trust", status=204, late=True),
    Route("GET", f"{_ALL}/<trust_id>/roles", list_roles, "identity:list_roles_for_trust", late=True),
    Route("GET", _ROLE, show_role, "identity:get_role_for_trust", late=True),
]
