"""The data path of images: bytes flow between a request and the rbd program near the cluster, a piece at a time."""

import contextlib
import hashlib
import logging
import re
import shlex
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import PurePath
from typing import IO, Any, Protocol

from pileus.core.config import Settings
from pileus.core.errors import Fault, TooLarge, Unavailable

log = logging.getLogger(__name__)
CHUNK = 1024 * 1024  # bytes held in memory at a time
NAME = re.compile(r"[0-9a-f]{8}-?([0-9a-f]{4}-?){3}[0-9a-f]{12}(\.[a-z]+)?")  # an image's id, perhaps with a suffix
PATIENCE = 60  # seconds for the rbd program to end when its input or output is over


class Source(Protocol):
    """Where bytes come from."""

    def read(self, size: int, /) -> bytes:
        """At most `size` bytes; b"" at the end."""


@dataclass(frozen=True)
class Digest:
    """What is known of bytes that flowed by."""

    size: int
    checksum: str
    hash_value: str


class Store:
    """RBD images by pool and name, both made of ids and settings only: nothing a tenant wrote reaches a command line."""

    def __init__(self, settings: Settings) -> None:
        self.prefix = shlex.split(settings.image_store)
        self.far = bool(self.prefix) and PurePath(self.prefix[0]).name == "ssh"

    def _command(self, verb: str, *words: str) -> list[str]:
        """The rbd program with its words; those that ssh hands to a shell on the other side are quoted for it."""
        rbd = ["rbd", "--id", "pileus", verb, "--no-progress", *words]
        return [*self.prefix, *(map(shlex.quote, rbd) if self.far else rbd)]

    def put(self, pool: str, name: str, source: Source, limit: int, beat: Callable[[], None]) -> Digest:
        """Write what `source` gives into a new RBD image; `beat` is called between the pieces.

        Raises TooLarge beyond `limit` bytes (-1: none), Unavailable when the store fails, and whatever the source raises;
        in all these cases the partial image is removed.
        """
        with tempfile.TemporaryFile() as words:
            command = self._command("import", "--image-format", "2", "-", _place(pool, name))
            program = _start(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=words)
            try:
                digest = _pump(source, program, limit, beat)
                if _end(program) != 0:
                    raise Unavailable(f"The image could not be stored: {_said(words)}")
            except BaseException:
                _end(program)
                self.remove(pool, name)
                raise
        return digest

    def get(self, pool: str, name: str, size: int) -> Iterator[bytes]:
        """The `size` bytes of an RBD image, piece by piece.

        The first piece is read before this returns, so that a store that fails at once is an error the caller can tell.
        """
        command = self._command("export", _place(pool, name), "-")
        words = tempfile.TemporaryFile()  # noqa: SIM115 - closed when the bytes have flowed
        program = _start(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=words, bufsize=CHUNK)
        assert program.stdout is not None  # noqa: S101 - it is a pipe
        first = program.stdout.read(CHUNK)
        if not first and size and _end(program) != 0:
            reason = _said(words)
            words.close()
            raise Unavailable(f"The image could not be read: {reason}")
        return _flow(program, words, first)

    def remove(self, pool: str, name: str) -> None:
        """Remove an RBD image; one that is not there is well removed."""
        try:
            done = subprocess.run(
                self._command("rm", _place(pool, name)),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                check=False,
                timeout=PATIENCE,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            log.warning("could not remove %s/%s: %s", pool, name, error)
            return
        if done.returncode not in (0, 2):
            log.warning("could not remove %s/%s: %s", pool, name, done.stderr.decode(errors="replace")[-500:])


def _start(command: list[str], **pipes: Any) -> subprocess.Popen[bytes]:
    """The program, running; raises Unavailable where there is none."""
    try:
        return subprocess.Popen(command, **pipes)
    except OSError as error:
        log.error("cannot start %s: %s", command[0], error)
        raise Unavailable("The image store cannot be reached from here.") from None


def _place(pool: str, name: str) -> str:
    """An RBD image as the rbd program is told of it; raises Fault for a name that is not made of an image's id."""
    if not NAME.fullmatch(name):
        raise Fault(f"{name!r} is no name of an image in the store.")
    return f"{pool}/{name}"


def _pump(source: Source, program: subprocess.Popen[bytes], limit: int, beat: Callable[[], None]) -> Digest:
    """Carry all bytes from the source into the program, and count and digest them."""
    assert program.stdin is not None  # noqa: S101 - it is a pipe
    size, md5, sha512 = 0, hashlib.md5(usedforsecurity=False), hashlib.sha512()
    with contextlib.suppress(BrokenPipeError):  # the program ended early: its exit status and words tell why
        while chunk := source.read(CHUNK):
            size += len(chunk)
            if 0 <= limit < size:
                raise TooLarge(f"The image is larger than the {limit} bytes that the quota leaves.")
            program.stdin.write(chunk)
            md5.update(chunk)
            sha512.update(chunk)
            beat()
    return Digest(size, md5.hexdigest(), sha512.hexdigest())


def _end(program: subprocess.Popen[bytes]) -> int:
    """Close the program's pipes and wait for it; it is killed only when it does not end by itself.

    Ending it in good order matters: a killed client would hold its watch on the RBD image for half a minute.
    """
    for pipe in (program.stdin, program.stdout):
        if pipe is not None:
            with contextlib.suppress(OSError):
                pipe.close()
    try:
        return program.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        program.kill()
        return program.wait()


def _flow(program: subprocess.Popen[bytes], words: IO[bytes], first: bytes) -> Iterator[bytes]:
    assert program.stdout is not None  # noqa: S101 - it is a pipe
    try:
        chunk = first
        while chunk:
            yield chunk
            chunk = program.stdout.read(CHUNK)
        if program.wait(PATIENCE) != 0:
            raise Fault(f"The image could not be read to its end: {_said(words)}")  # breaks the connection
    finally:
        _end(program)
        words.close()


def _said(words: IO[bytes]) -> str:
    """The last of what the program wrote on its standard error."""
    words.seek(0)
    return words.read().decode(errors="replace").strip()[-500:] or "the store gave no reason"
