"""The block-storage API: all its routes."""

from pileus.block_storage.views import actions, cloud, metadata, quotas, snapshots, types, volumes

ROUTES = [
    *cloud.ROUTES,
    *volumes.ROUTES,
    *actions.ROUTES,
    *snapshots.ROUTES,
    *metadata.ROUTES,
    *types.ROUTES,
    *quotas.ROUTES,
]
