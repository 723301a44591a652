"""Quotas, limits and usage on the wire."""

import datetime as dt
from itertools import groupby
from typing import Any

from pileus.compute.operations import usage
from pileus.compute.quota import QUOTA
from pileus.compute.schemas import quotas as schemas
from pileus.compute.schemas import true
from pileus.compute.views.server_filters import moment
from pileus.compute.views.steps import steps
from pileus.core.db import now
from pileus.core.errors import BadRequest, NotFound
from pileus.core.http.call import Call
from pileus.core.quota import DEFAULTS
from pileus.core.service import Route


def _names(call: Call) -> list[str]:
    """The quotas of this microversion; those of the network live with the network service and are unlimited here."""
    names = list(schemas.NAMES)
    names += [] if call.at_least(2, 36) else schemas.OLD
    return names + ([] if call.at_least(2, 57) else list(schemas.INJECTED))


def _limits(call: Call, limits: dict[str, int]) -> dict[str, int]:
    return {name: limits.get(name, -1) for name in _names(call)}


def show(call: Call, project_id: str) -> Any:
    """GET /os-quota-sets/{project_id}."""
    call.enforce(target={"project_id": project_id})
    return {"quota_set": {"id": project_id, **_limits(call, QUOTA.of(call.session, project_id))}}


def defaults(call: Call, project_id: str) -> Any:
    """GET /os-quota-sets/{project_id}/defaults."""
    return {"quota_set": {"id": project_id, **_limits(call, QUOTA.of(call.session, DEFAULTS))}}


def detail(call: Call, project_id: str) -> Any:
    """GET /os-quota-sets/{project_id}/detail: limits and use."""
    call.enforce(target={"project_id": project_id})
    limits, used = _limits(call, QUOTA.of(call.session, project_id)), QUOTA.used(call.session, project_id)
    body = {name: {"limit": limit, "in_use": used.get(name, 0), "reserved": 0} for name, limit in limits.items()}
    return {"quota_set": {"id": project_id, **body}}


def update(call: Call, project_id: str) -> Any:
    """PUT /os-quota-sets/{project_id}; below what is in use only by force."""
    wanted = dict(call.body["quota_set"])
    force = true(wanted.pop("force", False))
    limits = {name: int(value) for name, value in wanted.items() if name in QUOTA.limits}
    used = QUOTA.used(call.session, project_id)
    for name, limit in limits.items():
        if not force and 0 <= limit < used.get(name, 0):
            raise BadRequest(
                f"Quota limit {limit} for {name} must be greater than or equal to {used[name]} in use.", field=name
            )
    QUOTA.set(call.session, project_id, limits)
    return {"quota_set": _limits(call, QUOTA.of(call.session, project_id))}


def delete(call: Call, project_id: str) -> Any:
    """DELETE /os-quota-sets/{project_id}: back to the defaults."""
    QUOTA.reset(call.session, project_id)


def show_class(call: Call, name: str) -> Any:
    """GET /os-quota-class-sets/{name}: the defaults of all projects."""
    return {"quota_class_set": {"id": name, **_limits(call, QUOTA.of(call.session, DEFAULTS))}}


def update_class(call: Call, name: str) -> Any:
    """PUT /os-quota-class-sets/default: what holds for projects without limits of their own."""
    if name != DEFAULTS:
        raise NotFound(f"There is no quota class {name}; there is only {DEFAULTS}.")
    wanted = call.body["quota_class_set"]
    QUOTA.set(call.session, DEFAULTS, {key: int(value) for key, value in wanted.items() if key in QUOTA.limits})
    return {"quota_class_set": _limits(call, QUOTA.of(call.session, DEFAULTS))}


