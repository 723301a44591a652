"""OAuth2: a program exchanges its application credential for a bearer token (RFC 6749, client credentials grant)."""

from http import HTTPStatus
from typing import Any

from werkzeug.exceptions import ClientDisconnected, RequestEntityTooLarge

from pileus.core.errors import BadRequest, Fault, Unauthorized
from pileus.core.http import schema
from pileus.core.http.call import Call
from pileus.core.http.reply import Reply
from pileus.core.service import Route
from pileus.identity.schemas.auth import CREATE_TOKEN
from pileus.identity.views.tokens import log_in

_LONGEST = 64 * 1024  # bytes of a form
_NOT_KEPT = {"Cache-Control": "no-store", "Pragma": "no-cache"}  # RFC 6749, section 5.1
_KNOWN = ("grant_type", "client_id", "client_secret")


class Refused(Fault):
    """A request for a bearer token is refused, in the words of RFC 6749, section 5.2."""

    def __init__(self, error: str, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.status = status
        self.title = HTTPStatus(status).phrase
        self.body = {"error": error, "error_description": message}
        self.headers = dict(_NOT_KEPT)
        if status == 401:
            self.headers["WWW-Authenticate"] = 'Basic realm="application credentials", charset="UTF-8"'


def _form(call: Call) -> dict[str, str]:
    """The parameters of the form by name; raises Refused for one that is there twice or cannot be read."""
    call.request.max_content_length = call.request.max_form_memory_size = _LONGEST
    try:
        given = call.request.form
    except (RequestEntityTooLarge, ClientDisconnected):
        raise Refused("invalid_request", "The form is too long, or ends too early.") from None
    if twice := [name for name in _KNOWN if len(given.getlist(name)) > 1]:
        raise Refused("invalid_request", f"The parameter {twice[0]} is there more than once.")
    return {name: given[name] for name in _KNOWN if name in given}


def _client(call: Call, form: dict[str, str]) -> dict[str, Any]:
    """Who asks, as the method application_credential wants it: from the header Authorization, or else from the form."""
    header = call.request.authorization
    if header is not None and header.type == "basic":
        if "client_secret" in form:
            raise Refused("invalid_request", "Send the secret in the header or in the form, not in both.")
        named = {"id": header.username, "secret": header.password}
    else:
        named = {"id": form.get("client_id"), "secret": form.get("client_secret")}
    if not all(named.values()) or any("\0" in str(value) for value in named.values()):
        raise Refused("invalid_client", "Expecting id and secret of an application credential.", 401)
    return named


def create_bearer_token(call: Call) -> Reply:
    """Exchange an application credential for a token that is sent as Authorization: Bearer."""
    form = _form(call)
    if not form.get("grant_type"):
        raise Refused("invalid_request", "Expecting to find grant_type in the form.")
    if form["grant_type"] != "client_credentials":
        raise Refused("unsupported_grant_type", "The only grant_type here is client_credentials.")
    method = "application_credential"
    auth = {"identity": {"methods": [method], method: _client(call, form)}}
    try:
        schema.check({"auth": auth}, CREATE_TOKEN)
        issued = log_in(call, auth)
    except (BadRequest, Unauthorized):
        raise Refused("invalid_client", Unauthorized().message, 401) from None
    except Fault as fault:  # too many have failed, or what is needed does not answer
        refused = Refused("other_error", fault.message, fault.status)
        refused.headers |= fault.headers
        raise refused from fault
    token = issued.access.token
    left = int((token.expires - token.issued).total_seconds())
    return Reply({"access_token": issued.text, "token_type": "Bearer", "expires_in": left}, 200, _NOT_KEPT)


ROUTES = [
    Route("POST", "/v3/OS-OAUTH2/token", create_bearer_token, None, body="stream", write=False),
]
