"""Rules of application credentials and their access rules."""

import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from pileus.core.config import Settings
from pileus.core.db import lock, now
from pileus.core.errors import BadRequest, Conflict, Forbidden, NotFound, Unauthorized
from pileus.identity.models import AccessRule, ApplicationCredential, CredentialRule, User
from pileus.identity.operations import delegation, passwords, revocations
from pileus.identity.operations.access import Access
from pileus.identity.operations.moments import parse


def check_unrestricted(worth: Access) -> None:
    """Raise Forbidden for a caller who came by delegation, but for an unrestricted application credential."""
    credential = worth.application_credential
    if credential is not None and credential["restricted"]:
        raise Forbidden("A restricted application credential may not manage application credentials.")
    if worth.trust is not None or (credential is None and delegation.delegated(worth.token)):
        raise Forbidden("A token got by delegation may not manage application credentials.")


def choose_roles(worth: Access, wanted: Sequence[Mapping[str, Any]] | None) -> list[str]:
    """The ids of the roles asked for, by id or name, all of which the caller must have; default: all the caller has."""
    have = {role["id"]: role["id"] for role in worth.roles} | {role["name"]: role["id"] for role in worth.roles}
    if not wanted:
        return [role["id"] for role in worth.roles]
    chosen = []
    for role in wanted:
        key = role.get("id") or role.get("name")
        if key is None or key not in have:
            raise BadRequest(f"You do not have role {key} in this project.", field="roles")
        chosen.append(have[key])
    return chosen


def _check_lasting(session: Session, worth: Access, project_id: str, role_ids: Sequence[str]) -> None:
    """Raise BadRequest when the caller has the roles only by groups that a federated token brings: they end with it."""
    if worth.token.federation is None:
        return
    try:
        delegation.covered(session, worth.token.user_id, project_id, role_ids)
    except Unauthorized:
        raise BadRequest("These roles end with the token: its identity provider gives groups no longer life.") from None


def create(
    session: Session, settings: Settings, worth: Access, user: User, values: Mapping[str, Any]
) -> tuple[ApplicationCredential, str]:
    """Make an application credential for the project of the caller's token; answers with it and its secret."""
    check_unrestricted(worth)
    if worth.project is None:
        raise BadRequest("Application credentials are made with a token for a project.")
    taken = select(
        exists().where(ApplicationCredential.user_id == user.id, ApplicationCredential.name == values["name"])
    )
    if session.execute(taken).scalar():
        raise Conflict(f"Duplicate entry found with name {values['name']} for this user's application credentials.")
    _check_number(session, settings, user)
    expires_at = parse(values.get("expires_at"), "expires_at")
    if expires_at is not None and expires_at <= now():
        raise BadRequest("The expiry lies in the past.", field="expires_at")
    secret = values.get("secret") or secrets.token_urlsafe(64)
    rules = values.get("access_rules")
    role_ids = choose_roles(worth, values.get("roles"))
    _check_lasting(session, worth, worth.project["id"], role_ids)
    row = ApplicationCredential(
        name=values["name"],
        description=values.get("description"),
        user_id=user.id,
        project_id=worth.project["id"],
        hash=passwords.hash_secret(secret),
        expires_at=expires_at,
        unrestricted=values.get("unrestricted") or False,
        role_ids=role_ids,
        rules_apply=bool(rules),  # clients send an empty list for "no rules"
        rules=[_rule(session, user, rule) for rule in rules or []],
    )
    session.add(row)
    session.flush()
    return row, secret


def _check_number(session: Session, settings: Settings, user: User) -> None:
    most = settings.application_credentials_per_user
    if not most:
        return
    lock(session, f"application credentials of {user.id}")
    have = session.execute(select(func.count()).where(ApplicationCredential.user_id == user.id)).scalar_one()
    if have >= most:
        raise Forbidden(
            f"Unable to create additional application credentials, maximum of {most} already reached for user."
        )


def drop_uncovered(session: Session, settings: Settings, user_id: str, project_id: str) -> None:
    """Delete the application credentials of a user in a project that rest on roles the user does not have there any more."""
    statement = select(ApplicationCredential).where(
        ApplicationCredential.user_id == user_id, ApplicationCredential.project_id == project_id
    )
    for row in session.execute(statement).scalars():
        try:
            delegation.covered(session, user_id, project_id, row.role_ids)
        except Unauthorized:
            revocations.revoke(session, settings, "application_credential", row.id)
            session.delete(row)
    session.flush()


def _rule(session: Session, user: User, given: Mapping[str, Any]) -> AccessRule:
    if "id" in given:
        row = session.get(AccessRule, given["id"])
        if row is None or row.user_id != user.id:
            raise NotFound(f"Could not find access rule: {given['id']}.")
        return row
    missing = [name for name in ("service", "method", "path") if not given.get(name)]
    if missing:
        raise BadRequest(f"An access rule needs {', '.join(missing)}.", field="access_rules")
    found = session.execute(
        select(AccessRule).where(
            AccessRule.user_id == user.id,
            AccessRule.service == given["service"],
            AccessRule.method == given["method"],
            AccessRule.path == given["path"],
        )
    ).scalar_one_or_none()
    if found is None:
        found = AccessRule(user_id=user.id, service=given["service"], method=given["method"], path=given["path"])
        session.add(found)
        session.flush()
    return found


def remove(session: Session, settings: Settings, worth: Access, row: ApplicationCredential) -> None:
    """Delete an application credential; its tokens die with it."""
    check_unrestricted(worth)
    revocations.revoke(session, settings, "application_credential", row.id)
    session.delete(row)
    session.flush()


def remove_rule(session: Session, row: AccessRule) -> None:
    """Delete an access rule; raises Forbidden while an application credential uses it."""
    if session.execute(select(exists().where(CredentialRule.rule_id == row.id))).scalar():
        raise Forbidden(f"Access rule {row.id} is in use by an application credential.")
    session.delete(row)
    session.flush()
