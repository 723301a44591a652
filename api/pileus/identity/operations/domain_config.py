"""Rules of the configuration of domains: how options are checked and stored; directories/options.py knows them all."""

from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from pileus.core.config import Settings
from pileus.core.errors import BadRequest, Forbidden, NotFound
from pileus.identity.models import DomainOption
from pileus.identity.operations.directories.options import DEFAULTS, SECRETS, typed
from pileus.identity.operations.seals import seal

Config = dict[str, dict[str, Any]]


def check(config: Any) -> Config:
    """The configuration; raises Forbidden for groups or options that are not known, BadRequest for values that cannot be."""
    for section, options in config.items():
        if section not in DEFAULTS:
            raise Forbidden(f"Invalid domain specific configuration: group {section} is not supported.")
        if not isinstance(options, dict):
            raise BadRequest(f"The group {section} must be an object.", field=f"config/{section}")
        for name, value in options.items():
            if name not in DEFAULTS[section] and (section, name) not in SECRETS:
                raise Forbidden(
                    f"Invalid domain specific configuration: option {name} in group {section} is not supported."
                )
            typed(section, name, value)
    return dict(config)


def load(session: Session, domain_id: str, section: str | None = None, name: str | None = None) -> Config:
    """What is configured for a domain, without secrets; raises NotFound where nothing is."""
    statement = select(DomainOption).where(DomainOption.domain_id == domain_id)
    if section is not None:
        statement = statement.where(DomainOption.section == section)
    if name is not None:
        statement = statement.where(DomainOption.name == name)
    found = session.execute(statement.order_by(DomainOption.section, DomainOption.name)).scalars().all()
    if not found:
        raise NotFound(f"Could not find domain configuration for domain {domain_id}.")
    config: Config = {}
    for row in found:
        options = config.setdefault(row.section, {})
        if row.sealed is None:
            options[row.name] = row.value.get("value")
    return config


def store(session: Session, settings: Settings, domain_id: str, config: Config) -> None:
    """Set these options; others stay."""
    for section, options in config.items():
        for name, value in options.items():
            row = session.get(DomainOption, (domain_id, section, name))
            if row is None:
                row = DomainOption(domain_id=domain_id, section=section, name=name)
                session.add(row)
            secret = (section, name) in SECRETS
            row.value = {} if secret else {"value": value}
            row.sealed = seal(settings, str(value)) if secret else None
    session.flush()


def remove(session: Session, domain_id: str, section: str | None = None, name: str | None = None) -> None:
    """Forget options; raises NotFound where there are none."""
    load(session, domain_id, section, name)
    statement = delete(DomainOption).where(DomainOption.domain_id == domain_id)
    if section is not None:
        statement = statement.where(DomainOption.section == section)
    if name is not None:
        statement = statement.where(DomainOption.name == name)
    session.execute(statement)
