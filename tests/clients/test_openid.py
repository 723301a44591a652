"""Logins by a real OpenID provider: the `openstack` client with access tokens, a browser, and what must be refused."""

import base64
import hashlib
import hmac
import json
import re
import socket
import time
from collections.abc import Callable, Iterator
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
import requests
from cryptography.hazmat.primitives.asymmetric import rsa
from openstack_process import OpenStack

from openid_cloud import DASHBOARD, Browser, OpenIDCloud, openid_cloud
from private_cloud import DATABASES

PATH = "/identity_providers/op/protocols/openid/websso"


@pytest.fixture(scope="module")
def slow() -> Iterator[int]:
    """A port where connections are taken, and nothing ever is said."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.fixture(scope="module", params=[pytest.param(name, marks=pytest.mark.xdist_group(name)) for name in DATABASES])
def made(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, slow: int) -> Iterator[OpenIDCloud]:
    with openid_cloud(request.param, tmp_path_factory.mktemp("openid"), slow) as cloud:
        yield cloud


@pytest.fixture(scope="module")
def client(made: OpenIDCloud) -> Iterator[OpenStack]:
    """The `openstack` client with nothing but the addresses of the cloud and the provider."""
    environment = {
        "OS_AUTH_URL": made.cloud.auth_url,
        "OS_IDENTITY_API_VERSION": "3",
        "OS_IDENTITY_PROVIDER": "op",
        "OS_PROTOCOL": "openid",
        "OS_CACERT": str(made.provider.ca_file),
        "OS_DISCOVERY_ENDPOINT": f"{made.provider.issuer}/.well-known/openid-configuration",
        "OS_OPENID_SCOPE": "openid email groups",
    }
    client = OpenStack(environment)
    yield client
    client.close()


def in_web(client: OpenStack, **more: str) -> dict[str, str]:
    return client.environment | {"OS_PROJECT_NAME": "web", "OS_PROJECT_DOMAIN_ID": "default"} | more


def person(kind: str, name: str = "cli") -> dict[str, str]:
    known = {
        "OS_CLIENT_ID": name,
        "OS_CLIENT_SECRET": f"{name}-secret",
        "OS_USERNAME": "ann",
        "OS_PASSWORD": "ann-secret",
    }
    return {"OS_AUTH_TYPE": kind, **known}


def test_a_person_logs_in_by_the_client_with_a_password_of_the_provider(client: OpenStack, made: OpenIDCloud) -> None:
    projects = client("project list --my-projects -f json", in_web(client, **person("v3oidcpassword"))).json()
    assert [project["Name"] for project in projects] == ["web"]
    token = client("token issue -f json", in_web(client, **person("v3oidcpassword"))).json()
    user = made.call("GET", f"/users/{token['user_id']}").json()["user"]
    assert (user["name"], user["email"]) == ("ann", "ann@example.org")
    assert made.call("GET", f"/domains/{user['domain_id']}").json()["domain"]["name"] == "op"
    wrong = client("token issue", in_web(client, **person("v3oidcpassword") | {"OS_PASSWORD": "no"}))
    assert wrong.code != 0


def test_what_a_person_may_log_in_to_is_listed(client: OpenStack) -> None:
    unscoped = client.environment | person("v3oidcpassword")
    listed = client("federation project list -f json", unscoped).json()
    assert [project["Name"] for project in listed] == ["web"]
    assert client("federation domain list -f json", unscoped).json() == []


def test_a_person_logs_in_by_the_client_with_an_opaque_token(client: OpenStack) -> None:
    environment = in_web(client, **person("v3oidcpassword", "opaque"), OS_PROTOCOL="opaque")
    assert [p["Name"] for p in client("project list --my-projects -f json", environment).json()] == ["web"]


def test_a_program_logs_in_by_the_client_with_its_own_secret(client: OpenStack, made: OpenIDCloud) -> None:
    robot = {"OS_AUTH_TYPE": "v3oidcclientcredentials", "OS_CLIENT_ID": "robot", "OS_CLIENT_SECRET": "robot-secret"}
    token = client("token issue -f json", client.environment | robot | {"OS_OPENID_SCOPE": "openid"}).json()
    assert made.call("GET", f"/users/{token['user_id']}").json()["user"]["name"] == "robot"


def test_a_person_logs_in_by_the_client_with_an_access_token(client: OpenStack, made: OpenIDCloud) -> None:
    token = made.provider.token("cli", "ann", "openid email groups")
    environment = in_web(client, OS_AUTH_TYPE="v3oidcaccesstoken", OS_ACCESS_TOKEN=token)
    assert [p["Name"] for p in client("project list --my-projects -f json", environment).json()] == ["web"]


def test_an_access_token_becomes_a_token_of_this_cloud(made: OpenIDCloud) -> None:
    reply = made.by_bearer(made.provider.token("cli", "ann"))
    assert reply.status_code == 201, reply.text
    user = reply.json()["token"]["user"]
    assert user["OS-FEDERATION"]["identity_provider"] == {"id": "op"} and len(user["OS-FEDERATION"]["groups"]) == 1
    bob = made.by_bearer(made.provider.token("cli", "bob")).json()["token"]["user"]
    assert bob["name"] == "bob" and bob["OS-FEDERATION"]["groups"] == []
    by_opaque = made.by_bearer(made.provider.token("opaque", "ann", "openid email groups"), protocol="opaque")
    assert by_opaque.json()["token"]["user"]["id"] == user["id"]


def test_the_methods_of_the_usual_login_take_a_bearer_token(made: OpenIDCloud) -> None:
    identity = {"methods": ["openid"], "openid": {"identity_provider": "op", "protocol": "openid"}}
    body = {"auth": {"identity": identity, "scope": {"project": {"name": "web", "domain": {"id": "default"}}}}}
    bearer = f"Bearer {made.provider.token('cli', 'ann')}"
    reply = made.call("POST", "/auth/tokens", body, Authorization=bearer)
    assert reply.status_code == 201 and reply.json()["token"]["project"]["name"] == "web"


def parts(token: str) -> list[bytes]:
    return [base64.urlsafe_b64decode(part + "==") for part in token.split(".")]


def joined(*values: bytes) -> str:
    return ".".join(base64.urlsafe_b64encode(value).rstrip(b"=").decode() for value in values)


def changed(token: str) -> str:
    header, payload, signature = parts(token)
    return joined(header, json.dumps(json.loads(payload) | {"sub": "admin"}).encode(), signature)


def unsigned(token: str) -> str:
    return joined(b'{"alg":"none","typ":"JWT"}', parts(token)[1], b"")


def by_public_key(token: str, made: OpenIDCloud) -> str:
    """Signed with the provider's public key, as if that were a shared secret."""
    known = requests.get(f"{made.provider.issuer}/jwks", verify=str(made.provider.ca_file), timeout=20).json()["keys"][
        0
    ]
    header = json.dumps({"alg": "HS256", "kid": known["kid"]}).encode()
    content = joined(header, parts(token)[1])
    return f"{content}.{joined(hmac.new(json.dumps(known).encode(), content.encode(), hashlib.sha256).digest())}"


