"""Quotas and limits over HTTP."""

from typing import Any

from pileus.block_storage import schemas
from pileus.block_storage.operations.quotas import QUOTA
from pileus.block_storage.views.paths import both
from pileus.core.errors import BadRequest, Forbidden
from pileus.core.http.call import Call
from pileus.core.http.schema import check
from pileus.core.quota import DEFAULTS
from pileus.core.service import Route


def show(call: Call, project: str) -> dict[str, Any]:
    """GET /os-quota-sets/{project}, with usage when asked for."""
    if not call.context.is_admin and project != call.context.project_id:
        raise Forbidden("The quotas of another project are not yours to see.")
    limits: dict[str, Any] = dict(QUOTA.of(call.session, project))
    if schemas.truth(call.query.get("usage", "")):
        used = QUOTA.used(call.session, project)
        limits = {key: {"limit": limit, "in_use": used[key], "reserved": 0} for key, limit in limits.items()}
    return {"quota_set": {"id": project, **limits}}


def defaults(call: Call, project: str) -> dict[str, Any]:
    """GET /os-quota-sets/{project}/defaults."""
    return {"quota_set": {"id": project, **QUOTA.of(call.session, DEFAULTS)}}


def _limits(asked: dict[str, Any], more: tuple[str, ...] = ()) -> dict[str, int]:
    """The limits in a body; raises BadRequest for names and values that are none."""
    unknown = [key for key in asked if key not in QUOTA.limits and key not in ("tenant_id", "project_id", *more)]
    if unknown:
        raise BadRequest(f"Bad key(s) in quota set: {', '.join(unknown)}", field=unknown[0])
    limits = {key: value for key, value in asked.items() if key in QUOTA.limits}
    check(limits, {"type": "object", "additionalProperties": schemas.LIMIT})
    return {key: max(-1, int(value)) for key, value in limits.items()}


def change(call: Call, project: str) -> dict[str, Any]:
    """PUT /os-quota-sets/{project}."""
    QUOTA.set(call.session, project, _limits(call.body["quota_set"], ("skip_validation", "force", "id")))
    return {"quota_set": QUOTA.of(call.session, project)}


def reset(call: Call, project: str) -> None:
    """DELETE /os-quota-sets/{project}."""
    QUOTA.reset(call.session, project)


def show_class(call: Call, name: str) -> dict[str, Any]:
    """GET /os-quota-class-sets/{name}; "default" is the one there is."""
    return {"quota_class_set": {"id": name, **QUOTA.of(call.session, DEFAULTS)}}


def change_class(call: Call, name: str) -> dict[str, Any]:
    """PUT /os-quota-class-sets/{name}."""
    if name != "default":
        raise BadRequest("The only quota class is default.", field="name")
    QUOTA.set(call.session, DEFAULTS, _limits(call.body["quota_class_set"], ("class_name", "id")))
    return {"quota_class_set": QUOTA.of(call.session, DEFAULTS)}


def limits(call: Call) -> dict[str, Any]:
    """GET /limits."""
    project = call.context.project_id or ""
    asked = call.query.get("project_id") or call.query.get("tenant_id")
    if asked and call.context.is_admin:
        project = asked
    limit, used = QUOTA.of(call.session, project), QUOTA.used(call.session, project)
    absolute = {
        "maxTotalVolumes": limit["volumes"],
        "maxTotalSnapshots": limit["snapshots"],
        "maxTotalVolumeGigabytes": limit["gigabytes"],
        "maxTotalBackups": limit["backups"],
        "maxTotalBackupGigabytes": limit["backup_gigabytes"],
        "totalVolumesUsed": used["volumes"],
        "totalSnapshotsUsed": used["snapshots"],
        "totalGigabytesUsed": used["gigabytes"],
        "totalBackupsUsed": 0,
        "totalBackupGigabytesUsed": 0,
    }
    return {"limits": {"rate": [], "absolute": absolute}}


SET, CLASS = "/os-quota-sets/<project>", "/os-quota-class-sets/<name>"
RULE = "volume_extension:quotas:"
ROUTES = both(
    Route("GET", SET, show, f"{RULE}show"),
    Route("GET", f"{SET}/defaults", defaults, f"{RULE}show"),
    Route("PUT", SET, change, f"{RULE}update", schema=schemas.QUOTA_UPDATE),
    Route("DELETE", SET, reset, f"{RULE}delete"),
    Route("GET", CLASS, show_class, "volume_extension:quota_classes:get"),
    Route("PUT", CLASS, change_class, "volume_extension:quota_classes:update", schema=schemas.QUOTA_CLASS_UPDATE),
    Route("GET", "/limits", limits, "limits_extension:used_limits"),
)
