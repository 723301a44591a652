"""Servers on the running lab, against bare define + start of the very same domains on the same hosts."""

import statistics
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import openstack
from measure import Row, seconds

LAB = Path("/var/lib/pileus-lab")
HALT = LAB / "images" / "halt.raw"
HOSTS = {"h1": "10.77.0.11", "h2": "10.77.0.12"}
BURST = 20
SSH = [
    "nsenter", "--net=/run/netns/pileus-fabric", "ssh", "-q", "-i", str(LAB / "ssh" / "id_ed25519"),
    "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null",
]  # fmt: skip
# takes each named domain away and makes it again; prints the seconds that define + start took in all
BARE = """
set -e
mkdir -p /run/bench; rm -f /run/bench/*
for d in {domains}; do
  virsh dumpxml --security-info $d > /run/bench/$d.xml
  virsh -q destroy $d 2>/dev/null || true
  virsh -q undefine $d
done
start=$(date +%s.%N)
for d in {domains}; do virsh -q define /run/bench/$d.xml; virsh -q start $d; done
end=$(date +%s.%N)
rm -rf /run/bench
echo "$end $start" | awk '{{print $1 - $2}}'
"""


def on_host(host: str, command: str) -> str:
    """Run a shell command on a lab host."""
    done = subprocess.run([*SSH, f"root@{HOSTS[host]}", command], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def bare(domains: dict[str, list[str]]) -> float:
    """Seconds of define + start, one host after the other."""
    return sum(float(on_host(host, BARE.format(domains=" ".join(names)))) for host, names in domains.items() if names)


def bare_together(domains: dict[str, list[str]]) -> float:
    """Seconds of define + start, all hosts at the same time."""
    with ThreadPoolExecutor() as pool:
        jobs = [
            pool.submit(on_host, host, BARE.format(domains=" ".join(names))) for host, names in domains.items() if names
        ]
        return max(float(job.result()) for job in jobs)


class Bench:
    """An admin's project on the lab with a network and an image that halts at once."""

    def __init__(self) -> None:
        self.api = openstack.connect(cloud="pileus")
        self.image = self.api.image.find_image("bench-halt") or self.api.image.create_image(
            "bench-halt", filename=str(HALT), disk_format="raw", container_format="bare", wait=True
        )
        self.flavor = min(self.api.compute.flavors(), key=lambda f: f.ram)
        self.lift_quotas()
        self.network = self.api.network.create_network(name="bench")
        self.api.network.create_subnet(network_id=self.network.id, ip_version=4, cidr="10.210.0.0/24", name="bench")

    def lift_quotas(self) -> None:
        """Twenty servers are more than a project may have."""
        path = f"/os-quota-sets/{self.api.current_project_id}"
        limits = {"instances": -1, "cores": -1, "ram": -1}
        self.api.compute.put(path, json={"quota_set": limits}).raise_for_status()

    def post(self, name: str) -> Any:
        body = {
            "name": name,
            "imageRef": self.image.id,
            "flavorRef": self.flavor.id,
            "networks": [{"uuid": self.network.id}],
        }
        answer = self.api.compute.post("/servers", json={"server": body})
        answer.raise_for_status()
        return answer.json()["server"]["id"]

    def wait(self, ids: list[str]) -> None:
        """Until all are ACTIVE."""
        left, until = set(ids), time.monotonic() + 300
        while left:
            for server in self.api.compute.get("/servers/detail?name=bench").json()["servers"]:
                if server["status"] == "ACTIVE":
                    left.discard(server["id"])
                elif server["status"] == "ERROR" or time.monotonic() > until:
                    raise RuntimeError(f"server {server['id']}: {server['status']} {server.get('fault')}")
            time.sleep(0.02)

    def domains(self, ids: list[str]) -> dict[str, list[str]]:
        """Which host has which of these domains."""
        found = {host: on_host(host, "virsh list --all --name").split() for host in HOSTS}
        return {
            host: [name for name in names if any(name == f"pileus-{i}" for i in ids)] for host, names in found.items()
        }

    def delete(self, ids: list[str]) -> None:
        for server in ids:
            self.api.compute.delete_server(server)
        for server in ids:
            while self.api.compute.get(f"/servers/{server}").status_code == 200:
                time.sleep(0.05)

    def remove(self) -> None:
        """Leave nothing of this behind, also when it was broken off."""
        self.delete([server["id"] for server in self.api.compute.get("/servers?name=bench").json()["servers"]])
        self.api.network.delete_network(self.network)
        self.api.image.delete_image(self.image)


def figures() -> list[Row]:
    """All figures of this file; the lab must run."""
    bench, rows = Bench(), []
    try:
        warm = bench.post("bench-warm")
        bench.wait([warm])
        bench.delete([warm])
        ours, theirs = [], []
        for i in range(5):
            start = time.perf_counter()
            server = bench.post(f"bench-{i}")
            bench.wait([server])
            ours.append(time.perf_counter() - start)
            theirs.append(bare(bench.domains([server])))
            bench.delete([server])
        one, alone = statistics.median(ours), statistics.median(theirs)
        rows += [
            Row("one server: POST -> ACTIVE, median", one, "s"),
            Row("one server: bare define + start, median", alone, "s"),
            Row("one server: above bare define + start", one - alone, "s", 1.3),
        ]
        ids: list[str] = []

        def burst() -> None:
            with ThreadPoolExecutor(8) as pool:
                ids.extend(pool.map(bench.post, [f"bench-b{i}" for i in range(BURST)]))
            bench.wait(ids)

        spent = seconds(burst)
        placed = bench.domains(ids)
        loop, together = bare(placed), bare_together(placed)
        bench.delete(ids)
        rows += [
            Row(f"{BURST} servers: POSTs -> all ACTIVE", spent, "s"),
            Row(f"{BURST} servers: bare loop", loop, "s"),
            Row(f"{BURST} servers: bare loops of both hosts together", together, "s"),
            Row(f"{BURST} servers: ratio to the bare loop", spent / loop, "x", 2),
        ]
    finally:
        bench.remove()
    return rows
