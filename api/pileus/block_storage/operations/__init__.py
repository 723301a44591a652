"""Rules of the block-storage service: its operation table, and what other services may ask of it."""

from pileus.block_storage.operations.attachments import (
    attached,
    attachments_of,
    begin_detach,
    detach_failed,
    detached,
    reserve,
    unreserve,
)
from pileus.block_storage.operations.table import OPERATIONS as _TABLE
from pileus.block_storage.operations.table import disk
from pileus.block_storage.operations.types import bootstrap_types
from pileus.block_storage.operations.uploads import UPLOAD
from pileus.block_storage.operations.volumes import create_volume, delete_volume, find_volume

OPERATIONS = [*_TABLE, UPLOAD]

__all__ = [
    "OPERATIONS",
    "attached",
    "attachments_of",
    "begin_detach",
    "bootstrap_types",
    "create_volume",
    "delete_volume",
    "detach_failed",
    "detached",
    "disk",
    "find_volume",
    "reserve",
    "unreserve",
]
