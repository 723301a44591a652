"""Rules of trusts: who may delegate what to whom, how often and for how long."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from pileus.core.config import Settings
from pileus.core.db import now
from pileus.core.errors import BadRequest, Forbidden, NotFound, Unauthorized
from pileus.identity.models import Role, Trust, User
from pileus.identity.operations import delegation, effective, revocations, roles
from pileus.identity.operations.access import Access
from pileus.identity.operations.moments import parse

MAX_REDELEGATION = 3  # how many times a trust may be handed on


def create(session: Session, worth: Access, values: Mapping[str, Any], extra: dict[str, Any]) -> Trust:
    """Make a trust. The caller is the trustor; with a token got by a trust, that trust is handed on."""
    if values["trustor_user_id"] != worth.user["id"]:
        raise Forbidden("The authenticated user should match the trustor.")
    if session.get(User, values["trustee_user_id"]) is None:
        raise NotFound(f"Could not find user: {values['trustee_user_id']}.")
    above = _handed_on(session, worth)
    project_id = values.get("project_id")
    role_ids = roles.ids_of(session, values.get("roles") or [])
    if project_id is None and role_ids:
        raise BadRequest("Roles can only be delegated in a project.", field="project_id")
    if project_id is not None and not role_ids:
        raise Forbidden("At least one role should be specified.")
    row = Trust(
        trustor_id=worth.user["id"],
        trustee_id=values["trustee_user_id"],
        project_id=project_id,
        impersonation=values["impersonation"],
        role_ids=role_ids,
        expires_at=_end(values, above),
        remaining_uses=values.get("remaining_uses"),
        redelegated_trust_id=above[0].id if above else None,
        redelegation_count=_count(values, above),
        extra=extra,
    )
    if project_id is not None:
        _check_roles(session, above[-1].trustor_id if above else row.trustor_id, project_id, role_ids)
    _check_bounds(row, above)
    session.add(row)
    session.flush()
    return row


def _handed_on(session: Session, worth: Access) -> Sequence[Trust]:
    """The trust that is handed on, and those it was handed on from; raises Forbidden when it may not be."""
    if worth.trust is None:
        return ()
    above = delegation.chain(session, worth.trust["id"])
    if not above or not above[0].redelegation_count:
        raise Forbidden("This trust may not be handed on.")
    return above


def _count(values: Mapping[str, Any], above: Sequence[Trust]) -> int:
    """How often the new trust may be handed on; never, unless the body allows it."""
    count = values.get("redelegation_count")
    if not values.get("allow_redelegation") or count == 0:
        return 0
    if values.get("remaining_uses") is not None:
        raise BadRequest("remaining_uses must not be set where redelegation is allowed.", field="remaining_uses")
    if count is not None and count > MAX_REDELEGATION:
        raise Forbidden(f"A trust may be handed on at most {MAX_REDELEGATION} times.")
    if not above:
        return MAX_REDELEGATION if count is None else int(count)
    left = above[0].redelegation_count - 1
    if count is not None and count != left:
        raise Forbidden("redelegation_count cannot be chosen when a trust is handed on.")
    return left


def _end(values: Mapping[str, Any], above: Sequence[Trust]) -> dt.datetime | None:
    """When the new trust ends: by itself when the one above does."""
    end = parse(values.get("expires_at"), "expires_at")
    if end is not None and end <= now():
        raise BadRequest("The expiry lies in the past.", field="expires_at")
    last = above[0].expires_at if above else None
    if end is not None and last is not None and end > last:
        raise Forbidden("The new trust cannot last longer than the one that is handed on.")
    return last if end is None else end


def _check_bounds(row: Trust, above: Sequence[Trust]) -> None:
    """Raise Forbidden for more than the trust that is handed on gives."""
    if not above:
        return
    if row.remaining_uses is not None:
        raise Forbidden("remaining_uses must not be set when a trust is handed on.")
    if row.impersonation and not above[0].impersonation:
        raise Forbidden("Impersonation cannot be added by handing a trust on.")
    if not set(row.role_ids) <= set(above[0].role_ids) or row.project_id != above[0].project_id:
        raise Forbidden("Only roles and the project of the trust can be handed on.")


def _check_roles(session: Session, trustor_id: str, project_id: str, role_ids: list[str]) -> None:
    """Raise NotFound unless the first trustor has all these roles in the project."""
    try:
        delegation.covered(session, trustor_id, project_id, role_ids)
    except Unauthorized:
        raise NotFound("Could not find these roles of the trustor in the project.") from None


def usable(session: Session, trust_id: str) -> Trust | None:
    """The trust, unless it is over or used up."""
    row = delegation.live_trust(session, trust_id)
    return None if row is None or row.remaining_uses == 0 else row


def roles_of(session: Session, row: Trust) -> list[Role]:
    """The delegated roles and all they imply."""
    ids = [role["id"] for role in effective.named(session, row.role_ids)]
    return list(session.execute(select(Role).where(Role.id.in_(ids)).order_by(Role.name)).scalars())


def remove(session: Session, settings: Settings, row: Trust) -> None:
    """End a trust, and those made by handing it on."""
    ended = [row]
    while ended:
        trust = ended.pop()
        trust.deleted_at = now()
        revocations.revoke(session, settings, "trust", trust.id)
        below = select(Trust).where(Trust.redelegated_trust_id == trust.id, Trust.deleted_at.is_(None))
        ended.extend(session.execute(below).scalars())
    session.flush()


def use(session: Session, trust_id: str) -> None:
    """Count one use; raises Unauthorized when none is left."""
    row = session.get(Trust, trust_id)
    if row is None:
        raise Unauthorized()
    if row.remaining_uses is None:
        return
    left = update(Trust).where(Trust.id == trust_id, Trust.remaining_uses > 0)
    if not session.execute(left.values(remaining_uses=Trust.remaining_uses - 1)).rowcount:  # type: ignore[attr-defined]
        raise Unauthorized()
