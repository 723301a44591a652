"""Rules of domains and projects: names, trees, what may be disabled or deleted, and what goes with it."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, delete, exists, func, select, update
from sqlalchemy.orm import Session

from pileus.core.config import Settings
from pileus.core.errors import BadRequest, Conflict, Forbidden, NotFound
from pileus.identity.models import (
    Assignment,
    Group,
    Project,
    ProjectTag,
    Role,
    User,
    hex_id,
    revision,
)
from pileus.identity.operations import cleanup, limit_models, revocations

MAX_DEPTH = 5  # levels of projects below a domain


def get_domain(session: Session, domain_id: str) -> Project | None:
    """The domain, or None when there is none or it is a plain project."""
    found = session.get(Project, domain_id)
    return found if found is not None and found.is_domain else None


def need_domain(session: Session, domain_id: str) -> Project:
    """The domain that a body names; raises NotFound when there is none."""
    found = get_domain(session, domain_id)
    if found is None:
        raise NotFound(f"Could not find domain: {domain_id}.")
    return found


def check_name(session: Session, domain_id: str, name: str, own_id: str | None = None) -> None:
    """Raise Conflict when another project of the domain (or another domain) has this name."""
    found = session.execute(select(Project.id).where(Project.domain_id == domain_id, Project.name == name)).scalar()
    if found is not None and found != own_id:
        what = "project" if domain_id else "domain"
        raise Conflict(
            f"Conflict occurred attempting to store {what} - it is not permitted to have two with the same "
            f"name in the same place: {name}."
        )


def immutable(row: Project | Role) -> bool:
    """Whether the option says that nobody may change it."""
    return bool(row.options.get("immutable"))


def check_mutable(row: Project | Role, change: Mapping[str, Any] | None = None) -> None:
    """Raise Forbidden for a change of what is immutable, unless the change is to make it mutable, alone.

    Values that are there already are no change: clients send a role's domain along.
    """
    if not immutable(row):
        return
    others = [(name, value) for name, value in (change or {}).items() if name != "options"]
    if change and "immutable" in change.get("options", {}) and all(getattr(row, n, None) == v for n, v in others):
        return
    raise Forbidden(f"Cannot change or delete {row.name}: it is immutable.")


def merge_options(have: Mapping[str, Any], change: Mapping[str, Any]) -> dict[str, Any]:
    """Options after a change; null takes one away."""
    return {key: value for key, value in {**have, **change}.items() if value is not None}


def merge_extra(have: Mapping[str, Any], change: Mapping[str, Any]) -> dict[str, Any]:
    """Attributes that are not ours after a change; null takes one away."""
    return {key: value for key, value in {**have, **change}.items() if value is not None}


def create(session: Session, values: Mapping[str, Any], extra: dict[str, Any], *, is_domain: bool) -> Project:
    """Make a domain or a project; `values` are the body's known attributes with domain_id and parent_id settled."""
    domain_id = "" if is_domain else values["domain_id"]
    check_name(session, domain_id, values["name"])
    if is_domain and session.get(Project, values.get("id") or "") is not None:
        raise Conflict(f"There is a domain with the id {values['id']} already.")
    row = Project(
        id=values.get("id") or hex_id(),
        name=values["name"],
        domain_id=domain_id,
        parent_id=None if is_domain else values["parent_id"],
        is_domain=is_domain,
        enabled=values.get("enabled", True),
        description=values.get("description") or "",
        options=merge_options({}, values.get("options") or {}),
        extra=extra,
    )
    session.add(row)
    set_tags(row, values.get("tags") or [])
    session.flush()
    return row


def domain_of(session: Session, project_id: str) -> str | None:
    """The domain of a project, or the domain itself; None when there is none."""
    row = session.get(Project, project_id)
    return None if row is None else row.domain_id or row.id


def place(
    session: Session, settings: Settings, domain_id: str | None, parent_id: str | None, fallback: str
) -> tuple[str, str]:
    """(domain_id, parent_id) of a new project. Raises BadRequest for a domain or parent that is not there or cannot have it."""
    if parent_id is None:
        domain = get_domain(session, domain_id or fallback)
        if domain is None:
            raise BadRequest(f"Could not find domain: {domain_id or fallback}.", field="domain_id")
        if not domain.enabled:
            raise BadRequest("Cannot create a project in a domain that is disabled.", field="domain_id")
        return domain.id, domain.id
    parent = session.get(Project, parent_id)
    if parent is None:
        raise BadRequest(f"Could not find project: {parent_id}.", field="parent_id")
    owner = parent.domain_id or parent.id
    if domain_id is not None and domain_id != owner:
        raise BadRequest("The parent is in another domain.", field="parent_id")
    chain = [parent, *parents(session, parent)]
    if any(not above.enabled for above in (*chain, need_domain(session, owner))):
        raise BadRequest("Cannot create a project in a branch with a disabled project.", field="parent_id")
    depth = limit_models.of(settings).levels or MAX_DEPTH
    if len([above for above in chain if not above.is_domain]) >= depth:
        raise Forbidden(f"Max hierarchy depth reached: projects may be nested at most {depth} levels deep.")
    return owner, parent.id


