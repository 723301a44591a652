"""OAuth1: consumers, and the tokens by which users let them work in a project."""

import datetime as dt
from typing import Any

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from pileus.core.db import Base, Timestamps
from pileus.identity.models.projects import hex_id
from pileus.identity.models.revision import TokenGround


class Consumer(Timestamps, Base):
    """An OAuth1 consumer; `sealed` is its secret, encrypted."""

    __tablename__ = "oauth_consumers"

    id: Mapped[str] = mapped_column(String(64), primary_key=True, default=hex_id)
    description: Mapped[str | None] = mapped_column(Text)
    sealed: Mapped[str] = mapped_column(Text)
    extra: Mapped[dict[str, Any]] = mapped_column(default=dict)


class RequestToken(Timestamps, Base):
    """What a consumer asks a user for; `verifier`, user and roles are there once the user has agreed."""

    __tablename__ = "oauth_request_tokens"

    id: Mapped[str] = mapped_column(String(64), primary_key=True, default=hex_id)
    consumer_id: Mapped[str] = mapped_column(ForeignKey("oauth_consumers.id", ondelete="CASCADE"), index=True)
    project_id: Mapped[str] = mapped_column(String(64))
    sealed: Mapped[str] = mapped_column(Text)
    verifier: Mapped[str | None] = mapped_column(String(64))
    user_id: Mapped[str | None] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    role_ids: Mapped[list[str]]
    expires_at: Mapped[dt.datetime]


class AccessToken(TokenGround, Timestamps, Base):
    """By this a consumer logs in as the user, in one project, with the roles agreed on."""

    ground_when_new = False
    __tablename__ = "oauth_access_tokens"

    id: Mapped[str] = mapped_column(String(64), primary_key=True, default=hex_id)
    consumer_id: Mapped[str] = mapped_column(ForeignKey("oauth_consumers.id", ondelete="CASCADE"), index=True)
    project_id: Mapped[str] = mapped_column(String(64), index=True)
    sealed: Mapped[str] = mapped_column(Text)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    role_ids: Mapped[list[str]]
    expires_at: Mapped[dt.datetime | None]


class Nonce(Base):
    """A nonce that was used: a signed OAuth1 request works once."""

    __tablename__ = "oauth_nonces"

    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    expires_at: Mapped[dt.datetime] = mapped_column(index=True)
