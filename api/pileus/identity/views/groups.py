"""Groups and their members."""

import datetime as dt
from typing import Any

from sqlalchemy import select

from pileus.core.errors import NotFound
from pileus.core.http.call import Call
from pileus.core.service import Route
from pileus.identity.models import Group, Membership, User
from pileus.identity.operations import users as operations
from pileus.identity.operations.access import stamp
from pileus.identity.operations.effective import lasting
from pileus.identity.schemas.users import CREATE_GROUP, UPDATE_GROUP
from pileus.identity.views import directories, users
from pileus.identity.views.caller import within_domain
from pileus.identity.views.listing import collection, keep_id, links, only, rows
from pileus.identity.views.reach import permit, reach

_KNOWN = frozenset(("id", "name", "domain_id", "description"))
_COLUMNS = {"id": Group.id, "name": Group.name, "domain_id": Group.domain_id}


def shape(call: Call, row: Group) -> dict[str, Any]:
    """A group as the API shows it."""
    return {
        **row.extra,
        "id": row.id,
        "name": row.name,
        "domain_id": row.domain_id,
        "description": row.description,
        "links": links(call, f"/groups/{row.id}"),
    }


def _target(row: Group | None) -> dict[str, Any]:
    return {"target.group.id": row.id, "target.group.domain_id": row.domain_id} if row else {}


def _find(call: Call, group_id: str) -> Group:
    row = call.session.get(Group, group_id)
    return reach(call, row, "group", group_id, _target(row))


def _find_member(call: Call, group_id: str, user_id: str) -> tuple[Group, User]:
    group, user = call.session.get(Group, group_id), call.session.get(User, user_id)
    permit(call, {**_target(group), **(users.target(user) if user else {})} if group else {})
    if group is None:
        raise NotFound(f"Could not find group: {group_id}.")
    if user is None:
        raise NotFound(f"Could not find user: {user_id}.")
    return group, user


def list_groups(call: Call) -> dict[str, Any]:
    """Groups; a token for a domain shows those of the domain. Those of one domain come from its directory."""
    context = call.context
    permit(call, {"target.group.domain_id": call.query.get("domain_id") or context.domain_id or ""})
    statement, domain_id = select(Group), call.query.get("domain_id")
    if context.domain_id:
        domain_id = context.domain_id
        statement = statement.where(Group.domain_id == domain_id)
    if domain_id:
        found, following = directories.of_domain(call, Group, statement, _COLUMNS, domain_id)
    else:
        found, following = rows(call, statement, _COLUMNS)
    return collection(call, "groups", [shape(call, row) for row in found], following)


def create_group(call: Call) -> dict[str, Any]:
    """Make a group."""
    values = call.body["group"]
    domain_id = values.get("domain_id") or users.default_domain(call)
    permit(call, {"target.group.domain_id": domain_id})
    return {"group": shape(call, operations.create_group(call.session, domain_id, values, only(values, _KNOWN)))}


def show_group(call: Call, group_id: str) -> dict[str, Any]:
    """One group."""
    row = _find(call, group_id)
    directories.see(call, row)
    return {"group": shape(call, row)}


def update_group(call: Call, group_id: str) -> dict[str, Any]:
    """Change a group."""
    row = _find(call, group_id)
    values = call.body["group"]
    keep_id(values, row.id)
    operations.check_own_domain(values, row)
    operations.change_group(call.session, row, values, only(values, _KNOWN))
    return {"group": shape(call, row)}


def delete_group(call: Call, group_id: str) -> None:
    """Delete a group."""
    operations.remove_group(call.session, _find(call, group_id))


def list_groups_of_user(call: Call, user_id: str) -> dict[str, Any]:
    """The groups a user is in, and until when where that has an end; a token for a domain shows those of the domain."""
    row = users.find(call, user_id)
    directories.see_groups(call, row)
    mine = select(Membership.group_id, Membership.expires_at).where(Membership.user_id == row.id, lasting())
    ends: dict[str, dt.datetime | None] = {found.group_id: found.expires_at for found in call.session.execute(mine)}
    statement = within_domain(call, select(Group).where(Group.id.in_(ends)), Group.domain_id, row.id)
    groups, following = rows(call, statement, _COLUMNS)
    shown = [{**shape(call, group), "membership_expires_at": _moment(ends[group.id])} for group in groups]
    return collection(call, "groups", shown, following)


def _moment(end: dt.datetime | None) -> str | None:
    return None if end is None else stamp(end)


def list_members(call: Call, group_id: str) -> dict[str, Any]:
    """The users in a group; a token for a domain shows those of the domain."""
    row = _find(call, group_id)
    directories.see_members(call, row)
    members = select(User).join(Membership, Membership.user_id == User.id)
    members = members.where(Membership.group_id == row.id, lasting())
    return users.listed(call, within_domain(call, members, User.domain_id))


def check_member(call: Call, group_id: str, user_id: str) -> None:
    """Whether a user is in a group; 404 when not."""
    group, user = _find_member(call, group_id, user_id)
    directories.see_groups(call, user)
    held = select(Membership).where(Membership.user_id == user.id, Membership.group_id == group.id, lasting())
    if call.session.execute(held).first() is None:
        raise NotFound(f"Could not find user {user_id} in group {group_id}.")


def add_member(call: Call, group_id: str, user_id: str) -> None:
    """Put a user into a group."""
    operations.add_member(call.session, *_find_member(call, group_id, user_id))


def remove_member(call: Call, group_id: str, user_id: str) -> None:
    """Take a user out of a group."""
    operations.remove_member(call.session, *_find_member(call, group_id, user_id))


_MEMBER = "/v3/groups/<group_id>/users/<user_id>"

ROUTES = [
    Route("GET", "/v3/groups", list_groups, "identity:list_groups", late=True),
    Route("POST", "/v3/groups", create_group, "identity:create_group", status=201, schema=CREATE_GROUP, late=True),
    Route("GET", "/v3/groups/<group_id>", show_group, "identity:get_group", late=True),
    Route("PATCH", "/v3/groups/<group_id>", update_group, "identity:update_group", schema=UPDATE_GROUP, late=True),
    Route("DELETE", "/v3/groups/<group_id>", delete_group, "identity:delete_group", status=204, late=True),
    Route("GET", "/v3/users/<user_id>/groups", list_groups_of_user, "identity:list_groups_for_user", late=True),
    Route("GET", "/v3/groups/<group_id>/users", list_members, "identity:list_users_in_group", late=True),
    Route("GET", _MEMBER, check_member, "identity:check_user_in_group", status=204, late=True),
    Route("PUT", _MEMBER, add_member, "identity:add_user_to_group", status=204, late=True),
    Route("DELETE", _MEMBER, remove_member, "identity:remove_user_from_group", status=204, late=True),
]
