"""The table of personas: for each route of the identity API, who may call it.

A row names personas and groups of them. Targets are in the domain "home", or are its project "web", or belong to the user
"self", a member of "web"; see identity_stage.py for all that a "$name" stands for.
"""

from dataclasses import dataclass, field
from typing import Any

RANKS = ("admin", "manager", "member", "reader")
PLACES = ("system", "home", "far", "web", "other")  # the system, two domains, and a project of each
PERSONAS = ("admin", *(f"{place}-{rank}" for place in PLACES for rank in RANKS), "service", "unscoped", "self")
GROUPS = {
    "admins": ("admin", *(f"{place}-admin" for place in PLACES)),
    "cloud": ("admin", "system-admin", "web-admin", "other-admin"),  # without a token for a domain
    **{place: tuple(f"{place}-{rank}" for rank in RANKS[1:]) for place in PLACES},
    "all": PERSONAS,
}
OPEN = {  # the ways in
    "GET /",
    "GET /v3",
    "POST /v3/auth/tokens",
    "POST /v3/users/<user_id>/password",
    "POST /v3/OS-OAUTH1/request_token",
    "POST /v3/OS-OAUTH1/access_token",
    "POST /v3/OS-OAUTH2/token",
    "GET /v3/OS-FEDERATION/identity_providers/<idp_id>/protocols/<protocol_id>/auth",
    "POST /v3/OS-FEDERATION/identity_providers/<idp_id>/protocols/<protocol_id>/auth",
    "GET /v3/auth/OS-FEDERATION/websso/<protocol_id>",
    "POST /v3/auth/OS-FEDERATION/websso/<protocol_id>",
    "GET /v3/auth/OS-FEDERATION/identity_providers/<idp_id>/protocols/<protocol_id>/websso",
    "POST /v3/auth/OS-FEDERATION/identity_providers/<idp_id>/protocols/<protocol_id>/websso",
    "GET /v3/auth/OS-FEDERATION/callback",
}


@dataclass(frozen=True)
class Row:
    """One line: a route and who may call it, with `body`, `query`, `headers`, and `args` for its path.

    `fresh` names what is made anew before a call that may succeed, `given` the method by which an admin prepares the same
    path before it; `by` tries only these personas; `ok` are statuses that mean "allowed" besides those of success.
    """

    route: str
    allowed: str
    body: Any = None
    query: str = ""
    args: dict[str, str] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    fresh: str = ""
    given: str = ""
    by: str = "all"
    ok: tuple[int, ...] = ()


def named(text: str) -> set[str]:
    """The personas that a text names, each by itself or as a group."""
    return {persona for word in text.split() for persona in GROUPS.get(word, (word,))}


READ = "cloud system"  # what belongs to the cloud
SEE = "admins system home"  # what belongs to a domain


def noun(path: str, one: str, body: dict[str, Any], change: dict[str, Any], read: str = READ) -> list[Row]:
    """What belongs to the cloud: its readers see it, its admins change it."""
    kind, key = next(iter(body)), f"{path}/<{one}>"
    return [
        Row(f"GET {path}", read),
        Row(f"GET {key}", read),
        Row(f"POST {path}", "cloud", body),
        Row(f"PATCH {key}", "cloud", {kind: change}),
        Row(f"DELETE {key}", "cloud", fresh=kind),
    ]


USER = "/v3/users/<user_id>"
PROJECT = "/v3/projects/<project_id>"
GROUP = "/v3/groups/<group_id>"
MEMBER = f"{GROUP}/users/<user_id>"
IN_GUISE = {"project_id": "$domain_id"}  # a domain in the guise of a project
SUBJECT = {"X-Subject-Token": "$subject"}

