"""Role assignments as questions: what can a user reach, and who has what where."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from pileus.identity.models import Assignment, Group, Membership, Project, Role, User
from pileus.identity.operations.effective import closure, implications, lasting, of_actor
from pileus.identity.operations.projects import subtree


def project_ids(session: Session, user_id: str, groups: Sequence[str] = ()) -> set[str]:
    """The projects a user has a role on, directly, by a group (also one of the token's), or inherited from above."""
    found = session.execute(
        select(Assignment.target_id, Assignment.inherited).where(
            of_actor(user_id, groups), Assignment.target_type.in_(("project", "domain"))
        )
    ).all()
    direct = {row.target_id for row in found if not row.inherited}
    above = {row.target_id for row in found if row.inherited}
    ids = set(session.execute(select(Project.id).where(Project.id.in_(direct), Project.is_domain.is_(False))).scalars())
    heirs: set[str] = set()
    while above:
        below = session.execute(
            select(Project.id).where(or_(Project.parent_id.in_(above), Project.domain_id.in_(above)))
        ).scalars()
        above = set(below) - heirs
        heirs |= above
    return ids | heirs


def domain_ids(session: Session, user_id: str, groups: Sequence[str] = ()) -> set[str]:
    """The enabled domains a user has a role on; `groups` are those that the token brings."""
    return set(
        session.execute(
            select(Project.id)
            .join(Assignment, Assignment.target_id == Project.id)
            .where(
                of_actor(user_id, groups),
                Assignment.target_type == "domain",
                Assignment.inherited.is_(False),
                Project.enabled.is_(True),
            )
        ).scalars()
    )


def on_system(session: Session, user_id: str, groups: Sequence[str] = ()) -> bool:
    """Whether a user has a role on the system; `groups` are those that the token brings."""
    return (
        session.execute(
            select(Assignment.role_id).where(of_actor(user_id, groups), Assignment.target_type == "system").limit(1)
        ).first()
        is not None
    )


Target = tuple[str, str]  # the type of what an assignment is on, and its id


@dataclass(frozen=True)
class Wanted:
    """Which assignments are asked for."""

    user_id: str | None = None
    group_id: str | None = None
    role_id: str | None = None
    project_id: str | None = None
    domain_id: str | None = None
    system: bool = False
    inherited: bool = False
    effective: bool = False
    subtree: bool = False


@dataclass(frozen=True)
class Entry:
    """One assignment as it was made, or one that follows from it.

    `group_id` is the group by which a user has it, `prior_id` the role that implied it, `source` the (target type, id,
    inherited) of the assignment it comes from.
    """

    role_id: str
    actor_type: str
    actor_id: str
    target_type: str
    target_id: str
    inherited: bool
    source: tuple[str, str, bool]
    group_id: str | None = None
    prior_id: str | None = None

    @property
    def target(self) -> Target:
        """What it is on."""
        return self.target_type, self.target_id

    def path(self) -> str:
        """The path of the assignment that was made."""
        kind, target_id, inherited = self.source
        actor = f"groups/{self.group_id}" if self.group_id else f"{self.actor_type}s/{self.actor_id}"
        where = "/system" if kind == "system" else f"/{kind}s/{target_id}"
        role = self.prior_id or self.role_id
        if inherited:
            return f"/OS-INHERIT{where}/{actor}/roles/{role}/inherited_to_projects"
        return f"{where}/{actor}/roles/{role}"


def find(session: Session, wanted: Wanted) -> list[Entry]:
    """The assignments asked for."""
    return _effective(session, wanted) if wanted.effective else _made(session, wanted)


def _rows(session: Session, wanted: Wanted) -> list[Entry]:
    statement = select(Assignment)
    if wanted.user_id is not None:
        own = and_(Assignment.actor_type == "user", Assignment.actor_id == wanted.user_id)
        statement = statement.where(of_actor(wanted.user_id) if wanted.effective else own)
    if wanted.group_id is not None:
        statement = statement.where(Assignment.actor_type == "group", Assignment.actor_id == wanted.group_id)
    if wanted.system:
        statement = statement.where(Assignment.target_type == "system")
    statement = statement.order_by(Assignment.target_id, Assignment.actor_id, Assignment.role_id)
    return [
        Entry(
            row.role_id,
            row.actor_type,
            row.actor_id,
            row.target_type,
            row.target_id,
            row.inherited,
            (row.target_type, row.target_id, row.inherited),
        )
        for row in session.execute(statement).scalars()
    ]


def _targets(session: Session, wanted: Wanted) -> set[Target] | None:
    """The targets that are wanted; None when any will do. A domain is another target when it is taken for a project."""
    if wanted.domain_id is not None:
        return {("domain", wanted.domain_id)}
    if wanted.project_id is None:
        return None
    project = session.get(Project, wanted.project_id)
    below = subtree(session, project) if wanted.subtree and project is not None else []
    return {("project", wanted.project_id), *(("project", one.id) for one in below)}


def _made(session: Session, wanted: Wanted) -> list[Entry]:
    targets = _targets(session, wanted)
    return [
        entry
        for entry in _rows(session, wanted)
        if (targets is None or entry.target in targets)
        and (wanted.role_id is None or entry.role_id == wanted.role_id)
        and (entry.inherited or not wanted.inherited)
    ]


def _effective(session: Session, wanted: Wanted) -> list[Entry]:
    entries = _rows(session, wanted)
    if wanted.inherited:
        entries = [entry for entry in entries if entry.inherited]
    targets = _targets(session, wanted)
    entries = _projected(session, entries, targets)
    entries = _with_members(session, entries, wanted.user_id)
    entries = _with_implied(session, entries)
    local = set(session.execute(select(Role.id).where(Role.domain_id != "")).scalars())
    seen: dict[tuple[str, str, str, str, bool], Entry] = {}
    for entry in entries:
        if entry.role_id in local:
            continue
        if wanted.role_id is None or entry.role_id == wanted.role_id:
            key = (entry.role_id, entry.actor_id, entry.target_type, entry.target_id, entry.inherited)
            seen.setdefault(key, entry)
    return list(seen.values())


def _projected(session: Session, entries: list[Entry], targets: set[Target] | None) -> list[Entry]:
    """Inherited assignments become ones on each project below, inherited still; others stay. Only on the targets wanted."""
    parents = (
        {
            row.id: (row.parent_id, row.domain_id)
            for row in session.execute(
                select(Project.id, Project.parent_id, Project.domain_id).where(Project.is_domain.is_(False))
            )
        }
        if any(entry.inherited for entry in entries)
        else {}
    )

    def above(project_id: str) -> set[str]:
        found: set[str] = set()
        here: str | None = project_id
        while here in parents:
            here = parents[here][0]
            if here is None or here in found:
                break
            found.add(here)
        return found | {parents[project_id][1]}

    heirs: dict[str, list[str]] = {}
    for project_id in parents:
        if targets is None or ("project", project_id) in targets:
            for ancestor in above(project_id):
                heirs.setdefault(ancestor, []).append(project_id)
    result: list[Entry] = []
    for entry in entries:
        if entry.inherited:
            for project_id in heirs.get(entry.target_id, []):
                result.append(replace(entry, target_type="project", target_id=project_id))
        elif targets is None or entry.target in targets:
            result.append(entry)
    return result


def _with_members(session: Session, entries: list[Entry], user_id: str | None) -> list[Entry]:
    groups = {entry.actor_id for entry in entries if entry.actor_type == "group"}
    statement = select(Membership).where(Membership.group_id.in_(groups), lasting())
    if user_id is not None:
        statement = statement.where(Membership.user_id == user_id)
    members: dict[str, list[str]] = {}
    for row in session.execute(statement).scalars() if groups else ():
        members.setdefault(row.group_id, []).append(row.user_id)
    result: list[Entry] = []
    for entry in entries:
        if entry.actor_type == "user":
            result.append(entry)
        else:
            for member in members.get(entry.actor_id, []):
                result.append(replace(entry, actor_type="user", actor_id=member, group_id=entry.actor_id))
    return result


def _with_implied(session: Session, entries: list[Entry]) -> list[Entry]:
    steps = implications(session)
    result: list[Entry] = []
    for entry in entries:
        result.append(entry)
        for role_id in sorted(closure([entry.role_id], steps) - {entry.role_id}):
            result.append(replace(entry, role_id=role_id, prior_id=entry.role_id))
    return result


def domain_of(session: Session, project_id: str) -> str:
    """The domain of a project; empty when there is no such project."""
    row = session.get(Project, project_id)
    return "" if row is None else row.domain_id or row.id


def within(session: Session, entries: list[Entry], domain_id: str) -> list[Entry]:
    """The entries whose target is the domain or in it."""
    inside = set(session.execute(select(Project.id).where(Project.domain_id == domain_id)).scalars()) | {domain_id}
    return [entry for entry in entries if entry.target_id in inside]


@dataclass(frozen=True)
class Names:
    """The names that belong to the ids of some assignments."""

    known: dict[tuple[str, str], tuple[str, str]]  # (kind, id) -> (name, domain id)

    def shape(self, kind: str, key: str) -> dict[str, Any]:
        """{"id", "name"} and, where it lies in a domain, "domain"."""
        name, domain_id = self.known.get((kind, key), ("", ""))
        shown: dict[str, Any] = {"id": key, "name": name}
        if domain_id:
            shown["domain"] = {"id": domain_id, "name": self.known.get(("domain", domain_id), ("", ""))[0]}
        return shown


def names(session: Session, entries: list[Entry]) -> Names:
    """The names of all that the entries mention, by one query per kind."""
    known: dict[tuple[str, str], tuple[str, str]] = {}
    kinds: list[tuple[str, Any, set[str]]] = [
        ("user", User, {e.actor_id for e in entries if e.actor_type == "user"}),
        ("group", Group, {e.actor_id for e in entries if e.actor_type == "group"}),
        ("role", Role, {e.role_id for e in entries}),
        ("project", Project, {e.target_id for e in entries if e.target_type == "project"}),
    ]
    for kind, model, ids in kinds:
        for row in session.execute(select(model.id, model.name, model.domain_id).where(model.id.in_(ids))):
            known[kind, row.id] = (row.name, row.domain_id)
    for row in session.execute(select(Project.id, Project.name).where(Project.is_domain.is_(True))):
        known["domain", row.id] = (row.name, "")
    return Names(known)
