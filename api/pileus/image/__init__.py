"""The image service."""

from pileus.core.service import Service

SERVICE = Service(name="image", type="image", prefix="/image", endpoint="/image", routes=())
