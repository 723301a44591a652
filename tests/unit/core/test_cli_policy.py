"""`pileus policy`: what it says about rules, and how it explains them to real users of a real cloud."""

import json
import subprocess
import sys

import pytest
from click.testing import CliRunner

from identity_stories import PASSWORD, Identity, in_project
from pileus import catalogue
from pileus.app import create_app
from pileus.cli import main
from pileus.core.config import Settings
from pileus.core.db import Base, Database
from pileus.identity.operations import bootstrap


@pytest.fixture
def identity(tmp_path):
    """A bootstrapped cloud on SQLite."""
    settings = Settings(state_dir=tmp_path)
    database = Database(settings.database)
    Base.metadata.create_all(database.engine)
    with database.write() as session:
        bootstrap(session, settings, catalogue.SERVICES, PASSWORD)
    made = Identity(create_app(settings, database).test_client(), database, settings)
    made.admin = made.token("admin", PASSWORD, in_project("admin"))
    yield made
    database.engine.dispose()


@pytest.fixture
def pileus(tmp_path, monkeypatch):
    """Run a command on that cloud."""
    monkeypatch.setenv("PILEUS_STATE_DIR", str(tmp_path))
    monkeypatch.delenv("OS_TOKEN", raising=False)

    def run(*words: str, fails: bool = False, sent: str | None = None) -> str:
        done = CliRunner().invoke(main, ["policy", *words], input=sent, catch_exceptions=False)
        assert (done.exit_code != 0) == fails, done.output
        return done.output

    return run


@pytest.fixture
def alice(identity):
    """A user who is a member of the project web; the ids of both."""
    user = identity.make("user", name="alice", password="secret")["id"]
    project = identity.make("project", name="web")["id"]
    member = identity.get("/roles?name=member").json["roles"][0]["id"]
    assert identity.put(f"/projects/{project}/users/{user}/roles/{member}").status_code == 204
    return {"user": user, "project": project}


def test_rules_are_listed_with_their_checks_and_routes(pileus):
    listed = pileus("list", "--service", "image")
    assert "add_image   rule:admin_or_member\n    POST /image/v2/images\n" in listed
    assert "identity:" not in listed
    every = json.loads(pileus("list", "--json"))
    assert {rule["service"] for rule in every} >= {"identity", "image", "network", "block_storage", "compute"}
    assert "there is no service nothing" in pileus("list", "--service", "nothing", fails=True)


def test_a_rule_is_shown_with_the_personas_that_pass(pileus):
    shown = json.loads(pileus("show", "identity:create_user", "--json"))
    assert shown["personas"] == ["admin", "manager on the target's domain"]
    assert shown["routes"] == ["POST /identity/v3/users"] and shown["origin"] == "default"
    assert shown["asks_about"] == ["target.user.domain_id"]
    assert "everybody with a token" in pileus("show", "identity:list_regions")
    assert "member on the target's project" in pileus("show", "os_compute_api:servers:create")
    assert "there is no rule nothing" in pileus("show", "nothing", fails=True)


def test_the_sample_holds_every_rule_as_it_is_and_passes_the_check_when_all_of_it_counts(pileus, tmp_path):
    sample = pileus("sample")
    assert '#"identity:create_domain": "rule:cloud_admin"' in sample and "# POST /identity/v3/domains" in sample
    file = tmp_path / "policy.yaml"
    file.write_text(
        "\n".join(line.removeprefix("#") if line.startswith('#"') else line for line in sample.splitlines())
    )
    count = len({rule.name for service in catalogue.SERVICES for rule in service.policies})
    assert f"is in order; {count + 9} rules are overridden" in pileus("check", "--file", str(file))


def test_mistakes_in_a_policy_file_are_named(pileus, tmp_path, monkeypatch):
    file = tmp_path / "policy.yaml"
    file.write_text('"identity:list_user": "role:x"\n"identity:list_users": "role:x or"\n"add_image": "rule:y"\n')
    said = pileus("check", "--file", str(file), fails=True)
    assert "identity:list_user: no service asks for this rule" in said
    assert "identity:list_users: cannot understand" in said and "add_image: there is no rule y" in said
    monkeypatch.setenv("PILEUS_POLICY_FILE", str(file))
    assert "cannot understand" in pileus("check", fails=True) and "cannot understand" in pileus("list", fails=True)
    monkeypatch.delenv("PILEUS_POLICY_FILE")
    assert "there is no policy file" in pileus("check", fails=True)


