"""From LDAP entries to users and groups: filters, the attribute map, whether a user is enabled, and who is in which group."""

import re
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pileus.identity.operations.directories.configuration import Directory
from pileus.identity.operations.directories.connection import Raw, search

_CHUNK = 100  # alternatives in one filter
_LONGEST = 255  # characters of a name or an id, as the tables hold them
_FEW = 3  # so many users are looked up one by one in the group of those who are enabled


@dataclass(frozen=True)
class Entry:
    """A user or a group of a directory; `members` are the values of a group's member attribute, where they were asked for."""

    kind: str
    dn: str
    id: str
    name: str
    enabled: bool
    description: str | None
    default_project_id: str | None
    extra: dict[str, Any]
    members: tuple[str, ...] = ()


def equals(attribute: str, value: str) -> str:
    """The filter that finds a value; every byte of it is escaped, so it is nothing but a value."""
    return f"({attribute}={_escaped(attribute, value)})"


def resembles(attribute: str, how: str, value: str) -> str:
    """The filter for names that contain a value, or start or end with it."""
    inner = _escaped(attribute, value)
    patterns = {"contains": f"*{inner}*", "startswith": f"{inner}*", "endswith": f"*{inner}"}
    return f"({attribute}={patterns[how] if inner else '*'})"


def find(directory: Directory, kind: str, more: str = "", *, limit: int = 0, members: bool = False) -> list[Entry]:
    """The users (or groups) that a filter finds beside the configured one. Raises Trouble when the directory is of no use."""
    condition = f"(&(objectClass={directory[f'{kind}_objectclass']}){directory[f'{kind}_filter'] or ''}{more})"
    wanted = [*_wanted(directory, kind), *([directory["group_member_attribute"]] if members else [])]
    found = search(directory, directory.tree(kind), directory["query_scope"], condition, wanted, limit=limit)
    made = [_entry(directory, kind, raw) for raw in found]
    entries = [entry for entry in made if entry is not None]
    return _emulated(directory, entries) if kind == "user" and directory["user_enabled_emulation"] else entries


def with_id(directory: Directory, kind: str, local_id: str, *, members: bool = False) -> Entry | None:
    """The user (or group) with an id."""
    attribute = directory[f"{kind}_id_attribute"]
    found = find(directory, kind, equals(attribute, local_id), limit=_FEW, members=members)
    return next((entry for entry in found if entry.id == local_id), None)


def with_ids(directory: Directory, kind: str, ids: Iterable[str], *, members: bool = False) -> list[Entry]:
    """Those of these users (or groups) that are there."""
    attribute, wanted = directory[f"{kind}_id_attribute"], set(ids)
    found = _any_of(directory, kind, (equals(attribute, one) for one in sorted(wanted)), members=members)
    return [entry for entry in found if entry.id in wanted]


def groups_of(directory: Directory, user: Entry) -> list[Entry]:
    """The groups a user is in; with group_ad_nesting also those that hold such a group."""
    attribute = directory["group_member_attribute"]
    found: dict[str, Entry] = {}
    values = [user.id if directory["group_members_are_ids"] else user.dn]
    while values:
        holders = _any_of(directory, "group", (equals(attribute, value) for value in values))
        new = [group for group in holders if key(group.dn) not in found]
        found |= {key(group.dn): group for group in new}
        values = [group.dn for group in new] if directory["group_ad_nesting"] else []
    return list(found.values())


def members_of(directory: Directory, group: Entry) -> list[Entry]:
    """The users in a group (found with its members); with group_ad_nesting also those of the groups in it."""
    if directory["group_members_are_ids"]:
        return with_ids(directory, "user", group.members)
    seen, found, values = {key(group.dn)}, dict[str, Entry](), list(group.members)
    while values:
        found |= {user.id: user for user in _at(directory, "user", values)}
        inner = _at(directory, "group", values) if directory["group_ad_nesting"] else []
        values = [value for one in inner if key(one.dn) not in seen for value in one.members]
        seen |= {key(one.dn) for one in inner}
    return list(found.values())


def key(dn: str) -> str:
    """The same for all ways to write one DN."""
    from ldap3.utils.dn import parse_dn  # noqa: PLC0415 - only clouds with directories need it

    if not re.search(r'["+\\]', dn):
        return re.sub(r"\s*([,=])\s*", r"\1", dn.strip()).casefold()
    try:
        parts = parse_dn(dn, strip=True)
    except Exception:  # whatever it is, it is no DN but itself
        return dn.casefold()
    return ",".join(f"{name}={_unescaped(value)}{'+' if end == '+' else ''}" for name, value, end in parts).casefold()


def _escaped(attribute: str, value: str) -> str:
    from ldap3.utils.conv import escape_bytes  # noqa: PLC0415

    if attribute.lower() == "objectguid":
        try:
            return str(escape_bytes(uuid.UUID(value).bytes_le))
        except ValueError:
            pass
    return str(escape_bytes(value.encode(errors="replace")))


def _unescaped(value: str) -> str:
    def plain(found: re.Match[bytes]) -> bytes:
        code = found[1]
        return bytes.fromhex(code.decode()) if len(code) == 2 else code

    return re.sub(rb"\\([0-9a-fA-F]{2}|.)", plain, value.encode()).decode(errors="replace")


def _at(directory: Directory, kind: str, dns: Sequence[str]) -> list[Entry]:
    """Those of these DNs that are users (or groups). What names an entry is an attribute of it: that is searched for."""
    from ldap3.utils.dn import parse_dn  # noqa: PLC0415

    conditions = []
    for dn in dns:
        try:
            name, value, _ = parse_dn(dn, strip=True)[0]
        except Exception:  # noqa: S112 - a member that is no DN is nobody
            continue
        conditions.append(equals(name, _unescaped(value)))
    wanted = {key(dn) for dn in dns}
    found = _any_of(directory, kind, conditions, members=kind == "group")
    return [entry for entry in found if key(entry.dn) in wanted]


