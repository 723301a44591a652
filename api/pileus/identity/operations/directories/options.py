"""The options of a domain's own configuration: their names and defaults (Keystone's), and which values are right."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from pileus.core.errors import BadRequest

Kind = Callable[[Any], Any]  # makes a value of the option's own type, or raises ValueError with what is expected

_ATTRIBUTE = re.compile(r"[A-Za-z][A-Za-z0-9-]*(;[A-Za-z0-9-]+)*|\d+(\.\d+)+")
_SHOWN = re.compile(r"[A-Za-z_][A-Za-z0-9_.:-]{0,63}")
_OURS = frozenset(
    ("id", "name", "domain_id", "enabled", "description", "email", "password", "default_project_id", "options", "links")
)


def text(value: Any) -> str:
    """Words."""
    if not isinstance(value, str) or not value.strip() or "\0" in value:
        raise ValueError("a string that is not empty")
    return value.strip()


def flag(value: Any) -> bool:
    """True or false, also as a word."""
    known = {"true": True, "false": False}
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lower() in known:
        return known[value.lower()]
    raise ValueError("true or false")


def number(value: Any) -> int:
    """A count: 0 or more, also in digits."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 10:
        return int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 2**31:
        raise ValueError("a whole number, 0 or more")
    return value


def seconds(value: Any) -> float:
    """A time; -1 means that there is no limit."""
    try:
        found = float(value)
    except (TypeError, ValueError, OverflowError):
        found = -2
    if isinstance(value, bool) or not (found == -1 or 0 <= found < 1e9):
        raise ValueError("a number of seconds, or -1")
    return found


def words(value: Any) -> list[str]:
    """A list, also written as one string with commas."""
    found = value.split(",") if isinstance(value, str) else value
    if not isinstance(found, list) or not all(isinstance(word, str) for word in found):
        raise ValueError("a list of strings")
    return [word.strip() for word in found if word.strip()]


def attribute(value: Any) -> str:
    """The name of an LDAP attribute or object class."""
    if not isinstance(value, str) or not _ATTRIBUTE.fullmatch(value.strip()):
        raise ValueError("the name of an LDAP attribute or object class")
    return value.strip()


def place(value: Any) -> str:
    """A distinguished name."""
    from ldap3.utils.dn import parse_dn  # noqa: PLC0415 - only clouds with directories need it

    name = text(value)
    try:
        parse_dn(name)
    except Exception:  # it has more than its own errors for what is no name
        raise ValueError("a distinguished name such as ou=people,dc=example,dc=org") from None
    return name


def condition(value: Any) -> str:
    """A search filter, with the parentheses around it that may be left out."""
    from ldap3.operation.search import compile_filter, parse_filter  # noqa: PLC0415

    given = text(value)
    given = given if given.startswith("(") else f"({given})"
    try:
        compile_filter(parse_filter(given, None, False, False, None, False).elements[0])
    except Exception:  # as above
        raise ValueError("an LDAP filter such as (memberOf=cn=cloud,dc=example,dc=org)") from None
    return given


def mapping(value: Any) -> list[str]:
    """Pairs "LDAP attribute:attribute of the API"; the attributes that have options of their own cannot be named."""
    found = words(value)
    for pair in found:
        theirs, _, ours = pair.partition(":")
        if not _ATTRIBUTE.fullmatch(theirs) or not _SHOWN.fullmatch(ours) or ours in {*_OURS, "password_expires_at"}:
            raise ValueError(f"a list of ldap_attribute:attribute, which {pair} is not or which names a reserved one")
        if theirs.lower() == "userpassword":
            raise ValueError("a list without the attribute of the password")
    return found


def choice(*allowed: str) -> Kind:
    """One of these words."""

    def kind(value: Any) -> str:
        if value not in allowed:
            raise ValueError(" or ".join(allowed))
        return str(value)

    return kind


def no(value: Any) -> bool:
    """What Pileus does not do."""
    if flag(value):
        raise ValueError("false: Pileus does not follow a directory's pointers to other servers; name those in url")
    return False


def _of(kind: str) -> dict[str, tuple[Any, Kind]]:
    """The options that users and groups both have."""
    return {
        f"{kind}_tree_dn": (None, place),
        f"{kind}_filter": (None, condition),
        f"{kind}_id_attribute": ("cn", attribute),
        f"{kind}_additional_attribute_mapping": ([], mapping),
    }


LDAP: Mapping[str, tuple[Any, Kind]] = {
    "url": ("ldap://localhost", text),
    "user": (None, text),
    "suffix": ("cn=example,cn=com", place),
    "query_scope": ("one", choice("one", "sub")),
    "page_size": (0, number),
    "alias_dereferencing": ("default", choice("default", "never", "searching", "always", "finding")),
    "chase_referrals": (None, no),
    **_of("user"),
    "user_objectclass": ("inetOrgPerson", attribute),
    "user_name_attribute": ("sn", attribute),
    "user_description_attribute": ("description", attribute),
    "user_mail_attribute": ("mail", attribute),
    "user_pass_attribute": ("userPassword", attribute),
    "user_enabled_attribute": ("enabled", attribute),
    "user_enabled_invert": (False, flag),
    "user_enabled_mask": (0, number),
    "user_enabled_default": ("True", text),
    "user_attribute_ignore": (["default_project_id"], words),
    "user_default_project_id_attribute": (None, attribute),
    "user_enabled_emulation": (False, flag),
    "user_enabled_emulation_dn": (None, place),
    "user_enabled_emulation_use_group_config": (False, flag),
    **_of("group"),
    "group_objectclass": ("groupOfNames", attribute),
    "group_name_attribute": ("ou", attribute),
    "group_member_attribute": ("member", attribute),
    "group_members_are_ids": (False, flag),
    "group_desc_attribute": ("description", attribute),
    "group_attribute_ignore": ([], words),
    "group_ad_nesting": (False, flag),
    "tls_cacertfile": (None, text),
    "tls_cacertdir": (None, text),
    "use_tls": (False, flag),
    "tls_req_cert": ("demand", choice("demand", "allow", "never")),
    "use_pool": (True, flag),
    "pool_size": (10, number),
    "pool_retry_max": (3, number),
    "pool_retry_delay": (0.1, seconds),
    "pool_connection_timeout": (-1, seconds),
    "pool_connection_lifetime": (600, seconds),
    "use_auth_pool": (True, flag),
    "auth_pool_size": (100, number),
    "auth_pool_connection_lifetime": (60, seconds),
}
OPTIONS: Mapping[str, Mapping[str, tuple[Any, Kind]]] = {
    "identity": {"driver": ("sql", text), "list_limit": (None, number)},
    "ldap": LDAP,
}
SECRETS: Mapping[tuple[str, str], Kind] = {("ldap", "password"): text}  # sealed, and never shown
DEFAULTS: dict[str, dict[str, Any]] = {
    section: {name: option[0] for name, option in options.items()} for section, options in OPTIONS.items()
}


def typed(section: str, name: str, value: Any) -> Any:
    """The value in the option's own type; raises BadRequest that names the option and what is expected."""
    default, kind = OPTIONS[section][name] if name in OPTIONS[section] else ("", SECRETS[section, name])
    if value is None and default is None:
        return None
    if name == "user_enabled_default" and isinstance(value, bool | int):
        value = str(value)
    try:
        return kind(value)
    except ValueError as error:
        raise BadRequest(f"{name} in group {section} must be {error}.", field=f"config/{section}/{name}") from None
