"""What the module libvirt_domain takes; its documentation says what each is."""

OPTIONS = {
    "state": {"type": "str", "choices": ["present", "absent", "rebooted", "console"], "default": "present"},
    "host_facts": {"type": "path", "default": "/etc/pileus/hypervisor.json"},
    "uri": {"type": "str", "default": "qemu:///system"},
    "machine": {"type": "str", "default": "pc"},
    "bridge": {"type": "str", "default": "br-int"},
    "vnc_listen": {"type": "str", "default": "127.0.0.1"},
    "tcg_cache_mib": {"type": "int", "default": 32},
    "secret_uuid": {"type": "str", "required": True, "no_log": False},
    "ceph_client": {"type": "str", "default": "pileus"},
    "ceph_conf": {"type": "path", "default": "/etc/ceph/ceph.conf"},
    "shutdown_timeout": {"type": "int", "default": 60},
    "detach_timeout": {"type": "int", "default": 30},
    "busy_timeout": {"type": "int", "default": 40},
    "console_bytes": {"type": "int", "default": 65536},
    "parallel": {"type": "int", "default": 4},
}
ID = {"type": "str", "required": True}
DISK = {
    "id": ID,
    "pool": ID,
    "image": ID,
    "device": ID,
    "bus": {"type": "str", "default": "virtio"},
    "boot_index": {"type": "int"},
    "serial": {"type": "str"},
    "size": {"type": "int"},
}
NIC = {"id": ID, "mac": ID, "mtu": {"type": "int"}, "network_id": {"type": "str"}}
ITEM = {
    "id": ID,
    "intent": {"type": "str"},
    "host": ID,
    "name": {"type": "str"},
    "project_id": {"type": "str"},
    "power": {"type": "str", "choices": ["running", "shutoff"], "default": "running"},
    "vcpus": {"type": "int"},
    "memory_mib": {"type": "int"},
    "virt_type": {"type": "str"},
    "reboot": {"type": "dict", "options": {"type": {"type": "str", "choices": ["SOFT", "HARD"], "default": "SOFT"}}},
    "disks": {"type": "list", "elements": "dict", "default": [], "options": DISK},
    "nics": {"type": "list", "elements": "dict", "default": [], "options": NIC},
}
