"""Which packages host_packages would install."""

from role_modules import load


def test_only_what_is_missing_is_installed() -> None:
    assert load("host_packages").plan({"a", "b"}, ["c", "a", "c"]) == ["c"]
