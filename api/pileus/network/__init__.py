"""The network service: networks, subnets, ports, routers, floating IPs and security groups."""

from pileus.core.service import Service
from pileus.network.operations import OPERATIONS

SERVICE = Service(
    name="network",
    type="network",
    prefix="/network",
    endpoint="/network",
    routes=(),
    operations=OPERATIONS,
)
