"""From a token to what it is worth now: user, scope and roles, remembered as long as nothing has changed."""

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from pileus.core.config import Settings
from pileus.core.db import now
from pileus.core.errors import Unauthorized
from pileus.identity.models import Login, Project, User, revision
from pileus.identity.operations import delegation, effective, revocations
from pileus.identity.operations.federation import vouching
from pileus.identity.operations.formats import Scope, Token, unpack_token
from pileus.identity.operations.keys import KeyRepository
from pileus.identity.operations.memory import Memory

T = TypeVar("T")


@dataclass(frozen=True)
class Access:
    """A valid token with all that it stands for; the dicts have the shape of the token body."""

    token: Token
    user: dict[str, Any]
    roles: tuple[dict[str, Any], ...] = ()
    project: dict[str, Any] | None = None
    domain: dict[str, Any] | None = None
    system: bool = False
    trust: dict[str, Any] | None = None
    application_credential: dict[str, Any] | None = None
    oauth: dict[str, Any] | None = None
    until: dt.datetime | None = None  # when it must be looked up again, even though nobody changes anything


@dataclass(frozen=True)
class Principal:
    """What is remembered of a user: no row, for a row forgets its values when its session is rolled back."""

    id: str
    domain_id: str
    source: str
    created_at: dt.datetime
    options: Mapping[str, Any]


@dataclass
class Vault:
    """The keys of one cloud, and what this process remembers about its tokens and what they rest on."""

    keys: KeyRepository
    tokens: Memory = field(default_factory=lambda: Memory(10_000))
    ground: Memory = field(default_factory=lambda: Memory(20_000))


@lru_cache(maxsize=64)
def _vault(state_dir: Path) -> Vault:
    return Vault(KeyRepository(state_dir / "keys" / "fernet"))


def vault(settings: Settings) -> Vault:
    """The vault of this cloud; one per process."""
    return _vault(settings.state_dir)


def load(session: Session, settings: Settings, text: str, *, grace: int = 0) -> Access:
    """What a token is worth now. `grace` seconds after its end are forgiven.

    Raises Unauthorized when it is no token, is over, was revoked, or when its user, scope or roles are gone.
    """
    store = vault(settings)
    key = (text, store.keys.generation())
    access: Access | None = store.tokens.get(session, settings, key)
    if access is not None and (access.until is None or access.until > now()):
        _check_time(access.token, grace)
        return access
    token = unpack_token(store.keys.decrypt(text)) if len(text) < 4096 else None
    if token is None:
        raise Unauthorized()
    _check_time(token, grace)
    at = revision.current(session)  # before the rows are read, see Memory
    access = resolve(session, settings, token)
    store.tokens.keep(session, key, at, access)
    return access


def recall(session: Session, settings: Settings, key: Any, look: Callable[[], T]) -> T:
    """What `look` finds, remembered by this process as long as the revision stands; see Memory.recall."""
    return vault(settings).ground.recall(session, settings, key, look)


def _check_time(token: Token, grace: int) -> None:
    if token.expires + dt.timedelta(seconds=grace) <= now():
        raise Unauthorized()


def resolve(session: Session, settings: Settings, token: Token) -> Access:
    """Look up everything a token stands for; raises Unauthorized when any of it is gone."""
    user, actor = find_user(session, settings, token.user_id)
    parts = delegation.of_token(session, token, user.id)
    scope = parts.scope or token.scope
    shape, above = recall(session, settings, ("scope", scope), lambda: find_scope(session, scope))
    roles = parts.roles if parts.roles is not None else _roles(session, settings, user, token, scope, above)
    if scope.kind != "unscoped" and not roles:
        raise Unauthorized()
    if token.federation is not None:
        actor = vouching.shown(session, token.federation, actor)
    if parts.trust is not None:
        trustor = find_user(session, settings, parts.trust["trustor_user"]["id"])[1]
        actor = trustor if parts.on_behalf_of else actor
    more = [("domain", user.domain_id), ("user", actor["id"])]
    if shape is not None and scope.kind == "project":
        more.append(("domain", shape["domain"]["id"]))
    if revocations.revoked(session, token, [*more, *parts.subjects]):
        raise Unauthorized()
    return Access(
        token=token,
        user=actor,
        roles=tuple(roles),
        project=shape if scope.kind == "project" else None,
        domain=shape if scope.kind == "domain" else None,
        system=scope.kind == "system",
        trust=parts.trust,
        application_credential=parts.application_credential,
        oauth=parts.oauth,
        until=vouching.next_change(session, _members(user, parts)),
    )


