"""Roles, which implies which, and who has which one where, as they are shown."""

from pileus.core.service import Published
from pileus.identity.schemas.published.fields import (
    ID,
    IMMUTABLE,
    MAYBE,
    MAYBE_ID,
    NAME,
    SELF,
    SWITCH,
    URI,
    Schema,
    Table,
    crud,
    exactly,
    many,
    narrowing,
    thing,
)

ROLE = thing(
    "Role",
    {"id": ID, "name": NAME, "description": MAYBE, "domain_id": MAYBE_ID, "options": IMMUTABLE, "links": SELF},
)
_BRIEF = thing("BriefRole", {"id": ID, "name": NAME, "links": SELF}, closed=True)
_ALL_IMPLIED = exactly(prior_role=_BRIEF, implies={"type": "array", "items": _BRIEF})
_ONE_IMPLIED = exactly(role_inference=exactly(prior_role=_BRIEF, implies=_BRIEF), links=SELF)

_DOMAIN = {"type": "object", "properties": {"id": ID, "name": NAME}, "required": ["id"], "additionalProperties": False}
_WHO = {**_DOMAIN, "properties": {"id": ID, "name": NAME, "domain": _DOMAIN}}
_SCOPE: Schema = {
    "type": "object",
    "properties": {
        "project": _WHO,
        "domain": _DOMAIN,
        "system": exactly(all={"const": True}),
        "OS-INHERIT:inherited_to": {"const": "projects"},
    },
    "oneOf": [{"required": ["project"]}, {"required": ["domain"]}, {"required": ["system"]}],
    "additionalProperties": False,
}
ASSIGNMENT: Schema = {
    "title": "RoleAssignment",
    "type": "object",
    "properties": {
        "role": _WHO,
        "user": _WHO,
        "group": _WHO,
        "scope": _SCOPE,
        "links": {
            "type": "object",
            "properties": {"assignment": URI, "membership": URI, "prior_role": URI},
            "required": ["assignment"],
            "additionalProperties": False,
        },
    },
    "required": ["role", "scope", "links"],
    "oneOf": [{"required": ["user"]}, {"required": ["group"]}],
    "additionalProperties": False,
}
_ASSIGNMENTS = many("role_assignments", ASSIGNMENT, paged=False)
_GRANTS = many("roles", ROLE, paged=False)
_BY = narrowing(
    "user.id",
    "group.id",
    "role.id",
    "scope.project.id",
    "scope.domain.id",
    "scope.system",
    "scope.OS-INHERIT:inherited_to",
)
_ACTORS = ("users", "groups")

PUBLISHED: Table = {
    **crud("/v3/roles", "role_id", "role", "roles", ROLE, "name", "domain_id"),
    ("GET", "/v3/roles/<prior_id>/implies"): Published(exactly(role_inference=_ALL_IMPLIED, links=SELF)),
    ("GET", "/v3/roles/<prior_id>/implies/<implied_id>"): Published(_ONE_IMPLIED),
    ("PUT", "/v3/roles/<prior_id>/implies/<implied_id>"): Published(_ONE_IMPLIED),
    ("GET", "/v3/role_inferences"): Published(
        exactly(role_inferences={"type": "array", "items": _ALL_IMPLIED}, links=SELF)
    ),
    ("GET", "/v3/role_assignments"): Published(
        _ASSIGNMENTS.response,
        query={**_BY, "effective": SWITCH, "include_names": SWITCH, "include_subtree": SWITCH},
    ),
    **{
        ("GET", f"/v3/{where}/{actors}/<actor_id>/roles"): _GRANTS
        for where in ("projects/<target_id>", "domains/<target_id>", "system")
        for actors in _ACTORS
    },
    **{
        ("GET", f"/v3/OS-INHERIT/{where}/<target_id>/{actors}/<actor_id>/roles/inherited_to_projects"): _GRANTS
        for where in ("projects", "domains")
        for actors in _ACTORS
    },
}
