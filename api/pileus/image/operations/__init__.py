"""Rules of the image service: its operation table, and what other services may ask of it."""

from pileus.image.models import Image
from pileus.image.operations.boot import Boot, bootable, image_summaries
from pileus.image.operations.captured import begin_capture, end_capture
from pileus.image.operations.images import delete_image, find_image, visible
from pileus.image.operations.table import OPERATIONS

__all__ = [
    "OPERATIONS",
    "Boot",
    "Image",
    "begin_capture",
    "bootable",
    "delete_image",
    "end_capture",
    "find_image",
    "image_summaries",
    "visible",
]
