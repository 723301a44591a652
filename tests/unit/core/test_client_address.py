"""The address of a client: what proxies of ours say is believed, and what clients say is not."""

import pytest
from flask import Flask, request

from pileus.core.config import Settings, load
from pileus.core.http.client_address import client_address

PROXIES = "10.0.0.1, 192.168.0.0/24,2001:db8::/48,unix"


def seen(peer: str, forwarded: str | list[str] | None, proxies: str) -> str:
    lines = [forwarded] if isinstance(forwarded, str) else forwarded or []
    headers = [("X-Forwarded-For", line) for line in lines]
    with Flask("x").test_request_context(environ_base={"REMOTE_ADDR": peer}, headers=headers):
        return client_address(request, Settings(trusted_proxies=proxies))


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("203.0.113.5", None, "203.0.113.5"),
        ("203.0.113.5", "1.2.3.4", "203.0.113.5"),  # not a proxy of ours
        ("10.0.0.1", None, "10.0.0.1"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("10.0.0.1", "1.2.3.4", "1.2.3.4"),
        ("10.0.0.1", "6.6.6.6, 1.2.3.4", "1.2.3.4"),  # the left one is what the client says
        ("10.0.0.1", "6.6.6.6, 1.2.3.4, 192.168.0.9", "1.2.3.4"),
        ("10.0.0.1", ["6.6.6.6", "1.2.3.4", "192.168.0.9"], "1.2.3.4"),
        ("10.0.0.1", "192.168.0.8, 192.168.0.9", "192.168.0.8"),  # all of them ours
        ("10.0.0.1", "1.2.3.4, unknown", "10.0.0.1"),
        ("10.0.0.1", "1.2.3.4:5555", "1.2.3.4"),
        ("10.0.0.1", "[2001:db8:1::7]:5555", "2001:db8:1::7"),
        ("10.0.0.1", "2001:DB8:1::7", "2001:db8:1::7"),
        ("2001:db8::1", "1.2.3.4", "1.2.3.4"),
        ("::ffff:10.0.0.1", "::ffff:1.2.3.4", "1.2.3.4"),
        ("", "1.2.3.4", "1.2.3.4"),
        ("", None, ""),
        ("10.0.0.1", "x" * 5000, "10.0.0.1"),
    ],
)
def test_the_client_is_the_first_from_the_right_that_is_no_proxy_of_ours(peer, forwarded, client) -> None:
    assert seen(peer, forwarded, PROXIES) == client


def test_without_proxies_nothing_is_believed() -> None:
    assert seen("10.0.0.1", "1.2.3.4", "") == "10.0.0.1"
    assert seen("", "1.2.3.4", "10.0.0.1") == ""


def test_a_setting_that_names_no_address_is_refused_from_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PILEUS_TRUSTED_PROXIES", "10.0.0.1, proxy.example.org")
    with pytest.raises(ValueError, match=r"trusted_proxies: 'proxy.example.org'"):
        load()
