"""Which project sees which endpoints: by association with an endpoint, or with a group of them."""

from typing import Any

from sqlalchemy import select

from pileus.core.errors import Conflict, NotFound
from pileus.core.http.call import Call
from pileus.core.service import Route
from pileus.identity.models import Endpoint, EndpointGroup, Project, ProjectEndpoint, ProjectEndpointGroup
from pileus.identity.operations import token_catalog
from pileus.identity.schemas.catalog import CREATE_ENDPOINT_GROUP, UPDATE_ENDPOINT_GROUP
from pileus.identity.views import projects
from pileus.identity.views.catalog import shape_endpoint
from pileus.identity.views.listing import collection, keep_id, links, rows
from pileus.identity.views.reach import reach


def _shape(call: Call, row: EndpointGroup) -> dict[str, Any]:
    return {
        "id": row.id,
        "name": row.name,
        "description": row.description,
        "filters": row.filters,
        "links": links(call, f"/OS-EP-FILTER/endpoint_groups/{row.id}"),
    }


def _project(call: Call, project_id: str) -> Project:
    return reach(call, call.session.get(Project, project_id), "project", project_id)


def _endpoint(call: Call, endpoint_id: str) -> Endpoint:
    return reach(call, call.session.get(Endpoint, endpoint_id), "endpoint", endpoint_id)


def _group(call: Call, group_id: str) -> EndpointGroup:
    return reach(call, call.session.get(EndpointGroup, group_id), "endpoint group", group_id)


def _all_endpoints(call: Call) -> list[Endpoint]:
    return list(call.session.execute(select(Endpoint).order_by(Endpoint.id)).scalars())


def list_endpoints(call: Call, project_id: str) -> dict[str, Any]:
    """The endpoints a project is associated with, in any way."""
    project = _project(call, project_id)
    found = token_catalog.endpoints_of(call.session, project.id, _all_endpoints(call))
    return collection(call, "endpoints", [shape_endpoint(call, row) for row in found])


def _pair(call: Call, project_id: str, endpoint_id: str) -> tuple[str, str]:
    return _project(call, project_id).id, _endpoint(call, endpoint_id).id


def add_endpoint(call: Call, project_id: str, endpoint_id: str) -> None:
    """Associate a project with an endpoint."""
    key = _pair(call, project_id, endpoint_id)
    if call.session.get(ProjectEndpoint, key) is None:
        call.session.add(ProjectEndpoint(project_id=key[0], endpoint_id=key[1]))


def check_endpoint(call: Call, project_id: str, endpoint_id: str) -> None:
    """Whether a project is associated with an endpoint itself; 404 when not."""
    if call.session.get(ProjectEndpoint, _pair(call, project_id, endpoint_id)) is None:
        raise NotFound(f"Endpoint {endpoint_id} not found in project {project_id}.")


def remove_endpoint(call: Call, project_id: str, endpoint_id: str) -> None:
    """End the association."""
    row = call.session.get(ProjectEndpoint, _pair(call, project_id, endpoint_id))
    if row is None:
        raise NotFound(f"Endpoint {endpoint_id} not found in project {project_id}.")
    call.session.delete(row)


def list_projects_of_endpoint(call: Call, endpoint_id: str) -> dict[str, Any]:
    """The projects associated with an endpoint itself."""
    endpoint = _endpoint(call, endpoint_id)
    found = call.session.execute(
        select(Project)
        .join(ProjectEndpoint, ProjectEndpoint.project_id == Project.id)
        .where(ProjectEndpoint.endpoint_id == endpoint.id)
    ).scalars()
    return collection(call, "projects", [projects.shape(call, row) for row in found])


def list_groups(call: Call) -> dict[str, Any]:
    """All endpoint groups."""
    found, following = rows(call, select(EndpointGroup), {"id": EndpointGroup.id, "name": EndpointGroup.name})
    return collection(call, "endpoint_groups", [_shape(call, row) for row in found], following)


def create_group(call: Call) -> dict[str, Any]:
    """Make an endpoint group."""
    values = call.body["endpoint_group"]
    row = EndpointGroup(name=values["name"], description=values.get("description"), filters=values["filters"])
    call.session.add(row)
    call.session.flush()
    return {"endpoint_group": _shape(call, row)}


def show_group(call: Call, group_id: str) -> dict[str, Any]:
    """One endpoint group."""
    return {"endpoint_group": _shape(call, _group(call, group_id))}


def update_group(call: Call, group_id: str) -> dict[str, Any]:
    """Change an endpoint group."""
    row = _group(call, group_id)
    values = call.body["endpoint_group"]
    keep_id(values, row.id)
    for name in ("name", "description", "filters"):
        if name in values:
            setattr(row, name, values[name])
    return {"endpoint_group": _shape(call, row)}


def delete_group(call: Call, group_id: str) -> None:
    """Delete an endpoint group."""
    call.session.delete(_group(call, group_id))


