"""How the tables of personas of image, network, block storage and compute are written and read.

A line is "METHOD path [action] | who | what a member of a foreign project gets": nothing said, the same as a member of the
own project; "hidden", 404; "refused", 403; "own", a list without anything of the project.
"""

from dataclasses import dataclass

TOKENS = {  # roles:project:user, see stories.py
    "admin": "admin,manager,member,reader:root:u0",
    "manager": "manager,member,reader:p1:u1",
    "member": "member,reader:p1:u1",
    "reader": "reader:p1:u1",
    "foreigner": "manager,member,reader:p2:u2",
    "service": "service:services:u3",
    "auditor": "auditor:p1:u1",  # a role that no rule knows
}
WHO = {
    "read": {"admin", "manager", "member", "reader", "foreigner"},
    "change": {"admin", "manager", "member", "foreigner"},
    "admin": {"admin"},
    "all": set(TOKENS),
}


@dataclass(frozen=True)
class Line:
    """One line of a table: a call, the personas its rule lets pass, and what a foreigner gets then."""

    call: str
    who: frozenset[str]
    foreign: str


def lines(table: str) -> dict[str, Line]:
    """The lines of a table by their calls."""
    found = {}
    for text in table.strip().splitlines():
        call, who, *more = (part.strip() for part in text.split("|"))
        assert call not in found, f"there are two lines for {call}"
        found[call] = Line(call, frozenset(WHO[who]), more[0] if more else "")
    return found
