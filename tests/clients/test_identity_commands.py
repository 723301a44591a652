"""Every identity command of the `openstack` client, with each of its options, against a live API."""

from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import SimpleNamespace

import pytest
from openstack_process import OpenStack
from transcripts import Command, Transcript, read

STORIES = sorted((Path(__file__).parent / "identity").glob("*.txt"))
COMMANDS = {point.name.replace("_", " "): point for point in entry_points(group="openstack.identity.v3")}
NOT_HERE = {
    "access rule list --user": "the client fails before it asks",
    "access rule list --user-domain": "the client fails before it asks",
    "user create --password-prompt": "asks at a terminal",
    "user set --password-prompt": "asks at a terminal",
}


@pytest.mark.parametrize("story", STORIES, ids=lambda file: file.stem)
def test_the_commands_work(story: Path, openstack: OpenStack, tmp_path: Path) -> None:
    Transcript(story, openstack, tmp_path).run()


def tried() -> dict[str, set[str]]:
    """The options that the stories use, by command."""
    found: dict[str, set[str]] = {}
    for _, step in (step for story in STORIES for step in read(story)):
        if isinstance(step, Command):
            words = step.words.split()
            name = max((n for n in COMMANDS if f"{step.words} ".startswith(f"{n} ")), key=len, default="")
            found.setdefault(name, set()).update(word for word in words if word.startswith("--"))
    return found


def options(command: str, point: EntryPoint) -> list[set[str]]:
    """The spellings of each option that a command has of its own (not those that say how the output looks)."""
    app = SimpleNamespace(command_manager=SimpleNamespace(namespace=""), client_manager=None)
    parser = point.load()(app, None, cmd_name=command).get_parser(command)
    groups = [g for g in parser._action_groups if "formatter" not in (g.title or "")]
    actions = [a for g in groups for a in g._group_actions if a.option_strings and a.dest not in OUTPUT]
    return [set(action.option_strings) for action in actions]


OUTPUT = {"help", "formatter", "columns", "noindent", "prefix", "max_width", "fit_width", "print_empty", "quote_mode",
          "sort_columns", "sort_direction"}  # fmt: skip


def test_every_command_is_tried() -> None:
    assert [f"no story tries `openstack {name}`" for name in sorted(set(COMMANDS) - set(tried()))] == []


def test_every_option_is_tried() -> None:
    used, missing = tried(), []
    for name, point in COMMANDS.items():
        for spellings in options(name, point):
            titles = {f"{name} {spelling}" for spelling in spellings}
            if not spellings & used.get(name, set()) and not titles & set(NOT_HERE):
                missing.append(f"no story tries `openstack {name} {max(spellings)}`")
    assert missing == []
