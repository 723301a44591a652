"""The method "external": a proxy that we trust has authenticated the user, and says in a header who it is."""

from typing import Any

from pileus.core.errors import Unauthorized
from pileus.identity.operations.methods import existing
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
    place = {"name": domain} if domain else {"id": DEFAULT_DOMAIN}
    attempt.identify(existing.find(attempt, {"name": name, "domain": place}))
