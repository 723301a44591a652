"""Boots the first server of a new cloud as a tenant would, through the API, and says what to do next; safe to repeat."""

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import openstack
from openstack.connection import Connection

LAB = Path("/var/lib/pileus-lab")
CLOUDS = LAB / "control" / "clouds.yaml"
KEY = LAB / "ssh" / "id_ed25519"
BEGAN = time.monotonic()


def say(text: str) -> None:
    """One line of progress."""
    print(f"  {time.monotonic() - BEGAN:5.1f} s  {text}", flush=True)


def connect(project: str, user: str, password: str | None = None) -> Connection:
    """A connection as `user` in `project` (None: what clouds.yaml says)."""
    os.environ["OS_CLIENT_CONFIG_FILE"] = str(CLOUDS)
    if password is None:
        return openstack.connect(cloud="pileus")
    return openstack.connect(cloud="pileus", auth={"project_name": project, "username": user, "password": password})


def public_network(admin: Connection) -> Any:
    """The external network on the lab's provider segment."""
    network = admin.network.find_network("public")
    if network is None:
        say("external network public, 172.24.4.0/24")
        network = admin.network.create_network(
            name="public", is_router_external=True, provider_network_type="flat", provider_physical_network="external"
        )
        admin.network.create_subnet(
            network_id=network.id, name="public", cidr="172.24.4.0/24", ip_version=4, gateway_ip="172.24.4.1",
            is_dhcp_enabled=False, allocation_pools=[{"start": "172.24.4.50", "end": "172.24.4.250"}],
        )  # fmt: skip
    return network


def image(admin: Connection) -> Any:
    """The tiny guest image, uploaded from the file that the lab has built."""
    found = admin.image.find_image("tiny")
    if found is None:
        file = LAB / "images" / "tiny.qcow2"
        say(f"image tiny from {file.name}, {file.stat().st_size >> 20} MiB")
        found = admin.image.create_image(
            "tiny", filename=str(file), disk_format="qcow2", container_format="bare", visibility="public", wait=True
        )
    return found


def tenant(admin: Connection) -> Connection:
    """A project `demo` with a user `demo`; its password is kept beside the admin's."""
    secret = LAB / "control" / "demo_password"
    if not secret.exists():
        with open(os.open(secret, os.O_CREAT | os.O_WRONLY, 0o600), "w") as file:
            file.write(os.urandom(12).hex())
    password = secret.read_text()
    project = admin.identity.find_project("demo")
    if project is None:
        say("project demo, user demo with role member")
        project = admin.identity.create_project(name="demo", domain_id="default")
    user = admin.identity.find_user("demo")
    if user is None:
        user = admin.identity.create_user(
            name="demo", domain_id="default", password=password, default_project_id=project.id
        )
    admin.identity.assign_project_role_to_user(project, user, admin.identity.find_role("member"))
    return connect("demo", "demo", password)


def ground(demo: Connection, public: Any) -> Any:
    """Network, router, security rules and keypair of the tenant; the network."""
    network = demo.network.find_network("private")
    if network is None:
        say("network private, router to public, rules for ping and SSH, keypair")
        network = demo.network.create_network(name="private")
        subnet = demo.network.create_subnet(
            network_id=network.id, name="private", cidr="192.168.50.0/24", ip_version=4, dns_nameservers=["172.24.4.1"]
        )
        router = demo.network.create_router(name="router", external_gateway_info={"network_id": public.id})
        demo.network.add_interface_to_router(router, subnet_id=subnet.id)
        group = demo.network.find_security_group("default")
        demo.network.create_security_group_rule(security_group_id=group.id, direction="ingress", protocol="icmp")
        demo.network.create_security_group_rule(
            security_group_id=group.id, direction="ingress", protocol="tcp", port_range_min=22, port_range_max=22
        )
    if demo.compute.find_keypair("lab") is None:
        demo.compute.create_keypair(name="lab", public_key=KEY.with_suffix(".pub").read_text())
    return network


def boot(demo: Connection, network: Any, picture: Any, public: Any) -> tuple[Any, str]:
    """The server `first` with a floating IP."""
    server = demo.compute.find_server("first")
    if server is None:
        say("server first")
        flavor = min(demo.compute.flavors(), key=lambda f: f.ram)
        server = demo.compute.create_server(
            name="first", image_id=picture.id, flavor_id=flavor.id, networks=[{"uuid": network.id}], key_name="lab"
        )
    if server.status == "SHUTOFF":  # the lab was stopped since
        say("server first is started again")
        demo.compute.start_server(server)
    server = demo.compute.wait_for_server(server, interval=0.3, wait=120)
    port = next(iter(demo.network.ports(device_id=server.id)))
    address = next(iter(demo.network.ips(port_id=port.id)), None)
    if address is None:
        address = demo.network.create_ip(floating_network_id=public.id, port_id=port.id)
    say(f"server first is {server.status}, floating IP {address.floating_ip_address}")
    return server, address.floating_ip_address


def wait_for_login(demo: Connection, server: Any, limit: float = 120) -> str:
    """The console log, once it shows the login prompt."""
    until = time.monotonic() + limit
    while time.monotonic() < until:
        text: str = demo.compute.get_server_console_output(server)["output"] or ""
        if "login:" in text:
            return text
        time.sleep(2)
    sys.exit(f"The console of server first shows no login prompt after {limit:.0f} s:\n{text[-2000:]}")


def main() -> None:
    """Everything, with progress; then what a person does next."""
    admin = connect("admin", "admin")
    public = public_network(admin)
    picture = image(admin)
    demo = tenant(admin)
    network = ground(demo, public)
    server, address = boot(demo, network, picture, public)
    tail = wait_for_login(demo, server).rstrip().splitlines()[-1]
    say(f"its console says: {tail}")
    ssh = f"nsenter --net=/run/netns/pileus-fabric ssh -i {KEY} root@{address}"
    url = admin.config.get_auth_args()["auth_url"]
    print(
        f"\nThe cloud is up.\n\n"
        f"  API          {url}\n"
        f"  Credentials  export OS_CLIENT_CONFIG_FILE={CLOUDS} OS_CLOUD=pileus\n"
        f"  Try          .venv/bin/openstack server list --all-projects\n"
        f"  First server {ssh}\n"
        f"  What ran     .venv/bin/pileus --config {LAB}/control/pileus.toml intents list\n"
        f"  Stop, remove make stop, make clean\n"
    )


if __name__ == "__main__":
    try:
        main()
    except (openstack.exceptions.SDKException, subprocess.SubprocessError) as error:
        sys.exit(f"The first server could not be booted: {error}")
