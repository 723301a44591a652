"""Networks, the projects that they are shared with, and the hosts on which something of them was set up."""

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from pileus.core.db import Base, Resource, Timestamps, new_id
from pileus.network.models.standard import Standard


class Network(Base, Resource, Standard):
    """A layer 2 network; `shared` and `external` repeat what the RbacPolicy rows for everybody ("*") say."""

    __tablename__ = "networks"

    admin_state_up: Mapped[bool] = mapped_column(default=True)
    shared: Mapped[bool] = mapped_column(default=False)
    external: Mapped[bool] = mapped_column(default=False, index=True)
    is_default: Mapped[bool] = mapped_column(default=False)
    mtu: Mapped[int] = mapped_column(default=1442)
    port_security_enabled: Mapped[bool] = mapped_column(default=True)
    network_type: Mapped[str] = mapped_column(String(16), default="geneve")  # geneve flat vlan
    physical_network: Mapped[str | None] = mapped_column(String(64))
    segmentation_id: Mapped[int | None]
    availability_zone_hints: Mapped[list[str]] = mapped_column(default=list)
    metadata_mac: Mapped[str] = mapped_column(String(17))


class NetworkHost(Base):
    """A host that was given a metadata namespace for a network: it is cleaned when the network goes."""

    __tablename__ = "network_hosts"

    network_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    host: Mapped[str] = mapped_column(String(255), primary_key=True)


class RbacPolicy(Base, Timestamps):
    """A permission for another project (or "*") to use something: access_as_shared or access_as_external."""

    __tablename__ = "network_rbac_policies"
    __table_args__ = (
        Index("ix_network_rbac_policies_object", "object_id", "action", "target_project_id", unique=True),
        Index("ix_network_rbac_policies_target", "target_project_id"),
    )

    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    project_id: Mapped[str] = mapped_column(String(64), index=True)
    object_type: Mapped[str] = mapped_column(String(32))  # network
    object_id: Mapped[str] = mapped_column(String(36))
    action: Mapped[str] = mapped_column(String(32))
    target_project_id: Mapped[str] = mapped_column(String(64))
