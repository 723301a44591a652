"""Quotas: limits per project in SQL, usage counted as a sum over rows in the same transaction, so it cannot drift."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sqlalchemy import String, delete, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from pileus.core.db import Base, lock
from pileus.core.errors import BadRequest, OverQuota

DEFAULTS = "default"  # the pseudo project whose limits hold where a project has none of its own


class QuotaLimit(Base):
    """A limit that an operator set; -1 is no limit."""

    __tablename__ = "quota_limits"

    service: Mapped[str] = mapped_column(String(32), primary_key=True)
    project_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    resource: Mapped[str] = mapped_column(String(64), primary_key=True)
    limit: Mapped[int]


@dataclass(frozen=True)
class Quota:
    """The quotas of one service: built-in limits, and how usage of each resource is counted."""

    service: str
    limits: Mapping[str, int]
    usage: Mapping[str, Callable[[Session, str], int]]

    def of(self, session: Session, project_id: str) -> dict[str, int]:
        """The limits that hold for a project."""
        rows = session.execute(
            select(QuotaLimit.project_id, QuotaLimit.resource, QuotaLimit.limit).where(
                QuotaLimit.service == self.service, QuotaLimit.project_id.in_((DEFAULTS, project_id))
            )
        ).all()
        found = dict(self.limits)
        for owner in (DEFAULTS, project_id):
            found.update({resource: limit for who, resource, limit in rows if who == owner and resource in found})
        return found

    def used(self, session: Session, project_id: str) -> dict[str, int]:
        """What a project uses now, for every resource that is counted."""
        return {resource: count(session, project_id) for resource, count in self.usage.items()}

    def set(self, session: Session, project_id: str, limits: Mapping[str, int]) -> None:
        """Set limits of a project (or of DEFAULTS); raises BadRequest for what is no project's id."""
        if len(project_id) > 64:
            raise BadRequest("The id of a project has at most 64 characters.", field="project_id")
        for resource, limit in limits.items():
            session.merge(QuotaLimit(service=self.service, project_id=project_id, resource=resource, limit=limit))
        session.flush()

    def reset(self, session: Session, project_id: str) -> None:
        """Back to the defaults."""
        session.execute(
            delete(QuotaLimit).where(QuotaLimit.service == self.service, QuotaLimit.project_id == project_id)
        )

    def reserve(self, session: Session, project_id: str, **wanted: int) -> None:
        """Raise OverQuota when `wanted` more do not fit; holds the project's lock until the transaction ends."""
        lock(session, f"quota/{self.service}/{project_id}")
        session.flush()
        limits = self.of(session, project_id)
        for resource, asked in wanted.items():
            limit = limits.get(resource, -1)
            if limit < 0 or asked <= 0:
                continue
            used = self.usage[resource](session, project_id)
            if used + asked > limit:
                raise OverQuota(resource, used, asked, limit)
