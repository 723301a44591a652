#!/usr/bin/env python
"""Runs lists of tests with an unmodified Tempest and judges how each list fared.

interop/ holds what OpenStack's interoperability guideline asks of each service; it is tried on the running cloud. private/
holds lists that need a cloud with settings of its own; each is tried on an API made for it: on every database, and with
tokens for the system.
"""

import argparse
import sys
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import targets
import tempest_run

HERE = Path(__file__).resolve().parent
INTEROP = {file.stem: file for file in sorted((HERE / "interop").glob("*.txt"))}
PRIVATE = {file.stem: file for file in sorted((HERE / "private").glob("*.txt"))}


@dataclass
class Score:
    """How the tests of one list ended."""

    title: str
    names: list[str]
    ended: dict[str, str]
    reasons: dict[str, str] = field(default_factory=dict)

    @property
    def count(self) -> Counter[str]:
        """How many ended in each way."""
        return Counter(self.ended.get(name, "missing") for name in self.names)

    @property
    def bad(self) -> list[str]:
        """What did not pass: failed, did not run, or was skipped without a reason in skips.txt."""
        excused = {name for name in self.reasons if self.ended.get(name) == "skip"}
        return [name for name in self.names if self.ended.get(name) != "success" and name not in excused]

    def line(self) -> str:
        """The list's line in the table."""
        passed, skipped = self.count["success"], self.count["skip"]
        return f"{self.title:26} {passed:7} {len(self.names) - passed - skipped:7} {skipped:8} {len(self.names):7}"


def names_of(file: Path, match: str) -> list[str]:
    """The tests of a list whose names hold `match`."""
    return [name for name in file.read_text().split() if match in name]


def skip_reasons() -> dict[str, str]:
    """Which tests may be skipped, and why."""
    lines = (HERE / "skips.txt").read_text().splitlines()
    return {name.strip(): why.strip() for name, _, why in (line.partition(":") for line in lines if line)}


def on_the_lab(asked: argparse.Namespace) -> tuple[list[Score], dict[str, str]]:
    """The interop lists, in one run of Tempest on the running cloud."""
    lists = {name: names_of(INTEROP[name], asked.match) for name in asked.services if name in INTEROP}
    wanted = sorted({name for names in lists.values() for name in names})
    if not wanted:
        return [], {}
    with targets.lab() as values:
        ended = tempest_run.run(wanted, values, asked.workers or 1)
    reasons = skip_reasons()
    return [Score(title, names, ended, reasons) for title, names in lists.items()], _whole_classes(ended)


def on_private_clouds(asked: argparse.Namespace) -> tuple[list[Score], dict[str, str]]:
    """The private lists, each on an API made for it, once for every kind."""
    scores: list[Score] = []
    classes: dict[str, str] = {}
    for name in (name for name in asked.services if name in PRIVATE):
        for kind in asked.on or targets.PRIVATE:
            if wanted := names_of(PRIVATE[name], asked.match):
                with targets.private(kind) as values:
                    ended = tempest_run.run(wanted, values, asked.workers or 2)
                scores.append(Score(f"{name} ({kind})", wanted, ended))
                classes |= _whole_classes(ended)
    return scores, classes


def _whole_classes(ended: dict[str, str]) -> dict[str, str]:
    """Classes that could not be set up or cleaned up."""
    return {name: how for name, how in ended.items() if how == "fail" and "Class (" in name}


def report(scores: list[Score], classes: dict[str, str]) -> bool:
    """Print the table and what did not pass; whether all is well."""
    print(f"\n{'list':26} {'passed':>7} {'failed':>7} {'skipped':>8} {'listed':>7}")
    for score in scores:
        print(score.line())
    for score in scores:
        for name in score.bad:
            print(f"  not passed: {name} ({score.ended.get(name, 'did not run')})")
    for name, how in classes.items():
        print(f"  not passed: {name} ({how})")
    passed, bad = sum(score.count["success"] for score in scores), sum(len(score.bad) for score in scores)
    print(f"{passed} passed, {bad + len(classes)} not passed")
    return not bad and not classes


def main() -> None:
    """Run the lists asked for."""
    known = [*INTEROP, *PRIVATE]
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("services", nargs="*", default=known, metavar="list", help=", ".join(known))
    parser.add_argument("--match", default="", help="only tests whose name holds this")
    parser.add_argument("--workers", type=int, help="how many tests at once (1 on the running cloud, else 2)")
    parser.add_argument(
        "--on", action="append", choices=targets.PRIVATE, help="only on this kind of API (private lists)"
    )
    asked = parser.parse_args()
    if unknown := set(asked.services) - set(known):
        parser.error(f"there is no list {', '.join(sorted(unknown))}; there are {', '.join(known)}")
    (scores, classes), (more, others) = on_the_lab(asked), on_private_clouds(asked)
    if not scores and not more:
        parser.error(f"no test of these lists has {asked.match!r} in its name")
    sys.exit(0 if report([*scores, *more], classes | others) else 1)


if __name__ == "__main__":
    main()
