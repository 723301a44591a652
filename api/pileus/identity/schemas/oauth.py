"""Bodies about OAuth1 consumers and request tokens."""

from pileus.identity.schemas.delegation import ROLES
from pileus.identity.schemas.fields import MAYBE_TEXT, body, change

CREATE_CONSUMER = body("consumer", {"description": MAYBE_TEXT})
UPDATE_CONSUMER = change("consumer", {"description": MAYBE_TEXT})
AUTHORIZE = {
    "type": "object",
    "properties": {"roles": {**ROLES, "minItems": 1}},
    "required": ["roles"],
    "additionalProperties": False,
}
