#!/usr/bin/env python
"""Runs lists of tests with an unmodified Tempest and judges how each list fared.

interop/ holds what OpenStack's interoperability guideline asks of each service; it is tried on the running cloud. private/
holds lists that need a cloud with settings of its own; each is tried on an API made for it: on every database, and with
tokens for the system.
"""

import argparse
import sys
from pathlib import Path

import targets
import tempest_run
from score import Score, names_of, report, skip_reasons, whole_classes

HERE = Path(__file__).resolve().parent
INTEROP = {file.stem: file for file in sorted((HERE / "interop").glob("*.txt"))}
PRIVATE = {file.stem: file for file in sorted((HERE / "private").glob("*.txt"))}


def on_the_lab(asked: argparse.Namespace) -> tuple[list[Score], dict[str, str]]:
    """The interop lists, in one run of Tempest on the running cloud."""
    lists = {name: names_of(INTEROP[name], asked.match) for name in asked.services if name in INTEROP}
    wanted = sorted({name for names in lists.values() for name in names})
    if not wanted:
        return [], {}
    with targets.lab() as values:
        ended = tempest_run.run(wanted, values, asked.workers or 1)
    reasons = skip_reasons()
    return [Score(title, names, ended, reasons) for title, names in lists.items()], whole_classes(ended)


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
                classes |= whole_classes(ended)
    return scores, classes


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
