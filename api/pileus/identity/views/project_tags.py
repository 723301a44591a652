"""Tags of projects."""

from typing import Any

from pileus.core.errors import BadRequest, NotFound
from pileus.core.http import schema
from pileus.core.http.call import Call
from pileus.core.http.reply import Reply
from pileus.core.service import Route
from pileus.identity.models import Project
from pileus.identity.operations import projects
from pileus.identity.schemas.fields import TAGS
from pileus.identity.schemas.projects import PUT_TAGS
from pileus.identity.views.listing import links
from pileus.identity.views.projects import find

_OF_DOMAIN = "identity:update_domain"


def _shape(call: Call, row: Project) -> dict[str, Any]:
    return {"tags": row.tags, "links": links(call, f"/projects/{row.id}/tags")}


def list_tags(call: Call, project_id: str) -> dict[str, Any]:
    """The tags of a project."""
    return _shape(call, find(call, project_id))


def replace_tags(call: Call, project_id: str) -> dict[str, Any]:
    """Give a project exactly these tags."""
    row = find(call, project_id, _OF_DOMAIN)
    projects.set_tags(row, call.body["tags"])
    call.session.flush()
    return _shape(call, row)


def delete_tags(call: Call, project_id: str) -> None:
    """Take all tags away."""
    projects.set_tags(find(call, project_id, _OF_DOMAIN), [])


def check_tag(call: Call, project_id: str, value: str) -> None:
    """Whether the project has this tag; 404 when not."""
    if value not in find(call, project_id).tags:
        raise NotFound(f"Could not find project tag: {value}.")


def add_tag(call: Call, project_id: str, value: str) -> Reply:
    """Give a project one more tag."""
    row = find(call, project_id, _OF_DOMAIN)
    tags = sorted({*row.tags, value})
    try:
        schema.check(tags, TAGS, "tag")
    except BadRequest as error:
        raise BadRequest(f"Invalid input for field 'tags': {error.message}", field="tags") from None
    projects.set_tags(row, tags)
    return Reply(None, 201, {"Location": links(call, f"/projects/{row.id}/tags/{value}")["self"]})


def delete_tag(call: Call, project_id: str, value: str) -> None:
    """Take one tag away; 404 when the project does not have it."""
    row = find(call, project_id, _OF_DOMAIN)
    if value not in row.tags:
        raise NotFound(f"Could not find project tag: {value}.")
    projects.set_tags(row, set(row.tags) - {value})


_ALL = "/v3/projects/<project_id>/tags"
_ONE = "/v3/projects/<project_id>/tags/<value>"

ROUTES = [
    Route("GET", _ALL, list_tags, "identity:list_project_tags", late=True),
    Route("PUT", _ALL, replace_tags, "identity:update_project_tags", schema=PUT_TAGS, late=True),
    Route("DELETE", _ALL, delete_tags, "identity:delete_project_tags", status=204, late=True),
    Route("GET", _ONE, check_tag, "identity:get_project_tag", status=204, late=True),
    Route("PUT", _ONE, add_tag, "identity:create_project_tag", status=201, late=True),
    Route("DELETE", _ONE, delete_tag, "identity:delete_project_tag", status=204, late=True),
]
