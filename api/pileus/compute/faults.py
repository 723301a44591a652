"""Faults in the words of the compute API: {"itemNotFound": {"code": 404, "message": ...}}."""

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
    503: "serviceUnavailable",
}


def body(fault: Fault) -> tuple[Any, str]:
    """The JSON body of a fault and its content type."""
    name = NAMES.get(fault.status, "computeFault")
    return {name: {"code": fault.status, "message": fault.message}}, "application/json"


def plain(fault: Fault) -> tuple[Any, str]:
    """The plain text that guests get from the metadata service."""
    return f"{fault.status} {fault.title}\n", "text/plain; charset=utf-8"
