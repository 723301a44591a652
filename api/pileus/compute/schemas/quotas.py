"""Bodies about quotas and server groups."""

from typing import Any

from pileus.compute.schemas import BOOLEAN, LIMIT, LOOSE_NAME, wrapped

OLD = ("fixed_ips", "floating_ips", "security_groups", "security_group_rules")
INJECTED = ("injected_files", "injected_file_content_bytes", "injected_file_path_bytes")
NAMES = ("instances", "cores", "ram", "metadata_items", "key_pairs", "server_groups", "server_group_members")


def _update(*names: str) -> dict[str, Any]:
    return wrapped("quota_set", {**dict.fromkeys(names, LIMIT), "force": BOOLEAN}, [])


UPDATE = (
    ((2, 1), _update(*NAMES, *OLD, *INJECTED)),
    ((2, 36), _update(*NAMES, *INJECTED)),
    ((2, 57), _update(*NAMES)),
)
CLASS = tuple(
    (since, wrapped("quota_class_set", dict.fromkeys(names, LIMIT), []))
    for since, names in (
        ((2, 1), (*NAMES, *OLD, *INJECTED)),
        ((2, 50), (*NAMES, *INJECTED)),
        ((2, 57), NAMES),
    )
)
_HARD, _SOFT = ["affinity", "anti-affinity"], ["soft-affinity", "soft-anti-affinity"]


def _group(policies: list[str]) -> dict[str, Any]:
    listed = {"type": "array", "items": {"enum": policies}, "minItems": 1, "maxItems": 1}
    return wrapped("server_group", {"name": LOOSE_NAME, "policies": listed}, ["name", "policies"])


_RULES = {
    "type": "object",
    "properties": {
        "max_server_per_host": {
            "anyOf": [{"type": "integer", "minimum": 1}, {"type": "string", "pattern": "^[1-9][0-9]*$"}]
        }
    },
    "additionalProperties": False,
}
GROUP = (
    ((2, 1), _group(_HARD)),
    ((2, 15), _group([*_HARD, *_SOFT])),
    (
        (2, 64),
        wrapped(
            "server_group",
            {"name": LOOSE_NAME, "policy": {"enum": [*_HARD, *_SOFT]}, "rules": _RULES},
            ["name", "policy"],
        ),
    ),
)
