"""Policy documents and OAuth1 consumers as they are shown."""

from pileus.identity.schemas.published.catalog import ENDPOINT
from pileus.identity.schemas.published.fields import ID, MAYBE, SELF, TEXT, Table, crud, many, one, thing

POLICY = thing("Policy", {"id": ID, "type": TEXT, "blob": TEXT, "links": SELF})
CONSUMER = thing("Consumer", {"id": ID, "description": MAYBE, "links": SELF})
_NEW = thing("NewConsumer", {"id": ID, "description": MAYBE, "secret": TEXT, "links": SELF})
_CONSUMERS = "/v3/OS-OAUTH1/consumers"

PUBLISHED: Table = {
    **crud("/v3/policies", "policy_id", "policy", "policies", POLICY, "type"),
    ("GET", "/v3/policies/<policy_id>/OS-ENDPOINT-POLICY/endpoints"): many("endpoints", ENDPOINT, paged=False),
    ("GET", "/v3/endpoints/<endpoint_id>/OS-ENDPOINT-POLICY/policy"): one("policy", POLICY),
    **crud(_CONSUMERS, "consumer_id", "consumer", "consumers", CONSUMER),
    ("POST", _CONSUMERS): one("consumer", _NEW),
}
