"""Networks: making, changing, sharing and deleting them."""

from typing import Any

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from pileus.core.context import Context
from pileus.core.errors import BadRequest, Conflict
from pileus.network.models import FloatingIp, IpAllocation, Network, Port, RbacPolicy, Subnet
from pileus.network.operations import items
from pileus.network.operations.quotas import QUOTA
from pileus.network.operations.standard import Asked, change, forget_tags, new_mac, owner, revise, set_tags
from pileus.network.operations.table import NETWORK_ABSENT, NETWORK_PRESENT, ask
from pileus.network.operations.visible import granted, own

MTU = {"geneve": 1442, "flat": 1500, "vlan": 1500}  # what is left of 1500 bytes below the tunnel's headers
TYPE, PHYSICAL, SEGMENT = "provider:network_type", "provider:physical_network", "provider:segmentation_id"
METADATA_MAC = "fa:16:3f"


def create_network(session: Session, context: Context, asked: Asked) -> Network:
    """Make a network; it is ACTIVE for its users at once, and a run makes it so."""
    project = owner(context, asked)
    QUOTA.reserve(session, project, network=1)
    kind, physical, segment = _provider(session, asked)
    row = Network(
        project_id=project,
        status="ACTIVE",
        network_type=kind,
        physical_network=physical,
        segmentation_id=segment,
        mtu=_mtu(asked.get("mtu"), kind),
        metadata_mac=new_mac(METADATA_MAC),
        name=asked.get("name", ""),
        description=asked.get("description", ""),
        admin_state_up=asked.get("admin_state_up", True),
        port_security_enabled=asked.get("port_security_enabled", True),
        is_default=asked.get("is_default") or False,
        availability_zone_hints=asked.get("availability_zone_hints") or [],
        revision_number=1,
    )
    session.add(row)
    session.flush()
    _share(session, row, asked)
    if asked.get("tags"):
        set_tags(session, row, asked["tags"])
    ask(NETWORK_PRESENT, session, row, context)
    return row


def _provider(session: Session, asked: Asked) -> tuple[str, str | None, int | None]:
    """Network type, physical network and VLAN; raises BadRequest for what does not go together."""
    kind, physical, segment = asked.get(TYPE) or "geneve", asked.get(PHYSICAL), asked.get(SEGMENT)
    if kind == "geneve":
        if physical is not None:
            raise BadRequest(
                "provider:physical_network specified for geneve network", field=PHYSICAL, kind="InvalidInput"
            )
        return kind, None, None
    if not physical:
        raise BadRequest(f"provider:physical_network required for {kind} network", field=PHYSICAL, kind="InvalidInput")
    if kind == "flat" and segment is not None:
        raise BadRequest("provider:segmentation_id specified for flat network", field=SEGMENT, kind="InvalidInput")
    if kind == "vlan" and (segment is None or not 1 <= segment <= 4094):
        raise BadRequest("provider:segmentation_id out of range (1 through 4094)", field=SEGMENT, kind="InvalidInput")
    same = select(Network.id).where(
        ~Network.deleting, Network.physical_network == physical, Network.segmentation_id == segment
    )
    if session.execute(same.limit(1)).first() is not None:
        raise Conflict(
            f"Unable to create the {kind} network. Physical network {physical} is in use.",
            kind="FlatNetworkInUse" if kind == "flat" else "VlanIdInUse",
        )
    return kind, physical, segment


def _mtu(wanted: int | None, kind: str) -> int:
    if not wanted:
        return MTU[kind]
    if not 68 <= wanted <= 9000:
        raise BadRequest(
            f"Invalid input for mtu. Reason: {wanted} is not between 68 and 9000.", field="mtu", kind="InvalidInput"
        )
    return wanted


