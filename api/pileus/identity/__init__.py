"""The identity service."""

from pileus.core.service import Service

SERVICE = Service(name="identity", type="identity", prefix="/identity", endpoint="/identity", routes=())
