"""Asking an OpenID provider: its metadata and keys, access tokens and codes checked, claims fetched.

OpenID Connect Core 1.0 and Discovery 1.0; RFC 7662 (introspection), RFC 7636 (PKCE), RFC 9068 (access tokens as JWT). What
is not there (PyJWT, requests) is loaded when somebody first logs in by a provider.
"""

import ipaddress
import logging
import threading
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlsplit

import orjson

from pileus.core.errors import Unauthorized, Unavailable
from pileus.identity.operations.federation.assertions import OpenID

log = logging.getLogger(__name__)

Claims = dict[str, Any]
MAX_ANSWER = 1 << 20  # bytes a provider may answer with
MAX_TOKEN = 16384  # characters of a token
_KEPT = 3600.0  # seconds for which metadata and keys are believed
_PAUSE = 10.0  # seconds between looks for a key that is not there
_SILENCE = 5.0  # seconds for which a provider that did not answer is not asked for its metadata again
_LEEWAY = 30  # seconds by which clocks may differ
_REMEMBERED = 256  # providers per process


def refused(reason: object) -> Unauthorized:
    """The fault for what a provider has not signed, or not for us; the log says why."""
    log.info("what an identity provider is said to say is not believed: %s", reason)
    return Unauthorized("The identity provider's answer is not valid.")


