"""Rules about tokens, and about what every caller may ask about itself."""

from pileus.core.policy import rule
from pileus.identity.policy.checks import ADMIN, ANY_ADMIN, ANY_ADMIN_OR_READER, ANYBODY, SERVICE, either, self

_SUBJECT = self("target.token.user_id")
_VALIDATE = either(ANY_ADMIN_OR_READER, SERVICE, _SUBJECT)
_CHECK = either(ANY_ADMIN_OR_READER, _SUBJECT)
_FOR_OTHERS = either(ANY_ADMIN, SERVICE)

RULES = [
    rule("identity:validate_token", _VALIDATE, "Show what a token is worth.", ("GET", "/v3/auth/tokens")),
    rule("identity:check_token", _CHECK, "Check whether a token is valid.", ("HEAD", "/v3/auth/tokens")),
    rule("identity:revoke_token", either(ANY_ADMIN, _SUBJECT), "Revoke a token.", ("DELETE", "/v3/auth/tokens")),
    rule(
        "identity:list_revoke_events", either(ADMIN, SERVICE), "List what was revoked.", ("GET", "/v3/OS-REVOKE/events")
    ),
    rule(
        "identity:revocation_list",
        either(ANY_ADMIN, SERVICE),
        "Ask for revoked PKI tokens, of which there are none.",
        ("GET", "/v3/auth/tokens/OS-PKI/revoked"),
    ),
    rule(
        "identity:ec2tokens_validate", _FOR_OTHERS, "Get the token for a signed EC2 request.", ("POST", "/v3/ec2tokens")
    ),
    rule("identity:s3tokens_validate", _FOR_OTHERS, "Get the token for a signed S3 request.", ("POST", "/v3/s3tokens")),
    rule("identity:get_auth_catalog", ANYBODY, "Show one's own catalog.", ("GET", "/v3/auth/catalog")),
    rule("identity:get_auth_projects", ANYBODY, "List projects to log in to.", ("GET", "/v3/auth/projects")),
    rule("identity:get_auth_domains", ANYBODY, "List domains to log in to.", ("GET", "/v3/auth/domains")),
    rule("identity:get_auth_system", ANYBODY, "Say whether one may log in to the system.", ("GET", "/v3/auth/system")),
]
