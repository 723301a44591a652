"""Where a request comes from, also when a proxy stands between."""

import ipaddress

from flask import Request

from pileus.core.config import Settings, proxies

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def client_address(request: Request, settings: Settings) -> str:
    """The address of the client; empty when it is not known (a unix socket).

    X-Forwarded-For counts only as far as proxies of the setting `trusted_proxies` have written it: what stands rightmost in it
    that is no such proxy is the client, and what stands further left is only what the client says.
    """
    peer = request.remote_addr or ""
    forwarded = request.headers.get("X-Forwarded-For")
    if not forwarded or not settings.trusted_proxies:
        return _text(peer)
    believed = peer
    for said in reversed(forwarded.split(",")):
        if not trusted(settings, believed):
            break
        found = parse(said)
        if found is None:
            break
        believed = str(found)
    return _text(believed)


def trusted(settings: Settings, address: str) -> bool:
    """Whether this is a proxy of ours; an empty address is a unix socket."""
    sockets, networks = proxies(settings.trusted_proxies)
    found = parse(address)
    if found is None:
        return sockets and not address
    return any(found in network for network in networks)


def parse(text: str) -> Address | None:
    """The address, without port and brackets, IPv4 as such; None when it is none."""
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        found = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return getattr(found, "ipv4_mapped", None) or found


def _text(address: str) -> str:
    found = parse(address)
    return str(found) if found is not None else address
