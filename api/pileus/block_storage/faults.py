"""How the block-storage service words a fault."""

from typing import Any

from pileus.core.errors import Fault

NAMES = {
    400: "badRequest",
    401: "unauthorized",
    403: "forbidden",
    404: "itemNotFound",
    405: "badMethod",
    406: "notAcceptable",
    409: "conflictingRequest",
    413: "overLimit",
    415: "badMediaType",
    501: "notImplemented",
    503: "serviceUnavailable",
}


def body(fault: Fault) -> tuple[Any, str]:
    """(body, content type) of a fault."""
    name = NAMES.get(fault.status, "computeFault")
    return {name: {"code": fault.status, "message": fault.message}}, "application/json"
