"""The wire side of compute: one module for each noun; the tables of routes meet here."""

from dataclasses import replace
from functools import wraps
from typing import Any

from pileus.compute.views import (
    aggregates,
    flavors,
    hypervisors,
    images,
    instance_actions,
    interfaces,
    keypairs,
    quotas,
    server_actions,
    server_groups,
    server_metadata,
    servers,
    versions,
    volume_attachments,
)
from pileus.core.http.call import Call
from pileus.core.service import Route

_TABLES = (
    versions,
    flavors,
    keypairs,
    servers,
    server_actions,
    server_metadata,
    volume_attachments,
    interfaces,
    instance_actions,
    server_groups,
    hypervisors,
    aggregates,
    quotas,
    images,
)


def _tagged(route: Route) -> Route:
    """The route with compute's own name for the request id in its answers."""

    @wraps(route.view)
    def view(call: Call, **arguments: Any) -> Any:
        call.response_headers["X-Compute-Request-Id"] = call.context.request_id
        return route.view(call, **arguments)

    return replace(route, view=view)


_CURRENT = [route if route.rule is None else _tagged(route) for table in _TABLES for route in table.ROUTES]
# /v2 is the same API under the name that very old clients ask for
_OLD = [replace(route, path="/v2" + route.path[5:]) for route in _CURRENT if route.path.startswith("/v2.1/")]
ROUTES: list[Route] = [*_CURRENT, *_OLD]
