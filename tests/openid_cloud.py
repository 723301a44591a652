"""An API of its own that trusts a real OpenID provider, and a browser's way through both."""

import html
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import requests

from openid_provider import OpenIDProvider, running
from ports import free_port
from private_cloud import PrivateCloud, private_cloud

DASHBOARD = "http://127.0.0.1:9/auth/websso/"
SUB, GROUPS, EMAIL = ({"type": name} for name in ("OIDC-sub", "OIDC-groups", "HTTP_OIDC_EMAIL"))
RULES = [
    {"local": [{"user": {"name": "{0}", "email": "{1}"}}], "remote": [SUB, EMAIL]},
    {"local": [{"user": {"name": "{0}"}}, {"groups": "{1}", "domain": {"id": "default"}}], "remote": [SUB, GROUPS]},
]
FILE = """
[op.openid]
kind = "oidc"
issuer = "{issuer}"
client_id = "{client_id}"
client_secret_file = "{folder}/secret"
audience = "pileus"
ca_file = "{folder}/ca.pem"
scopes = "openid email groups"

[op.opaque]
kind = "oidc"
issuer = "{issuer}"
client_id = "pileus"
client_secret_file = "{folder}/pileus-secret"
audience = ["opaque"]
ca_file = "{folder}/ca.pem"

[untrusted.openid]
kind = "oidc"
issuer = "{issuer}"
client_id = "pileus"
audience = "pileus"

[gone.openid]
kind = "oidc"
issuer = "https://127.0.0.1:{gone}"
client_id = "pileus"

[slow.openid]
kind = "oidc"
issuer = "https://127.0.0.1:{slow}"
client_id = "pileus"
timeout = 1.0
"""


@dataclass
class OpenIDCloud:
    """The API and the provider it trusts; the members of the group dev may work in the project web."""

    cloud: PrivateCloud
    provider: OpenIDProvider
    admin: str = ""

    def call(self, method: str, path: str, json: Any = None, **headers: str) -> requests.Response:
        """Send one request below /identity/v3; by the admin, unless headers say something else."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()} or {"X-Auth-Token": self.admin}
        return requests.request(
            method, self.cloud.auth_url + path, json=json, headers=sent, timeout=30, allow_redirects=False
        )

    def by_bearer(self, token: str, provider: str = "op", protocol: str = "openid") -> requests.Response:
        """Log in with an access token."""
        path = f"/OS-FEDERATION/identity_providers/{provider}/protocols/{protocol}/auth"
        return self.call("POST", path, Authorization=f"Bearer {token}")

    def prepare(self) -> None:
        """Make what the stories need."""
        identity = {
            "password": {"user": {"name": "admin", "domain": {"id": "default"}, "password": self.cloud.password}}
        }
        scope = {"project": {"name": "admin", "domain": {"id": "default"}}}
        body = {"auth": {"identity": {"methods": ["password"], **identity}, "scope": scope}}
        self.admin = self.call("POST", "/auth/tokens", body, Accept="*/*").headers["X-Subject-Token"]
        self.put("/OS-FEDERATION/mappings/people", {"mapping": {"rules": RULES}})
        for name in ("op", "untrusted", "gone", "slow"):
            remotes = [self.provider.issuer] if name == "op" else []
            path = f"/OS-FEDERATION/identity_providers/{name}"
            self.put(path, {"identity_provider": {"enabled": True, "remote_ids": remotes}})
            for protocol in ("openid", "opaque") if name == "op" else ("openid",):
                self.put(f"{path}/protocols/{protocol}", {"protocol": {"mapping_id": "people"}})
        group = self.call("POST", "/groups", {"group": {"name": "dev", "domain_id": "default"}}).json()["group"]["id"]
        project = self.call("POST", "/projects", {"project": {"name": "web", "domain_id": "default"}}).json()[
            "project"
        ]["id"]
        member = self.call("GET", "/roles?name=member").json()["roles"][0]["id"]
        self.put(f"/projects/{project}/groups/{group}/roles/{member}", None)

    def put(self, path: str, body: Any) -> None:
        answer = self.call("PUT", path, body)
        assert answer.ok, answer.text


@contextmanager
def openid_cloud(database: str, folder: Path, slow: int) -> Iterator[OpenIDCloud]:
    """Both, on "sqlite" or "postgresql"; `slow` is a port of this machine that accepts connections and never answers."""
    file = folder / "federation.toml"
    more: dict[str, object] = {"federation_file": str(file), "dashboards": DASHBOARD}
    with running(folder) as provider, private_cloud(database, **more) as cloud:
        redirect = f"{cloud.url}/identity/v3/auth/OS-FEDERATION/callback"
        client = provider.register(redirect, scope="openid email groups")
        (folder / "secret").write_text(client["client_secret"] + "\n")
        (folder / "pileus-secret").write_text("pileus-secret")
        values = {"issuer": provider.issuer, "client_id": client["client_id"], "folder": folder}
        file.write_text(FILE.format(**values, gone=free_port(), slow=slow))
        made = OpenIDCloud(cloud, provider)
        made.prepare()
        yield made


class Browser(requests.Session):
    """Follows redirects one by one, fills in the provider's pages, and stops before the dashboard."""

    def __init__(self, made: OpenIDCloud) -> None:
        super().__init__()
        self.trust_env = False
        self.verify = str(made.provider.ca_file)
        self.cloud = made.cloud
        self.way: list[str] = []

    def open(self, address: str, form: dict[str, str] | None = None) -> requests.Response:
        """Go to an address, and on as long as there are redirects, up to our own callback."""
        answer = self.request("POST" if form else "GET", address, data=form, allow_redirects=False, timeout=30)
        self.way.append(address)
        while "Location" in answer.headers and "/callback?" not in answer.headers["Location"]:
            address = urljoin(answer.url, answer.headers["Location"])
            answer = self.get(address, allow_redirects=False, timeout=30)
            self.way.append(address)
        return answer

    def sign_on(self, person: str, path: str) -> str:
        """Log in at the provider and consent there; the address of our callback, with the code, not yet opened."""
        page = self.open(f"{self.cloud.auth_url}/auth/OS-FEDERATION{path}?origin={DASHBOARD}")
        assert page.ok, page.text
        for _ in range(4):
            if "Location" in page.headers:
                return page.headers["Location"]
            form = re.search(r'<form[^>]* action="([^"]+)"', page.text)
            prompt = re.search(r'name="prompt" value="(\w+)"', page.text)
            assert form and prompt, page.text
            values = {"prompt": prompt[1]}
            if prompt[1] == "login":
                values |= {"login": person, "password": "any"}
            page = self.open(html.unescape(form[1]), values)
        raise AssertionError("the provider does not come to an end")


__all__ = ["DASHBOARD", "Browser", "OpenIDCloud", "openid_cloud"]
