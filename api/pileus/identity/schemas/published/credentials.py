"""Credentials and EC2 keys as they are shown."""

from pileus.identity.schemas.published.fields import ID, MAYBE, MAYBE_ID, SELF, TEXT, Table, crud, many, one, thing

CREDENTIAL = thing(
    "Credential", {"id": ID, "user_id": ID, "project_id": MAYBE_ID, "type": TEXT, "blob": TEXT, "links": SELF}
)
EC2 = thing(
    "EC2Key",
    {"access": TEXT, "secret": TEXT, "user_id": ID, "tenant_id": MAYBE_ID, "trust_id": MAYBE, "links": SELF},
    closed=True,
)
_EC2 = "/v3/users/<user_id>/credentials/OS-EC2"

PUBLISHED: Table = {
    **crud("/v3/credentials", "credential_id", "credential", "credentials", CREDENTIAL),
    ("GET", "/v3/credentials"): many("credentials", CREDENTIAL, "user_id", "type", paged=False),
    ("GET", _EC2): many("credentials", EC2, paged=False),
    ("POST", _EC2): one("credential", EC2),
    ("GET", f"{_EC2}/<access>"): one("credential", EC2),
}
