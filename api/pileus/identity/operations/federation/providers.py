"""Rules of identity providers, their protocols, and the service providers that trust this cloud."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from pileus.core.config import Settings
from pileus.core.errors import BadRequest, Conflict, Forbidden, NotFound
from pileus.identity.models import (
    FederationMapping,
    FederationProtocol,
    IdentityProvider,
    Project,
    RemoteId,
    ServiceProvider,
    hex_id,
)
from pileus.identity.operations import projects
from pileus.identity.operations.access import recall

MAX_ID = 64  # characters of an id that an admin chooses


def check_new(session: Session, model: type[Any], key: str | tuple[str, str], what: str) -> None:
    """Raise Conflict when there is one with this id, and BadRequest when the id is too long to be kept."""
    name = key if isinstance(key, str) else key[-1]
    if len(name) > MAX_ID:
        raise BadRequest(f"The id of the {what} is longer than {MAX_ID} characters.", field="id")
    if session.get(model, key) is not None:
        raise Conflict(f"Conflict occurred attempting to store {what} - Duplicate entry found with ID {name}.")


def create(session: Session, idp_id: str, values: Mapping[str, Any]) -> IdentityProvider:
    """Make an identity provider; without a domain it gets one of its own."""
    check_new(session, IdentityProvider, idp_id, "identity_provider")
    domain_id = values.get("domain_id")
    domain = projects.need_domain(session, domain_id) if domain_id else _own_domain(session, idp_id)
    row = IdentityProvider(
        id=idp_id,
        domain_id=domain.id,
        enabled=values.get("enabled", False),
        description=values.get("description"),
        authorization_ttl=values.get("authorization_ttl"),
    )
    session.add(row)
    _set_remotes(session, row, values.get("remote_ids") or [])
    return row


def _own_domain(session: Session, idp_id: str) -> Project:
    key = hex_id()
    taken = session.execute(select(Project.id).where(Project.domain_id == "", Project.name == idp_id)).first()
    values = {
        "id": key,
        "name": key if taken else idp_id,
        "description": f"Users of the identity provider {idp_id}",
    }
    return projects.create(session, values, {}, is_domain=True)


def change(session: Session, row: IdentityProvider, values: Mapping[str, Any]) -> None:
    """Change an identity provider; one that is disabled vouches for nobody any more, not even in tokens that are out."""
    for name in ("enabled", "description", "authorization_ttl"):
        if name in values:
            setattr(row, name, values[name])
    if "remote_ids" in values:
        _set_remotes(session, row, values["remote_ids"] or [])
    session.flush()


def _set_remotes(session: Session, row: IdentityProvider, wanted: Sequence[str]) -> None:
    """Give a provider exactly these names, in this order; raises Conflict when another provider has one of them."""
    session.flush()
    taken = session.execute(
        select(RemoteId.remote_id).where(RemoteId.remote_id.in_(wanted), RemoteId.idp_id != row.id).limit(1)
    ).scalar()
    if taken is not None:
        raise Conflict(f"Conflict occurred attempting to store identity_provider - Duplicate remote ID: {taken}.")
    have = {remote.remote_id: remote for remote in row.remotes}
    row.remotes[:] = [have.get(name) or RemoteId(remote_id=name) for name in wanted]
    for position, remote in enumerate(row.remotes):
        remote.position = position
    session.flush()


def need(session: Session, idp_id: str) -> IdentityProvider:
    """The identity provider; raises NotFound."""
    row = session.get(IdentityProvider, idp_id)
    if row is None:
        raise NotFound(f"Could not find Identity Provider: {idp_id[:64]}.")
    return row


def need_protocol(session: Session, idp_id: str, protocol_id: str) -> FederationProtocol:
    """A protocol of an identity provider; raises NotFound."""
    row = session.get(FederationProtocol, (idp_id, protocol_id))
    if row is None:
        raise NotFound(f"Could not find federated protocol {protocol_id[:64]} for Identity Provider: {idp_id[:64]}.")
    return row


def able(session: Session, idp_id: str, protocol_id: str) -> tuple[IdentityProvider, FederationProtocol]:
    """A provider by which people may log in now, and its protocol; raises NotFound, and Forbidden when it is disabled."""
    provider = need(session, idp_id)
    if not provider.enabled:
        raise Forbidden(f"Identity Provider {provider.id} is disabled.")
    return provider, need_protocol(session, idp_id, protocol_id)


def create_protocol(session: Session, idp_id: str, protocol_id: str, values: Mapping[str, Any]) -> FederationProtocol:
    """Make a protocol of an identity provider."""
    need(session, idp_id)
    check_new(session, FederationProtocol, (idp_id, protocol_id), "federation_protocol")
    row = FederationProtocol(idp_id=idp_id, id=protocol_id)
    change_protocol(session, row, values)
    session.add(row)
    session.flush()
    return row


def change_protocol(session: Session, row: FederationProtocol, values: Mapping[str, Any]) -> None:
    """Change a protocol; raises BadRequest for a mapping that is not there."""
    if "mapping_id" in values:
        if session.get(FederationMapping, values["mapping_id"]) is None:
            raise BadRequest(f"Invalid mapping id: {values['mapping_id']}", field="mapping_id")
        row.mapping_id = values["mapping_id"]
    if "remote_id_attribute" in values:
        row.remote_id_attribute = values["remote_id_attribute"] or None


def put_service_provider(session: Session, row: ServiceProvider, values: Mapping[str, Any]) -> None:
    """Give a service provider these values."""
    for name in ("enabled", "description", "auth_url", "sp_url"):
        if name in values:
            setattr(row, name, values[name])
    if values.get("relay_state_prefix") is not None:
        row.relay_state_prefix = values["relay_state_prefix"]
    session.add(row)
    session.flush()


def trusting_clouds(session: Session, settings: Settings) -> list[dict[str, Any]]:
    """The enabled service providers, as a token shows them; remembered until the revision moves."""

    def look() -> list[dict[str, Any]]:
        enabled = select(ServiceProvider).where(ServiceProvider.enabled.is_(True)).order_by(ServiceProvider.id)
        return [
            {"id": row.id, "auth_url": row.auth_url, "sp_url": row.sp_url} for row in session.execute(enabled).scalars()
        ]

    return recall(session, settings, "service providers", look)