def list_group_endpoints(call: Call, group_id: str) -> dict[str, Any]:
    """The endpoints that fit a group."""
    group = _group(call, group_id)
    found = [row for row in _all_endpoints(call) if token_catalog.matches(group, row)]
    return collection(call, "endpoints", [shape_endpoint(call, row) for row in found])


def list_group_projects(call: Call, group_id: str) -> dict[str, Any]:
    """The projects associated with a group."""
    group = _group(call, group_id)
    found = call.session.execute(
        select(Project)
        .join(ProjectEndpointGroup, ProjectEndpointGroup.project_id == Project.id)
        .where(ProjectEndpointGroup.group_id == group.id)
    ).scalars()
    return collection(call, "projects", [projects.shape(call, row) for row in found])


def list_groups_of_project(call: Call, project_id: str) -> dict[str, Any]:
    """The endpoint groups a project is associated with."""
    project = _project(call, project_id)
    found = call.session.execute(
        select(EndpointGroup)
        .join(ProjectEndpointGroup, ProjectEndpointGroup.group_id == EndpointGroup.id)
        .where(ProjectEndpointGroup.project_id == project.id)
    ).scalars()
    return collection(call, "endpoint_groups", [_shape(call, row) for row in found])


def _group_pair(call: Call, group_id: str, project_id: str) -> tuple[str, str]:
    return _project(call, project_id).id, _group(call, group_id).id


def add_group(call: Call, group_id: str, project_id: str) -> None:
    """Associate a project with an endpoint group."""
    key = _group_pair(call, group_id, project_id)
    if call.session.get(ProjectEndpointGroup, key) is not None:
        raise Conflict(f"Project {project_id} is associated with endpoint group {group_id} already.")
    call.session.add(ProjectEndpointGroup(project_id=key[0], group_id=key[1]))


def _association(call: Call, group_id: str, project_id: str) -> ProjectEndpointGroup:
    row = call.session.get(ProjectEndpointGroup, _group_pair(call, group_id, project_id))
    if row is None:
        raise NotFound(f"Endpoint Group Project Association not found: {group_id}, {project_id}.")
    return row


def show_group_of_project(call: Call, group_id: str, project_id: str) -> dict[str, Any]:
    """The endpoint group, when the project is associated with it."""
    _association(call, group_id, project_id)
    return {"endpoint_group": _shape(call, _group(call, group_id))}


def remove_group(call: Call, group_id: str, project_id: str) -> None:
    """End the association."""
    call.session.delete(_association(call, group_id, project_id))


_EP = "/v3/OS-EP-FILTER"
_ENDPOINT = f"{_EP}/projects/<project_id>/endpoints/<endpoint_id>"
_GROUP = f"{_EP}/endpoint_groups/<group_id>"
_PAIR = f"{_GROUP}/projects/<project_id>"
_ID = "identity:"

ROUTES = [
    Route(
        "GET", f"{_EP}/projects/<project_id>/endpoints", list_endpoints, _ID + "list_endpoints_for_project", late=True
    ),
    Route("PUT", _ENDPOINT, add_endpoint, _ID + "add_endpoint_to_project", status=204, late=True),
    Route("GET", _ENDPOINT, check_endpoint, _ID + "check_endpoint_in_project", status=204, late=True),
    Route("DELETE", _ENDPOINT, remove_endpoint, _ID + "remove_endpoint_from_project", status=204, late=True),
    Route(
        "GET",
        f"{_EP}/endpoints/<endpoint_id>/projects",
        list_projects_of_endpoint,
        _ID + "list_projects_for_endpoint",
        late=True,
    ),
    Route("GET", f"{_EP}/endpoint_groups", list_groups, _ID + "list_endpoint_groups"),
    Route(
        "POST",
        f"{_EP}/endpoint_groups",
        create_group,
        _ID + "create_endpoint_group",
        status=201,
        schema=CREATE_ENDPOINT_GROUP,
    ),
    Route("GET", _GROUP, show_group, _ID + "get_endpoint_group", late=True),
    Route("PATCH", _GROUP, update_group, _ID + "update_endpoint_group", schema=UPDATE_ENDPOINT_GROUP, late=True),
    Route("DELETE", _GROUP, delete_group, _ID + "delete_endpoint_group", status=204, late=True),
    Route(
        "GET",
        f"{_GROUP}/endpoints",
        list_group_endpoints,
        _ID + "list_endpoints_associated_with_endpoint_group",
        late=True,
    ),
    Route(
        "GET",
        f"{_GROUP}/projects",
        list_group_projects,
        _ID + "list_projects_associated_with_endpoint_group",
        late=True,
    ),
    Route(
        "GET",
        f"{_EP}/projects/<project_id>/endpoint_groups",
        list_groups_of_project,
        _ID + "list_endpoint_groups_for_project",
        late=True,
    ),
    Route("PUT", _PAIR, add_group, _ID + "add_endpoint_group_to_project", status=204, late=True),
    Route("GET", _PAIR, show_group_of_project, _ID + "get_endpoint_group_in_project", late=True),
    Route("DELETE", _PAIR, remove_group, _ID + "remove_endpoint_group_from_project", status=204, late=True),
]
