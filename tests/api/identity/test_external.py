"""Stories about a trusted proxy that says who the caller is, and a cloud that does not take its word."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from federation_stories import ANN, BASE, DASHBOARD, behind_proxy, log_in
from identity_stories import PASSWORD, Identity, in_project
from pileus.app import create_app


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


@pytest.mark.parametrize(
    ("methods", "status"), [("password,mapped", 201), ("password,saml2", 201), ("password,openid", 401)]
)
def test_a_cloud_may_take_no_word_of_providers(federated: Identity, methods: str, status: int) -> None:
    settings = replace(federated.settings, auth_methods=methods)
    cloud = replace(federated, client=create_app(settings, federated.database).test_client(), settings=settings)
    assert log_in(cloud).status_code == status
    assert cloud.log_in({"methods": ["external"], "external": {}}, X_Remote_User="admin").status_code == 401
    shown = cloud.get(f"/auth{BASE}/websso/saml2?origin={DASHBOARD}", token=None, **ANN)
    assert shown.status_code == (200 if status == 201 else 401)
