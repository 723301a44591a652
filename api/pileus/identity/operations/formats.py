"""What stands inside a token: who, how authenticated, for which scope, until when."""

import base64
import datetime as dt
import secrets
from dataclasses import dataclass
from typing import Any

import orjson

_EPOCH = dt.datetime(1970, 1, 1)  # naive UTC, like all timestamps here
_TOKEN, _RECEIPT = 1, 2


@dataclass(frozen=True)
class Scope:
    """What a token is for: `kind` is "unscoped", "project", "domain", "system" or "trust"; `id` of it where it has one."""

    kind: str = "unscoped"
    id: str = ""


UNSCOPED = Scope()


@dataclass(frozen=True)
class Federation:
    """Who vouched for the user of a token, by which protocol, and for which groups (ids)."""

    identity_provider: str
    protocol: str
    groups: tuple[str, ...] = ()


@dataclass(frozen=True)
class Token:
    """The content of a token; the first audit id is its own, the second that of the first token of its chain."""

    user_id: str
    methods: tuple[str, ...]
    scope: Scope
    issued: dt.datetime
    expires: dt.datetime
    audit_ids: tuple[str, ...]
    application_credential_id: str = ""
    federation: Federation | None = None
    oauth_token_id: str = ""

    def pack(self) -> bytes:
        """The bytes that are encrypted; what few tokens have stands at the end, so that an older Pileus reads the others."""
        parts: list[Any] = [
            _TOKEN,
            self.user_id,
            self.methods,
            self.scope.kind,
            self.scope.id,
            _number(self.issued),
            _number(self.expires),
            self.audit_ids,
            self.application_credential_id,
        ]
        more: dict[str, Any] = {}
        if self.federation is not None:
            more["federation"] = [self.federation.identity_provider, self.federation.protocol, self.federation.groups]
        if self.oauth_token_id:
            more["oauth"] = self.oauth_token_id
        return orjson.dumps([*parts, more] if more else parts)


@dataclass(frozen=True)
class Receipt:
    """Proof of the authentication methods passed so far, for a user who must pass more than one."""

    user_id: str
    methods: tuple[str, ...]
    issued: dt.datetime
    expires: dt.datetime

    def pack(self) -> bytes:
        """The bytes that are encrypted."""
        return orjson.dumps([_RECEIPT, self.user_id, self.methods, _number(self.issued), _number(self.expires)])


def new_audit_id() -> str:
    """A random id by which a token is known in audit records; says nothing about the token."""
    return base64.urlsafe_b64encode(secrets.token_bytes(16)).rstrip(b"=").decode()


def unpack_token(content: bytes | None) -> Token | None:
    """The token that was packed, or None when it is none."""
    match _parts(content, _TOKEN):
        case [user_id, methods, kind, scope_id, issued, expires, audit_ids, application_credential_id, *rest]:
            more: dict[str, Any] = rest[0] if rest else {}
            vouched = more.get("federation")
            return Token(
                user_id,
                tuple(methods),
                Scope(kind, scope_id),
                _time(issued),
                _time(expires),
                tuple(audit_ids),
                application_credential_id,
                Federation(vouched[0], vouched[1], tuple(vouched[2])) if vouched else None,
                more.get("oauth", ""),
            )
    return None


def unpack_receipt(content: bytes | None) -> Receipt | None:
    """The receipt that was packed, or None when it is none."""
    match _parts(content, _RECEIPT):
        case [user_id, methods, issued, expires]:
            return Receipt(user_id, tuple(methods), _time(issued), _time(expires))
    return None


def _parts(content: bytes | None, kind: int) -> list[Any] | None:
    parts = orjson.loads(content) if content else None
    return parts[1:] if isinstance(parts, list) and parts[:1] == [kind] else None


def _number(moment: dt.datetime) -> int:
    return (moment - _EPOCH) // dt.timedelta(microseconds=1)


def _time(number: int) -> dt.datetime:
    return _EPOCH + dt.timedelta(microseconds=number)
