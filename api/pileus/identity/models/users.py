"""Users, their passwords, and groups of users."""

import datetime as dt
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from pileus.core.db import Base, Timestamps, now
from pileus.identity.models.projects import hex_id
from pileus.identity.models.revision import TokenGround


class Password(Base):
    """A password a user has or had, as a hash; the newest counts, older ones are kept for the history rule."""

    __tablename__ = "user_passwords"

    id: Mapped[str] = mapped_column(String(64), primary_key=True, default=hex_id)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    hash: Mapped[str] = mapped_column(String(255))
    created_at: Mapped[dt.datetime] = mapped_column(default=now)
    expires_at: Mapped[dt.datetime | None]
    self_service: Mapped[bool] = mapped_column(default=False)


class User(TokenGround, Timestamps, Base):
    """A person or a program that logs in.

    `source` is "sql", "ldap" (the row is what the directory of the domain said last; `external_id` is its id there), or
    "federated" (made at, or for, the first login through an identity provider).
    """

    ground_when_new = False
    __tablename__ = "users"
    __table_args__ = (UniqueConstraint("domain_id", "name"),)

    id: Mapped[str] = mapped_column(String(64), primary_key=True, default=hex_id)
    name: Mapped[str] = mapped_column(String(255))
    domain_id: Mapped[str] = mapped_column(ForeignKey("projects.id"))
    default_project_id: Mapped[str | None] = mapped_column(String(64), index=True)
    enabled: Mapped[bool] = mapped_column(default=True)
    description: Mapped[str | None] = mapped_column(Text)
    options: Mapped[dict[str, Any]] = mapped_column(default=dict)
    extra: Mapped[dict[str, Any]] = mapped_column(default=dict)
    password_expires_at: Mapped[dt.datetime | None]
    source: Mapped[str] = mapped_column(String(16), default="sql", server_default="sql")
    external_id: Mapped[str | None] = mapped_column(String(255))
    passwords: Mapped[list[Password]] = relationship(
        cascade="all, delete-orphan", order_by=Password.created_at.desc(), passive_deletes=True
    )


class Login(Base):
    """How a user's logins went: apart from the user, so that a failed login changes nothing on which tokens rest.

    `totp_step` is the last time step whose passcode was used: a passcode works once.
    """

    __tablename__ = "user_logins"

    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    failures: Mapped[int] = mapped_column(default=0)
    failed_at: Mapped[dt.datetime | None]
    active_at: Mapped[dt.datetime | None]
    totp_step: Mapped[int | None] = mapped_column(BigInteger)


class FailedLogins(Base):
    """Failed logins within a window of time, by whom they claimed to be or by where they came from.

    `key` is a hash, so that the table says nothing about who exists or who tried.
    """

    __tablename__ = "failed_logins"

    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    failures: Mapped[int] = mapped_column(default=0)
    since: Mapped[dt.datetime] = mapped_column(default=now, index=True)


class Group(TokenGround, Timestamps, Base):
    """A group of users of any domain; `source` and `external_id` as for users."""

    ground_when_new = False
    __tablename__ = "user_groups"
    __table_args__ = (UniqueConstraint("domain_id", "name"),)

    id: Mapped[str] = mapped_column(String(64), primary_key=True, default=hex_id)
    name: Mapped[str] = mapped_column(String(255))
    domain_id: Mapped[str] = mapped_column(ForeignKey("projects.id"))
    description: Mapped[str] = mapped_column(Text, default="")
    extra: Mapped[dict[str, Any]] = mapped_column(default=dict)
    source: Mapped[str] = mapped_column(String(16), default="sql", server_default="sql")
    external_id: Mapped[str | None] = mapped_column(String(255))


class Membership(TokenGround, Base):
    """A user is in a group: for good, or until `expires_at` when an identity provider said so at a login."""

    __tablename__ = "user_group_members"

    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    group_id: Mapped[str] = mapped_column(
        ForeignKey("user_groups.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    expires_at: Mapped[dt.datetime | None]
