"""Runs the interop lists with an unmodified Tempest against the running cloud; prints how each service fared."""

import argparse
import configparser
import os
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

import openstack
import subunit
import testtools

HERE = Path(__file__).resolve().parent
BIN = Path(sys.executable).parent
LAB = Path(os.environ.get("PILEUS_LAB", "/var/lib/pileus-lab"))
GUEST = LAB / "images" / "tiny.qcow2"
SERVICES = sorted(file.stem for file in (HERE / "interop").glob("*.txt"))


def alternative_image(cloud: openstack.connection.Connection) -> str:
    """A second image, as some tests want two."""
    found = cloud.image.find_image("tiny-alt") or cloud.image.create_image(
        "tiny-alt", filename=str(GUEST), disk_format="qcow2", container_format="bare", visibility="public", wait=True
    )
    return str(found.id)


def configuration(workspace: Path) -> Path:
    """tempest.conf for the running cloud, from the template beside this file."""
    os.environ["OS_CLIENT_CONFIG_FILE"] = str(LAB / "control" / "clouds.yaml")
    cloud = openstack.connect(cloud="pileus")
    flavors = sorted(cloud.compute.flavors(), key=lambda f: f.ram)
    values = {
        "PASSWORD": (LAB / "control" / "admin_password").read_text().strip(),
        "AUTH_URL": cloud.config.get_auth_args()["auth_url"],
        "WORKSPACE": str(workspace),
        "IMAGE": cloud.image.find_image("tiny").id,
        "IMAGE_ALT": alternative_image(cloud),
        "FLAVOR": flavors[0].id,
        "FLAVOR_ALT": flavors[1].id,
        "PUBLIC": cloud.network.find_network("public").id,
        "EXTENSIONS": ",".join(sorted(extension.alias for extension in cloud.network.extensions())),
    }
    text = (HERE / "tempest.conf.in").read_text()
    for name, value in values.items():
        text = text.replace(f"@{name}@", value)
    configparser.RawConfigParser().read_string(text)  # a typo in the template is found here
    (workspace / "etc").mkdir(parents=True, exist_ok=True)
    file = workspace / "etc" / "tempest.conf"
    file.write_text(text)
    return file


class Tally(testtools.StreamResult):
    """Counts how each test ended."""

    def __init__(self) -> None:
        super().__init__()
        self.ended: dict[str, str] = {}

    def status(self, test_id: str | None = None, test_status: str | None = None, **_: object) -> None:
        """One event of the stream; "exists" and "inprogress" are no ends."""
        if test_id and test_status in ("success", "fail", "skip", "xfail", "uxsuccess"):
            self.ended[test_id] = test_status


def run(workspace: Path, config: Path, wanted: list[str], workers: int) -> dict[str, str]:
    """Run tests by name; how each ended."""
    listed = workspace / "wanted.txt"
    listed.write_text("\n".join(wanted) + "\n")
    environment = {
        **os.environ,
        "PATH": f"{BIN}:{os.environ['PATH']}",
        "HOME": str(workspace),
    }  # Tempest keeps lists there
    command = [str(BIN / "tempest"), "run", "--config-file", str(config), "--include-list", str(listed)]
    command += ["--concurrency", str(workers)] if workers > 1 else ["--serial"]
    home = workspace / "ws"
    subprocess.run([str(BIN / "tempest"), "init", str(home)], env=environment, check=True, capture_output=True)
    subprocess.run(command, cwd=home, env=environment, check=False)
    stestr = [str(BIN / "stestr"), "last", "--subunit"]
    last = subprocess.run(stestr, cwd=home, env=environment, capture_output=True, check=False)
    tally = Tally()
    with tempfile.TemporaryFile() as stream:
        stream.write(last.stdout)
        stream.seek(0)
        subunit.ByteStreamToStreamResult(stream).run(tally)
    return tally.ended


def strip(test_id: str) -> str:
    """A test's name without its tags: ``a.b.test_c[id-...,smoke]`` -> ``a.b.test_c``."""
    return test_id.partition("[")[0]


def main() -> None:
    """Run the lists asked for and judge them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("services", nargs="*", default=SERVICES, help=", ".join(SERVICES))
    parser.add_argument("--match", default="", help="only tests whose name holds this")
    parser.add_argument("--workers", type=int, default=1)
    asked = parser.parse_args()
    unknown = set(asked.services) - set(SERVICES)
    if unknown:
        parser.error(f"no interop list for {', '.join(sorted(unknown))}; there are {', '.join(SERVICES)}")
    lists = {
        service: [name for name in (HERE / "interop" / f"{service}.txt").read_text().split() if asked.match in name]
        for service in asked.services
    }
    with tempfile.TemporaryDirectory(prefix="pileus-conform-") as folder:
        workspace = Path(folder)
        wanted = [f"^{name.replace('.', chr(92) + '.')}(\\[|$)" for names in lists.values() for name in names]
        ran = run(workspace, configuration(workspace), wanted, asked.workers)
        ended = {strip(name): how for name, how in ran.items()}
    print(f"\n{'service':16} {'passed':>7} {'failed':>7} {'skipped':>8} {'listed':>7}")
    bad: list[str] = []
    for service, names in lists.items():
        count = Counter(ended.get(name, "missing") for name in names)
        failed = [name for name in names if ended.get(name, "missing") not in ("success", "skip")]
        bad += failed
        print(f"{service:16} {count['success']:7} {len(failed):7} {count['skip']:8} {len(names):7}")
    for name in bad:
        print(f"  not passed: {name} ({ended.get(name, 'did not run')})")
    print(f"{sum(how == 'success' for how in ended.values())} passed, {len(bad)} failed")
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
