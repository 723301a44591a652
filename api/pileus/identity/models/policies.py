"""Policies that services may fetch, and the configuration of domains."""

from typing import Any

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from pileus.core.db import Base, Timestamps
from pileus.identity.models.projects import hex_id


class PolicyDocument(Timestamps, Base):
    """A policy kept for others: Pileus itself does not read it."""

    __tablename__ = "policy_documents"

    id: Mapped[str] = mapped_column(String(64), primary_key=True, default=hex_id)
    type: Mapped[str] = mapped_column(String(255))
    blob: Mapped[str] = mapped_column(Text)
    extra: Mapped[dict[str, Any]] = mapped_column(default=dict)


class PolicyAssociation(Base):
    """A policy is meant for an endpoint, a service, or a service in a region; what is not named is None."""

    __tablename__ = "policy_associations"
    __table_args__ = (UniqueConstraint("endpoint_id", "service_id", "region_id"),)

    id: Mapped[str] = mapped_column(String(64), primary_key=True, default=hex_id)
    policy_id: Mapped[str] = mapped_column(ForeignKey("policy_documents.id", ondelete="CASCADE"), index=True)
    endpoint_id: Mapped[str | None] = mapped_column(ForeignKey("catalog_endpoints.id", ondelete="CASCADE"))
    service_id: Mapped[str | None] = mapped_column(ForeignKey("catalog_services.id", ondelete="CASCADE"))
    region_id: Mapped[str | None] = mapped_column(ForeignKey("catalog_regions.id", ondelete="CASCADE"))


class DomainOption(Base):
    """One option of the configuration of a domain; the value stands in {"value": ...}, or sealed where it is a secret."""

    __tablename__ = "domain_options"

    domain_id: Mapped[str] = mapped_column(ForeignKey("projects.id", ondelete="CASCADE"), primary_key=True)
    section: Mapped[str] = mapped_column(String(32), primary_key=True)
    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    value: Mapped[dict[str, Any]] = mapped_column(default=dict)
    sealed: Mapped[str | None] = mapped_column(Text)