TOKENS = [
    Row("GET /v3/auth/tokens", "admins system service self", headers=SUBJECT),
    Row("HEAD /v3/auth/tokens", "admins system self", headers=SUBJECT),
    Row("DELETE /v3/auth/tokens", "admins self", headers=SUBJECT, fresh="subject"),
    Row("GET /v3/OS-REVOKE/events", "cloud service"),
    Row(
        "GET /v3/auth/catalog", "admin web-admin web other-admin other service self"
    ),  # without a project there is no catalog
    Row("GET /v3/auth/tokens/OS-PKI/revoked", ""),
    *(Row(f"GET /v3/auth/{what}", "all") for what in ("projects", "domains", "system")),
    Row("POST /v3/ec2tokens", "admins service", {"credentials": {"access": "x", "signature": "x"}}, ok=(400, 401)),
    Row(
        "POST /v3/s3tokens",
        "admins service",
        {"credentials": {"access": "x", "signature": "x", "token": "x"}},
        ok=(401,),
    ),
]
DOMAINS = [
    Row("GET /v3/domains", "admins system home far"),
    Row("POST /v3/domains", "cloud", {"domain": {"name": "$new"}}),
    Row("GET /v3/domains/<domain_id>", "admins system home web self"),
    Row("PATCH /v3/domains/<domain_id>", "cloud", {"domain": {"description": "changed"}}),
    Row("DELETE /v3/domains/<domain_id>", "cloud", fresh="domain"),
]
PROJECTS = [
    Row("GET /v3/projects", "admins system home far"),
    Row("GET /v3/projects", SEE, query="domain_id=$home"),
    Row("GET /v3/projects", "admins system", query="domain_id=None"),
    Row("POST /v3/projects", "admins home-manager", {"project": {"name": "$new", "domain_id": "$home"}}),
    Row("POST /v3/projects", "cloud", {"project": {"name": "$new", "is_domain": True}}),
    Row(f"GET {PROJECT}", f"{SEE} web self"),
    Row(f"GET {PROJECT}", "admins system", args={"project_id": "$home"}),
    Row(f"PATCH {PROJECT}", "admins home-manager", {"project": {"description": "changed"}}),
    Row(f"PATCH {PROJECT}", "cloud", {"project": {"description": "changed"}}, args=IN_GUISE),
    Row(f"PATCH {PROJECT}", "cloud", {"project": {"enabled": False}}, args=IN_GUISE, fresh="domain"),
    Row(f"DELETE {PROJECT}", "admins home-manager", fresh="project"),
    Row(f"DELETE {PROJECT}", "cloud", args=IN_GUISE, fresh="domain"),
    Row(f"GET {PROJECT}/tags", f"{SEE} web self"),
    Row(f"PUT {PROJECT}/tags", "admins home-manager", {"tags": ["blue"]}),
    Row(f"DELETE {PROJECT}/tags", "admins home-manager"),
    Row(f"PUT {PROJECT}/tags/<value>", "admins home-manager"),
    Row(f"GET {PROJECT}/tags/<value>", f"{SEE} web self"),
    Row(f"DELETE {PROJECT}/tags/<value>", "admins home-manager", given="PUT"),
    Row(f"PUT {PROJECT}/tags", "cloud", {"tags": ["blue"]}, args=IN_GUISE),
    Row(f"DELETE {PROJECT}/tags", "cloud", args=IN_GUISE),
    Row(f"PUT {PROJECT}/tags/<value>", "cloud", args=IN_GUISE),
    Row(f"DELETE {PROJECT}/tags/<value>", "cloud", args=IN_GUISE, given="PUT"),
]
USERS = [
    Row("GET /v3/users", "admins system home far"),
    Row("GET /v3/users", SEE, query="domain_id=$home"),
    Row("GET /v3/users", "admins system", query="domain_id=None"),
    Row("POST /v3/users", "admins home-manager", {"user": {"name": "$new", "domain_id": "$home"}}),
    Row(f"GET {USER}", f"{SEE} self"),
    Row(f"GET {USER}", "admins system far", args={"user_id": "$far-reader"}),
    Row(f"PATCH {USER}", "admins home-manager", {"user": {"description": "changed"}}),
    Row(f"PATCH {USER}", "", {"user": {"domain_id": "$far"}}, by="home far web self"),
    Row(f"DELETE {USER}", "admins home-manager", fresh="user"),
    Row(f"GET {USER}/projects", f"{SEE} self"),
    Row(f"GET {USER}/groups", f"{SEE} self"),
    Row("GET /v3/groups", "admins system home far"),
    Row("GET /v3/groups", SEE, query="domain_id=$home"),
    Row("POST /v3/groups", "admins home-manager", {"group": {"name": "$new", "domain_id": "$home"}}),
    Row(f"GET {GROUP}", SEE),
    Row(f"PATCH {GROUP}", "admins home-manager", {"group": {"description": "changed"}}),
    Row(f"DELETE {GROUP}", "admins home-manager", fresh="group"),
    Row(f"GET {GROUP}/users", SEE),
    Row(f"PUT {MEMBER}", "admins home-manager", args={"user_id": "$user"}),
    Row(f"PUT {MEMBER}", "admins", args={"user_id": "$far-reader"}),
    Row(f"GET {MEMBER}", SEE, args={"user_id": "$user"}, given="PUT"),
    Row(f"DELETE {MEMBER}", "admins home-manager", args={"user_id": "$user"}, given="PUT"),
]


