"""Stories about the method external: a trusted proxy says in a header who the caller is."""

from collections.abc import Callable
from pathlib import Path

import pytest

from federation_stories import behind_proxy
from identity_stories import PASSWORD, Identity, in_project


@pytest.fixture
def federated(identity_with: Callable[..., Identity], tmp_path: Path) -> Identity:
    return behind_proxy(identity_with, tmp_path)


def test_an_authenticated_user_of_a_trusted_proxy_logs_in_by_the_method_external(federated: Identity) -> None:
    external = {"methods": ["external"], "external": {}}
    reply = federated.log_in(external, in_project("admin"), X_Remote_User="admin")
    assert reply.status_code == 201 and reply.json["token"]["methods"] == ["external"]
    domain = federated.make("domain", name="acme")["id"]
    carl = federated.make("user", name="carl", domain_id=domain)["id"]
    named = federated.log_in(external, X_Remote_User="carl", X_Remote_Domain="acme")
    assert named.status_code == 201 and named.json["token"]["user"]["id"] == carl
    for headers in ({}, {"X_Remote_User": "carl"}, {"X_Remote_User": "admin", "X_Remote_Domain": "none"}):
        assert federated.log_in(external, **headers).status_code == 401
    federated.patch(f"/users/{carl}", {"user": {"enabled": False}})
    assert federated.log_in(external, X_Remote_User="carl", X_Remote_Domain="acme").status_code == 401


def test_external_needs_a_setting(identity: Identity) -> None:
    assert identity.log_in({"methods": ["external"], "external": {}}, X_Remote_User="admin").status_code == 401
    assert identity.token("admin", PASSWORD)
