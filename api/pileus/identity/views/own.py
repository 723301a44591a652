"""What the caller could log in to."""

from typing import Any

from sqlalchemy import select

from pileus.core.http.call import Call
from pileus.core.service import Route
from pileus.identity.models import Project
from pileus.identity.operations import assignments
from pileus.identity.views import domains, projects
from pileus.identity.views.caller import token_groups
from pileus.identity.views.listing import collection, links


def list_projects(call: Call) -> dict[str, Any]:
    """The enabled projects the caller has a role on."""
    ids = assignments.project_ids(call.session, call.context.user_id, token_groups(call))
    statement = select(Project).where(Project.id.in_(ids), Project.enabled.is_(True)).order_by(Project.name)
    found = call.session.execute(statement).scalars()
    return collection(call, "projects", [projects.shape(call, row) for row in found])


def list_domains(call: Call) -> dict[str, Any]:
    """The domains the caller has a role on."""
    ids = assignments.domain_ids(call.session, call.context.user_id, token_groups(call))
    found = call.session.execute(select(Project).where(Project.id.in_(ids)).order_by(Project.name)).scalars()
    return collection(call, "domains", [domains.shape(call, row) for row in found])


def list_system(call: Call) -> dict[str, Any]:
    """Whether the caller has a role on the system."""
    able = assignments.on_system(call.session, call.context.user_id, token_groups(call))
    return {"system": [{"all": True}] if able else [], "links": links(call, "/auth/system")}


ROUTES = [
    Route("GET", "/v3/auth/projects", list_projects, "identity:get_auth_projects"),
    Route("GET", "/v3/auth/domains", list_domains, "identity:get_auth_domains"),
    Route("GET", "/v3/auth/system", list_system, "identity:get_auth_system"),
]
