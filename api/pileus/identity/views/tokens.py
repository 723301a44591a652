"""Tokens: get one, look at one, give one back; and what the caller could get one for."""

import re
from collections.abc import Mapping
from typing import Any

from pileus.core.errors import BadRequest, Fault, Forbidden, NotFound, TooManyRequests, Unauthorized
from pileus.core.http.call import Call
from pileus.core.http.reply import Reply
from pileus.core.service import Route
from pileus.identity.operations import access, login, revocations, token_catalog, tokens
from pileus.identity.operations.access import Access, stamp
from pileus.identity.operations.federation.providers import trusting_clouds
from pileus.identity.operations.moments import parse
from pileus.identity.operations.receipts import MoreMethods
from pileus.identity.schemas.auth import CREATE_TOKEN
from pileus.identity.views.audited import record_login
from pileus.identity.views.listing import collection, flag
from pileus.identity.views.outside import outside_of
from pileus.identity.views.reach import permit


def body_of(call: Call, worth: Access, *, catalog: bool) -> dict[str, Any]:
    """A token as the API shows it."""
    token = worth.token
    shown: dict[str, Any] = {
        "methods": list(token.methods),
        "user": worth.user,
        "audit_ids": list(token.audit_ids),
        "expires_at": stamp(token.expires),
        "issued_at": stamp(token.issued),
    }
    if worth.project is not None:
        shown |= {"project": worth.project, "is_domain": False}  # nobody logs in to a domain as a project
    if worth.domain is not None:
        shown["domain"] = worth.domain
    if worth.system:
        shown["system"] = {"all": True}
    if worth.roles:
        shown["roles"] = list(worth.roles)
        if catalog:
            project_id = worth.project["id"] if worth.project else None
            shown["catalog"] = token_catalog.of_scope(call.session, call.settings, project_id, worth.user["id"])
    if clouds := trusting_clouds(call.session, call.settings):
        shown["service_providers"] = clouds
    if worth.trust is not None:
        shown["OS-TRUST:trust"] = worth.trust
    if worth.application_credential is not None:
        shown["application_credential"] = worth.application_credential
    if worth.oauth is not None:
        shown["OS-OAUTH1"] = worth.oauth
    return {"token": shown}


def _claimed(identity: dict[str, Any]) -> str:
    """Whom a login claims to be: an id, or a name."""
    for method in ("password", "totp", "application_credential", *identity["methods"]):
        given = identity.get(method)
        if isinstance(given, dict):
            # elsewhere an id is the secret itself: that of a token
            user = given.get("user") or (given if method == "application_credential" else None)
            if isinstance(user, dict):
                return str(user.get("id") or user.get("name") or "")
    return ""


def log_in(call: Call, auth: Mapping[str, Any], receipt: str | None = None) -> login.Issued:
    """The token for what the body of a login asks for; the audit trail tells of it however it ends."""
    try:
        issued = login.log_in(call.session, call.database, call.settings, auth, receipt, call.address, outside_of(call))
    except MoreMethods:
        record_login(call, _claimed(auth["identity"]), "pending")
        raise
    except TooManyRequests:
        raise  # nothing was checked; those that led to it are recorded
    except Fault:
        record_login(call, _claimed(auth["identity"]), "failure")
        raise
    record_login(call, issued.access.token.user_id, "success")
    return issued


def create_token(call: Call) -> Reply:
    """Log in."""
    issued = log_in(call, call.body["auth"], call.request.headers.get("Openstack-Auth-Receipt"))
    body = body_of(call, issued.access, catalog=not flag(call, "nocatalog"))
    return Reply(body, 201, {"X-Subject-Token": issued.text})