def limits(call: Call) -> Any:
    """GET /limits."""
    project = call.context.project_id or ""
    if (other := call.query.get("tenant_id")) and other != project:
        call.enforce("os_compute_api:limits:other_project")
        project = other
    limit, used = QUOTA.of(call.session, project), QUOTA.used(call.session, project)
    absolute = {
        "maxTotalInstances": limit["instances"],
        "maxTotalCores": limit["cores"],
        "maxTotalRAMSize": limit["ram"],
        "maxTotalKeypairs": limit["key_pairs"],
        "maxServerMeta": limit["metadata_items"],
        "maxServerGroups": limit["server_groups"],
        "maxServerGroupMembers": limit["server_group_members"],
        "totalInstancesUsed": used["instances"],
        "totalCoresUsed": used["cores"],
        "totalRAMUsed": used["ram"],
        "totalServerGroupsUsed": used["server_groups"],
    }
    if not call.at_least(2, 36):
        unlimited = ("maxSecurityGroups", "maxSecurityGroupRules", "maxTotalFloatingIps")
        absolute |= dict.fromkeys(unlimited, -1) | {"totalFloatingIpsUsed": 0, "totalSecurityGroupsUsed": 0}
    if not call.at_least(2, 39):
        absolute["maxImageMeta"] = limit["metadata_items"]
    if not call.at_least(2, 57):
        absolute |= {
            "maxPersonality": limit["injected_files"],
            "maxPersonalitySize": limit["injected_file_content_bytes"],
        }
    return {"limits": {"rate": [], "absolute": absolute}}


def _span(call: Call) -> tuple[dt.datetime, dt.datetime]:
    """start and end of a report; the last four weeks where nothing is said."""
    end = moment(call.query["end"], "end") if call.query.get("end") else now()
    start = moment(call.query["start"], "start") if call.query.get("start") else end - dt.timedelta(weeks=4)
    if start >= end:
        raise BadRequest("Invalid start time. The start time cannot occur after the end time.", field="start")
    return start, end


def usages(call: Call) -> Any:
    """GET /os-simple-tenant-usage."""
    start, end = _span(call)
    entries = sorted(usage.usages(call.session, start, end, None), key=lambda e: e["tenant_id"])
    detailed = call.query.get("detailed") == "1"
    listed = [
        usage.summary(list(group), project, start, end, detailed)
        for project, group in groupby(entries, key=lambda e: e["tenant_id"])
    ]
    return {"tenant_usages": listed}


def usage_of(call: Call, project_id: str) -> Any:
    """GET /os-simple-tenant-usage/{project_id}."""
    call.enforce(target={"project_id": project_id})
    start, end = _span(call)
    entries = usage.usages(call.session, start, end, project_id)
    return {"tenant_usage": usage.summary(entries, project_id, start, end, True) if entries else {}}


RULE = "os_compute_api:os-quota-sets"
ONE = "/v2.1/os-quota-sets/<project_id>"
USAGE = "os_compute_api:os-simple-tenant-usage"
ROUTES = [
    Route("GET", ONE, show, f"{RULE}:show", late=True),
    Route("GET", f"{ONE}/defaults", defaults, f"{RULE}:defaults"),
    Route("GET", f"{ONE}/detail", detail, f"{RULE}:detail", late=True),
    *(Route("PUT", ONE, update, f"{RULE}:update", **step) for step in steps(schemas.UPDATE)),
    Route("DELETE", ONE, delete, f"{RULE}:delete", 202),
    Route("GET", "/v2.1/os-quota-class-sets/<name>", show_class, "os_compute_api:os-quota-class-sets:show"),
    *(
        Route(
            "PUT", "/v2.1/os-quota-class-sets/<name>", update_class, "os_compute_api:os-quota-class-sets:update", **step
        )
        for step in steps(schemas.CLASS)
    ),
    Route("GET", "/v2.1/limits", limits, "os_compute_api:limits"),
    Route("GET", "/v2.1/os-simple-tenant-usage", usages, f"{USAGE}:list"),
    Route("GET", "/v2.1/os-simple-tenant-usage/<project_id>", usage_of, f"{USAGE}:show", late=True),
]
