"""The list of role assignments, as they were made or as they work out."""

from typing import Any

from pileus.core.errors import BadRequest
from pileus.core.http.call import Call
from pileus.core.service import Route
from pileus.identity.operations import assignments
from pileus.identity.operations.assignments import Entry, Names, Wanted
from pileus.identity.views.listing import collection, flag
from pileus.identity.views.reach import permit


def _wanted(call: Call) -> Wanted:
    query = call.query
    wanted = Wanted(
        user_id=query.get("user.id"),
        group_id=query.get("group.id"),
        role_id=query.get("role.id"),
        project_id=query.get("scope.project.id"),
        domain_id=query.get("scope.domain.id"),
        system="scope.system" in query,
        inherited="scope.OS-INHERIT:inherited_to" in query,
        effective=flag(call, "effective"),
        subtree=flag(call, "include_subtree"),
    )
    if sum((wanted.project_id is not None, wanted.domain_id is not None, wanted.system)) > 1:
        raise BadRequest("Specify a domain, a project or the system as scope, not more than one of them.")
    if wanted.user_id is not None and wanted.group_id is not None:
        raise BadRequest("Specify a user or a group, not both.")
    if wanted.effective and wanted.group_id is not None:
        raise BadRequest("Combining effective and group filter will always result in an empty list.")
    if wanted.effective and wanted.inherited and wanted.domain_id is not None:
        raise BadRequest("Combining effective, domain and inherited filters will always result in an empty list.")
    if wanted.subtree and wanted.project_id is None:
        raise BadRequest("scope.project.id must be specified if include_subtree is also specified")
    return wanted


def _shape(call: Call, entry: Entry, names: Names | None) -> dict[str, Any]:
    def who(kind: str, key: str) -> dict[str, Any]:
        return names.shape(kind, key) if names else {"id": key}

    scope: dict[str, Any]
    if entry.target_type == "system":
        scope = {"system": {"all": True}}
    else:
        scope = {entry.target_type: who(entry.target_type, entry.target_id)}
    if entry.inherited:
        scope["OS-INHERIT:inherited_to"] = "projects"
    shown_links = {"assignment": call.url(f"/v3{entry.path()}")}
    if entry.group_id is not None:
        shown_links["membership"] = call.url(f"/v3/groups/{entry.group_id}/users/{entry.actor_id}")
    if entry.prior_id is not None:
        shown_links["prior_role"] = call.url(f"/v3/prior_role/{entry.prior_id}/implies/{entry.role_id}")
    return {
        "role": who("role", entry.role_id),
        entry.actor_type: who(entry.actor_type, entry.actor_id),
        "scope": scope,
        "links": shown_links,
    }


def list_assignments(call: Call) -> dict[str, Any]:
    """Role assignments, filtered; a token for a domain shows those within the domain."""
    wanted = _wanted(call)
    context = call.context
    if wanted.subtree:
        domain_id = assignments.domain_of(call.session, wanted.project_id or "")
        permit(
            call,
            {"target.domain_id": domain_id},
            "identity:list_role_assignments_for_tree",
        )
    else:
        permit(call, {"target.domain_id": context.domain_id or ""})
    entries = assignments.find(call.session, wanted)
    if context.domain_id:
        entries = assignments.within(call.session, entries, context.domain_id)
    names = assignments.names(call.session, entries) if flag(call, "include_names") else None
    return collection(call, "role_assignments", [_shape(call, entry, names) for entry in entries])


ROUTES = [
    Route("GET", "/v3/role_assignments", list_assignments, "identity:list_role_assignments", late=True),
]
