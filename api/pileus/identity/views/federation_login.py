"""Logging in by an identity provider: with a bearer token or a trusted proxy, or in a browser that is sent there and back."""

import base64
import secrets
from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from jinja2 import Environment, FileSystemLoader

from pileus.core.errors import BadRequest, Fault, NotFound, TooManyRequests, Unauthorized
from pileus.core.http.call import Call
from pileus.core.http.reply import Reply
from pileus.core.service import Route
from pileus.identity.operations import login, methods
from pileus.identity.operations.federation import assertions, browser, oidc, providers
from pileus.identity.operations.methods import Attempt, mapped
from pileus.identity.views.audited import record_login
from pileus.identity.views.outside import outside_of
from pileus.identity.views.tokens import body_of

_HTML = "text/html; charset=utf-8"
_CALLBACK = "/v3/auth/OS-FEDERATION/callback"
_PROVIDERS = "/v3/OS-FEDERATION/identity_providers/<idp_id>/protocols/<protocol_id>"
_AUTH = "/v3/auth/OS-FEDERATION"


def _issue(call: Call, protocol_id: str, who: str, identify: Callable[[Attempt], None]) -> login.Issued:
    """The unscoped token of someone whom `identify` finds; the audit trail tells of it either way."""
    attempt = Attempt(call.session, call.database, call.settings, call.address, outside=outside_of(call))
    try:
        methods.named(call.settings, protocol_id, "mapped")
        identify(attempt)
        attempt.passed(protocol_id)
        issued = login.conclude(attempt, "unscoped")
    except TooManyRequests:
        raise
    except Fault:
        record_login(call, who, "failure")
        raise
    record_login(call, issued.access.token.user_id, "success")
    return issued


def _vouched(call: Call, idp_id: str, protocol_id: str) -> login.Issued:
    who = f"{idp_id}/{protocol_id}"
    return _issue(call, protocol_id, who, lambda attempt: mapped.vouched(attempt, idp_id, protocol_id))


def log_in(call: Call, idp_id: str, protocol_id: str) -> Reply:
    """An unscoped token for someone whom a provider vouches for."""
    issued = _vouched(call, idp_id, protocol_id)
    body = body_of(call, issued.access, catalog=False)
    return Reply(body, 201, {"X-Subject-Token": issued.text, "Vary": "X-Auth-Token"})


def choose(call: Call, protocol_id: str) -> Reply:
    """Begin a single sign-on where only the protocol is named: by its one provider, or by the one that the person picks."""
    origin = _origin(call)
    found = [idp_id for idp_id, protocol in assertions.sources(call.settings) if protocol == protocol_id]
    usable = [idp_id for idp_id in found if _usable(call, idp_id, protocol_id)]
    if not usable:
        raise NotFound(f"No identity provider can be asked by the protocol {protocol_id[:64]}.")
    if len(usable) == 1:
        return sign_on(call, usable[0], protocol_id)
    query = urlencode({"origin": origin})
    choices = [
        (
            idp_id,
            call.url(f"{_AUTH}/identity_providers/{quote(idp_id, safe='')}/protocols/{protocol_id}/websso?{query}"),
        )
        for idp_id in usable
    ]
    return _page(call, "sso_choice.html", {}, choices=choices)


def _usable(call: Call, idp_id: str, protocol_id: str) -> bool:
    try:
        providers.able(call.session, idp_id, protocol_id)
    except Fault:
        return False
    return True


def sign_on(call: Call, idp_id: str, protocol_id: str) -> Reply:
    """Begin a single sign-on: send the browser to the provider, or take at once what a trusted proxy says."""
    origin = _origin(call)
    methods.named(call.settings, protocol_id, "mapped")
    providers.able(call.session, idp_id, protocol_id)
    source = assertions.source(call.settings, idp_id, protocol_id)
    if isinstance(source, assertions.Headers):
        return _hand_over(call, _vouched(call, idp_id, protocol_id), origin, {})
    departure = browser.depart(call.settings, idp_id, protocol_id, origin)
    cookie = _cookie(call, departure.cookie, browser.packed(call.settings, departure), browser.LIFETIME)
    target = browser.address(source, departure, call.url(_CALLBACK))
    return Reply(None, 302, {"Location": target, "Set-Cookie": cookie, "Cache-Control": "no-store"})


