"""Access rules: the calls to which a token of an application credential may be bound."""

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache

from pileus.core.errors import Unauthorized
from pileus.core.service import Service

_PIECE = re.compile(r"(\*\*|\*|\{[^/}]*\})")


@lru_cache(maxsize=4096)
def _pattern(path: str) -> re.Pattern[str]:
    """A rule's path as a pattern: ``*`` and ``{name}`` stand for one segment, ``**`` for any number of them."""
    parts = [".*" if p == "**" else "[^/]+" if _PIECE.fullmatch(p) else re.escape(p) for p in _PIECE.split(path)]
    return re.compile("".join(parts) + "/?")


def check(rules: Iterable[Mapping[str, str]], service: Service, method: str, path: str) -> None:
    """Raise Unauthorized unless a rule allows this call; its path may stand with the service's prefix or without."""
    names = {service.type, service.name, *service.aliases}
    below = path.removeprefix(service.prefix)
    for rule in rules:
        if rule["service"] not in names or rule["method"] != method:
            continue
        pattern = _pattern(rule["path"])
        if pattern.fullmatch(below) or pattern.fullmatch(path):
            return
    raise Unauthorized("The access rules of this application credential do not allow this call.")
