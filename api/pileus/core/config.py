"""Settings: defaults here, then a TOML file, then the environment (PILEUS_<NAME>)."""

import os
import tomllib
from dataclasses import dataclass, fields
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any

DEFAULT_FILE = "/etc/pileus/pileus.toml"


@dataclass(frozen=True)
class Settings:
    """All settings of the API and the worker; docs/operator.md describes each."""

    state_dir: Path = Path("/var/lib/pileus")
    database_url: str = ""  # default: SQLite in state_dir
    public_url: str = "http://127.0.0.1:8080"
    bind: str = "127.0.0.1:8080"
    metadata_bind: str = ""  # default: a unix socket in state_dir
    metadata_secret_file: str = ""
    api_processes: int = 1
    api_threads: int = 8
    region: str = "RegionOne"
    inventory: str = "/etc/pileus/inventory.yml"
    project_dir: Path | None = None  # where playbooks/ and roles/ are; default: inside the package or the source tree
    policy_file: str = ""
    token_lifetime: int = 3600  # seconds
    token_expired_window: int = 172800  # seconds a service may still show an expired token (allow_expired)
    token_rescope: bool = True  # whether a scoped token may be exchanged for one of another scope
    auth_methods: str = ""  # methods (comma) by which one may log in; empty: all that are installed
    lockout_attempts: int = 0  # failed logins until a user is locked out; 0: never
    lockout_seconds: int = 1800  # how long the lockout lasts
    inactive_days: int = 0  # days without a login until a user counts as disabled; 0: never
    password_days: int = 0  # days until a password expires; 0: never
    password_history: int = 0  # how many passwords (the current one counts) must differ from a new one
    password_minimum_age_days: int = 0  # days until users may change their password again
    password_regex: str = ""  # what a password must match; empty: anything
    password_regex_description: str = ""  # said to those whose password does not match
    password_change_first: bool = False  # whether a password set by an admin must be changed at first use
    login_failures_per_user: int = 20  # failed logins within the window until a name must wait; 0: no limit
    login_failures_per_address: int = 200  # the same for an address; 0: no limit
    login_window: int = 300  # seconds for which failed logins are counted
    trusted_proxies: str = ""  # addresses (comma) of the proxies that may say who the client is
    external_header: str = ""  # header in which a trusted proxy names the user it has authenticated, e.g. X-Remote-User
    federation_file: str = ""  # TOML file about OpenID providers and trusted assertions
    dashboards: str = ""  # addresses (comma) to which a browser may be sent back after a single sign-on
    limit_model: str = "flat"  # enforcement model of limits: flat or strict_two_level
    credentials_per_user: int = 0  # how many credentials (EC2 keys, TOTP seeds, ...) a user may have; 0: no limit
    application_credentials_per_user: int = 0  # how many application credentials a user may have; 0: no limit
    directory_timeout: float = 5.0  # seconds a directory (LDAP) has to answer
    worker_slots: int = 2  # runs at the same time in one worker
    worker_poll: float = 0.05  # seconds between looks for work
    lease: int = 30  # seconds a claim lives without a heartbeat
    image_store: str = ""  # command prefix that runs rbd near the Ceph cluster, e.g. "ssh h1"; empty: run it here
    image_pool: str = "images"
    image_wait: float = 600.0  # seconds the answer to an upload waits for the image to become active
    volume_pool: str = "volumes"
    server_pool: str = "vms"
    object_store_url: str = ""  # where clients reach the object store (Ceph RGW); empty: there is none
    object_store_password_file: str = ""  # file with the password of the user it logs in as
    log_level: str = "INFO"
    events_keep_days: int = 30
    audit_keep_days: int = 365  # days for which logins and changes of identity stay recorded
    chores_every: int = 300  # seconds between looks at the hosts, and between clean-ups

    @property
    def database(self) -> str:
        """The SQLAlchemy URL of the database."""
        return self.database_url or f"sqlite:///{self.state_dir}/pileus.db"

    @property
    def root(self) -> Path:
        """The folder that holds playbooks/, roles/ and templates/ (source tree, or inside the wheel)."""
        if self.project_dir:
            return Path(self.project_dir)
        package = Path(__file__).resolve().parent.parent
        return package if (package / "playbooks").is_dir() else package.parent.parent

    def path(self, *parts: str) -> Path:
        """A path below the state folder."""
        return Path(self.state_dir).joinpath(*parts)

    def secret(self, name: str) -> str:
        """The content of the secret file that setting `name` points to; empty where none is set."""
        file = getattr(self, name)
        return Path(file).read_text().strip() if file else ""


def load(file: str | None = None) -> Settings:
    """Read the settings; `file` wins over PILEUS_CONFIG, which wins over /etc/pileus/pileus.toml.

    Raises ValueError for an unknown name or a value of the wrong type.
    """
    source = file or os.environ.get("PILEUS_CONFIG") or DEFAULT_FILE
    values: dict[str, Any] = {}
    if Path(source).exists():
        values = tomllib.loads(Path(source).read_text())
    elif file:
        raise ValueError(f"settings file {file} does not exist")
    known = {f.name: f for f in fields(Settings)}
    unknown = set(values) - set(known)
    if unknown:
        raise ValueError(f"{source}: unknown setting {', '.join(sorted(unknown))}")
    for name in known:
        if (text := os.environ.get(f"PILEUS_{name.upper()}")) is not None:
            values[name] = text
    found = Settings(**{name: _typed(name, value) for name, value in values.items()})
    proxies(found.trusted_proxies)
    return found


@lru_cache(maxsize=16)
def proxies(setting: str) -> tuple[bool, tuple[IPv4Network | IPv6Network, ...]]:
    """The proxies of the setting trusted_proxies: whether those that come by a unix socket, and from which networks.

    Raises ValueError for what is no address.
    """
    words = [word.strip() for word in setting.split(",") if word.strip()]
    try:
        return "unix" in words, tuple(ip_network(word, strict=False) for word in words if word != "unix")
    except ValueError as error:
        raise ValueError(f"setting trusted_proxies: {error}") from None


def _typed(name: str, value: Any) -> Any:
    default = getattr(Settings, name)
    try:
        if isinstance(default, Path) or name == "project_dir":
            return Path(value)
        if isinstance(default, bool) and isinstance(value, str):
            return {"true": True, "1": True, "false": False, "0": False}[value.lower()]
        return type(default)(value)
    except (TypeError, ValueError, KeyError):
        raise ValueError(f"setting {name}: {value!r} is not a valid {type(default).__name__}") from None
