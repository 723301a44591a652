"""What a password must look like, as everybody may ask before choosing one."""

from typing import Any

from pileus.core.errors import Forbidden, NotFound
from pileus.core.http.call import Call
from pileus.core.service import Route
from pileus.identity.operations import projects

_GROUP = "security_compliance"
_OPTIONS = ("password_regex", "password_regex_description")


def show_rules(call: Call, domain_id: str, option: str = "") -> dict[str, Any]:
    """All of it, or one option; the settings of the cloud hold for every domain."""
    if projects.get_domain(call.session, domain_id) is None:
        raise NotFound(f"Could not find domain: {domain_id}.")
    if option and option not in _OPTIONS:
        raise Forbidden(f"Option {option} of group {_GROUP} is not shown.")
    shown = {name: getattr(call.settings, name) or None for name in _OPTIONS}
    return {"config": {option: shown[option]} if option else {_GROUP: shown}}


_ALL = f"/v3/domains/<domain_id>/config/{_GROUP}"
_RULE = "identity:get_security_compliance_domain_config"

ROUTES = [
    Route("GET", _ALL, show_rules, _RULE),
    Route("GET", f"{_ALL}/<option>", show_rules, _RULE),
]
