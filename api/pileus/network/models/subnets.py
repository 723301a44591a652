"""Subnets, the addresses taken of them, and the pools from which subnets are cut."""

from typing import Any

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from pileus.core.db import Base, Timestamps, new_id
from pileus.network.models.standard import Standard


class Subnet(Base, Timestamps, Standard):
    """A range of addresses of a network; `metadata_ip` is the address of the metadata service in it."""

    __tablename__ = "subnets"

    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    project_id: Mapped[str] = mapped_column(String(64), index=True)
    network_id: Mapped[str] = mapped_column(String(36), index=True)
    ip_version: Mapped[int]
    cidr: Mapped[str] = mapped_column(String(64))
    gateway_ip: Mapped[str | None] = mapped_column(String(45))
    enable_dhcp: Mapped[bool] = mapped_column(default=True)
    allocation_pools: Mapped[list[dict[str, Any]]] = mapped_column(default=list)
    dns_nameservers: Mapped[list[str]] = mapped_column(default=list)
    host_routes: Mapped[list[dict[str, Any]]] = mapped_column(default=list)
    service_types: Mapped[list[str]] = mapped_column(default=list)
    ipv6_ra_mode: Mapped[str | None] = mapped_column(String(16))
    ipv6_address_mode: Mapped[str | None] = mapped_column(String(16))
    subnetpool_id: Mapped[str | None] = mapped_column(String(36), index=True)
    metadata_ip: Mapped[str | None] = mapped_column(String(45))


class IpAllocation(Base):
    """An address that is taken: by a port, by a floating IP, or (neither) by the subnet's metadata service.

    The primary key is what keeps two from having the same one.
    """

    __tablename__ = "ip_allocations"

    subnet_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    ip_address: Mapped[str] = mapped_column(String(45), primary_key=True)
    network_id: Mapped[str] = mapped_column(String(36), index=True)
    port_id: Mapped[str | None] = mapped_column(ForeignKey("ports.id", ondelete="CASCADE"), index=True)
    floating_ip_id: Mapped[str | None] = mapped_column(String(36), index=True)
    position: Mapped[int] = mapped_column(default=0)


class SubnetPool(Base, Timestamps, Standard):
    """Prefixes from which subnets may be cut."""

    __tablename__ = "subnet_pools"

    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    project_id: Mapped[str] = mapped_column(String(64), index=True)
    ip_version: Mapped[int]
    prefixes: Mapped[list[str]] = mapped_column(default=list)
    min_prefixlen: Mapped[int]
    max_prefixlen: Mapped[int]
    default_prefixlen: Mapped[int]
    default_quota: Mapped[int | None]
    address_scope_id: Mapped[str | None] = mapped_column(String(36), index=True)
    shared: Mapped[bool] = mapped_column(default=False)
    is_default: Mapped[bool] = mapped_column(default=False)


class AddressScope(Base, Timestamps, Standard):
    """A set of subnet pools whose addresses do not overlap."""

    __tablename__ = "address_scopes"

    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    project_id: Mapped[str] = mapped_column(String(64), index=True)
    ip_version: Mapped[int]
    shared: Mapped[bool] = mapped_column(default=False)
