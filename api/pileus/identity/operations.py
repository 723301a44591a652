"""Rules of the identity service."""

from pileus.core.config import Settings
from pileus.core.context import Context
from pileus.core.errors import Unauthorized
from pileus.core.http.pipeline import Authenticate


def authenticator(settings: Settings) -> Authenticate:
    """How tokens become contexts."""

    def authenticate(session: object, token: str, request_id: str) -> Context:
        raise Unauthorized()

    return authenticate
