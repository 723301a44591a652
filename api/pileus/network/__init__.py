"""The network service."""

from pileus.core.service import Service

SERVICE = Service(name="network", type="network", prefix="/network", endpoint="/network", routes=())
