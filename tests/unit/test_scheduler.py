"""The scheduler's filters and weighers, by table."""

from dataclasses import replace

import pytest

from pileus.compute.scheduler import Host, Wish, choose

HOST = Host("h1", vcpus=2, ram=4096, disk=100)
WISH = Wish(vcpus=1, ram=512, disk=10)


@pytest.mark.parametrize(
    ("host", "wish", "refused_by"),
    [
        ({}, {}, None),
        ({"enabled": False}, {}, "enabled"),
        ({"up": False}, {}, "up"),
        ({}, {"host": "h2"}, "host"),
        ({}, {"zone": "east"}, "zone"),
        ({"zone": "east"}, {"zone": "east"}, None),
        ({"used_ram": 5700}, {}, "ram"),
        ({"used_ram": 5632}, {}, None),
        ({"used_vcpus": 32}, {}, "vcpu"),
        ({"used_disk": 395}, {}, "disk"),
        ({"used_disk": 395}, {"disk": 0}, None),
        ({}, {"specs": {"aggregate_instance_extra_specs:ssd": "yes"}}, "aggregate"),
        ({"traits": ({"ssd": "yes"},)}, {"specs": {"aggregate_instance_extra_specs:ssd": "yes"}}, None),
        ({}, {"specs": {"hw:other": "1"}}, None),
        ({}, {"policy": "affinity", "gathered": True}, "server group"),
        ({"members": 1}, {"policy": "affinity", "gathered": True}, None),
        ({"members": 1}, {"policy": "anti-affinity"}, "server group"),
        ({"members": 1}, {"policy": "anti-affinity", "per_host": 2}, None),
    ],
)
def test_a_filter_refuses(host, wish, refused_by):
    choice = choose([replace(HOST, **host)], replace(WISH, **wish))
    assert choice.verdicts["hosts"]["h1"].get("refused") == refused_by
    assert (choice.host is None) == (refused_by is not None)


def test_the_host_with_more_room_is_chosen_and_names_break_ties():
    full, free = replace(HOST, used_ram=2048), replace(HOST, name="h2")
    assert choose([full, free], WISH).host == "h2"
    assert choose([free, HOST], WISH).host == "h1"


def test_soft_policies_outweigh_room():
    near = replace(HOST, name="h2", members=1, used_ram=4000)
    assert choose([HOST, near], replace(WISH, policy="soft-affinity")).host == "h2"
    assert choose([near, HOST], replace(WISH, policy="soft-anti-affinity")).host == "h1"


def test_the_message_counts_and_the_details_name():
    hosts = [
        replace(HOST, enabled=False),
        replace(HOST, name="h2", used_ram=6000),
        replace(HOST, name="h3", used_ram=6000),
    ]
    choice = choose(hosts, WISH)
    assert choice.message == (
        "No valid host was found. Of 3 hosts: enabled refused 1 (disabled by an operator); "
        "ram refused 2 (needs 512 MiB, 144 MiB free)."
    )
    assert "h2: ram: needs 512 MiB" in choice.details
    assert choose([], WISH).message == "There are no hosts yet."
