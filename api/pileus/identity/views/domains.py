"""Domains."""

from typing import Any

from sqlalchemy import select

from pileus.core.http.call import Call
from pileus.core.service import Route
from pileus.identity.models import Project
from pileus.identity.operations import projects
from pileus.identity.schemas.projects import CREATE_DOMAIN, UPDATE_DOMAIN
from pileus.identity.views.listing import collection, keep_id, links, only, rows
from pileus.identity.views.reach import permit, reach

_KNOWN = frozenset(("id", "name", "description", "enabled", "options", "tags", "explicit_domain_id", "domain_id"))
_COLUMNS = {"id": Project.id, "name": Project.name, "enabled": Project.enabled}


def shape(call: Call, row: Project) -> dict[str, Any]:
    """A domain as the API shows it."""
    return {
        **row.extra,
        "id": row.id,
        "name": row.name,
        "description": row.description,
        "enabled": row.enabled,
        "tags": row.tags,
        "options": row.options,
        "links": links(call, f"/domains/{row.id}"),
    }


def _reach(call: Call, domain_id: str) -> Project:
    row = projects.get_domain(call.session, domain_id)
    return reach(call, row, "domain", domain_id, {"target.domain.id": domain_id})


def list_domains(call: Call) -> dict[str, Any]:
    """All domains; a token for a domain shows that domain."""
    permit(call, {"target.domain.id": call.context.domain_id or ""})
    statement = select(Project).where(Project.is_domain.is_(True))
    if call.context.domain_id:
        statement = statement.where(Project.id == call.context.domain_id)
    found, following = rows(call, statement, _COLUMNS)
    return collection(call, "domains", [shape(call, row) for row in found], following)


def create_domain(call: Call) -> dict[str, Any]:
    """Make a domain."""
    values = dict(call.body["domain"])
    if "explicit_domain_id" in values:
        values["id"] = values["explicit_domain_id"]
    else:
        values.pop("id", None)
    row = projects.create(call.session, values, only(values, _KNOWN), is_domain=True)
    return {"domain": shape(call, row)}


def show_domain(call: Call, domain_id: str) -> dict[str, Any]:
    """One domain."""
    return {"domain": shape(call, _reach(call, domain_id))}


def update_domain(call: Call, domain_id: str) -> dict[str, Any]:
    """Change a domain."""
    row = _reach(call, domain_id)
    values = call.body["domain"]
    keep_id(values, row.id)
    projects.change(call.session, call.settings, row, values, only(values, _KNOWN))
    return {"domain": shape(call, row)}


def delete_domain(call: Call, domain_id: str) -> None:
    """Delete a disabled domain with all that is in it."""
    projects.remove_domain(call.session, call.settings, _reach(call, domain_id))


ROUTES = [
    Route("GET", "/v3/domains", list_domains, "identity:list_domains", late=True),
    Route("POST", "/v3/domains", create_domain, "identity:create_domain", status=201, schema=CREATE_DOMAIN),
    Route("GET", "/v3/domains/<domain_id>", show_domain, "identity:get_domain", late=True),
    Route("PATCH", "/v3/domains/<domain_id>", update_domain, "identity:update_domain", schema=UPDATE_DOMAIN, late=True),
    Route("DELETE", "/v3/domains/<domain_id>", delete_domain, "identity:delete_domain", status=204, late=True),
]
