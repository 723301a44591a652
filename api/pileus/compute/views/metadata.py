"""The metadata service: what a guest reads about itself at 169.254.169.254, in the OpenStack and the EC2 manner.

haproxy on the guest's host says who asks: the network in X-Pileus-Network-ID, the address in X-Forwarded-For, and a shared
secret in X-Metadata-Secret.
"""

import base64
import hmac
from collections.abc import Callable
from functools import partial
from typing import Any

from pileus.compute.operations import guests
from pileus.core.errors import Forbidden, NotFound
from pileus.core.http.call import Call
from pileus.core.http.reply import Reply, dump
from pileus.core.service import Route

OPENSTACK = (
    "2012-08-10",
    "2013-04-04",
    "2013-10-17",
    "2015-10-15",
    "2016-06-30",
    "2016-10-06",
    "2017-02-22",
    "2018-08-27",
)
EC2 = (
    "1.0",
    "2007-01-19",
    "2007-03-01",
    "2007-08-29",
    "2007-10-10",
    "2007-12-15",
    "2008-02-01",
    "2008-09-01",
    "2009-04-04",
)
TEXT = "text/plain; charset=utf-8"


def _guest(call: Call) -> guests.Guest:
    """The server that asks; raises Forbidden without the secret, NotFound for an address that no server has."""
    secret = call.settings.secret("metadata_secret_file")
    given = call.request.headers.get("X-Metadata-Secret", "")
    if not secret or not hmac.compare_digest(secret.encode(), given.encode()):
        raise Forbidden("The metadata service answers only through the metadata proxy.")
    network_id = call.request.headers.get("X-Pileus-Network-ID", "")
    address = call.request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip()
    return guests.find_guest(call.session, network_id, address)


def _text(value: str | bytes) -> Reply:
    return Reply(value, 200, {}, TEXT)


def _listing(names: Any) -> Reply:
    return _text("\n".join(names))


def serve(call: Call, path: str = "") -> Any:
    """GET anything."""
    guest = _guest(call)
    parts = [part for part in path.split("/") if part]
    if not parts:
        return _listing([*EC2, "latest", "openstack"])
    if parts[0] == "openstack":
        return _openstack(guest, parts[1:])
    if parts[0] == "latest" or parts[0] in EC2:
        return _ec2(guest, parts[1:])
    raise NotFound()


def _openstack(guest: guests.Guest, parts: list[str]) -> Reply:
    if not parts:
        return _listing([*OPENSTACK, "latest"])
    if parts[0] != "latest" and parts[0] not in OPENSTACK:
        raise NotFound()
    files: dict[str, Callable[[], bytes]] = {
        "meta_data.json": lambda: dump(guest.meta_data()),
        "vendor_data.json": lambda: b"{}",
        "vendor_data2.json": lambda: b"{}",
        "network_data.json": lambda: dump(guest.network_data()),
    }
    if guest.user_data:
        files["user_data"] = partial(base64.b64decode, guest.user_data)
    if len(parts) == 1:
        return _listing(sorted(files))
    if len(parts) > 2 or parts[1] not in files:
        raise NotFound()
    kind = "application/json" if parts[1].endswith(".json") else "application/octet-stream"
    return Reply(files[parts[1]](), 200, {}, kind)


def _ec2(guest: guests.Guest, parts: list[str]) -> Reply:
    if not parts:
        return _listing(["meta-data/", *(["user-data"] if guest.user_data else [])])
    if parts == ["user-data"]:
        if not guest.user_data:
            raise NotFound()
        return Reply(base64.b64decode(guest.user_data), 200, {}, "application/octet-stream")
    if parts[0] != "meta-data":
        raise NotFound()
    found: Any = guest.ec2()
    for part in parts[1:]:
        name = "0" if part == f"0={guest.key_name}" else part
        if not isinstance(found, dict) or name not in found:
            raise NotFound()
        found = found[name]
    if not isinstance(found, dict):
        return _text(str(found))
    if parts[1:] == ["public-keys"]:
        return _listing([f"0={guest.key_name}"])
    return _listing([f"{name}/" if isinstance(value, dict) else name for name, value in found.items()])


ROUTES = [
    Route("GET", "", serve, None),
    Route("GET", "/", serve, None),
    Route("GET", "/<path:path>", serve, None),
]