def grants(where: str, target: str, who: str, end: str = "") -> list[Row]:
    """Grants of one kind; `reader` is a role that a domain manager may give."""
    path = f"/v3{where}/{who}s/<actor_id>/roles"
    one = {"target_id": f"${target}", "actor_id": f"${who}", "role_id": "$reader"}
    above, foreign = {**one, "role_id": "$admin"}, {**one, "actor_id": "$far-reader"}
    rows = [
        Row(f"GET {path}{end}", SEE, args=one),
        Row(f"GET {path}/<role_id>{end}", SEE, args=one, given="PUT"),
        Row(f"PUT {path}/<role_id>{end}", "admins home-manager", args=one),
        Row(f"PUT {path}/<role_id>{end}", "admins", args=above, by="admins home"),
        Row(f"DELETE {path}/<role_id>{end}", "admins", args=above, given="PUT", by="admins home"),
        Row(f"DELETE {path}/<role_id>{end}", "admins home-manager", args=one, given="PUT"),
    ]
    return rows + (
        [Row(f"PUT {path}/<role_id>{end}", "admins", args=foreign, by="admins home far")] if who == "user" else []
    )


def system_grants(who: str) -> list[Row]:
    """Grants on the system."""
    path, one = f"/v3/system/{who}s/<actor_id>/roles", {"actor_id": f"${who}", "role_id": "$reader"}
    return [
        Row(f"GET {path}", READ, args=one),
        Row(f"GET {path}/<role_id>", READ, args=one, given="PUT"),
        Row(f"PUT {path}/<role_id>", "cloud", args=one),
        Row(f"DELETE {path}/<role_id>", "cloud", args=one, given="PUT"),
    ]


