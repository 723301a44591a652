"""A client that costs next to nothing: one request over and over on connections that stay open."""

import selectors
import socket
import statistics
import time
from dataclasses import dataclass, field


@dataclass
class _Line:
    """One connection and the answer it is waiting for."""

    socket: socket.socket
    sent: float = 0.0
    got: bytearray = field(default_factory=bytearray)

    def ask(self, asked: bytes) -> None:
        self.got.clear()
        self.sent = time.perf_counter()
        self.socket.send(asked)

    def answered(self) -> bool:
        """Read what is there; whether the answer is whole. Raises when it is no success."""
        piece = self.socket.recv(1 << 16)
        if not piece:
            raise ConnectionError("the server closed the connection")
        self.got += piece
        head = self.got.find(b"\r\n\r\n")
        if head < 0:
            return False
        lines = bytes(self.got[:head]).lower().split(b"\r\n")
        if not lines[0].startswith(b"http/1.1 2"):
            raise AssertionError(lines[0].decode())
        length = next(int(line[15:]) for line in lines if line.startswith(b"content-length:"))
        return len(self.got) >= head + 4 + length


def request(method: str, path: str, headers: dict[str, str], body: bytes = b"") -> bytes:
    """The bytes of a request."""
    sent = {"Host": "127.0.0.1", **headers}
    if body:
        sent |= {"Content-Type": "application/json", "Content-Length": str(len(body))}
    lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in sent.items())]
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body


def repeat(port: int, asked: bytes, times: int, connections: int = 1) -> tuple[float, float]:
    """Send a request `times` times over some connections; the median time of an answer in seconds, and answers a second."""
    selector = selectors.DefaultSelector()
    lines: list[_Line] = []
    spent: list[float] = []
    start = time.perf_counter()
    for _ in range(min(connections, times)):  # asking as they arrive, so that an idle process takes the next one
        line = _Line(socket.create_connection(("127.0.0.1", port)))
        line.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        selector.register(line.socket, selectors.EVENT_READ, line)
        line.ask(asked)
        lines.append(line)
    left = times - len(lines)
    while len(spent) < times:
        for key, _ in selector.select():
            line = key.data
            if line.answered():
                spent.append(time.perf_counter() - line.sent)
                if left > 0:
                    left -= 1
                    line.ask(asked)
    whole = time.perf_counter() - start
    for line in lines:
        line.socket.close()
    selector.close()
    return statistics.median(spent), len(spent) / whole
