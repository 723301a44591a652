"""What is granted to OAuth1 consumers, and the bearer tokens of OAuth2, as they are shown."""

from pileus.core.service import Published
from pileus.identity.schemas.published.fields import (
    ID,
    MAYBE_MOMENT,
    TEXT,
    URI,
    Schema,
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
_BASIC = {"Authorization": {"type": "string", "description": "Basic: id and secret of an application credential."}}
_GRANT: Schema = {
    "type": "object",
    "properties": {"grant_type": {"const": "client_credentials"}, "client_id": TEXT, "client_secret": TEXT},
    "required": ["grant_type"],
}
_BEARER = exactly(access_token=TEXT, token_type={"const": "Bearer"}, expires_in={"type": "integer", "minimum": 0})
_OAUTH2_REFUSAL: Schema = {  # an object where the request was refused before anybody looked at what it is for
    "type": "object",
    "properties": {"error": {"type": ["string", "object"]}, "error_description": TEXT},
    "required": ["error"],
}
_ALL = "/v3/users/<user_id>/OS-OAUTH1/access_tokens"

PUBLISHED: Table = {
    ("POST", "/v3/OS-OAUTH1/request_token"): Published(headers={**_SIGNED, **_PROJECT}, content_type=_FORM),
    ("POST", "/v3/OS-OAUTH1/access_token"): Published(headers=_SIGNED, content_type=_FORM),
    ("POST", "/v3/OS-OAUTH2/token"): Published(_BEARER, headers=_BASIC, form=_GRANT, refusal=_OAUTH2_REFUSAL),
    ("PUT", "/v3/OS-OAUTH1/authorize/<token_id>"): one("token", exactly(oauth_verifier=TEXT)),
    ("GET", _ALL): many("access_tokens", ACCESS_TOKEN, paged=False),
    ("GET", f"{_ALL}/<token_id>"): one("access_token", ACCESS_TOKEN),
    ("GET", f"{_ALL}/<token_id>/roles"): many("roles", ROLE, paged=False),
    ("GET", f"{_ALL}/<token_id>/roles/<role_id>"): one("role", ROLE),
}
