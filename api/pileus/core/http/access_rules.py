"""Access rules: the calls to which a token of an application credential may be bound."""

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache

from pileus.core.errors import Unauthorized
from pileus.core.service import Service

_PIECE = re.compile(r"(\*\*|\*|\{[^/}]*\})")


def check(rules: Iterable[Mapping[str, str]], service: Service, method: str, path: str) -> None:
    """Raise Unauthorized unless a rule allows this call; its path may stand with the service's prefix or without."""
    names = {service.type, service.name, *service.aliases}
    asked = [Path(path.removeprefix(service.prefix)), Path(path)]
    for rule in rules:
        if rule["service"] in names and rule["method"] == method and any(one.fits(rule["path"]) for one in asked):
            return
    raise Unauthorized("The access rules of this application credential do not allow this call.")


class Path:
    """The path of a call, to be held against rules that tenants write.

    A rule is followed through the path at all its places at once, never by trying one way after the other, so that none
    takes long: a set of places is a number, whose bit i stands for the place before the character i.
    """

    def __init__(self, text: str) -> None:
        self._end = 1 << len(text)
        self._all = (self._end << 1) - 1
        self._slash_ends = text.endswith("/")
        self._text = text
        self._places: dict[str, int] = {}
        self._inner = (self._end - 1) & ~self._of("/")

    def fits(self, rule: str) -> bool:
        """Whether a rule's path allows this one, with a slash at its end or without.

        In a rule ``*`` and ``{name}`` stand for a part without a slash, one character at least, and ``**`` for anything.
        """
        reached = 1
        for wild, piece in _pieces(rule):
            if not wild:
                for character in piece:
                    reached = (reached & self._of(character)) << 1
            elif piece == "**":
                reached = self._all & -(reached & -reached)
            else:
                reached = self._along((reached & self._inner) << 1)
            if not reached:
                return False
        ends = self._end | (self._end >> 1 if self._slash_ends else 0)
        return bool(reached & ends)

    def _of(self, character: str) -> int:
        """The places before this character."""
        found = self._places.get(character)
        if found is None:
            bits = "".join("1" if one == character else "0" for one in reversed(self._text))
            found = self._places[character] = int(bits or "0", 2)
        return found

    def _along(self, places: int) -> int:
        """These places, and those after them up to the next slash: the carry of a sum runs through the ones it meets."""
        return (((places & self._inner) + self._inner) ^ self._inner) | places


@lru_cache(maxsize=4096)
def _pieces(rule: str) -> tuple[tuple[bool, str], ...]:
    """A rule's path in pieces, each with whether it is a wildcard."""
    return tuple((number % 2 == 1, piece) for number, piece in enumerate(_PIECE.split(rule)) if piece)
