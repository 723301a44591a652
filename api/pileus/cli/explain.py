"""`pileus policy explain`: is this call allowed, and why."""

import os
import re
from collections.abc import Iterable, Mapping
from typing import Any

import click
import orjson

from pileus.cli.settings import Setup, pass_setup
from pileus.core import explanation
from pileus.core.context import Context
from pileus.core.errors import Fault
from pileus.core.explanation import Step
from pileus.core.service import Route, Service

_NO_CALLER = "say who calls: --user NAME, --token-file FILE (- is standard input), $OS_TOKEN, or --roles with --scope"


@click.command()
@click.argument("what", nargs=-1, required=True, metavar="METHOD PATH|RULE")
@click.option("--action", metavar="NAME", help="The action in the body, for paths that end in /action.")
@click.option("--user", metavar="NAME", help="A user as if logged in: name or id.")
@click.option(
    "--user-domain", default="default", show_default=True, metavar="NAME", help="The domain of user and project."
)
@click.option("--project", metavar="NAME", help="Log the user in to this project.")
@click.option("--domain", metavar="NAME", help="Log the user in to this domain.")
@click.option("--system", is_flag=True, help="Log the user in to the system.")
@click.option("--token-file", type=click.File(), metavar="FILE", help="A file that holds a token; - is standard input.")
@click.option("--roles", metavar="A,B", help="A made-up caller with these roles.")
@click.option(
    "--scope", default="unscoped", metavar="SCOPE", help="Of the made-up caller: project:ID, domain:ID or system."
)
@click.option("--target", multiple=True, metavar="KEY=VALUE", help="What the call is about; may be given again.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@pass_setup
def explain(setup: Setup, /, what: tuple[str, ...], target: tuple[str, ...], as_json: bool, **asked: Any) -> None:
    """Say whether a call is allowed, and why: each part of its rule with what was compared.

    A token never stands on the command line: it comes from a file, from standard input, or from $OS_TOKEN.
    """
    from pileus.cli.policy import load  # noqa: PLC0415 - that module holds this command

    rules = load(setup.settings)
    caller = _caller(setup, asked)
    rule, arguments, found = _rule(what, asked["action"])
    subject = _subject(setup, found, arguments, caller, target)
    try:
        step = explanation.explain(rules, rule, caller, subject)
    except LookupError as error:
        raise click.ClickException(str(error)) from None
    passing = explanation.personas(rules, rule)
    if as_json:
        shown = {"allowed": step.holds, "rule": rule, "origin": rules.origin(rule), "caller": caller.credentials()}
        shown |= {"target": subject, "why": step.json(), "personas": passing}
        click.echo(orjson.dumps(shown, option=orjson.OPT_INDENT_2).decode())
        return
    click.echo(f"{'allowed' if step.holds else 'refused'}: {rule}")
    click.echo(f"caller   {_words(caller)}")
    click.echo(
        f"target   {', '.join(f'{key}={value}' for key, value in subject.items()) or 'nothing is known about it'}"
    )
    for line in _lines(step):
        click.echo(line)
    click.echo("passes for: " + ("; ".join(passing) or "nobody"))


def _words(caller: Context) -> str:
    scope = f"project {caller.project_id}" if caller.project_id else "no scope"
    scope = f"domain {caller.domain_id}" if caller.domain_id else "the system" if caller.system else scope
    return f"{caller.user_name or caller.user_id}, {scope}, roles: {', '.join(caller.roles) or 'none'}"


def _lines(step: Step, depth: int = 0) -> Iterable[str]:
    yield f"  {'yes' if step.holds else 'no ':3} {'  ' * depth}{step.check}" + (f"   ({step.why})" if step.why else "")
    for part in step.parts:
        yield from _lines(part, depth + 1)


def _caller(setup: Setup, asked: Mapping[str, Any]) -> Context:
    """Who calls: made up, a user as if logged in, or the bearer of a token."""
    from pileus import catalogue  # noqa: PLC0415 - keeps `pileus --help` quick

    if asked["roles"] is not None:
        return _made_up(asked["roles"], asked["scope"], asked["user"] or "somebody")
    token = asked["token_file"].read().strip() if asked["token_file"] else None
    kinds = [kind for kind in ("project", "domain", "system") if asked[kind]]
    if len(kinds) > 1:
        raise click.ClickException("a token has one scope: say --project, --domain or --system")
    kind = kinds[0] if kinds else "unscoped"
    try:
        with setup.database.read() as session:
            if token is None and asked["user"]:
                wanted = asked[kind] if kind in ("project", "domain") else ""
                return catalogue.caller(session, setup.settings, asked["user"], asked["user_domain"], kind, wanted)
            if not (token := token or os.environ.get("OS_TOKEN")):
                raise click.ClickException(_NO_CALLER)
            return catalogue.authenticator(setup.settings)(session, token, "explain")
    except LookupError as error:
        raise click.ClickException(str(error)) from None
    except Fault:
        raise click.ClickException("the token is not valid") from None


def _made_up(roles: str, scope: str, user: str) -> Context:
    kind, _, place = scope.partition(":")
    scopes: dict[str, dict[str, Any]] = {
        "project": {"project_id": place},
        "domain": {"domain_id": place},
        "system": {"system": True},
        "unscoped": {},
    }
    if kind not in scopes or bool(place) != (kind in ("project", "domain")):
        raise click.ClickException(f"{scope} is no scope: say project:ID, domain:ID, system or unscoped")
    return Context(user, roles=tuple(role for role in roles.split(",") if role), **scopes[kind])


def _rule(what: tuple[str, ...], action: str | None) -> tuple[str, dict[str, str], Service | None]:
    """The rule that was named, or that a method and a path lead to, with what the path names."""
    if len(what) == 1:
        return what[0], {}, None
    if len(what) != 2:
        raise click.ClickException("say a rule, or a method and a path")
    found = _matching(what[0].upper(), what[1].split("?")[0])
    if not found:
        raise click.ClickException(f"there is no route {' '.join(what)}")
    service, route, arguments = found[0]
    choices = {one.action: one for _, one, _ in found if one.action is not None}
    if choices:
        if action not in choices:
            raise click.ClickException(f"say which --action: {', '.join(sorted(choices))}")
        route = choices[action]
    if route.rule is None:
        raise click.ClickException("this route is open to everybody, without a token")
    return route.rule, arguments, service


def _matching(method: str, path: str) -> list[tuple[Service, Route, dict[str, str]]]:
    """The routes that fit, the most literal first; the path may begin with the service's prefix, or without it."""
    from pileus import catalogue  # noqa: PLC0415 - keeps `pileus --help` quick

    found = []
    for service in (one for one in catalogue.SERVICES if one.policies):
        below = path.removeprefix(service.prefix)
        for route in service.routes:
            if route.method == method and (match := re.fullmatch(_pattern(route.path), below)):
                found.append((service, route, match.groupdict()))
    found.sort(key=lambda one: (not path.startswith(one[0].prefix + "/"), len(one[2])))
    return [one for one in found if one[0] is found[0][0] and one[1].path == found[0][1].path]


def _pattern(path: str) -> str:
    parts = re.split(r"<([^>]+)>", path)
    for index in range(1, len(parts), 2):
        kind, _, name = parts[index].rpartition(":")
        parts[index] = f"(?P<{name}>{'.+' if kind == 'path' else '[^/]+'})"
    parts[::2] = [re.escape(text) for text in parts[::2]]
    return "".join(parts)


def _subject(
    setup: Setup, service: Service | None, arguments: dict[str, str], caller: Context, given: tuple[str, ...]
) -> dict[str, Any]:
    """The target: what was said on the command line over what the path tells over something of the caller's own."""
    from pileus import catalogue  # noqa: PLC0415 - keeps `pileus --help` quick

    own: dict[str, Any] = {"project_id": caller.project_id, "user_id": caller.user_id}
    if service is not None and service.name == "identity":
        with setup.database.read() as session:
            own = catalogue.facts(session, arguments)
    elif "project_id" in arguments:
        own["project_id"] = arguments["project_id"]
    for text in given:
        key, equals, value = text.partition("=")
        if not equals:
            raise click.ClickException(f"{text}: write KEY=VALUE")
        own[key] = value
    return own
