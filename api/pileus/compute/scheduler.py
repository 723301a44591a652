"""Where a server goes: filters and weighers in plain Python over what SQL knows of the hosts."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from pileus.compute.held import held
from pileus.compute.models import Aggregate, Hypervisor, Server, ServerGroup
from pileus.core.db import lock

DEFAULT_ZONE = "nova"
SPEC_SCOPE = "aggregate_instance_extra_specs:"


@dataclass(frozen=True)
class Ratios:
    """How much more than it has a host promises; root disks are thin clones in a pool that all hosts share."""

    cpu: float = 16.0
    ram: float = 1.5
    disk: float = 4.0


@dataclass(frozen=True)
class Host:
    """One host: what it has, what is promised already, where it stands. RAM in MiB, disk in GiB."""

    name: str
    enabled: bool = True
    up: bool = True
    vcpus: int = 0
    ram: int = 0
    disk: int = 0
    used_vcpus: int = 0
    used_ram: int = 0
    used_disk: int = 0
    zone: str = DEFAULT_ZONE
    traits: tuple[dict[str, Any], ...] = ()  # the metadata of its aggregates
    members: int = 0  # servers of the wanted server group that are here


@dataclass(frozen=True)
class Wish:
    """What a server needs. `gathered` says whether its group has any member placed yet."""

    vcpus: int
    ram: int
    disk: int
    zone: str | None = None
    host: str | None = None
    specs: dict[str, str] = field(default_factory=dict)
    policy: str | None = None
    per_host: int = 1
    gathered: bool = False


@dataclass(frozen=True)
class Choice:
    """The host chosen (None: none fits), and why: each filter's verdict per host, weights of those left."""

    host: str | None
    verdicts: dict[str, Any]
    message: str
    details: str


Filter = Callable[[Host, Wish, Ratios], str | None]


def _enabled(host: Host, _wish: Wish, _ratios: Ratios) -> str | None:
    return None if host.enabled else "disabled by an operator"


def _up(host: Host, _wish: Wish, _ratios: Ratios) -> str | None:
    return None if host.up else "not up"


def _named(host: Host, wish: Wish, _ratios: Ratios) -> str | None:
    return None if wish.host in (None, host.name) else "another host was asked for"


def _zone(host: Host, wish: Wish, _ratios: Ratios) -> str | None:
    return None if wish.zone in (None, host.zone) else f"zone {wish.zone} wanted, is in another zone"


def _room(wanted: int, has: int, used: int, ratio: float, unit: str) -> str | None:
    free = int(has * ratio) - used
    return None if wanted <= free else f"needs {wanted} {unit}, {max(free, 0)} {unit} free"


def _ram(host: Host, wish: Wish, ratios: Ratios) -> str | None:
    return _room(wish.ram, host.ram, host.used_ram, ratios.ram, "MiB")


def _vcpu(host: Host, wish: Wish, ratios: Ratios) -> str | None:
    return _room(wish.vcpus, host.vcpus, host.used_vcpus, ratios.cpu, "vCPUs")


def _disk(host: Host, wish: Wish, ratios: Ratios) -> str | None:
    return _room(wish.disk, host.disk, host.used_disk, ratios.disk, "GiB") if wish.disk else None


def _aggregate(host: Host, wish: Wish, _ratios: Ratios) -> str | None:
    for key, value in wish.specs.items():
        if key.startswith(SPEC_SCOPE) and not any(t.get(key[len(SPEC_SCOPE) :]) == value for t in host.traits):
            return f"in no aggregate with {key[len(SPEC_SCOPE) :]}={value}"
    return None


def _group(host: Host, wish: Wish, _ratios: Ratios) -> str | None:
    if wish.policy == "affinity" and wish.gathered and not host.members:
        return "the server group is on another host"
    if wish.policy == "anti-affinity" and host.members >= wish.per_host:
        return "the server group has a member here"
    return None


FILTERS: tuple[tuple[str, Filter], ...] = (
    ("enabled", _enabled),
    ("up", _up),
    ("host", _named),
    ("zone", _zone),
    ("ram", _ram),
    ("vcpu", _vcpu),
    ("disk", _disk),
    ("aggregate", _aggregate),
    ("server group", _group),
)


def _weight(host: Host, wish: Wish) -> float:
    """More free is better; soft policies outweigh room."""
    free_ram = 1 - host.used_ram / host.ram if host.ram else 0.0
    free_cpu = 1 - host.used_vcpus / host.vcpus if host.vcpus else 0.0
    soft = {"soft-affinity": 10, "soft-anti-affinity": -10}.get(wish.policy or "", 0) * host.members
    return round(free_ram + 0.5 * free_cpu + soft, 4)


