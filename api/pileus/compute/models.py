"""Tables of the compute service: flavors, keypairs, servers and their parts, hypervisors, aggregates, server groups."""

import datetime as dt
from typing import Any

from sqlalchemy import BigInteger, Float, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from pileus.core.db import Base, Resource, Timestamps, new_id, now

RUNNING, SHUTDOWN, NOSTATE = 1, 4, 0  # power states as the API numbers them


class Flavor(Base, Timestamps):
    """A size of servers: `ram` in MiB, `disk` in GiB (0: as large as the image)."""

    __tablename__ = "flavors"

    id: Mapped[str] = mapped_column(String(255), primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(String(255), unique=True)
    ram: Mapped[int]
    vcpus: Mapped[int]
    disk: Mapped[int]
    rxtx_factor: Mapped[float] = mapped_column(Float, default=1.0)
    is_public: Mapped[bool] = mapped_column(default=True)
    description: Mapped[str | None] = mapped_column(Text)
    extra_specs: Mapped[dict[str, Any]] = mapped_column(default=dict)


class FlavorAccess(Base):
    """Which projects may use a flavor that is not public."""

    __tablename__ = "flavor_access"

    flavor_id: Mapped[str] = mapped_column(String(255), primary_key=True)
    project_id: Mapped[str] = mapped_column(String(64), primary_key=True)


class Keypair(Base, Timestamps):
    """A user's public key; private keys are never kept."""

    __tablename__ = "keypairs"
    __table_args__ = (UniqueConstraint("user_id", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    user_id: Mapped[str] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(String(255))
    type: Mapped[str] = mapped_column(String(8), default="ssh")
    public_key: Mapped[str] = mapped_column(Text)
    fingerprint: Mapped[str] = mapped_column(String(128))


class Server(Resource, Base):
    """A virtual machine as its owner wants it.

    `status` is BUILD, ACTIVE, SHUTOFF, REBOOT, HARD_REBOOT, REBUILD, RESIZE, VERIFY_RESIZE, REVERT_RESIZE or ERROR.
    `power` is what is wanted (running | shutoff), `power_state` what was last seen. `task_intent` is the intent that owns
    the status: a later attachment never takes it away. `flavor` is a copy of the flavor as it was, `boot` the image that
    the root disk is cloned from ({"pool", "name", "snapshot"}, None for a server that boots from a volume), `root_size`
    the root disk in bytes.
    """

    __tablename__ = "servers"
    __table_args__ = (Index("ix_servers_project_created", "project_id", "created_at", "id"),)

    name: Mapped[str] = mapped_column(String(255))
    user_id: Mapped[str] = mapped_column(String(64))
    description: Mapped[str | None] = mapped_column(String(255))
    hostname: Mapped[str] = mapped_column(String(255))
    host: Mapped[str | None] = mapped_column(String(255), index=True)
    wanted_host: Mapped[str | None] = mapped_column(String(255))
    availability_zone: Mapped[str | None] = mapped_column(String(255))
    group_id: Mapped[str | None] = mapped_column(String(36), index=True)
    image_id: Mapped[str | None] = mapped_column(String(36), index=True)
    boot: Mapped[dict[str, Any] | None]
    root_pool: Mapped[str] = mapped_column(String(64), default="vms")
    root_size: Mapped[int] = mapped_column(BigInteger, default=0)
    flavor_id: Mapped[str] = mapped_column(String(255), index=True)
    flavor: Mapped[dict[str, Any]]
    old_flavor: Mapped[dict[str, Any] | None]  # what a resize that is not confirmed can go back to
    vcpus: Mapped[int]
    ram: Mapped[int]
    disk: Mapped[int]
    key_name: Mapped[str | None] = mapped_column(String(255))
    public_key: Mapped[str | None] = mapped_column(Text)
    user_data: Mapped[str | None] = mapped_column(Text)
    properties: Mapped[dict[str, Any]] = mapped_column("metadata", default=dict)
    tags: Mapped[list[str]] = mapped_column(default=list)
    nic_tags: Mapped[dict[str, Any]] = mapped_column(default=dict)  # port id: device tag
    security_groups: Mapped[list[str]] = mapped_column(default=list)
    power: Mapped[str] = mapped_column(String(16), default="running")
    power_state: Mapped[int] = mapped_column(default=NOSTATE)
    task_state: Mapped[str | None] = mapped_column(String(32))
    task_intent: Mapped[str | None] = mapped_column(String(36))
    fault_details: Mapped[str | None] = mapped_column(Text)
    locked_by: Mapped[str | None] = mapped_column(String(8))  # owner | admin
    locked_reason: Mapped[str | None] = mapped_column(String(255))
    access_ipv4: Mapped[str] = mapped_column(String(15), default="")
    access_ipv6: Mapped[str] = mapped_column(String(45), default="")
    reservation_id: Mapped[str] = mapped_column(String(32), default="")
    launch_index: Mapped[int] = mapped_column(default=0)
    launched_at: Mapped[dt.datetime | None]


class BlockDevice(Base, Timestamps):
    """A volume that a server has or shall have.

    `state` is new (the volume is still being made), attaching, attached or detaching; `boot_index` 0 is the root disk.
    """

    __tablename__ = "server_volumes"
    __table_args__ = (UniqueConstraint("server_id", "volume_id"), UniqueConstraint("server_id", "device"))

    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    server_id: Mapped[str] = mapped_column(String(36), index=True)
    volume_id: Mapped[str] = mapped_column(String(36), index=True)
    device: Mapped[str] = mapped_column(String(32))  # vdb
    boot_index: Mapped[int | None]
    delete_on_termination: Mapped[bool] = mapped_column(default=False)
    tag: Mapped[str | None] = mapped_column(String(60))
    state: Mapped[str] = mapped_column(String(16), default="attaching")


class ServerAction(Base):
    """One thing that was asked of a server; rows outlive their server."""

    __tablename__ = "server_actions"
    __table_args__ = (Index("ix_server_actions_server", "server_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    server_id: Mapped[str] = mapped_column(String(36))
    intent_id: Mapped[str | None] = mapped_column(String(36), index=True)
    action: Mapped[str] = mapped_column(String(64))
    event: Mapped[str] = mapped_column(String(64))
    request_id: Mapped[str] = mapped_column(String(64))
    user_id: Mapped[str] = mapped_column(String(64))
    project_id: Mapped[str] = mapped_column(String(64))
    host: Mapped[str | None] = mapped_column(String(255))
    started_at: Mapped[dt.datetime] = mapped_column(default=now)
    updated_at: Mapped[dt.datetime] = mapped_column(default=now)
    finished_at: Mapped[dt.datetime | None]
    result: Mapped[str | None] = mapped_column(String(16))  # Success | Error
    message: Mapped[str | None] = mapped_column(Text)


class ConsoleRead(Resource, Base):
    """Someone waits for the console text of a server; its own row, so that reading never queues behind a change."""

    __tablename__ = "console_reads"

    server_id: Mapped[str] = mapped_column(String(36))
    host: Mapped[str] = mapped_column(String(255))
    output: Mapped[str | None] = mapped_column(Text)


class Hypervisor(Resource, Base):
    """A host that servers can run on; `status` is up, down or unknown, as the last look at it found."""

    __tablename__ = "hypervisors"

    host: Mapped[str] = mapped_column(String(255), unique=True)
    enabled: Mapped[bool] = mapped_column(default=True)
    disabled_reason: Mapped[str | None] = mapped_column(String(255))
    forced_down: Mapped[bool] = mapped_column(default=False)
    number: Mapped[int] = mapped_column(unique=True)  # the integer id that clients before 2.53 see
    vcpus: Mapped[int] = mapped_column(default=0)
    memory_mib: Mapped[int] = mapped_column(default=0)
    disk_gib: Mapped[int] = mapped_column(default=0)
    host_ip: Mapped[str | None] = mapped_column(String(64))
    hypervisor_type: Mapped[str] = mapped_column(String(32), default="QEMU")
    hypervisor_version: Mapped[int] = mapped_column(default=0)
    cpu_info: Mapped[dict[str, Any]] = mapped_column(default=dict)
    running_vms: Mapped[int] = mapped_column(default=0)
    seen_at: Mapped[dt.datetime | None]


class Aggregate(Base, Timestamps):
    """A named set of hosts; one with `availability_zone` in its metadata makes that zone."""

    __tablename__ = "aggregates"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    uuid: Mapped[str] = mapped_column(String(36), default=new_id)
    name: Mapped[str] = mapped_column(String(255), unique=True)
    properties: Mapped[dict[str, Any]] = mapped_column("metadata", default=dict)
    hosts: Mapped[list[str]] = mapped_column(default=list)


class ServerGroup(Base, Timestamps):
    """Servers that shall stand together or apart."""

    __tablename__ = "server_groups"

    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    project_id: Mapped[str] = mapped_column(String(64), index=True)
    user_id: Mapped[str] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(String(255))
    policy: Mapped[str] = mapped_column(String(32))  # affinity anti-affinity soft-affinity soft-anti-affinity
    rules: Mapped[dict[str, Any]] = mapped_column(default=dict)


class ServerUsage(Base):
    """What a server that is gone used, and how long; kept for the usage reports."""

    __tablename__ = "server_usages"

    server_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    project_id: Mapped[str] = mapped_column(String(64), index=True)
    name: Mapped[str] = mapped_column(String(255))
    flavor_name: Mapped[str] = mapped_column(String(255))
    vcpus: Mapped[int]
    ram: Mapped[int]
    disk: Mapped[int]
    started_at: Mapped[dt.datetime]
    ended_at: Mapped[dt.datetime | None] = mapped_column(index=True)
