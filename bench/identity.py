"""Identity: what a token, a login and a list of users cost, and what every other service spends on them."""

import json
import secrets
import sqlite3
import statistics
from pathlib import Path

import requests
from load import repeat, request
from measure import Row, median, seconds

from api import Instance, instance, login, login_body
from pileus import catalogue
from pileus.core.config import load
from pileus.core.db import Database
from pileus.identity.operations import passwords

USERS = 1000
PATH = "/identity/v3/auth/tokens"


def validation(made: Instance, http: requests.Session) -> bytes:
    """The request by which a service asks what a token is worth."""
    token = login(http, made)
    return request("GET", PATH, {"X-Auth-Token": token, "X-Subject-Token": token})


def fill(home: Path) -> None:
    """A thousand users, as rows: making them through the API would hash a thousand passwords."""
    with sqlite3.connect(home / "pileus.db") as database:
        domain = database.execute("SELECT domain_id FROM users").fetchone()[0]
        columns = "id, name, domain_id, enabled, options, extra, created_at"
        rows = [
            (secrets.token_hex(16), f"user-{n}", domain, 1, "{}", "{}", "2026-01-01 00:00:00") for n in range(USERS)
        ]
        database.executemany(f"INSERT INTO users ({columns}) VALUES (?, ?, ?, ?, ?, ?, ?)", rows)


def logins(made: Instance, rounds: int = 40) -> tuple[float, float]:
    """What a login takes, and what checking its hash takes by itself, in seconds; by turns, on the same machine."""
    hashed = passwords.hash_secret("a password")
    asked = request("POST", PATH, {}, json.dumps(login_body(made)).encode())
    whole, alone = [], []
    for _ in range(rounds):
        whole.append(repeat(made.port, asked, 1)[0])
        alone.append(seconds(lambda: passwords.verify(hashed, "a password")))
    return statistics.median(whole), statistics.median(alone)


def overhead(made: Instance, token: str) -> float:
    """What authentication and policy take of a call to another service, in seconds."""
    settings = load(str(made.config))
    database = Database(settings.database)
    policy = catalogue.policy(settings)
    authenticate = catalogue.authenticator(settings)

    def both() -> None:
        with database.read() as session:
            context = authenticate(session, token, "req-bench")
            policy.enforce(context, "os_compute_api:servers:index")

    spent = median(both, 1000)
    database.engine.dispose()
    return spent


def figures(home: Path) -> list[Row]:
    """All figures of this file."""
    rows: list[Row] = []
    with instance(home / "one") as made:
        made.serve()
        http = requests.Session()
        rows.append(Row("token validation, median", repeat(made.port, validation(made, http), 3000)[0] * 1e3, "ms", 1))
        whole, hashed = logins(made)
        rows.append(Row("password login beyond the hash, median", (whole - hashed) * 1e3, "ms", 5))
        rows.append(Row("the hash (argon2id)", hashed * 1e3, "ms"))
        token = login(http, made)
        rows.append(Row("authentication and policy in another service", overhead(made, token) * 1e3, "ms", 1))
        fill(made.home)
        headers = {"X-Auth-Token": token}

        def listing() -> None:
            assert len(http.get(f"{made.url}/identity/v3/users", headers=headers, timeout=10).json()["users"]) > USERS

        rows.append(Row(f"GET /users, {USERS} users, median", median(listing, 30) * 1e3, "ms", 60))
    with instance(home / "two", processes=2) as made:
        made.serve()
        asked = validation(made, requests.Session())
        repeat(made.port, asked, 500, 8)
        rows.append(
            Row("validations by two processes, 8 clients", repeat(made.port, asked, 10000, 8)[1], "1/s", least=1500)
        )
    return rows
