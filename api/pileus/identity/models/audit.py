"""The audit trail: every login and every change, in the terms of CADF (DMTF DSP0262)."""

import datetime as dt

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from pileus.core.db import Base, now
from pileus.identity.models.projects import hex_id


class AuditEvent(Base):
    """Who did what to what, from where, and how it ended ("success", "failure" or "pending")."""

    __tablename__ = "audit_events"

    id: Mapped[str] = mapped_column(String(64), primary_key=True, default=hex_id)
    at: Mapped[dt.datetime] = mapped_column(default=now, index=True)
    action: Mapped[str] = mapped_column(String(128))
    outcome: Mapped[str] = mapped_column(String(16))
    initiator_id: Mapped[str] = mapped_column(String(255), index=True)  # as given, where nobody could be identified
    project_id: Mapped[str | None] = mapped_column(String(64))
    address: Mapped[str] = mapped_column(String(64))
    target_type: Mapped[str] = mapped_column(String(64))
    target_id: Mapped[str] = mapped_column(String(255), index=True)
    request_id: Mapped[str] = mapped_column(String(64))
