"""Rules about credentials, application credentials, access rules and trusts."""

from pileus.core.policy import rule
from pileus.identity.policy.checks import ADMIN, ADMIN_OR_READER, ANY_ADMIN, ANY_ADMIN_OR_READER, either, self

_OWNER = self("target.credential.user_id")
_USER = self("target.user.id")
_TRUSTOR = self("target.trust.trustor_user_id")
_TRUSTEE = self("target.trust.trustee_user_id")
_ONE = "/v3/credentials/{credential_id}"
_EC2 = "/v3/users/{user_id}/credentials/OS-EC2"
_KEY = f"{_EC2}/{{access}}"
_APP = "/v3/users/{user_id}/application_credentials"
_ONE_APP = f"{_APP}/{{credential_id}}"
_RULES = "/v3/users/{user_id}/access_rules"
_ONE_RULE = f"{_RULES}/{{rule_id}}"
_TRUSTS = "/v3/OS-TRUST/trusts"
_ONE_TRUST = f"{_TRUSTS}/{{trust_id}}"
_READ = either(ANY_ADMIN_OR_READER, _OWNER)
_CHANGE = either(ANY_ADMIN, _OWNER)
_READ_KEY = either(ADMIN_OR_READER, _OWNER)
_CHANGE_KEY = either(ADMIN, f"(role:member and {_OWNER})")
_READ_OWN = either(ADMIN_OR_READER, _USER)
_CHANGE_OWN = either(ADMIN, _USER)
_READ_TRUST = either(ADMIN_OR_READER, _TRUSTOR, _TRUSTEE)
_BY_TRUSTOR = either(ADMIN_OR_READER, _TRUSTOR)
_BY_TRUSTEE = either(ADMIN_OR_READER, _TRUSTEE)
_ROLES = f"{_ONE_TRUST}/roles"

RULES = [
    rule("identity:list_credentials", _READ, "List credentials.", ("GET", "/v3/credentials")),
    rule("identity:get_credential", _READ, "Show a credential.", ("GET", _ONE)),
    rule("identity:create_credential", _CHANGE, "Make a credential.", ("POST", "/v3/credentials")),
    rule("identity:update_credential", _CHANGE, "Change a credential.", ("PATCH", _ONE)),
    rule("identity:delete_credential", _CHANGE, "Delete a credential.", ("DELETE", _ONE)),
    rule("identity:ec2_list_credentials", _READ_KEY, "List EC2 keys.", ("GET", _EC2)),
    rule("identity:ec2_get_credential", _READ_KEY, "Show EC2 keys.", ("GET", _KEY)),
    rule("identity:ec2_create_credential", _CHANGE_KEY, "Make EC2 keys.", ("POST", _EC2)),
    rule("identity:ec2_delete_credential", _CHANGE_KEY, "Delete EC2 keys.", ("DELETE", _KEY)),
    rule("identity:list_application_credentials", _READ_OWN, "List application credentials.", ("GET", _APP)),
    rule("identity:get_application_credential", _READ_OWN, "Show an application credential.", ("GET", _ONE_APP)),
    rule("identity:create_application_credential", _USER, "Make an application credential.", ("POST", _APP)),
    rule("identity:delete_application_credential", _CHANGE_OWN, "Delete one of them.", ("DELETE", _ONE_APP)),
    rule("identity:list_access_rules", _READ_OWN, "List access rules.", ("GET", _RULES)),
    rule("identity:get_access_rule", _READ_OWN, "Show an access rule.", ("GET", _ONE_RULE)),
    rule("identity:delete_access_rule", _CHANGE_OWN, "Delete an access rule.", ("DELETE", _ONE_RULE)),
    rule("identity:list_trusts", ADMIN_OR_READER, "List all trusts.", ("GET", _TRUSTS)),
    rule(
        "identity:list_trusts_for_trustor",
        _BY_TRUSTOR,
        "List those of a trustor.",
        ("GET", f"{_TRUSTS}?trustor_user_id"),
    ),
    rule(
        "identity:list_trusts_for_trustee",
        _BY_TRUSTEE,
        "List those of a trustee.",
        ("GET", f"{_TRUSTS}?trustee_user_id"),
    ),
    rule("identity:create_trust", _TRUSTOR, "Make a trust.", ("POST", _TRUSTS)),
    rule("identity:get_trust", _READ_TRUST, "Show a trust.", ("GET", _ONE_TRUST)),
    rule("identity:delete_trust", either(ADMIN, _TRUSTOR), "End a trust.", ("DELETE", _ONE_TRUST)),
    rule("identity:list_roles_for_trust", _READ_TRUST, "List delegated roles.", ("GET", _ROLES)),
    rule("identity:get_role_for_trust", _READ_TRUST, "Show a delegated role.", ("GET", f"{_ROLES}/{{role_id}}")),
]
