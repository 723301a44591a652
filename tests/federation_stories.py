"""Who campus is, and how people come from there through a trusted proxy: what the stories about federation share."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from identity_stories import Identity, in_project

BASE = "/OS-FEDERATION"
CAMPUS = f"{BASE}/identity_providers/campus"
AUTH = f"{CAMPUS}/protocols/saml2/auth"
DASHBOARD = "https://dashboard.example.org/auth/websso/"
FILE = """
[campus.saml2]
kind = "headers"
prefix = "X-Saml-"
remote_id_attribute = "IDP"

[other.saml2]
kind = "headers"
prefix = "X-Saml-"
"""
RULES: list[dict[str, Any]] = [
    {
        "local": [{"user": {"name": "{0}", "email": "{1}"}}, {"groups": "{2}", "domain": {"id": "default"}}],
        "remote": [{"type": "UID"}, {"type": "MAIL"}, {"type": "GROUPS"}],
    }
]
ANN = {
    "X_Saml_Uid": "ann",
    "X_Saml_Mail": "ann@example.org",
    "X_Saml_Groups": "crew;unknown",
    "X_Saml_Idp": "urn:campus",
}


def behind_proxy(identity_with: Callable[..., Identity], folder: Path) -> Identity:
    """A cloud behind a trusted proxy that speaks for the provider campus; its group crew may work in the project web."""
    file = folder / "federation.toml"
    file.write_text(FILE)
    identity = identity_with(
        federation_file=str(file),
        trusted_proxies="127.0.0.1",
        external_header="X-Remote-User, X-Remote-Domain",
        dashboards=f"https://x.example.org/, {DASHBOARD}",
    )
    group = identity.make("group", name="crew", domain_id="default")["id"]
    project = identity.make("project", name="web", domain_id="default")["id"]
    member = next(r["id"] for r in identity.get("/roles?name=member").json["roles"])
    assert identity.put(f"/projects/{project}/groups/{group}/roles/{member}").status_code == 204
    body = {"identity_provider": {"enabled": True, "remote_ids": ["urn:campus"]}}
    assert identity.put(CAMPUS, body).status_code == 201
    assert identity.put(f"{BASE}/mappings/people", {"mapping": {"rules": RULES}}).status_code == 201
    assert identity.put(f"{CAMPUS}/protocols/saml2", {"protocol": {"mapping_id": "people"}}).status_code == 201
    return identity


def log_in(identity: Identity, **headers: str) -> Any:
    return identity.post(AUTH, token=None, **{**ANN, **headers})


def map_by(identity: Identity, rules: list[dict[str, Any]], version: str = "1.0") -> None:
    body = {"mapping": {"rules": rules, "schema_version": version}}
    assert identity.patch(f"{BASE}/mappings/people", body).status_code == 200


def rescoped(identity: Identity, token: str, scope: Any = None) -> Any:
    return identity.log_in({"methods": ["token"], "token": {"id": token}}, scope or in_project("web"))
