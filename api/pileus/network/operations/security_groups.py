"""Security groups: the default one that every project has, and those that it makes."""

from collections.abc import Sequence

from sqlalchemy import delete, or_, select
from sqlalchemy.orm import Session

from pileus.core.context import Context
from pileus.core.db import lock, new_id
from pileus.core.errors import BadRequest, Conflict, NotFound
from pileus.network.models import PortSecurityGroup, SecurityGroup, SecurityGroupRule
from pileus.network.operations.quotas import QUOTA
from pileus.network.operations.standard import Asked, change, owner, revise, set_tags
from pileus.network.operations.table import SECURITY_GROUP_ABSENT, SECURITY_GROUP_PRESENT, ask
from pileus.network.operations.visible import own, seen

DEFAULT = "default"


def find_default(session: Session, project_id: str) -> SecurityGroup | None:
    """The project's default group, if it has been made."""
    statement = select(SecurityGroup).where(
        SecurityGroup.project_id == project_id, SecurityGroup.name == DEFAULT, ~SecurityGroup.deleting
    )
    return session.execute(statement.order_by(SecurityGroup.created_at).limit(1)).scalar_one_or_none()


def default_id(session: Session, project_id: str) -> str:
    """The id of the project's default group, which is made where it is missing."""
    found = session.execute(
        select(SecurityGroup.id)
        .where(SecurityGroup.project_id == project_id, SecurityGroup.name == DEFAULT, ~SecurityGroup.deleting)
        .order_by(SecurityGroup.created_at)
        .limit(1)
    ).scalar_one_or_none()
    return found or default_group(session, project_id).id


def default_group(session: Session, project_id: str) -> SecurityGroup:
    """The project's default group, made where it is missing: it lets its members talk to each other, and out.

    No run is needed: whatever run first plugs a port of the group makes it, too.
    """
    found = find_default(session, project_id)
    if found is None:
        lock(session, f"network/default-group/{project_id}")
        found = find_default(session, project_id)
    if found is None:
        found = _make(session, project_id, {"name": DEFAULT, "description": "Default security group"})
        for ethertype in ("IPv4", "IPv6"):
            found.rules.append(_rule(found, "ingress", ethertype, found.id))
        session.flush()
    return found


def _make(session: Session, project_id: str, asked: Asked) -> SecurityGroup:
    row = SecurityGroup(
        id=new_id(),
        project_id=project_id,
        status="ACTIVE",
        name=asked.get("name", ""),
        description=asked.get("description", ""),
        stateful=asked.get("stateful", True),
        revision_number=1,
    )
    row.rules = [_rule(row, "egress", ethertype) for ethertype in ("IPv4", "IPv6")]
    session.add(row)
    session.flush()
    return row


def _rule(group: SecurityGroup, direction: str, ethertype: str, remote: str | None = None) -> SecurityGroupRule:
    return SecurityGroupRule(
        id=new_id(),
        project_id=group.project_id,
        security_group_id=group.id,
        direction=direction,
        ethertype=ethertype,
        remote_group_id=remote,
    )


def create_group(session: Session, context: Context, asked: Asked) -> SecurityGroup:
    """Make a group that lets everything out and nothing in; raises Conflict for the name "default"."""
    project = owner(context, asked)
    if asked.get("name") == DEFAULT:
        default_group(session, project)
        raise Conflict("Default security group already exists.", kind="SecurityGroupDefaultAlreadyExists")
    QUOTA.reserve(session, project, security_group=1, security_group_rule=2)
    default_group(session, project)
    row = _make(session, project, asked)
    if asked.get("tags"):
        set_tags(session, row, asked["tags"])
    ask(SECURITY_GROUP_PRESENT, session, row, context)
    return row


