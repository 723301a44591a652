"""Faults as compute and block storage word them: {"itemNotFound": {"code": 404, "message": ...}}."""

from typing import Any

from pileus.core.errors import Fault

NAMES = {
    400: "badRequest",
    401: "unauthorized",
    403: "forbidden",
    404: "itemNotFound",
    405: "badMethod",
    409: "conflictingRequest",
    413: "overLimit",
    415: "badMediaType",
    429: "overLimit",
    501: "notImplemented",
    503: "serviceUnavailable",
}
OTHER = "computeFault"  # whatever has no name of its own: 406 and 500 above all, in Cinder, too


def body(fault: Fault) -> tuple[Any, str]:
    """The body of a fault and its content type."""
    return {NAMES.get(fault.status, OTHER): {"code": fault.status, "message": fault.message}}, "application/json"