ROLE = "/v3/roles/<role_id>"
IMPLIES = "/v3/roles/<prior_id>/implies"
ROLES = [
    Row("GET /v3/roles", "admins system home-manager far-manager"),
    Row("GET /v3/roles", READ, query="domain_id=$home"),
    Row("POST /v3/roles", "cloud", {"role": {"name": "$new"}}),
    Row("POST /v3/roles", "cloud", {"role": {"name": "$new", "domain_id": "$home"}}),
    Row(f"GET {ROLE}", "admins system home-manager far-manager web-manager other-manager", args={"role_id": "$reader"}),
    Row(f"GET {ROLE}", "admins system", args={"role_id": "$admin"}),
    Row(f"GET {ROLE}", READ, args={"role_id": "$local"}),
    Row(f"PATCH {ROLE}", "cloud", {"role": {"description": "changed"}}),
    Row(f"PATCH {ROLE}", "cloud", {"role": {"description": "changed"}}, args={"role_id": "$local"}),
    Row(f"DELETE {ROLE}", "cloud", fresh="role"),
    Row(f"GET {IMPLIES}", READ),
    *(Row(f"{method} {IMPLIES}/<implied_id>", READ, given="PUT") for method in ("GET", "HEAD")),
    Row(f"PUT {IMPLIES}/<implied_id>", "cloud", given="DELETE"),
    Row(f"DELETE {IMPLIES}/<implied_id>", "cloud", given="PUT"),
    Row("GET /v3/role_inferences", READ),
    Row("GET /v3/role_assignments", "admins system home far"),
    Row("GET /v3/role_assignments", SEE, query="include_subtree&scope.project.id=$web"),
    *(row for who in ("user", "group") for row in system_grants(who)),
    *(row for who in ("user", "group") for row in grants("/projects/<target_id>", "web", who)),
    *(row for who in ("user", "group") for row in grants("/domains/<target_id>", "home", who)),
    *(
        row
        for who in ("user", "group")
        for what, place in (("project", "web"), ("domain", "home"))
        for row in grants(f"/OS-INHERIT/{what}s/<target_id>", place, who, "/inherited_to_projects")
    ),
]
CREDENTIALS, EC2 = "/v3/credentials", f"{USER}/credentials/OS-EC2"
APP, RULE, TRUST = f"{USER}/application_credentials", f"{USER}/access_rules", "/v3/OS-TRUST/trusts"
ACCESS = f"{USER}/OS-OAUTH1/access_tokens"
DELEGATION = [
    Row(f"GET {CREDENTIALS}", "all"),
    Row(f"POST {CREDENTIALS}", "admins self", {"credential": {"type": "x", "blob": "x", "user_id": "$self"}}),
    Row(f"GET {CREDENTIALS}/<credential_id>", "admins system self"),
    Row(f"PATCH {CREDENTIALS}/<credential_id>", "admins self", {"credential": {"blob": "y"}}),
    Row(f"DELETE {CREDENTIALS}/<credential_id>", "admins self", fresh="credential"),
    Row(f"GET {EC2}", f"{READ} self"),
    Row(f"POST {EC2}", "cloud self", {"tenant_id": "$web"}),
    Row(f"POST {EC2}", "cloud", {"tenant_id": "$web"}, args={"user_id": "$web-reader"}),
    Row(f"GET {EC2}/<access>", f"{READ} self"),
    Row(f"DELETE {EC2}/<access>", "cloud self", fresh="ec2"),
    Row(f"GET {APP}", f"{READ} self"),
    Row(f"POST {APP}", "self", {"application_credential": {"name": "$new"}}),
    Row(f"GET {APP}/<credential_id>", f"{READ} self", args={"credential_id": "$app"}),
    Row(f"DELETE {APP}/<credential_id>", "cloud self", args={"credential_id": "$app"}, fresh="app"),
    Row(f"GET {RULE}", f"{READ} self"),
    Row(f"GET {RULE}/<rule_id>", f"{READ} self"),
    Row(f"DELETE {RULE}/<rule_id>", "cloud self", fresh="rule"),
    Row(f"GET {TRUST}", READ),
    Row(f"GET {TRUST}", f"{READ} self", query="trustor_user_id=$self"),
    Row(f"GET {TRUST}", f"{READ} unscoped", query="trustee_user_id=$unscoped"),
    Row(f"POST {TRUST}", "self", {"trust": "$trust_body"}),
    Row(f"GET {TRUST}/<trust_id>", f"{READ} self unscoped"),
    Row(f"GET {TRUST}/<trust_id>/roles", f"{READ} self unscoped"),
    Row(f"GET {TRUST}/<trust_id>/roles/<role_id>", f"{READ} self unscoped", args={"role_id": "$member"}),
    Row(f"DELETE {TRUST}/<trust_id>", "cloud self", fresh="trust"),
    *(Row(f"GET {ACCESS}{more}", "admins self", args={"token_id": "none"}, ok=(404,)) for more in ("", "/<token_id>")),
    *(
        Row(f"GET {ACCESS}/<token_id>/roles{more}", "admins self", args={"token_id": "none"}, ok=(404,))
        for more in ("", "/<role_id>")
    ),
    Row(f"DELETE {ACCESS}/<token_id>", "admins self", args={"token_id": "none"}, ok=(404,)),
]
EP, SEES = "/v3/OS-EP-FILTER", "/v3/OS-EP-FILTER/projects/<project_id>"
ENDPOINTS, SETS = f"{SEES}/endpoints/<endpoint_id>", f"{EP}/endpoint_groups/<group_id>"
PAIR, IN_SET = f"{SETS}/projects/<project_id>", {"group_id": "$endpoint_group"}
POLICY, CONFIG = "/v3/policies/<policy_id>/OS-ENDPOINT-POLICY", "/v3/domains/<domain_id>/config"
PLACED = ("endpoints/<endpoint_id>", "services/<service_id>", "services/<service_id>/regions/<region_id>")
LDAP = {"group": "ldap", "option": "url"}
OPTIONS = {"config": {"ldap": {"url": "ldap://there", "suffix": "cn=there"}}}
CATALOG = [
    *noun("/v3/regions", "region_id", {"region": {"id": "$new"}}, {"description": "changed"}, "all"),
    Row("PUT /v3/regions/<region_id>", "cloud", {"region": {}}, args={"region_id": "$new"}),
    *noun("/v3/services", "service_id", {"service": {"type": "$new"}}, {"description": "changed"}),
    *noun("/v3/endpoints", "endpoint_id", {"endpoint": "$endpoint_body"}, {"name": "changed"}),
    *noun("/v3/policies", "policy_id", {"policy": {"type": "x", "blob": "x"}}, {"blob": "y"}),
    *noun("/v3/OS-OAUTH1/consumers", "consumer_id", {"consumer": {}}, {"description": "changed"}),
    Row(f"GET {SEES}/endpoints", READ),
    Row(f"PUT {ENDPOINTS}", "cloud"),
    Row(f"GET {ENDPOINTS}", READ, given="PUT"),
    Row(f"DELETE {ENDPOINTS}", "cloud", given="PUT"),
    Row(f"GET {EP}/endpoints/<endpoint_id>/projects", READ),
    Row(f"GET {SEES}/endpoint_groups", READ),
    Row(f"GET {EP}/endpoint_groups", READ),
    Row(
        f"POST {EP}/endpoint_groups", "cloud", {"endpoint_group": {"name": "$new", "filters": {"interface": "public"}}}
    ),
    *(Row(f"GET {SETS}{more}", READ, args=IN_SET) for more in ("", "/endpoints", "/projects")),
    Row(f"PATCH {SETS}", "cloud", {"endpoint_group": {"description": "changed"}}, args=IN_SET),
    Row(f"DELETE {SETS}", "cloud", args=IN_SET, fresh="endpoint_group"),
    Row(f"PUT {PAIR}", "cloud", args=IN_SET, given="DELETE"),
    Row(f"GET {PAIR}", READ, args=IN_SET, given="PUT"),
    Row(f"DELETE {PAIR}", "cloud", args=IN_SET, given="PUT"),
    *(Row(f"PUT {POLICY}/{place}", "cloud") for place in PLACED),
    *(Row(f"GET {POLICY}/{place}", READ, given="PUT") for place in PLACED),
    *(Row(f"DELETE {POLICY}/{place}", "cloud", given="PUT") for place in PLACED),
    Row(f"GET {POLICY}/endpoints", READ),
    Row("GET /v3/endpoints/<endpoint_id>/OS-ENDPOINT-POLICY/policy", READ, ok=(404,)),
    *(Row(f"GET /v3/domains/config{part}/default", READ, args=LDAP) for part in ("", "/<group>", "/<group>/<option>")),
    *(Row(f"GET {CONFIG}{part}", READ, args=LDAP) for part in ("", "/<group>", "/<group>/<option>")),
    Row(f"PUT {CONFIG}", "cloud", OPTIONS),
    Row(f"PATCH {CONFIG}", "cloud", OPTIONS),
    Row(f"PATCH {CONFIG}/<group>", "cloud", OPTIONS, args=LDAP),
    Row(f"PATCH {CONFIG}/<group>/<option>", "cloud", {"config": {"url": "ldap://elsewhere"}}, args=LDAP),
    *(
        Row(f"DELETE {CONFIG}{part}", "cloud", args=LDAP, fresh="config")
        for part in ("/<group>/<option>", "/<group>", "")
    ),
    *(
        Row(f"GET {CONFIG}/security_compliance{part}", "all", args={"option": "password_regex"})
        for part in ("", "/<option>")
    ),
]
REGISTERED, LIMIT = "/v3/registered_limits", "/v3/limits"
LIMITS = [
    Row(f"GET {REGISTERED}", "all"),
    Row(f"GET {REGISTERED}/<limit_id>", "all", args={"limit_id": "$registered_id"}),
    Row(f"POST {REGISTERED}", "cloud", {"registered_limits": ["$registered_body"]}),
    Row(
        f"PATCH {REGISTERED}/<limit_id>",
        "cloud",
        {"registered_limit": {"description": "x"}},
        args={"limit_id": "$unused_id"},
    ),
    Row(f"DELETE {REGISTERED}/<limit_id>", "cloud", args={"limit_id": "$unused_id"}, fresh="unused"),
    Row(f"GET {LIMIT}", "all"),
    Row(f"GET {LIMIT}/model", "all"),
    Row(f"GET {LIMIT}/<limit_id>", f"{SEE} web self"),
    Row(f"POST {LIMIT}", "cloud", {"limits": ["$limit_body"]}, fresh="unused"),
    Row(f"PATCH {LIMIT}/<limit_id>", "cloud", {"limit": {"resource_limit": 4}}),
    Row(f"DELETE {LIMIT}/<limit_id>", "cloud", fresh="limit"),
]
FED = "/v3/OS-FEDERATION"
PROVIDER, MAPPING, SP = (
    f"{FED}/identity_providers/<idp_id>",
    f"{FED}/mappings/<mapping_id>",
    f"{FED}/service_providers/<sp_id>",
)
PROTOCOL = f"{PROVIDER}/protocols/<protocol_id>"


