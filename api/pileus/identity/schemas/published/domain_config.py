"""The configuration of domains as it is shown."""

from pileus.core.service import Published
from pileus.identity.schemas.published.fields import Table, exactly

_SHOWN = Published(exactly(config={"type": "object"}))
_ALL = "/v3/domains/<domain_id>/config"
_PATHS = (_ALL, f"{_ALL}/<group>", f"{_ALL}/<group>/<option>")
_PASSWORDS = f"{_ALL}/security_compliance"

PUBLISHED: Table = {
    ("PUT", _ALL): Published(exactly(config={"type": "object"}), also=(201,)),
    **{(method, path): _SHOWN for method in ("GET", "PATCH") for path in _PATHS},
    **{("GET", path): _SHOWN for path in (_PASSWORDS, f"{_PASSWORDS}/<option>")},
    **{("GET", f"/v3/domains/config{rest}/default"): _SHOWN for rest in ("", "/<group>", "/<group>/<option>")},
}