def test_a_user_as_if_logged_in_is_told_why(pileus, alice):
    refused = pileus("explain", "POST", "/identity/v3/users", "--user", "alice", "--project", "web")
    assert refused.startswith("refused: identity:create_user\ncaller   alice, project ")
    assert "role:admin   (needs the role admin; the caller has member, reader)" in refused
    assert "passes for: admin; manager on the target's domain" in refused
    own = pileus("explain", "GET", f"/v3/users/{alice['user']}", "--user", alice["user"], "--project", alice["project"])
    assert own.startswith("allowed: identity:get_user")
    assert f"the caller's user_id is {alice['user']}; target.user.id is {alice['user']}" in own
    assert "gets no token for domain Default" in pileus(
        "explain", "identity:get_user", "--user", "alice", "--domain", "Default", fails=True
    )
    assert "there is no user bob" in pileus("explain", "identity:get_user", "--user", "bob", fails=True)
    assert "one scope" in pileus("explain", "x", "--user", "alice", "--system", "--project", "web", fails=True)


def test_domain_ids_are_compared_and_shown(pileus):
    words = (
        "explain",
        "identity:create_user",
        "--roles",
        "manager,member,reader",
        "--target",
        "target.user.domain_id=d2",
    )
    assert "the caller's domain_id is d1; target.user.domain_id is d2" in pileus(*words, "--scope", "domain:d1")
    assert pileus(*words, "--scope", "domain:d2").startswith("allowed")
    assert "is no scope" in pileus(*words, "--scope", "galaxy", fails=True)
    assert "nothing is known about target.user.domain_id" in pileus(*words[:-2], "--scope", "domain:d1")


def test_a_token_comes_from_a_file_from_standard_input_or_from_the_environment(pileus, identity, tmp_path, monkeypatch):
    words = ("explain", "POST", "/compute/v2.1/servers", "--json")
    file = tmp_path / "token"
    file.write_text(identity.admin + "\n")
    said = [pileus(*words, "--token-file", str(file)), pileus(*words, "--token-file", "-", sent=identity.admin)]
    monkeypatch.setenv("OS_TOKEN", identity.admin)
    said.append(pileus(*words))
    for text in said:
        assert json.loads(text)["allowed"] is True and identity.admin not in text
    assert "the token is not valid" in pileus(*words, "--token-file", "-", sent="nonsense", fails=True)
    monkeypatch.delenv("OS_TOKEN")
    assert "say who calls" in pileus(*words, fails=True)


def test_an_action_is_asked_for_where_a_path_has_several(pileus):
    words = ("explain", "POST", "/compute/v2.1/servers/s1/action", "--roles", "reader", "--scope", "project:p1")
    assert "--action: confirmResize, " in pileus(*words, fails=True)
    assert pileus(*words, "--action", "reboot").startswith("refused: os_compute_api:servers:reboot")
    assert "there is no route" in pileus("explain", "GET", "/nowhere", "--roles", "reader", fails=True)
    assert "open to everybody" in pileus("explain", "POST", "/identity/v3/auth/tokens", "--roles", "reader", fails=True)


def test_an_override_is_shown_with_the_file_it_comes_from(pileus, tmp_path, monkeypatch):
    file = tmp_path / "policy.yaml"
    file.write_text('"add_image": "role:uploader"\n')
    monkeypatch.setenv("PILEUS_POLICY_FILE", str(file))
    said = json.loads(pileus("explain", "add_image", "--roles", "member", "--scope", "project:p1", "--json"))
    assert said["allowed"] is False and said["origin"] == str(file) and said["personas"] == []
    assert said["why"]["parts"][0]["check"] == "role:uploader"


def test_the_api_does_not_start_with_a_broken_policy_file(tmp_path):
    file = tmp_path / "policy.yaml"
    file.write_text('"add_image": "role:member or"\n')
    begun = subprocess.run(
        [sys.executable, "-c", "from pileus.cli import main; main()", "api"],
        env={"PILEUS_STATE_DIR": str(tmp_path), "PILEUS_POLICY_FILE": str(file), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert begun.returncode == 1 and "add_image: cannot understand 'role:member or'" in begun.stderr
    assert "Traceback" not in begun.stderr
