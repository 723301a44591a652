"""Loads modules of roles by their path, with stand-ins for bindings that only hosts have."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import ansible.module_utils

ROOT = Path(__file__).resolve().parent.parent
HOST_BINDINGS = ("rados", "rbd", "libvirt")


def load(role: str, name: str | None = None) -> ModuleType:
    """The module `roles/<role>/library/<name or role>.py`, which finds its module_utils as it does on a host."""
    for binding in HOST_BINDINGS:
        if binding not in sys.modules and importlib.util.find_spec(binding) is None:
            sys.modules[binding] = ModuleType(binding)
    for folder in (ROOT / "playbooks/module_utils", *(ROOT / "roles").glob("*/module_utils")):
        if str(folder) not in ansible.module_utils.__path__:
            ansible.module_utils.__path__.append(str(folder))
    path = ROOT / "roles" / role / "library" / f"{name or role}.py"
    spec = importlib.util.spec_from_file_location(f"role_{role}_{path.stem}", path)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
