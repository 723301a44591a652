"""The operation table of compute: what runs on the hosts, what it is told, and what its end means for a server."""

from typing import Any

from sqlalchemy.orm import Session

from pileus.compute import scheduler
from pileus.compute.models import NOSTATE, RUNNING, SHUTDOWN, ConsoleRead, Server
from pileus.compute.operations import actions, disks, hypervisors, usage
from pileus.core.context import Context
from pileus.core.db import now
from pileus.core.errors import Unavailable
from pileus.core.intents import Intent
from pileus.core.service import Facts, Operation, Variables
from pileus.network import operations as network

SETTLED = {"running": ("ACTIVE", RUNNING), "shutoff": ("SHUTOFF", SHUTDOWN)}
DOMAIN, ROOT_DISK = "libvirt_domain_items", "rbd_volume_items"
FactSheet = dict[str, dict[str, Facts]]


def asker(intent: Intent) -> Context:
    """Who asked for an intent, as far as the rules of other services need to know."""
    return Context(
        user_id=intent.user_id, project_id=intent.project_id, roles=("member", "reader"), request_id=intent.request_id
    )


def domain_item(session: Session, server: Server, intent: Intent, ports: list[Any]) -> dict[str, Any]:
    """The libvirt_domain item of a server as this intent wants it."""
    devices = disks.wanted(session, server, intent)
    return {
        "id": server.id,
        "host": server.host,
        "name": server.name,
        "project_id": server.project_id,
        "power": server.power,
        "vcpus": server.vcpus,
        "memory_mib": server.ram,
        "disks": disks.disk_items(session, server, devices, asker(intent)),
        "nics": network.nic_items(session, ports),
    }


def _ports(session: Session, server: Server, intent: Intent) -> list[Any]:
    gone = intent.params.get("without_port")
    return [port for port in network.ports_of(session, [server.id]).get(server.id, []) if port.id != gone]


def build_present(session: Session, intent: Intent, server: Server) -> Variables:
    """Choose a host where there is none yet, then say all that the server shall have there."""
    if server.host is None:
        choice = scheduler.place(session, server)
        if choice.host is None:
            raise Unavailable(choice.message)
        intent.explanation, server.host = choice.verdicts, choice.host
        server.task_state = "spawning"
        session.flush()
    ports = _ports(session, server, intent)
    plugged = network.server_variables(session, ports, server.host, intent.id)
    domain = domain_item(session, server, intent, ports)
    return {**plugged, ROOT_DISK: disks.root_item(server, server.root_pool), DOMAIN: [domain]}


def _settled(intent: Intent, server: Server) -> None:
    """The status that a good end leads to; a new size waits to be confirmed."""
    if server.task_intent == intent.id:
        resized = intent.params.get("action") == "resize"
        server.status = "VERIFY_RESIZE" if resized else SETTLED[server.power][0]
        server.task_state = None


def finish_present(session: Session, intent: Intent, server: Server, _facts: FactSheet) -> None:
    """The server is as it was wanted."""
    _, power_state = SETTLED[server.power]
    server.power_state = power_state
    server.launched_at = server.launched_at or now()
    network.bind_ports(session, server.id, server.host or "", server.power == "running")
    disks.settle(session, server, intent)
    if port_id := intent.params.get("without_port"):
        network.unplug_port(session, asker(intent), port_id)
    _settled(intent, server)
    actions.ended(session, intent, server, True)


def abandon_present(session: Session, intent: Intent, server: Server) -> None:
    """The run failed: what it was for did not happen; a server whose power was to change is in ERROR."""
    if intent.params.get("action") == "create" and server.host is None:
        choice = scheduler.place(session, server)
        intent.explanation, server.fault_details = choice.verdicts, choice.details or None
    disks.undo(session, server, intent)
    if port_id := intent.params.get("port_id"):
        network.unplug_port(session, asker(intent), port_id)
    _owner_failed(intent, server)
    actions.ended(session, intent, server, False)


def _owner_failed(intent: Intent, server: Server) -> None:
    if server.task_intent == intent.id:
        server.status, server.task_state = "ERROR", None


def build_absent(session: Session, intent: Intent, server: Server) -> Variables:
    """Remove the domain, its root disk and its ports; the ports may be there where no host was ever chosen."""
    ports = network.ports_of(session, [server.id]).get(server.id, [])
    plugs = {"ovn_topology_ports": network.absent_port_items(session, ports, intent.id)}
    if server.host is None:
        return plugs
    root = disks.root_item(server, server.root_pool)
    return {
        DOMAIN: [{"id": server.id, "host": server.host, "name": server.name, "project_id": server.project_id}],
        ROOT_DISK: [{key: item[key] for key in ("id", "host", "pool", "name")} for item in root],
        **plugs,
    }


