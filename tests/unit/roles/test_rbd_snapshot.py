"""What has to be done to a snapshot of a volume, by table."""

from typing import Any

import pytest

from role_modules import load

MODULE = load("rbd_snapshot")
ITEM = {"id": "s", "intent": "i", "pool": "volumes", "volume": "volume-v", "name": "snapshot-s"}
NOTE = {"pileus.snapshot.snapshot-s": "s i"}


def volume(*snapshots: str, meta: dict[str, str] | None = None) -> dict[str, Any]:
    return {"snapshots": list(snapshots), "meta": meta or {}}


@pytest.mark.parametrize(
    ("have", "state", "steps"),
    [
        (volume(), "present", ["take", "note"]),
        (volume("snapshot-s"), "present", ["note"]),
        (volume("snapshot-s", meta=NOTE), "present", []),
        (volume("another"), "present", ["take", "note"]),
        (None, "absent", []),
        (volume("another"), "absent", []),
        (volume("snapshot-s", meta=NOTE), "absent", ["remove"]),
        (volume("snapshot-s"), "absent", ["remove"]),
        (volume(meta=NOTE), "absent", ["remove"]),
    ],
)
def test_plan(have: Any, state: str, steps: list[str]) -> None:
    assert MODULE.plan(have, ITEM, state) == steps


@pytest.mark.parametrize(
    ("have", "words"),
    [
        (None, "does not exist"),
        (volume("snapshot-s", meta={"pileus.snapshot.snapshot-s": "other -"}), "belongs to other"),
    ],
)
def test_what_is_refused(have: Any, words: str) -> None:
    with pytest.raises(MODULE.ItemError, match=words):
        MODULE.plan(have, ITEM)
