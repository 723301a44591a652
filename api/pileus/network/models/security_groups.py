"""Security groups and their rules."""

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from pileus.core.db import Base, Resource, Timestamps, new_id
from pileus.network.models.standard import Standard


class SecurityGroupRule(Base, Timestamps):
    """What a group lets through; protocol is a name or a number as text, ports are ICMP type and code for ICMP."""

    __tablename__ = "security_group_rules"

    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    project_id: Mapped[str] = mapped_column(String(64), index=True)
    security_group_id: Mapped[str] = mapped_column(String(36), index=True)
    direction: Mapped[str] = mapped_column(String(8))  # ingress egress
    ethertype: Mapped[str] = mapped_column(String(8))  # IPv4 IPv6
    protocol: Mapped[str | None] = mapped_column(String(40))
    port_range_min: Mapped[int | None]
    port_range_max: Mapped[int | None]
    remote_ip_prefix: Mapped[str | None] = mapped_column(String(64))
    remote_group_id: Mapped[str | None] = mapped_column(String(36), index=True)
    description: Mapped[str] = mapped_column(String(255), default="")
    revision_number: Mapped[int] = mapped_column(default=0)


class SecurityGroup(Base, Resource, Standard):
    """A set of rules for ports; every project has one named "default", made when it is first needed."""

    __tablename__ = "security_groups"
    __table_args__ = (Index("ix_security_groups_name", "project_id", "name"),)

    stateful: Mapped[bool] = mapped_column(default=True)

    rules: Mapped[list[SecurityGroupRule]] = relationship(
        primaryjoin="SecurityGroup.id == foreign(SecurityGroupRule.security_group_id)",
        order_by=(SecurityGroupRule.created_at, SecurityGroupRule.id),
        lazy="selectin",
        cascade="all, delete-orphan",
    )
