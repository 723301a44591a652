"""What other services and the views may ask of the network service."""

from pileus.network.operations.floating import look_again
from pileus.network.operations.networks import default_network
from pileus.network.operations.security_groups import security_group_ids
from pileus.network.operations.servers import (
    absent_port_items,
    addresses_of,
    adopt_port,
    bind_ports,
    create_port,
    nic_items,
    port_by_address,
    ports_of,
    release_ports,
    server_needs,
    server_variables,
    unplug_port,
)
from pileus.network.operations.table import OPERATIONS

__all__ = [
    "OPERATIONS",
    "absent_port_items",
    "addresses_of",
    "adopt_port",
    "bind_ports",
    "create_port",
    "default_network",
    "look_again",
    "nic_items",
    "port_by_address",
    "ports_of",
    "release_ports",
    "security_group_ids",
    "server_needs",
    "server_variables",
    "unplug_port",
]
