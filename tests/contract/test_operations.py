"""What Python sends is what the playbooks' roles declare, and no playbook is without an operation."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from pileus import catalogue

ROOT = Path(__file__).resolve().parents[2]
OPERATIONS = catalogue.operations()


def roles_of(playbook: str) -> dict[str, set[str]]:
    """The roles that a playbook applies, each with the variables that the playbook itself sets for it."""
    found: dict[str, set[str]] = {}
    for play in yaml.safe_load((ROOT / "playbooks" / playbook).read_text()):
        for role in play.get("roles", []):
            found.setdefault(role["role"], set()).update(role.get("vars", {}), play.get("vars", {}))
        for task in [*play.get("tasks", []), *play.get("pre_tasks", []), *play.get("post_tasks", [])]:
            for key in ("ansible.builtin.include_role", "ansible.builtin.import_role"):
                if key in task:
                    found.setdefault(task[key]["name"], set()).update(task.get("vars", {}), play.get("vars", {}))
    return found


def handed_on(playbook: str) -> set[str]:
    """The variables that a playbook hands on to roles under the names that these know."""
    return set(re.findall(r"\{\{ (\w+_items) \| default\(\[\]\) \}\}", (ROOT / "playbooks" / playbook).read_text()))


def lists_of(role: str) -> set[str]:
    """The lists of items that a role declares."""
    spec = yaml.safe_load((ROOT / "roles" / role / "meta" / "argument_specs.yml").read_text())
    options: dict[str, Any] = spec["argument_specs"]["main"]["options"]
    return {name for name, option in options.items() if option["type"] == "list" and option.get("elements") == "dict"}


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.key)
def test_an_operation_sends_exactly_the_lists_its_playbook_needs(operation):
    roles = roles_of(operation.playbook)
    declared = set().union(*(lists_of(role) - set_by_play for role, set_by_play in roles.items()))
    assert set(operation.variables) <= declared | handed_on(operation.playbook)
    # a role with several lists may be used for some of them; of every role at least one list must be sent
    for role in roles:
        assert set(operation.variables) & lists_of(role), f"{operation.key} sends nothing to role {role}"


def test_operation_names_are_unique():
    keys = [operation.key for operation in OPERATIONS]
    assert len(keys) == len(set(keys))


def test_every_resource_playbook_belongs_to_an_operation():
    folders = {service.name for service in catalogue.SERVICES}
    files = {
        str(f.relative_to(ROOT / "playbooks"))
        for folder in folders
        for f in (ROOT / "playbooks" / folder).glob("*.yml")
    }
    assert files == {operation.playbook for operation in OPERATIONS}
