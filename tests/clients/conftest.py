"""An API of its own, and the `openstack` client at it."""

from collections.abc import Iterator

import pytest
from openstack_process import OpenStack

from private_cloud import PrivateCloud, private_cloud


@pytest.fixture(scope="session")
def cloud() -> Iterator[PrivateCloud]:
    """Two API processes on PostgreSQL after a bootstrap; all stories share them, so each cleans up after itself."""
    with private_cloud("postgresql") as made:
        yield made


@pytest.fixture(scope="session")
def openstack(cloud: PrivateCloud) -> Iterator[OpenStack]:
    """The `openstack` client as the administrator."""
    client = OpenStack(cloud.environment())
    yield client
    client.close()
