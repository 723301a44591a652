"""Users."""

import datetime as dt
from typing import Any

from sqlalchemy import Select, select

from pileus.core.errors import BadRequest, Fault, TooManyRequests
from pileus.core.http.call import Call
from pileus.core.service import Route
from pileus.identity.models import Project, User
from pileus.identity.operations import access, assignments, users
from pileus.identity.operations.bootstrap import DEFAULT_DOMAIN
from pileus.identity.operations.federation import identities
from pileus.identity.schemas.users import CHANGE_PASSWORD, CREATE_USER, UPDATE_USER
from pileus.identity.views import directories, projects
from pileus.identity.views.audited import record_login
from pileus.identity.views.caller import token_groups, within_domain
from pileus.identity.views.listing import collection, keep_id, links, only, rows
from pileus.identity.views.reach import permit, reach

_KNOWN = frozenset(
    (
        "id",
        "name",
        "domain_id",
        "default_project_id",
        "description",
        "enabled",
        "password",
        "options",
        "original_password",
        "federated",
    )
)
COLUMNS = {"id": User.id, "name": User.name, "enabled": User.enabled, "domain_id": User.domain_id}


def shape(call: Call, row: User) -> dict[str, Any]:
    """A user as the API shows one."""
    shown: dict[str, Any] = {
        **row.extra,
        "id": row.id,
        "name": row.name,
        "domain_id": row.domain_id,
        "enabled": row.enabled and not access.inactive(call.session, call.settings, row),
        "options": row.options,
        "password_expires_at": access.stamp(row.password_expires_at) if row.password_expires_at else None,
        "links": links(call, f"/users/{row.id}"),
    }
    if row.default_project_id:
        shown["default_project_id"] = row.default_project_id
    if row.description is not None:
        shown["description"] = row.description
    return shown


def _whole(call: Call, row: User) -> dict[str, Any]:
    """One user, with the names that identity providers have for it."""
    shown, known = shape(call, row), identities.of_user(call.session, row)
    return {"user": {**shown, "federated": known} if known else shown}


def target(row: User) -> dict[str, Any]:
    """What the rules about users look at."""
    return {"target.user.id": row.id, "target.user.domain_id": row.domain_id, "user_id": row.id}


def find(call: Call, user_id: str) -> User:
    """The user, when the caller may do this route's thing to it."""
    row = call.session.get(User, user_id)
    return reach(call, row, "user", user_id, target(row) if row else None)


def default_domain(call: Call) -> str:
    """The domain of a new thing when the body names none."""
    return call.context.domain_id or call.context.project_domain_id or DEFAULT_DOMAIN


def listed(call: Call, statement: Select[Any], domain_id: str | None = None) -> dict[str, Any]:
    """Users that a statement finds, filtered and paged as asked; those of one domain come from its directory."""
    if raw := call.query.get("password_expires_at"):
        statement = statement.where(_expiry(raw))
    if domain_id:
        found, following = directories.of_domain(call, User, statement, COLUMNS, domain_id)
    else:
        found, following = rows(call, statement, COLUMNS)
    logins = users.logins(call.session, found) if call.settings.inactive_days else ()
    shown = [shape(call, row) for row in found]
    del logins  # while shape looked at each user, all logins were at hand
    return collection(call, "users", shown, following)


def _expiry(raw: str) -> Any:
    how, _, moment = raw.partition(":") if raw.partition(":")[0].isalpha() else ("eq", "", raw)
    try:
        when = dt.datetime.strptime(moment, "%Y-%m-%dT%H:%M:%SZ")
    except ValueError:
        raise BadRequest("password_expires_at is <operator>:<timestamp>", field="password_expires_at") from None
    column = User.password_expires_at
    kinds = {
        "lt": column < when,
        "lte": column <= when,
        "gt": column > when,
        "gte": column >= when,
        "eq": column == when,
        "neq": column != when,
    }
    if how not in kinds:
        raise BadRequest(f"{how} is no operator for password_expires_at", field="password_expires_at")
    return kinds[how]


def list_users(call: Call) -> dict[str, Any]:
    """Users; a token for a domain shows those of the domain."""
    context = call.context
    permit(call, {"target.domain_id": call.query.get("domain_id") or context.domain_id or ""})
    statement, domain_id = select(User), call.query.get("domain_id")
    if context.domain_id:
        domain_id = context.domain_id
        statement = statement.where(User.domain_id == domain_id)
    return listed(call, statement, domain_id)


def create_user(call: Call) -> dict[str, Any]:
    """Make a user."""
    values = call.body["user"]
    domain_id = values.get("domain_id") or default_domain(call)
    permit(call, {"target.user.domain_id": domain_id})
    row = users.create(call.session, call.settings, domain_id, values, only(values, _KNOWN))
    if values.get("federated"):
        identities.put(call.session, row, values["federated"], anywhere=call.context.is_admin)
    return _whole(call, row)


def show_user(call: Call, user_id: str) -> dict[str, Any]:
    """One user."""
    row = find(call, user_id)
    directories.see(call, row)
    return _whole(call, row)


def update_user(call: Call, user_id: str) -> dict[str, Any]:
    """Change a user."""
    row = find(call, user_id)
    values = call.body["user"]
    keep_id(values, row.id)
    users.check_own_domain(values, row)
    users.change(call.session, call.settings, row, values, only(values, _KNOWN))
    if "federated" in values:
        identities.put(call.session, row, values["federated"], anywhere=call.context.is_admin)
    return _whole(call, row)


def delete_user(call: Call, user_id: str) -> None:
    """Delete a user."""
    users.remove(call.session, call.settings, find(call, user_id))


def change_password(call: Call, user_id: str) -> None:
    """Change one's own password by means of the old one; works without a token."""
    values = call.body["user"]
    try:
        users.change_password(
            call.database, call.settings, user_id, values["original_password"], values["password"], call.address
        )
    except TooManyRequests:
        raise
    except Fault:
        record_login(call, user_id, "failure", "change_password")
        raise
    record_login(call, user_id, "success", "change_password")


def list_projects(call: Call, user_id: str) -> dict[str, Any]:
    """The projects a user has a role on; for the caller also by groups that the caller's token brings."""
    row = find(call, user_id)
    groups = token_groups(call) if row.id == call.context.user_id else ()
    statement = select(Project).where(Project.id.in_(assignments.project_ids(call.session, row.id, groups)))
    statement = within_domain(call, statement, Project.domain_id, row.id)
    found, following = rows(call, statement, projects.COLUMNS)
    return collection(call, "projects", [projects.shape(call, project) for project in found], following)


ROUTES = [
    Route("GET", "/v3/users", list_users, "identity:list_users", late=True),
    Route("POST", "/v3/users", create_user, "identity:create_user", status=201, schema=CREATE_USER, late=True),
    Route("GET", "/v3/users/<user_id>", show_user, "identity:get_user", late=True),
    Route("PATCH", "/v3/users/<user_id>", update_user, "identity:update_user", schema=UPDATE_USER, late=True),
    Route("DELETE", "/v3/users/<user_id>", delete_user, "identity:delete_user", status=204, late=True),
    Route(
        "POST", "/v3/users/<user_id>/password", change_password, None, status=204, schema=CHANGE_PASSWORD, write=False
    ),
    Route("GET", "/v3/users/<user_id>/projects", list_projects, "identity:list_user_projects", late=True),
]
