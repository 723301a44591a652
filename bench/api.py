"""The API alone, as a process of its own with an empty cloud: answers, lists, start-up and memory."""

import os
import secrets
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import requests
from measure import Row, median, seconds

from ports import free_port

BIN = Path(sys.executable).parent
SERVERS = 1000
PATIENCE = 60  # seconds for the API to start


class Instance:
    """A Pileus of its own in a temporary folder; `url` is where it answers."""

    def __init__(self, home: Path, processes: int = 1) -> None:
        home.mkdir(exist_ok=True)
        self.home, self.port = home, free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.config = home / "pileus.toml"
        self.config.write_text(
            f'state_dir = "{home}"\npublic_url = "{self.url}"\nbind = "127.0.0.1:{self.port}"\n'
            f'inventory = "localhost,"\napi_processes = {processes}\n'
        )
        self.password = secrets.token_hex(8)
        self.processes: list[subprocess.Popen[bytes]] = []

    def command(self, *words: str) -> list[str]:
        return [str(BIN / "pileus"), "--config", str(self.config), *words]

    def prepare(self) -> None:
        subprocess.run(self.command("db", "upgrade"), check=True, capture_output=True)
        subprocess.run(self.command("bootstrap"), check=True, capture_output=True, input=self.password.encode())

    def start(self, what: str) -> subprocess.Popen[bytes]:
        log = (self.home / f"{what}.log").open("wb")
        process = subprocess.Popen(self.command(what), stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        self.processes.append(process)
        return process

    def serve(self) -> subprocess.Popen[bytes]:
        """Start the API and wait until it answers; raises RuntimeError with its log when it does not."""
        process, end = self.start("api"), time.monotonic() + PATIENCE
        while not self._answers():
            if process.poll() is not None or time.monotonic() > end:
                raise RuntimeError(f"the API does not start: {(self.home / 'api.log').read_text()}")
            time.sleep(0.01)
        return process

    def _answers(self) -> bool:
        try:
            return requests.get(f"{self.url}/healthz", timeout=1).status_code == 200
        except (requests.ConnectionError, requests.Timeout):
            return False

    def stop(self) -> None:
        for process in self.processes:
            process.terminate()
        for process in self.processes:
            process.wait(20)


@contextmanager
def instance(home: Path, processes: int = 1) -> Iterator[Instance]:
    made = Instance(home, processes)
    made.prepare()
    try:
        yield made
    finally:
        made.stop()


def memory(pids: list[int]) -> float:
    """The proportional set size of processes and their children, in MiB."""
    total, queue = 0, list(pids)
    while queue:
        pid = queue.pop()
        text = Path(f"/proc/{pid}/smaps_rollup").read_text()
        total += next(int(line.split()[1]) for line in text.splitlines() if line.startswith("Pss:"))
        done = subprocess.run(["pgrep", "-P", str(pid)], capture_output=True, text=True, check=False)
        queue += [int(child) for child in done.stdout.split()]
    return total / 1024


def login_body(made: Instance) -> dict[str, object]:
    """What the admin sends to get a token."""
    user = {"name": "admin", "domain": {"id": "default"}, "password": made.password}
    scope = {"project": {"name": "admin", "domain": {"id": "default"}}}
    return {"auth": {"identity": {"methods": ["password"], "password": {"user": user}}, "scope": scope}}


def login(http: requests.Session, made: Instance) -> str:
    answer = http.post(f"{made.url}/identity/v3/auth/tokens", json=login_body(made), timeout=10)
    answer.raise_for_status()
    return answer.headers["X-Subject-Token"]


def server_body(http: requests.Session, url: str) -> dict[str, object]:
    """What POST /servers needs: a flavor, a network, and a volume or image to boot from."""
    flavor = http.get(f"{url}/compute/v2.1/flavors", timeout=10).json()["flavors"][0]["id"]
    network = http.post(f"{url}/network/v2.0/networks", json={"network": {"name": "bench"}}, timeout=10).json()[
        "network"
    ]
    subnet = {"network_id": network["id"], "ip_version": 4, "cidr": "10.200.0.0/16", "enable_dhcp": True}
    http.post(f"{url}/network/v2.0/subnets", json={"subnet": subnet}, timeout=10).raise_for_status()
    image = {"name": "bench", "disk_format": "raw", "container_format": "bare"}
    made = http.post(f"{url}/image/v2/images", json=image, timeout=10).json()["id"]
    return {"server": {"name": "bench", "imageRef": made, "flavorRef": flavor, "networks": [{"uuid": network["id"]}]}}


def make_image_active(home: Path, image: str) -> None:
    """The bytes of an image are no part of these figures: the row alone says that they are there."""
    with sqlite3.connect(home / "pileus.db") as database:
        database.execute("UPDATE images SET status = 'active', size = 512, virtual_size = 512 WHERE id = ?", (image,))


def unlimited(http: requests.Session, url: str) -> None:
    """Lift the quotas that a thousand servers would hit."""
    project = http.get(f"{url}/identity/v3/auth/projects", timeout=10).json()["projects"][0]["id"]
    compute = {"instances": -1, "cores": -1, "ram": -1}
    for path, body in (
        (f"/compute/v2.1/os-quota-sets/{project}", {"quota_set": compute}),
        (f"/network/v2.0/quotas/{project}", {"quota": {"port": -1}}),
    ):
        http.put(url + path, json=body, timeout=10).raise_for_status()


def figures(home: Path) -> list[Row]:
    """All figures of this file."""
    with instance(home) as made:
        start = time.perf_counter()
        api = made.serve()
        rows = [Row("pileus api answers after its start", time.perf_counter() - start, "s", 3)]
        worker = made.start("worker")
        time.sleep(8)
        rows.append(Row("API and worker at rest (PSS)", memory([api.pid, worker.pid]), "MiB", 250))
        worker.terminate()
        worker.wait(20)
        made.processes.remove(worker)
        http = requests.Session()
        http.headers["X-Auth-Token"] = login(http, made)

        def listing() -> None:
            http.get(f"{made.url}/compute/v2.1/servers/detail?limit=1000", timeout=30).raise_for_status()

        unlimited(http, made.url)
        body = server_body(http, made.url)
        make_image_active(home, body["server"]["imageRef"])  # type: ignore[index]

        def post() -> None:
            http.post(f"{made.url}/compute/v2.1/servers", json=body, timeout=10).raise_for_status()

        rows.append(Row("POST /servers, median", median(post, 100) * 1e3, "ms", 25))
        spent = seconds(lambda: [post() for _ in range(SERVERS - 103)])
        rows.append(Row("POST /servers, mean of the rest", spent / (SERVERS - 103) * 1e3, "ms"))
        rows.append(Row(f"GET /servers/detail, {SERVERS} servers, median", median(listing, 20) * 1e3, "ms", 100))
        os.sync()
    return rows
