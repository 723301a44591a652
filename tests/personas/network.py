"""Who may call which route of the network service."""

NOUNS = {
    "networks": "own",
    "subnets": "own",
    "subnetpools": "own",
    "address-scopes": "own",
    "rbac-policies": "own",
    "ports": "own",
    "routers": "own",
    "floatingips": "own",
    "security-groups": "own",
    "security-group-rules": "own",
}
TABLE = """
GET /v2.0/extensions | all
GET /v2.0/extensions/<alias> | all
GET /v2.0/availability_zones | all
PUT /v2.0/routers/<wanted>/add_router_interface | change | hidden
PUT /v2.0/routers/<wanted>/remove_router_interface | change | hidden
PUT /v2.0/routers/<wanted>/add_extraroutes | change | hidden
PUT /v2.0/routers/<wanted>/remove_extraroutes | change | hidden
GET /v2.0/quotas | admin
GET /v2.0/quotas/tenant | read
GET /v2.0/quotas/project | read
GET /v2.0/quotas/<project> | read | refused
GET /v2.0/quotas/<project>/default | read | refused
GET /v2.0/quotas/<project>/details | read | refused
PUT /v2.0/quotas/<project> | admin
DELETE /v2.0/quotas/<project> | admin
GET /v2.0/network-ip-availabilities | admin
GET /v2.0/network-ip-availabilities/<wanted> | admin
"""
for noun, foreign in NOUNS.items():
    TABLE += f"""GET /v2.0/{noun} | read | {foreign}
POST /v2.0/{noun} | change
GET /v2.0/{noun}/<wanted> | read | hidden
DELETE /v2.0/{noun}/<wanted> | change | hidden
"""
    if noun != "security-group-rules":
        TABLE += f"PUT /v2.0/{noun}/<wanted> | change | hidden\n"
    if noun not in ("security-group-rules", "rbac-policies"):
        for path in ("tags", "tags/<tag>"):
            TABLE += f"""GET /v2.0/{noun}/<wanted>/{path} | read | hidden
PUT /v2.0/{noun}/<wanted>/{path} | change | hidden
DELETE /v2.0/{noun}/<wanted>/{path} | change | hidden
"""
BODIES = {
    **{f"PUT /v2.0/{noun}/<wanted>": {noun[:-1].replace("-", "_"): {"description": "changed"}} for noun in NOUNS},
    **{f"PUT /v2.0/{noun}/<wanted>/tags": {"tags": ["blue"]} for noun in NOUNS},
    "PUT /v2.0/rbac-policies/<wanted>": {"rbac_policy": {"target_tenant": "p3"}},
    "PUT /v2.0/address-scopes/<wanted>": {"address_scope": {"name": "changed"}},
    "PUT /v2.0/routers/<wanted>/add_router_interface": {"subnet_id": "$subnet"},
    "PUT /v2.0/routers/<wanted>/remove_router_interface": {"subnet_id": "$subnet"},
    "PUT /v2.0/routers/<wanted>/add_extraroutes": {"router": {"routes": []}},
    "PUT /v2.0/routers/<wanted>/remove_extraroutes": {"router": {"routes": []}},
    "PUT /v2.0/quotas/<project>": {"quota": {"port": 9}},
}
