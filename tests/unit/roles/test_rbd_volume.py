"""What has to be done to a volume in RBD, by table."""

from typing import Any

import pytest

from role_modules import load

load("rbd_volume")
from ansible.module_utils import rbd_volumes as volumes  # noqa: E402 - found only once the module is loaded

GIB = 1024**3


def item(**more: Any) -> dict[str, Any]:
    return {"id": "v", "intent": "i", "pool": "volumes", "name": "volume-v", "size": GIB, "source": None, **more}


def there(size: int = GIB, owner: str | None = "v") -> dict[str, Any]:
    return {"size": size, "id": owner}


@pytest.mark.parametrize(
    ("have", "want", "state", "steps"),
    [
        (None, item(), "present", ["make"]),
        (None, item(size=None, source={"pool": "images", "name": "x", "snapshot": "snap"}), "present", ["make"]),
        (there(), item(), "present", []),
        (there(), item(size=None), "present", []),
        (there(), item(size=2 * GIB), "present", ["grow"]),
        (there(owner=None), item(), "present", ["mark"]),
        (there(owner=None), item(size=2 * GIB), "present", ["mark", "grow"]),
        (there(), item(source={"pool": "images", "name": "gone", "snapshot": "snap"}), "present", []),
        (None, item(), "absent", []),
        (there(), item(), "absent", ["remove"]),
        (there(owner=None), item(), "absent", ["remove"]),
    ],
)
def test_plan(have: Any, want: Any, state: str, steps: list[str]) -> None:
    assert volumes.plan(have, want, state) == steps


@pytest.mark.parametrize(
    ("have", "want", "state", "words"),
    [
        (there(2 * GIB), item(), "present", "cannot shrink"),
        (there(owner="other"), item(), "present", "belongs to other"),
        (there(owner="other"), item(), "absent", "belongs to other"),
        (None, item(size=None), "present", "needs a size or a source"),
    ],
)
def test_what_is_refused(have: Any, want: Any, state: str, words: str) -> None:
    with pytest.raises(volumes.Refused, match=words):
        volumes.plan(have, want, state)
