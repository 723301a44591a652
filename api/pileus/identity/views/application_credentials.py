"""Application credentials and access rules, below their user."""

from typing import Any

from sqlalchemy import select

from pileus.core.errors import NotFound
from pileus.core.http.call import Call
from pileus.core.service import Route
from pileus.identity.models import AccessRule, ApplicationCredential, Role, User
from pileus.identity.operations import application_credentials
from pileus.identity.operations.access import Access
from pileus.identity.schemas.delegation import CREATE_APPLICATION_CREDENTIAL
from pileus.identity.views.listing import collection, links, rows
from pileus.identity.views.reach import permit

_MOMENT = "%Y-%m-%dT%H:%M:%S.%f"


def _caller(call: Call) -> Access:
    worth: Access = call.context.more["access"]
    return worth


def _user(call: Call, user_id: str) -> User:
    """The user in the path, when the caller may do this route's thing there."""
    permit(call, {"target.user.id": user_id})
    row = call.session.get(User, user_id)
    if row is None:
        raise NotFound(f"Could not find user: {user_id}.")
    return row


def _shape_rule(row: AccessRule) -> dict[str, Any]:
    return {"id": row.id, "service": row.service, "method": row.method, "path": row.path}


def _shape(call: Call, row: ApplicationCredential) -> dict[str, Any]:
    roles = call.session.execute(select(Role).where(Role.id.in_(row.role_ids)).order_by(Role.name)).scalars()
    shown: dict[str, Any] = {
        "id": row.id,
        "name": row.name,
        "description": row.description,
        "user_id": row.user_id,
        "project_id": row.project_id,
        "expires_at": row.expires_at.strftime(_MOMENT) if row.expires_at else None,
        "unrestricted": row.unrestricted,
        "system": None,
        "roles": [{"id": role.id, "name": role.name, "domain_id": role.domain_id or None} for role in roles],
        "links": links(call, f"/users/{row.user_id}/application_credentials/{row.id}"),
    }
    return shown | ({"access_rules": [_shape_rule(rule) for rule in row.rules]} if row.rules_apply else {})


def _find(call: Call, user_id: str, credential_id: str) -> ApplicationCredential:
    user = _user(call, user_id)
    row = call.session.get(ApplicationCredential, credential_id)
    if row is None or row.user_id != user.id:
        raise NotFound(f"Could not find Application Credential: {credential_id}.")
    return row


def list_credentials(call: Call, user_id: str) -> dict[str, Any]:
    """A user's application credentials."""
    user = _user(call, user_id)
    columns = {"id": ApplicationCredential.id, "name": ApplicationCredential.name}
    statement = select(ApplicationCredential).where(ApplicationCredential.user_id == user.id)
    found, following = rows(call, statement, columns)
    return collection(call, "application_credentials", [_shape(call, row) for row in found], following)


def create_credential(call: Call, user_id: str) -> dict[str, Any]:
    """Make an application credential; the secret is shown here and never again."""
    user = _user(call, user_id)
    values = call.body["application_credential"]
    row, secret = application_credentials.create(call.session, call.settings, _caller(call), user, values)
    return {"application_credential": {**_shape(call, row), "secret": secret}}


def show_credential(call: Call, user_id: str, credential_id: str) -> dict[str, Any]:
    """One application credential."""
    return {"application_credential": _shape(call, _find(call, user_id, credential_id))}


def delete_credential(call: Call, user_id: str, credential_id: str) -> None:
    """Delete an application credential."""
    row = _find(call, user_id, credential_id)
    application_credentials.remove(call.session, call.settings, _caller(call), row)


def list_rules(call: Call, user_id: str) -> dict[str, Any]:
    """A user's access rules."""
    user = _user(call, user_id)
    columns = {"id": AccessRule.id, "service": AccessRule.service, "method": AccessRule.method, "path": AccessRule.path}
    found, following = rows(call, select(AccessRule).where(AccessRule.user_id == user.id), columns)
    shown = [{**_shape_rule(row), "links": links(call, f"/users/{user.id}/access_rules/{row.id}")} for row in found]
    return collection(call, "access_rules", shown, following)


def _find_rule(call: Call, user_id: str, rule_id: str) -> AccessRule:
    user = _user(call, user_id)
    row = call.session.get(AccessRule, rule_id)
    if row is None or row.user_id != user.id:
        raise NotFound(f"Could not find Access Rule: {rule_id}.")
    return row


def show_rule(call: Call, user_id: str, rule_id: str) -> dict[str, Any]:
    """One access rule."""
    row = _find_rule(call, user_id, rule_id)
    return {"access_rule": {**_shape_rule(row), "links": links(call, f"/users/{user_id}/access_rules/{row.id}")}}


def delete_rule(call: Call, user_id: str, rule_id: str) -> None:
    """Delete an access rule that no application credential uses."""
    application_credentials.remove_rule(call.session, _find_rule(call, user_id, rule_id))


_ALL = "/v3/users/<user_id>/application_credentials"
_RULES = "/v3/users/<user_id>/access_rules"

ROUTES = [
    Route("GET", _ALL, list_credentials, "identity:list_application_credentials", late=True),
    Route(
        "POST",
        _ALL,
        create_credential,
        "identity:create_application_credential",
        status=201,
        schema=CREATE_APPLICATION_CREDENTIAL,
        late=True,
    ),
    Route("GET", f"{_ALL}/<credential_id>", show_credential, "identity:get_application_credential", late=True),
    Route(
        "DELETE",
        f"{_ALL}/<credential_id>",
        delete_credential,
        "identity:delete_application_credential",
        status=204,
        late=True,
    ),
    Route("GET", _RULES, list_rules, "identity:list_access_rules", late=True),
    Route("GET", f"{_RULES}/<rule_id>", show_rule, "identity:get_access_rule", late=True),
    Route("DELETE", f"{_RULES}/<rule_id>", delete_rule, "identity:delete_access_rule", status=204, late=True),
]
