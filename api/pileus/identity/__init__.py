"""The identity service: who calls, what they may do, and where the services are."""

from collections.abc import Mapping

from pileus.core.service import Published, Service
from pileus.identity.policy import RULES
from pileus.identity.views import ROUTES
from pileus.identity.views.faults import fault


def _published() -> Mapping[tuple[str, str], Published]:
    from pileus.identity.schemas.published import PUBLISHED  # noqa: PLC0415 - few processes are asked for it

    return PUBLISHED


MAX_BODY = 112 * 1024  # bytes, as Keystone has it; what is larger is a policy, whose routes say so

SERVICE = Service(
    name="identity",
    type="identity",
    prefix="/identity",
    endpoint="/identity",
    routes=ROUTES,
    policies=RULES,
    fault=fault,
    published=_published,
    max_body=MAX_BODY,
)
