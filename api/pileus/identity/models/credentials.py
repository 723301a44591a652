"""Credentials of users for other ways in: EC2 keys, TOTP seeds, certificates."""

from typing import Any

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from pileus.core.db import Base, Timestamps
from pileus.identity.models.projects import hex_id


class Credential(Timestamps, Base):
    """A credential; `sealed` is its content, encrypted. The id of an EC2 credential is the SHA-256 of its access key."""

    __tablename__ = "credentials"

    id: Mapped[str] = mapped_column(String(64), primary_key=True, default=hex_id)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    project_id: Mapped[str | None] = mapped_column(String(64), index=True)
    type: Mapped[str] = mapped_column(String(255), index=True)
    sealed: Mapped[str] = mapped_column(Text)
    extra: Mapped[dict[str, Any]] = mapped_column(default=dict)
