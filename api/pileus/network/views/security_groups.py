"""Security groups and their rules on the wire."""

from collections.abc import Sequence

from pileus.core.http.call import Call
from pileus.network.models import SecurityGroup, SecurityGroupRule
from pileus.network.operations import security_group_rules, security_groups
from pileus.network.schemas import ports as schemas
from pileus.network.views.collection import Collection, Shown

_RULE = (
    "security_group_id",
    "direction",
    "ethertype",
    "protocol",
    "port_range_min",
    "port_range_max",
    "remote_ip_prefix",
    "remote_group_id",
)


def _rule(row: SecurityGroupRule) -> Shown:
    prefix = row.remote_ip_prefix
    return {
        "id": row.id,
        "tenant_id": row.project_id,
        "project_id": row.project_id,
        **{name: getattr(row, name) for name in _RULE},
        "normalized_cidr": security_group_rules.normalized(prefix) if prefix else None,
        "description": row.description,
        "tags": [],
        "revision_number": row.revision_number,
        "created_at": row.created_at,
        "updated_at": row.updated_at or row.created_at,
    }


def _groups(_call: Call, rows: Sequence[SecurityGroup]) -> list[Shown]:
    return [
        {"stateful": row.stateful, "shared": False, "security_group_rules": [_rule(rule) for rule in row.rules]}
        for row in rows
    ]


def _make_default(call: Call) -> None:
    """A project that looks at its groups has a default one: made now where it is missing, in a transaction of its own."""
    project = call.context.project_id
    if project and security_groups.find_default(call.session, project) is None:
        call.session.rollback()
        with call.database.write() as session:
            security_groups.default_group(session, project)


GROUPS = Collection(
    one="security_group",
    many="security_groups",
    path="/security-groups",
    model=SecurityGroup,
    columns={"stateful": SecurityGroup.stateful},
    show=_groups,
    create=security_groups.create_group,
    update=security_groups.update_group,
    delete=security_groups.delete_group,
    create_schema=schemas.GROUP_CREATE,
    update_schema=schemas.GROUP_UPDATE,
    prepare=_make_default,
)
RULES = Collection(
    one="security_group_rule",
    many="security_group_rules",
    path="/security-group-rules",
    model=SecurityGroupRule,
    columns={name: getattr(SecurityGroupRule, name) for name in _RULE},
    show=lambda _, rows: [_rule(row) for row in rows],
    create=security_group_rules.create_rule,
    delete=security_group_rules.delete_rule,
    create_schema=schemas.RULE_CREATE,
    prepare=_make_default,
    standard=False,
)
COLLECTIONS = [GROUPS, RULES]
ROUTES = [route for collection in COLLECTIONS for route in collection.routes()]
