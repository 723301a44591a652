"""Rules about credentials, application credentials, access rules and trusts."""

from pileus.core.policy import rule
from pileus.identity.policy.checks import ADMIN, ADMIN_OR_READER, either, self

_OWNER = self("target.credential.user_id")
_USER = self("target.user.id")
_TRUSTOR = self("target.trust.trustor_user_id")
_TRUSTEE = self("target.trust.trustee_user_id")
_ONE = "/v3/credentials/{credential_id}"
_EC2 = "/v3/users/{user_id}/credentials/OS-EC2"
_APP = "/v3/users/{user_id}/application_credentials"
_RULES = "/v3/users/{user_id}/access_rules"
_TRUSTS = "/v3/OS-TRUST/trusts"
_READ_TRUST = either(ADMIN_OR_READER, _TRUSTOR, _TRUSTEE)

RULES = [
    rule("identity:list_credentials", either(ADMIN_OR_READER, _OWNER), "List credentials.", ("GET", "/v3/credentials")),
    rule("identity:get_credential", either(ADMIN_OR_READER, _OWNER), "Show a credential.", ("GET", _ONE)),
    rule("identity:create_credential", either(ADMIN, _OWNER), "Make a credential.", ("POST", "/v3/credentials")),
    rule("identity:update_credential", either(ADMIN, _OWNER), "Change a credential.", ("PATCH", _ONE)),
    rule("identity:delete_credential", either(ADMIN, _OWNER), "Delete a credential.", ("DELETE", _ONE)),
    rule("identity:ec2_list_credentials", either(ADMIN_OR_READER, _OWNER), "List EC2 keys.", ("GET", _EC2)),
    rule(
        "identity:ec2_get_credential", either(ADMIN_OR_READER, _OWNER), "Show EC2 keys.", ("GET", f"{_EC2}/{{access}}")
    ),
    rule("identity:ec2_create_credential", either(ADMIN, _OWNER), "Make EC2 keys.", ("POST", _EC2)),
    rule("identity:ec2_delete_credential", either(ADMIN, _OWNER), "Delete EC2 keys.", ("DELETE", f"{_EC2}/{{access}}")),
    rule(
        "identity:list_application_credentials",
        either(ADMIN_OR_READER, _USER),
        "List application credentials.",
        ("GET", _APP),
    ),
    rule(
        "identity:get_application_credential",
        either(ADMIN_OR_READER, _USER),
        "Show an application credential.",
        ("GET", f"{_APP}/{{credential_id}}"),
    ),
    rule("identity:create_application_credential", _USER, "Make an application credential.", ("POST", _APP)),
    rule(
        "identity:delete_application_credential",
        either(ADMIN, _USER),
        "Delete an application credential.",
        ("DELETE", f"{_APP}/{{credential_id}}"),
    ),
    rule("identity:list_access_rules", either(ADMIN_OR_READER, _USER), "List access rules.", ("GET", _RULES)),
    rule(
        "identity:get_access_rule",
        either(ADMIN_OR_READER, _USER),
        "Show an access rule.",
        ("GET", f"{_RULES}/{{rule_id}}"),
    ),
    rule(
        "identity:delete_access_rule",
        either(ADMIN, _USER),
        "Delete an access rule.",
        ("DELETE", f"{_RULES}/{{rule_id}}"),
    ),
    rule("identity:list_trusts", ADMIN_OR_READER, "List all trusts.", ("GET", _TRUSTS)),
    rule(
        "identity:list_trusts_for_trustor",
        either(ADMIN_OR_READER, _TRUSTOR),
        "List trusts of a trustor.",
        ("GET", f"{_TRUSTS}?trustor_user_id"),
    ),
    rule(
        "identity:list_trusts_for_trustee",
        either(ADMIN_OR_READER, _TRUSTEE),
        "List trusts of a trustee.",
        ("GET", f"{_TRUSTS}?trustee_user_id"),
    ),
    rule("identity:create_trust", _TRUSTOR, "Make a trust.", ("POST", _TRUSTS)),
    rule("identity:get_trust", _READ_TRUST, "Show a trust.", ("GET", f"{_TRUSTS}/{{trust_id}}")),
    rule("identity:delete_trust", either(ADMIN, _TRUSTOR), "End a trust.", ("DELETE", f"{_TRUSTS}/{{trust_id}}")),
    rule(
        "identity:list_roles_for_trust", _READ_TRUST, "List delegated roles.", ("GET", f"{_TRUSTS}/{{trust_id}}/roles")
    ),
    rule(
        "identity:get_role_for_trust",
        _READ_TRUST,
        "Show a delegated role.",
        ("GET", f"{_TRUSTS}/{{trust_id}}/roles/{{role_id}}"),
    ),
]
