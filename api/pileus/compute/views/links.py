"""Links: of one resource, and to the next page."""

from collections.abc import Sequence
from typing import Any

from pileus.core.http.call import Call
from pileus.core.http.page import next_link


def links(call: Call, kind: str, resource_id: str) -> list[dict[str, str]]:
    """The self and bookmark links of a resource."""
    return [
        {"rel": "self", "href": call.url(f"/v2.1/{kind}/{resource_id}")},
        {"rel": "bookmark", "href": call.url(f"/{kind}/{resource_id}")},
    ]


def more(call: Call, name: str, rows: Sequence[Any], follow: bool, marker: str = "id") -> dict[str, Any]:
    """{"..._links": [the next page]} where there is one."""
    href = next_link(call, rows, follow, marker)
    return {name: [{"rel": "next", "href": href}]} if href else {}
