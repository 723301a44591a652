#!/usr/bin/python
"""Ansible module: whether guests are accelerated here, found out once by running one and written down for the other roles."""

import json
import os
import subprocess
import tempfile
import time

from ansible.module_utils.basic import AnsibleModule

DOCUMENTATION = r"""
module: acceleration
short_description: Find out whether KVM works by running a guest
description:
  - Runs a tiny guest (its source is files/probe_guest.S) with KVM and the host's own processor model, and for comparison
    emulated. KVM is taken where the guest comes to its end, in time, and takes at most three times as long.
  - The answer is written to /etc/pileus/hypervisor.json. With V(auto) an answer that is there is kept; remove the file
    to ask again.
options:
  virt_type: {description: Answer to write without asking., type: str, choices: [auto, kvm, qemu], default: auto}
  timeout: {description: Seconds the guest may take., type: int, default: 10}
"""

EXAMPLES = r"""
- name: Acceleration is known
  acceleration:
    timeout: 10
"""

RETURN = r"""
virt_type:
  description: V(kvm) or V(qemu); V(auto) in check mode where it is not known yet.
  type: str
  returned: always
"""

ANSWER = "/etc/pileus/hypervisor.json"
EMULATOR = "qemu-system-x86_64"
# The guest leaves through isa-debug-exit with 0x10: QEMU ends with (0x10 << 1) | 1.
GUEST_DONE = 33
GUEST = bytes.fromhex(
    "fb31c08ed88ec08ed0bc00708b1e6c0483c303f4a16c0439d872f8fafcbf0010b9001831c0f3ab66c706001003200000"
    "66c70600200330000066c70600308300000066b8001000000f22d866b8a00000000f22e066b9800000c00f32660d0001"
    "00000f30660f0116a07c0f20c0660d010000800f22c066ea7e7c00000800b940420f00e2feb010e6f4f4ebfd0f1f4000"
    "000000000000000000000000009a20000f00907c"
)


def plan(have, wanted):
    """The answer to write down, V(auto) for "ask the machine", None where `have` (dict or None) already says it."""
    known = (have or {}).get("virt_type")
    if wanted == "auto":
        return None if known in ("kvm", "qemu") else "auto"
    return None if known == wanted else wanted


def run_guest(accelerator, processor, timeout):
    """Seconds the guest took to its end, or None when it did not come to it."""
    with tempfile.NamedTemporaryFile() as disk:
        disk.write(GUEST.ljust(510, b"\0") + b"\x55\xaa")
        disk.flush()
        command = [EMULATOR, "-accel", accelerator, "-cpu", processor, "-m", "16", "-nodefaults", "-no-user-config"]
        command += ["-display", "none", "-no-reboot", "-device", "isa-debug-exit,iobase=0xf4,iosize=4"]
        command += ["-drive", f"file={disk.name},format=raw,if=ide"]
        start = time.monotonic()
        try:
            done = subprocess.run(command, timeout=timeout, check=False, stdin=subprocess.DEVNULL, capture_output=True)
        except subprocess.TimeoutExpired:
            return None
        return time.monotonic() - start if done.returncode == GUEST_DONE else None


def judge(emulated, accelerated):
    """`kvm` where the accelerated guest ended and was no slower than three emulated ones, else `qemu`; with the reason."""
    if accelerated is None:
        return {"virt_type": "qemu", "reason": "the probe guest did not run with KVM"}
    if accelerated > max(1.0, 3 * emulated):
        reason = f"the probe guest took {accelerated:.1f} s with KVM, {emulated:.1f} s without"
        return {"virt_type": "qemu", "reason": reason}
    return {"virt_type": "kvm", "reason": f"the probe guest ran with KVM in {accelerated:.1f} s"}


def ask(module):
    """Run the probe guest both ways and judge; the module fails where not even the emulated one runs."""
    timeout = module.params["timeout"]
    emulated = run_guest("tcg", "qemu64", 6 * timeout)
    if emulated is None:
        module.fail_json(msg=f"{EMULATOR} does not run a guest at all")
    return judge(emulated, run_guest("kvm", "host", timeout) if os.path.exists("/dev/kvm") else None)


def read():
    """What is written down, or None."""
    try:
        with open(ANSWER, encoding="utf-8") as file:
            return json.load(file)
    except (FileNotFoundError, ValueError):
        return None


def write(answer):
    """Write the answer down as a whole."""
    os.makedirs(os.path.dirname(ANSWER), exist_ok=True)
    with open(f"{ANSWER}.partial", "w", encoding="utf-8") as file:
        json.dump(answer, file)
        file.write("\n")
    os.rename(f"{ANSWER}.partial", ANSWER)


def main():
    """Keep the known answer, or find it out and write it down."""
    options = {
        "virt_type": {"type": "str", "choices": ["auto", "kvm", "qemu"], "default": "auto"},
        "timeout": {"type": "int", "default": 10},
    }
    module = AnsibleModule(options, supports_check_mode=True)
    have = read()
    step = plan(have, module.params["virt_type"])
    if step is None:
        module.exit_json(changed=False, virt_type=have["virt_type"])
    answer = {"virt_type": step, "reason": "set by the operator"}
    if step == "auto" and not module.check_mode:
        answer = ask(module)
    if not module.check_mode:
        write(answer)
    reply = {"changed": True, "virt_type": answer["virt_type"]}
    if module._diff:
        reply["diff"] = {"before": f"{json.dumps(have)}\n", "after": f"{json.dumps(answer)}\n"}
    module.exit_json(**reply)


if __name__ == "__main__":
    main()
