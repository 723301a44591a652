"""Who sees what: the clauses that every query carries, and finding one thing by its id."""

from collections.abc import Iterable
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, false, or_, select, true
from sqlalchemy.orm import Session

from pileus.core.context import Context
from pileus.core.errors import Forbidden, NotFound
from pileus.network.models import (
    AddressScope,
    FloatingIp,
    Network,
    Port,
    RbacPolicy,
    Router,
    SecurityGroup,
    SecurityGroupRule,
    Subnet,
    SubnetPool,
)
from pileus.network.operations.leaving import LEAVING

Row = TypeVar("Row")
WORDS: dict[Any, tuple[str, str]] = {
    Network: ("NetworkNotFound", "Network {} could not be found."),
    Subnet: ("SubnetNotFound", "Subnet {} could not be found."),
    Port: ("PortNotFound", "Port {} could not be found."),
    Router: ("RouterNotFound", "Router {} could not be found."),
    FloatingIp: ("FloatingIPNotFound", "Floating IP {} could not be found."),
    SecurityGroup: ("SecurityGroupNotFound", "Security group {} does not exist."),
    SecurityGroupRule: ("SecurityGroupRuleNotFound", "Security group rule {} does not exist."),
    SubnetPool: ("SubnetPoolNotFound", "Subnet pool {} could not be found."),
    AddressScope: ("AddressScopeNotFound", "Address scope {} could not be found."),
    RbacPolicy: ("RbacPolicyNotFound", "RBAC policy of type network with ID {} not found."),
}


def seen(context: Context, model: Any) -> ColumnElement[bool]:
    """The clause for the rows of `model` that the caller may know of."""
    there = ~model.deleting if hasattr(model, "deleting") else true()
    if model is FloatingIp:
        there = FloatingIp.status != LEAVING
    if context.is_admin:
        return there
    mine: ColumnElement[bool] = model.project_id == context.project_id if context.project_id else false()
    if model is Network:
        return there & or_(mine, Network.id.in_(granted(context)))
    if model is Subnet:
        return there & or_(mine, Subnet.network_id.in_(granted(context)), Subnet.network_id.in_(_networks_of(context)))
    if model is Port:
        return there & or_(mine, Port.network_id.in_(_networks_of(context)))
    if model in (SubnetPool, AddressScope):
        return there & or_(mine, model.shared)
    return there & mine


def granted(context: Context, actions: Iterable[str] = ("access_as_shared", "access_as_external")) -> Any:
    """The ids of the networks that others share with the caller."""
    return select(RbacPolicy.object_id).where(
        RbacPolicy.object_type == "network",
        RbacPolicy.action.in_(tuple(actions)),
        RbacPolicy.target_project_id.in_(("*", context.project_id or "*")),
    )


def _networks_of(context: Context) -> Any:
    return select(Network.id).where(Network.project_id == context.project_id)


def missing(model: Any, wanted: str) -> NotFound:
    """The fault for something that is not there, in the words of the API."""
    kind, words = WORDS[model]
    return NotFound(words.format(wanted), kind=kind)


def find(session: Session, context: Context, model: type[Row], wanted: str, hold: bool = False) -> Row:
    """The row with this id, if the caller may know of it; raises NotFound. `hold` keeps others from changing it."""
    if "\0" in wanted:
        raise missing(model, wanted.replace("\0", ""))
    statement = select(model).where(model.id == wanted, seen(context, model))  # type: ignore[attr-defined]
    if hold:
        statement = statement.with_for_update(of=model).execution_options(populate_existing=True)
    row = session.execute(statement).scalar_one_or_none()
    if row is None:
        raise missing(model, wanted)
    return row


def own(session: Session, context: Context, model: type[Row], wanted: str, hold: bool = False) -> Row:
    """Like find, for a change: raises Forbidden for what the caller sees but does not own."""
    row = find(session, context, model, wanted, hold)
    if not context.is_admin and row.project_id != context.project_id:  # type: ignore[attr-defined]
        raise Forbidden(f"{model.__name__} {wanted} belongs to another project.")
    return row


def usable(session: Session, context: Context, network_id: str) -> Network:
    """A network on which the caller may put ports and subnets' ports: its own or one shared with it."""
    network = find(session, context, Network, network_id)
    if context.is_admin or network.project_id == context.project_id:
        return network
    shared = granted(context, ("access_as_shared",)).where(RbacPolicy.object_id == network.id)
    if session.execute(shared.limit(1)).first() is None:
        raise Forbidden(f"Tenant {context.project_id} not allowed to create port on this network.")
    return network
