"""Quotas of block storage: volumes, snapshots and gigabytes, counted over rows."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from pileus.block_storage.models import Snapshot, Volume
from pileus.core.errors import OverQuota, TooLarge
from pileus.core.quota import Quota


def _count(model: type[Volume] | type[Snapshot]) -> Callable[[Session, str], int]:
    def count(session: Session, project_id: str) -> int:
        return session.execute(select(func.count()).where(model.project_id == project_id)).scalar_one()

    return count


def _gigabytes(session: Session, project_id: str) -> int:
    """Volumes and snapshots count alike."""
    sums = [
        select(func.coalesce(func.sum(model.size), 0)).where(model.project_id == project_id).scalar_subquery()
        for model in (Volume, Snapshot)
    ]
    return int(session.execute(select(sums[0] + sums[1])).scalar_one() or 0)


def _none(_session: Session, _project_id: str) -> int:
    """What this cloud does not have is not used."""
    return 0


QUOTA = Quota(
    service="block_storage",
    limits={
        "volumes": 10,
        "snapshots": 10,
        "gigabytes": 1000,
        "per_volume_gigabytes": -1,
        "backups": 10,
        "backup_gigabytes": 1000,
        "groups": 10,
    },
    usage={
        "volumes": _count(Volume),
        "snapshots": _count(Snapshot),
        "gigabytes": _gigabytes,
        "per_volume_gigabytes": _none,
        "backups": _none,
        "backup_gigabytes": _none,
        "groups": _none,
    },
)


def reserve_quota(session: Session, project_id: str, **wanted: int) -> None:
    """Hold quota for more; raises TooLarge, as this service tells it."""
    try:
        QUOTA.reserve(session, project_id, **wanted)
    except OverQuota as over:
        raise TooLarge(over.message, field=over.field, kind=over.kind) from None


def check_size(session: Session, project_id: str, size: int) -> None:
    """Raise TooLarge for a volume larger than any volume of this project may be."""
    limit = QUOTA.of(session, project_id)["per_volume_gigabytes"]
    if 0 <= limit < size:
        raise TooLarge(f"Requested size {size}G is larger than maximum allowed limit {limit}G.", field="size")


def by_project(session: Session) -> dict[str, tuple[int, ...]]:
    """(volumes, their GiB, snapshots, their GiB) of every project that has any."""
    found: dict[str, list[int]] = {}
    for place, model in ((0, Volume), (2, Snapshot)):
        columns: tuple[Any, ...] = (model.project_id, func.count(), func.sum(model.size))
        for project, count, size in session.execute(select(*columns).group_by(columns[0])):
            found.setdefault(project, [0, 0, 0, 0])[place : place + 2] = [count, int(size)]
    return {project: tuple(counts) for project, counts in found.items()}
