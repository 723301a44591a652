"""The configuration of domains, whole, by group, or by option."""

from typing import Any

from pileus.core.errors import BadRequest, Forbidden, NotFound
from pileus.core.http.call import Call
from pileus.core.http.reply import Reply
from pileus.core.service import Route
from pileus.identity.models import Project
from pileus.identity.operations import directories, domain_config, projects
from pileus.identity.operations.directories.options import DEFAULTS
from pileus.identity.operations.domain_config import Config
from pileus.identity.schemas.policies import DOMAIN_CONFIG
from pileus.identity.views.reach import reach


def _domain(call: Call, domain_id: str) -> Project:
    return reach(call, projects.get_domain(call.session, domain_id), "domain", domain_id)


def _cut(config: Config, group: str, option: str) -> dict[str, Any]:
    """The part of a configuration that a path names: all, {group: ...}, or {option: value}."""
    if not group:
        return dict(config)
    if group not in config or (option and option not in config[group]):
        raise NotFound(
            f"Could not find option {option} in group {group}." if option else f"Could not find group {group}."
        )
    return {option: config[group][option]} if option else {group: config[group]}


def _known(group: str, option: str) -> None:
    if group and (group not in DEFAULTS or (option and option not in DEFAULTS[group] and option != "password")):
        raise Forbidden(f"Group {group} or option {option} is not supported for domain specific configurations.")


def show_default(_call: Call, group: str = "", option: str = "") -> dict[str, Any]:
    """What holds for a domain without a configuration of its own."""
    _known(group, option)
    return {"config": _cut(DEFAULTS, group, option)}


def create_config(call: Call, domain_id: str) -> Reply:
    """Configure a domain, instead of what was configured before."""
    domain = _domain(call, domain_id)
    config = domain_config.check(call.body["config"])
    existed = True
    try:
        domain_config.remove(call.session, domain.id)
    except NotFound:
        existed = False
    domain_config.store(call.session, call.settings, domain.id, config)
    directories.settle(call.session, call.settings, domain.id)
    return Reply({"config": domain_config.load(call.session, domain.id)}, 200 if existed else 201)


def show_config(call: Call, domain_id: str, group: str = "", option: str = "") -> dict[str, Any]:
    """What is configured for a domain."""
    domain = _domain(call, domain_id)
    _known(group, option)
    config = domain_config.load(call.session, domain.id, group or None, option or None)
    return {"config": _cut(config, group, option)}


def update_config(call: Call, domain_id: str, group: str = "", option: str = "") -> dict[str, Any]:
    """Change what is configured for a domain."""
    domain = _domain(call, domain_id)
    _known(group, option)
    given = call.body["config"]
    if option:
        if set(given) != {option}:
            raise BadRequest(f"The configuration must hold the option {option} and nothing else.", field="config")
        given = {group: given}
    elif group and set(given) != {group}:
        raise BadRequest(f"The configuration must hold the group {group} and nothing else.", field="config")
    config = domain_config.check(given)
    if group:
        domain_config.load(call.session, domain.id, group)
    domain_config.store(call.session, call.settings, domain.id, config)
    directories.settle(call.session, call.settings, domain.id)
    return {"config": domain_config.load(call.session, domain.id)}


def delete_config(call: Call, domain_id: str, group: str = "", option: str = "") -> None:
    """Forget what is configured for a domain."""
    domain = _domain(call, domain_id)
    domain_config.remove(call.session, domain.id, group or None, option or None)
    directories.settle(call.session, call.settings, domain.id)


_ALL = "/v3/domains/<domain_id>/config"
_PATHS = (_ALL, f"{_ALL}/<group>", f"{_ALL}/<group>/<option>")
_DEFAULT = "/v3/domains/config"
_DEFAULTS = tuple(f"{_DEFAULT}{rest}/default" for rest in ("", "/<group>", "/<group>/<option>"))

ROUTES = [
    *(Route("GET", path, show_default, "identity:get_domain_config_default") for path in _DEFAULTS),
    Route("PUT", _ALL, create_config, "identity:create_domain_config", schema=DOMAIN_CONFIG, late=True),
    *(Route("GET", path, show_config, "identity:get_domain_config", late=True) for path in _PATHS),
    *(
        Route("PATCH", path, update_config, "identity:update_domain_config", schema=DOMAIN_CONFIG, late=True)
        for path in _PATHS
    ),
    *(Route("DELETE", path, delete_config, "identity:delete_domain_config", status=204, late=True) for path in _PATHS),
]
