"""How much of what each project used between two moments."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from pileus.compute.models import Server, ServerUsage
from pileus.core.db import now


def remember(session: Session, server: Server) -> None:
    """Keep what a server used that is about to go."""
    if server.launched_at is None:
        return
    session.merge(
        ServerUsage(
            server_id=server.id,
            project_id=server.project_id,
            name=server.name,
            flavor_name=server.flavor.get("name", ""),
            vcpus=server.vcpus,
            ram=server.ram,
            disk=server.disk,
            started_at=server.launched_at,
            ended_at=now(),
        )
    )


def usages(session: Session, start: dt.datetime, end: dt.datetime, project_id: str | None) -> list[dict[str, Any]]:
    """One entry for each server that ran between `start` and `end`, gone or not, oldest first."""
    gone = select(ServerUsage).where(ServerUsage.started_at < end, ServerUsage.ended_at > start)
    here = select(Server).where(Server.launched_at.is_not(None), Server.launched_at < end)
    if project_id is not None:
        gone = gone.where(ServerUsage.project_id == project_id)
        here = here.where(Server.project_id == project_id)
    found = [
        _entry(row, row.server_id, row.flavor_name, row.started_at, row.ended_at, start, end)
        for row in session.scalars(gone)
    ]
    for row in session.scalars(here.where(or_(Server.status != "BUILD", Server.host.is_not(None)))):
        found.append(_entry(row, row.id, row.flavor.get("name", ""), row.launched_at, None, start, end))
    return sorted(found, key=lambda entry: (entry["started_at"], entry["instance_id"]))


def _entry(
    row: Any, server_id: str, flavor: str, began: Any, ended: Any, start: dt.datetime, end: dt.datetime
) -> dict[str, Any]:
    moment = now()
    hours = max((min(ended or end, end) - max(began, start)).total_seconds(), 0) / 3600
    state = {"ACTIVE": "active", "SHUTOFF": "stopped", "ERROR": "error"}.get(getattr(row, "status", ""), "active")
    return {
        "instance_id": server_id,
        "name": row.name,
        "tenant_id": row.project_id,
        "flavor": flavor,
        "hours": hours,
        "vcpus": row.vcpus,
        "memory_mb": row.ram,
        "local_gb": row.disk,
        "state": "terminated" if ended else state,
        "started_at": began.isoformat(timespec="microseconds"),
        "ended_at": ended.isoformat(timespec="microseconds") if ended else None,
        "uptime": int(((ended or moment) - began).total_seconds()),
    }


def summary(
    entries: Sequence[dict[str, Any]], project_id: str, start: dt.datetime, end: dt.datetime, detailed: bool
) -> dict[str, Any]:
    """The totals of one project."""
    body: dict[str, Any] = {
        "tenant_id": project_id,
        "start": start.isoformat(timespec="microseconds"),
        "stop": end.isoformat(timespec="microseconds"),
        "total_hours": sum(e["hours"] for e in entries),
        "total_vcpus_usage": sum(e["hours"] * e["vcpus"] for e in entries),
        "total_memory_mb_usage": sum(e["hours"] * e["memory_mb"] for e in entries),
        "total_local_gb_usage": sum(e["hours"] * e["local_gb"] for e in entries),
    }
    return body | ({"server_usages": list(entries)} if detailed else {})
