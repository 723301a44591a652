"""The metadata service, as a guest and its proxy see it."""

import base64
from dataclasses import replace
from pathlib import Path

import pytest
from tests.api.compute.conftest import Compute

from pileus.core.config import Settings
from stories import Cloud

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGbM5vYgSW2vTlJ9GDpN7oWZ3rB6Uu0sP9b8tH8xv0sR me"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    (tmp_path / "secret").write_text("s3cret\n")
    return replace(Settings(state_dir=tmp_path), metadata_secret_file=str(tmp_path / "secret"))


def read(cloud: Cloud, path: str, network: str, address: str, secret: str = "s3cret") -> tuple[int, str]:
    headers = {"X-Pileus-Network-ID": network, "X-Forwarded-For": address, "X-Metadata-Secret": secret}
    answer = cloud.client.get(f"/metadata{path}", headers=headers)
    return answer.status_code, answer.get_data(as_text=True)


def test_a_guest_reads_about_itself_and_nobody_else(compute: Compute) -> None:
    compute.ask("POST", "/os-keypairs", {"keypair": {"name": "k", "public_key": KEY}}, expect=200)
    data = base64.b64encode(b"#cloud-config\n{{ 7*7 }}\n").decode()
    server = compute.boot(key_name="k", user_data=data, metadata={"role": "web"})
    address, network, cloud = server["addresses"]["lan"][0]["addr"], compute.network["id"], compute.cloud
    status, text = read(cloud, "/openstack/latest/meta_data.json", network, address)
    assert status == 200
    for words in (server["id"], '"hostname":"web"', '"role":"web"', KEY):
        assert words in text
    assert read(cloud, "/openstack/2018-08-27/user_data", network, address)[1] == "#cloud-config\n{{ 7*7 }}\n"
    assert '"ipv4_dhcp"' in read(cloud, "/openstack/latest/network_data.json", network, address)[1]
    assert read(cloud, "/latest/meta-data/local-ipv4", network, address)[1] == address
    assert read(cloud, "/2009-04-04/meta-data/public-keys/", network, address)[1] == "0=k"
    assert read(cloud, "/2009-04-04/meta-data/public-keys/0/openssh-key", network, address)[1] == KEY
    assert read(cloud, "/latest/meta-data/instance-id", network, address)[1].startswith("i-")
    assert "placement/" in read(cloud, "/latest/meta-data/", network, address)[1].splitlines()
    assert "openstack" in read(cloud, "/", network, address)[1]
    assert read(cloud, "/latest/meta-data/none", network, address)[0] == 404
    assert read(cloud, "/openstack/latest/meta_data.json", network, "10.0.0.250")[0] == 404
    assert read(cloud, "/openstack/latest/meta_data.json", "other", address)[0] == 404


def test_without_the_secret_nothing_is_told(compute: Compute) -> None:
    server = compute.boot()
    address = server["addresses"]["lan"][0]["addr"]
    for secret in ("", "wrong"):
        assert read(compute.cloud, "/openstack", compute.network["id"], address, secret)[0] == 403
