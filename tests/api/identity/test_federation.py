"""Stories about identity providers, their protocols, mappings, and the clouds that trust this one."""

from typing import Any

import pytest

from federation_stories import BASE, CAMPUS, RULES
from identity_stories import PASSWORD, Identity, in_project


def test_an_identity_provider_has_a_domain_and_names_of_its_own(identity: Identity) -> None:
    made = identity.put(CAMPUS, {"identity_provider": {"remote_ids": ["b", "a"]}})
    assert made.status_code == 201, made.text
    shown = made.json["identity_provider"]
    assert shown["remote_ids"] == ["b", "a"] and shown["enabled"] is False and shown["authorization_ttl"] is None
    assert shown["links"]["protocols"] == f"{shown['links']['self']}/protocols"
    assert identity.get(f"/domains/{shown['domain_id']}").json["domain"]["name"] == "campus"
    again = identity.put(CAMPUS, {"identity_provider": {}})
    assert again.status_code == 409
    other = f"{BASE}/identity_providers/other"
    taken = identity.put(other, {"identity_provider": {"remote_ids": ["a"]}})
    assert taken.status_code == 409 and "a" in taken.json["error"]["message"]
    assert identity.get(other).status_code == 404
    assert identity.put(other, {"identity_provider": {"domain_id": "default"}}).status_code == 201
    changed = identity.patch(
        CAMPUS, {"identity_provider": {"remote_ids": ["a", "c"], "enabled": True, "authorization_ttl": 5}}
    )
    assert changed.json["identity_provider"]["remote_ids"] == ["a", "c"]
    assert identity.patch(CAMPUS, {"identity_provider": {"domain_id": "default"}}).status_code == 400
    assert [p["id"] for p in identity.get(f"{BASE}/identity_providers?enabled=true").json["identity_providers"]] == [
        "campus"
    ]
    assert [p["id"] for p in identity.get(f"{BASE}/identity_providers?id=other").json["identity_providers"]] == [
        "other"
    ]
    assert identity.delete(CAMPUS).status_code == 204
    assert identity.get(CAMPUS).status_code == 404
    assert identity.patch(other, {"identity_provider": {"remote_ids": ["a"]}}).status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        None,
        {},
        {"identity_provider": {"name": "x"}},
        {"identity_provider": {"remote_ids": ["a", "a"]}},
        {"identity_provider": {"remote_ids": "a"}},
        {"identity_provider": {"authorization_ttl": -1}},
        {"identity_provider": {"enabled": "yes"}},
    ],
)
def test_a_malformed_identity_provider_is_a_bad_request(identity: Identity, body: Any) -> None:
    assert identity.put(CAMPUS, body).status_code == 400


def test_a_protocol_needs_its_provider_and_its_mapping(identity: Identity) -> None:
    path = f"{CAMPUS}/protocols/openid"
    assert identity.put(path, {"protocol": {"mapping_id": "people"}}).status_code == 404
    identity.put(CAMPUS, {"identity_provider": {}})
    assert identity.put(path, {"protocol": {"mapping_id": "people"}}).status_code == 400
    identity.put(f"{BASE}/mappings/people", {"mapping": {"rules": RULES}})
    made = identity.put(path, {"protocol": {"mapping_id": "people"}})
    assert made.status_code == 201 and set(made.json["protocol"]) == {"id", "mapping_id", "links"}
    assert made.json["protocol"]["links"]["identity_provider"].endswith("/identity_providers/campus")
    assert identity.put(path, {"protocol": {"mapping_id": "people"}}).status_code == 409
    assert identity.patch(path, {"protocol": {"mapping_id": "none"}}).status_code == 400
    assert identity.patch(path, {"protocol": {"remote_id_attribute": "X"}}).status_code == 200
    listed = identity.get(f"{CAMPUS}/protocols").json["protocols"]
    assert [(p["id"], p["idp_id"], p["remote_id_attribute"]) for p in listed] == [("openid", "campus", "X")]
    assert identity.delete(path).status_code == 204
    assert identity.get(path).status_code == identity.delete(path).status_code == 404
    assert identity.get(f"{BASE}/identity_providers/none/protocols").status_code == 404


def test_a_mapping_keeps_its_rules_as_they_are(identity: Identity) -> None:
    path = f"{BASE}/mappings/people"
    assert identity.put(path, {"mapping": {"rules": []}}).status_code == 400
    broken = [{"local": [], "remote": [{"type": "x", "any_one_of": ["("], "regex": True}]}]
    refused = identity.put(path, {"mapping": {"rules": broken}})
    assert refused.status_code == 400 and "rules/0" in refused.json["error"]["message"]
    made = identity.put(path, {"mapping": {"rules": RULES}})
    assert made.json["mapping"]["rules"] == RULES and made.json["mapping"]["schema_version"] == "1.0"
    assert identity.put(path, {"mapping": {"rules": RULES}}).status_code == 409
    changed = identity.patch(path, {"mapping": {"rules": RULES * 2, "schema_version": "2.0"}}).json["mapping"]
    assert changed["rules"] == RULES * 2 and changed["schema_version"] == "2.0"
    assert identity.get(f"{BASE}/mappings").json["mappings"] == [changed]
    assert identity.delete(path).status_code == 204 and identity.get(path).status_code == 404


@pytest.mark.parametrize("scope", [in_project("admin"), "unscoped"])
def test_tokens_name_the_clouds_that_trust_this_one(identity: Identity, scope: Any) -> None:
    held = identity.token("admin", PASSWORD, scope)

    def named() -> Any:
        return identity.get("/auth/tokens", X_Subject_Token=held).json["token"].get("service_providers")

    path = f"{BASE}/service_providers/sister"
    values = {"auth_url": "https://sister.example.org/auth", "sp_url": "https://sister.example.org/sp"}
    assert named() is None
    assert identity.put(path, {"service_provider": {"auth_url": "nonsense", "sp_url": "x"}}).status_code == 400
    made = identity.put(path, {"service_provider": values})
    assert made.status_code == 201 and made.json["service_provider"]["relay_state_prefix"] == "ss:mem:"
    assert identity.put(path, {"service_provider": values}).status_code == 409
    assert named() is None
    assert identity.patch(path, {"service_provider": {"enabled": True}}).status_code == 200
    assert named() == [{"id": "sister", **values}]
    assert identity.patch(path, {"service_provider": {}}).status_code == 400
    assert len(identity.get(f"{BASE}/service_providers?enabled=1").json["service_providers"]) == 1
    assert identity.delete(path).status_code == 204
    assert named() is None
