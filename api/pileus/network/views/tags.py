"""Tags of all resources that have standard attributes, on the wire."""

from functools import partial
from typing import Any

from pileus.core.errors import BadRequest, NotFound
from pileus.core.http.call import Call
from pileus.core.service import Route
from pileus.network.operations.standard import set_tags, tags_of
from pileus.network.operations.visible import find, own
from pileus.network.schemas.quotas import TAGS_UPDATE
from pileus.network.views.collection import Collection, Shown
from pileus.network.views.discovery import COLLECTIONS


def _of(call: Call, row: Any) -> list[str]:
    return tags_of(call.session, [row.id])[row.id]


def show(kind: Collection, call: Call, wanted: str) -> Shown:
    """GET .../tags."""
    return {"tags": _of(call, find(call.session, call.context, kind.model, wanted))}


def replace(kind: Collection, call: Call, wanted: str) -> Shown:
    """PUT .../tags: these and no others."""
    row = own(call.session, call.context, kind.model, wanted)
    set_tags(call.session, row, call.body["tags"])
    call.session.flush()
    return {"tags": _of(call, row)}


def clear(kind: Collection, call: Call, wanted: str) -> None:
    """DELETE .../tags."""
    set_tags(call.session, own(call.session, call.context, kind.model, wanted), [])


def _missing(tag: str, row: Any) -> NotFound:
    return NotFound(f"Tag {tag} could not be found on {row.id}.", kind="TagNotFound")


def has(kind: Collection, call: Call, wanted: str, tag: str) -> None:
    """GET .../tags/T: whether it is there."""
    row = find(call.session, call.context, kind.model, wanted)
    if tag not in _of(call, row):
        raise _missing(tag, row)


def add(kind: Collection, call: Call, wanted: str, tag: str) -> None:
    """PUT .../tags/T."""
    row = own(call.session, call.context, kind.model, wanted)
    if not tag or len(tag) > 255 or "\0" in tag or "," in tag:
        raise BadRequest("A tag has 1 to 255 characters and no comma.", field="tag")
    if tag not in (tags := _of(call, row)):
        set_tags(call.session, row, [*tags, tag])


def drop(kind: Collection, call: Call, wanted: str, tag: str) -> None:
    """DELETE .../tags/T."""
    row = own(call.session, call.context, kind.model, wanted)
    if tag not in (tags := _of(call, row)):
        raise _missing(tag, row)
    set_tags(call.session, row, [other for other in tags if other != tag])


def _routes(kind: Collection) -> list[Route]:
    path = f"/v2.0{kind.path}/<wanted>/tags"
    return [
        Route("GET", path, partial(show, kind), "get_tags"),
        Route("PUT", path, partial(replace, kind), "update_tags", schema=TAGS_UPDATE),
        Route("DELETE", path, partial(clear, kind), "delete_tags", status=204),
        Route("GET", f"{path}/<tag>", partial(has, kind), "get_tags", status=204),
        Route("PUT", f"{path}/<tag>", partial(add, kind), "update_tags", status=201),
        Route("DELETE", f"{path}/<tag>", partial(drop, kind), "delete_tags", status=204),
    ]


ROUTES = [route for kind in COLLECTIONS if kind.standard for route in _routes(kind)]
