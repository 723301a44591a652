"""The API with real tokens, as the stories about identity use it."""

from dataclasses import dataclass
from typing import Any

from flask.testing import FlaskClient

import shapes
from pileus.core.config import Settings
from pileus.core.db import Database
from verbs import Verbs

PASSWORD = "admin-password"


@dataclass
class Identity(Verbs):
    """The API as a story about identity uses it; calls are made by the admin unless a token is given."""

    client: FlaskClient
    database: Database
    settings: Settings
    admin: str = ""

    def call(self, method: str, path: str, json: Any = None, token: str | None = "", **headers: str) -> Any:
        """Send one request below /identity/v3; the answer is Flask's test response."""
        chosen = self.admin if token == "" else token
        sent = {"X-Auth-Token": chosen} if chosen else {}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        reply = self.client.open(f"/identity/v3{path}", method=method, json=json, headers=sent)
        shapes.check(self.client.application, reply)
        return reply

    def log_in(self, identity: dict[str, Any], scope: Any = None, **headers: str) -> Any:
        """Ask for a token."""
        auth: dict[str, Any] = {"identity": identity}
        if scope is not None:
            auth["scope"] = scope
        return self.post("/auth/tokens", {"auth": auth}, token=None, **headers)

    def token(self, user: str, password: str, scope: Any = None) -> str:
        """A token of a user of the default domain, by name and password."""
        reply = self.log_in(by_password(user, password), scope)
        assert reply.status_code == 201, reply.text
        return str(reply.headers["X-Subject-Token"])

    def make(self, what: str, **values: Any) -> dict[str, Any]:
        """Make a thing as the admin, for instance make("user", name=...)."""
        plural = {"policy": "policies", "registered_limit": "registered_limits"}.get(what, f"{what}s")
        reply = self.post(f"/{plural}", {what: values})
        assert reply.status_code == 201, reply.text
        return dict(reply.json[what])


def by_password(user: str, password: str) -> dict[str, Any]:
    """The "identity" object that logs in a user of the default domain."""
    return {
        "methods": ["password"],
        "password": {"user": {"name": user, "domain": {"id": "default"}, "password": password}},
    }


def in_project(name: str) -> dict[str, Any]:
    """The scope of a project of the default domain."""
    return {"project": {"name": name, "domain": {"id": "default"}}}