def _roles(
    session: Session, settings: Settings, user: Principal, token: Token, scope: Scope, above: list[str]
) -> list[dict[str, Any]]:
    if scope.kind == "unscoped":
        return []
    groups = token.federation.groups if token.federation else ()

    def look() -> list[dict[str, Any]]:
        return effective.roles(session, user.id, scope.kind, scope.id, above, groups)

    if user.source == "federated":  # memberships that end by themselves move no revision
        return look()
    return recall(session, settings, ("roles", user.id, scope, groups), look)


def _members(user: Principal, parts: delegation.Delegation) -> list[str]:
    """Of whom the memberships can end by themselves: a federated user's, and those of whoever handed out a trust."""
    agents = [subject for kind, subject in parts.subjects if kind == "user"]
    return [*agents, user.id] if user.source == "federated" else agents


def shape_user(user: User, domain_name: str) -> dict[str, Any]:
    """A user as the token body shows one."""
    return {
        "domain": {"id": user.domain_id, "name": domain_name},
        "id": user.id,
        "name": user.name,
        "password_expires_at": stamp(user.password_expires_at) if user.password_expires_at else None,
    }


def find_user(session: Session, settings: Settings, user_id: str) -> tuple[Principal, dict[str, Any]]:
    """A user who may work now, and its shape; raises Unauthorized for one who may not."""

    def look() -> tuple[Principal, dict[str, Any], bool] | None:
        statement = select(User, Project.name, Project.enabled).join(Project, Project.id == User.domain_id)
        found = session.execute(statement.where(User.id == user_id)).first()
        if found is None:
            return None
        user: User = found[0]
        principal = Principal(user.id, user.domain_id, user.source, user.created_at, user.options)
        return principal, shape_user(user, found[1]), user.enabled and found[2]

    row = recall(session, settings, ("user", user_id), look)
    if row is None or not row[2] or inactive(session, settings, row[0]):
        raise Unauthorized()
    return row[0], row[1]


def inactive(session: Session, settings: Settings, user: User | Principal) -> bool:
    """Whether the user stayed away so long that the account counts as disabled."""
    if not settings.inactive_days or user.options.get("ignore_user_inactivity"):
        return False
    login = session.get(Login, user.id)
    last = (login.active_at if login else None) or user.created_at
    return last < now() - dt.timedelta(days=settings.inactive_days)


def find_scope(session: Session, scope: Scope) -> tuple[dict[str, Any] | None, list[str]]:
    """The scope as the token body shows it, and the ids whose inherited assignments reach it.

    Raises Unauthorized when the project or domain is gone or disabled, and, as Keystone does, for a domain as a project.
    """
    if scope.kind in ("unscoped", "system"):
        return None, []
    domain = aliased(Project)
    row = session.execute(
        select(Project, domain.name, domain.enabled)
        .outerjoin(domain, domain.id == Project.domain_id)
        .where(Project.id == scope.id)
    ).first()
    if row is None or not row[0].enabled or row[2] is False or row[0].is_domain != (scope.kind == "domain"):
        raise Unauthorized()
    project = row[0]
    if scope.kind == "domain":
        return {"id": project.id, "name": project.name}, []
    owner = {"id": project.domain_id, "name": row[1]}
    return {"id": project.id, "name": project.name, "domain": owner}, effective.lineage(session, project)


def stamp(moment: dt.datetime) -> str:
    """A time as the identity API writes it, with microseconds."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
