"""The attributes that every network resource has, and the tags that may be put on any of them."""

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from pileus.core.db import Base


class Standard:
    """Name, description and the number of the revision, as clients see them on everything."""

    name: Mapped[str] = mapped_column(String(255), default="")
    description: Mapped[str] = mapped_column(String(255), default="")
    revision_number: Mapped[int] = mapped_column(default=0)


class Tag(Base):
    """One tag of one resource."""

    __tablename__ = "network_tags"
    __table_args__ = (Index("ix_network_tags_tag", "tag"),)

    resource_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    tag: Mapped[str] = mapped_column(String(255), primary_key=True)