def by_another_key(token: str) -> str:
    """Signed by somebody else under the provider's key id."""
    header, payload, _ = (json.loads(part) if number < 2 else {} for number, part in enumerate(parts(token)))
    key = rsa.generate_private_key(65537, 2048)
    return jwt.encode(payload, key, "RS256", {"kid": header["kid"]})


REFUSED: dict[str, Callable[[OpenIDCloud, str], str]] = {
    "over": lambda made, _: made.provider.token("late"),
    "made out for another service": lambda made, _: made.provider.token("elsewhere"),
    "changed": lambda _, token: changed(token),
    "without a signature": lambda _, token: unsigned(token),
    "with the signature cut off": lambda _, token: token.rpartition(".")[0] + ".",
    "signed with the public key": lambda made, token: by_public_key(token, made),
    "signed in another way than its key is for": lambda _, token: joined(
        b'{"alg":"PS256","kid":' + json.dumps(json.loads(parts(token)[0])["kid"]).encode() + b"}", *parts(token)[1:]
    ),
    "with a header that is none": lambda _, token: joined(b'{"alg":["RS256"],"kid":{}}', *parts(token)[1:]),
    "signed by somebody else": lambda _, token: by_another_key(token),
    "signed with an unknown key": lambda _, token: jwt.encode({"sub": "ann"}, "x" * 64, "HS512", {"kid": "none"}),
    "opaque and unknown": lambda _made, _token: "a" * 40,
    "no token": lambda _made, _token: "a.b.c",
    "nothing": lambda _made, _token: "",
    "too long": lambda _made, _token: "a" * 7000,
    "opaque, and made out for another client": lambda made, _: made.provider.token("opaque", "ann"),
}


@pytest.mark.parametrize("forge", REFUSED.values(), ids=REFUSED)
def test_an_access_token_is_refused_that_is(made: OpenIDCloud, forge: Callable[[OpenIDCloud, str], str]) -> None:
    genuine = made.provider.token("cli", "ann")
    assert made.by_bearer(forge(made, genuine)).status_code == 401
    assert made.by_bearer(genuine).status_code == 201