def federated(path: str, kind: str, body: Any, change: Any) -> list[Row]:
    """What is made by PUT."""
    name = path.rpartition("<")[2].removesuffix(">")
    return [
        Row(f"GET {path.rpartition('/')[0]}", READ),
        Row(f"GET {path}", READ),
        Row(f"PUT {path}", "cloud", {kind: body}, args={name: "$new"}),
        Row(f"PATCH {path}", "cloud", {kind: change}),
        Row(f"DELETE {path}", "cloud", fresh=kind),
    ]


FEDERATION = [
    *federated(PROVIDER, "identity_provider", {}, {"description": "changed"}),
    *federated(PROTOCOL, "protocol", {"mapping_id": "$mapping_id"}, {"mapping_id": "$mapping_id"}),
    *federated(MAPPING, "mapping", "$mapping_body", "$mapping_body"),
    *federated(SP, "service_provider", "$sp_body", {"description": "changed"}),
    *(Row(f"GET {FED}/{what}", "all") for what in ("projects", "domains")),
    Row(
        "PUT /v3/OS-OAUTH1/authorize/<token_id>",
        "admins",
        {"roles": [{"id": "$member"}]},
        args={"token_id": "none"},
        ok=(404,),
    ),
]

ROWS = [*TOKENS, *DOMAINS, *PROJECTS, *USERS, *ROLES, *DELEGATION, *CATALOG, *LIMITS, *FEDERATION]
