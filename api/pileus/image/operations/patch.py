"""Changes of images by JSON patch, in both forms of the media type."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from pileus.core.context import Context
from pileus.core.errors import BadRequest, Conflict, Forbidden, TooLarge
from pileus.core.http.schema import check
from pileus.image.models import Image
from pileus.image.operations.images import BASE, COLUMNS, MAX_PROPERTIES, check_name, set_tags
from pileus.image.schemas import SETTABLE

LIMIT = {"type": "string", "maxLength": 65535}


def change_image(session: Session, context: Context, image: Image, changes: list[Mapping[str, Any]]) -> None:
    """Apply the changes in order, all or none.

    Raises BadRequest for what is no change, Forbidden for what may not be changed (now), Conflict for a property that is
    not there.
    """
    for change in changes:
        operation, key = _parse(change)
        if key != "tags" or operation == "remove":
            check_name(key)
        if key == "id":
            raise Forbidden("Attribute 'id' is read-only.")
        if operation == "remove":
            _remove(image, key)
        else:
            if "value" not in change:
                raise BadRequest(f'Operation "{operation}" requires a member named "value".', field="value")
            _set(image, context, key, change["value"], operation == "replace")
    if len(image.properties) > MAX_PROPERTIES:
        raise TooLarge(f"The limit has been exceeded on the number of allowed image properties: {MAX_PROPERTIES}.")
    session.flush()


def _parse(change: Mapping[str, Any]) -> tuple[str, str]:
    """(operation, attribute) of one change: {"op", "path"} or the older {"replace": "/name"}."""
    if "op" in change:
        operation, path = change["op"], change.get("path")
    else:
        found = [name for name in ("add", "replace", "remove") if name in change]
        if len(found) != 1:
            raise BadRequest("Operation must be one of add, replace and remove.", field="op")
        operation, path = found[0], change[found[0]]
    if not isinstance(path, str) or not path.startswith("/") or len(path) < 2:
        raise BadRequest(f"Pointer {path!r} does not start with a slash.", field="path")
    key = path[1:]
    if "/" in key:
        raise BadRequest(f"Pointer {path!r} names more than an attribute.", field="path")
    if key.replace("~0", "").replace("~1", "").count("~"):
        raise BadRequest(f"Pointer {path!r} has a bad escape sequence.", field="path")
    return operation, key.replace("~1", "/").replace("~0", "~")


def _remove(image: Image, key: str) -> None:
    if key in BASE or key == "tags":
        raise Forbidden(f"Property {key} may not be removed.")
    if key not in image.properties:
        raise Conflict(f"Property {key} does not exist.")
    image.properties = {name: value for name, value in image.properties.items() if name != key}


def _set(image: Image, context: Context, key: str, value: Any, replace: bool) -> None:
    check({key: value}, {"type": "object", "properties": {key: SETTABLE.get(key, LIMIT)}})
    if key == "tags":
        set_tags(image, value)
    elif key in BASE:
        if key in ("container_format", "disk_format") and image.status != "queued":
            raise Forbidden(f"Attribute {key} can be only replaced for a queued image.")
        if key == "owner" and not context.is_admin:
            raise Forbidden("Only an administrator may change the owner of an image.")
        setattr(image, COLUMNS.get(key, key), value)
    else:
        if replace and key not in image.properties:
            raise Conflict(f"Property {key} does not exist.")
        image.properties = {**image.properties, key: value}