def test_a_provider_that_is_not_reached_is_said_to_be_and_harms_nobody_else(made: OpenIDCloud) -> None:
    token = made.provider.token("cli", "ann")
    for name in ("gone", "slow", "untrusted"):
        begin = time.monotonic()
        reply = made.by_bearer(token, name)
        assert reply.status_code == 503 and "identity provider" in reply.json()["error"]["message"], name
        assert time.monotonic() - begin < 10
        assert made.by_bearer(token).status_code == 201
        path = f"/auth/OS-FEDERATION/identity_providers/{name}/protocols/openid/websso?origin={DASHBOARD}"
        assert made.call("GET", path).status_code == 503


def token_of(page: requests.Response) -> str:
    found = re.search(r'name="token" value="([^"]+)"', page.text)
    assert found, page.text
    return found[1]


def test_a_browser_goes_to_the_provider_and_comes_back_with_a_token(made: OpenIDCloud) -> None:
    browser = Browser(made)
    page = browser.get(browser.sign_on("ann", PATH), timeout=30)
    asked = parse_qs(urlsplit(browser.way[1]).query)
    assert asked["code_challenge_method"] == ["S256"] and asked["state"] and asked["nonce"]
    assert page.status_code == 200 and f'action="{DASHBOARD}"' in page.text, page.text
    assert not [cookie.name for cookie in browser.cookies if cookie.name.startswith("pileus-sso")]
    shown = made.call("GET", "/auth/tokens", X_Auth_Token=made.admin, X_Subject_Token=token_of(page)).json()["token"]
    assert shown["user"]["name"] == "ann" and len(shown["user"]["OS-FEDERATION"]["groups"]) == 1
    assert shown["user"]["id"] == made.by_bearer(made.provider.token("cli", "ann")).json()["token"]["user"]["id"]
    listed = made.call("GET", "/auth/projects", X_Auth_Token=token_of(page)).json()["projects"]
    assert [project["name"] for project in listed] == ["web"]


def test_a_login_ends_only_in_the_browser_in_which_it_was_begun_and_only_once(made: OpenIDCloud) -> None:
    mine, other = Browser(made), Browser(made)
    back = mine.sign_on("ann", PATH)
    other.sign_on("bob", PATH)
    assert other.get(back, timeout=30).status_code == 401
    assert requests.get(back, timeout=30).status_code == 401
    cookies = [(cookie.name, cookie.value) for cookie in mine.cookies if cookie.name.startswith("pileus-sso")]
    assert mine.get(back.replace("state=", "state=x"), timeout=30).status_code == 401
    assert mine.get(back, timeout=30).status_code == 200
    assert mine.get(back, timeout=30).status_code == 401
    assert requests.get(back, cookies=dict(cookies), timeout=30).status_code == 401  # the code was used


def test_a_code_of_somebody_else_s_login_is_refused(made: OpenIDCloud) -> None:
    mine, other = Browser(made), Browser(made)
    back, stolen = mine.sign_on("ann", PATH), other.sign_on("bob", PATH)
    code = parse_qs(urlsplit(stolen).query)["code"][0]
    mixed = re.sub(r"code=[^&]+", f"code={code}", back)
    assert mine.get(mixed, timeout=30).status_code == 401


def test_a_refusal_of_the_provider_is_told(made: OpenIDCloud) -> None:
    browser = Browser(made)
    back = browser.sign_on("ann", PATH)
    refused = browser.get(re.sub(r"code=[^&]+", "error=access_denied", back), timeout=30)
    assert refused.status_code == 401 and "access_denied" in refused.json()["error"]["message"]


def test_a_browser_is_sent_back_to_known_dashboards_only(made: OpenIDCloud) -> None:
    path = f"/auth/OS-FEDERATION{PATH}"
    assert made.call("GET", f"{path}?origin=https://evil.example.org/").status_code == 401
    assert made.call("GET", path).status_code == 400


def test_a_person_chooses_among_providers_unless_there_is_one_only(made: OpenIDCloud) -> None:
    choice = made.call("GET", f"/auth/OS-FEDERATION/websso/openid?origin={DASHBOARD}")
    assert choice.status_code == 200 and "/identity_providers/op/" in choice.text
    only = made.call("GET", f"/auth/OS-FEDERATION/websso/opaque?origin={DASHBOARD}")
    assert only.status_code == 302 and only.headers["Location"].startswith(f"{made.provider.issuer}/auth?")


def test_an_answer_that_says_it_is_another_provider_s_is_refused(made: OpenIDCloud) -> None:
    browser = Browser(made)
    back = browser.sign_on("ann", PATH)
    assert parse_qs(urlsplit(back).query)["iss"] == [made.provider.issuer]
    refused = browser.get(re.sub(r"iss=[^&]+", "iss=https%3A%2F%2Fevil.example.org", back), timeout=30)
    assert refused.status_code == 401
