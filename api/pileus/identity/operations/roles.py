"""Rules of roles, implied roles and grants."""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from pileus.core.errors import Conflict, Forbidden, NotFound
from pileus.identity.models import Assignment, Implication, Role
from pileus.identity.operations import effective
from pileus.identity.operations.projects import check_mutable, merge_extra, merge_options, need_domain


def check_name(session: Session, domain_id: str, name: str, own: str = "") -> None:
    """Raise Conflict when another role of the domain (or another global one) has this name."""
    found = session.execute(select(Role.id).where(Role.domain_id == domain_id, Role.name == name)).scalar()
    if found is not None and found != own:
        raise Conflict(f"Conflict occurred attempting to store role - Duplicate entry found with name {name}.")


def create(session: Session, values: Mapping[str, Any], extra: dict[str, Any]) -> Role:
    """Make a role."""
    domain_id = values.get("domain_id") or ""
    if domain_id:
        need_domain(session, domain_id)
    check_name(session, domain_id, values["name"])
    row = Role(
        name=values["name"],
        domain_id=domain_id,
        description=values.get("description"),
        options=merge_options({}, values.get("options") or {}),
        extra=extra,
    )
    session.add(row)
    session.flush()
    return row


def change(session: Session, row: Role, values: Mapping[str, Any], extra: Mapping[str, Any]) -> None:
    """Change a role; its domain stays."""
    check_mutable(row, values)
    if (values.get("domain_id") or row.domain_id) != row.domain_id:
        raise Forbidden("Cannot change the domain of a role.")
    if "name" in values:
        check_name(session, row.domain_id, values["name"], row.id)
        row.name = values["name"]
    if "description" in values:
        row.description = values["description"]
    if "options" in values:
        row.options = merge_options(row.options, values["options"])
    if extra:
        row.extra = merge_extra(row.extra, extra)
    session.flush()


def remove(session: Session, row: Role) -> None:
    """Delete a role, and with it all its grants."""
    check_mutable(row)
    session.delete(row)
    session.flush()


def imply(session: Session, prior: Role, implied: Role) -> None:
    """Make one role imply another; raises Forbidden for a circle, or a global role that would imply a domain role."""
    if implied.domain_id and not prior.domain_id:
        raise Forbidden("A domain role cannot be implied by a global role.")
    if prior.id in effective.closure([implied.id], effective.implications(session)):
        raise Forbidden(f"Role {implied.name} implies {prior.name} already; there would be a circle.")
    if session.get(Implication, (prior.id, implied.id)) is None:
        session.add(Implication(prior_id=prior.id, implied_id=implied.id))
        session.flush()


def find_implication(session: Session, prior_id: str, implied_id: str) -> Implication:
    """One implication; raises NotFound."""
    found = session.get(Implication, (prior_id, implied_id))
    if found is None:
        raise NotFound(f"{prior_id} does not imply {implied_id}.")
    return found


def grant(session: Session, key: Mapping[str, Any], role: Role, target_domain: str | None) -> None:
    """Give a role; `key` are the attributes of the Assignment but the role. Fine when given already.

    Raises Forbidden when a domain role is given outside of its domain.
    """
    if role.domain_id and role.domain_id != target_domain:
        raise Forbidden("A domain role can only be assigned within its own domain.")
    values = {**key, "role_id": role.id}
    if find_grant(session, values) is None:
        session.add(Assignment(**values))
        session.flush()


def find_grant(session: Session, values: Mapping[str, Any]) -> Assignment | None:
    """The assignment with exactly these attributes."""
    names = ("actor_type", "actor_id", "target_type", "target_id", "role_id", "inherited")
    return session.get(Assignment, tuple(values[name] for name in names))


def revoke(session: Session, values: Mapping[str, Any]) -> None:
    """Take a role back; raises NotFound when it was not given."""
    row = find_grant(session, values)
    if row is None:
        raise NotFound(f"Could not find role assignment with role: {values['role_id']}.")
    session.delete(row)
    session.flush()


def ids_of(session: Session, wanted: Iterable[Mapping[str, Any]]) -> list[str]:
    """The ids of roles that are asked for by {"id"}, or {"name"} for global ones; raises NotFound."""
    ids = []
    for role in wanted:
        if "id" in role:
            found = select(Role.id).where(Role.id == role["id"])
        else:
            found = select(Role.id).where(Role.name == role["name"], Role.domain_id == "")
        role_id = session.execute(found).scalar_one_or_none()
        if role_id is None:
            raise NotFound(f"Could not find role: {role.get('id') or role.get('name')}.")
        ids.append(role_id)
    return ids
