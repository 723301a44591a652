"""Version discovery, published schemas and what this cloud can import."""

from typing import Any

from pileus.core.errors import NotFound
from pileus.core.http.call import Call
from pileus.core.http.reply import Reply
from pileus.core.service import Route
from pileus.image.schemas import PUBLISHED

MINORS = 8  # v2.0 ... v2.7


def _versions(call: Call) -> dict[str, Any]:
    links = [{"rel": "self", "href": call.url("/v2/")}]
    return {
        "versions": [
            {"id": f"v2.{minor}", "status": "CURRENT" if minor == MINORS - 1 else "SUPPORTED", "links": links}
            for minor in reversed(range(MINORS))
        ]
    }


def choices(call: Call) -> Reply:
    """The versions, as the root of the service tells them."""
    return Reply(_versions(call), 300)


def versions(call: Call) -> dict[str, Any]:
    """The versions."""
    return _versions(call)


def schema(call: Call, name: str) -> dict[str, Any]:
    """A published JSON schema."""
    if name not in PUBLISHED:
        raise NotFound(f"There is no schema {name}.")
    return PUBLISHED[name]


def info_import(call: Call) -> dict[str, Any]:
    """How images can be imported."""
    return {
        "import-methods": {
            "description": "Import methods available.",
            "type": "array",
            "value": ["glance-direct"],
        }
    }


ROUTES = [
    Route("GET", "", choices, None),
    Route("GET", "/", choices, None),
    Route("GET", "/versions", versions, None),
    Route("GET", "/v2", versions, None),
    Route("GET", "/v2/schemas/<name>", schema, "get_images"),
    Route("GET", "/v2/info/import", info_import, "get_images"),
]
