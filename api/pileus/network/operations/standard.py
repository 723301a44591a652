"""What making and changing has in common for all network resources: owner, revision, MAC addresses, tags."""

import secrets
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from pileus.core.context import Context
from pileus.core.errors import BadRequest
from pileus.network.models import Tag

Asked = dict[str, Any]  # attributes as the client sent them


def owner(context: Context, asked: Asked) -> str:
    """The project a new resource belongs to; only an admin may name another one. Raises BadRequest."""
    wanted = asked.get("project_id") or asked.get("tenant_id") or context.project_id or ""
    if wanted != context.project_id and not context.is_admin:
        raise BadRequest(
            "Specifying 'project_id' or 'tenant_id' other than the authenticated project in request requires admin "
            "privileges",
            field="project_id",
        )
    return str(wanted)


def change(row: Any, asked: Asked, names: Iterable[str]) -> set[str]:
    """Set the attributes among `names` that were sent; returns those whose value is another one now."""
    changed = set()
    for name in names:
        if name in asked and getattr(row, name) != asked[name]:
            setattr(row, name, asked[name])
            changed.add(name)
    return changed


def revise(row: Any) -> None:
    """Count a change of a resource."""
    row.revision_number += 1


def new_mac(prefix: str = "fa:16:3e") -> str:
    """A random MAC address below the prefix that clouds of this family use."""
    return prefix + "".join(f":{octet:02x}" for octet in secrets.token_bytes(3))


def tags_of(session: Session, ids: Sequence[str]) -> dict[str, list[str]]:
    """The tags of some resources, in alphabetical order."""
    found: dict[str, list[str]] = {key: [] for key in ids}
    statement = select(Tag).where(Tag.resource_id.in_(ids)).order_by(Tag.tag)
    for tag in session.execute(statement).scalars():
        found[tag.resource_id].append(tag.tag)
    return found


def set_tags(session: Session, row: Any, tags: Iterable[str]) -> None:
    """Replace the tags of a resource."""
    forget_tags(session, [row.id])
    session.add_all(Tag(resource_id=row.id, tag=tag) for tag in sorted(set(tags)))
    revise(row)


def forget_tags(session: Session, ids: Sequence[str]) -> None:
    """Remove all tags of resources that go, or that get others."""
    session.execute(delete(Tag).where(Tag.resource_id.in_(ids)))
