"""The catalog: regions, services, their endpoints, and which project sees which of them."""

from typing import Any

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from pileus.core.db import Base, Timestamps
from pileus.identity.models.projects import hex_id
from pileus.identity.models.revision import TokenGround


class Region(TokenGround, Timestamps, Base):
    """A region; regions form a tree."""

    __tablename__ = "catalog_regions"

    id: Mapped[str] = mapped_column(String(255), primary_key=True, default=hex_id)
    description: Mapped[str] = mapped_column(Text, default="")
    parent_region_id: Mapped[str | None] = mapped_column(ForeignKey("catalog_regions.id"))
    extra: Mapped[dict[str, Any]] = mapped_column(default=dict)


class CatalogService(TokenGround, Timestamps, Base):
    """A service as the catalog names it."""

    __tablename__ = "catalog_services"

    id: Mapped[str] = mapped_column(String(64), primary_key=True, default=hex_id)
    type: Mapped[str | None] = mapped_column(String(255), index=True)
    name: Mapped[str | None] = mapped_column(String(255))
    description: Mapped[str | None] = mapped_column(Text)
    enabled: Mapped[bool] = mapped_column(default=True)
    extra: Mapped[dict[str, Any]] = mapped_column(default=dict)


class Endpoint(TokenGround, Timestamps, Base):
    """Where a service answers; `url` may hold $(project_id)s and the like."""

    __tablename__ = "catalog_endpoints"

    id: Mapped[str] = mapped_column(String(64), primary_key=True, default=hex_id)
    service_id: Mapped[str] = mapped_column(ForeignKey("catalog_services.id", ondelete="CASCADE"), index=True)
    region_id: Mapped[str | None] = mapped_column(ForeignKey("catalog_regions.id"), index=True)
    interface: Mapped[str] = mapped_column(String(8))
    url: Mapped[str] = mapped_column(Text)
    name: Mapped[str | None] = mapped_column(String(255))
    enabled: Mapped[bool] = mapped_column(default=True)
    extra: Mapped[dict[str, Any]] = mapped_column(default=dict)


class EndpointGroup(TokenGround, Timestamps, Base):
    """Endpoints that fit a filter of service_id, region_id, interface and enabled."""

    __tablename__ = "catalog_endpoint_groups"

    id: Mapped[str] = mapped_column(String(64), primary_key=True, default=hex_id)
    name: Mapped[str] = mapped_column(String(255))
    description: Mapped[str | None] = mapped_column(Text)
    filters: Mapped[dict[str, Any]] = mapped_column(default=dict)


class ProjectEndpoint(TokenGround, Base):
    """An endpoint that a project sees; a project with none sees all."""

    __tablename__ = "catalog_project_endpoints"

    project_id: Mapped[str] = mapped_column(ForeignKey("projects.id", ondelete="CASCADE"), primary_key=True)
    endpoint_id: Mapped[str] = mapped_column(
        ForeignKey("catalog_endpoints.id", ondelete="CASCADE"), primary_key=True, index=True
    )


class ProjectEndpointGroup(TokenGround, Base):
    """An endpoint group that a project sees."""

    __tablename__ = "catalog_project_endpoint_groups"

    project_id: Mapped[str] = mapped_column(ForeignKey("projects.id", ondelete="CASCADE"), primary_key=True)
    group_id: Mapped[str] = mapped_column(
        ForeignKey("catalog_endpoint_groups.id", ondelete="CASCADE"), primary_key=True, index=True
    )
