"""The steps that give a network its metadata on a hypervisor, from whatever a crash or a reboot has left."""

import pytest

from role_modules import load

load("metadata_network")

from ansible.module_utils.metadata_network_plan import device_of, namespace_of, plan, wanted  # noqa: E402
from ansible.module_utils.pileus_items import ItemError  # noqa: E402

NET = "3f0c6a52-5f5e-4c0e-9d0e-0a5d1d6a0001"
ITEM = {"id": NET, "mac": "FA:16:3E:00:00:02", "addresses": ["10.0.0.2/24"]}
WANT = wanted(ITEM, "present", "pileus-metadata")
NOTHING = {"namespace": False, "iface": None, "link": None, "frontend": None, "device": False}
ALL = {**WANT, "device": False}
ADDRESSES = [("address", "10.0.0.2/24"), ("address", "169.254.169.254/32")]
LINK = [("link", "fa:16:3e:00:00:02"), *ADDRESSES]
LISTEN = ("listen", WANT["frontend"])
PLUG = ("plug", WANT["iface"])


@pytest.mark.parametrize(
    ("have", "steps"),
    [
        (NOTHING, [("enter", None), PLUG, ("move", None), *LINK, LISTEN]),
        (ALL, []),
        ({**ALL, "frontend": None}, [LISTEN]),
        ({**ALL, "frontend": "old"}, [LISTEN]),
        ({**ALL, "iface": "other"}, [PLUG]),
        ({**ALL, "link": {**WANT["link"], "up": False}}, [("link", "fa:16:3e:00:00:02")]),
        (
            {**ALL, "link": {**WANT["link"], "addresses": ["10.0.0.2/24", "10.0.0.9/24"]}},
            [("unaddress", "10.0.0.9/24"), ("address", "169.254.169.254/32")],
        ),
        # a reboot, or a restart of the switch: the device is outside again
        ({**ALL, "namespace": False, "link": None, "device": True}, [("enter", None), ("move", None), *LINK, LISTEN]),
        ({**ALL, "link": None, "device": True}, [("move", None), *LINK, LISTEN]),
        # somebody removed the namespace: the device went with it
        (
            {**ALL, "namespace": False, "link": None},
            [("enter", None), ("pull", None), PLUG, ("move", None), *LINK, LISTEN],
        ),
    ],
)
def test_present(have, steps):
    assert plan(have, WANT) == steps


@pytest.mark.parametrize(
    ("have", "steps"),
    [
        (NOTHING, []),
        (ALL, ["forget", "unplug", "leave"]),
        ({**NOTHING, "iface": "x"}, ["unplug"]),
        ({**NOTHING, "namespace": True}, ["leave"]),
    ],
)
def test_absent(have, steps):
    assert [step for step, _ in plan(have, wanted({"id": NET}, "absent", ""))] == steps


def test_names_fit_the_kernel():
    assert namespace_of(ITEM) == "pileus-meta-3f0c6a52-5f"
    assert len(device_of(ITEM)) <= 15


@pytest.mark.parametrize("change", [{"id": "../x"}, {"mac": "x"}, {"addresses": ["10.0.0.2/99"]}, {"mac": None}])
def test_what_makes_no_sense_is_refused(change):
    with pytest.raises(ItemError):
        wanted({**ITEM, **change}, "present", "pileus-metadata")
