"""What kvm_host's modules decide, by table: acceleration and the secret of disks."""

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from role_modules import ROOT, load


@pytest.mark.parametrize(
    ("have", "wanted", "step"),
    [
        (None, "auto", "auto"),
        ({}, "auto", "auto"),
        ({"virt_type": "kvm"}, "auto", None),
        ({"virt_type": "kvm"}, "qemu", "qemu"),
        ({"virt_type": "qemu"}, "qemu", None),
    ],
)
def test_acceleration_is_asked_once(have: dict[str, Any] | None, wanted: str, step: str | None) -> None:
    assert load("kvm_host", "acceleration").plan(have, wanted) == step


@pytest.mark.parametrize(
    ("emulated", "accelerated", "virt_type"),
    [(0.4, 0.3, "kvm"), (0.4, 0.9, "kvm"), (0.4, 2.8, "qemu"), (0.4, None, "qemu")],
)
def test_acceleration_must_end_and_must_not_be_slow(emulated: float, accelerated: float | None, virt_type: str) -> None:
    assert load("kvm_host", "acceleration").judge(emulated, accelerated)["virt_type"] == virt_type


@pytest.mark.skipif(not shutil.which("as") or not shutil.which("ld"), reason="needs binutils")
def test_probe_guest_is_its_source_assembled(tmp_path: Path) -> None:
    source = ROOT / "roles" / "kvm_host" / "files" / "probe_guest.S"
    subprocess.run(["as", "-o", "guest.o", source], cwd=tmp_path, check=True)
    link = ["ld", "-Ttext=0x7c00", "--oformat=binary", "-o", "guest.bin", "guest.o"]
    subprocess.run(link, cwd=tmp_path, check=True)
    guest = load("kvm_host", "acceleration").GUEST
    assert (tmp_path / "guest.bin").read_bytes() == guest.ljust(510, b"\0") + b"\x55\xaa"


@pytest.mark.parametrize(
    ("have", "steps"),
    [
        ({"user": None, "key": None}, ["define", "set the key"]),
        ({"user": "client.pileus", "key": "old"}, ["set the key"]),
        ({"user": "client.pileus", "key": "new"}, []),
    ],
)
def test_secret(have: dict[str, Any], steps: list[str]) -> None:
    assert load("kvm_host", "libvirt_secret").plan(have, {"user": "client.pileus", "key": "new"}) == steps


def test_key_is_found_in_a_keyring() -> None:
    text = "[client.other]\n\tkey = no\n[client.pileus]\n\tkey = yes==\n\tcaps mon = x\n"
    module = load("kvm_host", "libvirt_secret")
    assert module.key_of(text, "client.pileus") == "yes=="
    assert module.key_of(text, "client.none") is None
