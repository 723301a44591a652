"""Endpoint groups and associations of projects with endpoints, as they are shown."""

from pileus.identity.schemas.published.catalog import ENDPOINT
from pileus.identity.schemas.published.fields import ID, MAYBE, NAME, SELF, Table, crud, many, one, thing
from pileus.identity.schemas.published.projects import PROJECT

_ALL = "/v3/OS-EP-FILTER"
_GROUP = f"{_ALL}/endpoint_groups/<group_id>"
GROUP = thing(
    "EndpointGroup",
    {"id": ID, "name": NAME, "description": MAYBE, "filters": {"type": "object"}, "links": SELF},
    closed=True,
)

PUBLISHED: Table = {
    **crud(f"{_ALL}/endpoint_groups", "group_id", "endpoint_group", "endpoint_groups", GROUP, "name"),
    ("GET", f"{_ALL}/projects/<project_id>/endpoints"): many("endpoints", ENDPOINT, paged=False),
    ("GET", f"{_ALL}/endpoints/<endpoint_id>/projects"): many("projects", PROJECT, paged=False),
    ("GET", f"{_GROUP}/endpoints"): many("endpoints", ENDPOINT, paged=False),
    ("GET", f"{_GROUP}/projects"): many("projects", PROJECT, paged=False),
    ("GET", f"{_ALL}/projects/<project_id>/endpoint_groups"): many("endpoint_groups", GROUP, paged=False),
    ("GET", f"{_GROUP}/projects/<project_id>"): one("endpoint_group", GROUP),
}
