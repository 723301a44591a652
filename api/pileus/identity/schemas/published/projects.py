"""Domains, projects and their tags as they are shown."""

from pileus.core.service import Published
from pileus.identity.schemas.published.fields import (
    FLAG,
    ID,
    IMMUTABLE,
    MAYBE,
    MAYBE_ID,
    NAME,
    SELF,
    SWITCH,
    Table,
    crud,
    exactly,
    many,
    narrowing,
    thing,
)
from pileus.identity.schemas.published.limits import LIMIT

_TAGS = {"type": "array", "items": {"type": "string", "minLength": 1, "maxLength": 255}, "maxItems": 80}
_DOMAIN = {
    "id": ID,
    "name": NAME,
    "description": MAYBE,
    "enabled": FLAG,
    "tags": _TAGS,
    "options": IMMUTABLE,
    "links": SELF,
}
DOMAIN = thing("Domain", _DOMAIN)
PROJECT = thing("Project", {**_DOMAIN, "domain_id": MAYBE_ID, "parent_id": MAYBE_ID, "is_domain": FLAG})
_LISTED = thing("ListedProject", {**PROJECT["properties"]}, {"limits": {"type": "array", "items": LIMIT}})
# projects as a list, or ids within ids
_CHAIN = {"type": ["array", "object", "null"], "items": exactly(project=_LISTED)}
_WITH_TREE = thing(
    "ProjectWithTree",
    {**PROJECT["properties"]},
    {"parents": _CHAIN, "subtree": _CHAIN},
)
_TREES = {f"{kind}_as_{form}": SWITCH for kind in ("parents", "subtree") for form in ("list", "ids")}
_WITH_LIMITS = {**SWITCH, "description": "Shows the limits of the projects that are listed, not of the project itself."}
_BY_TAGS = narrowing("tags", "tags-any", "not-tags", "not-tags-any")
_PROJECTS = "/v3/projects"
_ONE = f"{_PROJECTS}/<project_id>"
_SHOWN_TAGS = Published(exactly(tags=_TAGS, links={**SELF}))
_LIST = many("projects", PROJECT, "name", "domain_id", "parent_id")

PUBLISHED: Table = {
    **crud("/v3/domains", "domain_id", "domain", "domains", DOMAIN, "name", "enabled"),
    **crud(_PROJECTS, "project_id", "project", "projects", PROJECT),
    ("GET", _PROJECTS): Published(
        _LIST.response, query={**_LIST.query, "enabled": SWITCH, "is_domain": SWITCH, **_BY_TAGS}
    ),
    ("GET", _ONE): Published(
        exactly(project=_WITH_TREE),
        query={"include_limits": _WITH_LIMITS, **_TREES},
    ),
    ("GET", "/v3/users/<user_id>/projects"): Published(_LIST.response, query={**_LIST.query, "enabled": SWITCH}),
    ("GET", "/v3/auth/projects"): many("projects", PROJECT, paged=False),
    ("GET", "/v3/auth/domains"): many("domains", DOMAIN, paged=False),
    ("GET", "/v3/auth/system"): Published(
        exactly(system={"type": "array", "items": exactly(all={"const": True}), "maxItems": 1}, links=SELF)
    ),
    ("GET", f"{_ONE}/tags"): _SHOWN_TAGS,
    ("PUT", f"{_ONE}/tags"): _SHOWN_TAGS,
    ("PUT", f"{_ONE}/tags/<value>"): Published(content_type=""),
}
