"""A domain that has a directory, as the stories about directories use it."""

from dataclasses import dataclass
from typing import Any

from identity_stories import Identity
from pileus.identity.operations import directories
from private_directory import Tree


@dataclass
class Company:
    """A domain that has a directory."""

    identity: Identity
    tree: Tree
    domain_id: str

    def log_in(self, name: str, password: str = "secret", scope: Any = None) -> Any:
        user = {"name": name, "domain": {"id": self.domain_id}, "password": password}
        return self.identity.log_in({"methods": ["password"], "password": {"user": user}}, scope)

    def log_in_by_id(self, user_id: str, password: str = "secret") -> Any:
        return self.identity.log_in(
            {"methods": ["password"], "password": {"user": {"id": user_id, "password": password}}}
        )

    def token(self, name: str, scope: Any = None) -> str:
        reply = self.log_in(name, scope=scope)
        assert reply.status_code == 201, reply.text
        return str(reply.headers["X-Subject-Token"])

    def configure(self, **options: Any) -> None:
        reply = self.identity.patch(f"/domains/{self.domain_id}/config", {"config": {"ldap": options}})
        assert reply.status_code == 200, reply.text

    def forget(self, name: str) -> None:
        assert self.identity.delete(f"/domains/{self.domain_id}/config/ldap/{name}").status_code == 204

    def users(self, query: str = "") -> list[str]:
        reply = self.identity.get(f"/users?domain_id={self.domain_id}{query}")
        assert reply.status_code == 200, reply.text
        return sorted(user["name"] for user in reply.json["users"])

    def groups(self, query: str = "") -> list[str]:
        reply = self.identity.get(f"/groups?domain_id={self.domain_id}{query}")
        assert reply.status_code == 200, reply.text
        return sorted(group["name"] for group in reply.json["groups"])

    def user(self, name: str) -> dict[str, Any]:
        found = self.identity.get(f"/users?domain_id={self.domain_id}&name={name}").json["users"]
        return dict(found[0])

    def group(self, name: str) -> dict[str, Any]:
        found = self.identity.get(f"/groups?domain_id={self.domain_id}&name={name}").json["groups"]
        return dict(found[0])

    def enabled(self) -> dict[str, bool]:
        listed = self.identity.get(f"/users?domain_id={self.domain_id}").json["users"]
        return {user["name"]: user["enabled"] for user in listed}

    def works(self, token: str) -> bool:
        reply = self.identity.get("/auth/tokens", X_Subject_Token=token)
        assert reply.status_code in (200, 404)
        return bool(reply.status_code == 200)

    def sync(self) -> directories.Synced:
        return directories.sync(self.identity.database, self.identity.settings, self.domain_id)

    def project(self, **grant: str) -> dict[str, Any]:
        """A project on which {"users": id} or {"groups": id} have the role member; its scope."""
        made = self.identity.make("project", name="work", domain_id=self.domain_id)
        role = self.identity.get("/roles?name=member").json["roles"][0]["id"]
        for kind, actor_id in grant.items():
            path = f"/projects/{made['id']}/{kind}/{actor_id}/roles/{role}"
            assert self.identity.put(path).status_code == 204
        return {"project": {"id": made["id"]}}


def settle(identity: Identity, tree: Tree, options: dict[str, Any] | None = None) -> Company:
    domain = identity.make("domain", name="company")
    config = {"identity": {"driver": "ldap"}, "ldap": options or tree.options()}
    reply = identity.put(f"/domains/{domain['id']}/config", {"config": config})
    assert reply.status_code == 201, reply.text
    return Company(identity, tree, domain["id"])
