"""Application credentials, access rules and trusts as they are shown."""

from pileus.identity.schemas.published.fields import (
    FLAG,
    ID,
    LINKS,
    MAYBE,
    MAYBE_ID,
    MAYBE_MOMENT,
    NAME,
    SELF,
    TEXT,
    Table,
    exactly,
    many,
    one,
    thing,
)
from pileus.identity.schemas.published.roles import ROLE

_RULE = {"id": ID, "service": TEXT, "method": TEXT, "path": TEXT}
ACCESS_RULE = thing("AccessRule", {**_RULE, "links": SELF}, closed=True)
_CREDENTIAL = {
    "id": ID,
    "name": NAME,
    "description": MAYBE,
    "project_id": MAYBE_ID,
    "user_id": ID,
    "expires_at": {"type": ["string", "null"], "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}$"},
    "unrestricted": FLAG,
    "system": {"type": ["string", "null"]},
    "roles": {"type": "array", "items": exactly(id=ID, name=NAME, domain_id=MAYBE_ID)},
    "links": SELF,
}
_RULES = {"access_rules": {"type": "array", "items": exactly(**_RULE)}}
APPLICATION_CREDENTIAL = thing("ApplicationCredential", _CREDENTIAL, _RULES, closed=True)
_NEW = thing("NewApplicationCredential", {**_CREDENTIAL, "secret": TEXT}, _RULES, closed=True)
_BRIEF_TRUST = {
    "id": ID,
    "trustor_user_id": ID,
    "trustee_user_id": ID,
    "project_id": MAYBE_ID,
    "impersonation": FLAG,
    "expires_at": MAYBE_MOMENT,
    "deleted_at": MAYBE_MOMENT,
    "remaining_uses": {"type": ["integer", "null"], "minimum": 0},
    "redelegation_count": {"type": ["integer", "null"], "minimum": 0},
    "links": SELF,
}
_REDELEGATED = {"redelegated_trust_id": ID}
TRUST = thing(
    "Trust",
    {**_BRIEF_TRUST, "roles": {"type": "array", "items": ROLE}, "roles_links": LINKS},
    _REDELEGATED,
)
_LISTED = thing("ListedTrust", _BRIEF_TRUST, _REDELEGATED)

_ALL = "/v3/users/<user_id>/application_credentials"
_ACCESS = "/v3/users/<user_id>/access_rules"
_TRUSTS = "/v3/OS-TRUST/trusts"

PUBLISHED: Table = {
    ("GET", _ALL): many("application_credentials", APPLICATION_CREDENTIAL, "name"),
    ("POST", _ALL): one("application_credential", _NEW),
    ("GET", f"{_ALL}/<credential_id>"): one("application_credential", APPLICATION_CREDENTIAL),
    ("GET", _ACCESS): many("access_rules", ACCESS_RULE, "service", "method", "path"),
    ("GET", f"{_ACCESS}/<rule_id>"): one("access_rule", ACCESS_RULE),
    ("GET", _TRUSTS): many("trusts", _LISTED, "trustor_user_id", "trustee_user_id", paged=False),
    ("POST", _TRUSTS): one("trust", TRUST),
    ("GET", f"{_TRUSTS}/<trust_id>"): one("trust", TRUST),
    ("GET", f"{_TRUSTS}/<trust_id>/roles"): many("roles", ROLE, paged=False),
    ("GET", f"{_TRUSTS}/<trust_id>/roles/<role_id>"): one("role", ROLE),
}
