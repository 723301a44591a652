"""Extra DHCP options of ports: what a client may send, and what remains of them after a change."""

import ipaddress
import re
from collections.abc import Sequence
from typing import Any

from pileus.core.errors import BadRequest

NUMBERED = {"6": "dns_server", "15": "domain_name", "26": "mtu", "66": "tftp_server", "67": "bootfile_name"}
ADDRESSES = {
    "dns_server",
    "log_server",
    "lpr_server",
    "next_server",
    "ntp_server",
    "router",
    "server_ip_address",
    "tftp_server_address",
}
STRINGS = {"bootfile_name", "bootfile_name_alt", "domain_name", "domain_search_list", "hostname", "tftp_server", "wpad"}
HIGHEST = {  # of options that are numbers
    "mtu": 65535,
    "default_ttl": 255,
    "lease_time": 2**32 - 1,
    "T1": 2**32 - 1,
    "T2": 2**32 - 1,
    "arp_cache_timeout": 2**32 - 1,
    "tcp_keepalive_interval": 2**32 - 1,
}


def options(have: Sequence[dict[str, Any]], asked: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The options after a change: those sent replace their namesakes, and null takes one away.

    Raises BadRequest for a value that the option cannot have.
    """
    kept = {(o["opt_name"], o.get("ip_version", 4)): o for o in have}
    for option in asked:
        made = {
            "opt_name": option["opt_name"],
            "opt_value": option.get("opt_value"),
            "ip_version": int(option.get("ip_version") or 4),
        }
        if made["opt_value"] is not None and made["ip_version"] == 4:
            _check(str(made["opt_name"]), str(made["opt_value"]))
        kept[made["opt_name"], made["ip_version"]] = made
    return [option for option in kept.values() if option["opt_value"] is not None]


def _check(name: str, value: str) -> None:
    """Raise BadRequest when OVN could not send the value; options that it does not know are never sent."""
    known = NUMBERED.get(name, name.replace("-", "_"))
    if known in ADDRESSES:
        well, wanted = all(_is_ipv4(part.strip()) for part in value.split(",")), "IPv4 addresses"
    elif known in STRINGS:
        well, wanted = value.isascii() and value.isprintable() and not set(value) & {'"', "\\"}, "plain text"
    elif known in HIGHEST:
        well = re.fullmatch("[0-9]{1,10}", value) is not None and int(value) <= HIGHEST[known]
        wanted = f"a number up to {HIGHEST[known]}"
    else:
        return
    if not well:
        raise BadRequest(
            f"Invalid input for extra_dhcp_opts. Reason: option {name} takes {wanted}, not '{value}'.",
            field="extra_dhcp_opts",
        )


def _is_ipv4(value: str) -> bool:
    try:
        ipaddress.IPv4Address(value)
    except ValueError:
        return False
    return True
