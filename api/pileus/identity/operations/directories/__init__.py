"""Directories: domains whose users and groups live in LDAP, which is only read; see docs/services/identity.md."""

from pileus.identity.operations.directories.configuration import (
    Directory,
    Trouble,
    domains,
    driver,
    list_limit,
    of_domain,
)
from pileus.identity.operations.directories.login import Found, Meant, fetch, look, meant, prove
from pileus.identity.operations.directories.lookup import (
    adopt,
    ask_groups,
    ask_members,
    listed,
    refuse_change,
    refuse_new,
    still_there,
)
from pileus.identity.operations.directories.shadows import LDAP, shadow_id
from pileus.identity.operations.directories.sync import Synced, settle, sync, sync_all

__all__ = [
    "LDAP",
    "Directory",
    "Found",
    "Meant",
    "Synced",
    "Trouble",
    "adopt",
    "ask_groups",
    "ask_members",
    "domains",
    "driver",
    "fetch",
    "list_limit",
    "listed",
    "look",
    "meant",
    "of_domain",
    "prove",
    "refuse_change",
    "refuse_new",
    "settle",
    "shadow_id",
    "still_there",
    "sync",
    "sync_all",
]
