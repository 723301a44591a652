"""Stories about authentication methods that a site brings as a package of its own."""

import logging
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from textwrap import dedent

import pytest
from sqlalchemy import select

from identity_stories import Identity, by_password
from pileus.identity.models import AuditEvent
from pileus.identity.operations import methods

GUIDE = Path(__file__).resolve().parents[3] / "docs" / "services" / "identity.md"
BADGE = GUIDE.read_text().partition('    """site_badges.py')[2].partition("\n\n")[2].partition("\n    {")[0]
Install = Callable[..., None]
Start = Callable[..., Identity]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """Installs a package: a module, and a dist-info that says which method it brings. Do so before the API starts."""
    folder = tmp_path / "site"
    folder.mkdir()
    monkeypatch.syspath_prepend(str(folder))
    forget = (methods.installed.cache_clear, methods._chosen.cache_clear)

    def put(package: str, code: str, method: str = "badge", attribute: str = "authenticate") -> None:
        (folder / f"{package}.py").write_text(dedent(code))
        about = folder / f"{package}-1.0.dist-info"
        about.mkdir()
        (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n")
        (about / "entry_points.txt").write_text(f"[pileus.auth_methods]\n{method} = {package}:{attribute}\n")
        monkeypatch.delitem(sys.modules, package, raising=False)
        for clear in forget:
            clear()

    yield put
    for clear in forget:
        clear()


def by_badge(name: str, badge: str) -> dict[str, object]:
    return {"methods": ["badge"], "badge": {"user": {"name": name, "domain": {"id": "default"}}, "badge": badge}}


@pytest.fixture
def site(install: Install, identity_with: Start) -> Identity:
    """A cloud with the method "badge", where ann has one."""
    install("site_badges", BADGE)
    made = identity_with()
    made.make("user", name="ann", password="secret")
    return made


def test_one_logs_in_by_the_method_that_a_site_brings(site: Identity) -> None:
    reply = site.log_in(by_badge("ann", "4711"))
    assert reply.status_code == 201, reply.text
    assert reply.json["token"]["methods"] == ["badge"]
    shown = site.get("/auth/tokens", X_Subject_Token=reply.headers["X-Subject-Token"]).json["token"]
    assert (shown["methods"], shown["user"]["name"]) == (["badge"], "ann")
    exchanged = site.log_in({"methods": ["token"], "token": {"id": reply.headers["X-Subject-Token"]}})
    assert set(exchanged.json["token"]["methods"]) == {"badge", "token"}


def test_what_such_a_method_refuses_is_counted_and_recorded_as_any_login(site: Identity) -> None:
    for who, badge in (("ann", "0000"), ("nobody", "4711")):
        refused = site.log_in(by_badge(who, badge))
        assert refused.status_code == 401 and "badge" not in refused.text
    with site.database.read() as session:
        failed = session.execute(select(AuditEvent.initiator_id).where(AuditEvent.outcome == "failure")).scalars()
        assert sorted(failed) == ["ann", "nobody"]
    for _ in range(site.settings.login_failures_per_user):
        site.log_in(by_badge("ann", "0000"))
    assert site.log_in(by_badge("ann", "4711")).status_code == 429


def test_what_makes_no_sense_to_it_is_refused(site: Identity) -> None:
    for payload in (
        None,
        7,
        "ann",
        {},
        {"user": {"id": "ann"}},
        {"user": 7, "badge": "x"},
        {"user": {"id": 7}, "badge": "x"},
    ):
        assert site.log_in({"methods": ["badge"], "badge": payload}).status_code == 400, payload
    assert site.log_in({"methods": ["badge"]}).status_code == 400


def test_a_user_who_is_disabled_cannot_log_in_by_it_either(site: Identity) -> None:
    ann = site.get("/users?name=ann").json["users"][0]["id"]
    site.patch(f"/users/{ann}", {"user": {"enabled": False}})
    assert site.log_in(by_badge("ann", "4711")).status_code == 401


def test_a_rule_may_ask_for_the_method_of_a_site(site: Identity) -> None:
    ann = site.get("/users?name=ann").json["users"][0]["id"]
    options = {"multi_factor_auth_enabled": True, "multi_factor_auth_rules": [["password", "badge"]]}
    assert site.patch(f"/users/{ann}", {"user": {"options": options}}).status_code == 200
    alone = site.log_in(by_password("ann", "secret"))
    assert (alone.status_code, alone.json["required_auth_methods"]) == (401, [["password", "badge"]])
    receipt = alone.headers["Openstack-Auth-Receipt"]
    assert site.log_in(by_badge("ann", "0000"), Openstack_Auth_Receipt=receipt).status_code == 401
    second = site.log_in(by_badge("ann", "4711"), Openstack_Auth_Receipt=receipt)
    assert second.status_code == 201, second.text
    assert set(second.json["token"]["methods"]) == {"password", "badge"}
    both = {**by_badge("ann", "4711"), **by_password("ann", "secret"), "methods": ["password", "badge"]}
    assert site.log_in(both).status_code == 201


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("import a_library_that_is_not_there", "No module named 'a_library_that_is_not_there'"),
        ("authenticate = 7", "this is no function"),
        ("", "has no attribute 'authenticate'"),
        ("def authenticate(:", "invalid syntax"),
    ],
    ids=["import", "kind", "nothing", "syntax"],
)
def test_a_method_that_cannot_be_loaded_is_told_at_the_start_and_harms_no_other(
    install: Install, identity_with: Start, caplog: pytest.LogCaptureFixture, code: str, reason: str
) -> None:
    install("site_badges", code)
    with caplog.at_level(logging.ERROR):
        identity = identity_with()
    told = [record.getMessage() for record in caplog.records if record.name.endswith("plugins")]
    assert len(told) == 1 and "method badge" in told[0] and "site_badges" in told[0] and reason in told[0]
    refused = identity.log_in(by_badge("admin", "4711"))
    assert refused.status_code == 401 and "unsupported method: badge" in refused.json["error"]["message"]


def test_a_cloud_that_asks_for_a_method_does_not_start_without_it(install: Install, identity_with: Start) -> None:
    install("site_badges", "import a_library_that_is_not_there")
    with pytest.raises(ValueError, match="auth_methods names badge"):
        identity_with(auth_methods="password,token,badge")


def test_a_method_that_was_to_replace_ours_and_cannot_leaves_none_behind(install: Install) -> None:
    install("site_passwords", "import a_library_that_is_not_there", method="password")
    assert "password" not in methods.installed()
    assert "token" in methods.installed()


def test_two_packages_that_bring_the_same_method_bring_none(install: Install) -> None:
    install("site_badges", BADGE)
    assert "badge" in methods.installed()
    install("other_badges", BADGE)
    assert "badge" not in methods.installed()


def test_a_method_that_fails_while_somebody_logs_in_fails_for_that_one_only(
    install: Install, identity_with: Start
) -> None:
    install("site_badges", "def authenticate(attempt, payload):\n    return 1 / 0\n")
    identity = identity_with()
    identity.make("user", name="ann", password="secret")
    assert identity.log_in(by_badge("ann", "4711")).status_code == 500
    assert identity.log_in(by_password("ann", "secret")).status_code == 201


def test_a_method_that_identifies_nobody_lets_nobody_in(install: Install, identity_with: Start) -> None:
    install("site_badges", "def authenticate(attempt, payload):\n    pass\n")
    identity = identity_with()
    assert identity.log_in(by_badge("admin", "4711")).status_code == 401