def _any_of(directory: Directory, kind: str, conditions: Iterable[str], *, members: bool = False) -> list[Entry]:
    """What any of these filters finds, asked for in a few searches."""
    waiting = list(dict.fromkeys(conditions))
    found: dict[str, Entry] = {}
    for start in range(0, len(waiting), _CHUNK):
        chunk = "".join(waiting[start : start + _CHUNK])
        found |= {entry.id: entry for entry in find(directory, kind, f"(|{chunk})", members=members)}
    return list(found.values())


def _wanted(directory: Directory, kind: str) -> list[str]:
    """The LDAP attributes to ask for."""
    options = ["id_attribute", "name_attribute", "desc_attribute" if kind == "group" else "description_attribute"]
    if kind == "user":
        options += ["mail_attribute", "enabled_attribute", "default_project_id_attribute"]
    names = [directory[f"{kind}_{option}"] for option in options]
    names += [theirs for theirs, _ in _additional(directory, kind)]
    return list(dict.fromkeys(name for name in names if name))


def _additional(directory: Directory, kind: str) -> Iterator[tuple[str, str]]:
    for pair in directory[f"{kind}_additional_attribute_mapping"]:
        theirs, _, ours = pair.partition(":")
        yield theirs, ours


def _entry(directory: Directory, kind: str, raw: Raw) -> Entry | None:
    """The user or group; None for an entry without an id and a name that can be kept."""
    dn, attributes = raw
    ignored = {name.lower() for name in directory[f"{kind}_attribute_ignore"]}

    def value(option: str, api: str) -> str | None:
        name = directory[f"{kind}_{option}_attribute"]
        return _text(attributes.get(name.lower(), [])) if name and api not in ignored else None

    local_id = _local_id(directory[f"{kind}_id_attribute"], dn, attributes)
    name = value("name", "")
    if not local_id or not name or max(len(local_id), len(name)) > _LONGEST:
        return None
    extra = {"email": value("mail", "email")} if kind == "user" and "mail" not in ignored else {}
    extra |= {ours: _text(attributes.get(theirs.lower(), [])) for theirs, ours in _additional(directory, kind)}
    project = value("default_project_id", "default_project_id") if kind == "user" else None
    member = directory["group_member_attribute"].lower()
    return Entry(
        kind=kind,
        dn=dn,
        id=local_id,
        name=name,
        enabled=kind == "group" or "enabled" in ignored or _enabled(directory, attributes),
        description=value("desc" if kind == "group" else "description", "description"),
        default_project_id=project if project and len(project) <= 64 else None,
        extra={name: found for name, found in extra.items() if found is not None and name not in ignored},
        members=tuple(text for one in attributes.get(member, []) if (text := _text([one]))) if kind == "group" else (),
    )


def _text(values: Sequence[bytes]) -> str | None:
    """The first value, when it is text that a database can keep."""
    try:
        found = values[0].decode() if values else None
    except UnicodeDecodeError:
        return None
    return found if found and "\0" not in found else None


def _local_id(attribute: str, dn: str, attributes: dict[str, list[bytes]]) -> str | None:
    """The id; of several values the one that names the entry. Active Directory's binary GUID is written as a UUID."""
    from ldap3.utils.dn import parse_dn  # noqa: PLC0415

    values = attributes.get(attribute.lower(), [])
    if attribute.lower() == "objectguid" and values and len(values[0]) == 16:
        return str(uuid.UUID(bytes_le=values[0]))
    if len(values) <= 1:
        return _text(values)
    name, value, _ = parse_dn(dn, strip=True)[0]
    return _unescaped(value) if name.lower() == attribute.lower() else None


def _enabled(directory: Directory, attributes: dict[str, list[bytes]]) -> bool:
    """What the enabled attribute says; a mask goes before an inversion. Emulation is another matter."""
    if directory["user_enabled_emulation"]:
        return False
    said = _text(attributes.get(directory["user_enabled_attribute"].lower(), [])) or directory["user_enabled_default"]
    if mask := directory["user_enabled_mask"]:
        try:
            return bool(int(said) & mask != mask)
        except ValueError:
            raise directory.misconfigured("with user_enabled_mask, user_enabled_default must be a number") from None
    plain = int(said) != 0 if said.lstrip("-").isdecimal() else said.lower() in ("true", "yes")
    return bool(plain != directory["user_enabled_invert"])


def _emulated(directory: Directory, users: list[Entry]) -> list[Entry]:
    """The users, enabled where the group of those who are says so; that group must exist."""
    if "enabled" in directory["user_attribute_ignore"]:
        return users
    base = directory["user_enabled_emulation_dn"] or f"cn=enabled_users,{directory.tree('user')}"
    configured = directory["user_enabled_emulation_use_group_config"]
    member = directory["group_member_attribute"] if configured else "member"
    ids = configured and directory["group_members_are_ids"]
    same: Callable[[str], str] = str if ids else key
    if len(users) <= _FEW:
        holds = [equals(member, user.id if ids else user.dn) for user in users]
        on = [bool(search(directory, base, "base", one, ["1.1"])) for one in holds]
        return [replace(user, enabled=is_on) for user, is_on in zip(users, on, strict=True)]
    found = search(directory, base, "base", "(objectClass=*)", [member])
    all_on = {
        same(text) for _, attributes in found for one in attributes.get(member.lower(), []) if (text := _text([one]))
    }
    return [replace(user, enabled=same(user.id if ids else user.dn) in all_on) for user in users]
