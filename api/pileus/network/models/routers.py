"""Routers, and the floating IPs that lead through them."""

from typing import Any

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from pileus.core.db import Base, Resource, Timestamps, new_id
from pileus.network.models.standard import Standard


class Router(Base, Resource, Standard):
    """A router; its interfaces and its gateway are ports with its id as device_id."""

    __tablename__ = "routers"

    admin_state_up: Mapped[bool] = mapped_column(default=True)
    enable_snat: Mapped[bool] = mapped_column(default=True)
    gateway_port_id: Mapped[str | None] = mapped_column(String(36))
    routes: Mapped[list[dict[str, Any]]] = mapped_column(default=list)
    availability_zone_hints: Mapped[list[str]] = mapped_column(default=list)


class FloatingIp(Base, Timestamps, Standard):
    """An address of an external network that leads to a port's fixed address, through a router."""

    __tablename__ = "floating_ips"
    __table_args__ = (Index("ix_floating_ips_port", "port_id", "fixed_ip_address", unique=True),)

    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    project_id: Mapped[str] = mapped_column(String(64), index=True)
    status: Mapped[str] = mapped_column(String(16), default="DOWN")
    fault: Mapped[dict[str, Any] | None]
    floating_network_id: Mapped[str] = mapped_column(String(36), index=True)
    floating_ip_address: Mapped[str] = mapped_column(String(45))
    mac_address: Mapped[str] = mapped_column(String(17))
    router_id: Mapped[str | None] = mapped_column(String(36), index=True)
    port_id: Mapped[str | None] = mapped_column(String(36))
    fixed_ip_address: Mapped[str | None] = mapped_column(String(45))
