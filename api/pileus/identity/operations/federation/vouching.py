"""What it means for a token that a provider vouches for its user: only as long as the provider is trusted."""

import datetime as dt
from collections.abc import Collection
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from pileus.core.db import now
from pileus.core.errors import Unauthorized
from pileus.identity.models import FederationProtocol, IdentityProvider, Membership
from pileus.identity.operations.formats import Federation


def shown(session: Session, federation: Federation, user: dict[str, Any]) -> dict[str, Any]:
    """The user as the body of such a token shows one; raises Unauthorized when the provider is disabled or gone."""
    trusted = session.execute(
        select(FederationProtocol.id)
        .join(IdentityProvider, IdentityProvider.id == FederationProtocol.idp_id)
        .where(
            IdentityProvider.id == federation.identity_provider,
            IdentityProvider.enabled.is_(True),
            FederationProtocol.id == federation.protocol,
        )
    ).first()
    if trusted is None:
        raise Unauthorized()
    vouched = {
        "identity_provider": {"id": federation.identity_provider},
        "protocol": {"id": federation.protocol},
        "groups": [{"id": group} for group in federation.groups],
    }
    return {**{key: user[key] for key in ("domain", "id", "name")}, "OS-FEDERATION": vouched}


def next_change(session: Session, user_ids: Collection[str]) -> dt.datetime | None:
    """When the first of these users' memberships will be over; None when none will."""
    if not user_ids:
        return None
    ends = select(func.min(Membership.expires_at)).where(
        Membership.user_id.in_(user_ids), Membership.expires_at > now()
    )
    return session.execute(ends).scalar()
