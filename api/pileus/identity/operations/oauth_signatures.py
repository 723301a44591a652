"""Signatures of OAuth1 requests (RFC 5849), checked by oauthlib; imported only where one is checked, for it takes memory."""

import datetime as dt
import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

from oauthlib.common import Request
from oauthlib.oauth1 import (
    SIGNATURE_HMAC_SHA1,
    SIGNATURE_HMAC_SHA256,
    SIGNATURE_HMAC_SHA512,
    AccessTokenEndpoint,
    RequestTokenEndpoint,
    RequestValidator,
    ResourceEndpoint,
)
from oauthlib.oauth1.rfc5849 import signature
from sqlalchemy import delete
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from pileus.core.config import Settings
from pileus.core.db import now
from pileus.core.errors import BadRequest, Unauthorized
from pileus.identity.models import AccessToken, Consumer, Nonce, RequestToken
from pileus.identity.operations.outside import Outside
from pileus.identity.operations.seals import decoy, unseal

LIFETIME = 600  # seconds by which the time of a signature may differ from ours
_NOBODYS = "0" * 32  # the consumer and token that are checked where there is none, so that the time is the same


def _plain(text: str, most: int) -> bool:
    """Whether what was said may be looked for in the database: not too long, and without NUL."""
    return len(text) <= most and "\0" not in text


class _Validator(RequestValidator):
    """What oauthlib asks about consumers and tokens."""

    enforce_ssl = False  # the proxy in front has seen to it
    timestamp_lifetime = LIFETIME
    allowed_signature_methods = (SIGNATURE_HMAC_SHA1, SIGNATURE_HMAC_SHA256, SIGNATURE_HMAC_SHA512)
    dummy_client = dummy_request_token = dummy_access_token = _NOBODYS

    def __init__(self, session: Session, settings: Settings) -> None:
        super().__init__()
        self.session, self.settings = session, settings
        self.granted: Request | None = None
        self._nobodys = decoy(settings, _NOBODYS)

    def _secret(self, row: Consumer | RequestToken | AccessToken | None) -> str:
        return unseal(self.settings, row.sealed if row is not None else self._nobodys)

    def check_client_key(self, client_key: str) -> bool:
        return _plain(client_key, 64)

    def check_request_token(self, request_token: str) -> bool:
        return _plain(request_token, 64)

    def check_access_token(self, request_token: str) -> bool:
        return _plain(request_token, 64)

    def check_nonce(self, nonce: str) -> bool:
        return len(nonce) >= 8 and _plain(nonce, 128)

    def check_verifier(self, verifier: str) -> bool:
        return _plain(verifier, 64)

    def get_client_secret(self, client_key: str, request: Request) -> str:
        return self._secret(self.session.get(Consumer, client_key))

    def get_request_token_secret(self, client_key: str, token: str, request: Request) -> str:
        return self._secret(self.session.get(RequestToken, token))

    def get_access_token_secret(self, client_key: str, token: str, request: Request) -> str:
        return self._secret(self.session.get(AccessToken, token))

    def get_default_realms(self, client_key: str, request: Request) -> list[str]:
        return []

    def get_realms(self, token: str, request: Request) -> list[str]:
        return []

    def validate_client_key(self, client_key: str, request: Request) -> bool:
        return self.session.get(Consumer, client_key) is not None

    def validate_request_token(self, client_key: str, token: str, request: Request) -> bool:
        return self._live(self.session.get(RequestToken, token), client_key)

    def validate_access_token(self, client_key: str, token: str, request: Request) -> bool:
        return self._live(self.session.get(AccessToken, token), client_key)

    @staticmethod
    def _live(row: RequestToken | AccessToken | None, client_key: str) -> bool:
        ours = row is not None and row.consumer_id == client_key
        return ours and row is not None and (row.expires_at is None or row.expires_at > now())

    def validate_timestamp_and_nonce(
        self,
        client_key: str,
        timestamp: str,
        nonce: str,
        request: Request,
        request_token: str | None = None,
        access_token: str | None = None,
    ) -> bool:
        return True  # `spend` sees to it, once the signature is known to be right

    def validate_verifier(self, client_key: str, token: str, verifier: str, request: Request) -> bool:
        row = self.session.get(RequestToken, token)
        expected = (row.verifier if row is not None else None) or ""
        right = hmac.compare_digest(expected.encode(), verifier.encode())
        return right and row is not None and bool(row.user_id)

    def validate_redirect_uri(self, client_key: str, redirect_uri: str, request: Request) -> bool:
        return True  # nobody is sent anywhere: the verifier is handed on by the user

    def validate_requested_realms(self, client_key: str, realms: list[str], request: Request) -> bool:
        return True

    def validate_realms(
        self,
        client_key: str,
        token: str,
        request: Request,
        uri: str | None = None,
        realms: list[str] | None = None,
    ) -> bool:
        return True

    def save_request_token(self, token: Any, request: Request) -> None:
        self.granted = request

    def save_access_token(self, token: Any, request: Request) -> None:
        self.granted = request

    def invalidate_request_token(self, client_key: str, request_token: str, request: Request) -> None:
        pass  # it is deleted when it is exchanged