def finish_absent(session: Session, intent: Intent, server: Server, _facts: FactSheet) -> None:
    """Nothing is left on any host: let go of volumes and ports; the row goes next."""
    usage.remember(session, server)
    disks.release(session, asker(intent), server)
    network.release_ports(session, server.id)
    actions.ended(session, intent, server, True)
    actions.all_ended(session, server)


def abandon_absent(session: Session, intent: Intent, server: Server) -> None:
    """A failed delete leaves an ERROR that can be deleted again."""
    _owner_failed(intent, server)
    actions.ended(session, intent, server, False)


def build_reboot(session: Session, intent: Intent, server: Server) -> Variables:
    """The domain as it is, with the kind of reboot."""
    domain = domain_item(session, server, intent, _ports(session, server, intent))
    return {DOMAIN: [{**domain, "reboot": intent.params["reboot"]}]}


def finish_reboot(session: Session, intent: Intent, server: Server, _facts: FactSheet) -> None:
    """It runs again."""
    server.power_state = RUNNING
    _settled(intent, server)
    actions.ended(session, intent, server, True)


def abandon_reboot(session: Session, intent: Intent, server: Server) -> None:
    """It may not run any more."""
    server.power_state = NOSTATE
    _owner_failed(intent, server)
    actions.ended(session, intent, server, False)


def build_resize(session: Session, intent: Intent, server: Server) -> Variables:
    """The root disk, which may have grown, and the domain, which starts again with its new size."""
    return {**build_reboot(session, intent, server), ROOT_DISK: disks.root_item(server, server.root_pool)}


def build_rebuild(session: Session, intent: Intent, server: Server) -> Variables:
    """Domain and root disk as they shall be afterwards; the playbook removes them first."""
    domain = domain_item(session, server, intent, _ports(session, server, intent))
    return {DOMAIN: [domain], ROOT_DISK: disks.root_item(server, server.root_pool)}


def build_console(_session: Session, _intent: Intent, read: ConsoleRead) -> Variables:
    """Which domain's console is asked for."""
    return {DOMAIN: [{"id": read.server_id, "host": read.host}]}


def finish_console(_session: Session, _intent: Intent, read: ConsoleRead, facts: FactSheet) -> None:
    """Keep the text until the one who waits has taken it."""
    read.output = str(facts.get(DOMAIN, {}).get(read.server_id, {}).get("console") or "")


PRESENT = Operation(
    service="compute",
    name="server_present",
    playbook="compute/server_present.yml",
    model=Server,
    variables=(
        "ovn_topology_networks",
        "ovn_topology_security_groups",
        "ovn_topology_ports",
        "metadata_network_items",
        ROOT_DISK,
        DOMAIN,
    ),
    build=build_present,
    finish=finish_present,
    abandon=abandon_present,
    hosts=("ovn_central",),
)
ABSENT = Operation(
    service="compute",
    name="server_absent",
    playbook="compute/server_absent.yml",
    model=Server,
    variables=(DOMAIN, ROOT_DISK, "ovn_topology_ports"),
    build=build_absent,
    finish=finish_absent,
    abandon=abandon_absent,
    hosts=("ovn_central",),
    absent=True,
)
REBOOT = Operation(
    service="compute",
    name="server_reboot",
    playbook="compute/server_reboot.yml",
    model=Server,
    variables=(DOMAIN,),
    build=build_reboot,
    finish=finish_reboot,
    abandon=abandon_reboot,
)
RESIZE = Operation(
    service="compute",
    name="server_resize",
    playbook="compute/server_resize.yml",
    model=Server,
    variables=(ROOT_DISK, DOMAIN),
    build=build_resize,
    finish=finish_reboot,
    abandon=abandon_reboot,
)
REBUILD = Operation(
    service="compute",
    name="server_rebuild",
    playbook="compute/server_rebuild.yml",
    model=Server,
    variables=(DOMAIN, ROOT_DISK),
    build=build_rebuild,
    finish=finish_present,
    abandon=abandon_reboot,
    batch=1,  # its playbook stops a host's play when something would not go
)
CONSOLE = Operation(
    service="compute",
    name="server_console_show",
    playbook="compute/server_console_show.yml",
    model=ConsoleRead,
    variables=(DOMAIN,),
    build=build_console,
    finish=finish_console,
    keep_facts=False,
    done="done",
    failed="failed",
    retries=1,
    timeout=60,
)
OPERATIONS = [PRESENT, ABSENT, REBOOT, RESIZE, REBUILD, CONSOLE, hypervisors.FACTS]
