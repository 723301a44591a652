"""Rules of credentials; EC2 credentials are found by the hash of their access key."""

import hashlib
import secrets
from collections.abc import Mapping
from typing import Any

import orjson
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from pileus.core.config import Settings
from pileus.core.db import lock
from pileus.core.errors import BadRequest, Conflict, Forbidden
from pileus.identity.models import Credential, Project, User, hex_id
from pileus.identity.operations.seals import decoy, seal, unseal

EC2 = "ec2"
_NOBODYS = orjson.dumps({"access": "0" * 32, "secret": "0" * 32}).decode()


def ec2_id(access: str) -> str:
    """The id of the credential with this access key."""
    return hashlib.sha256(access.encode()).hexdigest()


def content(settings: Settings, row: Credential) -> str:
    """The blob in the clear."""
    return unseal(settings, row.sealed)


def ec2_content(settings: Settings, row: Credential) -> dict[str, Any]:
    """The blob of an EC2 credential; empty where it is none."""
    return _object(content(settings, row))


def _object(text: str) -> dict[str, Any]:
    try:
        found = orjson.loads(text)
    except orjson.JSONDecodeError:
        return {}
    return found if isinstance(found, dict) else {}


def create(session: Session, settings: Settings, values: Mapping[str, Any], extra: dict[str, Any]) -> Credential:
    """Make a credential; the blob of an EC2 credential must be a JSON object with an access key.

    Raises Forbidden for a user who has as many credentials as one may have.
    """
    if session.get(User, values["user_id"]) is None:
        raise BadRequest(f"Could not find user: {values['user_id']}.", field="user_id")
    _check_number(session, settings, values["user_id"])
    credential_id = hex_id()
    if values["type"] == EC2:
        credential_id = ec2_id(_access_of(values["blob"]))
        if not values.get("project_id"):
            raise BadRequest("An EC2 credential needs a project_id.", field="project_id")
        if session.get(Credential, credential_id) is not None:
            raise Conflict("Conflict occurred attempting to store credential - there is one with this access key.")
    row = Credential(
        id=credential_id,
        user_id=values["user_id"],
        project_id=values.get("project_id"),
        type=values["type"],
        sealed=seal(settings, values["blob"]),
        extra=extra,
    )
    session.add(row)
    session.flush()
    return row


def _check_number(session: Session, settings: Settings, user_id: str) -> None:
    most = settings.credentials_per_user
    if not most:
        return
    lock(session, f"credentials of {user_id}")
    have = session.execute(select(func.count()).where(Credential.user_id == user_id)).scalar_one()
    if have >= most:
        raise Forbidden(f"Unable to create additional credentials, maximum of {most} already reached for user.")


def _access_of(blob: str) -> str:
    found = _object(blob)
    if not isinstance(found.get("access"), str) or not found["access"]:
        raise BadRequest("The blob of an EC2 credential must be a JSON object with an access key.", field="blob")
    return str(found["access"])


def change(settings: Settings, row: Credential, values: Mapping[str, Any], extra: Mapping[str, Any]) -> None:
    """Change the content of a credential; whose it is and what it is for stays."""
    for name in ("type", "user_id", "project_id"):
        if name in values and values[name] != getattr(row, name):
            raise BadRequest(f"The {name} of a credential cannot be changed.", field=name)
    if "blob" in values:
        blob = values["blob"]
        if row.type == EC2:
            _access_of(blob)
            _keep_bounds(settings, row, blob)
        row.sealed = seal(settings, blob)
    row.extra = {**row.extra, **extra}


def _keep_bounds(settings: Settings, row: Credential, blob: str) -> None:
    """What an EC2 credential is delegated by cannot be changed: it bounds what it may do."""
    have, want = ec2_content(settings, row), orjson.loads(blob)
    for name in ("trust_id", "app_cred_id", "access_token_id"):
        if have.get(name) != want.get(name):
            raise BadRequest(f"The {name} of a credential cannot be changed.", field="blob")


def create_ec2(session: Session, settings: Settings, user: User, project: Project) -> Credential:
    """Make an EC2 key pair for a user in a project."""
    blob = {"access": secrets.token_hex(16), "secret": secrets.token_hex(16)}
    values = {"user_id": user.id, "project_id": project.id, "type": EC2, "blob": orjson.dumps(blob).decode()}
    return create(session, settings, values, {})


def find_ec2(session: Session, access: str) -> Credential | None:
    """The EC2 credential with this access key."""
    row = session.get(Credential, ec2_id(access))
    return row if row is not None and row.type == EC2 else None


def ec2_keys(session: Session, settings: Settings, access: str) -> tuple[Credential | None, dict[str, Any]]:
    """The EC2 credential with this access key and its content; where there is none, nobody's, for the same work."""
    row = find_ec2(session, access)
    sealed = row.sealed if row is not None else decoy(settings, _NOBODYS)
    return row, _object(unseal(settings, sealed))


def of_type(session: Session, settings: Settings, user_id: str, kind: str) -> list[str]:
    """The contents of all credentials of one type that a user has."""
    found = session.execute(select(Credential).where(Credential.user_id == user_id, Credential.type == kind)).scalars()
    return [content(settings, row) for row in found]
