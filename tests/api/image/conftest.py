"""A cloud whose image store is a folder."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pileus.core.config import Settings
from stories import Cloud


@pytest.fixture
def shelf(tmp_path: Path) -> Path:
    """The folder in which the stand-in for rbd keeps its images."""
    folder = tmp_path / "shelf"
    folder.mkdir()
    return folder


@pytest.fixture
def settings(tmp_path: Path, shelf: Path) -> Settings:
    program = Path(__file__).with_name("rbd_stand_in.py")
    return Settings(state_dir=tmp_path, image_wait=0.0, image_store=f"{sys.executable} -S {program} {shelf}")


@pytest.fixture
def make(cloud: Cloud) -> Callable[..., dict[str, Any]]:
    """Make an image; with `data` upload it, and let the worker make a disk of it."""

    def make(data: bytes | None = None, settle: bool = True, token: str | None = None, **body: Any) -> dict[str, Any]:
        more = {"token": token} if token else {}
        wanted = {"name": "a", "container_format": "bare", "disk_format": "raw", **body}
        answer = cloud.post("/image/v2/images", wanted, **more)
        assert answer.status_code == 201, answer.text
        image: dict[str, Any] = answer.json
        if data is not None:
            headers = {"Content-Type": "application/octet-stream"}
            sent = cloud.put(f"/image/v2/images/{image['id']}/file", data=data, headers=headers, **more)
            assert sent.status_code == 204, sent.text
            if settle:
                cloud.settle()
            image = cloud.get(f"/image/v2/images/{image['id']}", **more).json
        return image

    return make
