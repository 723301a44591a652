"""Whom a login claims to be, found by one query whether there is such a user or not."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import and_, bindparam, select
from sqlalchemy.orm import Session

from pileus.core.config import Settings
from pileus.core.errors import BadRequest
from pileus.identity.models import DomainOption, Project, User
from pileus.identity.operations import access

SQL = "sql"


@dataclass(frozen=True)
class Claim:
    """Somebody who wants to log in.

    `user` is one who may, `row` also one who may not; `domain_id` is that of an enabled domain, or empty, and `driver` where
    its users come from. `who` names whom it is about in one and the same way, however it was put.
    """

    who: str
    given: Mapping[str, Any]
    user: User | None = None
    row: User | None = None
    domain_id: str = ""
    driver: str = SQL

    @property
    def spared(self) -> bool:
        """Whether failures do not count for this user."""
        return spares(self.row)


def claim(session: Session, settings: Settings, given: Mapping[str, Any]) -> Claim:
    """The user meant by {"id"} or {"name", "domain": {"id" or "name"}}; raises BadRequest when it means none."""
    found = session.execute(*_find(given)).first()
    if found is None:
        return Claim(_words(given), given)
    domain_id, enabled, row, option = found
    driver = str(option.get("value")) if option else SQL
    who = called(domain_id, row.name if row is not None else given["name"], driver)
    able = row is not None and enabled and row.enabled and not access.inactive(session, settings, row)
    return Claim(who, given, row if able else None, row, domain_id if enabled else "", driver)


def called(domain_id: str, name: str, driver: str) -> str:
    """How somebody is counted, by the name; where it comes from a directory, as those compare names."""
    return f"user:{domain_id}/{name if driver == SQL else ' '.join(name.split()).casefold()}"


def spares(row: User | None) -> bool:
    """Whether failures do not count for this user, whom others could shut out by them: services have this option."""
    return row is not None and bool(row.options.get("ignore_lockout_failure_attempts"))


def _find(given: Mapping[str, Any]) -> tuple[Any, dict[str, str]]:
    """The query that finds whom is meant, and its values."""
    domain = given.get("domain") or {}
    if "id" in given:
        return _query("user id"), {"id": given["id"]}
    if "name" in given and "id" in domain:
        return _query("domain id"), {"name": given["name"], "domain": domain["id"]}
    if "name" in given and "name" in domain:
        return _query("domain name"), {"name": given["name"], "domain": domain["name"]}
    raise BadRequest("Expecting to find a user by id, or by name and domain.", field="auth/identity/password/user")


@cache  # putting a query together takes longer than asking it
def _query(by: str) -> Any:
    """The domain's id and whether it is enabled, the user or None, and the option that says where its users come from."""
    user = User.id == bindparam("id") if by == "user id" else User.name == bindparam("name")
    domain = Project.name if by == "domain name" else Project.id
    place = user if by == "user id" else domain == bindparam("domain")
    driver = and_(
        DomainOption.domain_id == Project.id, DomainOption.section == "identity", DomainOption.name == "driver"
    )
    return (
        select(Project.id, Project.enabled, User, DomainOption.value)
        .outerjoin(User, and_(User.domain_id == Project.id, user))
        .outerjoin(DomainOption, driver)
        .where(place, Project.is_domain.is_(True))
    )


def _words(given: Mapping[str, Any]) -> str:
    """How somebody is counted whose domain, or id, is nobody's."""
    if "id" in given:
        return f"user:id/{given['id']}"
    domain = given["domain"]
    return f"user:{domain['id']}/{given['name']}" if "id" in domain else f"user:name:{domain['name']}/{given['name']}"
