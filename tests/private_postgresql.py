"""A PostgreSQL server of one's own on a unix socket; it ends with who started it."""

import ctypes
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

LIBC = ctypes.CDLL(None)
PR_SET_PDEATHSIG = 1


def end_with_parent() -> None:
    """Called in a child between fork and exec: it is asked to end when its parent has died, however that came about."""
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


@contextmanager
def postgresql() -> Iterator[str]:
    """An empty server that forgets everything afterwards; its SQLAlchemy URL."""
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    assert programs, "PostgreSQL is not installed: apt-get install postgresql"
    home = Path(tempfile.mkdtemp(prefix="pileus-pg-"))
    owner = "postgres" if os.geteuid() == 0 else None
    if owner:
        shutil.chown(home, owner, owner)
    account = {"user": owner, "group": owner, "extra_groups": [] if owner else None, "cwd": home}
    data = str(home / "data")
    initdb = [str(programs[-1] / "initdb"), "-D", data, "-U", "pileus", "--auth=trust", "-E", "UTF8", "--no-sync"]
    subprocess.run(initdb, check=True, capture_output=True, **account)
    options = [
        "listen_addresses=",
        "fsync=off",
        "synchronous_commit=off",
        "full_page_writes=off",
        "max_connections=100",
    ]
    command = [
        str(programs[-1] / "postgres"),
        "-D",
        data,
        "-k",
        str(home),
        *(word for o in options for word in ("-c", o)),
    ]
    log = (home / "log").open("wb")
    server = subprocess.Popen(command, stdout=log, stderr=log, preexec_fn=end_with_parent, **account)  # noqa: PLW1509 - no threads yet
    try:
        _wait(programs[-1] / "pg_isready", home, server)
        yield f"postgresql+psycopg://pileus@/postgres?host={home}"
    finally:
        server.send_signal(signal.SIGINT)  # "fast": whoever is still connected is thrown out
        server.wait(30)
        log.close()
        shutil.rmtree(home, ignore_errors=True)


def _wait(ready: Path, home: Path, server: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 60
    while subprocess.run([str(ready), "-q", "-h", str(home)], check=False).returncode:
        assert server.poll() is None and time.monotonic() < until, (home / "log").read_text()
        time.sleep(0.05)