def _reach_subject(call: Call, grace: int = 0) -> tuple[str, Access]:
    """The token in X-Subject-Token. A bad one is not found, whoever asks: nobody learns anything from that."""
    text = call.request.headers.get("X-Subject-Token")
    if not text:
        raise BadRequest("Expecting to find a token in the header X-Subject-Token.", field="X-Subject-Token")
    try:
        worth = access.load(call.session, call.settings, text, grace=grace)
    except Unauthorized:
        raise NotFound("Could not find token.") from None
    permit(call, {"target.token.user_id": worth.token.user_id})
    return text, worth


def _holds_to_access_rules(call: Call) -> bool:
    """Whether the caller says that it holds tokens to their access rules, as keystonemiddleware does since Train."""
    version = call.request.headers.get("OpenStack-Identity-Access-Rules", "").strip()
    return _VERSION.fullmatch(version) is not None and float(version) >= 1


def show_token(call: Call) -> Reply:
    """What a token is worth; 404 for a bad one, and for one with access rules when the caller does not know of them."""
    grace = call.settings.token_expired_window if flag(call, "allow_expired") else 0
    text, worth = _reach_subject(call, grace)
    if tokens.bound(worth) and not _holds_to_access_rules(call):
        raise NotFound("Could not find token.")
    body = body_of(call, worth, catalog=not flag(call, "nocatalog"))
    return Reply(body, 200, {"X-Subject-Token": text})


def revoke_token(call: Call) -> None:
    """Make a token worthless, and all that were got from it, unless `cascade` is off."""
    _, worth = _reach_subject(call)
    cascade = "cascade" not in call.query or flag(call, "cascade")
    tokens.revoke(call.session, call.settings, worth.token, cascade=cascade)


def list_revoked_tokens(call: Call) -> None:
    """The list of revoked PKI tokens, of which there are none: 403 as Keystone answers, whoever asks."""
    raise Forbidden("There are no PKI tokens; GET /v3/OS-REVOKE/events says what was revoked.")


def show_catalog(call: Call) -> dict[str, Any]:
    """The catalog of the project that the caller's own token is for."""
    if call.context.project_id is None:
        raise Forbidden("Only with a token for a project is there a catalog to show.")
    found = token_catalog.of_scope(call.session, call.settings, call.context.project_id, call.context.user_id)
    return {"catalog": found, "links": {"next": None, "self": call.url("/v3/auth/catalog"), "previous": None}}


def list_revocations(call: Call) -> dict[str, Any]:
    """What was revoked, for services that check tokens by themselves."""
    since = parse(call.query.get("since"), "since")
    shown = []
    for row in call.session.execute(revocations.events(since)).scalars():
        name = _EVENT_NAMES[row.kind]
        shown.append({name: row.subject, "issued_before": stamp(row.before), "revoked_at": stamp(row.created_at)})
    return collection(call, "events", shown)


_VERSION = re.compile(r"[0-9]{1,4}(\.[0-9]{1,4})?")
_EVENT_NAMES = {
    "audit": "audit_id",
    "chain": "audit_chain_id",
    "user": "user_id",
    "project": "project_id",
    "domain": "domain_id",
    "trust": "OS-TRUST:trust_id",
    "application_credential": "application_credential_id",
    "access_token": "OS-OAUTH1:access_token_id",
}

ROUTES = [
    Route("POST", "/v3/auth/tokens", create_token, None, status=201, schema=CREATE_TOKEN, write=False),
    Route("GET", "/v3/auth/tokens", show_token, "identity:validate_token", late=True),
    Route("HEAD", "/v3/auth/tokens", show_token, "identity:check_token", late=True),
    Route("DELETE", "/v3/auth/tokens", revoke_token, "identity:revoke_token", status=204, late=True),
    Route("GET", "/v3/auth/tokens/OS-PKI/revoked", list_revoked_tokens, "identity:revocation_list"),
    Route("GET", "/v3/OS-REVOKE/events", list_revocations, "identity:list_revoke_events"),
    Route("GET", "/v3/auth/catalog", show_catalog, "identity:get_auth_catalog"),
]
