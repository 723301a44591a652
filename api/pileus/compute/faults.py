"""Faults in the words of the metadata service, which guests ask."""

from typing import Any

from pileus.core.errors import Fault


def plain(fault: Fault) -> tuple[Any, str]:
    """The plain text that guests get, and its content type."""
    return f"{fault.status} {fault.title}\n", "text/plain; charset=utf-8"