@dataclass(frozen=True)
class Signed:
    """A request whose signature is right: whose it is, by which token, and what makes it the only one of its kind."""

    consumer_id: str
    token_id: str
    nonce: str


def for_request_token(session: Session, settings: Settings, request: Outside) -> Signed:
    """Check a request for a request token. Raises BadRequest for a malformed one and Unauthorized for a wrong signature."""
    validator = _Validator(session, settings)
    return _granted(validator, RequestTokenEndpoint(validator).create_request_token_response, request)


def for_access_token(session: Session, settings: Settings, request: Outside) -> Signed:
    """Check a request for an access token, which brings the verifier; raises as for_request_token does."""
    validator = _Validator(session, settings)
    return _granted(validator, AccessTokenEndpoint(validator).create_access_token_response, request)


def for_login(session: Session, settings: Settings, request: Outside) -> Signed:
    """Check a request that was signed with an access token; raises as for_request_token does."""
    validator = _Validator(session, settings)
    endpoint = ResourceEndpoint(validator)

    def respond(url: str, **parts: Any) -> tuple[Any, str | None, int]:
        right, asked = endpoint.validate_protected_resource_request(url, **parts)
        validator.granted = asked if right else None
        return None, None, 200 if right else 401

    return _granted(validator, respond, request)


def claimed(request: Outside) -> str:
    """The consumer that a request says it comes from; empty where it says nothing that can be read."""
    try:
        found = dict(signature.collect_parameters(headers={"Authorization": request.header("Authorization")}))
    except ValueError:
        return ""
    return str(found.get("oauth_consumer_key", ""))


def _granted(validator: _Validator, respond: Callable[..., tuple[Any, str | None, int]], request: Outside) -> Signed:
    refusal = ""
    said = request.header("Authorization")
    headers = {"Authorization": said} if said else {}
    for url in request.urls:
        try:
            _, text, status = respond(url, http_method="POST", body="", headers=headers)
        except ValueError as error:  # what oauthlib says to a header that is no list of parameters
            raise BadRequest(f"The Authorization header is malformed: {error}", field="Authorization") from None
        if (found := validator.granted) is not None:
            return Signed(str(found.client_key), found.resource_owner_key or "", _nonce(found))
        if status == 400:
            refusal = _words(text)
    if refusal:
        raise BadRequest(refusal, field="Authorization")
    raise Unauthorized("Invalid signature.")


def _words(text: str | None) -> str:
    """What oauthlib says in "error=...&error_description=..."."""
    said = parse_qs(text or "")
    return " ".join((said.get("error_description") or said.get("error") or ["invalid request"])[0].splitlines())[:300]


def _nonce(asked: Request) -> str:
    parts = (asked.client_key, asked.resource_owner_key, asked.timestamp, asked.nonce)
    return hashlib.sha256("\n".join(str(part) for part in parts).encode()).hexdigest()


def spend(session: Session, signed: Signed) -> None:
    """Remember that a request was seen; raises Unauthorized when it was seen before. Forgets those that are too old anyway."""
    moment = now()
    session.execute(delete(Nonce).where(Nonce.expires_at < moment))
    try:
        with session.begin_nested():
            session.add(Nonce(key=signed.nonce, expires_at=moment + dt.timedelta(seconds=2 * LIFETIME)))
    except IntegrityError:
        raise Unauthorized("This signed request was used before.") from None
