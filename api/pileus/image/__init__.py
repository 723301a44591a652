"""The image service: images uploaded by tenants become raw RBD images that servers and volumes are clones of."""

from pileus.core.service import Service
from pileus.image import faults, operations, policy, views

SERVICE = Service(
    name="image",
    type="image",
    prefix="/image",
    endpoint="/image",
    routes=views.ROUTES,
    operations=operations.OPERATIONS,
    policies=policy.RULES,
    fault=faults.page,
)