def choose(hosts: Sequence[Host], wish: Wish, ratios: Ratios | None = None) -> Choice:
    """The best host for a wish; pure, so that a table tests it."""
    ratios = ratios or Ratios()
    verdicts: dict[str, Any] = {}
    refusals: Counter[str] = Counter()
    words: dict[str, str] = {}
    left: list[tuple[float, Host]] = []
    for host in hosts:
        for name, check in FILTERS:
            if (refusal := check(host, wish, ratios)) is not None:
                verdicts[host.name] = {"refused": name, "why": refusal}
                refusals[name] += 1
                words.setdefault(name, refusal)
                break
        else:
            weight = _weight(host, wish)
            verdicts[host.name] = {"weight": weight}
            left.append((weight, host))
    if left:
        best = min(left, key=lambda pair: (-pair[0], pair[1].name))[1].name
        return Choice(best, {"hosts": verdicts, "chosen": best}, "", "")
    said = "; ".join(f"{name} refused {count} ({words[name]})" for name, count in refusals.items())
    message = f"No valid host was found. Of {len(hosts)} hosts: {said}." if hosts else "There are no hosts yet."
    details = "; ".join(f"{name}: {v['refused']}: {v['why']}" for name, v in verdicts.items())
    return Choice(None, {"hosts": verdicts, "chosen": None}, message, details)


def zones(session: Session) -> dict[str, str]:
    """The availability zone of each host that is in another than the default one."""
    found: dict[str, str] = {}
    for hosts, traits in session.execute(select(Aggregate.hosts, Aggregate.properties).order_by(Aggregate.id)):
        if zone := traits.get("availability_zone"):
            found.update(dict.fromkeys(hosts, zone))
    return found


def _promised(session: Session, where: list[Any]) -> tuple[Counter[str], Counter[str], int]:
    """(vCPUs and MiB by host, GiB in all) of the servers that `where` leaves, with what unconfirmed resizes hold."""
    vcpus: Counter[str] = Counter()
    ram: Counter[str] = Counter()
    sums = select(Server.host, func.sum(Server.vcpus).label("vcpus"), func.sum(Server.ram).label("ram"))
    for row in session.execute(sums.where(*where).group_by(Server.host)):
        vcpus[row.host], ram[row.host] = int(row.vcpus), int(row.ram)
    disk = int(session.scalar(select(func.sum(Server.disk)).where(*where, Server.image_id.is_not(None))) or 0)
    for more in held(session, *where):
        vcpus[more.host or ""] += more.vcpus
        ram[more.host or ""] += more.ram
        disk += more.disk
    return vcpus, ram, disk


def hosts_of(session: Session, group_id: str | None = None, skip: str | None = None) -> list[Host]:
    """All hosts with what is promised on them; `skip` is a server that is not counted."""
    where = [Server.host.is_not(None), Server.id != (skip or "")]
    used_vcpus, used_ram, used_disk = _promised(session, where)
    members: Counter[str] = Counter()
    if group_id:
        grouped = select(Server.host).where(*where, Server.group_id == group_id)
        members.update(host for host in session.scalars(grouped) if host)
    zone, aggregates = zones(session), list(session.execute(select(Aggregate.hosts, Aggregate.properties)))
    made = []
    for row in session.scalars(select(Hypervisor).order_by(Hypervisor.host)):
        made.append(
            Host(
                name=row.host,
                enabled=row.enabled,
                up=row.status == "up" and not row.forced_down,
                vcpus=row.vcpus,
                ram=row.memory_mib,
                disk=row.disk_gib,
                used_vcpus=used_vcpus[row.host],
                used_ram=used_ram[row.host],
                used_disk=used_disk,
                zone=zone.get(row.host, DEFAULT_ZONE),
                traits=tuple(traits for names, traits in aggregates if row.host in names),
                members=members[row.host],
            )
        )
    return made


def place(session: Session, server: Server) -> Choice:
    """Choose a host for a server; the lock keeps two workers from promising the same room twice."""
    lock(session, "scheduler")
    session.flush()
    group = session.get(ServerGroup, server.group_id) if server.group_id else None
    hosts = hosts_of(session, server.group_id, server.id)
    wish = Wish(
        vcpus=server.vcpus,
        ram=server.ram,
        disk=server.disk if server.image_id else 0,
        zone=server.availability_zone,
        host=server.wanted_host,
        specs=server.flavor.get("extra_specs") or {},
        policy=group.policy if group else None,
        per_host=int(group.rules.get("max_server_per_host", 1)) if group else 1,
        gathered=any(host.members for host in hosts),
    )
    return choose(hosts, wish)
