"""A cloud with one user for each persona, and with a target of every kind for them to try."""

from collections.abc import Callable
from itertools import count
from typing import Any

from identity_stories import Identity
from personas.identity import PLACES, RANKS


def place_of(stage: "Stage", place: str) -> tuple[str, dict[str, Any]]:
    """Where a role is granted for a place, and the scope of a token for it."""
    if place == "system":
        return "/system", {"system": {"all": True}}
    kind = "domain" if place in ("home", "far") else "project"
    return f"/{kind}s/{stage.names[place]}", {kind: {"id": stage.names[place]}}


class Stage:
    """What a "$name" stands for (`names`), and the token of each persona (`tokens`)."""

    def __init__(self, identity: Identity) -> None:
        self.identity = identity
        self.numbers = count(1)
        self.names: dict[str, Any] = {}
        self.tokens: dict[str, str] = {"admin": identity.admin}
        self.roles = {role["name"]: role["id"] for role in identity.get("/roles").json["roles"]}
        self.names |= {rank: self.roles[rank] for rank in RANKS}
        self._people()
        for make in FRESH.values():
            self.names |= make(self)
        self.names |= {
            "user_id": self.names["self"],
            "project_id": self.names["web"],
            "domain_id": self.names["home"],
            "role_id": self.names["role"],
            "prior_id": self.names["role"],
            "implied_id": self.names["reader"],
            "value": "green",
        }

    def _people(self) -> None:
        make = self.identity.make
        for domain, project in (("home", "web"), ("far", "other")):
            self.names[domain] = make("domain", name=domain)["id"]
            self.names[project] = make("project", name=project, domain_id=self.names[domain])["id"]
        self.names["services"] = make("project", name="services", domain_id=self.names["far"])["id"]
        for place in PLACES:
            for rank in RANKS:
                self._person(f"{place}-{rank}", "far" if place in ("far", "other") else "home", place, rank)
        self._person("service", "far", "services", "service")
        self._person("self", "home", "web", "member")
        self._person("unscoped", "far", "", "")

    def _person(self, name: str, domain: str, place: str, role: str) -> None:
        user = self.identity.make("user", name=name, domain_id=self.names[domain], password="secret")["id"]
        self.names[name], scope = user, None
        if place:
            where, scope = place_of(self, place)
            assert self.identity.put(f"{where}/users/{user}/roles/{self.roles[role]}").status_code == 204
        self.tokens[name] = self.log_in(user, scope)

    def log_in(self, user_id: str, scope: Any = None) -> str:
        """A new token."""
        identity = {"methods": ["password"], "password": {"user": {"id": user_id, "password": "secret"}}}
        reply = self.identity.log_in(identity, scope)
        assert reply.status_code == 201, reply.text
        return str(reply.headers["X-Subject-Token"])

    def new(self) -> str:
        """A name that nothing has yet."""
        return f"new{next(self.numbers)}"

    def fill(self, value: Any, names: dict[str, Any] | None = None) -> Any:
        """The same with every "$name" put in; "$new" is another name each time."""
        names = names or self.names
        if isinstance(value, dict):
            return {key: self.fill(inner, names) for key, inner in value.items()}
        if isinstance(value, list):
            return [self.fill(inner, names) for inner in value]
        if not isinstance(value, str) or "$" not in value:
            return value
        before, _, name = value.partition("$")
        found = self.new() if name == "new" else self.fill(names[name], names)
        return before + found if before else found

    def send(self, method: str, path: str, body: Any = None, by: str = "admin") -> Any:
        """Send a request that must work; the JSON of the answer."""
        reply = self.identity.call(method, path, body, token=self.tokens[by])
        assert reply.status_code < 300, f"{method} {path}: {reply.text}"
        return reply.json


Maker = Callable[[Stage], dict[str, Any]]


def _simple(kind: str, **values: Any) -> Maker:
    """A noun of the API in the domain home, or nowhere; its id has the name of the noun, too."""

    def make(stage: Stage) -> dict[str, Any]:
        found = stage.identity.make(kind, **stage.fill(values))["id"]
        return {kind: found, f"{kind}_id": found}

    return make


def _domain(stage: Stage) -> dict[str, Any]:
    made = stage.identity.make("domain", name=stage.new(), enabled=False)["id"]
    return {"domain_id": made}


def _subject(stage: Stage) -> dict[str, Any]:
    return {"subject": stage.log_in(stage.names["self"], {"project": {"id": stage.names["web"]}})}


def _credential(stage: Stage) -> dict[str, Any]:
    body = {"credential": {"type": "x", "blob": "x", "user_id": stage.names["self"]}}
    return {"credential_id": stage.send("POST", "/credentials", body)["credential"]["id"]}


def _ec2(stage: Stage) -> dict[str, Any]:
    path, body = f"/users/{stage.names['self']}/credentials/OS-EC2", {"tenant_id": stage.names["web"]}
    return {"access": stage.send("POST", path, body)["credential"]["access"]}


def _app(stage: Stage) -> dict[str, Any]:
    body = {"application_credential": {"name": stage.new()}}
    path = f"/users/{stage.names['self']}/application_credentials"
    return {"app": stage.send("POST", path, body, "self")["application_credential"]["id"]}