def update_group(session: Session, context: Context, group_id: str, asked: Asked) -> SecurityGroup:
    """Change name, description or statefulness of a group."""
    row = own(session, context, SecurityGroup, group_id)
    if "name" in asked and asked["name"] != row.name and DEFAULT in (row.name, asked["name"]):
        raise Conflict("Updating default security group not allowed.", kind="SecurityGroupCannotUpdateDefault")
    if asked.get("stateful", row.stateful) != row.stateful and _used(session, row.id):
        raise Conflict(f"Security Group {row.id} in use.", kind="SecurityGroupInUse")
    changed = change(row, asked, ("name", "description", "stateful"))
    if changed:
        revise(row)
    if "stateful" in changed:
        ask(SECURITY_GROUP_PRESENT, session, row, context)
    return row


def _used(session: Session, group_id: str) -> bool:
    member = select(PortSecurityGroup.port_id).where(PortSecurityGroup.security_group_id == group_id)
    return session.execute(member.limit(1)).first() is not None


def delete_group(session: Session, context: Context, group_id: str) -> None:
    """Delete a group; raises Conflict for the default one and while ports are in it."""
    row = own(session, context, SecurityGroup, group_id)
    if row.name == DEFAULT and not context.is_admin:
        raise Conflict(
            "Insufficient rights for removing default security group.", kind="SecurityGroupCannotRemoveDefault"
        )
    if _used(session, row.id):
        raise Conflict(f"Security Group {row.id} in use.", kind="SecurityGroupInUse")
    referring = select(SecurityGroupRule.security_group_id).where(
        SecurityGroupRule.remote_group_id == row.id, SecurityGroupRule.security_group_id != row.id
    )
    others = (
        session.execute(select(SecurityGroup).where(SecurityGroup.id.in_(referring), ~SecurityGroup.deleting))
        .scalars()
        .all()
    )
    session.execute(delete(SecurityGroupRule).where(SecurityGroupRule.remote_group_id == row.id))
    for other in others:
        session.expire(other, ["rules"])
        revise(other)
        ask(SECURITY_GROUP_PRESENT, session, other, context)
    session.expire(row, ["rules"])
    row.rules = []
    SECURITY_GROUP_ABSENT.submit(session, row, context, needs=[other.id for other in others])


def security_group_ids(session: Session, context: Context, names_or_ids: Sequence[str]) -> list[str]:
    """The ids of groups that the caller's project names or whose ids it gives, each once.

    Raises NotFound for one that there is not, BadRequest for a name that several have.
    """
    if not names_or_ids:
        return []
    statement = select(SecurityGroup).where(
        seen(context, SecurityGroup),
        or_(SecurityGroup.id.in_(names_or_ids), SecurityGroup.name.in_(names_or_ids)),
    )
    if context.project_id:
        statement = statement.where(SecurityGroup.project_id == context.project_id)
        if DEFAULT in names_or_ids:
            default_group(session, context.project_id)
    rows = list(session.execute(statement).scalars())
    chosen: list[str] = []
    for wanted in names_or_ids:
        found = [r for r in rows if r.id == wanted] or [r for r in rows if r.name == wanted]
        if not found:
            raise NotFound(
                f"Security group {wanted} not found for project {context.project_id}.", kind="SecurityGroupNotFound"
            )
        if len(found) > 1:
            raise BadRequest(
                f"Multiple security groups found matching '{wanted}'. Use an ID to be more specific.",
                field="security_groups",
            )
        if found[0].id not in chosen:
            chosen.append(found[0].id)
    return chosen


def check_groups(session: Session, context: Context, project_id: str, ids: Sequence[str]) -> list[str]:
    """The ids without doubles; raises NotFound unless each is a group of the project (or the caller an admin)."""
    wanted = list(dict.fromkeys(ids))
    statement = select(SecurityGroup.id).where(SecurityGroup.id.in_(wanted), ~SecurityGroup.deleting)
    if not context.is_admin:
        statement = statement.where(SecurityGroup.project_id == project_id)
    there = set(session.execute(statement).scalars())
    for group_id in wanted:
        if group_id not in there:
            raise NotFound(f"Security group {group_id} does not exist.", kind="SecurityGroupNotFound")
    return wanted
