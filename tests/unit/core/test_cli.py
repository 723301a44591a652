"""The pileus command, tried on intents of toys."""

import subprocess
import sys

import pytest
from click.testing import CliRunner
from toybox import ABSENT, PRESENT, intents_of, state

from pileus import catalogue
from pileus.cli import main


@pytest.fixture
def pileus(database, settings, monkeypatch):
    """Run a command on the test's database."""
    monkeypatch.setenv("PILEUS_STATE_DIR", str(settings.state_dir))
    monkeypatch.setenv("PILEUS_DATABASE_URL", database.url)
    monkeypatch.setattr(catalogue, "operations", lambda: [PRESENT, ABSENT])

    def run(*words: str, fails: bool = False) -> str:
        done = CliRunner().invoke(main, list(words), catch_exceptions=False)
        assert (done.exit_code != 0) == fails, done.output
        return done.output

    return run


def test_help_is_shown_before_any_service_is_loaded():
    program = "import sys, pileus.cli; print(*{'.'.join(name.split('.')[:2]) for name in sys.modules})"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert "pileus.cli" in loaded
    assert loaded & {"flask", *(f"pileus.{service.name}" for service in catalogue.SERVICES)} == set()


def test_intents_are_listed_and_filtered(pileus, database, make_toy, make_worker, stand_in):
    good, bad = make_toy(), make_toy()
    stand_in.refuse[bad] = "the disk is on fire"
    make_worker(stand_in).step()
    listed = pileus("intents", "list")
    assert good in listed and bad in listed
    failed = pileus("intents", "list", "--state", "failed")
    assert good not in failed and "the disk is on fire" in failed
    assert good in pileus("intents", "list", "--resource", good)


def test_an_intent_is_shown_with_its_run(pileus, database, make_toy, make_worker, stand_in):
    toy = make_toy()
    make_worker(stand_in).step()
    shown = pileus("intents", "show", intents_of(database, toy)[0].id[:13])
    assert "toybox.toy_present" in shown and "req-1" in shown and "toybox/toy_present.yml on h1: successful" in shown


def test_a_failed_intent_can_be_retried_and_a_done_one_not(pileus, database, make_toy, make_worker, stand_in):
    toy = make_toy()
    stand_in.refuse[toy] = "no"
    worker = make_worker(stand_in)
    worker.step()
    stand_in.refuse.clear()
    intent = intents_of(database, toy)[0].id
    pileus("intents", "retry", intent)
    worker.step()
    assert state(database, toy) == "available"
    assert "is done" in pileus("intents", "retry", intent, fails=True)


def test_a_waiting_intent_can_be_cancelled_and_shows_as_a_fault(pileus, database, make_toy):
    toy = make_toy()
    intent = intents_of(database, toy)[0].id
    pileus("intents", "cancel", intent)
    assert state(database, toy) == "error" and intents_of(database, toy)[0].state == "cancelled"
    assert "only a waiting one" in pileus("intents", "cancel", intent, fails=True)


def test_an_unknown_intent_is_said_to_be_unknown(pileus):
    assert "no intent" in pileus("intents", "show", "nothing", fails=True)


def test_every_command_has_help(pileus):
    for words in (
        [],
        ["api"],
        ["worker"],
        ["db", "upgrade"],
        ["bootstrap"],
        ["intents", "list"],
        ["hosts", "discover"],
        ["policy", "list"],
        ["policy", "show"],
        ["policy", "sample"],
        ["policy", "check"],
        ["policy", "explain"],
    ):
        assert "Usage:" in pileus(*words, "--help")
