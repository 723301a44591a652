"""Bodies about policies, OAuth1 consumers and the configuration of domains."""

from pileus.identity.schemas.fields import MAYBE_TEXT, NAME, body

_POLICY = {"type": NAME, "blob": {"type": "string", "maxLength": 1048576}}

CREATE_POLICY = body("policy", _POLICY, ["type", "blob"])
UPDATE_POLICY = body("policy", _POLICY)
CREATE_CONSUMER = body("consumer", {"description": MAYBE_TEXT})
UPDATE_CONSUMER = body("consumer", {"description": MAYBE_TEXT})
DOMAIN_CONFIG = {
    "type": "object",
    "required": ["config"],
    "properties": {"config": {"type": "object", "minProperties": 1}},
}
