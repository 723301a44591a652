"""Registered limits, which hold for every project, and limits, which hold for one project or domain."""

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from pileus.core.db import Base, Timestamps
from pileus.identity.models.projects import hex_id


class RegisteredLimit(Timestamps, Base):
    """How much of a resource of a service a project may have unless it has a limit of its own."""

    __tablename__ = "registered_limits"
    __table_args__ = (UniqueConstraint("service_id", "region_id", "resource_name"),)

    id: Mapped[str] = mapped_column(String(64), primary_key=True, default=hex_id)
    service_id: Mapped[str] = mapped_column(ForeignKey("catalog_services.id"))
    region_id: Mapped[str | None] = mapped_column(ForeignKey("catalog_regions.id"))
    resource_name: Mapped[str] = mapped_column(String(255))
    default_limit: Mapped[int]
    description: Mapped[str | None] = mapped_column(Text)


class Limit(Timestamps, Base):
    """How much of a registered resource one project or domain may have."""

    __tablename__ = "project_limits"
    __table_args__ = (UniqueConstraint("registered_limit_id", "project_id", "domain_id"),)

    id: Mapped[str] = mapped_column(String(64), primary_key=True, default=hex_id)
    registered_limit_id: Mapped[str] = mapped_column(ForeignKey("registered_limits.id"), index=True)
    project_id: Mapped[str | None] = mapped_column(String(64), index=True)
    domain_id: Mapped[str | None] = mapped_column(String(64), index=True)
    resource_limit: Mapped[int]
    description: Mapped[str | None] = mapped_column(Text)
