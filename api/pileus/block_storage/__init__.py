"""The block-storage service."""

from pileus.core.service import Service

SERVICE = Service(
    name="block_storage", type="block-storage", prefix="/block_storage", endpoint="/block_storage", routes=()
)
