"""Rules of trusts: who may delegate what to whom, how often and for how long."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from pileus.core.config import Settings
from pileus.core.db import now
from pileus.core.errors import BadRequest, Forbidden, NotFound, Unauthorized
from pileus.identity.models import Role, Trust, User
from pileus.identity.operations import delegation, effective, revocations
from pileus.identity.operations.access import Access
from pileus.identity.operations.application_credentials import check_unrestricted
from pileus.identity.operations.moments import parse

MAX_REDELEGATION = 3  # how many times a trust may be handed on


def create(session: Session, worth: Access, values: Mapping[str, Any], extra: dict[str, Any]) -> Trust:
    """Make a trust. The caller is the trustor, or hands on a trust by a token got from it."""
    check_unrestricted(worth)
    above = _redelegated(session, worth)
    trustor_id = above.trustor_id if above is not None else worth.user["id"]
    if values["trustor_user_id"] != trustor_id:
        raise Forbidden("Only the trustor may make a trust.")
    if session.get(User, values["trustee_user_id"]) is None:
        raise NotFound(f"Could not find user: {values['trustee_user_id']}.")
    project_id = values.get("project_id")
    role_ids = _roles(session, values.get("roles") or [])
    if project_id is None and role_ids:
        raise BadRequest("Roles can only be delegated in a project.", field="project_id")
    if project_id is not None:
        if not role_ids:
            raise Forbidden("At least one role should be specified.")
        _check_roles(session, worth, trustor_id, project_id, role_ids, above)
    expires_at = parse(values.get("expires_at"), "expires_at")
    if expires_at is not None and expires_at <= now():
        raise BadRequest("The expiry lies in the past.", field="expires_at")
    row = Trust(
        trustor_id=trustor_id,
        trustee_id=values["trustee_user_id"],
        project_id=project_id,
        impersonation=values["impersonation"],
        role_ids=role_ids,
        expires_at=expires_at,
        remaining_uses=values.get("remaining_uses"),
        redelegated_trust_id=above.id if above else None,
        redelegation_count=_count(values, above),
        extra=extra,
    )
    _check_bounds(row, values, above)
    session.add(row)
    session.flush()
    return row


def _redelegated(session: Session, worth: Access) -> Trust | None:
    """The trust that is handed on; raises Forbidden when it may not be."""
    if worth.trust is None:
        return None
    above = session.get(Trust, worth.trust["id"])
    if above is None or not above.redelegation_count:
        raise Forbidden("This trust may not be handed on.")
    return above


def _count(values: Mapping[str, Any], above: Trust | None) -> int:
    if above is None:
        count = values.get("redelegation_count")
        if count is None:
            count = MAX_REDELEGATION if values.get("allow_redelegation") else 0
        if count > MAX_REDELEGATION:
            raise Forbidden(f"A trust may be handed on at most {MAX_REDELEGATION} times.")
        return int(count) if values.get("allow_redelegation", count > 0) else 0
    count = values.get("redelegation_count")
    if count is not None and count > above.redelegation_count - 1:
        raise Forbidden("The redelegation count must be below that of the trust that is handed on.")
    return 0 if values.get("allow_redelegation") is False else above.redelegation_count - 1


def _check_bounds(row: Trust, values: Mapping[str, Any], above: Trust | None) -> None:
    if row.remaining_uses is not None and values.get("allow_redelegation"):
        raise BadRequest("remaining_uses must not be set where redelegation is allowed.", field="remaining_uses")
    if above is None:
        return
    if row.impersonation and not above.impersonation:
        raise Forbidden("Impersonation cannot be added by handing a trust on.")
    if above.expires_at is not None and (row.expires_at is None or row.expires_at > above.expires_at):
        raise Forbidden("The new trust must end before the one that is handed on.")
    if not set(row.role_ids) <= set(above.role_ids) or row.project_id != above.project_id:
        raise Forbidden("Only roles and the project of the trust can be handed on.")


def _roles(session: Session, wanted: list[Mapping[str, Any]]) -> list[str]:
    ids = []
    for role in wanted:
        if "id" in role:
            row = session.get(Role, role["id"])
        else:
            row = session.execute(
                select(Role).where(Role.name == role.get("name"), Role.domain_id == "")
            ).scalar_one_or_none()
        if row is None:
            raise NotFound(f"Could not find role: {role.get('id') or role.get('name')}.")
        ids.append(row.id)
    return ids


def _check_roles(
    session: Session, worth: Access, trustor_id: str, project_id: str, role_ids: list[str], above: Trust | None
) -> None:
    """The trustor must have all roles in the project, and the caller's own token must not be narrower."""
    try:
        delegation.covered(session, trustor_id, project_id, role_ids)
    except Unauthorized:
        raise Forbidden("The trustor does not have these roles in the project.") from None
    if above is None and worth.application_credential is not None:
        own = {role["id"] for role in worth.roles}
        if not set(role_ids) <= own:
            raise Forbidden("The application credential does not have these roles.")


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
