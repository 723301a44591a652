"""Takes figures, prints them as a table, writes bench/results.json when all were taken; fails where one is over its limit."""

import argparse
import json
import os
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "tests")]
os.environ.setdefault("OS_CLIENT_CONFIG_FILE", "/var/lib/pileus-lab/control/clouds.yaml")

import identity  # noqa: E402
from measure import Row, table  # noqa: E402

import api  # noqa: E402
import lab  # noqa: E402


def main() -> None:
    """Run what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "only", nargs="*", choices=["api", "identity", "lab", []], help="only lab needs something: `make cloud`"
    )
    asked = parser.parse_args().only or ["api", "identity", "lab"]
    rows: list[Row] = []
    for part in (api, identity):
        if part.__name__ in asked:
            with tempfile.TemporaryDirectory(prefix="pileus-bench-") as home:
                rows += part.figures(Path(home))
    if "lab" in asked:
        print(table(rows), flush=True)  # the lab's take minutes
        rows += lab.figures()
    print(table(rows))
    if len(asked) == 3:
        (HERE / "results.json").write_text(json.dumps([row.as_dict() for row in rows], indent=1) + "\n")
    sys.exit(0 if all(row.ok for row in rows) else 1)


if __name__ == "__main__":
    main()
