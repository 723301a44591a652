"""Ports: where servers and routers are plugged in, with their addresses and security groups."""

from typing import Any

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from pileus.core.db import Base, Resource
from pileus.network.models.standard import Standard
from pileus.network.models.subnets import IpAllocation


class PortSecurityGroup(Base):
    """That a security group holds for a port."""

    __tablename__ = "port_security_groups"

    port_id: Mapped[str] = mapped_column(ForeignKey("ports.id", ondelete="CASCADE"), primary_key=True)
    security_group_id: Mapped[str] = mapped_column(String(36), primary_key=True, index=True)


class Port(Base, Resource, Standard):
    """A port; `preserve` says that it outlives the server that uses it (it was made by itself).

    `plugged` says that the compute service gave it to server `device_id`: anybody may write any device_id into a port.
    """

    __tablename__ = "ports"
    __table_args__ = (
        Index("ix_ports_mac", "network_id", "mac_address"),
        Index("ix_ports_device", "device_id"),
    )

    network_id: Mapped[str] = mapped_column(String(36))
    mac_address: Mapped[str] = mapped_column(String(17))
    admin_state_up: Mapped[bool] = mapped_column(default=True)
    device_id: Mapped[str] = mapped_column(String(255), default="")
    device_owner: Mapped[str] = mapped_column(String(255), default="")
    port_security_enabled: Mapped[bool] = mapped_column(default=True)
    allowed_address_pairs: Mapped[list[dict[str, Any]]] = mapped_column(default=list)
    extra_dhcp_opts: Mapped[list[dict[str, Any]]] = mapped_column(default=list)
    vnic_type: Mapped[str] = mapped_column(String(64), default="normal")
    profile: Mapped[dict[str, Any]] = mapped_column(default=dict)
    host: Mapped[str] = mapped_column(String(255), default="")
    preserve: Mapped[bool] = mapped_column(default=True)
    plugged: Mapped[bool] = mapped_column(default=False)

    allocations: Mapped[list[IpAllocation]] = relationship(
        order_by=IpAllocation.position, lazy="selectin", cascade="all, delete-orphan"
    )
    memberships: Mapped[list[PortSecurityGroup]] = relationship(
        order_by=PortSecurityGroup.security_group_id, lazy="selectin", cascade="all, delete-orphan"
    )

    @property
    def fixed_ips(self) -> list[dict[str, str]]:
        """[{"subnet_id", "ip_address"}] in the order they were given."""
        return [{"subnet_id": a.subnet_id, "ip_address": a.ip_address} for a in self.allocations]

    @property
    def security_group_ids(self) -> list[str]:
        """The ids of the security groups that hold for it."""
        return [m.security_group_id for m in self.memberships]
