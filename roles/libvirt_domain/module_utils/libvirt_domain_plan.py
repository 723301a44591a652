"""What has to be done to a libvirt domain, decided and described without touching it."""

from ansible.module_utils.libvirt_domain_xml import digest, wanted_devices
from ansible.module_utils.pileus_items import ItemError


def plan(have, want, state="present"):
    """The steps, as tuples of a method of Steps and its arguments, from `have` to `want`. Raises ItemError.

    have: None, or {power, digest, reboot, config: devices, live: devices or None}, devices as wanted_devices() answers;
    want: {power, digest (None: leave the definition), devices, sizes: {device: bytes}, reboot, intent}.
    """
    if state == "absent":
        return [("remove",)] if have else []
    if have is None:
        if state == "rebooted" or want["digest"] is None:
            raise ItemError("there is no such domain")
        return [("define",), *([("start",)] if want["power"] == "running" else [])]
    if state == "rebooted":
        return reboot(have, want)
    steps, alive = [], have["live"] is not None
    if alive and (want["power"] == "shutoff" or have["power"] not in ("running", "paused")):
        steps.append(("stop",) if want["power"] == "shutoff" else ("destroy",))
        alive = False
    steps += changes(have, want, alive)
    if want["power"] == "running" and not alive:
        steps.append(("start",))
    elif want["power"] == "running" and have["power"] == "paused":
        steps.append(("resume",))
    return steps


def reboot(have, want):
    """Stop, bring the definition up to date, start, remember: unless it is remembered already."""
    if want["intent"] and have["reboot"] == want["intent"]:
        return []
    steps = [] if have["live"] is None else [("destroy",) if want["reboot"] == "HARD" else ("stop",)]
    return [*steps, *changes(have, want, False), ("start",), ("rebooted",)]


def changes(have, want, alive):
    """The steps that bring the definition and, when it stays alive, the running domain to what they shall be."""
    if want["digest"] is None:
        return []
    anew = have["digest"] != want["digest"]
    steps = [("define",)] if anew else differences(have["config"], want["devices"], False)
    if alive:
        steps = differences(have["live"], want["devices"], True) + steps
        sizes = want["sizes"].items()
        steps += [("resize", device, size) for device, size in sizes if have["sizes"].get(device, size) != size]
    return steps


def differences(have, want, live):
    """Devices to unplug, then devices to plug in."""
    pairs = [(kind, have[kind], want[kind]) for kind in ("disk", "nic")]
    gone = [("detach", live, kind, key) for kind, old, new in pairs for key in old if new.get(key) != old[key]]
    come = [("attach", live, kind, key) for kind, old, new in pairs for key in new if new[key] != old.get(key)]
    return gone + come


def wanted(item, host):
    """An item as plan() takes it."""
    complete = bool(item["vcpus"] and item["memory_mib"])
    return {
        "power": item["power"],
        "digest": digest(item, host) if complete else None,
        "devices": wanted_devices(item),
        "sizes": {disk["device"]: disk["size"] for disk in item["disks"] if disk["size"]},
        "reboot": (item["reboot"] or {}).get("type", "SOFT"),
        "intent": item["intent"],
    }


def existing(found):
    """What look() found as plan() takes it."""
    if found is None:
        return None
    notes, live = found["config"]["notes"], found["live"]
    return {
        "power": found["power"],
        "digest": notes.get("digest"),
        "reboot": notes.get("reboot"),
        "config": found["config"]["devices"],
        "live": live and live["devices"],
        "sizes": found["sizes"],
    }


def describe(found):
    """The lines of the diff for a domain as it is."""
    if found is None:
        return None
    now = found["live"] or found["config"]
    sizes = {key: found["config"][key] for key in ("vcpus", "memory_mib")}
    devices = {kind: listed(now["devices"][kind]) for kind in ("disk", "nic")}
    return {"power": found["power"], **sizes, **devices, **found["sizes"]}


def describe_wanted(item, state):
    """The lines of the diff for a domain as it shall be."""
    if state == "rebooted":
        return {"power": "running", "rebooted": (item["reboot"] or {}).get("type", "SOFT")}
    devices = {kind: listed(found) for kind, found in wanted_devices(item).items()}
    devices.update({disk["device"]: disk["size"] for disk in item["disks"] if disk["size"]})
    return {"power": item["power"], "vcpus": item["vcpus"], "memory_mib": item["memory_mib"], **devices}


def listed(devices):
    """One line per device."""
    return {key: " ".join(parts) for key, parts in devices.items()}
