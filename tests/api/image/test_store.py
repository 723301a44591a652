"""Stories about the way to the rbd program: no word of a command becomes another command on the other side."""

import io
from pathlib import Path

import pytest

from pileus.core.config import Settings
from pileus.core.errors import Fault
from pileus.image.store import Store

ID = "2c46b1b0-0000-4000-8000-000000000000"
SSH = """#!/bin/sh
# joins its words for a shell on the other side, as ssh does
shift
exec sh -c "$*"
"""
RBD = """#!/bin/sh
printf '%s\\n' "$@" >"$SHELF/words"
exec cat
"""


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with programs that pretend to be ssh and, on the other side of it, rbd."""
    for name, script in (("ssh", SSH), ("rbd", RBD)):
        (tmp_path / name).write_text(script)
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    monkeypatch.setenv("SHELF", str(tmp_path))
    return tmp_path


def put(store: Store, pool: str, name: str) -> None:
    store.put(pool, name, io.BytesIO(b"x"), -1, lambda: None)


def test_a_name_that_is_not_made_of_an_id_reaches_no_program(shelf: Path) -> None:
    store = Store(Settings(state_dir=shelf))
    for name in ("x; id", f"{ID}; id", f"{ID}\n", f"{ID}.up load", f"../{ID}", "", "-"):
        for use in (put, Store.remove, lambda s, p, n: s.get(p, n, 1)):
            with pytest.raises(Fault):
                use(store, "images", name)
    assert not (shelf / "words").exists()
    for name in (ID, f"{ID}.upload", ID.replace("-", "")):
        put(store, "images", name)


def test_ssh_gets_words_that_the_other_shell_takes_as_they_are(shelf: Path) -> None:
    pool = "im ages; touch $SHELF/hit #"
    for prefix in ("", f"{shelf}/ssh host"):
        put(Store(Settings(state_dir=shelf, image_store=prefix)), pool, f"{ID}.upload")
        assert (shelf / "words").read_text().splitlines()[-1] == f"{pool}/{ID}.upload"
    assert not (shelf / "hit").exists()
