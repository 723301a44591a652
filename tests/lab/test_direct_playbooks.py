"""The same roles by hand: a playbook with a variables file, twice, and with --check --diff."""

import re
from collections.abc import Iterator

import pytest
from cloud_under_test import LAB, left_on_hosts, on_host, playbook

NETWORK, IMAGE = ("network/network", "examples/network.yml"), ("image/image", "examples/image.yml")
CASES = [
    ("block_storage/volume", "examples/volumes.yml", ()),
    (*NETWORK, ()),
    ("compute/server", "examples/server.yml", (NETWORK, IMAGE)),
]


@pytest.fixture
def uploaded() -> Iterator[None]:
    """The bytes that examples/image.yml names, as a person would put them into the cluster."""
    (LAB / "hosts" / "h1" / "data" / "example.qcow2").write_bytes((LAB / "images" / "tiny.qcow2").read_bytes())
    on_host("h1", "rbd rm --no-progress images/example.upload 2>/dev/null; true")
    on_host("h1", "rbd import --no-progress /data/example.qcow2 images/example.upload")
    yield
    on_host("h1", "rm /data/example.qcow2; rbd rm --no-progress images/example.upload 2>/dev/null; true")


def changed(output: str) -> int:
    """The sum of changed= in the recap."""
    return sum(int(n) for n in re.findall(r"changed=(\d+)", output))


@pytest.mark.parametrize(("noun", "example", "needs"), CASES, ids=["volume", "network", "server"])
def test_a_playbook_by_hand_foretells_makes_repeats_and_removes(noun, example, needs, uploaded):
    for other, file in needs:
        playbook(f"{other}_present.yml", "-e", f"@{file}")
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
        after = left_on_hosts()
        for other, file in reversed(needs):
            playbook(f"{other}_absent.yml", "-e", f"@{file}")
    assert after == before
