"""What has to be done to an image, by table, and which uploaded bytes are refused."""

import struct
from typing import Any

import pytest

from role_modules import load

MODULE = load("rbd_image")
SEPARATE = {"pool": "images", "name": "image-1.upload"}
SAME = {"pool": "images", "name": "image-1"}


def item(form: str = "qcow2", upload: dict[str, str] | None = SEPARATE) -> dict[str, Any]:
    return {"id": "m", "intent": "i", "pool": "images", "name": "image-1", "format": form, "upload": upload}


def have(image: Any = None, upload: Any = None, part: Any = None) -> dict[str, Any]:
    return {"image": image, "upload": upload, "part": part}


READY = {"id": "m", "snapshots": ["snap"]}
BYTES = {"id": None, "snapshots": []}


@pytest.mark.parametrize(
    ("found", "want", "state", "steps"),
    [
        (have(upload=BYTES), item(), "present", ["convert"]),
        (have(upload=BYTES, part=BYTES), item(), "present", ["convert"]),
        (have(image=BYTES, upload=BYTES), item(), "present", ["convert"]),
        (have(image=READY, upload=BYTES), item(), "present", []),
        (have(image=READY), item(), "present", []),
        (have(image=BYTES, upload=BYTES), item("raw", SAME), "present", ["mark", "snapshot"]),
        (have(image=BYTES, upload=BYTES), item("iso", SAME), "present", ["mark", "snapshot"]),
        (have(upload=BYTES), item("raw"), "present", ["convert"]),
        (have(), item(), "absent", []),
        (have(image=READY, upload=BYTES), item(), "absent", ["remove"]),
        (have(upload=BYTES), item(), "absent", ["remove"]),
        (have(part=BYTES), item(), "absent", ["remove"]),
    ],
)
def test_plan(found: Any, want: Any, state: str, steps: list[str]) -> None:
    assert MODULE.plan(found, want, state) == steps


@pytest.mark.parametrize(
    ("found", "want", "words"),
    [
        (have(), item(), "no uploaded bytes"),
        (have(image=BYTES), item(), "no uploaded bytes"),
        (have(), item(upload=None), "no uploaded bytes"),
        (have(image=BYTES, upload=BYTES), item("qcow2", SAME), "under another name"),
        (have(image={**READY, "id": "other"}), item(), "belongs to other"),
    ],
)
def test_what_is_refused(found: Any, want: Any, words: str) -> None:
    with pytest.raises(MODULE.ItemError, match=words):
        MODULE.plan(found, want)


def qcow2(version: int = 3, backing: int = 0, features: int = 0) -> bytes:
    return (struct.pack(">4sIQ", b"QFI\xfb", version, backing).ljust(72, b"\0") + struct.pack(">Q", features)).ljust(
        512, b"\0"
    )


def vmdk(capacity: int) -> bytes:
    return struct.pack("<4sIIQ", b"KDMV", 1, 3, capacity).ljust(512, b"\0")


VDI = bytes(64) + b"\x7f\x10\xda\xbe" + bytes(444)


@pytest.mark.parametrize(
    ("driver", "header"),
    [
        ("raw", b""),
        ("qcow2", qcow2()),
        ("qcow2", qcow2(2)),
        ("vmdk", vmdk(8)),
        ("vdi", VDI),
        ("vhdx", b"vhdxfile" + bytes(504)),
    ],
)
def test_good_headers(driver: str, header: bytes) -> None:
    MODULE.check_header(driver, header)


@pytest.mark.parametrize(
    ("driver", "header"),
    [
        ("qcow2", b""),
        ("qcow2", vmdk(8)),
        ("qcow2", qcow2(backing=512)),
        ("qcow2", qcow2(2, backing=512)),
        ("qcow2", qcow2(features=4)),
        ("vmdk", b"# Disk DescriptorFile\n"),
        ("vmdk", vmdk(0)),
        ("vdi", bytes(512)),
        ("vhdx", qcow2()),
    ],
)
def test_bad_headers(driver: str, header: bytes) -> None:
    with pytest.raises(MODULE.ItemError):
        MODULE.check_header(driver, header)
