"""Stories about tokens that are given back: what ends with them, what does not, and what the list of events says."""

import datetime as dt
from typing import Any

import pytest

from identity_stories import PASSWORD, Identity, by_password, in_project
from pileus.core.db import now
from pileus.identity.operations import revocations


def exchange(identity: Identity, token: str, scope: Any = None) -> str:
    reply = identity.log_in({"methods": ["token"], "token": {"id": token}}, scope or in_project("admin"))
    assert reply.status_code == 201, reply.text
    return str(reply.headers["X-Subject-Token"])


def give_back(identity: Identity, token: str, query: str = "") -> None:
    assert identity.delete(f"/auth/tokens{query}", X_Subject_Token=token).status_code == 204


@pytest.fixture
def family(identity: Identity) -> list[str]:
    """An unscoped token, two that it was exchanged for, and one that the first of these was exchanged for."""
    root = identity.token("admin", PASSWORD, "unscoped")
    first = exchange(identity, root)
    return [root, first, exchange(identity, root, {"domain": {"id": "default"}}), exchange(identity, first)]


def alive(identity: Identity, tokens: list[str]) -> list[bool]:
    return [identity.get("/auth/projects", token=token).status_code == 200 for token in tokens]


def test_with_the_first_token_ends_all_that_was_got_from_it(identity: Identity, family: list[str]) -> None:
    stranger = identity.token("admin", PASSWORD)
    assert alive(identity, family) == [True] * 4  # and remembered from here on
    give_back(identity, family[0])
    assert alive(identity, family) == [False] * 4
    assert alive(identity, [stranger]) == [True]
    assert identity.get("/auth/tokens", X_Subject_Token=family[3]).status_code == 404


@pytest.mark.parametrize("off", ["false", "False", "0", "no", "off"])
def test_without_cascade_only_the_token_itself_ends(identity: Identity, family: list[str], off: str) -> None:
    give_back(identity, family[0], f"?cascade={off}")
    assert alive(identity, family) == [False, True, True, True]


@pytest.mark.parametrize("on", ["true", "1", "", "whatever"])
def test_cascade_may_be_said_aloud(identity: Identity, family: list[str], on: str) -> None:
    give_back(identity, family[0], f"?cascade={on}")
    assert alive(identity, family) == [False] * 4


def test_a_token_that_was_exchanged_ends_alone(identity: Identity, family: list[str]) -> None:
    give_back(identity, family[1])
    assert alive(identity, family) == [True, False, True, True]
    exchange(identity, family[0])


def test_what_is_got_while_the_first_token_ends_is_worth_nothing(
    identity: Identity, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when an exchange has looked at the token just before it is given back, or by a clock that is ahead."""
    root = identity.token("admin", PASSWORD, "unscoped")
    late = exchange(identity, root)
    monkeypatch.setattr(revocations, "now", lambda: now() - dt.timedelta(minutes=5))
    give_back(identity, root)
    assert alive(identity, [root, late]) == [False, False]


def test_the_events_name_the_token_and_its_chain(identity: Identity) -> None:
    def events() -> list[dict[str, Any]]:
        return list(identity.get("/OS-REVOKE/events").json["events"])

    def audit_id(reply: Any) -> str:
        return str(reply.json["token"]["audit_ids"][0])

    one, two = (identity.log_in(by_password("admin", PASSWORD)) for _ in range(2))
    give_back(identity, one.headers["X-Subject-Token"])
    give_back(identity, two.headers["X-Subject-Token"], "?cascade=0")
    found = [(name, event[name]) for event in events() for name in ("audit_id", "audit_chain_id") if name in event]
    assert found == [("audit_id", audit_id(one)), ("audit_chain_id", audit_id(one)), ("audit_id", audit_id(two))]


def test_there_is_no_list_of_pki_tokens_for_anybody(identity: Identity) -> None:
    path = "/auth/tokens/OS-PKI/revoked"
    assert identity.get(path).status_code == 403
    assert identity.get(path, token=None).status_code == 401