@dataclass
class Provider:
    """A provider as this process knows it."""

    source: OpenID
    metadata: Claims = field(default_factory=dict)
    keys: dict[str, Any] = field(default_factory=dict)  # by key id
    _metadata_until: float = 0.0
    _silent_until: float = 0.0
    _keys_until: float = 0.0
    _keys_at: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def about(self) -> Claims:
        """The provider's metadata. Raises Unavailable when it does not answer, Unauthorized when it is another one's."""
        with self._lock:
            if time.monotonic() > self._metadata_until:
                if time.monotonic() < self._silent_until:
                    raise Unavailable("The identity provider does not answer.")
                url = self.source.issuer.rstrip("/") + "/.well-known/openid-configuration"
                found = self.ask("GET", url)
                if found.get("issuer") != self.source.issuer:
                    raise refused(f"{url} speaks for {found.get('issuer')!r}")
                self.metadata, self._metadata_until = found, time.monotonic() + _KEPT
            return self.metadata

    def endpoint(self, name: str) -> str:
        """The address of an endpoint; raises Unavailable when the provider has none."""
        found = self.about().get(name)
        if not isinstance(found, str):
            raise Unavailable(f"The identity provider has no {name}.")
        return found

    def ask(self, method: str, url: str, *, proof: bool = False, **more: Any) -> Claims:
        """Send a request; the JSON object it is answered with, or else Unavailable.

        With `proof` it holds what proves somebody to be somebody: then 4xx is Unauthorized.
        """
        import requests  # noqa: PLC0415 - most processes never need it

        if not _confidential(url):
            raise Unavailable("The identity provider is not reached by https.")
        usual: dict[str, Any] = {"verify": self.source.ca_file or True, "allow_redirects": False, "stream": True}
        raw = b""
        try:
            with requests.request(method, url, timeout=self.source.timeout, **usual, **more) as answer:
                for piece in answer.iter_content(1 << 16):
                    raw += piece
                    if len(raw) > MAX_ANSWER:
                        raise ValueError("it answers without an end")
        except (requests.RequestException, OSError, ValueError) as error:
            log.warning("the identity provider %s does not answer: %s", self.source.issuer, type(error).__name__)
            self._silent_until = time.monotonic() + _SILENCE
            raise Unavailable("The identity provider does not answer.") from None
        if proof and 400 <= answer.status_code < 500:
            raise refused(f"{urlsplit(url).path} answered {answer.status_code}")
        return self._read(answer.status_code, raw)

    def _read(self, status: int, raw: bytes) -> Claims:
        try:
            found = orjson.loads(raw) if status == 200 else None
        except orjson.JSONDecodeError:
            found = None
        if not isinstance(found, dict):
            log.warning(
                "the identity provider %s answered %s with something else than JSON", self.source.issuer, status
            )
            raise Unavailable("The identity provider's answer makes no sense.")
        return found

    def post(self, url: str, values: dict[str, str]) -> Claims:
        """Send a form as the client that we are to the provider."""
        source, secret = self.source, self.source.secret
        methods = self.about().get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
        if secret and "client_secret_basic" in methods:
            pair = (quote(source.client_id, safe=""), quote(secret, safe=""))
            return self.ask("POST", url, proof=True, data=values, auth=pair)
        known = {"client_id": source.client_id, **({"client_secret": secret} if secret else {})}
        return self.ask("POST", url, proof=True, data={**values, **known})

    def key(self, key_id: str | None) -> Any:
        """The key that signs under this id; fetches the keys again when it is not among those known."""
        with self._lock:
            moment = time.monotonic()
            missing = key_id not in self.keys and moment > self._keys_at + _PAUSE
            stale = moment > self._keys_until or missing
        if stale:
            fetched = _keys(self.ask("GET", self.endpoint("jwks_uri")))
            with self._lock:
                self.keys, self._keys_at, self._keys_until = fetched, moment, moment + _KEPT
        if key_id is None and len(self.keys) == 1:
            return next(iter(self.keys.values()))
        found = self.keys.get(key_id or "")
        if found is None:
            raise refused("it is signed with an unknown key")
        return found

    def verify(self, text: str, audience: list[str], require: tuple[str, ...] = ()) -> Claims:
        """The claims of a signed token; raises Unauthorized unless the provider made it, for one of the audience."""
        import jwt  # noqa: PLC0415 - most processes never need it

        try:
            header = jwt.get_unverified_header(text)
            if header.get("alg") not in self.source.algorithms:
                raise refused(f"the algorithm {str(header.get('alg'))[:16]!r} is not allowed")
            claims: Claims = jwt.decode(
                text,
                self.key(header.get("kid")),
                algorithms=list(self.source.algorithms),
                audience=audience,
                issuer=self.source.issuer,
                leeway=_LEEWAY,
                options={"require": ["exp", "iss", "aud", *require]},
            )
        except (jwt.PyJWTError, ValueError, TypeError) as error:
            raise refused(error) from None
        return claims

    def of_access_token(self, token: str) -> Claims:
        """The claims behind an access token: a JWT is checked here, any other by asking the provider (introspection)."""
        if not token or len(token) > MAX_TOKEN:
            raise Unauthorized()
        signed = token.count(".") == 2
        claims = self.verify(token, self.source.audiences, ("sub",)) if signed else self._introspected(token)
        try:
            return self._with_userinfo(claims, token, claims.get("scope"))
        except Unauthorized:  # a token made out for us need not open the provider's own endpoint
            return claims

    def _introspected(self, token: str) -> Claims:
        claims = self.post(self.endpoint("introspection_endpoint"), {"token": token, "token_type_hint": "access_token"})
        meant = claims.get("aud") or claims.get("client_id") or []
        meant = meant if isinstance(meant, list) else [meant]
        if claims.get("active") is not True or not set(meant) & set(self.source.audiences):
            raise refused("the access token is over, or made out for somebody else")
        if claims.get("iss", self.source.issuer) != self.source.issuer:
            raise refused("the access token was issued by somebody else")
        return {**claims, "iss": self.source.issuer}

    def of_code(self, code: str, verifier: str, redirect: str, nonce: str) -> Claims:
        """The claims that a code of the authorization code flow stands for."""
        values = {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect, "code_verifier": verifier}
        answer = self.post(self.endpoint("token_endpoint"), values)
        claims = self.verify(str(answer.get("id_token", "")), [self.source.client_id], ("iat", "sub"))
        if claims.get("nonce") != nonce:
            raise refused("the ID token is not of this login")
        meant = claims["aud"] if isinstance(claims["aud"], list) else [claims["aud"]]
        if claims.get("azp", self.source.client_id) != self.source.client_id or (
            len(meant) > 1 and "azp" not in claims
        ):
            raise refused("the ID token was made for another client")
        return self._with_userinfo(
            claims, str(answer.get("access_token") or ""), answer.get("scope") or self.source.scopes
        )

    def _with_userinfo(self, claims: Claims, token: str, scope: Any) -> Claims:
        """The claims, with those of the userinfo endpoint where the token opens it; some write the scope as a list."""
        scopes = scope if isinstance(scope, list) else str(scope or "").split()
        if not self.source.userinfo or not token or "openid" not in scopes:
            return claims
        if "userinfo_endpoint" not in self.about():
            return claims
        bearer = {"Authorization": f"Bearer {token}"}
        more = self.ask("GET", self.endpoint("userinfo_endpoint"), proof=True, headers=bearer)
        if more.get("sub") != claims.get("sub"):
            raise refused("the userinfo endpoint speaks of somebody else")
        return {**more, **claims}


def _keys(found: Claims) -> dict[str, Any]:
    """The keys of a JWK set that verify signatures, by key id."""
    import jwt  # noqa: PLC0415 - most processes never need it

    keys: dict[str, Any] = {}
    for entry in found.get("keys", []):
        try:
            if (
                isinstance(entry, dict)
                and entry.get("use", "sig") == "sig"
                and entry.get("kty") in ("RSA", "EC", "OKP")
            ):
                keys[str(entry.get("kid", ""))] = jwt.PyJWK(entry)
        except jwt.PyJWTError:  # a key of a kind that is not known here signs nothing that we could check
            continue
    return keys


def _confidential(url: str) -> bool:
    """Whether what is sent there can be read by nobody else: https, or this machine itself."""
    parts = urlsplit(url)
    if parts.scheme == "https":
        return True
    try:
        return parts.scheme == "http" and ipaddress.ip_address(parts.hostname or "").is_loopback
    except ValueError:
        return False


_providers: dict[OpenID, Provider] = {}


def provider(source: OpenID) -> Provider:
    """The provider of a source; one per process, as long as the source stays as it is."""
    found = _providers.get(source)
    if found is None:
        if len(_providers) >= _REMEMBERED:
            _providers.clear()
        found = _providers[source] = Provider(source)
    return found
