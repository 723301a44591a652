"""Bodies about keypairs."""

from pileus.compute.schemas import LOOSE_NAME, wrapped

_NAME = {**LOOSE_NAME, "pattern": r"^(?! )[a-zA-Z0-9 _-]+(?<! )$"}
_NAME_292 = {**LOOSE_NAME, "pattern": r"^(?! )[a-zA-Z0-9 @._-]+(?<! )$"}
_KEYPAIR = {"name": _NAME, "public_key": {"type": "string", "minLength": 1, "maxLength": 16384}}
_TYPED = {**_KEYPAIR, "type": {"enum": ["ssh", "x509"]}}
CREATE = wrapped("keypair", _KEYPAIR, ["name"])
CREATE_22 = wrapped("keypair", _TYPED, ["name"])
CREATE_210 = wrapped("keypair", {**_TYPED, "user_id": {"type": "string", "maxLength": 64}}, ["name"])
CREATE_292 = wrapped(
    "keypair", {**_TYPED, "name": _NAME_292, "user_id": {"type": "string", "maxLength": 64}}, ["name", "public_key"]
)
