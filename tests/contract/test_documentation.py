"""What exists is documented: every service, every setting, every command, every make target, every decision kept short."""

import re
from dataclasses import fields
from pathlib import Path

import click
import pytest

from pileus import catalogue
from pileus.cli import main
from pileus.core.config import Settings

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("service", [s.name for s in catalogue.SERVICES if s.public])
def test_every_service_has_its_page(service):
    page = ROOT / "docs" / "services" / f"{service}.md"
    assert page.exists() and len(page.read_text().splitlines()) > 10
    assert f"services/{service}.md" in (ROOT / "docs" / "user.md").read_text()


def test_every_setting_is_documented():
    text = (ROOT / "docs" / "operator.md").read_text()
    assert [field.name for field in fields(Settings) if f"`{field.name}`" not in text] == []


def commands(group, path="pileus"):
    """What can be called below a group of commands, as one types it."""
    for name, command in group.commands.items():
        yield from commands(command, f"{path} {name}") if isinstance(command, click.Group) else [f"{path} {name}"]


def test_every_command_is_documented():
    text = "".join((ROOT / page).read_text() for page in ("docs/operator.md", "README.md"))
    assert [name for name in commands(main) if not re.search(rf"{re.escape(name)}\b", text)] == []


def test_every_make_target_says_what_it_does():
    lines = (ROOT / "Makefile").read_text().splitlines()
    targets = [line for line in lines if re.match(r"^[a-z-]+:", line)]
    assert [line for line in targets if "##" not in line] == []


def test_decisions_are_short():
    assert {
        f.name: n for f in (ROOT / "docs" / "adr").glob("*.md") if (n := len(f.read_text().splitlines())) > 40
    } == {}
