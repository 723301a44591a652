"""Delegation: application credentials with their access rules, and trusts."""

import datetime as dt
from typing import Any

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from pileus.core.db import Base, Timestamps
from pileus.identity.models.projects import hex_id
from pileus.identity.models.revision import TokenGround


class AccessRule(TokenGround, Base):
    """What an application credential may call: a service type, a method, and a path with wildcards."""

    ground_when_new = False
    __tablename__ = "access_rules"
    __table_args__ = (UniqueConstraint("user_id", "service", "method", "path"),)

    id: Mapped[str] = mapped_column(String(64), primary_key=True, default=hex_id)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    service: Mapped[str] = mapped_column(String(64))
    method: Mapped[str] = mapped_column(String(16))
    path: Mapped[str] = mapped_column(String(128))


class CredentialRule(TokenGround, Base):
    """An application credential is bound to an access rule.

    That the rule is there is checked when the transaction ends: with a user go the rules first, and then the credentials.
    """

    __tablename__ = "application_credential_rules"

    credential_id: Mapped[str] = mapped_column(
        ForeignKey("application_credentials.id", ondelete="CASCADE"), primary_key=True
    )
    rule_id: Mapped[str] = mapped_column(
        ForeignKey("access_rules.id", deferrable=True, initially="DEFERRED"), primary_key=True, index=True
    )


class ApplicationCredential(TokenGround, Timestamps, Base):
    """A secret by which a program works as a user in one project, with some of the user's roles.

    When `rules_apply`, only the calls that its access rules name are allowed.
    """

    ground_when_new = False
    __tablename__ = "application_credentials"
    __table_args__ = (UniqueConstraint("user_id", "name"),)

    id: Mapped[str] = mapped_column(String(64), primary_key=True, default=hex_id)
    name: Mapped[str] = mapped_column(String(255))
    description: Mapped[str | None] = mapped_column(Text)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    project_id: Mapped[str] = mapped_column(String(64), index=True)
    hash: Mapped[str] = mapped_column(String(255))
    expires_at: Mapped[dt.datetime | None]
    unrestricted: Mapped[bool] = mapped_column(default=False)
    role_ids: Mapped[list[str]]
    rules_apply: Mapped[bool] = mapped_column(default=False)
    rules: Mapped[list[AccessRule]] = relationship(
        secondary="application_credential_rules", lazy="selectin", order_by=AccessRule.id
    )


class Trust(TokenGround, Timestamps, Base):
    """The trustor lets the trustee work in a project with some of the trustor's roles."""

    ground_when_new = False
    __tablename__ = "trusts"

    id: Mapped[str] = mapped_column(String(64), primary_key=True, default=hex_id)
    trustor_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    trustee_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    project_id: Mapped[str | None] = mapped_column(String(64), index=True)
    impersonation: Mapped[bool]
    role_ids: Mapped[list[str]]
    expires_at: Mapped[dt.datetime | None]
    deleted_at: Mapped[dt.datetime | None]
    remaining_uses: Mapped[int | None]
    redelegated_trust_id: Mapped[str | None] = mapped_column(String(64), index=True)
    redelegation_count: Mapped[int] = mapped_column(default=0)
    extra: Mapped[dict[str, Any]] = mapped_column(default=dict)
