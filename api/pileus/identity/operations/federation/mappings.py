"""Rules of mappings: what a new one must fulfil beyond its schema."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from pileus.core.errors import BadRequest, NotFound
from pileus.identity.models import FederationMapping, FederationProtocol
from pileus.identity.operations.federation import patterns

_CONDITIONS = ("any_one_of", "not_any_of", "whitelist", "blacklist")


def put(session: Session, row: FederationMapping, values: Mapping[str, Any]) -> None:
    """Give a mapping these rules; raises BadRequest for a pattern that is none, or that can take for ever."""
    for number, rule in enumerate(values["rules"]):
        for remote in rule["remote"]:
            if remote.get("regex"):
                for name in _CONDITIONS:
                    _check_patterns(remote.get(name, ()), f"rules/{number}/remote/{name}")
    row.rules = values["rules"]
    row.schema_version = values.get("schema_version") or row.schema_version or "1.0"
    session.add(row)
    session.flush()


def _check_patterns(values: list[str], where: str) -> None:
    for pattern in values:
        try:
            patterns.check(pattern)
        except ValueError as error:
            raise BadRequest(f"{where}: {pattern[:100]!r} {error}", field=where) from None


def of_protocol(session: Session, protocol: FederationProtocol) -> FederationMapping:
    """The mapping that reads what is said by this protocol; raises NotFound when it was deleted."""
    row = session.get(FederationMapping, protocol.mapping_id)
    if row is None:
        raise NotFound(f"Could not find mapping: {protocol.mapping_id}.")
    return row
