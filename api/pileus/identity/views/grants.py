"""Grants: a role for a user or group on a project, a domain or the system, on it or on all projects below it."""

from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlalchemy import select

from pileus.core.errors import NotFound
from pileus.core.http.call import Call
from pileus.core.service import Route
from pileus.identity.models import Assignment, Group, Project, Role, User
from pileus.identity.operations import application_credentials, roles
from pileus.identity.views.listing import collection
from pileus.identity.views.reach import permit
from pileus.identity.views.roles import shape
from pileus.identity.views.roles import target as about_role


@dataclass(frozen=True)
class Place:
    """One kind of grant."""

    target: str  # project, domain, system
    actor: str  # user, group
    inherited: bool = False

    @property
    def path(self) -> str:
        """Where the roles of this kind are listed."""
        where = "/v3/system" if self.target == "system" else f"/v3/{self.target}s/<target_id>"
        where = where.replace("/v3/", "/v3/OS-INHERIT/") if self.inherited else where
        return f"{where}/{self.actor}s/<actor_id>/roles"

    def rule(self, verb: str) -> str:
        """The rule for "list", "check", "create" or "revoke"."""
        many = "s" if verb == "list" else ""
        if self.target == "system":
            return f"identity:{verb}_system_grant{many}_for_{self.actor}"
        return f"identity:{verb}_grant{many}"


@dataclass(frozen=True)
class Found:
    """What a path names, as far as it is there."""

    actor: User | Group
    target: Project | None
    role: Role | None

    def key(self, place: Place) -> dict[str, Any]:
        """The attributes of the assignment, with the role where the path names one."""
        key: dict[str, Any] = {
            "actor_type": place.actor,
            "actor_id": self.actor.id,
            "target_type": place.target,
            "target_id": self.target.id if self.target else "all",
            "inherited": place.inherited,
        }
        return key | ({"role_id": self.role.id} if self.role else {})

    @property
    def domain_id(self) -> str | None:
        """The domain in which the grant is made; None for the system."""
        return None if self.target is None else self.target.domain_id or self.target.id


def _find(call: Call, place: Place, actor_id: str, target_id: str, role_id: str | None) -> Found:
    actor: User | Group | None
    actor = call.session.get(User, actor_id) if place.actor == "user" else call.session.get(Group, actor_id)
    target = call.session.get(Project, target_id) if target_id else None
    if place.target == "domain" and target is not None and not target.is_domain:
        target = None
    role = call.session.get(Role, role_id) if role_id else None
    permit(call, _subject(place, actor, target, role))
    if actor is None:
        raise NotFound(f"Could not find {place.actor}: {actor_id}.")
    if target is None and place.target != "system":
        raise NotFound(f"Could not find {place.target}: {target_id}.")
    if role is None and role_id:
        raise NotFound(f"Could not find role: {role_id}.")
    return Found(actor, target, role)


def _subject(place: Place, actor: User | Group | None, target: Project | None, role: Role | None) -> dict[str, Any]:
    subject: dict[str, Any] = {}
    if actor is not None:
        subject[f"target.{place.actor}.domain_id"] = actor.domain_id
    if target is not None and place.target == "project":
        subject["target.project.domain_id"] = target.domain_id or None
    if target is not None and place.target == "domain":
        subject["target.domain.id"] = target.id
    if role is not None:
        subject |= about_role(role)
    return subject


def list_grants(call: Call, actor_id: str, target_id: str = "", *, place: Place) -> dict[str, Any]:
    """The roles granted in exactly this place."""
    found = _find(call, place, actor_id, target_id, None)
    statement = select(Role).join(Assignment, Assignment.role_id == Role.id)
    for name, value in found.key(place).items():
        statement = statement.where(getattr(Assignment, name) == value)
    listed = call.session.execute(statement.order_by(Role.name)).scalars()
    return collection(call, "roles", [shape(call, role) for role in listed])


def check_grant(call: Call, actor_id: str, role_id: str, target_id: str = "", *, place: Place) -> None:
    """Whether the role is granted; 404 when not."""
    found = _find(call, place, actor_id, target_id, role_id)
    if roles.find_grant(call.session, found.key(place)) is None:
        raise NotFound(f"Could not find role assignment with role: {role_id}.")


def create_grant(call: Call, actor_id: str, role_id: str, target_id: str = "", *, place: Place) -> None:
    """Grant the role."""
    found = _find(call, place, actor_id, target_id, role_id)
    if found.role is not None:
        roles.grant(call.session, found.key(place), found.role, found.domain_id)


def revoke_grant(call: Call, actor_id: str, role_id: str, target_id: str = "", *, place: Place) -> None:
    """Take the role back; 404 when it was not granted. The user's application credentials that rest on it go with it."""
    roles.revoke(call.session, _find(call, place, actor_id, target_id, role_id).key(place))
    if place.actor == "user" and place.target == "project":
        application_credentials.drop_uncovered(call.session, call.settings, actor_id, target_id)


def _routes(place: Place) -> list[Route]:
    end = "/inherited_to_projects" if place.inherited else ""
    many, one = f"{place.path}{end}", f"{place.path}/<role_id>{end}"
    return [
        Route("GET", many, partial(list_grants, place=place), place.rule("list"), late=True),
        Route("GET", one, partial(check_grant, place=place), place.rule("check"), status=204, late=True),
        Route("PUT", one, partial(create_grant, place=place), place.rule("create"), status=204, late=True),
        Route("DELETE", one, partial(revoke_grant, place=place), place.rule("revoke"), status=204, late=True),
    ]


PLACES = [
    *(Place(target, actor) for target in ("project", "domain", "system") for actor in ("user", "group")),
    *(Place(target, actor, inherited=True) for target in ("project", "domain") for actor in ("user", "group")),
]
ROUTES = [route for place in PLACES for route in _routes(place)]
