"""Authentication methods that a site's own packages bring, as entry points of the group "pileus.auth_methods"."""

import logging
from collections.abc import Mapping, Sequence
from importlib.metadata import EntryPoint, entry_points

from pileus.identity.operations.methods.attempt import Method

log = logging.getLogger(__name__)
GROUP = "pileus.auth_methods"


def beside(own: Mapping[str, Method]) -> Mapping[str, Method]:
    """The methods by name: our `own`, and those of the packages, each of which stands for ours of the same name.

    One that cannot be used is logged, and then there is no method of that name: not ours either, since the site wanted another.
    """
    found = dict(own)
    offers: dict[str, list[EntryPoint]] = {}
    for point in entry_points(group=GROUP):
        offers.setdefault(point.name, []).append(point)
    for name, points in offers.items():
        try:
            found[name] = _load(points)
        except Exception as error:  # whatever goes wrong in code that is not ours
            found.pop(name, None)
            log.exception("nobody can log in by the method %s: %s: %s", name, _origin(points), error)
    return found


def _load(points: Sequence[EntryPoint]) -> Method:
    if len(points) > 1:
        raise ValueError("only one package may bring a method")
    method: Method = points[0].load()
    if not callable(method):
        raise TypeError("this is no function")
    return method


def _origin(points: Sequence[EntryPoint]) -> str:
    """Where the entry points come from, as package and object."""
    return ", ".join(f"{point.dist.name if point.dist else '?'} ({point.value})" for point in points)