def change(
    session: Session, settings: Settings, row: Project, values: Mapping[str, Any], extra: Mapping[str, Any]
) -> None:
    """Change a domain or project; raises what the tree or the options forbid."""
    check_mutable(row, values)
    if "name" in values:
        check_name(session, row.domain_id, values["name"], row.id)
        row.name = values["name"]
    if "description" in values:
        row.description = values["description"] or ""
    if "options" in values:
        row.options = merge_options(row.options, values["options"] or {})
    if "tags" in values:
        set_tags(row, values["tags"])
    if extra:
        row.extra = merge_extra(row.extra, extra)
    if "enabled" in values and values["enabled"] != row.enabled:
        _switch(session, settings, row, values["enabled"])
    session.flush()


def _switch(session: Session, settings: Settings, row: Project, enabled: bool) -> None:
    if enabled and not row.is_domain and any(not above.enabled for above in parents(session, row)):
        raise Forbidden(f"Cannot enable project {row.id} since it has disabled parents.")
    if not enabled and not row.is_domain and any(below.enabled for below in subtree(session, row)):
        raise Forbidden(f"Cannot disable project {row.id} since its subtree contains enabled projects.")
    row.enabled = enabled
    if not enabled:
        revocations.revoke(session, settings, "domain" if row.is_domain else "project", row.id)


def parents(session: Session, row: Project) -> list[Project]:
    """All projects above, nearest first, without the domain."""
    found: list[Project] = []
    here = row
    while here.parent_id and here.parent_id != here.domain_id:
        above = session.get(Project, here.parent_id)
        if above is None:
            break
        found.append(above)
        here = above
    return found


def subtree(session: Session, row: Project) -> list[Project]:
    """All projects below, level by level."""
    found: list[Project] = []
    level = [row.id]
    while level:
        below = list(
            session.execute(
                select(Project).where(Project.parent_id.in_(level), Project.is_domain.is_(False)).order_by(Project.id)
            ).scalars()
        )
        found.extend(below)
        level = [project.id for project in below]
    return found


def remove(session: Session, settings: Settings, row: Project) -> None:
    """Delete a project with all that hangs on it; raises Forbidden while it has projects below."""
    revision.hold(session)
    check_mutable(row)
    if session.execute(select(exists().where(Project.parent_id == row.id))).scalar():
        raise Forbidden(f"Cannot delete project {row.id} since it is not a leaf in the hierarchy.")
    _forget(session, settings, [row.id])
    session.delete(row)
    session.flush()


def _forget(session: Session, settings: Settings, ids: Sequence[str]) -> None:
    """Delete what hangs on projects (or a domain) that are about to go."""
    session.execute(delete(Assignment).where(Assignment.target_id.in_(ids)))
    session.execute(update(User).where(User.default_project_id.in_(ids)).values(default_project_id=None))
    cleanup.of_projects(session, ids)
    for project_id in ids:
        revocations.revoke(session, settings, "project", project_id)


def remove_domain(session: Session, settings: Settings, row: Project) -> None:
    """Delete a domain with its users, groups, roles and projects; raises Forbidden while it is enabled."""
    revision.hold(session)
    if row.id == "default":
        raise Forbidden("The default domain cannot be deleted.")
    check_mutable(row)
    if row.enabled:
        raise Forbidden("Cannot delete a domain that is enabled, please disable it first.")
    revocations.revoke(session, settings, "domain", row.id)
    users = list(session.execute(select(User.id).where(User.domain_id == row.id)).scalars())
    groups = list(session.execute(select(Group.id).where(Group.domain_id == row.id)).scalars())
    session.execute(delete(Assignment).where(Assignment.actor_id.in_([*users, *groups])))
    session.execute(delete(User).where(User.domain_id == row.id))
    session.execute(delete(Group).where(Group.domain_id == row.id))
    session.execute(delete(Role).where(Role.domain_id == row.id))
    projects = list(session.execute(select(Project.id).where(Project.domain_id == row.id)).scalars())
    _forget(session, settings, [*projects, row.id])
    session.execute(delete(Project).where(Project.domain_id == row.id))
    session.delete(row)
    session.flush()
    revision.bump(session)


def set_tags(row: Project, tags: Iterable[str]) -> None:
    """Give a project exactly these tags."""
    wanted = set(tags)
    kept = [tag for tag in row.tag_rows if tag.name in wanted]
    row.tag_rows[:] = kept + [ProjectTag(name=name) for name in sorted(wanted - {tag.name for tag in kept})]


def with_tags(tags: Sequence[str], *, every: bool) -> ColumnElement[bool]:
    """The projects that have all (or any) of these tags."""
    statement = select(ProjectTag.project_id).where(ProjectTag.name.in_(tags))
    if every:
        statement = statement.group_by(ProjectTag.project_id).having(func.count() == len(set(tags)))
    return Project.id.in_(statement)
