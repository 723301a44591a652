"""The methods "mapped", "openid" and "saml2": an identity provider vouches for the user, and a mapping says who that is."""

from collections.abc import Sequence
from typing import Any

from pileus.core.errors import BadRequest, Forbidden, Unauthorized
from pileus.identity.models import FederationProtocol, IdentityProvider, User
from pileus.identity.operations.federation import assertions, mappings, oidc, providers, rules, users
from pileus.identity.operations.formats import Federation
from pileus.identity.operations.methods import existing, token
from pileus.identity.operations.methods.attempt import Attempt


def authenticate(attempt: Attempt, payload: Any) -> None:
    """Believe the provider that the payload names; with the id of a token instead, that is exchanged (an old form)."""
    if "id" in payload:
        token.authenticate(attempt, payload)
        return
    for name in ("identity_provider", "protocol"):
        if name not in payload:
            raise BadRequest(f"Expecting to find {name} in identity.", field=name)
    vouched(attempt, payload["identity_provider"], payload["protocol"])


def vouched(attempt: Attempt, idp_id: str, protocol_id: str) -> None:
    """Identify the user by what came with the request: a bearer token, or the headers of a trusted proxy."""
    providers.able(attempt.session, idp_id, protocol_id)
    source = assertions.source(attempt.settings, idp_id, protocol_id)
    if isinstance(source, assertions.Headers):
        said = assertions.of_headers(source, attempt.outside)
    else:
        bearer = attempt.outside.bearer()
        with attempt.throttle.guard(f"bearer:{bearer}"):  # counts by the address
            said = assertions.of_claims(oidc.provider(source).of_access_token(bearer))
    said_of(attempt, idp_id, protocol_id, source, said)


def said_of(
    attempt: Attempt, idp_id: str, protocol_id: str, source: assertions.Source, said: assertions.Attributes
) -> None:
    """Identify the user by what the provider says: a user of this cloud, or one whom only the provider knows."""
    session = attempt.session
    provider, protocol = providers.able(session, idp_id, protocol_id)
    _check_remote(provider, protocol, source, said)
    mapping = mappings.of_protocol(session, protocol)
    mapped = rules.evaluate(mapping.rules, said, mapping.schema_version)
    if mapped.local:
        attempt.identify(_existing(attempt, mapped))
        return
    remote_user = next(iter(said.get("REMOTE_USER") or ()), "")
    guest = users.guest(session, provider, protocol, mapped, remote_user)
    attempt.identify(users.admit(session, attempt.database, guest))
    attempt.federation = Federation(provider.id, protocol.id, tuple(guest.groups))


def _existing(attempt: Attempt, mapped: rules.Mapped) -> User:
    """The user of this cloud that a mapping means by its type "local"; raises Unauthorized when there is none."""
    if mapped.id:
        user = existing.find(attempt, {"id": mapped.id})
    elif mapped.name and mapped.domain:
        user = existing.find(attempt, {"name": mapped.name, "domain": mapped.domain})
    else:
        raise Unauthorized("Could not map the user to one of this cloud.")
    if user.domain_id != users.place(attempt.session, mapped.domain, user.domain_id):
        raise Unauthorized("Could not map the user to one of this cloud.")
    return user


def _check_remote(
    provider: IdentityProvider, protocol: FederationProtocol, source: assertions.Source, said: assertions.Attributes
) -> None:
    """Raise unless who speaks is one of the provider's remote ids; without any, all are believed."""
    name = protocol.remote_id_attribute or source.remote_id_attribute
    if not name or not provider.remotes:
        return
    speaker: Sequence[str] = said.get(name) or ()
    if not speaker:
        raise Unauthorized("Could not find Identity Provider identifier in environment.")
    if not set(speaker) <= {remote.remote_id for remote in provider.remotes}:
        raise Forbidden("Incoming identity provider identifier not included among the accepted identifiers.")
