"""The steps that bring a libvirt domain from what it is to what it shall be, each safe to repeat."""

import glob
import os
import time

try:
    import libvirt
except ImportError:
    libvirt = None

from ansible.module_utils.libvirt_domain_xml import (
    NAMESPACE,
    console_log,
    digest,
    disk,
    document,
    domain_name,
    nic,
    note,
    read,
    text_of,
)
from ansible.module_utils.pileus_items import ItemError

POWER = {
    0: "shutoff",
    1: "running",
    2: "running",
    3: "paused",
    4: "stopping",
    5: "shutoff",
    6: "crashed",
    7: "suspended",
}
PUSH_AGAIN = 5  # seconds: a guest that is still booting does not hear the power button, nor that a device is to go


def look(connection, item):
    """What there is: None, or {domain, power, config, live, sizes}; live is None when it does not run.

    sizes: {device: bytes that a running guest sees}, of disks whose item says how large they shall be.
    """
    try:
        domain = connection.lookupByName(domain_name(item))
        config = read(domain.XMLDesc(libvirt.VIR_DOMAIN_XML_INACTIVE))
        active = bool(domain.isActive())
        live = read(domain.XMLDesc(0)) if active else None
        power = POWER.get(domain.state()[0], "shutoff")
        targets = {target for _source, target, _bus in live["devices"]["disk"].values()} if live else ()
        sized = [disk["device"] for disk in item.get("disks", []) if disk.get("size") and disk["device"] in targets]
        sizes = {device: domain.blockInfo(device)[0] for device in sized}
    except libvirt.libvirtError as error:
        if error.get_error_code() == libvirt.VIR_ERR_NO_DOMAIN:
            return None
        raise
    return {
        "domain": domain,
        "power": power if active else "shutoff",
        "config": config,
        "live": live,
        "sizes": sizes,
    }


