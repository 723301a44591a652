"""Rules of the configuration of domains: which options there are, and how they are stored."""

from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from pileus.core.config import Settings
from pileus.core.errors import BadRequest, Forbidden, NotFound
from pileus.identity.models import DomainOption
from pileus.identity.operations.seals import seal

Config = dict[str, dict[str, Any]]

SECRETS = {("ldap", "password")}
DEFAULTS: Config = {
    "identity": {"driver": "sql", "list_limit": None},
    "ldap": {
        "url": "ldap://localhost",
        "user": None,
        "suffix": "cn=example,cn=com",
        "query_scope": "one",
        "page_size": 0,
        "alias_dereferencing": "default",
        "chase_referrals": None,
        "user_tree_dn": None,
        "user_filter": None,
        "user_objectclass": "inetOrgPerson",
        "user_id_attribute": "cn",
        "user_name_attribute": "sn",
        "user_description_attribute": "description",
        "user_mail_attribute": "mail",
        "user_pass_attribute": "userPassword",
        "user_enabled_attribute": "enabled",
        "user_enabled_invert": False,
        "user_enabled_mask": 0,
        "user_enabled_default": "True",
        "user_attribute_ignore": ["default_project_id"],
        "user_default_project_id_attribute": None,
        "user_enabled_emulation": False,
        "user_enabled_emulation_dn": None,
        "user_enabled_emulation_use_group_config": False,
        "user_additional_attribute_mapping": [],
        "group_tree_dn": None,
        "group_filter": None,
        "group_objectclass": "groupOfNames",
        "group_id_attribute": "cn",
        "group_name_attribute": "ou",
        "group_member_attribute": "member",
        "group_members_are_ids": False,
        "group_desc_attribute": "description",
        "group_attribute_ignore": [],
        "group_additional_attribute_mapping": [],
        "group_ad_nesting": False,
        "tls_cacertfile": None,
        "tls_cacertdir": None,
        "use_tls": False,
        "tls_req_cert": "demand",
        "use_pool": True,
        "pool_size": 10,
        "pool_retry_max": 3,
        "pool_retry_delay": 0.1,
        "pool_connection_timeout": -1,
        "pool_connection_lifetime": 600,
        "use_auth_pool": True,
        "auth_pool_size": 100,
        "auth_pool_connection_lifetime": 60,
    },
}


def check(config: Any) -> Config:
    """The configuration, when all its groups and options are known; raises Forbidden (or BadRequest for no objects)."""
    for section, options in config.items():
        if section not in DEFAULTS:
            raise Forbidden(f"Invalid domain specific configuration: group {section} is not supported.")
        if not isinstance(options, dict):
            raise BadRequest(f"The group {section} must be an object.", field=f"config/{section}")
        for name in options:
            if name not in DEFAULTS[section] and (section, name) not in SECRETS:
                raise Forbidden(
                    f"Invalid domain specific configuration: option {name} in group {section} is not supported."
                )
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
