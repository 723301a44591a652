"""The tables of the network service."""

from pileus.network.models.networks import Network, NetworkHost, RbacPolicy
from pileus.network.models.ports import Port, PortSecurityGroup
from pileus.network.models.routers import FloatingIp, Router
from pileus.network.models.security_groups import SecurityGroup, SecurityGroupRule
from pileus.network.models.standard import Standard, Tag
from pileus.network.models.subnets import AddressScope, IpAllocation, Subnet, SubnetPool

__all__ = [
    "AddressScope",
    "FloatingIp",
    "IpAllocation",
    "Network",
    "NetworkHost",
    "Port",
    "PortSecurityGroup",
    "RbacPolicy",
    "Router",
    "SecurityGroup",
    "SecurityGroupRule",
    "Standard",
    "Subnet",
    "SubnetPool",
    "Tag",
]
