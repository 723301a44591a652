"""Stories told as what stands on a terminal: each prompt is a command, the indented lines are what its output must show.

# words for the reader
file rules.json [...]               a file; its path is $rules_json from then on
login ann OS_USERNAME=ann ...       the prompt "ann$": the administrator's environment with these changes
$ web = project create web          runs `openstack project create web -f json`; $web is its id, $web_name its name
ann$ project show $web
  some words                        stand in the output
  lacks: words                      do not
  fails: words                      the command ends with an error that says so
"""

import re
import shlex
from dataclasses import dataclass, field
from pathlib import Path
from string import Template

from openstack_process import Answer, OpenStack

PROMPT = re.compile(r"^(\w*)\$ (?:(\w+) = )?(.+)$")


@dataclass(frozen=True)
class Command:
    """One prompt of a transcript with what is expected of it."""

    line: int
    who: str
    keep: str
    words: str
    expected: list[str] = field(default_factory=list)


@dataclass
class Transcript:
    """A story, and what it knows while it runs."""

    file: Path
    openstack: OpenStack
    folder: Path
    known: dict[str, str] = field(default_factory=dict)
    logins: dict[str, str] = field(default_factory=dict)

    def run(self) -> None:
        """Do all that stands in the file, in order; the first thing that is not as expected is an AssertionError."""
        for number, step in read(self.file):
            if isinstance(step, Command):
                self._try(step)
            else:
                self._prepare(*step.split(maxsplit=2), number=number)

    def _prepare(self, verb: str, name: str, rest: str = "", number: int = 0) -> None:
        if verb == "login":
            self.logins[name] = rest
            return
        assert verb == "file", f"{self.file.name}:{number}: neither a command nor a file nor a login"
        (self.folder / name).write_text(rest)
        self.known[name.replace(".", "_")] = str(self.folder / name)

    def _filled(self, text: str) -> str:
        return Template(text).safe_substitute(self.known)

    def _environment(self, who: str) -> dict[str, str]:
        changes = dict(word.partition("=")[::2] for word in shlex.split(self._filled(self.logins[who]))) if who else {}
        return {name: value for name, value in (self.openstack.environment | changes).items() if value}

    def _try(self, step: Command) -> None:
        words = self._filled(step.words) + (" -f json" if step.keep else "")
        answer = self.openstack(words, self._environment(step.who))
        prompt = f"{self.file.name}:{step.line}: {step.who}$ openstack {words}"
        where = f"{prompt}\n{answer.out}\n{answer.err}\nended with {answer.code}"
        fails = any(line.startswith("fails:") for line in step.expected)
        assert bool(answer.code) == fails, where
        said = _flat(answer.out + answer.err)
        for line in (self._filled(line) for line in step.expected):
            lacking = line.startswith("lacks:")
            wanted = _flat(re.sub("^(lacks|fails):", "", line))
            assert (wanted in said) != lacking, f"{where}\nexpected: {line}"
        if step.keep:
            self._keep(step.keep, answer)

    def _keep(self, name: str, answer: Answer) -> None:
        found = answer.json()
        found = found[0] if isinstance(found, list) else found
        values = {key.lower().replace(" ", "_"): str(value) for key, value in found.items()}
        self.known |= {f"{name}_{key}": value for key, value in values.items()} | {name: values.get("id", "")}


def _flat(text: str) -> str:
    return " ".join(text.split())


def read(file: Path) -> list[tuple[int, Command | str]]:
    """The steps of a transcript with their line numbers: commands, and what prepares them."""
    steps: list[tuple[int, Command | str]] = []
    for number, line in enumerate(file.read_text().splitlines(), 1):
        if line.startswith("  "):
            command = steps[-1][1]
            assert isinstance(command, Command), f"{file.name}:{number}: no command to expect this of"
            command.expected.append(line.strip())
        elif found := PROMPT.match(line):
            who, keep, words = found.groups()
            steps.append((number, Command(number, who, keep or "", words)))
        elif line and not line.startswith("#"):
            steps.append((number, line))
    return steps
