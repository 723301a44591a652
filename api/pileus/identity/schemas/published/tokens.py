"""Tokens, catalogs, revocations and versions as they are shown."""

from pileus.core.service import Published
from pileus.identity.schemas.published.fields import (
    FLAG,
    ID,
    LINKS,
    MAYBE,
    MAYBE_MOMENT,
    MOMENT,
    NAME,
    NAMED,
    SWITCH,
    TEXT,
    Schema,
    Table,
    exactly,
    many,
    one,
    thing,
)

_OWNED = {**NAMED, "properties": {"id": ID, "name": NAME, "domain": NAMED}, "required": ["id", "name", "domain"]}
_USER = {
    **_OWNED,
    "properties": {**_OWNED["properties"], "password_expires_at": MAYBE_MOMENT, "OS-FEDERATION": {"type": "object"}},
}
_ENDPOINT = thing(
    "CatalogEndpoint",
    {"id": ID, "interface": TEXT, "region": MAYBE, "region_id": MAYBE, "url": TEXT},
    {"name": TEXT},
)
_CATALOG: Schema = {
    "type": "array",
    "items": thing(
        "CatalogService",
        {"id": ID, "type": TEXT, "name": TEXT, "endpoints": {"type": "array", "items": _ENDPOINT}},
        closed=True,
    ),
}
_USER_ID = exactly(id=ID)
TOKEN = thing(
    "Token",
    {
        "methods": {"type": "array", "items": TEXT, "minItems": 1},
        "user": _USER,
        "audit_ids": {"type": "array", "items": TEXT, "minItems": 1, "maxItems": 2},
        "expires_at": MOMENT,
        "issued_at": MOMENT,
    },
    {
        "project": _OWNED,
        "is_domain": FLAG,
        "domain": NAMED,
        "system": exactly(all={"const": True}),
        "roles": {"type": "array", "items": NAMED, "minItems": 1},
        "catalog": _CATALOG,
        "service_providers": {"type": "array"},
        "OS-TRUST:trust": {
            "type": "object",
            "properties": {"id": ID, "trustor_user": _USER_ID, "trustee_user": _USER_ID, "impersonation": FLAG},
            "required": ["id", "trustor_user", "trustee_user", "impersonation"],
        },
        "OS-OAUTH1": exactly(consumer_id=ID, access_token_id=ID),
        "application_credential": {
            "type": "object",
            "properties": {"id": ID, "name": NAME, "restricted": FLAG, "access_rules": {"type": "array"}},
            "required": ["id", "name", "restricted"],
        },
    },
    closed=True,
)
_SUBJECT: Schema = {"X-Subject-Token": {"type": "string", "description": "The token that is meant."}}
_KNOWS_RULES: Schema = {
    "OpenStack-Identity-Access-Rules": {
        "type": "string",
        "description": "The version of access rules to which the caller holds tokens; without 1.0 or more, tokens that are "
        "bound by some are not found.",
        "examples": ["1.0"],
    }
}
_TOKEN = one("token", TOKEN)
_VERSION = thing(
    "Version",
    {
        "id": TEXT,
        "status": TEXT,
        "updated": MOMENT,
        "links": {"type": "array", "items": exactly(rel=TEXT, href=TEXT)},
        "media-types": {"type": "array", "items": exactly(base=TEXT, type=TEXT)},
    },
    closed=True,
)
_EVENT: Schema = {"type": "object", "required": ["issued_before", "revoked_at"]}
_EVENTS = many("events", _EVENT, "since", paged=False)
_PATH = "/v3/auth/tokens"

PUBLISHED: Table = {
    ("GET", "/"): one("versions", exactly(values={"type": "array", "items": _VERSION})),
    ("GET", "/v3"): one("version", _VERSION),
    ("POST", _PATH): Published(
        _TOKEN.response, query={"nocatalog": SWITCH}, headers={"Openstack-Auth-Receipt": {"type": "string"}}
    ),
    ("GET", _PATH): Published(
        _TOKEN.response, query={"nocatalog": SWITCH, "allow_expired": SWITCH}, headers=_SUBJECT | _KNOWS_RULES
    ),
    ("HEAD", _PATH): Published(query={"allow_expired": SWITCH}, headers=_SUBJECT | _KNOWS_RULES),
    ("DELETE", _PATH): Published(query={"cascade": SWITCH}, headers=_SUBJECT),
    ("GET", "/v3/auth/tokens/OS-PKI/revoked"): Published(content_type=""),  # there never is one
    ("GET", "/v3/auth/catalog"): Published(exactly(catalog=_CATALOG, links=LINKS)),
    ("GET", "/v3/OS-REVOKE/events"): _EVENTS,
    ("POST", "/v3/ec2tokens"): _TOKEN,
    ("POST", "/v3/s3tokens"): _TOKEN,
}
