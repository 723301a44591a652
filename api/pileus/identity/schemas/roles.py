"""Bodies about roles."""

from pileus.identity.schemas.fields import IMMUTABLE, MAYBE_REFERENCE, MAYBE_TEXT, NAME, body, change

_ROLE = {"name": NAME, "description": MAYBE_TEXT, "domain_id": MAYBE_REFERENCE, "options": IMMUTABLE}

CREATE_ROLE = body("role", _ROLE, ["name"])
UPDATE_ROLE = change("role", _ROLE)
