"""Identity providers, protocols, mappings and service providers as they are shown, and logins by them."""

from pileus.core.service import Published
from pileus.identity.schemas.published.fields import (
    FLAG,
    ID,
    MAYBE,
    SELF,
    TEXT,
    URI,
    Schema,
    Table,
    exactly,
    many,
    one,
    thing,
)
from pileus.identity.schemas.published.projects import DOMAIN, PROJECT
from pileus.identity.schemas.published.tokens import TOKEN

_PROVIDER = thing(
    "IdentityProvider",
    {
        "id": ID,
        "domain_id": ID,
        "enabled": FLAG,
        "description": MAYBE,
        "authorization_ttl": {"type": ["integer", "null"], "minimum": 0},
        "remote_ids": {"type": "array", "items": TEXT},
        "links": exactly(self=URI, protocols=URI),
    },
    closed=True,
)
_PLACE = exactly(self=URI, identity_provider=URI)
_PROTOCOL = thing("Protocol", {"id": ID, "mapping_id": ID, "links": _PLACE}, {"remote_id_attribute": TEXT}, closed=True)
_LISTED: Schema = {"id": ID, "idp_id": ID, "mapping_id": ID, "remote_id_attribute": MAYBE, "links": _PLACE}
_RULES: Schema = {"type": "array", "items": {"type": "object", "required": ["local", "remote"]}, "minItems": 1}
_VERSION: Schema = {"enum": ["1.0", "2.0"]}
_MAPPING = thing("Mapping", {"id": ID, "rules": _RULES, "schema_version": _VERSION, "links": SELF}, closed=True)
_SERVICE = thing(
    "ServiceProvider",
    {
        "id": ID,
        "auth_url": TEXT,
        "sp_url": TEXT,
        "enabled": FLAG,
        "description": MAYBE,
        "relay_state_prefix": TEXT,
        "links": SELF,
    },
    closed=True,
)
_BASE = "/v3/OS-FEDERATION"
_PROVIDERS = f"{_BASE}/identity_providers"
_PROTOCOLS = f"{_PROVIDERS}/<idp_id>/protocols"
_AUTH = "/v3/auth/OS-FEDERATION"
_ORIGIN: Schema = {"origin": {"type": "string", "description": "The dashboard to which the token is posted."}}
_PAGE = Published(query=_ORIGIN, content_type="text/html", also=(302,))
_BACK: Schema = {name: TEXT for name in ("code", "state", "error", "error_description", "iss", "session_state")}


def _four(path: str, argument: str, key: str, schema: Schema) -> Table:
    name = f"{path}/<{argument}>"
    return {(method, name): one(key, schema) for method in ("GET", "PUT", "PATCH")}


PUBLISHED: Table = {
    ("GET", _PROVIDERS): many("identity_providers", _PROVIDER, "id", "enabled"),
    **_four(_PROVIDERS, "idp_id", "identity_provider", _PROVIDER),
    ("GET", _PROTOCOLS): many("protocols", exactly(**_LISTED), "id"),
    **_four(_PROTOCOLS, "protocol_id", "protocol", _PROTOCOL),
    ("GET", f"{_BASE}/mappings"): many("mappings", _MAPPING, "id"),
    **_four(f"{_BASE}/mappings", "mapping_id", "mapping", _MAPPING),
    ("GET", f"{_BASE}/service_providers"): many("service_providers", _SERVICE, "id", "enabled"),
    **_four(f"{_BASE}/service_providers", "sp_id", "service_provider", _SERVICE),
    ("GET", f"{_BASE}/projects"): many("projects", PROJECT, paged=False),
    ("GET", f"{_BASE}/domains"): many("domains", DOMAIN, paged=False),
    **{(method, f"{_PROTOCOLS}/<protocol_id>/auth"): one("token", TOKEN) for method in ("GET", "POST")},
    **{(method, f"{_AUTH}/websso/<protocol_id>"): _PAGE for method in ("GET", "POST")},
    **{
        (method, f"{_AUTH}/identity_providers/<idp_id>/protocols/<protocol_id>/websso"): _PAGE
        for method in ("GET", "POST")
    },
    ("GET", f"{_AUTH}/callback"): Published(query=_BACK, content_type="text/html"),
}
