"""Judges how the tests of a list ended: what is listed must run, and pass."""

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).resolve().parent


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


def whole_classes(ended: dict[str, str]) -> dict[str, str]:
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
