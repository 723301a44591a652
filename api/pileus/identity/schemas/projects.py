"""Bodies about domains, projects and their tags."""

from pileus.identity.schemas.fields import (
    BOOLEAN,
    ID,
    IMMUTABLE,
    MAYBE_REFERENCE,
    MAYBE_TEXT,
    NAME,
    TAGS,
    body,
    change,
)

_DOMAIN = {"name": NAME, "description": MAYBE_TEXT, "enabled": BOOLEAN, "options": IMMUTABLE, "tags": TAGS}
_PROJECT = {
    **_DOMAIN,
    "name": {**NAME, "maxLength": 64},
    "domain_id": MAYBE_REFERENCE,
    "parent_id": MAYBE_REFERENCE,
    "is_domain": BOOLEAN,
}

CREATE_DOMAIN = body("domain", {**_DOMAIN, "name": {**NAME, "maxLength": 64}, "explicit_domain_id": ID}, ["name"])
UPDATE_DOMAIN = change("domain", _DOMAIN)
CREATE_PROJECT = body("project", _PROJECT, ["name"])
UPDATE_PROJECT = change("project", _PROJECT)
PUT_TAGS = {"type": "object", "properties": {"tags": TAGS}, "required": ["tags"], "additionalProperties": False}
