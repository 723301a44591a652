"""Key repositories: Fernet keys as numbered files; 0 is staged, the highest number signs, all others still verify."""

import os
import threading
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

STAGED = 0


class KeyRepository:
    """One folder of keys, read again when it changes (a rotation or a copy from another machine)."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._stamp = -1
        self._fernet: MultiFernet | None = None
        self._lock = threading.Lock()

    def numbers(self) -> list[int]:
        """The numbers of the keys that are there, lowest first."""
        if not self.folder.is_dir():
            return []
        return sorted(int(entry.name) for entry in self.folder.iterdir() if entry.name.isdigit())

    def create(self) -> bool:
        """Make the first keys unless there are some; says whether it did."""
        if self.numbers():
            return False
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.folder.chmod(0o700)
        for number in (STAGED, 1):
            self._write(number)
        return True

    def rotate(self, keep: int = 3) -> None:
        """Make the staged key the one that signs, stage a new one, and drop the oldest beyond `keep` keys in all."""
        numbers = self.numbers()
        (self.folder / str(STAGED)).rename(self.folder / str(numbers[-1] + 1))
        self._write(STAGED)
        active = [number for number in self.numbers() if number != STAGED]
        for number in active[: max(0, len(active) + 1 - max(keep, 2))]:
            (self.folder / str(number)).unlink()

    def encrypt(self, content: bytes) -> str:
        """The content, encrypted and signed, safe in URLs and without padding."""
        return self._keys().encrypt(content).decode().rstrip("=")

    def decrypt(self, text: str) -> bytes | None:
        """What `encrypt` was given; None when it was not made with any of the keys."""
        try:
            return self._keys().decrypt(text.encode("ascii") + b"=" * (-len(text) % 4))
        except (InvalidToken, UnicodeEncodeError, ValueError):
            return None

    def _write(self, number: int) -> None:
        temporary = self.folder / f".{number}.new"
        with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(Fernet.generate_key())
        temporary.rename(self.folder / str(number))

    def _keys(self) -> MultiFernet:
        try:
            stamp = self.folder.stat().st_mtime_ns
        except FileNotFoundError:
            raise RuntimeError(f"there are no keys in {self.folder}: run pileus bootstrap") from None
        if self._fernet is None or stamp != self._stamp:
            with self._lock:
                numbers = self.numbers()
                ordered = [n for n in reversed(numbers) if n != STAGED] + [n for n in numbers if n == STAGED]
                if not ordered:
                    raise RuntimeError(f"there are no keys in {self.folder}: run pileus bootstrap")
                self._fernet = MultiFernet([Fernet((self.folder / str(n)).read_bytes().strip()) for n in ordered])
                self._stamp = stamp
        return self._fernet
