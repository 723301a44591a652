"""How the identity API words a fault."""

from typing import Any

from pileus.core.errors import Fault


def fault(error: Fault) -> tuple[Any, str]:
    """The body and content type of a fault; some bring more for the body than the message."""
    body = {"error": {"code": error.status, "title": error.title, "message": error.message}}
    more = getattr(error, "body", None)
    return (more if more is not None else body), "application/json"
