"""Identity as people meet it at the command line: first steps, ways to log in, and what is said when something is wrong."""

import base64
import time
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP
from openstack_process import OpenStack
from transcripts import Transcript

from private_cloud import PrivateCloud

STORIES = sorted((Path(__file__).parent / "walkthrough").glob("*.txt"))
SEED = b"pileus-walkthrough-1"


@pytest.mark.parametrize("story", STORIES, ids=lambda file: file.stem)
def test_a_walk_goes_as_told(story: Path, openstack: OpenStack, cloud: PrivateCloud, tmp_path: Path) -> None:
    Transcript(story, openstack, tmp_path, {"url": cloud.auth_url}).run()


def passcode() -> str:
    """What the app on a telephone shows now."""
    return TOTP(SEED, 6, SHA1(), 30, enforce_key_length=False).generate(time.time()).decode()


def test_two_factors_are_asked_for_and_taken(openstack: OpenStack, cloud: PrivateCloud) -> None:
    def run(command: str) -> str:
        done = openstack(command)
        assert done.code == 0, done
        return done.out.strip()

    run("user create iris --password petal --enable-multi-factor-auth --multi-factor-auth-rule password,totp")
    run(f"credential create --type totp iris {base64.b32encode(SEED).decode()}")
    run("role add member --user iris --project admin")
    iris = cloud.environment(OS_USERNAME="iris", OS_PASSWORD="petal")
    assert "Not all required auth rules were satisfied: [['password', 'totp']]" in openstack("token issue", iris).err
    both = {**iris, "OS_AUTH_TYPE": "v3multifactor", "OS_AUTH_METHODS": "v3password,v3totp"}
    assert openstack("token issue", {**both, "OS_PASSCODE": "000000"}).code != 0
    shown = passcode()
    assert openstack("token issue", {**both, "OS_PASSCODE": shown}).code == 0
    assert openstack("token issue", {**both, "OS_PASSCODE": shown}).code != 0, "a passcode works once"
    run("user set iris --multi-factor-auth-rule totp --multi-factor-auth-rule password")
    assert openstack("token issue", iris).code == 0
    alone = {name: value for name, value in iris.items() if name != "OS_PASSWORD"} | {"OS_AUTH_TYPE": "v3totp"}
    assert openstack("token issue", {**alone, "OS_PASSCODE": shown}).code != 0
    run("user delete iris")
