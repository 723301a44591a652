"""A user of this cloud, from SQL or a directory, of whom somebody else has proved who it is."""

from collections.abc import Mapping
from typing import Any

from pileus.core.errors import Unauthorized
from pileus.identity.models import User
from pileus.identity.operations import directories
from pileus.identity.operations.claims import claim
from pileus.identity.operations.methods.attempt import Attempt


def find(attempt: Attempt, given: Mapping[str, Any]) -> User:
    """The user meant by {"id"} or {"name", "domain": {"id" or "name"}}; raises Unauthorized for one who may not work."""
    session, settings = attempt.session, attempt.settings
    whom = claim(session, settings, given)
    known = directories.meant(session, settings, whom)
    user = whom.user if known is None else directories.fetch(session, attempt.database, settings, known)
    if user is None:
        raise Unauthorized()
    return user
