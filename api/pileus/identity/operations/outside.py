"""What comes with a login besides its body."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Outside:
    """The headers of a request, and whether a proxy that we trust has sent it: only then do they say who the caller is.

    `urls` are the addresses the client may have sent it to: our public one, and the one it arrived at.
    """

    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    proxied: bool = False
    urls: tuple[str, ...] = ()

    def header(self, wanted: str) -> str:
        """A header by its name; empty where it is missing."""
        return next((value for name, value in self.headers.items() if name.lower() == wanted.lower()), "")

    def bearer(self) -> str:
        """The bearer token of the request (RFC 6750); empty where there is none."""
        scheme, _, token = self.header("Authorization").partition(" ")
        return token.strip() if scheme.lower() == "bearer" else ""
