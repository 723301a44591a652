"""The block-storage service: volumes as Ceph RBD images, their snapshots, types and attachments."""

from pileus.block_storage import operations, policy, views
from pileus.core.http import named_fault
from pileus.core.service import Service

SERVICE = Service(
    name="block_storage",
    type="block-storage",
    prefix="/volume",
    endpoint="/volume/v3/{project_id}",
    routes=views.ROUTES,
    operations=operations.OPERATIONS,
    policies=policy.RULES,
    fault=named_fault.body,
    microversions=((3, 0), (3, 67)),
    version_names=("volume",),
    aliases=("volumev3",),
)
