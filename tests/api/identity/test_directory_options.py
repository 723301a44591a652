"""Stories about how a directory is configured: who is a user, what of an entry is shown, and how the server is reached."""

import uuid
from typing import Any

import pytest

from directory_stories import Company, settle
from identity_stories import Identity
from pileus.identity.operations import directories
from private_directory import SIZE_LIMIT, Server, Tree


def test_the_enabled_attribute_is_honoured(company: Company) -> None:
    people = f"ou=people,{company.tree.base}"
    company.configure(user_enabled_attribute="employeeType")
    company.tree.change(f"uid=ann,{people}", employeeType="FALSE")
    assert company.enabled() == {"ann": False, "bob": True}
    assert company.log_in("ann").status_code == 401 and company.log_in("bob").status_code == 201
    company.tree.change(f"uid=ann,{people}", employeeType="TRUE")
    assert company.log_in("ann").status_code == 201
    company.configure(user_enabled_invert=True, user_enabled_default="False")
    assert company.enabled() == {"ann": False, "bob": True}
    company.configure(user_attribute_ignore=["enabled"])
    assert company.enabled() == {"ann": True, "bob": True}


def test_a_bit_of_a_number_disables_as_in_active_directory(company: Company) -> None:
    people = f"ou=people,{company.tree.base}"
    company.configure(user_enabled_attribute="employeeNumber", user_enabled_mask=2, user_enabled_default="512")
    company.tree.change(f"uid=ann,{people}", employeeNumber="514")
    assert company.enabled() == {"ann": False, "bob": True}
    company.configure(user_enabled_default="True")
    reply = company.identity.get(f"/users?domain_id={company.domain_id}")
    assert reply.status_code == 503 and "user_enabled_default" in reply.text


@pytest.mark.parametrize("more", [0, 5])
def test_a_group_tells_who_is_enabled(company: Company, more: int) -> None:
    people = f"ou=people,{company.tree.base}"
    for number in range(more):
        company.tree.person(f"user{number}")
    company.configure(user_enabled_emulation=True)
    missing = company.log_in("ann")
    assert missing.status_code == 503
    company.tree.add(f"cn=enabled_users,{people}", "groupOfNames", cn="enabled_users", member=[f"UID=ann, {people}"])
    assert company.enabled() == {"ann": True, "bob": False} | {f"user{number}": False for number in range(more)}
    assert (company.log_in("ann").status_code, company.log_in("bob").status_code) == (201, 401)
    other = company.tree.add(
        f"cn=on,ou=groups,{company.tree.base}", "posixGroup", cn="on", gidNumber="7", memberUid=["bob"]
    )
    company.configure(
        user_enabled_emulation_dn=other,
        user_enabled_emulation_use_group_config=True,
        group_member_attribute="memberUid",
        group_members_are_ids=True,
        group_objectclass="posixGroup",
    )
    assert (company.log_in("ann").status_code, company.log_in("bob").status_code) == (401, 201)


def test_filters_object_classes_and_the_scope_choose_who_is_a_user(company: Company) -> None:
    people = f"ou=people,{company.tree.base}"
    company.tree.add(f"ou=far,{people}", "organizationalUnit")
    company.tree.add(f"uid=carl,ou=far,{people}", "inetOrgPerson", uid="carl", cn="carl", sn="carl")
    company.tree.add(f"cn=device,{people}", "person", cn="device", sn="device")
    assert company.users() == ["ann", "bob"]
    company.configure(query_scope="sub")
    assert company.users() == ["ann", "bob", "carl"]
    company.configure(user_filter="(|(uid=ann)(uid=carl))")
    assert company.users() == ["ann", "carl"] and company.log_in("bob").status_code == 401
    company.configure(user_filter="mail=*")
    assert company.users() == ["ann"]
    company.forget("user_filter")
    company.configure(user_objectclass="person", user_id_attribute="cn", user_name_attribute="sn")
    assert company.users() == ["ann", "bob", "carl", "device"]


def test_attributes_are_mapped_as_configured(company: Company) -> None:
    project = company.project()["project"]["id"]
    company.tree.person("dora", cn="Dora D.", mail="dora@example.org", title="Dr.", employeeNumber=project, o="Firm")
    company.configure(
        user_name_attribute="cn",
        user_description_attribute="title",
        user_additional_attribute_mapping=["o:company", "mail:contact"],
        user_default_project_id_attribute="employeeNumber",
        user_attribute_ignore="email",
    )
    shown = company.user("Dora D.")
    assert (shown["description"], shown["company"], shown["contact"]) == ("Dr.", "Firm", "dora@example.org")
    assert shown["default_project_id"] == project and "email" not in shown
    assert shown["id"] == directories.shadow_id(company.domain_id, "user", "dora")
    company.configure(user_attribute_ignore=["default_project_id", "mail", "company"])
    shown = company.user("Dora D.")
    assert not {"default_project_id", "email", "company"} & set(shown)