def _rule(stage: Stage) -> dict[str, Any]:
    """An access rule that no application credential uses any more."""
    rule = {"path": f"/{stage.new()}", "method": "GET", "service": "compute"}
    path = f"/users/{stage.names['self']}/application_credentials"
    body = {"application_credential": {"name": stage.new(), "access_rules": [rule]}}
    made = stage.send("POST", path, body, "self")["application_credential"]
    stage.send("DELETE", f"{path}/{made['id']}", by="self")
    return {"rule_id": made["access_rules"][0]["id"]}


def _trust(stage: Stage) -> dict[str, Any]:
    body = {
        "trustor_user_id": stage.names["self"],
        "trustee_user_id": stage.names["unscoped"],
        "project_id": stage.names["web"],
        "impersonation": False,
        "roles": [{"id": stage.names["member"]}],
    }
    made = stage.send("POST", "/OS-TRUST/trusts", {"trust": body}, "self")["trust"]
    return {"trust_body": body, "trust_id": made["id"]}


def _endpoint(stage: Stage) -> dict[str, Any]:
    body = {"service_id": stage.names["service_id"], "interface": "public", "url": "http://there"}
    return {"endpoint_body": body, "endpoint_id": stage.identity.make("endpoint", **body)["id"]}


def _endpoint_group(stage: Stage) -> dict[str, Any]:
    body = {"endpoint_group": {"name": stage.new(), "filters": {"interface": "public"}}}
    return {"endpoint_group": stage.send("POST", "/OS-EP-FILTER/endpoint_groups", body)["endpoint_group"]["id"]}


def _consumer(stage: Stage) -> dict[str, Any]:
    return {"consumer_id": stage.send("POST", "/OS-OAUTH1/consumers", {"consumer": {}})["consumer"]["id"]}


def _config(stage: Stage) -> dict[str, Any]:
    body = {"config": {"ldap": {"url": "ldap://there", "suffix": "cn=there"}}}
    stage.send("PUT", f"/domains/{stage.names['home']}/config", body)
    return {}


def _registered(stage: Stage, name: str) -> tuple[str, dict[str, Any]]:
    item = {"service_id": stage.names["service_id"], "resource_name": name, "default_limit": 5}
    made = stage.send("POST", "/registered_limits", {"registered_limits": [item]})["registered_limits"][0]
    return made["id"], item


def _unused(stage: Stage) -> dict[str, Any]:
    """A registered limit of which no project has a limit of its own."""
    name = stage.new()
    made, item = _registered(stage, name)
    limit = {
        "service_id": item["service_id"],
        "resource_name": name,
        "resource_limit": 3,
        "project_id": stage.names["web"],
    }
    return {"unused_id": made, "registered_body": {**item, "resource_name": "$new"}, "limit_body": limit}


def _limit(stage: Stage) -> dict[str, Any]:
    made, item = _registered(stage, stage.new())
    limit = {"service_id": item["service_id"], "resource_name": item["resource_name"], "resource_limit": 3}
    limit["project_id"] = stage.names["web"]
    return {"registered_id": made, "limit_id": stage.send("POST", "/limits", {"limits": [limit]})["limits"][0]["id"]}


def _mapping(stage: Stage) -> dict[str, Any]:
    local = [{"user": {"name": "{0}"}}, {"group": {"id": stage.names["group_id"]}}]
    body = {"rules": [{"local": local, "remote": [{"type": "sub"}]}]}
    stage.send("PUT", f"/OS-FEDERATION/mappings/{(name := stage.new())}", {"mapping": body})
    return {"mapping_id": name, "mapping_body": body}


def _provider(stage: Stage) -> dict[str, Any]:
    stage.send("PUT", f"/OS-FEDERATION/identity_providers/{(name := stage.new())}", {"identity_provider": {}})
    return {"idp_id": name}


def _protocol(stage: Stage) -> dict[str, Any]:
    path = f"/OS-FEDERATION/identity_providers/{stage.names['idp_id']}/protocols/{(name := stage.new())}"
    stage.send("PUT", path, {"protocol": {"mapping_id": stage.names["mapping_id"]}})
    return {"protocol_id": name}


def _service_provider(stage: Stage) -> dict[str, Any]:
    body = {"auth_url": "https://there/auth", "sp_url": "https://there/sp", "enabled": True}
    stage.send("PUT", f"/OS-FEDERATION/service_providers/{(name := stage.new())}", {"service_provider": body})
    return {"sp_id": name, "sp_body": body}


FRESH: dict[str, Maker] = {
    "user": _simple("user", name="$new", domain_id="$home"),
    "group": _simple("group", name="$new", domain_id="$home"),
    "project": _simple("project", name="$new", domain_id="$home"),
    "domain": _domain,
    "role": _simple("role", name="$new"),
    "local": lambda stage: {
        "local": stage.identity.make("role", name=stage.new(), domain_id=stage.names["home"])["id"]
    },
    "region": _simple("region"),
    "service": lambda stage: {"service_id": stage.identity.make("service", type=stage.new())["id"]},
    "endpoint": _endpoint,
    "policy": _simple("policy", type="x", blob="x"),
    "endpoint_group": _endpoint_group,
    "consumer": _consumer,
    "subject": _subject,
    "credential": _credential,
    "ec2": _ec2,
    "app": _app,
    "rule": _rule,
    "trust": _trust,
    "config": _config,
    "unused": _unused,
    "limit": _limit,
    "mapping": _mapping,
    "identity_provider": _provider,
    "protocol": _protocol,
    "service_provider": _service_provider,
}
