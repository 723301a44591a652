"""Ann, who is member of a project, and Bob and Carl, for the stories about working on behalf of others."""

from dataclasses import dataclass
from typing import Any

import pytest

from identity_stories import Identity, by_password


@dataclass
class Team:
    """The three in a cloud: `ids` of users and roles by name, the project "web", and Ann's token for it."""

    cloud: Identity
    ids: dict[str, str]
    project: str
    token: str

    def grant(self, who: str, role: str, project: str = "") -> None:
        path = f"/projects/{project or self.project}/users/{self.ids[who]}/roles/{self.ids[role]}"
        assert self.cloud.put(path).status_code == 204

    def take_back(self, who: str, role: str) -> None:
        path = f"/projects/{self.project}/users/{self.ids[who]}/roles/{self.ids[role]}"
        assert self.cloud.delete(path).status_code == 204

    def log_in(self, who: str, scope: Any = None) -> Any:
        return self.cloud.log_in(by_password(who, "secret"), scope)

    def held(self, reply: Any) -> str:
        """The token of a login that must have been good."""
        assert reply.status_code == 201, reply.text
        return str(reply.headers["X-Subject-Token"])

    def alive(self, token: str) -> bool:
        """Whether a token is worth something."""
        return bool(self.cloud.get("/auth/tokens", X_Subject_Token=token).status_code == 200)

    def robot(self, **values: Any) -> dict[str, Any]:
        """An application credential of Ann's."""
        body = {"application_credential": {"name": "robot", **values}}
        reply = self.cloud.post(f"/users/{self.ids['ann']}/application_credentials", body, token=self.token)
        assert reply.status_code == 201, reply.text
        return dict(reply.json["application_credential"])


def by_credential(made: dict[str, Any], **more: Any) -> dict[str, Any]:
    """The "identity" object that logs in by an application credential."""
    given = {"id": made["id"], "secret": made["secret"], **more}
    return {"methods": ["application_credential"], "application_credential": given}


@pytest.fixture
def team(identity: Identity) -> Team:
    """Ann is member of the project web; Bob and Carl are nothing."""
    ids = {name: identity.make("user", name=name, password="secret")["id"] for name in ("ann", "bob", "carl")}
    ids |= {role["name"]: role["id"] for role in identity.get("/roles").json["roles"]}
    made = Team(identity, ids, identity.make("project", name="web")["id"], "")
    made.grant("ann", "member")
    made.token = identity.token("ann", "secret", {"project": {"id": made.project}})
    return made
