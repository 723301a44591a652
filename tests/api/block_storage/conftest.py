"""A cloud with the default volume type, and short ways to make volumes, snapshots and images."""

from collections.abc import Callable
from typing import Any

import pytest

from pileus.block_storage.operations import bootstrap_types
from pileus.image.models import Image
from stories import Cloud

V3 = "/volume/v3/p1"


@pytest.fixture(autouse=True)
def types(cloud: Cloud) -> None:
    with cloud.database.write() as session:
        bootstrap_types(session)
        bootstrap_types(session)


@pytest.fixture
def volume(cloud: Cloud) -> Callable[..., dict[str, Any]]:
    """Make a volume and let the worker make it so."""

    def make(settle: bool = True, **body: Any) -> dict[str, Any]:
        answer = cloud.post(f"{V3}/volumes", {"volume": {"size": 1, **body}})
        assert answer.status_code == 202, answer.text
        if settle:
            cloud.settle()
        made: dict[str, Any] = cloud.get(f"{V3}/volumes/{answer.json['volume']['id']}").json["volume"]
        return made

    return make


@pytest.fixture
def snapshot(cloud: Cloud) -> Callable[..., dict[str, Any]]:
    """Take a snapshot and let the worker make it so."""

    def make(volume_id: str, settle: bool = True, **body: Any) -> dict[str, Any]:
        answer = cloud.post(f"{V3}/snapshots", {"snapshot": {"volume_id": volume_id, **body}})
        assert answer.status_code == 202, answer.text
        if settle:
            cloud.settle()
        made: dict[str, Any] = cloud.get(f"{V3}/snapshots/{answer.json['snapshot']['id']}").json["snapshot"]
        return made

    return make


@pytest.fixture
def image(cloud: Cloud) -> Callable[..., str]:
    """An active image as the image service would have it."""

    def make(**values: Any) -> str:
        with cloud.database.write() as session:
            row = Image(
                project_id="p1",
                status="active",
                name="linux",
                container_format="bare",
                disk_format="qcow2",
                visibility="public",
                size=5_000_000,
                virtual_size=2 * 1024**3,
                checksum="0" * 32,
                pool="images",
                uploads=1,
                properties={"os_distro": "debian"},
            )
            for key, value in values.items():
                setattr(row, key, value)
            session.add(row)
            session.flush()
            return row.id

    return make
