"""Tables of the block-storage service: volumes, attachments, snapshots, types and transfers."""

import datetime as dt
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from pileus.core.db import Base, Resource, Timestamps, new_id


class VolumeType(Timestamps, Base):
    """A kind of volume that users can ask for."""

    __tablename__ = "volume_types"

    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(String(255), unique=True)
    description: Mapped[str | None] = mapped_column(String(255))
    is_public: Mapped[bool] = mapped_column(default=True)
    extra_specs: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)


class VolumeTypeAccess(Base):
    """A project that may use a volume type which is not public."""

    __tablename__ = "volume_type_access"

    volume_type_id: Mapped[str] = mapped_column(ForeignKey("volume_types.id", ondelete="CASCADE"), primary_key=True)
    project_id: Mapped[str] = mapped_column(String(64), primary_key=True)


class Volume(Resource, Base):
    """A volume: the RBD image `volume-<id>` in `pool`, `size` GiB."""

    __tablename__ = "volumes"
    __table_args__ = (Index("ix_volumes_project_created", "project_id", "created_at"),)

    name: Mapped[str | None] = mapped_column(String(255), index=True)
    description: Mapped[str | None] = mapped_column(Text)
    size: Mapped[int]
    user_id: Mapped[str] = mapped_column(String(64))
    availability_zone: Mapped[str] = mapped_column(String(255))
    volume_type_id: Mapped[str | None] = mapped_column(ForeignKey("volume_types.id"), index=True)
    image_id: Mapped[str | None] = mapped_column(String(36))
    snapshot_id: Mapped[str | None] = mapped_column(String(36), index=True)
    source_volume_id: Mapped[str | None] = mapped_column(String(36), index=True)
    bootable: Mapped[bool] = mapped_column(default=False)
    readonly: Mapped[bool | None]
    meta: Mapped[dict[str, Any]] = mapped_column("metadata", JSON, default=dict)
    image_metadata: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    pool: Mapped[str] = mapped_column(String(64))
    volume_type: Mapped[VolumeType | None] = relationship(lazy="joined")
    attachments: Mapped[list["VolumeAttachment"]] = relationship(
        cascade="all, delete-orphan", lazy="selectin", passive_deletes=True, order_by="VolumeAttachment.created_at"
    )

    @property
    def image(self) -> str:
        """The name of the RBD image."""
        return f"volume-{self.id}"


class VolumeAttachment(Timestamps, Base):
    """A volume at a server (or at a host outside): `status` is reserved, attaching, attached or detaching.

    `managed` ones belong to the compute service, which alone can end them.
    """

    __tablename__ = "volume_attachments"

    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    volume_id: Mapped[str] = mapped_column(ForeignKey("volumes.id", ondelete="CASCADE"), index=True)
    server_id: Mapped[str | None] = mapped_column(String(36), index=True)
    host: Mapped[str | None] = mapped_column(String(255))
    device: Mapped[str | None] = mapped_column(String(255))
    mode: Mapped[str] = mapped_column(String(2), default="rw")
    status: Mapped[str] = mapped_column(String(16))
    managed: Mapped[bool] = mapped_column(default=False)
    delete_on_termination: Mapped[bool] = mapped_column(default=False)
    connector: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    attached_at: Mapped[dt.datetime | None]


class Snapshot(Resource, Base):
    """A snapshot: the RBD snapshot `snapshot-<id>` of its volume's image."""

    __tablename__ = "volume_snapshots"

    volume_id: Mapped[str] = mapped_column(ForeignKey("volumes.id"), index=True)
    name: Mapped[str | None] = mapped_column(String(255))
    description: Mapped[str | None] = mapped_column(Text)
    size: Mapped[int]
    user_id: Mapped[str] = mapped_column(String(64))
    meta: Mapped[dict[str, Any]] = mapped_column("metadata", JSON, default=dict)

    @property
    def image(self) -> str:
        """The name of the RBD snapshot."""
        return f"snapshot-{self.id}"


class VolumeTransfer(Timestamps, Base):
    """An offer of a volume to whoever knows the key; of the key only a digest is kept."""

    __tablename__ = "volume_transfers"

    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    project_id: Mapped[str] = mapped_column(String(64), index=True)
    volume_id: Mapped[str] = mapped_column(ForeignKey("volumes.id", ondelete="CASCADE"), index=True)
    name: Mapped[str | None] = mapped_column(String(255))
    digest: Mapped[str] = mapped_column(String(64))
    no_snapshots: Mapped[bool] = mapped_column(default=False)
