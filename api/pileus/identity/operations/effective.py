"""Effective roles: what assignments, groups, inheritance and implied roles add up to."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from pileus.core.db import now
from pileus.identity.models import Assignment, Implication, Membership, Project, Role

ANCESTORS_LIMIT = 64  # more than any tree may have; ends the walk in a broken one


def lineage(session: Session, project: Project) -> list[str]:
    """The ids of all that stands above a project: its parents, nearest first, then its domain."""
    found: list[str] = []
    parent = project.parent_id
    while parent and parent != project.domain_id and len(found) < ANCESTORS_LIMIT:
        found.append(parent)
        parent = session.execute(select(Project.parent_id).where(Project.id == parent)).scalar()
    return [*found, project.domain_id] if project.domain_id else found


def lasting() -> ColumnElement[bool]:
    """The memberships that are not over: those without an end, and those whose end is still to come."""
    return or_(Membership.expires_at.is_(None), Membership.expires_at > now())


def of_actor(user_id: str, more: Sequence[str] = ()) -> ColumnElement[bool]:
    """The assignments that a user has: own ones and those of the user's groups; a token may bring ids of `more` groups."""
    groups = select(Membership.group_id).where(Membership.user_id == user_id, lasting())
    member = Assignment.actor_id.in_(groups)
    return or_(
        and_(Assignment.actor_type == "user", Assignment.actor_id == user_id),
        and_(Assignment.actor_type == "group", or_(member, Assignment.actor_id.in_(more)) if more else member),
    )


def on_target(kind: str, target_id: str, above: Sequence[str] = ()) -> ColumnElement[bool]:
    """The assignments that count on a target; `above` are the ids whose inherited assignments reach it."""
    direct = and_(Assignment.target_type == kind, Assignment.target_id == target_id, Assignment.inherited.is_(False))
    if not above:
        return direct
    return or_(direct, and_(Assignment.target_id.in_(above), Assignment.inherited.is_(True)))


def implications(session: Session) -> dict[str, set[str]]:
    """Which role ids each role id implies, one step."""
    found: dict[str, set[str]] = {}
    for prior, implied in session.execute(select(Implication.prior_id, Implication.implied_id)):
        found.setdefault(prior, set()).add(implied)
    return found


def closure(role_ids: Iterable[str], steps: dict[str, set[str]]) -> set[str]:
    """The role ids and all they imply, over any number of steps."""
    seen: set[str] = set()
    waiting = list(role_ids)
    while waiting:
        role_id = waiting.pop()
        if role_id not in seen:
            seen.add(role_id)
            waiting.extend(steps.get(role_id, ()))
    return seen


def roles(
    session: Session,
    user_id: str,
    kind: str,
    target_id: str,
    above: Sequence[str] = (),
    groups: Sequence[str] = (),
) -> list[dict[str, Any]]:
    """The roles a user effectively has on a target, as {"id", "name"} by name; domain roles only count by what they imply.

    `groups` are those that a token brings besides the ones the user is in.
    """
    ids = set(
        session.execute(
            select(Assignment.role_id).where(of_actor(user_id, groups), on_target(kind, target_id, above)).distinct()
        ).scalars()
    )
    return named(session, ids)


def named(session: Session, ids: Iterable[str]) -> list[dict[str, Any]]:
    """These roles and all they imply, as {"id", "name"} by name, without domain roles."""
    wanted = set(ids)
    if not wanted:
        return []
    wanted = closure(wanted, implications(session))
    rows = session.execute(
        select(Role.id, Role.name).where(Role.id.in_(wanted), Role.domain_id == "").order_by(Role.name)
    )
    return [{"id": row.id, "name": row.name} for row in rows]
