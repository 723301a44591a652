"""What servers hold beyond their size: until a resize is confirmed, the room to go back to the old size is theirs."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from pileus.compute.models import Server

UNCONFIRMED = ("RESIZE", "VERIFY_RESIZE")


@dataclass(frozen=True)
class Held:
    """By how much the old size of a server is larger than its new one; `disk` is that of a root disk of its own."""

    host: str | None
    vcpus: int
    ram: int
    disk: int


def held(session: Session, *where: Any) -> list[Held]:
    """An entry for each server that can go back to an old size, among those that `where` leaves."""
    found = select(Server.host, Server.image_id, Server.old_flavor, Server.vcpus, Server.ram, Server.disk)
    rows = session.execute(found.where(Server.status.in_(UNCONFIRMED), *where))
    return [
        Held(
            host=row.host,
            vcpus=max(row.old_flavor["vcpus"] - row.vcpus, 0),
            ram=max(row.old_flavor["ram"] - row.ram, 0),
            disk=max(row.old_flavor["disk"] - row.disk, 0) if row.image_id else 0,
        )
        for row in rows
        if row.old_flavor
    ]
