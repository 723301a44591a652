"""Stands in for the rbd program near the cluster: images are files in a folder, given as the first argument."""

import shutil
import sys
from pathlib import Path


def main(folder: str, *words: str) -> int:
    home = Path(folder)
    assert words[:3] == ("rbd", "--id", "pileus"), words
    command, *rest = words[3:]
    names = [word for word in rest if "/" in word]
    file = home / names[0].replace("/", "@")
    with (home / "calls").open("a") as log:
        log.write(" ".join([command, *rest]) + "\n")
    if (home / "broken").exists():
        sys.stderr.write((home / "broken").read_text())
        return 5
    if command == "import":
        if file.exists():
            sys.stderr.write("rbd: image creation failed: (17) File exists\n")
            return 17
        with file.open("wb") as out:
            shutil.copyfileobj(sys.stdin.buffer, out, 1024 * 1024)
    elif command == "export":
        with file.open("rb") as source:
            shutil.copyfileobj(source, sys.stdout.buffer, 1024 * 1024)
    elif command == "rm":
        if not file.exists():
            return 2
        file.unlink()
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
