"""Whatever is sent to the identity API, by whomever: it answers as its OpenAPI document says, and never with a 500."""

import os
import random
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select, union_all

from fuzzing import Plan, Things, fuzz
from identity_stories import PASSWORD, Identity, in_project
from pileus import catalogue
from pileus.identity import models as m
from pileus.identity.operations import bootstrap

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "0"))  # 0: the little that `make test` has time for
SEED = int(os.environ.get("FUZZ_SEED", "3"))
PERSONAS = ("admin", "member", "nobody")
NAMES: dict[tuple[str, ...], tuple[Any, ...]] = {
    ("user_id", "trustor_user_id", "trustee_user_id"): (m.User,),
    ("actor_id",): (m.User, m.Group),
    ("project_id", "target_id", "tenant_id", "default_project_id", "parent_id", "domain_id"): (m.Project,),
    ("group_id",): (m.Group, m.EndpointGroup),
    ("role_id", "prior_id", "implied_id"): (m.Role,),
    ("service_id",): (m.CatalogService,),
    ("endpoint_id",): (m.Endpoint,),
    ("region_id", "parent_region_id"): (m.Region,),
    ("credential_id",): (m.Credential, m.ApplicationCredential),
    ("rule_id",): (m.AccessRule,),
    ("trust_id",): (m.Trust,),
    ("limit_id",): (m.Limit, m.RegisteredLimit),
    ("policy_id",): (m.PolicyDocument,),
    ("consumer_id",): (m.Consumer,),
    ("idp_id",): (m.IdentityProvider,),
    ("mapping_id",): (m.FederationMapping,),
    ("sp_id",): (m.ServiceProvider,),
}
QUERIES: dict[str, Any] = {
    name: union_all(*(select(model.id) for model in models)) for names, models in NAMES.items() for name in names
}


def furnish(identity: Identity) -> None:
    """Two of each kind of thing."""
    log_in(identity)
    me = identity.get("/auth/tokens", X_Subject_Token=identity.admin).json["token"]
    mine, home = me["user"]["id"], me["project"]["id"]
    for _ in range(2):
        name = f"fuzz-{uuid.uuid4()}"
        user = identity.make("user", name=name, password="x")["id"]
        project = identity.make("project", name=name)["id"]
        role = identity.make("role", name=name)["id"]
        identity.make("domain", name=name)
        identity.make("group", name=name)
        identity.put(f"/projects/{project}/users/{user}/roles/{role}")
        region = identity.make("region")["id"]
        service = identity.make("service", type="fuzz")["id"]
        identity.make("endpoint", url="http://x/", interface="public", service_id=service, region_id=region)
        identity.make("credential", blob="{}", type="cert", user_id=user)
        identity.make("policy", type="x", blob="y")
        limit = {"service_id": service, "resource_name": "x"}
        identity.post("/registered_limits", {"registered_limits": [{**limit, "default_limit": 5}]})
        identity.post("/limits", {"limits": [{**limit, "resource_limit": 3, "project_id": project}]})
        identity.post("/OS-OAUTH1/consumers", {"consumer": {}})
        rules = [{"path": f"/{name}", "method": "GET", "service": "identity"}]
        credential = {"name": name, "access_rules": rules}
        identity.post(f"/users/{mine}/application_credentials", {"application_credential": credential})
        trust = {"trustor_user_id": mine, "trustee_user_id": user, "impersonation": False, "project_id": home}
        identity.post("/OS-TRUST/trusts", {"trust": {**trust, "roles": [{"name": "member"}]}})
        federation = "/OS-FEDERATION"
        identity.put(f"{federation}/identity_providers/{name}", {"identity_provider": {}})
        remote = [{"type": "HTTP_OIDC_SUB"}]
        mapping = {"rules": [{"local": [{"user": {"name": "{0}"}}], "remote": remote}]}
        identity.put(f"{federation}/mappings/{name}", {"mapping": mapping})
        identity.post(
            "/OS-EP-FILTER/endpoint_groups", {"endpoint_group": {"name": name, "filters": {"interface": "public"}}}
        )
        identity.put(
            f"{federation}/service_providers/{name}",
            {"service_provider": {"auth_url": "https://x/auth", "sp_url": "https://x/sp"}},
        )


def log_in(identity: Identity) -> str:
    """The admin's token; bootstrapped anew, because much may have been deleted meanwhile."""
    with identity.database.write() as session:
        bootstrap(session, identity.settings, catalogue.SERVICES, PASSWORD)
    identity.admin = identity.token("admin", PASSWORD, in_project("admin"))
    return identity.admin


def persona(identity: Identity, name: str) -> Callable[[], str | None]:
    """How somebody gets a token."""
    if name == "admin":
        return lambda: log_in(identity)
    if name == "nobody":
        return lambda: None

    def member() -> str:
        log_in(identity)
        name = f"member-{uuid.uuid4()}"
        user, project = identity.make("user", name=name, password="x")["id"], identity.make("project", name=name)["id"]
        role = identity.get("/roles?name=member").json["roles"][0]["id"]
        identity.put(f"/projects/{project}/users/{user}/roles/{role}")
        return identity.token(name, "x", in_project(name))

    return member


def plan(who: str, dialect: str) -> Plan:
    """All of it by `make fuzz`; else each half on one kind of database, and little for those who may do little."""
    if EXAMPLES:
        return Plan(EXAMPLES, SEED)
    if who == "admin" and dialect == "postgresql":
        return Plan(1, SEED, ["coverage"])
    return Plan(2 if who == "admin" else 1, SEED, ["fuzzing"])


@pytest.mark.parametrize("who", PERSONAS)
def test_nothing_that_is_sent_ends_in_an_error_of_the_server(identity_with: Callable[..., Identity], who: str) -> None:
    identity = identity_with(login_failures_per_user=0, login_failures_per_address=0)
    things = Things(identity.database, QUERIES, lambda: furnish(identity), random.Random(SEED))
    chosen = plan(who, identity.database.engine.dialect.name)
    found = fuzz(identity.client.application, persona(identity, who), things, "identity", chosen)
    assert not found, f"seed {SEED}:\n" + "\n\n".join(found)
