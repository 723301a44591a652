"""Where assertions come from: what the file of the setting `federation_file` says about each provider and protocol."""

import logging
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from functools import lru_cache
from pathlib import Path
from typing import Any

from pileus.core.config import Settings
from pileus.core.errors import Fault, Unauthorized
from pileus.identity.operations.outside import Outside

log = logging.getLogger(__name__)
MAX_VALUES = 1000  # values of one attribute


@dataclass(frozen=True)
class OpenID:
    """An OpenID provider that Pileus asks itself.

    `audience` is for whom access tokens must be made out (default: the client id); `userinfo` says whether the provider's
    userinfo endpoint is asked for more claims; `timeout` is in seconds.
    """

    issuer: str
    client_id: str
    client_secret_file: str = ""
    audience: Sequence[str] = ()
    ca_file: str = ""
    scopes: str = "openid email profile"
    algorithms: Sequence[str] = (
        "RS256",
        "RS384",
        "RS512",
        "PS256",
        "PS384",
        "PS512",
        "ES256",
        "ES384",
        "ES512",
        "EdDSA",
    )
    userinfo: bool = True
    timeout: float = 5.0
    remote_id_attribute: str = "HTTP_OIDC_ISS"

    @property
    def secret(self) -> str:
        """The secret by which the provider knows us; empty for a public client."""
        return Path(self.client_secret_file).read_text().strip() if self.client_secret_file else ""

    @property
    def audiences(self) -> list[str]:
        """For whom an access token may be made out."""
        return list(self.audience) or [self.client_id]


@dataclass(frozen=True)
class Headers:
    """A proxy in front that asks the provider (SAML, Kerberos, ...) and says the outcome in headers with this prefix."""

    prefix: str
    remote_id_attribute: str = ""


Source = OpenID | Headers
_KINDS: Mapping[str, type[OpenID] | type[Headers]] = {"oidc": OpenID, "headers": Headers}


class Misconfigured(Fault):
    """The file about providers is wrong: nobody can log in by them until it is right. The log says what is wrong."""


def sources(settings: Settings) -> Mapping[tuple[str, str], Source]:
    """The sources by (identity provider, protocol); the file is read again when it has changed."""
    if not settings.federation_file:
        return {}
    path = Path(settings.federation_file)
    try:
        return _read(path, path.stat().st_mtime_ns)
    except (OSError, TypeError, ValueError, AttributeError) as error:
        log.error("the setting federation_file: %s", error)
        raise Misconfigured("The file about identity providers cannot be used.") from error


@lru_cache(maxsize=8)
def _read(path: Path, _stamp: int) -> Mapping[tuple[str, str], Source]:
    found: dict[tuple[str, str], Source] = {}
    for idp_id, protocols in tomllib.loads(path.read_text()).items():
        for protocol_id, values in protocols.items():
            found[idp_id, protocol_id] = _source(f"{path}: {idp_id}.{protocol_id}", dict(values))
    return found


def _source(where: str, values: dict[str, Any]) -> Source:
    """One source; raises ValueError for what is not known or missing."""
    kind = _KINDS.get(values.pop("kind", ""))
    if kind is None:
        raise ValueError(f"{where}: kind must be one of {', '.join(_KINDS)}")
    known = {f.name for f in fields(kind)}
    if unknown := set(values) - known:
        raise ValueError(f"{where}: unknown {', '.join(sorted(unknown))}")
    if isinstance(values.get("audience"), str):
        values["audience"] = [values["audience"]]
    plain: dict[str, Any] = {name: tuple(v) if isinstance(v, list) else v for name, v in values.items()}
    made = kind(**plain)
    if isinstance(made, OpenID) and any(name.startswith("HS") or name.lower() == "none" for name in made.algorithms):
        raise ValueError(f"{where}: only algorithms with public keys can be trusted")
    return made


def source(settings: Settings, idp_id: str, protocol_id: str) -> Source:
    """The source for a provider and protocol; raises Unauthorized where the file says nothing of them."""
    found = sources(settings).get((idp_id, protocol_id))
    if found is None:
        raise Unauthorized(f"This cloud does not know how to ask {idp_id[:64]} by the protocol {protocol_id[:64]}.")
    return found


@dataclass(frozen=True)
class Attributes(Mapping[str, Sequence[str]]):
    """Attributes by name; with `loose`, case and the kind of dash do not matter, as in names of headers."""

    values_of: Mapping[str, Sequence[str]] = field(default_factory=dict)
    loose: bool = False

    def __getitem__(self, name: str) -> Sequence[str]:
        """The values of an attribute."""
        return self.values_of[_loose(name) if self.loose else name]

    def __iter__(self) -> Iterator[str]:
        """The names of all attributes."""
        return iter(self.values_of)

    def __len__(self) -> int:
        """How many there are."""
        return len(self.values_of)


def _loose(name: str) -> str:
    return name.upper().replace("-", "_")


def of_headers(source: Headers, outside: Outside) -> Attributes:
    """What a trusted proxy says: header X-Saml-Mail with the prefix X-Saml- is MAIL, and HTTP_X_SAML_MAIL.

    Values are separated by semicolons, as mod_shib and mod_auth_mellon write them. Raises Unauthorized when the request
    came from anywhere else, or says nothing.
    """
    prefix, found = _loose(source.prefix), {}
    for name, value in outside.headers.items() if outside.proxied else ():
        loose = _loose(name)
        if loose.startswith(prefix) and value:
            values = [part for part in value.split(";") if part][:MAX_VALUES]
            found[loose.removeprefix(prefix)] = found[f"HTTP_{loose}"] = values
    if not found:
        raise Unauthorized()
    return Attributes(found, loose=True)


def of_claims(claims: Mapping[str, Any]) -> Attributes:
    """OpenID claims as attributes, under the names that mod_auth_openidc gives them: the claim `email` is OIDC-email, and
    HTTP_OIDC_EMAIL. Of nested claims the names are joined with a dot: OIDC-realm_access.roles."""
    found: dict[str, Sequence[str]] = {}
    for name, values in _flat("", claims):
        found.setdefault(f"HTTP_OIDC_{name.upper().replace('-', '_').replace('.', '_')}", values)
        found[f"OIDC-{name}"] = values
    if "sub" in claims:
        found["REMOTE_USER"] = [str(claims["sub"])]
    return Attributes(found)


def _flat(prefix: str, claims: Mapping[str, Any]) -> Iterator[tuple[str, list[str]]]:
    for name, value in claims.items():
        if isinstance(value, Mapping):
            if prefix.count(".") < 4:
                yield from _flat(f"{prefix}{name}.", value)
            continue
        values = value if isinstance(value, list) else [value]
        texts = [_text(one) for one in values[:MAX_VALUES] if isinstance(one, (str, int, float))]
        if texts := [text for text in texts if text and "\0" not in text]:
            yield f"{prefix}{name}", texts


def _text(value: str | float) -> str:
    return str(int(value)) if isinstance(value, bool) else str(value)
