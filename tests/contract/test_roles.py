"""Every role keeps its contract: argument_specs, prefixes, defaults that agree, documentation, a scenario for host roles."""

from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
ROLES = sorted(path.name for path in (ROOT / "roles").iterdir() if path.is_dir())
ON_THE_LAB_MACHINE = {"lab_golden", "lab_fabric", "lab_host", "guest_image"}  # they make what molecule would run on


def load(role: str, *parts: str) -> dict:
    path = ROOT.joinpath("roles", role, *parts)
    return (yaml.safe_load(path.read_text()) or {}) if path.exists() else {}


def options(role: str) -> dict:
    return load(role, "meta", "argument_specs.yml")["argument_specs"]["main"].get("options", {})


@pytest.mark.parametrize("role", ROLES)
def test_a_role_declares_all_its_variables_under_its_own_prefix(role):
    declared, defaults = set(options(role)), set(load(role, "defaults", "main.yml"))
    assert defaults <= declared
    assert all(name.startswith(f"{role}_") for name in declared | defaults)
    assert all(name.startswith(f"_{role}_") for name in load(role, "vars", "main.yml"))


@pytest.mark.parametrize("role", ROLES)
def test_defaults_and_argument_specs_say_the_same(role):
    defaults = load(role, "defaults", "main.yml")
    for name, option in options(role).items():
        if "default" in option:
            assert name in defaults and defaults[name] == option["default"], name
        elif name not in defaults:
            assert option.get("required") or option.get("default") is None, name


@pytest.mark.parametrize("role", ROLES)
def test_a_role_is_documented(role):
    readme = ROOT / "roles" / role / "README.md"
    assert readme.exists() and readme.read_text().startswith(f"# {role}\n")
    assert all(option.get("description") for option in options(role).values())


@pytest.mark.parametrize("role", ROLES)
def test_a_host_role_has_a_molecule_scenario(role):
    if (ROOT / "roles" / role / "library").exists() or role in ON_THE_LAB_MACHINE:
        return
    assert (ROOT / "roles" / role / "molecule" / "default" / "molecule.yml").exists()
