"""What hypervisor_facts makes of the answers of libvirt and Ceph."""

from role_modules import load

MODULE = load("hypervisor_facts")
CAPABILITIES = """
<capabilities><host><cpu><arch>x86_64</arch><model>EPYC</model><vendor>AMD</vendor>
<topology sockets='1' dies='1' cores='4' threads='2'/><feature name='svm'/><feature name='aes'/></cpu></host></capabilities>
"""


def test_processor() -> None:
    assert MODULE.cpu_info(CAPABILITIES) == {
        "arch": "x86_64",
        "model": "EPYC",
        "vendor": "AMD",
        "topology": {"sockets": 1, "cores": 4, "threads": 2},
        "features": ["aes", "svm"],
    }


def test_only_our_domains_are_told_but_all_that_run_are_counted() -> None:
    found = MODULE.domains([("pileus-b", 5), ("pileus-a", 1), ("other", 1), ("pileus-c", 3)])
    states = [{"id": "a", "state": "running"}, {"id": "b", "state": "shutoff"}, {"id": "c", "state": "running"}]
    assert found == {"domains": states, "running_vms": 3}


def test_space_is_what_is_there_and_what_still_fits() -> None:
    told = {"pools": [{"name": "vms", "stats": {"stored": 1024**3, "max_avail": 3 * 1024**3}}]}
    assert MODULE.disk_gib(told, "vms") == 4
    assert MODULE.disk_gib(told, "other") == 0
