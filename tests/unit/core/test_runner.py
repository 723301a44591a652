"""The runner, with real Ansible on this machine: tenants' strings stay data, results and events come back."""

import json
import sys
from pathlib import Path

import pytest

from pileus.core.config import Settings
from pileus.core.runner import Runner, unsafe

PLAYBOOK = """
- name: Echo
  hosts: all
  gather_facts: false
  tasks:
    - name: Write what came
      ansible.builtin.copy:
        content: "{{ echo_items | to_json }}"
        dest: "{{ playbook_dir }}/came.json"
        mode: "0600"
    - name: Answer per item
      ansible.builtin.debug:
        msg: "{{ item.name }}"
      loop: "{{ echo_items }}"
    - name: Refuse
      ansible.builtin.fail:
        msg: "no: {{ echo_items[0].name }}"
      when: echo_items[0].id == 'fail'
"""


ATTACKS = [
    "{{ lookup('pipe','touch MARKER') }}",
    "{% if lookup('pipe','touch MARKER') %}{% endif %}",
    "{% raw %}",
    "{{",
    "$(touch MARKER)",
    "`touch MARKER`",
    "; touch MARKER",
    "</name><x/>",
    "'\"\n\r\t\\",
    "!unsafe x",
    "{# comment #}",
    "\N{PILE OF POO}",
    "x" * 255,
    "#jinja2:trim_blocks:False\n{{ lookup('pipe','touch MARKER') }}",
]


@pytest.fixture
def runner(tmp_path: Path) -> Runner:
    (tmp_path / "playbooks").mkdir()
    (tmp_path / "playbooks" / "echo.yml").write_text(PLAYBOOK)
    (tmp_path / "ansible.cfg").write_text("[defaults]\n")
    (tmp_path / "hosts.yml").write_text(
        f"all: {{hosts: {{h1: {{ansible_connection: local, ansible_python_interpreter: {sys.executable}}}}}}}"
    )
    return Runner(Settings(state_dir=tmp_path, project_dir=tmp_path, inventory=str(tmp_path / "hosts.yml")))


def test_strings_of_tenants_are_never_evaluated(runner, tmp_path):
    marker = tmp_path / "pwned"
    names = [attack.replace("MARKER", str(marker)) for attack in ATTACKS]
    items = [{"id": str(i), "name": name, "more": {"deep": [name]}} for i, name in enumerate(names)]
    events = []
    outcome = runner.run("run1", "echo.yml", {"echo_items": items}, ["h1"], 60, events.append)
    assert outcome.status == "successful", outcome.words
    assert not marker.exists()
    came = json.loads((tmp_path / "playbooks" / "came.json").read_text())
    assert [item["name"] for item in came] == names
    assert [item["more"]["deep"][0] for item in came] == names
    assert {event.task for event in events if event.host} >= {"Write what came", "Answer per item"}


def test_a_failed_task_gives_its_words(runner):
    outcome = runner.run(
        "run2", "echo.yml", {"echo_items": [{"id": "fail", "name": "{{ 7 * 7 }}"}]}, ["h1"], 60, lambda _: None
    )
    assert outcome.status == "failed" and outcome.words == "Refuse on h1: no: {{ 7 * 7 }}"


def test_a_run_leaves_no_files_with_variables_behind(runner, tmp_path):
    runner.run("run3", "echo.yml", {"echo_items": [{"id": "1", "name": "secret"}]}, ["h1"], 60, lambda _: None)
    assert not list((tmp_path / "runs").iterdir())


def test_a_run_that_takes_too_long_ends(runner, tmp_path):
    (tmp_path / "playbooks" / "slow.yml").write_text(
        "- hosts: all\n  gather_facts: false\n  tasks:\n    - ansible.builtin.command: sleep 60\n"
    )
    outcome = runner.run("run4", "slow.yml", {}, ["h1"], 2, lambda _: None)
    assert outcome.status == "timeout" and "2 s" in outcome.words


def test_every_string_is_wrapped_and_nothing_else():
    assert unsafe({"a": ["x", 1, None, True, {"b": "y"}]}) == {
        "a": [{"__ansible_unsafe": "x"}, 1, None, True, {"b": {"__ansible_unsafe": "y"}}]
    }