def update_network(session: Session, context: Context, network_id: str, asked: Asked) -> Network:
    """Change a network."""
    row = own(session, context, Network, network_id)
    if asked.get("mtu") is not None:
        asked = {**asked, "mtu": _mtu(asked["mtu"], row.network_type)}
    else:
        asked = {key: value for key, value in asked.items() if key != "mtu"}
    names = ("name", "description", "admin_state_up", "port_security_enabled", "mtu", "is_default")
    changed = change(row, asked, names) | _share(session, row, asked)
    if changed:
        revise(row)
    if changed & {"name", "mtu", "port_security_enabled", "admin_state_up"} or row.status == "ERROR":
        ask(NETWORK_PRESENT, session, row, context)
    return row


def _share(session: Session, row: Network, asked: Asked) -> set[str]:
    """Let everybody use the network, or not any more; raises Conflict when others use it already."""
    changed = set()
    for name, attribute, action in (
        ("shared", "shared", "access_as_shared"),
        ("router:external", "external", "access_as_external"),
    ):
        if name in asked and bool(asked[name]) != getattr(row, attribute):
            if asked[name]:
                session.add(_everybody(row, action))
            else:
                _check_unshared(session, row, action)
                session.execute(delete(RbacPolicy).where(*_policy(row, action)))
            setattr(row, attribute, bool(asked[name]))
            changed.add(name)
    return changed


def _everybody(row: Network, action: str) -> RbacPolicy:
    return RbacPolicy(
        project_id=row.project_id, object_type="network", object_id=row.id, action=action, target_project_id="*"
    )


def _policy(row: Network, action: str) -> tuple[Any, ...]:
    return RbacPolicy.object_id == row.id, RbacPolicy.action == action, RbacPolicy.target_project_id == "*"


def _check_unshared(session: Session, row: Network, action: str) -> None:
    if action == "access_as_external":
        used = select(Port.id).where(Port.network_id == row.id, ~Port.deleting, Port.device_owner == items.GATEWAY)
        if session.execute(used.limit(1)).first() is not None:
            raise Conflict(
                f"External network {row.id} cannot be updated to be made non-external, since it has existing gateway ports",
                kind="ExternalNetworkInUse",
            )
        return
    used = select(Port.id).where(
        Port.network_id == row.id, ~Port.deleting, Port.project_id.not_in((row.project_id, ""))
    )
    if session.execute(used.limit(1)).first() is not None:
        raise Conflict(
            f"Unable to reconfigure sharing settings for network {row.id}. Multiple tenants are using it.",
            kind="InvalidSharedSetting",
        )


def delete_network(session: Session, context: Context, network_id: str) -> None:
    """Delete a network with its subnets; raises Conflict while ports are on it."""
    row = own(session, context, Network, network_id)
    used = session.execute(
        select(func.count()).select_from(Port).where(Port.network_id == row.id, ~Port.deleting)
    ).scalar_one()
    led = select(FloatingIp.id).where(FloatingIp.floating_network_id == row.id, FloatingIp.port_id.is_not(None))
    if used or session.execute(led.limit(1)).first():
        raise Conflict(
            f"Unable to complete operation on network {row.id}. There are one or more ports still in use on the network.",
            kind="NetworkInUse",
        )
    session.execute(delete(FloatingIp).where(FloatingIp.floating_network_id == row.id))
    forget_tags(session, [s.id for s in items.subnets_of(session, [row.id])[row.id]])
    session.execute(delete(IpAllocation).where(IpAllocation.network_id == row.id))
    session.execute(delete(Subnet).where(Subnet.network_id == row.id))
    session.execute(delete(RbacPolicy).where(RbacPolicy.object_id == row.id))
    session.execute(update(Network).where(Network.id == row.id).values(shared=False, external=False))
    NETWORK_ABSENT.submit(session, row, context)


def default_network(session: Session, context: Context) -> Network | None:
    """The only network that the caller's project may put servers on; None when there is none.

    Raises Conflict when there are several.
    """
    statement = select(Network).where(
        ~Network.deleting,
        (Network.project_id == context.project_id) | Network.id.in_(granted(context, ("access_as_shared",))),
    )
    found = list(session.execute(statement.limit(2)).scalars())
    if len(found) > 1:
        raise Conflict("Multiple possible networks found, use a Network ID to be more specific.")
    return found[0] if found else None
