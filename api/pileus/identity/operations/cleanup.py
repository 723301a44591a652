"""What goes when a user, project or domain goes, beyond what the database does by itself."""

from collections.abc import Sequence

from sqlalchemy.orm import Session


def of_users(session: Session, ids: Sequence[str]) -> None:
    """Delete what belongs to users who are about to be deleted."""


def of_projects(session: Session, ids: Sequence[str]) -> None:
    """Delete what belongs to projects that are about to be deleted."""


def of_domain(session: Session, domain_id: str) -> None:
    """Delete what belongs to a domain that is about to be deleted."""
