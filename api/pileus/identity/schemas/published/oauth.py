"""What is granted to OAuth1 consumers, as it is shown."""

from pileus.core.service import Published
from pileus.identity.schemas.published.fields import (
    ID,
    MAYBE_MOMENT,
    TEXT,
    URI,
    Table,
    exactly,
    many,
    one,
    thing,
)
from pileus.identity.schemas.published.roles import ROLE

_FORM = "application/x-www-form-urlencoded"
_SIGNED = {"Authorization": {"type": "string", "description": "The signature of OAuth1 (RFC 5849)."}}
_PROJECT = {"Requested-Project-Id": ID}
_GRANTED = {
    "id": ID,
    "consumer_id": ID,
    "authorizing_user_id": ID,
    "project_id": ID,
    "expires_at": MAYBE_MOMENT,
    "links": exactly(self=URI, roles=URI),
}
ACCESS_TOKEN = thing("AccessToken", _GRANTED, closed=True)
_ALL = "/v3/users/<user_id>/OS-OAUTH1/access_tokens"

PUBLISHED: Table = {
    ("POST", "/v3/OS-OAUTH1/request_token"): Published(headers={**_SIGNED, **_PROJECT}, content_type=_FORM),
    ("POST", "/v3/OS-OAUTH1/access_token"): Published(headers=_SIGNED, content_type=_FORM),
    ("PUT", "/v3/OS-OAUTH1/authorize/<token_id>"): one("token", exactly(oauth_verifier=TEXT)),
    ("GET", _ALL): many("access_tokens", ACCESS_TOKEN, paged=False),
    ("GET", f"{_ALL}/<token_id>"): one("access_token", ACCESS_TOKEN),
    ("GET", f"{_ALL}/<token_id>/roles"): many("roles", ROLE, paged=False),
    ("GET", f"{_ALL}/<token_id>/roles/<role_id>"): one("role", ROLE),
}