class Steps:
    """Carries out the steps of a plan on the domain of one item."""

    def __init__(self, connection, item, host, have, timeouts):
        self.connection, self.item, self.host, self.have = connection, item, host, have
        self.domain = have and have["domain"]
        self.shutdown_timeout, self.detach_timeout = timeouts
        self.notes = {key: value for key, value in (have["config"]["notes"] if have else {}).items() if key == "reboot"}

    def define(self):
        """Write the definition; devices that are known already stay where they are on the bus."""
        addresses = self.have["config"]["addresses"] if self.have else None
        self.domain = self.connection.defineXML(document(self.item, self.host, addresses, **self.notes))

    def start(self):
        """Start it."""
        if not self.domain.isActive():
            self.domain.create()

    def resume(self):
        """Let a paused domain go on; one that was paused in the middle of its start is started again."""
        try:
            self.domain.resume()
        except libvirt.libvirtError:
            if POWER.get(self.domain.state()[0]) != "running":
                self.destroy()
                self.start()

    def destroy(self):
        """Switch it off at once."""
        try:
            self.domain.destroy()
        except libvirt.libvirtError as error:
            if error.get_error_code() != libvirt.VIR_ERR_OPERATION_INVALID:
                raise

    def stop(self):
        """Press the power button, and switch it off when it has not stopped by itself in time."""
        if POWER.get(self.domain.state()[0]) == "running":
            ask = until(self.shutdown_timeout, lambda: not self.domain.isActive())
            for _ in ask:
                try:
                    self.domain.shutdown()
                except libvirt.libvirtError:
                    break  # it stopped meanwhile, or cannot be asked
        self.destroy()

    def attach(self, live, kind, key):
        """Plug a device in, into the running domain or into its definition."""
        items, build = (self.item["disks"], disk) if kind == "disk" else (self.item["nics"], nic)
        wanted = next(i for i in items if key in (i.get("serial") or i["id"], i.get("mac", "").lower()))
        self.domain.attachDeviceFlags(text_of(build(wanted, self.host)), flag(live))

    def detach(self, live, kind, key):
        """Unplug a device; from a running guest it has gone only when the guest has let go of it."""
        element = self.have["live" if live else "config"]["elements"][kind, key]
        if not live:
            self.domain.detachDeviceFlags(text_of(element), flag(live))
            return
        for _ in until(self.detach_timeout, lambda: not self.has(kind, key)):
            try:
                self.domain.detachDeviceFlags(text_of(element), flag(live))
            except libvirt.libvirtError as error:  # being unplugged already, or gone while we asked
                if error.get_error_code() not in (libvirt.VIR_ERR_OPERATION_FAILED, libvirt.VIR_ERR_DEVICE_MISSING):
                    raise
        if self.has(kind, key):
            raise ItemError(f"the guest has not let go of {kind} {key} within {self.detach_timeout} seconds")

    def has(self, kind, key):
        """Whether the running domain has a device."""
        return key in read(self.domain.XMLDesc(0))["devices"][kind]

    def resize(self, device, size):
        """Tell the guest how large a disk is now."""
        self.domain.blockResize(device, size, libvirt.VIR_DOMAIN_BLOCK_RESIZE_BYTES)

    def rebooted(self):
        """Remember for which intent it was rebooted, so that this is not done twice."""
        self.notes["reboot"] = self.item["intent"] or "-"

    def remember(self):
        """Write the notes into the metadata of a domain that was not defined anew."""
        element = note(self.item, **{**self.have["config"]["notes"], **self.notes, **self.identity()})
        element.tag = "server"  # libvirt adds the name space
        flags = libvirt.VIR_DOMAIN_AFFECT_CONFIG | (libvirt.VIR_DOMAIN_AFFECT_LIVE if self.domain.isActive() else 0)
        kind = libvirt.VIR_DOMAIN_METADATA_ELEMENT
        self.domain.setMetadata(kind, text_of(element), "pileus", NAMESPACE, flags)

    def identity(self):
        """The notes that an item may change."""
        mine = {"intent": self.item.get("intent")}
        if self.item.get("vcpus"):
            mine["digest"] = digest(self.item, self.host)
        return {key: value for key, value in mine.items() if value}

    def remove(self):
        """Leave nothing: no process, no definition, no log."""
        if self.domain is not None:
            self.destroy()
            self.domain.undefineFlags(
                libvirt.VIR_DOMAIN_UNDEFINE_MANAGED_SAVE
                | libvirt.VIR_DOMAIN_UNDEFINE_SNAPSHOTS_METADATA
                | libvirt.VIR_DOMAIN_UNDEFINE_CHECKPOINTS_METADATA
                | libvirt.VIR_DOMAIN_UNDEFINE_NVRAM
            )
        for path in logs(self.item):
            os.remove(path)


def flag(live):
    """libvirt's word for the running domain or the definition."""
    return libvirt.VIR_DOMAIN_AFFECT_LIVE if live else libvirt.VIR_DOMAIN_AFFECT_CONFIG


def until(timeout, done):
    """Yield at once and every PUSH_AGAIN seconds, until `done()` or for `timeout` seconds."""
    ends, push = time.monotonic() + timeout, 0.0
    while not done() and time.monotonic() < ends:
        if time.monotonic() >= push:
            push = time.monotonic() + PUSH_AGAIN
            yield
        else:
            time.sleep(0.2)


def logs(item):
    """The files that libvirt and virtlogd keep about a domain."""
    stem = glob.escape(os.path.join(os.path.dirname(console_log(item)), domain_name(item)))
    return sorted(glob.glob(f"{stem}.log*") + glob.glob(f"{stem}.console.log*"))


def console(item, size):
    """The last `size` bytes of a serial port as text; NULs, which databases refuse, are left out."""
    found = b""
    for path in (console_log(item), console_log(item) + ".0"):
        if len(found) < size and os.path.exists(path):
            with open(path, "rb") as log:
                log.seek(-min(size - len(found), os.path.getsize(path)), os.SEEK_END)
                found = log.read() + found
    return found[-size:].decode("utf-8", "replace").replace("\0", "")
