"""The names that identity providers have for a user: so that an administrator can make users before their first login."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from pileus.core.errors import BadRequest, Conflict, Forbidden
from pileus.identity.models import FederatedUser, FederationProtocol, User
from pileus.identity.operations.federation import providers


def put(session: Session, user: User, wanted: Sequence[Mapping[str, Any]], *, anywhere: bool) -> None:
    """Give a user exactly these names, as [{"idp_id", "protocols": [{"protocol_id", "unique_id"}]}].

    Raises BadRequest for a provider or protocol that is not there, Conflict for a name that is another user's, and, unless
    `anywhere`, Forbidden for a provider of another domain: who rules one domain may not lay hands on the guests of another.
    """
    keys = {(e["idp_id"], p["protocol_id"], p["unique_id"]) for e in wanted for p in e["protocols"]}
    for idp_id, protocol_id, unique_id in keys:
        if session.get(FederationProtocol, (idp_id, protocol_id)) is None:
            raise BadRequest(
                f"Could not find federated protocol {protocol_id} for Identity Provider: {idp_id}.", field="federated"
            )
        if not anywhere and providers.need(session, idp_id).domain_id != user.domain_id:
            raise Forbidden(f"The users of the identity provider {idp_id} live in another domain.")
        known = session.get(FederatedUser, (idp_id, protocol_id, unique_id))
        if known is not None and known.user_id != user.id:
            raise Conflict(f"Another user is {unique_id} of the identity provider {idp_id} already.")
    session.execute(delete(FederatedUser).where(FederatedUser.user_id == user.id))
    session.expire_all()
    for idp_id, protocol_id, unique_id in sorted(keys):
        session.add(FederatedUser(idp_id=idp_id, protocol_id=protocol_id, unique_id=unique_id, user_id=user.id))
    if keys and user.source == "sql":
        user.source = "federated"
    session.flush()


def of_user(session: Session, user: User) -> list[dict[str, Any]]:
    """The names of a user, in the form that `put` takes."""
    found: dict[str, list[dict[str, str]]] = {}
    statement = select(FederatedUser).where(FederatedUser.user_id == user.id)
    for row in session.execute(statement.order_by(FederatedUser.idp_id, FederatedUser.protocol_id)).scalars():
        found.setdefault(row.idp_id, []).append({"protocol_id": row.protocol_id, "unique_id": row.unique_id})
    return [{"idp_id": idp_id, "protocols": protocols} for idp_id, protocols in found.items()]
