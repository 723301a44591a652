"""The block-storage API: all its routes."""

from pileus.block_storage.views import (
    actions,
    attachments,
    cloud,
    messages,
    metadata,
    quotas,
    snapshots,
    transfers,
    types,
    volumes,
)

NOUNS = (cloud, volumes, actions, snapshots, metadata, types, quotas, attachments, transfers, messages)
ROUTES = [route for noun in NOUNS for route in noun.ROUTES]
