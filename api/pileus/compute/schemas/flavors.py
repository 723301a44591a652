"""Bodies about flavors."""

from pileus.compute.schemas import BOOLEAN, COUNT, MOST, NAME, SIZE, wrapped

DESCRIPTION = {"type": ["string", "null"], "maxLength": 65535}
FLAVOR = {
    "name": NAME,
    "id": {
        "anyOf": [
            {"type": "string", "minLength": 1, "maxLength": 255, "pattern": r"^(?! )[a-zA-Z0-9. _-]+(?<! )$"},
            {"type": "integer", "minimum": -MOST, "maximum": MOST},
            {"type": "null"},
        ]
    },
    "ram": COUNT,
    "vcpus": COUNT,
    "disk": SIZE,
    "OS-FLV-EXT-DATA:ephemeral": SIZE,
    "swap": SIZE,
    "rxtx_factor": {
        "anyOf": [
            {"type": "number", "exclusiveMinimum": 0, "maximum": 3.4e38},
            {"type": "string", "pattern": r"^[0-9]{1,9}(\.[0-9]{1,9})?$"},
        ]
    },
    "os-flavor-access:is_public": BOOLEAN,
}
CREATE = wrapped("flavor", FLAVOR, ["name", "ram", "vcpus", "disk"])
CREATE_255 = wrapped("flavor", {**FLAVOR, "description": DESCRIPTION}, ["name", "ram", "vcpus", "disk"])
UPDATE = wrapped("flavor", {"description": DESCRIPTION}, ["description"])
SPEC_KEY = "^[a-zA-Z0-9-_:. ]{1,255}$"
SPEC_VALUE = {"type": ["string", "number"], "maxLength": 255}
EXTRA_SPECS = {
    "type": "object",
    "properties": {
        "extra_specs": {"type": "object", "patternProperties": {SPEC_KEY: SPEC_VALUE}, "additionalProperties": False}
    },
    "required": ["extra_specs"],
    "additionalProperties": False,
}
EXTRA_SPEC = {
    "type": "object",
    "patternProperties": {SPEC_KEY: SPEC_VALUE},
    "minProperties": 1,
    "maxProperties": 1,
    "additionalProperties": False,
}
ACCESS = {"type": "string", "minLength": 1, "maxLength": 64}
ADD = wrapped("addTenantAccess", {"tenant": ACCESS}, ["tenant"])
REMOVE = wrapped("removeTenantAccess", {"tenant": ACCESS}, ["tenant"])
