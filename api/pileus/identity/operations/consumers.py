"""Rules of OAuth1 consumers: programs that users may let work for them."""

import secrets
from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from pileus.core.config import Settings
from pileus.core.errors import BadRequest
from pileus.identity.models import AccessToken, Consumer
from pileus.identity.operations import access_tokens
from pileus.identity.operations.seals import seal


def create(
    session: Session, settings: Settings, values: Mapping[str, Any], extra: dict[str, Any]
) -> tuple[Consumer, str]:
    """Make a consumer; answers with it and its secret, which is never shown again."""
    secret = secrets.token_hex(32)
    row = Consumer(description=values.get("description"), sealed=seal(settings, secret), extra=extra)
    session.add(row)
    session.flush()
    return row, secret


def change(row: Consumer, values: Mapping[str, Any], extra: Mapping[str, Any]) -> None:
    """Change the description of a consumer; its secret stays."""
    if "secret" in values:
        raise BadRequest("The secret of a consumer cannot be changed.", field="secret")
    row.description = values.get("description", row.description)
    row.extra = {**row.extra, **extra}


def remove(session: Session, settings: Settings, row: Consumer) -> None:
    """Delete a consumer; what users have granted to it, and all tokens got by that, end."""
    for granted in session.execute(select(AccessToken).where(AccessToken.consumer_id == row.id)).scalars():
        access_tokens.remove(session, settings, granted)
    session.delete(row)
    session.flush()
