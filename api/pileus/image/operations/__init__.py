"""Rules of the image service: its operation table, and what other services may ask of it."""

from pileus.image.operations.boot import Boot, bootable, image_summaries
from pileus.image.operations.table import OPERATIONS

__all__ = ["OPERATIONS", "Boot", "bootable", "image_summaries"]
