"""What was revoked: tokens themselves are stored nowhere."""

import datetime as dt

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from pileus.core.db import Base, now
from pileus.identity.models.projects import hex_id
from pileus.identity.models.revision import TokenGround


class Revocation(TokenGround, Base):
    """Tokens of `subject` issued until `before` are worth nothing.

    `kind` says what the subject is: "audit" (one token), "chain" (a token and all got from it), "user", "project",
    "domain", "trust", "application_credential", "access_token" (of OAuth1). After `expires_at` no such token can be alive
    and the row may go.
    """

    __tablename__ = "token_revocations"
    __table_args__ = (Index("ix_token_revocations_subject", "subject", "kind"),)

    id: Mapped[str] = mapped_column(String(64), primary_key=True, default=hex_id)
    kind: Mapped[str] = mapped_column(String(24))
    subject: Mapped[str] = mapped_column(String(64))
    before: Mapped[dt.datetime]
    expires_at: Mapped[dt.datetime] = mapped_column(index=True)
    created_at: Mapped[dt.datetime] = mapped_column(default=now)
