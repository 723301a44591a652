"""Key repositories: Fernet keys as numbered files; 0 is staged, the highest number signs, all others still verify."""

import datetime as dt
import fcntl
import hashlib
import os
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

STAGED = 0
_SETTLED = 1_000_000_000  # nanoseconds after which a folder's time of change tells of every change


@dataclass(frozen=True)
class Key:
    """One key file: what it is for ("staged", "primary" or "old"), since when, and a name that says nothing about it."""

    number: int
    part: str
    since: dt.datetime
    fingerprint: str
    mode: int


class KeyRepository:
    """One folder of keys, read again when it changes (a rotation or a copy from another machine)."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._stamp = -1
        self._keys: list[bytes] = []
        self._fernets: list[Fernet] = []
        self._generation = 0
        self._lock = threading.Lock()

    def numbers(self) -> list[int]:
        """The numbers of the keys that are there, lowest first."""
        if not self.folder.is_dir():
            return []
        return sorted(int(entry.name) for entry in self.folder.iterdir() if entry.name.isdigit())

    def listed(self) -> list[Key]:
        """What there is to know about the keys, lowest number first."""
        numbers, found = self.numbers(), []
        for number in numbers:
            file = self.folder / str(number)
            part = "staged" if number == STAGED else "primary" if number == numbers[-1] else "old"
            digest = hashlib.sha256(file.read_bytes().strip()).hexdigest()[:12]
            found.append(Key(number, part, self._since(number), digest, file.stat().st_mode & 0o777))
        return found

    def create(self) -> bool:
        """Make a primary and a staged key where they are missing; says whether it did."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.folder.chmod(0o700)
        with self.alone():
            numbers = self.numbers()
            missing = [] if any(number != STAGED for number in numbers) else [1]
            missing += [] if STAGED in numbers else [STAGED]
            for number in missing:
                self._write(number)
        return bool(missing)

    def promote(self) -> int:
        """Make the staged key the one that signs and stage a new one; its number.

        At every moment all keys are there, under one number or two: one that was interrupted is finished by the next one.
        """
        number, staged = self.next_number(), self.folder / str(STAGED)
        if not (self.folder / str(number)).exists():
            os.link(staged, self.folder / str(number))
            os.utime(staged)  # the file's time says since when it signs
        self._write(STAGED)
        return number

    def next_number(self) -> int:
        """The number under which the staged key will sign: one more, or the last one when a promotion was interrupted."""
        primary, staged = self.numbers()[-1], self.folder / str(STAGED)
        if not staged.exists():
            raise FileNotFoundError(f"there is no staged key in {self.folder}: run pileus keys create")
        begun = primary != STAGED and staged.read_bytes() == (self.folder / str(primary)).read_bytes()
        return primary if begun else primary + 1

    def retired(self, number: int) -> dt.datetime | None:
        """When a key stopped to sign: when the next one began; None for the one that does and for a staged one."""
        later = [other for other in self.numbers() if other > number]
        return self._since(later[0]) if number != STAGED and later else None

    def drop(self, numbers: Iterable[int]) -> None:
        """Remove keys; what was made with them is worth nothing any more."""
        for number in numbers:
            (self.folder / str(number)).unlink(missing_ok=True)

    def generation(self) -> int:
        """A number that changes whenever the keys do: what was learnt with the keys before holds no more."""
        self._load()
        return self._generation

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Be the only one on this machine who changes the folder."""
        handle = os.open(self.folder, os.O_RDONLY)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)

    def encrypt(self, content: bytes) -> str:
        """The content, encrypted and signed, safe in URLs and without padding."""
        return self._load()[0].encrypt(content).decode().rstrip("=")

    def decrypt(self, text: str) -> bytes | None:
        """What `encrypt` was given; None when it was not made with any of the keys."""
        try:
            return MultiFernet(self._load()).decrypt(_padded(text))
        except (InvalidToken, UnicodeEncodeError, ValueError):
            return None

    def renew(self, text: str) -> str:
        """The same content as the key that signs now would have made it, or `text` itself where that one did.

        Raises ValueError when it was made with none of the keys.
        """
        fernets = self._load()
        try:
            fernets[0].decrypt(_padded(text))
        except InvalidToken:
            try:
                return MultiFernet(fernets).rotate(_padded(text)).decode().rstrip("=")
            except InvalidToken:
                raise ValueError("made with none of the keys") from None
        return text

    def _since(self, number: int) -> dt.datetime:
        return dt.datetime.fromtimestamp((self.folder / str(number)).stat().st_mtime, dt.UTC).replace(tzinfo=None)

    def _write(self, number: int) -> None:
        """Make a key; when its file is there it is whole, and will be after a power cut."""
        temporary = self.folder / f".{number}.new"
        with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(Fernet.generate_key())
            file.flush()
            os.fsync(file.fileno())
        temporary.rename(self.folder / str(number))
        handle = os.open(self.folder, os.O_RDONLY)
        os.fsync(handle)
        os.close(handle)

    def _load(self) -> list[Fernet]:
        """The keys, the one that signs first and the staged one last."""
        try:
            stamp = self.folder.stat().st_mtime_ns
        except FileNotFoundError:
            raise RuntimeError(f"there are no keys in {self.folder}: run pileus bootstrap") from None
        if not self._fernets or stamp != self._stamp:
            with self._lock:
                keys = self._read()
                if keys != self._keys:
                    self._fernets, self._keys = [Fernet(key) for key in keys], keys
                    self._generation += 1
                # A change within the same tick of the clock would go unseen, so a young folder is read again.
                self._stamp = stamp if time.time_ns() - stamp > _SETTLED else -1
        return self._fernets

    def _read(self) -> list[bytes]:
        for _ in range(10):
            numbers = self.numbers()
            ordered = [n for n in reversed(numbers) if n != STAGED] + [n for n in numbers if n == STAGED]
            try:
                found = [(self.folder / str(n)).read_bytes().strip() for n in ordered]
            except FileNotFoundError:
                continue  # a rotation dropped it meanwhile
            if found:
                return found
        raise RuntimeError(f"there are no keys in {self.folder}: run pileus bootstrap")


def surplus(numbers: Iterable[int], keep: int) -> list[int]:
    """The oldest keys beyond `keep` in all, of which one is staged and one signs."""
    active = sorted(number for number in numbers if number != STAGED)
    return active[: max(0, len(active) + 1 - max(keep, 2))]


def _padded(text: str) -> bytes:
    return text.encode("ascii") + b"=" * (-len(text) % 4)
