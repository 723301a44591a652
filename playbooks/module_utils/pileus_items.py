"""How every list module of a resource role works through its items and answers: one result per item, bad items alone."""

import json
from concurrent.futures import ThreadPoolExecutor


class ItemError(Exception):
    """One item cannot be made so; the message is for the person who asked for it."""


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
    items = module.params["items"]
    results, before, after = [], {}, {}
    with ThreadPoolExecutor(max_workers=max(1, min(parallel, len(items)))) as pool:
        for item, (outcome, error) in zip(items, pool.map(lambda item: _attempt(converge, item), items), strict=False):
            results.append(_result(item, outcome, error))
            if outcome.changed:
                before[item["id"]] = outcome.before
                after[item["id"]] = outcome.after
    reply = {
        "changed": any(result["changed"] for result in results),
        "results": results,
        "faults": [{"id": result["id"], "error": result["error"]} for result in results if not result["ok"]],
    }
    if module._diff:
        reply["diff"] = {"before": _text(before), "after": _text(after)}
    module.exit_json(**reply)


def _attempt(converge, item):
    """The item's Outcome and None, or an empty Outcome and what went wrong."""
    try:
        return converge(item), None
    except ItemError as error:
        return Outcome(False), str(error)
    except Exception as error:
        return Outcome(False), f"{type(error).__name__}: {error}"


def _result(item, outcome, error):
    return {
        "id": item["id"],
        "intent": item.get("intent"),
        "ok": error is None,
        "changed": outcome.changed,
        "error": error,
        "facts": outcome.facts,
    }


def _text(described):
    """Diff text: only what is there, one key per line, stable order."""
    there = {key: value for key, value in described.items() if value is not None}
    return json.dumps(there, indent=2, sort_keys=True, default=str) + "\n" if there else ""
