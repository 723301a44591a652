"""OAuth1: a consumer asks for a request token, a user agrees, and the consumer exchanges it for an access token."""

import datetime as dt
from typing import Any
from urllib.parse import urlencode

from pileus.core.errors import BadRequest
from pileus.core.http.call import Call
from pileus.core.http.reply import Reply
from pileus.core.service import Route
from pileus.identity.operations import access_tokens, request_tokens
from pileus.identity.operations.access import stamp
from pileus.identity.schemas.oauth import AUTHORIZE
from pileus.identity.views.audited import record_change
from pileus.identity.views.outside import outside_of


def _form(token_id: str, secret: str, end: dt.datetime | None) -> Reply:
    """A token as OAuth1 hands it out (RFC 5849, section 2.1)."""
    parts = {"oauth_token": token_id, "oauth_token_secret": secret}
    if end is not None:
        parts["oauth_expires_at"] = stamp(end)
    return Reply(urlencode(parts), 201, content_type="application/x-www-form-urlencoded")


def create_request_token(call: Call) -> Reply:
    """Make a request token for the consumer that signed the request."""
    project_id = call.request.headers.get("Requested-Project-Id", "")
    if not project_id:
        raise BadRequest(
            "Expecting to find a project in the header Requested-Project-Id.", field="Requested-Project-Id"
        )
    row, secret = request_tokens.create(call.session, call.settings, outside_of(call), project_id)
    record_change(call, row.consumer_id, "create_request_token", ("request_token", row.id))
    return _form(row.id, secret, row.expires_at)


def authorize(call: Call, token_id: str) -> dict[str, Any]:
    """Agree to what a consumer asks for."""
    worth = call.context.more["access"]
    verifier = request_tokens.authorize(call.session, worth, token_id, call.body["roles"])
    return {"token": {"oauth_verifier": verifier}}


def create_access_token(call: Call) -> Reply:
    """Exchange an authorized request token for an access token."""
    row, secret = access_tokens.create(call.session, call.settings, outside_of(call))
    record_change(call, row.consumer_id, "create_access_token", ("access_token", row.id))
    return _form(row.id, secret, row.expires_at)


_BASE = "/v3/OS-OAUTH1"

ROUTES = [
    Route("POST", f"{_BASE}/request_token", create_request_token, None, status=201, body="stream"),
    Route("PUT", f"{_BASE}/authorize/<token_id>", authorize, "identity:authorize_request_token", schema=AUTHORIZE),
    Route("POST", f"{_BASE}/access_token", create_access_token, None, status=201, body="stream"),
]
