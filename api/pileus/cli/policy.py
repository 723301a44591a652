"""`pileus policy`: the rules of all services, and what the operator's policy.yaml makes of them."""

import textwrap
from pathlib import Path
from typing import Any

import click
import orjson

from pileus.cli.explain import explain
from pileus.cli.settings import Setup, pass_setup
from pileus.core.config import Settings
from pileus.core.policy import BASE, Policy, operations_of
from pileus.core.policy_file import judge
from pileus.core.service import Service


@click.group()
def policy() -> None:
    """See who may do what, and why."""


policy.add_command(explain)


def load(settings: Settings) -> Policy:
    """All rules, as policy.yaml leaves them; a clear message when it cannot be used."""
    from pileus import catalogue  # noqa: PLC0415 - keeps `pileus --help` quick

    try:
        return catalogue.policy(settings)
    except ValueError as error:
        raise click.ClickException(str(error)) from None


def _services(name: str | None = None) -> list[Service]:
    from pileus import catalogue  # noqa: PLC0415 - keeps `pileus --help` quick

    chosen = [
        service for service in catalogue.SERVICES if service.policies and name in (None, service.name, service.type)
    ]
    if not chosen:
        known = ", ".join(service.name for service in catalogue.SERVICES if service.policies)
        raise click.ClickException(f"there is no service {name}; there are {known}")
    return chosen


def _routes(service: Service | None, rule: Any) -> list[str]:
    """The routes that name a rule, or else those for which it says it is asked inside."""
    if service is None:
        return []
    named = {f"{route.method} {service.prefix}{route.path}" for route in service.routes if route.rule == rule.name}
    return sorted(named) or [f"{method} {service.prefix}{path}" for method, path in operations_of(rule)]


def _shape(rules: Policy, service: Service | None, rule: Any) -> dict[str, Any]:
    """A rule as list and show present it."""
    actions = (
        {route.action for route in service.routes if route.rule == rule.name and route.action} if service else set()
    )
    return {
        "rule": rule.name,
        "service": service.name if service else None,
        "description": getattr(rule, "description", None) or "",
        "check": str(rules.enforcer.rules[rule.name]),
        "default": rule.check_str,
        "origin": rules.origin(rule.name),
        "routes": _routes(service, rule),
        "actions": sorted(actions),
    }


@policy.command("list")
@click.option("--service", metavar="NAME", help="Only the rules of this service.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@pass_setup
def list_(setup: Setup, service: str | None, as_json: bool) -> None:
    """List the rules with their checks and the routes that ask for them."""
    rules = load(setup.settings)
    found = [_shape(rules, one, rule) for one in _services(service) for rule in one.policies]
    if as_json:
        click.echo(orjson.dumps(found, option=orjson.OPT_INDENT_2).decode())
        return
    for shape in found:
        changed = "" if shape["origin"] == "default" else f"   ({shape['origin']})"
        click.echo(f"{shape['rule']}   {shape['check']}{changed}")
        for route in shape["routes"]:
            click.echo(f"    {route}")


@policy.command()
@click.argument("rule")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@pass_setup
def show(setup: Setup, rule: str, as_json: bool) -> None:
    """Show one rule: what it is for, its check, where that comes from, and which personas pass it."""
    from pileus.core.explanation import asked_about, personas  # noqa: PLC0415 - only this command needs it

    rules = load(setup.settings)
    owners = [(one, known) for one in _services() for known in one.policies if known.name == rule]
    owners = owners or [(None, known) for known in BASE if known.name == rule]  # type: ignore[misc]
    if not owners:
        raise click.ClickException(f"there is no rule {rule}")
    shape = _shape(rules, *owners[0])
    shape |= {"personas": personas(rules, rule), "asks_about": asked_about(rules, rule)}
    if as_json:
        click.echo(orjson.dumps(shape, option=orjson.OPT_INDENT_2).decode())
        return
    for name, value in shape.items():
        lines = value if isinstance(value, list) else [value]
        for number, line in enumerate(lines or ["-"]):
            click.echo(f"{name if number == 0 else '':12} {line if line is not None else '-'}")


@policy.command()
@click.option("--service", metavar="NAME", help="Only the rules of this service.")
def sample(service: str | None) -> None:
    """Write a policy.yaml in which every rule stands as it is by default, commented out, for an operator to edit."""
    click.echo("# Rules of Pileus. Take the # away in front of a rule to change it; the others stay as they are.")
    click.echo("# The syntax is that of oslo.policy. `pileus policy check` reads this file before the API does.")
    _sample("rules that others refer to", BASE)
    for one in _services(service):
        _sample(f"{one.name} ({one.type})", one.policies, one)


def _sample(title: str, rules: Any, service: Service | None = None) -> None:
    click.echo(f"\n# === {title} ===")
    for rule in rules:
        click.echo("")
        if description := getattr(rule, "description", None):
            click.echo(textwrap.indent(textwrap.fill(description, 110), "# "))
        for route in _routes(service, rule):
            click.echo(f"# {route}")
        click.echo(f"#{_quoted(rule.name)}: {_quoted(rule.check_str)}")


def _quoted(text: str) -> str:
    return orjson.dumps(text).decode()


@policy.command()
@click.option("--file", "path", type=click.Path(path_type=Path), help="The file (default: the setting policy_file).")
@pass_setup
def check(setup: Setup, path: Path | None) -> None:
    """Look for mistakes in a policy.yaml: its syntax, and names that nobody knows."""
    chosen = path or (Path(setup.settings.policy_file) if setup.settings.policy_file else None)
    if chosen is None:
        raise click.ClickException("there is no policy file: say --file, or set policy_file")
    try:
        text = chosen.read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise click.ClickException(str(error)) from None
    known = {rule.name: rule.check for rule in [*BASE, *(rule for one in _services() for rule in one.policies)]}
    found = judge(text, known)
    for problem in [*found.errors, *found.doubts]:
        click.echo(problem)
    if found.errors or found.doubts:
        raise click.ClickException(f"{chosen} is not in order")
    click.echo(f"{chosen} is in order; {len(found.checks)} rules are overridden.")
