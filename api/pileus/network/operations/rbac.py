"""RBAC policies: which other projects may use a network, or reach the outside through it."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from pileus.core.context import Context
from pileus.core.errors import Conflict, Forbidden
from pileus.network.models import Network, Port, RbacPolicy
from pileus.network.operations import items
from pileus.network.operations.quotas import QUOTA
from pileus.network.operations.standard import Asked
from pileus.network.operations.visible import granted, own

EVERYBODY = "*"
FLAGS = {"access_as_shared": "shared", "access_as_external": "external"}


def create_policy(session: Session, context: Context, asked: Asked) -> RbacPolicy:
    """Share a network; raises Forbidden for what only an admin may give, Conflict for what is given already."""
    network = own(session, context, Network, asked["object_id"])
    target, action = asked["target_tenant"], asked["action"]
    _check_rights(context, target, action)
    QUOTA.reserve(session, network.project_id, rbac_policy=1)
    same = select(RbacPolicy.id).where(
        RbacPolicy.object_id == network.id, RbacPolicy.action == action, RbacPolicy.target_project_id == target
    )
    if session.execute(same).first():
        raise Conflict("An RBAC policy already exists with those values.", kind="DuplicateRbacPolicy")
    row = RbacPolicy(
        project_id=context.project_id or network.project_id,
        object_type="network",
        object_id=network.id,
        action=action,
        target_project_id=target,
    )
    session.add(row)
    session.flush()
    _refresh(session, network)
    return row


def _check_rights(context: Context, target: str, action: str) -> None:
    if not context.is_admin and (target == EVERYBODY or action == "access_as_external"):
        raise Forbidden("Only an admin may share a network with everybody or make it external.")


def update_policy(session: Session, context: Context, policy_id: str, asked: Asked) -> RbacPolicy:
    """Share with another project instead."""
    row = own(session, context, RbacPolicy, policy_id)
    if "target_tenant" in asked and asked["target_tenant"] != row.target_project_id:
        _check_rights(context, asked["target_tenant"], row.action)
        _check_unused(session, row)
        row.target_project_id = asked["target_tenant"]
        session.flush()
        _refresh(session, session.get_one(Network, row.object_id))
    return row


def delete_policy(session: Session, context: Context, policy_id: str) -> None:
    """Share no more; raises Conflict while the other projects use the network."""
    row = own(session, context, RbacPolicy, policy_id)
    _check_unused(session, row)
    network = session.get_one(Network, row.object_id)
    session.delete(row)
    session.flush()
    _refresh(session, network)


def _refresh(session: Session, network: Network) -> None:
    """What the network says of itself follows its policies for everybody."""
    statement = select(RbacPolicy.action).where(
        RbacPolicy.object_id == network.id, RbacPolicy.target_project_id == EVERYBODY
    )
    actions = set(session.execute(statement).scalars())
    for action, flag in FLAGS.items():
        setattr(network, flag, action in actions)


def _check_unused(session: Session, row: RbacPolicy) -> None:
    network = session.get_one(Network, row.object_id)
    used = select(Port.id).where(Port.network_id == network.id, ~Port.deleting)
    if row.action == "access_as_external":
        used = used.where(Port.device_owner == items.GATEWAY)
    elif row.target_project_id == EVERYBODY:
        used = used.where(Port.project_id.not_in((network.project_id, "")))
    else:
        used = used.where(Port.project_id == row.target_project_id)
    if session.execute(used.limit(1)).first():
        raise Conflict(
            f"RBAC policy on object {network.id} cannot be removed because other objects depend on it.",
            kind="RbacPolicyInUse",
        )


def shared_with(session: Session, context: Context, network_ids: Sequence[str]) -> set[str]:
    """Which of these networks others share with the caller's project."""
    statement = granted(context, ("access_as_shared",)).where(RbacPolicy.object_id.in_(network_ids))
    return set(session.execute(statement).scalars())
