"""OAuth1 consumers."""

from typing import Any

from sqlalchemy import select

from pileus.core.http.call import Call
from pileus.core.service import Route
from pileus.identity.models import Consumer
from pileus.identity.operations import consumers
from pileus.identity.schemas.oauth import CREATE_CONSUMER, UPDATE_CONSUMER
from pileus.identity.views.listing import collection, keep_id, links, only, rows
from pileus.identity.views.reach import reach

_KNOWN = frozenset(("id", "description", "secret"))


def _shape(call: Call, row: Consumer) -> dict[str, Any]:
    return {
        **row.extra,
        "id": row.id,
        "description": row.description,
        "links": links(call, f"/OS-OAUTH1/consumers/{row.id}"),
    }


def _find(call: Call, consumer_id: str) -> Consumer:
    return reach(call, call.session.get(Consumer, consumer_id), "consumer", consumer_id)


def list_consumers(call: Call) -> dict[str, Any]:
    """All consumers."""
    found, following = rows(call, select(Consumer), {"id": Consumer.id})
    return collection(call, "consumers", [_shape(call, row) for row in found], following)


def create_consumer(call: Call) -> dict[str, Any]:
    """Make a consumer; its secret is shown here and never again."""
    values = call.body["consumer"]
    row, secret = consumers.create(call.session, call.settings, values, only(values, _KNOWN))
    return {"consumer": {**_shape(call, row), "secret": secret}}


def show_consumer(call: Call, consumer_id: str) -> dict[str, Any]:
    """One consumer."""
    return {"consumer": _shape(call, _find(call, consumer_id))}


def update_consumer(call: Call, consumer_id: str) -> dict[str, Any]:
    """Change a consumer; its secret stays."""
    row = _find(call, consumer_id)
    values = call.body["consumer"]
    keep_id(values, row.id)
    consumers.change(row, values, only(values, _KNOWN))
    return {"consumer": _shape(call, row)}


def delete_consumer(call: Call, consumer_id: str) -> None:
    """Delete a consumer."""
    consumers.remove(call.session, call.settings, _find(call, consumer_id))


_ALL = "/v3/OS-OAUTH1/consumers"
_ONE = f"{_ALL}/<consumer_id>"

ROUTES = [
    Route("GET", _ALL, list_consumers, "identity:list_consumers"),
    Route("POST", _ALL, create_consumer, "identity:create_consumer", status=201, schema=CREATE_CONSUMER),
    Route("GET", _ONE, show_consumer, "identity:get_consumer", late=True),
    Route("PATCH", _ONE, update_consumer, "identity:update_consumer", schema=UPDATE_CONSUMER, late=True),
    Route("DELETE", _ONE, delete_consumer, "identity:delete_consumer", status=204, late=True),
]
