"""What goes when a user, project or domain goes, beyond what the database does by itself."""

from collections.abc import Sequence

from sqlalchemy import delete
from sqlalchemy.orm import Session

from pileus.identity.models import ApplicationCredential, Credential, Limit, Trust


def of_projects(session: Session, ids: Sequence[str]) -> None:
    """Delete what belongs to projects, or to a domain, that are about to be deleted."""
    session.execute(delete(Credential).where(Credential.project_id.in_(ids)))
    session.execute(delete(ApplicationCredential).where(ApplicationCredential.project_id.in_(ids)))
    session.execute(delete(Trust).where(Trust.project_id.in_(ids)))
    session.execute(delete(Limit).where(Limit.project_id.in_(ids)))
    session.execute(delete(Limit).where(Limit.domain_id.in_(ids)))
