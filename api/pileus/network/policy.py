"""Who may do what with networks: the rules' names are those of OpenStack's network service."""

from pileus.core.policy import rule

READ, WRITE, ADMIN = "rule:admin_or_reader", "rule:admin_or_member", "rule:admin"

# noun of the rules -> its path
NOUNS = {
    "network": "/networks",
    "subnet": "/subnets",
    "port": "/ports",
    "router": "/routers",
    "floatingip": "/floatingips",
    "security_group": "/security-groups",
    "security_group_rule": "/security-group-rules",
    "subnetpool": "/subnetpools",
    "address_scope": "/address-scopes",
    "rbac_policy": "/rbac-policies",
}
UNCHANGING = {"security_group_rule"}
TAGS = [
    f"/v2.0{path}/{{id}}/tags" for noun, path in NOUNS.items() if noun not in ("security_group_rule", "rbac_policy")
]

# attributes that only an admin may set
ADMIN_SETS = {
    "network": (
        "shared",
        "router:external",
        "is_default",
        "provider:network_type",
        "provider:physical_network",
        "provider:segmentation_id",
    ),
    "subnet": ("service_types",),
    "port": ("binding:host_id", "binding:profile"),
    "router": ("external_gateway_info:enable_snat", "external_gateway_info:external_fixed_ips"),
    "floatingip": ("floating_ip_address",),
    "subnetpool": ("shared", "is_default"),
    "address_scope": ("shared",),
}
# attributes that only an admin is shown
ADMIN_SEES = {
    "network": ("provider:network_type", "provider:physical_network", "provider:segmentation_id"),
    "port": ("binding:host_id", "binding:profile", "binding:vif_type", "binding:vif_details"),
}

VERBS = {
    "create": ("POST", "", WRITE, "Make"),
    "get": ("GET", "", READ, "See"),
    "update": ("PUT", "/{id}", WRITE, "Change"),
    "delete": ("DELETE", "/{id}", WRITE, "Delete"),
}

POLICIES = [
    rule(f"{verb}_{noun}", check, f"{word} a {noun}.", (method, f"/v2.0{path}{more}"))
    for noun, path in NOUNS.items()
    for verb, (method, more, check, word) in VERBS.items()
    if not (verb == "update" and noun in UNCHANGING)
]
POLICIES += [
    rule(
        f"{verb}_{noun}:{name}",
        ADMIN,
        f"Set {name} of a {noun}.",
        (VERBS[verb][0], f"/v2.0{NOUNS[noun]}{VERBS[verb][1]}"),
    )
    for noun, names in ADMIN_SETS.items()
    for name in names
    for verb in ("create", "update")
]
POLICIES += [
    rule(f"get_{noun}:{name}", ADMIN, f"See {name} of a {noun}.", ("GET", f"/v2.0{NOUNS[noun]}"))
    for noun, names in ADMIN_SEES.items()
    for name in names
]
POLICIES += [
    rule("add_router_interface", WRITE, "Connect a router.", ("PUT", "/v2.0/routers/{id}/add_router_interface")),
    rule(
        "remove_router_interface", WRITE, "Disconnect a router.", ("PUT", "/v2.0/routers/{id}/remove_router_interface")
    ),
    rule("add_extraroutes", WRITE, "Add routes to a router.", ("PUT", "/v2.0/routers/{id}/add_extraroutes")),
    rule("remove_extraroutes", WRITE, "Take routes away.", ("PUT", "/v2.0/routers/{id}/remove_extraroutes")),
    rule("get_quota", READ, "See the quota of the own project, or of any as an admin.", ("GET", "/v2.0/quotas/{id}")),
    rule("update_quota", ADMIN, "Set the quota of a project.", ("PUT", "/v2.0/quotas/{id}")),
    rule("delete_quota", ADMIN, "Take a project back to the default quota.", ("DELETE", "/v2.0/quotas/{id}")),
    rule(
        "get_network_ip_availability",
        ADMIN,
        "See how many addresses are left.",
        ("GET", "/v2.0/network-ip-availabilities"),
    ),
    rule(
        "get_availability_zone",
        "rule:authenticated",
        "See the availability zones.",
        ("GET", "/v2.0/availability_zones"),
    ),
    rule("get_extension", "rule:authenticated", "See what this API can do.", ("GET", "/v2.0/extensions")),
    rule("get_tags", READ, "See the tags of something.", *(("GET", path) for path in TAGS)),
    rule("update_tags", WRITE, "Set the tags of something.", *(("PUT", path) for path in TAGS)),
    rule("delete_tags", WRITE, "Take tags away.", *(("DELETE", path) for path in TAGS)),
]
