"""Roles, and which role implies which."""

from typing import Any

from sqlalchemy import select

from pileus.core.errors import NotFound
from pileus.core.http.call import Call
from pileus.core.service import Route
from pileus.identity.models import Implication, Role
from pileus.identity.operations import roles
from pileus.identity.schemas.roles import CREATE_ROLE, UPDATE_ROLE
from pileus.identity.views.listing import collection, keep_id, links, only, rows
from pileus.identity.views.reach import permit, reach

_KNOWN = frozenset(("id", "name", "domain_id", "description", "options"))
_COLUMNS = {"id": Role.id, "name": Role.name}


def shape(call: Call, row: Role) -> dict[str, Any]:
    """A role as the API shows it."""
    return {
        **row.extra,
        "id": row.id,
        "name": row.name,
        "domain_id": row.domain_id or None,
        "description": row.description,
        "options": row.options,
        "links": links(call, f"/roles/{row.id}"),
    }


def _brief(call: Call, row: Role) -> dict[str, Any]:
    return {"id": row.id, "name": row.name, "links": links(call, f"/roles/{row.id}")}


def target(row: Role) -> dict[str, Any]:
    """What the rules about roles and grants look at; a global role is of no domain."""
    return {"target.role.name": row.name, "target.role.domain_id": row.domain_id or None}


def _find(call: Call, role_id: str) -> Role:
    row = call.session.get(Role, role_id)
    rule = _rule(call, row.domain_id if row else "")
    call.enforced = True
    permit(call, target(row) if row else {}, rule)
    return reach_found(row, role_id)


def reach_found(row: Role | None, role_id: str) -> Role:
    """The row; raises NotFound."""
    if row is None:
        raise NotFound(f"Could not find role: {role_id}.")
    return row


def _rule(call: Call, domain_id: str) -> str:
    """Domain roles have rules of their own: identity:get_domain_role beside identity:get_role."""
    name = str(call.route.rule)
    if not domain_id:
        return name
    return "identity:list_domain_roles" if name == "identity:list_roles" else name.replace("_role", "_domain_role")


def list_roles(call: Call) -> dict[str, Any]:
    """The global roles, or those of a domain."""
    domain_id = call.query.get("domain_id", "")
    permit(call, {}, _rule(call, domain_id))
    found, following = rows(call, select(Role).where(Role.domain_id == domain_id), _COLUMNS)
    return collection(call, "roles", [shape(call, row) for row in found], following)


def create_role(call: Call) -> dict[str, Any]:
    """Make a role."""
    values = call.body["role"]
    domain_id = values.get("domain_id") or ""
    permit(call, {"target.role.name": values["name"], "target.role.domain_id": domain_id}, _rule(call, domain_id))
    return {"role": shape(call, roles.create(call.session, values, only(values, _KNOWN)))}


def show_role(call: Call, role_id: str) -> dict[str, Any]:
    """One role."""
    return {"role": shape(call, _find(call, role_id))}


def update_role(call: Call, role_id: str) -> dict[str, Any]:
    """Change a role."""
    row = _find(call, role_id)
    values = call.body["role"]
    keep_id(values, row.id)
    roles.change(call.session, row, values, only(values, _KNOWN))
    return {"role": shape(call, row)}


def delete_role(call: Call, role_id: str) -> None:
    """Delete a role."""
    roles.remove(call.session, _find(call, role_id))


def _pair(call: Call, prior_id: str, implied_id: str) -> tuple[Role, Role]:
    prior = reach(call, call.session.get(Role, prior_id), "role", prior_id)
    return prior, reach(call, call.session.get(Role, implied_id), "role", implied_id)


def _inference(call: Call, prior: Role, implied: Role) -> dict[str, Any]:
    return {
        "role_inference": {"prior_role": _brief(call, prior), "implies": _brief(call, implied)},
        "links": links(call, f"/roles/{prior.id}/implies/{implied.id}"),
    }


def list_implied(call: Call, prior_id: str) -> dict[str, Any]:
    """The roles that one role implies by itself."""
    prior = reach(call, call.session.get(Role, prior_id), "role", prior_id)
    found = call.session.execute(
        select(Role).join(Implication, Implication.implied_id == Role.id).where(Implication.prior_id == prior.id)
    ).scalars()
    return {
        "role_inference": {"prior_role": _brief(call, prior), "implies": [_brief(call, role) for role in found]},
        "links": links(call, f"/roles/{prior.id}/implies"),
    }


def show_implied(call: Call, prior_id: str, implied_id: str) -> dict[str, Any]:
    """Whether one role implies another."""
    prior, implied = _pair(call, prior_id, implied_id)
    roles.find_implication(call.session, prior.id, implied.id)
    return _inference(call, prior, implied)


def check_implied(call: Call, prior_id: str, implied_id: str) -> None:
    """The same without a body."""
    show_implied(call, prior_id, implied_id)


def create_implied(call: Call, prior_id: str, implied_id: str) -> dict[str, Any]:
    """Make one role imply another."""
    prior, implied = _pair(call, prior_id, implied_id)
    roles.imply(call.session, prior, implied)
    return _inference(call, prior, implied)


def delete_implied(call: Call, prior_id: str, implied_id: str) -> None:
    """Make one role imply another no more."""
    prior, implied = _pair(call, prior_id, implied_id)
    call.session.delete(roles.find_implication(call.session, prior.id, implied.id))


def list_inferences(call: Call) -> dict[str, Any]:
    """All implications."""
    found: dict[str, list[str]] = {}
    for row in call.session.execute(select(Implication).order_by(Implication.prior_id)).scalars():
        found.setdefault(row.prior_id, []).append(row.implied_id)
    known = {role.id: role for role in call.session.execute(select(Role)).scalars()}
    listed = [
        {"prior_role": _brief(call, known[prior]), "implies": [_brief(call, known[one]) for one in implied]}
        for prior, implied in found.items()
    ]
    return {"role_inferences": listed, "links": links(call, "/role_inferences")}


_IMPLIES = "/v3/roles/<prior_id>/implies/<implied_id>"

ROUTES = [
    Route("GET", "/v3/roles", list_roles, "identity:list_roles", late=True),
    Route("POST", "/v3/roles", create_role, "identity:create_role", status=201, schema=CREATE_ROLE, late=True),
    Route("GET", "/v3/roles/<role_id>", show_role, "identity:get_role", late=True),
    Route("PATCH", "/v3/roles/<role_id>", update_role, "identity:update_role", schema=UPDATE_ROLE, late=True),
    Route("DELETE", "/v3/roles/<role_id>", delete_role, "identity:delete_role", status=204, late=True),
    Route("GET", "/v3/roles/<prior_id>/implies", list_implied, "identity:list_implied_roles", late=True),
    Route("HEAD", _IMPLIES, check_implied, "identity:check_implied_role", status=204, late=True),
    Route("GET", _IMPLIES, show_implied, "identity:get_implied_role", late=True),
    Route("PUT", _IMPLIES, create_implied, "identity:create_implied_role", status=201, late=True),
    Route("DELETE", _IMPLIES, delete_implied, "identity:delete_implied_role", status=204, late=True),
    Route("GET", "/v3/role_inferences", list_inferences, "identity:list_role_inference_rules"),
]
