"""Projects and their trees."""

from typing import Any

from sqlalchemy import select

from pileus.core.errors import BadRequest, Forbidden
from pileus.core.http.call import Call
from pileus.core.service import Route
from pileus.identity.models import Project
from pileus.identity.operations import assignments, projects
from pileus.identity.operations.bootstrap import DEFAULT_DOMAIN
from pileus.identity.schemas.projects import CREATE_PROJECT, UPDATE_PROJECT
from pileus.identity.views import limits
from pileus.identity.views.caller import token_groups
from pileus.identity.views.listing import collection, flag, keep_id, links, only, rows, truth
from pileus.identity.views.reach import permit, reach

_KNOWN = frozenset(("id", "name", "description", "enabled", "options", "tags", "domain_id", "parent_id", "is_domain"))
COLUMNS = {
    "id": Project.id,
    "name": Project.name,
    "enabled": Project.enabled,
    "domain_id": Project.domain_id,
    "parent_id": Project.parent_id,
}
_TREES = ("parents_as_list", "parents_as_ids", "subtree_as_list", "subtree_as_ids")


def shape(call: Call, row: Project) -> dict[str, Any]:
    """A project as the API shows it."""
    return {
        **row.extra,
        "id": row.id,
        "name": row.name,
        "domain_id": row.domain_id or None,
        "description": row.description,
        "enabled": row.enabled,
        "parent_id": row.parent_id,
        "is_domain": row.is_domain,
        "tags": row.tags,
        "options": row.options,
        "links": links(call, f"/projects/{row.id}"),
    }


def target(row: Project) -> dict[str, Any]:
    """What the rules about projects look at; a domain is of no domain."""
    return {"target.project.id": row.id, "target.project.domain_id": row.domain_id or None}


def find(call: Call, project_id: str, of_domain: str = "") -> Project:
    """The project, when the caller may do this route's thing to it; for a domain also by the rule `of_domain`."""
    row = call.session.get(Project, project_id)
    found = reach(call, row, "project", project_id, target(row) if row else None)
    if found.is_domain and of_domain:
        permit(call, {"target.domain.id": found.id}, of_domain)
    return found


def list_projects(call: Call) -> dict[str, Any]:
    """Projects by domain, parent, name, tags; a token for a domain shows those of the domain."""
    context = call.context
    domain_id = call.query.get("domain_id") or context.domain_id or ""
    permit(call, {"target.domain_id": domain_id})
    statement = select(Project).where(Project.is_domain.is_(truth(call.query.get("is_domain", "false"))))
    if context.domain_id:
        statement = statement.where(Project.domain_id == context.domain_id)
    for name, every, wanted in (
        ("tags", True, True),
        ("tags-any", False, True),
        ("not-tags", True, False),
        ("not-tags-any", False, False),
    ):
        if name in call.query:
            having = projects.with_tags(call.query[name].split(","), every=every)
            statement = statement.where(having if wanted else ~having)
    found, following = rows(call, statement, COLUMNS)
    return collection(call, "projects", [shape(call, row) for row in found], following)


def create_project(call: Call) -> dict[str, Any]:
    """Make a project, or a domain in the guise of one."""
    values = dict(call.body["project"])
    values.pop("id", None)
    is_domain = values.get("is_domain", False)
    context = call.context
    if is_domain:
        if values.get("parent_id") or values.get("domain_id"):
            raise BadRequest("A project that acts as a domain has neither parent nor domain.", field="parent_id")
        permit(call, {})
        permit(call, {}, "identity:create_domain")
        row = projects.create(call.session, values, only(values, _KNOWN), is_domain=True)
        return {"project": shape(call, row)}
    fallback = context.domain_id or context.project_domain_id or DEFAULT_DOMAIN
    permit(call, {"target.project.domain_id": values.get("domain_id") or fallback})
    if values.get("parent_id") is not None:  # who may not, hears the same of one elsewhere and of one that is nowhere
        permit(call, {"target.project.domain_id": projects.domain_of(call.session, values["parent_id"])})
    values["domain_id"], values["parent_id"] = projects.place(
        call.session, call.settings, values.get("domain_id"), values.get("parent_id"), fallback
    )
    row = projects.create(call.session, values, only(values, _KNOWN), is_domain=False)
    return {"project": shape(call, row)}


