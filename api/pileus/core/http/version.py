"""Microversions: which one the client asked for, whether it is served, and what the answer says of it."""

import re

from flask import Request, Response

from pileus.core.errors import BadRequest, NotAcceptable
from pileus.core.service import Service, Version

_FORM = re.compile(r"([1-9]\d*)\.([1-9]\d*|0)")


def text(version: Version) -> str:
    """(2, 79) as "2.79"."""
    return f"{version[0]}.{version[1]}"


def _asked(service: Service, request: Request) -> str | None:
    entries = [e.split() for e in request.headers.get("OpenStack-API-Version", "").split(",")]
    for name in service.version_names:
        if name.startswith("header:"):
            if (value := request.headers.get(name[7:])) is not None:
                return value
        elif found := next((e[1] for e in entries if len(e) == 2 and e[0] == name), None):
            return found
    return None


def negotiate(service: Service, request: Request) -> Version | None:
    """The microversion of this request: the lowest without a header, else what was asked for.

    Raises BadRequest for what is no version and NotAcceptable for one outside the range.
    """
    if service.microversions is None:
        return None
    low, high = service.microversions
    asked = _asked(service, request)
    if asked is None:
        return low
    if asked == "latest":
        return high
    match = _FORM.fullmatch(asked)
    if not match:
        raise BadRequest(f"API Version String {asked} is of invalid format. Must be of format MajorNum.MinorNum.")
    version = (int(match[1]), int(match[2]))
    if not low <= version <= high:
        raise NotAcceptable(
            f"Version {asked} is not supported by the API. Minimum is {text(low)} and maximum is {text(high)}."
        )
    return version


def stamp(service: Service, version: Version | None, response: Response) -> None:
    """Say in the answer's headers which microversion it is."""
    if version is None:
        return
    for name in service.version_names:
        if name.startswith("header:"):
            response.headers[name[7:]] = text(version)
            response.vary.add(name[7:])
        else:
            response.headers["OpenStack-API-Version"] = f"{name} {text(version)}"
            response.vary.add("OpenStack-API-Version")
