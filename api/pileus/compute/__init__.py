"""The compute service, and the metadata service that its guests ask."""

from pileus.compute import faults
from pileus.compute.operations import OPERATIONS
from pileus.compute.policy import POLICIES
from pileus.compute.views import ROUTES, metadata
from pileus.core.http import named_fault
from pileus.core.service import Service

SERVICE = Service(
    name="compute",
    type="compute",
    prefix="/compute",
    endpoint="/compute/v2.1",
    routes=ROUTES,
    operations=OPERATIONS,
    policies=POLICIES,
    fault=named_fault.body,
    microversions=((2, 1), (2, 96)),
    version_names=("compute", "header:X-OpenStack-Nova-API-Version"),
)
METADATA = Service(
    name="metadata",
    type="metadata",
    prefix="/metadata",
    endpoint="/metadata",
    routes=metadata.ROUTES,
    fault=faults.plain,
    public=False,
)
