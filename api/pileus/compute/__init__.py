"""The compute service."""

from pileus.core.service import Service

SERVICE = Service(name="compute", type="compute", prefix="/compute", endpoint="/compute", routes=())
