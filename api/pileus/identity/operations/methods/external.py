"""The method "external": a proxy that we trust has authenticated the user, and says in a header who it is."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import aliased

from pileus.core.errors import Unauthorized
from pileus.identity.models import Project, User
from pileus.identity.operations.methods.attempt import Attempt

DEFAULT_DOMAIN = "default"


def authenticate(attempt: Attempt, _payload: Any) -> None:
    """Believe the header; the setting may name a second one, after a comma, for the name of the user's domain."""
    names = [name.strip().lower() for name in attempt.settings.external_header.split(",")]
    outside = attempt.outside
    if not names[0] or not outside.proxied:
        raise Unauthorized()
    said = {name.lower(): value.strip() for name, value in outside.headers.items()}
    name, domain = said.get(names[0], ""), said.get(names[1], "") if len(names) > 1 else ""
    if not name:
        raise Unauthorized()
    home = aliased(Project)
    place = home.name == domain if domain else home.id == DEFAULT_DOMAIN
    user = attempt.session.execute(
        select(User).join(home, home.id == User.domain_id).where(User.name == name, home.is_domain.is_(True), place)
    ).scalar_one_or_none()
    if user is None:
        raise Unauthorized()
    attempt.identify(user)