def _as_ids(call: Call, row: Project, below: list[Project]) -> dict[str, Any] | None:
    children = [project for project in below if project.parent_id == row.id]
    return {project.id: _as_ids(call, project, below) for project in children} or None


def _as_list(call: Call, found: list[Project]) -> list[dict[str, Any]]:
    """Those of the projects that the caller may see, or has a role on; with their limits on request."""
    own = assignments.project_ids(call.session, call.context.user_id, token_groups(call))
    seen = [row for row in found if row.id in own or call.allows("identity:get_project", target(row))]
    if not flag(call, "include_limits"):
        return [{"project": shape(call, row)} for row in seen]
    known = limits.of_projects(call, [row.id for row in seen])
    return [{"project": {**shape(call, row), "limits": known[row.id]}} for row in seen]


def show_project(call: Call, project_id: str) -> dict[str, Any]:
    """One project, with its tree on request."""
    row = find(call, project_id)
    asked = [name for name in _TREES if flag(call, name)]
    for kind in ("parents", "subtree"):
        if {f"{kind}_as_list", f"{kind}_as_ids"} <= set(asked):
            raise BadRequest(f"Specify either {kind}_as_list or {kind}_as_ids, not both.")
    shown = shape(call, row)
    if "parents_as_list" in asked:
        shown["parents"] = _as_list(call, projects.parents(call.session, row))
    if "subtree_as_list" in asked:
        shown["subtree"] = _as_list(call, projects.subtree(call.session, row))
    if "parents_as_ids" in asked:
        chain: dict[str, Any] | None = {row.domain_id: None} if row.domain_id else None
        for above in reversed(projects.parents(call.session, row)):
            chain = {above.id: chain}
        shown["parents"] = chain
    if "subtree_as_ids" in asked:
        shown["subtree"] = _as_ids(call, row, projects.subtree(call.session, row))
    return {"project": shown}


def update_project(call: Call, project_id: str) -> dict[str, Any]:
    """Change a project; its place in the tree stays."""
    row = find(call, project_id, "identity:update_domain")
    values = call.body["project"]
    keep_id(values, row.id)
    if values.get("parent_id", row.parent_id) != row.parent_id:
        raise Forbidden("Update of `parent_id` is not allowed.")
    if (values.get("domain_id", row.domain_id) or "") != row.domain_id:
        raise BadRequest("Cannot change the domain of a project.", field="domain_id")
    if values.get("is_domain", row.is_domain) != row.is_domain:
        raise BadRequest("Cannot change is_domain.", field="is_domain")
    projects.change(call.session, call.settings, row, values, only(values, _KNOWN))
    return {"project": shape(call, row)}


def delete_project(call: Call, project_id: str) -> None:
    """Delete a project without projects below it."""
    row = find(call, project_id, "identity:delete_domain")
    remove = projects.remove_domain if row.is_domain else projects.remove
    remove(call.session, call.settings, row)


ROUTES = [
    Route("GET", "/v3/projects", list_projects, "identity:list_projects", late=True),
    Route(
        "POST", "/v3/projects", create_project, "identity:create_project", status=201, schema=CREATE_PROJECT, late=True
    ),
    Route("GET", "/v3/projects/<project_id>", show_project, "identity:get_project", late=True),
    Route(
        "PATCH",
        "/v3/projects/<project_id>",
        update_project,
        "identity:update_project",
        schema=UPDATE_PROJECT,
        late=True,
    ),
    Route("DELETE", "/v3/projects/<project_id>", delete_project, "identity:delete_project", status=204, late=True),
]
