"""Roles, which role implies which, and who has which role on what."""

from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from pileus.core.db import Base, Timestamps
from pileus.identity.models.projects import hex_id
from pileus.identity.models.revision import TokenGround


class Role(TokenGround, Timestamps, Base):
    """A role; one with a `domain_id` only implies others and never stands in a token itself."""

    ground_when_new = False
    __tablename__ = "roles"
    __table_args__ = (UniqueConstraint("domain_id", "name"),)

    id: Mapped[str] = mapped_column(String(64), primary_key=True, default=hex_id)
    name: Mapped[str] = mapped_column(String(255))
    domain_id: Mapped[str] = mapped_column(String(64), default="")
    description: Mapped[str | None] = mapped_column(Text)
    options: Mapped[dict[str, Any]] = mapped_column(default=dict)
    extra: Mapped[dict[str, Any]] = mapped_column(default=dict)


class Implication(TokenGround, Base):
    """Who has the prior role has the implied one, too."""

    __tablename__ = "role_implications"

    prior_id: Mapped[str] = mapped_column(ForeignKey("roles.id", ondelete="CASCADE"), primary_key=True)
    implied_id: Mapped[str] = mapped_column(ForeignKey("roles.id", ondelete="CASCADE"), primary_key=True)


class Assignment(TokenGround, Base):
    """An actor ("user" or "group") has a role on a target ("project", "domain", "system").

    `inherited` means: not on the target itself but on all projects below it. The id of the system is "all".
    """

    __tablename__ = "role_assignments"
    __table_args__ = (Index("ix_role_assignments_target", "target_type", "target_id"),)

    actor_type: Mapped[str] = mapped_column(String(8), primary_key=True)
    actor_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    target_type: Mapped[str] = mapped_column(String(8), primary_key=True)
    target_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    role_id: Mapped[str] = mapped_column(ForeignKey("roles.id", ondelete="CASCADE"), primary_key=True, index=True)
    inherited: Mapped[bool] = mapped_column(primary_key=True, default=False)
