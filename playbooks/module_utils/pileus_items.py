"""How every list module of a resource role works through its items and answers: one result per item, bad items alone."""

import json
from concurrent.futures import ThreadPoolExecutor

IDENTITY = {
    "id": {"type": "str", "required": True},
    "intent": {"type": "str"},
    "host": {"type": "str"},
}  # the options of every item: whose resource it is, who asked for it, which host works on it


class ItemError(Exception):
    """One item cannot be made so; the message is for the person who asked for it."""

    final = False


class Refused(ItemError):
    """It never will be: trying again is of no use."""

    final = True


class Outcome:
    """What became of one item: `before` and `after` describe it for the diff (None: not there), `facts` go back."""

    def __init__(self, changed, facts=None, before=None, after=None):
        self.changed = bool(changed)
        self.facts = facts or {}
        self.before = before
        self.after = after


def answer(module, converge, parallel=1):
    """Run `converge(item) -> Outcome` for each of the module's items and end the module with their results.

    Items run in up to `parallel` threads. An item that raises becomes a fault; it never fails the others.
    """
    reply(module, gather(module.params["items"], converge, parallel))


def gather(items, converge, parallel=1, variable=None):
    """Converge items as answer() does, and return [(result, Outcome)]; `variable` says which list they came from."""
    if not items:
        return []
    with ThreadPoolExecutor(max_workers=max(1, min(parallel, len(items)))) as pool:
        attempts = pool.map(lambda item: _attempt(converge, item), items)
    return [(_result(item, *ended, variable), ended[0]) for item, ended in zip(items, attempts, strict=True)]


def reply(module, *gathered):
    """End the module with the results of one or more lists."""
    done = [pair for pairs in gathered for pair in pairs]
    results = [result for result, _ in done]
    end = {
        "changed": any(result["changed"] for result in results),
        "results": results,
        "faults": [{"id": result["id"], "error": result["error"]} for result in results if not result["ok"]],
    }
    if module._diff:
        changed = [(result.get("variable", "") + result["id"], outcome) for result, outcome in done if outcome.changed]
        before = {key: outcome.before for key, outcome in changed}
        end["diff"] = {"before": _text(before), "after": _text({key: outcome.after for key, outcome in changed})}
    module.exit_json(**end)


def _attempt(converge, item):
    """The item's Outcome and None, or an empty Outcome and the exception."""
    try:
        return converge(item), None
    except Exception as error:
        return Outcome(False), error


def _result(item, outcome, error, variable):
    result = {"id": item["id"], "intent": item.get("intent"), "ok": error is None, "changed": outcome.changed}
    if variable:
        result["variable"] = variable
    if error is not None:
        result["final"] = getattr(error, "final", False)
    words = str(error) if isinstance(error, ItemError) else f"{type(error).__name__}: {error}"
    return {**result, "error": words if error else None, "facts": outcome.facts}


def _text(described):
    """Diff text: only what is there, one key per line, stable order."""
    there = {key: value for key, value in described.items() if value is not None}
    return json.dumps(there, indent=2, sort_keys=True, default=str) + "\n" if there else ""
