"""Tables of the image service: images, their tags and the projects they are shared with."""

import datetime as dt
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from pileus.core.db import Base, Resource, Timestamps


class Image(Resource, Base):
    """An image: what its owner says of it, and what is known of its bytes.

    `project_id` is the owner. The bytes as uploaded are the RBD image `upload` in `pool`; what servers and volumes are
    clones of is the raw image named by the id, snapshot "snap". `upload_until` is set while bytes flow: an upload that has
    not renewed it in time is dead, and another may begin. `uploads` counts the attempts.
    """

    __tablename__ = "images"
    __table_args__ = (Index("ix_images_visibility_created", "visibility", "created_at"),)

    name: Mapped[str | None] = mapped_column(String(255), index=True)
    visibility: Mapped[str] = mapped_column(String(16), default="shared")
    container_format: Mapped[str | None] = mapped_column(String(16))
    disk_format: Mapped[str | None] = mapped_column(String(16))
    min_disk: Mapped[int] = mapped_column(default=0)  # GiB
    min_ram: Mapped[int] = mapped_column(default=0)  # MiB
    protected: Mapped[bool] = mapped_column(default=False)
    hidden: Mapped[bool] = mapped_column(default=False)
    size: Mapped[int | None] = mapped_column(BigInteger)  # bytes as uploaded
    virtual_size: Mapped[int | None] = mapped_column(BigInteger)  # bytes of the disk
    checksum: Mapped[str | None] = mapped_column(String(32))
    hash_value: Mapped[str | None] = mapped_column(String(128))
    properties: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    pool: Mapped[str] = mapped_column(String(64))
    uploads: Mapped[int] = mapped_column(default=0)
    upload_until: Mapped[dt.datetime | None]
    tags: Mapped[list["ImageTag"]] = relationship(
        cascade="all, delete-orphan", lazy="selectin", order_by="ImageTag.tag", passive_deletes=True
    )
    members: Mapped[list["ImageMember"]] = relationship(cascade="all, delete-orphan", passive_deletes=True)

    @property
    def converted(self) -> bool:
        """Whether the disk is another RBD image than the bytes that were uploaded."""
        return self.container_format == "bare" and self.disk_format in CONVERTED

    @property
    def upload(self) -> str:
        """The name of the RBD image that holds the bytes as uploaded."""
        return f"{self.id}.upload" if self.converted else self.id


CONVERTED = frozenset({"qcow2", "vmdk", "vdi", "vhd", "vhdx"})


class ImageTag(Base):
    """A tag of an image."""

    __tablename__ = "image_tags"

    image_id: Mapped[str] = mapped_column(ForeignKey("images.id", ondelete="CASCADE"), primary_key=True)
    tag: Mapped[str] = mapped_column(String(255), primary_key=True, index=True)


class ImageMember(Timestamps, Base):
    """A project that an image is shared with; `status` is pending, accepted or rejected, as that project says."""

    __tablename__ = "image_members"

    image_id: Mapped[str] = mapped_column(ForeignKey("images.id", ondelete="CASCADE"), primary_key=True)
    member_id: Mapped[str] = mapped_column(String(255), primary_key=True, index=True)
    status: Mapped[str] = mapped_column(String(16), default="pending")


# what a fault of an image is called among its properties
FAULT_PROPERTY = "pileus_fault"