def _origin(call: Call) -> str:
    origin = call.query.get("origin")
    if not origin:
        raise BadRequest("Request must have an origin query parameter.", field="origin")
    return browser.check_origin(call.settings, origin)


def come_back(call: Call) -> Reply:
    """End a single sign-on: exchange the provider's code for who it is, and hand the token to the dashboard."""
    state = call.query.get("state", "")
    name = browser.cookie_name(state)
    departure = browser.returned(call.settings, call.request.cookies.get(name, ""), state)
    if "code" not in call.query:
        raise Unauthorized(f"The identity provider refused: {call.query.get('error', 'no code')[:64]}.")
    idp_id, protocol_id = departure.idp_id, departure.protocol_id
    source = assertions.source(call.settings, idp_id, protocol_id)
    if not isinstance(source, assertions.OpenID) or call.query.get("iss", source.issuer) != source.issuer:
        raise Unauthorized()  # or it comes from another provider (RFC 9207)

    def identify(attempt: Attempt) -> None:
        claims = oidc.provider(source).of_code(
            call.query["code"], departure.verifier, call.url(_CALLBACK), departure.nonce
        )
        mapped.said_of(attempt, idp_id, protocol_id, source, assertions.of_claims(claims))

    issued = _issue(call, protocol_id, f"{idp_id}/{protocol_id}", identify)
    return _hand_over(call, issued, departure.origin, {"Set-Cookie": _cookie(call, name, "", 0)})


def _cookie(call: Call, name: str, value: str, seconds: int) -> str:
    public = urlsplit(call.settings.public_url)
    secure = "; Secure" if public.scheme == "https" else ""
    return f"{name}={value}; Path={public.path}{browser.PATH}; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}"


def _hand_over(call: Call, issued: login.Issued, origin: str, headers: Mapping[str, str]) -> Reply:
    """A page that posts the token to the dashboard, as OpenStack's dashboard expects it."""
    return _page(call, "sso_token.html", headers, origin=origin, token=issued.text)


def _page(call: Call, template: str, headers: Mapping[str, str], **values: Any) -> Reply:
    """A page that runs only its own script and posts only to where it says."""
    nonce = base64.b64encode(secrets.token_bytes(16)).decode()
    parts = urlsplit(values.get("origin", ""))
    action = f"{parts.scheme}://{parts.netloc}" if parts.netloc else "'none'"
    policy = (
        f"default-src 'none'; script-src 'nonce-{nonce}'; form-action {action}; frame-ancestors 'none'; base-uri 'none'"
    )
    text = _pages(call.settings.root / "templates").get_template(template).render(nonce=nonce, **values)
    usual = {"Content-Security-Policy": policy, "Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
    return Reply(text, 200, {**usual, **headers}, _HTML)


@lru_cache(maxsize=8)
def _pages(folder: Path) -> Environment:
    return Environment(loader=FileSystemLoader(folder), autoescape=True)


_WEBSSO = f"{_AUTH}/identity_providers/<idp_id>/protocols/<protocol_id>/websso"

ROUTES = [
    *(Route(m, f"{_PROVIDERS}/auth", log_in, None, status=201, body="stream", write=False) for m in ("GET", "POST")),
    *(Route(m, f"{_AUTH}/websso/<protocol_id>", choose, None, body="stream", write=False) for m in ("GET", "POST")),
    *(Route(m, _WEBSSO, sign_on, None, body="stream", write=False) for m in ("GET", "POST")),
    Route("GET", _CALLBACK, come_back, None, body="stream", write=False),
]
