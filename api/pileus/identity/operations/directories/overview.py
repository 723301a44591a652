"""The domains that have a directory, and how many of its users and groups are known here."""

from dataclasses import dataclass

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from pileus.identity.models import Group, Project, User
from pileus.identity.operations.directories.configuration import domains
from pileus.identity.operations.directories.shadows import LDAP


@dataclass(frozen=True)
class Known:
    """How many rows of this cloud stand for something in a directory."""

    users: int
    groups: int


def served(session: Session, domain: str | None = None) -> dict[str, str]:
    """The names of the domains with a directory by id, in order of their names; or of the one that an id or a name means."""
    chosen = select(Project.id, Project.name).where(Project.id.in_(domains(session))).order_by(Project.name)
    if domain is not None:
        chosen = chosen.where(or_(Project.id == domain, Project.name == domain))
    return {row.id: row.name for row in session.execute(chosen)}


def known(session: Session, domain_id: str) -> Known:
    """Whom Pileus knows from the directory of a domain."""
    counts = [
        session.execute(
            select(func.count()).select_from(model).where(model.domain_id == domain_id, model.source == LDAP)
        ).scalar_one()
        for model in (User, Group)
    ]
    return Known(*counts)
