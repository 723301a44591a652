"""How the network API words its faults: {"NeutronError": {"type", "message", "detail"}}."""

from typing import Any

from pileus.core.errors import Fault, OverQuota

KINDS = {
    400: "HTTPBadRequest",
    403: "PolicyNotAuthorized",
    404: "HTTPNotFound",
    409: "Conflict",
    412: "RevisionNumberConstraintFailed",
}


def fault_body(fault: Fault) -> tuple[Any, str]:
    """The body and content type for a fault; what exceeds a quota is a conflict here."""
    if isinstance(fault, OverQuota):
        fault.status = 409
        fault.message = f"Quota exceeded for resources: ['{fault.resource}']."
    if fault.status == 401:
        return {"error": {"code": 401, "title": fault.title, "message": fault.message}}, "application/json"
    kind = fault.kind or KINDS.get(fault.status, type(fault).__name__)
    return {"NeutronError": {"type": kind, "message": fault.message, "detail": ""}}, "application/json"
