"""Which versions of the identity API there are."""

from typing import Any

from pileus.core.http.call import Call
from pileus.core.http.reply import Reply
from pileus.core.service import Route


def _version(call: Call) -> dict[str, Any]:
    return {
        "id": "v3.14",
        "status": "stable",
        "updated": "2020-04-07T00:00:00Z",
        "links": [{"rel": "self", "href": call.url("/v3/")}],
        "media-types": [{"base": "application/json", "type": "application/vnd.openstack.identity-v3+json"}],
    }


def list_versions(call: Call) -> Reply:
    """All versions, as 300 Multiple Choices."""
    return Reply({"versions": {"values": [_version(call)]}}, 300, {"Location": call.url("/v3/")})


def show_version(call: Call) -> dict[str, Any]:
    """Version 3."""
    return {"version": _version(call)}


ROUTES = [
    Route("GET", "/", list_versions, None, status=300),
    Route("GET", "/v3", show_version, None),
]