def test_lists_are_filtered_by_name_in_the_directory(company: Company) -> None:
    company.tree.person("joann")
    company.tree.person("Annabel")
    assert company.users("&name=ann") == ["ann"]
    assert company.users("&name=ANN") == ["ann"]
    assert company.users("&name__contains=ann") == ["Annabel", "ann", "joann"]
    assert company.users("&name__startswith=ann") == ["Annabel", "ann"]
    assert company.users("&name__iendswith=NN") == ["ann", "joann"]
    assert company.users("&name__contains=") == company.users() == ["Annabel", "ann", "bob", "joann"]
    assert company.users("&enabled=false") == []
    first = company.identity.get(f"/users?domain_id={company.domain_id}&limit=3&sort_key=name").json
    assert [user["name"] for user in first["users"]] in (["Annabel", "ann", "bob"], ["ann", "Annabel", "bob"])
    assert "marker=" in first["links"]["next"]
    company.identity.patch(f"/domains/{company.domain_id}/config", {"config": {"identity": {"list_limit": 2}}})
    assert len(company.users()) == 2


def test_lists_are_longer_than_a_page_and_than_what_the_server_gives_at_once(company: Company) -> None:
    for number in range(2 * SIZE_LIMIT):
        company.tree.person(f"user{number:02}", None)
    reply = company.identity.get(f"/users?domain_id={company.domain_id}")
    assert reply.status_code == 503 and "page_size" in reply.text
    company.configure(page_size=7)
    assert len(company.users()) == 2 * SIZE_LIMIT + 2
    company.tree.group("all", *(f"uid=user{number:02},ou=people,{company.tree.base}" for number in range(30)))
    group = company.group("all")
    members = company.identity.get(f"/groups/{group['id']}/users").json["users"]
    assert sorted(user["name"] for user in members) == [f"user{number:02}" for number in range(30)]
    assert company.sync().users == 2 * SIZE_LIMIT + 2


def test_encryption_is_demanded_and_checked(company: Company) -> None:
    server = company.tree.server
    good: list[dict[str, Any]] = [
        {"use_tls": True, "tls_cacertfile": server.ca},
        {"use_tls": False, "url": server.secure_url},
        {"tls_req_cert": "allow", "tls_cacertfile": server.wrong_ca},
        {"tls_req_cert": "never"},
    ]
    for options in good:
        company.configure(**options)
        assert company.log_in("ann").status_code == 201, options
    company.configure(tls_req_cert="demand")
    for options in ({}, {"url": server.url, "use_tls": True}):
        company.configure(**options)
        reply = company.identity.get(f"/users?domain_id={company.domain_id}")
        assert reply.status_code == 503 and "certificate" in reply.text, options
        assert company.log_in("ann").status_code == 503
    company.configure(url=server.url.replace("127.0.0.1", "localhost"), tls_cacertfile=server.ca)
    reply = company.identity.get(f"/users?domain_id={company.domain_id}")
    assert reply.status_code == 503 and "certificate" in reply.text
    company.configure(url=server.secure_url)
    reply = company.identity.get(f"/users?domain_id={company.domain_id}")
    assert reply.status_code == 503 and "use_tls" in reply.text
    company.configure(url=server.secure_url, use_tls=False, tls_cacertfile="/nowhere.pem")
    assert "tls_cacertfile" in company.identity.get(f"/users?domain_id={company.domain_id}").text


def test_aliases_are_followed_when_configured(company: Company) -> None:
    elsewhere = company.tree.add(f"ou=elsewhere,{company.tree.base}", "organizationalUnit")
    target = company.tree.add(f"uid=eve,{elsewhere}", "inetOrgPerson", uid="eve", cn="eve", sn="eve")
    where = f"uid=eve,ou=people,{company.tree.base}"
    company.tree.add(where, "alias", "extensibleObject", uid="eve", aliasedObjectName=target)
    assert company.users() == ["ann", "bob"]
    company.configure(alias_dereferencing="searching")
    assert company.users() == ["ann", "bob", "eve"]


