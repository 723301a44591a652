"""Server groups: servers that shall stand together or apart."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from pileus.compute.models import Server, ServerGroup
from pileus.compute.quota import QUOTA
from pileus.core.context import Context
from pileus.core.errors import BadRequest, Forbidden, NotFound, OverQuota


def find_group(session: Session, context: Context, group_id: str) -> ServerGroup:
    """One group of the caller's project (any for admins); raises NotFound."""
    row = session.get(ServerGroup, group_id)
    if row is None or (row.project_id != context.project_id and not context.is_admin):
        raise NotFound(f"Instance group {group_id} could not be found.")
    return row


def create_group(session: Session, context: Context, name: str, policy: str, rules: dict[str, Any]) -> ServerGroup:
    """Make a group; raises BadRequest for rules without anti-affinity, Forbidden over quota."""
    if rules and policy != "anti-affinity":
        raise BadRequest("Only anti-affinity policy supports rules.", field="rules")
    try:
        QUOTA.reserve(session, context.project_id or "", server_groups=1)
    except OverQuota:
        raise Forbidden("Quota exceeded, too many server groups.") from None
    row = ServerGroup(project_id=context.project_id, user_id=context.user_id, name=name, policy=policy, rules=rules)
    session.add(row)
    session.flush()
    return row


def delete_group(session: Session, row: ServerGroup) -> None:
    """Dissolve a group; its servers stay where they are."""
    for server in session.scalars(select(Server).where(Server.group_id == row.id)):
        server.group_id = None
    session.delete(row)


def members_of(session: Session, group_ids: list[str]) -> dict[str, list[str]]:
    """The servers in each group."""
    found: dict[str, list[str]] = {group_id: [] for group_id in group_ids}
    rows = select(Server.group_id, Server.id).where(Server.group_id.in_(group_ids), Server.deleting.is_(False))
    for group_id, server_id in session.execute(rows.order_by(Server.created_at)):
        found[group_id or ""].append(server_id)
    return found


def joined(session: Session, context: Context, hints: Mapping[str, Any], count: int) -> str | None:
    """The group that new servers join by the hint "group"; raises BadRequest when there is none such, Forbidden when full."""
    wanted = hints.get("group")
    if not wanted:
        return None
    row = session.get(ServerGroup, wanted)
    if row is None or row.project_id != context.project_id:
        raise BadRequest(f"Instance group {wanted} could not be found.", field="os:scheduler_hints")
    limit = QUOTA.of(session, context.project_id or "")["server_group_members"]
    have = session.scalar(select(func.count()).select_from(Server).where(Server.group_id == row.id)) or 0
    if 0 <= limit < have + count:
        raise Forbidden("Quota exceeded, too many servers in group")
    return row.id
