"""The directory of a domain as it is configured now, and what is said when it cannot be used."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import orjson
from sqlalchemy import select
from sqlalchemy.orm import Session

from pileus.core.config import Settings
from pileus.core.errors import BadRequest, Unavailable
from pileus.identity.models import DomainOption
from pileus.identity.operations.directories.options import DEFAULTS, typed
from pileus.identity.operations.seals import unseal

_TREES = {"user": "ou=Users", "group": "ou=UserGroups"}  # below the suffix, where no tree is configured
_PORTS = {"ldap": 389, "ldaps": 636}


class Trouble(Unavailable):
    """The directory of a domain cannot be asked; the message tells callers so much, and no addresses or secrets."""

    def __init__(self, domain_id: str, why: str) -> None:
        super().__init__(f"The directory of domain {domain_id} {why}.")
        self.why = why


class NoSuchBase(Trouble):
    """The place where the entries should be does not exist in the directory."""


@dataclass(frozen=True)
class Directory:
    """Where and how the users and groups of one domain are found; `options` is the section "ldap" with all defaults."""

    domain_id: str
    options: Mapping[str, Any]
    password: str
    timeout: float
    share: int  # how many threads of a process may ask it at the same time

    def __getitem__(self, name: str) -> Any:
        """An option."""
        return self.options[name]

    def tree(self, kind: str) -> str:
        """Below which entry the users (or groups) are."""
        return str(self[f"{kind}_tree_dn"] or f"{_TREES[kind]},{self['suffix']}")

    @property
    def fingerprint(self) -> str:
        """Tells one configuration from another."""
        whole = [self.domain_id, dict(self.options), self.password, self.timeout]
        return hashlib.sha256(orjson.dumps(whole, option=orjson.OPT_SORT_KEYS)).hexdigest()

    def servers(self) -> list[tuple[str, int, bool]]:
        """The (host, port, TLS from the start) of each URL; raises Trouble for an URL that is none."""
        found = []
        for url in self["url"].split(","):
            try:
                parts = urlsplit(url.strip())
                host, port = parts.hostname, parts.port
            except ValueError:
                parts, host, port = urlsplit(""), None, None
            if parts.scheme not in _PORTS or not host or parts.path.strip("/"):
                raise self.misconfigured("url must hold addresses such as ldap://host:389 or ldaps://host")
            if parts.scheme == "ldaps" and self["use_tls"]:
                raise self.misconfigured("use_tls is for ldap://; ldaps:// is encrypted already")
            found.append((host, port or _PORTS[parts.scheme], parts.scheme == "ldaps"))
        return found

    def misconfigured(self, why: str) -> Trouble:
        """What to raise when the options make no sense together."""
        return Trouble(self.domain_id, f"is not configured well: {why}")


def driver(session: Session, domain_id: str) -> str:
    """Where the users of a domain come from: "sql", "ldap", or what else is configured."""
    row = session.get(DomainOption, (domain_id, "identity", "driver"), populate_existing=True)
    return str(row.value.get("value")) if row is not None else "sql"


def of_domain(session: Session, settings: Settings, domain_id: str) -> Directory | None:
    """The directory of a domain; None where the users are in SQL. Raises Trouble when its configuration is of no use."""
    name = driver(session, domain_id)
    if name == "sql":
        return None
    if name != "ldap":
        raise Trouble(domain_id, "is of an unknown kind; the driver must be sql or ldap")
    statement = select(DomainOption).where(DomainOption.domain_id == domain_id, DomainOption.section == "ldap")
    options, password = dict(DEFAULTS["ldap"]), ""
    for row in session.execute(statement, execution_options={"populate_existing": True}).scalars():
        try:
            if row.sealed is not None:
                password = unseal(settings, row.sealed)
                continue
            options[row.name] = typed("ldap", row.name, row.value.get("value"))
        except (BadRequest, KeyError, RuntimeError) as error:
            raise Trouble(domain_id, f"is not configured well: {error}") from None
    if bool(options["user"]) != bool(password):
        raise Trouble(domain_id, "is not configured well: user and password are needed together, or neither")
    return Directory(domain_id, options, password, settings.directory_timeout, max(1, settings.api_threads // 2))


def list_limit(session: Session, domain_id: str) -> int | None:
    """How many entries a list of the domain's users or groups may have; None where nothing is configured."""
    row = session.get(DomainOption, (domain_id, "identity", "list_limit"), populate_existing=True)
    return typed("identity", "list_limit", row.value.get("value")) or None if row is not None else None


def domains(session: Session) -> list[str]:
    """The ids of the domains that have a directory."""
    statement = select(DomainOption).where(DomainOption.section == "identity", DomainOption.name == "driver")
    rows = session.execute(statement.order_by(DomainOption.domain_id)).scalars()
    return [row.domain_id for row in rows if row.value.get("value") == "ldap"]
