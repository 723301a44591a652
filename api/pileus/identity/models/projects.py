"""Projects, and domains, which are the roots of their trees."""

import uuid
from typing import Any

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from pileus.core.db import Base, Timestamps
from pileus.identity.models.revision import TokenGround


def hex_id() -> str:
    """A random UUID without dashes, as the identity API publishes ids."""
    return uuid.uuid4().hex


class ProjectTag(Base):
    """One tag of a project."""

    __tablename__ = "project_tags"

    project_id: Mapped[str] = mapped_column(ForeignKey("projects.id", ondelete="CASCADE"), primary_key=True)
    name: Mapped[str] = mapped_column(String(255), primary_key=True)


class Project(TokenGround, Timestamps, Base):
    """A project, or a domain: then `is_domain` is set, `domain_id` is empty and `parent_id` None.

    The parent of a project at the top of a domain is the domain itself.
    """

    ground_when_new = False
    __tablename__ = "projects"
    __table_args__ = (UniqueConstraint("domain_id", "name"),)

    id: Mapped[str] = mapped_column(String(64), primary_key=True, default=hex_id)
    name: Mapped[str] = mapped_column(String(255))
    domain_id: Mapped[str] = mapped_column(String(64), default="")
    parent_id: Mapped[str | None] = mapped_column(String(64), index=True)
    is_domain: Mapped[bool] = mapped_column(default=False, index=True)
    enabled: Mapped[bool] = mapped_column(default=True)
    description: Mapped[str] = mapped_column(Text, default="")
    options: Mapped[dict[str, Any]] = mapped_column(default=dict)
    extra: Mapped[dict[str, Any]] = mapped_column(default=dict)
    tag_rows: Mapped[list[ProjectTag]] = relationship(
        lazy="selectin", cascade="all, delete-orphan", order_by=ProjectTag.name, passive_deletes=True
    )

    @property
    def tags(self) -> list[str]:
        """The tags in order."""
        return sorted(tag.name for tag in self.tag_rows)
