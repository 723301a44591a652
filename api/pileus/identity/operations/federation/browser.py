"""The browser's way in (OpenID Connect's authorization code flow): off to the provider, and back with a code.

What must be remembered meanwhile travels in a cookie, encrypted with the token keys: no process keeps anything.
"""

import base64
import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode, urlsplit

import orjson

from pileus.core.config import Settings
from pileus.core.db import now
from pileus.core.errors import Unauthorized
from pileus.identity.operations.access import stamp, vault
from pileus.identity.operations.federation import oidc
from pileus.identity.operations.federation.assertions import OpenID

LIFETIME = 600  # seconds that a person may take to log in at the provider
PATH = "/identity/v3/auth/OS-FEDERATION"  # where the cookie is sent to
_KIND = "sso"


@dataclass(frozen=True)
class Departure:
    """Someone who is at the provider; `state` comes back with the code, `nonce` in the ID token."""

    idp_id: str
    protocol_id: str
    origin: str
    state: str
    nonce: str
    verifier: str
    expires: str

    @property
    def cookie(self) -> str:
        """The name of the cookie: each login of a browser has its own."""
        return cookie_name(self.state)


def cookie_name(state: str) -> str:
    """The cookie that belongs to a state."""
    return f"pileus-sso-{hashlib.sha256(state.encode()).hexdigest()[:16]}"


def check_origin(settings: Settings, origin: str) -> str:
    """The address to which the token is sent; raises Unauthorized unless it is one of the setting `dashboards`."""
    known = [word.strip() for word in settings.dashboards.split(",") if word.strip()]
    if not any(hmac.compare_digest(origin.encode(), one.encode()) for one in known):
        raise Unauthorized(f"{origin[:200]} is not a trusted dashboard host.")
    return origin


def depart(settings: Settings, idp_id: str, protocol_id: str, origin: str) -> Departure:
    """Someone who sets out for a provider now."""
    return Departure(
        idp_id=idp_id,
        protocol_id=protocol_id,
        origin=check_origin(settings, origin),
        state=secrets.token_urlsafe(32),
        nonce=secrets.token_urlsafe(32),
        verifier=secrets.token_urlsafe(48),
        expires=stamp(now() + timedelta(seconds=LIFETIME)),
    )


def packed(settings: Settings, departure: Departure) -> str:
    """What the cookie holds."""
    return vault(settings).keys.encrypt(orjson.dumps([_KIND, vars(departure)]))


def returned(settings: Settings, cookie: str, state: str) -> Departure:
    """Who comes back; raises Unauthorized unless this browser set out with this state, not too long ago."""
    content = vault(settings).keys.decrypt(cookie) if cookie else None
    parts: Any = orjson.loads(content) if content else None
    if not isinstance(parts, list) or parts[:1] != [_KIND]:
        raise Unauthorized("This login was not begun in this browser.")
    found = Departure(**parts[1])
    if not hmac.compare_digest(found.state.encode(), state.encode()) or found.expires < stamp(now()):
        raise Unauthorized("This login was not begun in this browser, or too long ago.")
    check_origin(settings, found.origin)
    return found


def address(source: OpenID, departure: Departure, redirect: str) -> str:
    """Where at the provider the browser must go."""
    challenge = base64.urlsafe_b64encode(hashlib.sha256(departure.verifier.encode()).digest()).rstrip(b"=").decode()
    values = {
        "response_type": "code",
        "client_id": source.client_id,
        "redirect_uri": redirect,
        "scope": source.scopes,
        "state": departure.state,
        "nonce": departure.nonce,
        "code_challenge": challenge,
        "code_challenge_method": "S256",
    }
    endpoint = oidc.provider(source).endpoint("authorization_endpoint")
    return f"{endpoint}{'&' if urlsplit(endpoint).query else '?'}{urlencode(values)}"
