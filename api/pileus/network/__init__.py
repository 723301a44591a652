"""The network service: networks, subnets, ports, routers, floating IPs and security groups."""

from pileus.core.service import Service
from pileus.network.faults import fault_body
from pileus.network.operations import OPERATIONS
from pileus.network.policy import POLICIES
from pileus.network.views import ROUTES

SERVICE = Service(
    name="network",
    type="network",
    prefix="/network",
    endpoint="/network",
    routes=ROUTES,
    operations=OPERATIONS,
    policies=POLICIES,
    fault=fault_body,
)
