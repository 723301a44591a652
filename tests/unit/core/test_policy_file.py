"""The operator's policy.yaml: it overrides rules of every service, at once when it is edited, and never by half."""

import logging
import os
from dataclasses import replace

import pytest

from pileus.catalogue import SERVICES, policy
from pileus.core.context import Context
from pileus.core.policy import Policy
from pileus.core.policy_file import judge

MEMBER = Context("u1", project_id="p1", roles=("member", "reader"))
READER = Context("u1", project_id="p1", roles=("reader",))


@pytest.fixture
def edit(tmp_path):
    """Write the policy file; each time it looks newer, however quick the test is."""
    file = tmp_path / "policy.yaml"
    moments = iter(range(1_000_000_000, 2_000_000_000))

    def write(text: str) -> str:
        file.write_text(text)
        moment = next(moments)
        os.utime(file, (moment, moment))
        return str(file)

    return write


@pytest.fixture
def rules(settings, edit):
    """The rules of the whole cloud with this policy file."""
    return lambda text: policy(replace(settings, policy_file=edit(text)))


@pytest.mark.parametrize("service", [service for service in SERVICES if service.policies], ids=lambda one: one.name)
def test_a_rule_of_each_service_can_be_overridden(service, rules):
    name = next(
        rule.name for rule in service.policies if rule.name.rpartition(":")[2].startswith(("create", "add", "reboot"))
    )
    changed = rules(f'"{name}": "role:auditor"\n')
    assert changed.allows(Context("u", roles=("auditor",)), name, {})
    assert not changed.allows(Context("u", roles=("admin", "manager", "member", "reader")), name, {})


def test_an_override_of_a_rule_that_others_refer_to_changes_them_all(rules):
    changed = rules('"admin": "role:root"\n')
    root, admin = (Context("u", project_id="p1", roles=(role,)) for role in ("root", "admin"))
    for name in ("update_quota", "publicize_image", "volume:force_delete", "os_compute_api:os-services:list"):
        assert changed.allows(root, name) and not changed.allows(admin, name), name


def test_an_edited_file_counts_without_a_restart(rules, edit):
    changed = rules('"add_image": "role:nobody"\n')
    assert not changed.allows(MEMBER, "add_image")
    edit('"add_image": "role:reader"\n')
    assert changed.allows(READER, "add_image") and changed.origin("add_image").endswith("policy.yaml")
    edit("# as it was\n")
    assert not changed.allows(READER, "add_image") and changed.allows(MEMBER, "add_image")
    assert changed.origin("add_image") == "default"


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        ("{", "it is no YAML"),
        ("- add_image", "it must be a mapping of rules to checks"),
        ('"add_image": 7', "add_image: a check is a text"),
        ('"add_image": "role:member or or"', "add_image: cannot understand"),
        ('"add_image": "member"', "add_image: cannot understand"),
        ('"add_image": "(role:member"', "add_image: cannot understand"),
        ('"add_image": "rule:nothing"', "add_image: there is no rule nothing"),
        ('"add_image": "rule:get_image"\n"get_image": "rule:add_image"', "add_image: it refers to itself"),
        ('"add_image": "project_id:%(project_id)"', "add_image: cannot understand"),
        ('"add_image": "colour:red"', "nothing called 'colour' is known about callers"),
    ],
)
def test_a_broken_file_is_a_clear_error_at_the_start_and_a_broken_edit_keeps_the_last_good_rules(
    broken, said, rules, edit, caplog
):
    with pytest.raises(ValueError, match=r"policy\.yaml") as error:
        rules(broken)
    assert said in str(error.value)
    good = rules('"add_image": "role:reader"\n')
    edit(broken)
    with caplog.at_level(logging.ERROR):
        assert good.allows(READER, "add_image")
        assert good.allows(READER, "add_image")
    assert [said in record.getMessage() for record in caplog.records if "stay as they were" in record.getMessage()] == [
        True
    ]
    edit('"add_image": "role:nobody"\n')
    assert not good.allows(READER, "add_image")


def test_a_file_that_goes_away_keeps_the_last_good_rules_and_a_missing_one_is_an_error(
    rules, settings, tmp_path, caplog
):
    changed = rules('"add_image": "role:reader"\n')
    (tmp_path / "policy.yaml").unlink()
    assert changed.allows(READER, "add_image") and "No such file" in caplog.text
    with pytest.raises(ValueError, match="No such file"):
        Policy(replace(settings, policy_file=str(tmp_path / "policy.yaml")), [])


def test_a_rule_that_nobody_asks_for_is_doubted_and_a_helper_of_other_rules_is_not():
    known = {rule.name: rule.check for service in SERVICES for rule in service.policies}
    found = judge('"operators": "role:ops"\n"add_image": "rule:operators"\n"add_imgae": "!"', known)
    assert not found.errors and found.doubts == ["add_imgae: no service asks for this rule"]


@pytest.mark.parametrize(
    "text", ["", "@", "!", "not role:x", "role:a and (role:b or not rule:add_image)", "'a':%(b)s or None:%(c)s"]
)
def test_what_oslo_policy_understands_is_understood(text):
    known = {rule.name: rule.check for service in SERVICES for rule in service.policies}
    assert not judge(f'"get_image": "{text}"', known).errors


@pytest.mark.parametrize("roles", [("manager", "member", "reader"), ("admin", "manager", "member", "reader")])
def test_a_token_without_a_project_owns_nothing_not_even_what_has_no_project(settings, roles):
    rules = policy(settings)
    for scope in ({}, {"domain_id": "d1"}, {"system": True}):
        nowhere = Context("u1", roles=roles, **scope)
        for name in ("add_image", "get_network"):
            assert not rules.allows(nowhere, name)
            assert not rules.allows(nowhere, name, {"project_id": None})
            assert not rules.allows(nowhere, name, {"project_id": "None"})