@pytest.mark.parametrize("pool", [True, False])
def test_connections_are_kept_and_made_again(company: Company, server: Server, pool: bool) -> None:
    company.configure(use_pool=pool, pool_size=2, pool_retry_max=1)
    assert company.log_in("ann").status_code == 201
    server.stop()
    server.start()
    company.tree.writing = server.root()
    assert company.log_in("ann").status_code == 201 and company.users() == ["ann", "bob"]


def test_of_several_addresses_one_that_answers_is_enough(company: Company, server: Server) -> None:
    company.configure(url=f"ldap://127.0.0.1:1,{server.url}")
    assert company.log_in("ann").status_code == 201


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("page_size", "many"),
        ("page_size", -1),
        ("use_tls", "perhaps"),
        ("query_scope", "all"),
        ("tls_req_cert", "sometimes"),
        ("alias_dereferencing", 3),
        ("user_filter", "(uid=ann"),
        ("user_filter", "(uid=ann)(x=y)"),
        ("user_filter", "(!)"),
        ("user_tree_dn", "="),
        ("user_tree_dn", ["ou=people"]),
        ("pool_retry_delay", 1e300),
        ("user_tree_dn", "people"),
        ("user_id_attribute", "uid=*)(x"),
        ("user_attribute_ignore", 7),
        ("user_additional_attribute_mapping", ["title"]),
        ("user_additional_attribute_mapping", ["title:enabled"]),
        ("user_additional_attribute_mapping", ["userPassword:hash"]),
        ("chase_referrals", True),
        ("pool_retry_delay", "soon"),
        ("url", ""),
        ("password", 7),
    ],
)
def test_a_value_that_an_option_cannot_have_is_refused_when_it_is_set(
    identity: Identity, name: str, value: Any
) -> None:
    reply = identity.put("/domains/default/config", {"config": {"ldap": {name: value}}})
    assert reply.status_code == 400 and name in reply.text
    assert identity.get("/domains/default/config").status_code == 404


def test_the_defaults_are_values_that_can_be_set(identity: Identity) -> None:
    defaults = identity.get("/domains/config/default").json["config"]
    made = identity.make("domain", name="company")["id"]
    reply = identity.put(f"/domains/{made}/config", {"config": defaults})
    assert reply.status_code == 201 and reply.json["config"] == defaults


def test_a_directory_that_looks_like_active_directory_works(identity: Identity, tree: Tree) -> None:
    def add(name: str, kind: str, guid: bytes, **more: Any) -> str:
        dn = f"CN={name},ou={'groups' if kind == 'group' else 'people'},{tree.base}"
        return tree.add(dn, kind, cn=name, objectGUID=guid, **more)

    ada = add("Ada L.", "user", bytes(range(240, 256)), sn="L", sAMAccountName="ada", userAccountControl="512")
    tree.change(ada, userPassword="secret")
    add(
        "Ben",
        "user",
        b"sixteen letters!",
        sn="B",
        sAMAccountName="ben",
        userAccountControl="514",
        userPassword="secret",
    )
    add("Eve", "user", b"*()\\\0 wild guid!", sn="E", sAMAccountName="eve", userPassword="secret")
    inner = add("Inner", "group", b"group number one", member=[ada])
    add("Outer", "group", b"group number two", member=[inner])
    company = settle(
        identity,
        tree,
        tree.options(
            query_scope="sub",
            page_size=100,
            user_objectclass="user",
            user_filter="(objectClass=user)",
            user_id_attribute="objectGUID",
            user_name_attribute="sAMAccountName",
            user_enabled_attribute="userAccountControl",
            user_enabled_mask=2,
            user_enabled_default="512",
            group_objectclass="group",
            group_id_attribute="objectGUID",
            group_name_attribute="cn",
            group_ad_nesting=True,
        ),
    )
    assert company.enabled() == {"ada": True, "ben": False, "eve": True} and company.groups() == ["Inner", "Outer"]
    assert [company.log_in(name).status_code for name in ("ada", "ben", "eve")] == [201, 401, 201]
    user = company.user("ada")
    assert user["id"] == directories.shadow_id(
        company.domain_id, "user", str(uuid.UUID(bytes_le=bytes(range(240, 256))))
    )
    assert company.log_in_by_id(company.user("eve")["id"]).status_code == 201
    scope = company.project(groups=company.group("Outer")["id"])
    assert company.works(company.token("ada", scope))
    assert company.sync() == directories.Synced(3, 2, 0)
