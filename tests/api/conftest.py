"""API stories: the real application on SQLite and on PostgreSQL; only the hosts behind the playbooks are stood in for."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import create_engine, text

from pileus import catalogue
from pileus.app import create_app
from pileus.core.config import Settings
from pileus.core.context import Context
from pileus.core.db import Base, Database
from pileus.core.errors import Unauthorized
from pileus.core.outcome import ItemResult
from pileus.core.runner import Event, Outcome
from pileus.core.service import Variables
from pileus.worker import Worker


def fake_authenticate(_session: object, token: str, request_id: str) -> Context:
    """Tokens of the stories about other services than identity: "roles:project:user", for example "member,reader:p1:u1"."""
    parts = token.split(":")
    if len(parts) != 3:
        raise Unauthorized()
    roles, project, user = parts
    return Context(
        user_id=user,
        user_name=user,
        project_id=project,
        project_name=project,
        project_domain_id="default",
        roles=tuple(roles.split(",")),
        request_id=request_id,
        token=token,
    )


@dataclass
class StandInRunner:
    """Answers for the hosts: every item is ok unless `refuse` has words for its id; `facts` adds facts per variable."""

    refuse: dict[str, str] = field(default_factory=dict)
    final: bool = True
    facts: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = field(default_factory=dict)
    runs: list[tuple[str, Variables, list[str]]] = field(default_factory=list)

    def run(
        self,
        run_id: str,
        playbook: str,
        variables: Variables,
        limit: Iterable[str],
        timeout: int,
        on_event: Callable[[Event], None],
    ) -> Outcome:
        self.runs.append((playbook, variables, list(limit)))
        results = [
            ItemResult(
                name,
                item["id"],
                item["id"] not in self.refuse,
                self.refuse.get(item["id"]),
                host="h1",
                task="stand-in",
                final=self.final,
                facts=self.facts.get(name, lambda _: {})(item),
            )
            for name, items in variables.items()
            for item in items
        ]
        return Outcome("failed" if any(not r.ok for r in results) else "successful", 0, results)


ADMIN = "admin,manager,member,reader:admin-project:admin-user"
MEMBER = "member,reader:p1:u1"
READER = "reader:p1:u2"
OTHER = "member,reader:p2:u3"


@dataclass
class Cloud:
    """The application with its worker, as a story uses it."""

    client: FlaskClient
    database: Database
    settings: Settings
    runner: StandInRunner
    worker: Worker

    def call(self, method: str, path: str, json: Any = None, token: str | None = MEMBER, **more: Any) -> Any:
        """Send one request; the answer is Flask's test response."""
        headers = {"X-Auth-Token": token, **more.pop("headers", {})} if token else more.pop("headers", {})
        return self.client.open(path, method=method, json=json, headers=headers, **more)

    def get(self, path: str, **more: Any) -> Any:
        return self.call("GET", path, **more)

    def post(self, path: str, json: Any = None, **more: Any) -> Any:
        return self.call("POST", path, json, **more)

    def put(self, path: str, json: Any = None, **more: Any) -> Any:
        return self.call("PUT", path, json, **more)

    def patch(self, path: str, json: Any = None, **more: Any) -> Any:
        return self.call("PATCH", path, json, **more)

    def delete(self, path: str, **more: Any) -> Any:
        return self.call("DELETE", path, **more)

    def settle(self, rounds: int = 100) -> None:
        """Let the worker do all that waits (retries that are due later are not waited for)."""
        for _ in range(rounds):
            if not self.worker.step():
                return
        raise AssertionError("the worker does not come to rest")


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """A private PostgreSQL server on a unix socket; its SQLAlchemy URL."""
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    assert programs, "PostgreSQL is not installed: apt-get install postgresql"
    home = Path(tempfile.mkdtemp(prefix="pileus-pg-"))
    owner = "postgres" if os.geteuid() == 0 else None
    if owner:
        shutil.chown(home, owner, owner)

    def run(*command: str) -> None:
        subprocess.run(
            command,
            check=True,
            capture_output=True,
            cwd=home,
            user=owner,
            group=owner,
            extra_groups=[] if owner else None,
        )

    run(
        str(programs[-1] / "initdb"),
        "-D",
        str(home / "data"),
        "-U",
        "pileus",
        "--auth=trust",
        "-E",
        "UTF8",
        "--no-sync",
    )
    control = str(programs[-1] / "pg_ctl")
    options = f"-k {home} -c listen_addresses= -c fsync=off -c synchronous_commit=off -c max_connections=60"
    run(control, "-D", str(home / "data"), "-w", "-l", str(home / "log"), "-o", options, "start")
    try:
        yield f"postgresql+psycopg://pileus@/postgres?host={home}"
    finally:
        run(control, "-D", str(home / "data"), "-m", "immediate", "stop")
        shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """An empty database with all tables."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path}/pileus.db"
    else:
        url = request.getfixturevalue("postgresql")
        engine = create_engine(url, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text("DROP SCHEMA public CASCADE"))
            connection.execute(text("CREATE SCHEMA public"))
        engine.dispose()
    made = Database(url)
    Base.metadata.create_all(made.engine)
    yield made
    made.engine.dispose()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(state_dir=tmp_path)


@pytest.fixture
def cloud(database: Database, settings: Settings) -> Cloud:
    """A cloud whose tokens are made up (see fake_authenticate) and whose hosts always say yes."""
    app = create_app(settings, database, fake_authenticate)
    runner = StandInRunner()
    return Cloud(
        app.test_client(), database, settings, runner, Worker(settings, database, catalogue.operations(), runner)
    )
