"""The same roles by hand: a playbook with a variables file, twice, and with --check --diff."""

import re

import pytest
from cloud_under_test import left_on_hosts, playbook

CASES = [
    ("block_storage/volume", "examples/volumes.yml"),
    ("network/network", "examples/network.yml"),
    ("compute/server", "examples/server.yml"),
]


def changed(output: str) -> int:
    """The sum of changed= in the recap."""
    return sum(int(n) for n in re.findall(r"changed=(\d+)", output))


@pytest.mark.parametrize(("noun", "example"), CASES, ids=lambda value: value)
def test_a_playbook_by_hand_says_makes_repeats_and_removes(noun, example):
    before = left_on_hosts()
    try:
        foretold = playbook(f"{noun}_present.yml", "-e", f"@{example}", "--check", "--diff")
        assert changed(foretold) > 0 and "\n+" in foretold
        assert left_on_hosts() == before, "--check has changed something"
        assert changed(playbook(f"{noun}_present.yml", "-e", f"@{example}")) > 0
        assert left_on_hosts() != before
        assert changed(playbook(f"{noun}_present.yml", "-e", f"@{example}")) == 0
    finally:
        playbook(f"{noun}_absent.yml", "-e", f"@{example}")
    assert left_on_hosts() == before
