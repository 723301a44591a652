"""The runner, with real Ansible on this machine: tenants' strings stay data, results and events come back."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from pileus.core.config import Settings
from pileus.core.runner import Runner, sweep, unsafe

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


@pytest.fixture(params=["cold", "warm"])
def runner(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Runner]:
    (tmp_path / "playbooks").mkdir()
    (tmp_path / "playbooks" / "echo.yml").write_text(PLAYBOOK)
    (tmp_path / "ansible.cfg").write_text("[defaults]\n")
    (tmp_path / "hosts.yml").write_text(
        f"all: {{hosts: {{h1: {{ansible_connection: local, ansible_python_interpreter: {sys.executable}}}}}}}"
    )
    made = Runner(Settings(state_dir=tmp_path, project_dir=tmp_path, inventory=str(tmp_path / "hosts.yml")))
    if request.param == "warm":
        made.warm()
        wait_until(made.socket.exists)
    yield made
    made.close()


def wait_until(check, limit=20):
    until = time.monotonic() + limit
    while not check():
        assert time.monotonic() < until, "it takes too long"
        time.sleep(0.02)


def processes_with(text: str) -> list[int]:
    done = subprocess.run(["pgrep", "-f", text], capture_output=True, text=True, check=False)
    return [int(pid) for pid in done.stdout.split()]


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
    assert not list((tmp_path / f"run-{os.getpid()}").iterdir())


def test_a_run_that_takes_too_long_ends(runner, tmp_path):
    write_slow(tmp_path, "61.25" if runner.server else "6")
    outcome = runner.run("run4", "slow.yml", {}, ["h1"], 2, lambda _: None)
    assert outcome.status == "timeout" and "2 s" in outcome.words
    if runner.server is not None:
        wait_until(lambda: not processes_with("sleep 61.25"))


def write_slow(folder: Path, seconds: str = "61.25") -> None:
    (folder / "playbooks" / "slow.yml").write_text(
        f"- hosts: all\n  gather_facts: false\n  tasks:\n    - ansible.builtin.command: sleep {seconds}\n"
    )


@pytest.mark.parametrize("runner", ["warm"], indirect=True)
def test_runs_go_through_the_fork_server_and_one_that_dies_is_started_again(runner, tmp_path):
    items = {"echo_items": [{"id": "1", "name": "x"}]}
    server = runner.server
    assert runner.run("run5", "echo.yml", items, ["h1"], 60, lambda _: None).status == "successful"
    server.kill()
    server.wait()
    assert runner.run("run6", "echo.yml", items, ["h1"], 60, lambda _: None).status == "successful"
    assert runner.server is not server and runner.server.poll() is None


@pytest.mark.parametrize("runner", ["warm"], indirect=True)
def test_a_fork_server_that_is_killed_takes_its_runs_with_it(runner, tmp_path):
    write_slow(tmp_path)
    outcomes = []
    arguments = ("run7", "slow.yml", {}, ["h1"], 60, lambda _: None)
    thread = threading.Thread(target=lambda: outcomes.append(runner.run(*arguments)))
    thread.start()
    wait_until(lambda: processes_with("sleep 61.25"))
    os.kill(runner.server.pid, signal.SIGKILL)
    thread.join(20)
    assert outcomes[0].status == "failed"
    for pid in processes_with("sleep 61.25"):
        os.kill(pid, signal.SIGKILL)


def test_every_string_is_wrapped_and_nothing_else():
    assert unsafe({"a": ["x", 1, None, True, {"b": "y"}]}) == {
        "a": [{"__ansible_unsafe": "x"}, 1, None, True, {"b": {"__ansible_unsafe": "y"}}]
    }


def test_what_a_killed_worker_left_is_removed_by_the_next_one(tmp_path: Path) -> None:
    ended = subprocess.Popen(["true"])
    ended.wait()
    for name in (f"run-{ended.pid}", f"bin-{ended.pid}", f"run-{os.getpid()}", "keys"):
        (tmp_path / name / "inside").mkdir(parents=True)
    (tmp_path / f"forkserver-{ended.pid}.sock").touch()
    sweep(tmp_path)
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["keys", f"run-{os.getpid()}"]
