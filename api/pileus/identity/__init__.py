"""The identity service: who calls, what they may do, and where the services are."""

from pileus.core.service import Service
from pileus.identity.policy import RULES
from pileus.identity.views import ROUTES
from pileus.identity.views.faults import fault

SERVICE = Service(
    name="identity",
    type="identity",
    prefix="/identity",
    endpoint="/identity",
    routes=ROUTES,
    policies=RULES,
    fault=fault,
)
