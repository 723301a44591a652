"""Rules about users and groups."""

from pileus.core.policy import rule
from pileus.identity.policy.checks import ANY_ADMIN, ANY_ADMIN_OR_READER, domain, either, self

_USER = "target.user.domain_id"
_GROUP = "target.group.domain_id"
_LIST_USERS = either(ANY_ADMIN_OR_READER, domain("reader", "target.domain_id"))
_READ_USER = either(ANY_ADMIN_OR_READER, domain("reader", _USER), self("target.user.id"))
_MANAGE_USER = either(ANY_ADMIN, domain("manager", _USER))
_READ_GROUP = either(ANY_ADMIN_OR_READER, domain("reader", _GROUP))
_MANAGE_GROUP = either(ANY_ADMIN, domain("manager", _GROUP))
_READ_MEMBER = either(ANY_ADMIN_OR_READER, domain("reader", _GROUP, _USER))
_MANAGE_MEMBER = either(ANY_ADMIN, domain("manager", _GROUP, _USER))
_ONE = "/v3/users/{user_id}"
_MEMBER = "/v3/groups/{group_id}/users/{user_id}"

RULES = [
    rule("identity:list_users", _LIST_USERS, "List users.", ("GET", "/v3/users")),
    rule("identity:get_user", _READ_USER, "Show a user.", ("GET", _ONE)),
    rule("identity:create_user", _MANAGE_USER, "Make a user.", ("POST", "/v3/users")),
    rule("identity:update_user", _MANAGE_USER, "Change a user.", ("PATCH", _ONE)),
    rule("identity:delete_user", _MANAGE_USER, "Delete a user.", ("DELETE", _ONE)),
    rule("identity:list_groups_for_user", _READ_USER, "List a user's groups.", ("GET", f"{_ONE}/groups")),
    rule("identity:list_user_projects", _READ_USER, "List a user's projects.", ("GET", f"{_ONE}/projects")),
    rule("identity:list_groups", _READ_GROUP, "List groups.", ("GET", "/v3/groups")),
    rule("identity:get_group", _READ_GROUP, "Show a group.", ("GET", "/v3/groups/{group_id}")),
    rule("identity:create_group", _MANAGE_GROUP, "Make a group.", ("POST", "/v3/groups")),
    rule("identity:update_group", _MANAGE_GROUP, "Change a group.", ("PATCH", "/v3/groups/{group_id}")),
    rule("identity:delete_group", _MANAGE_GROUP, "Delete a group.", ("DELETE", "/v3/groups/{group_id}")),
    rule("identity:list_users_in_group", _READ_GROUP, "List members.", ("GET", "/v3/groups/{group_id}/users")),
    rule("identity:check_user_in_group", _READ_MEMBER, "Check a membership.", ("GET", _MEMBER)),
    rule("identity:add_user_to_group", _MANAGE_MEMBER, "Add a member.", ("PUT", _MEMBER)),
    rule("identity:remove_user_from_group", _MANAGE_MEMBER, "Remove a member.", ("DELETE", _MEMBER)),
]
