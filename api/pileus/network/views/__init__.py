"""The network API's routes: each file shapes one kind of resource."""

from pileus.network.views import discovery, networks, ports, quotas, routers, security_groups, tags

ROUTES = [
    *discovery.ROUTES,
    *networks.ROUTES,
    *ports.ROUTES,
    *routers.ROUTES,
    *security_groups.ROUTES,
    *quotas.ROUTES,
    *tags.ROUTES,
]
