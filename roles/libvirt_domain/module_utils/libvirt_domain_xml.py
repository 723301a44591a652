"""The libvirt document of a server: written from an item, and read back from a domain."""

import copy
import hashlib
import re
import xml.etree.ElementTree as ET

from ansible.module_utils.pileus_items import ItemError

NAMESPACE = "urn:pileus:domain:1"
ET.register_namespace("pileus", NAMESPACE)
TAG = f"{{{NAMESPACE}}}server"
# What XML 1.0 cannot hold (and lone surrogates, which UTF-8 cannot): a name may have it, a document may not.
ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
LOG_FOLDER = "/var/log/libvirt/qemu"


def domain_name(item):
    """Name of a server's domain."""
    return f"pileus-{item['id']}"


def console_log(item):
    """File with the output of a server's serial port."""
    return f"{LOG_FOLDER}/{domain_name(item)}.console.log"


def text_of(element):
    """An element as text that libvirt can parse whatever strings it was made of."""
    for node in element.iter():
        node.text = node.text and ILLEGAL.sub("\ufffd", node.text)
        for key, value in node.attrib.items():
            node.set(key, ILLEGAL.sub("\ufffd", value))
    return ET.tostring(element, encoding="unicode")


def add(parent, tag, text=None, **attributes):
    """Append a child element; attributes that are None are left out."""
    child = ET.SubElement(parent, tag, {key: str(value) for key, value in attributes.items() if value is not None})
    child.text = None if text is None else str(text)
    return child


def digest(item, host):
    """Fingerprint of all that cannot be changed by plugging: when it differs, the domain is to be defined anew."""
    fixed = machine(item, host)
    order = [(disk["id"], disk["boot_index"]) for disk in item["disks"] if disk["boot_index"] is not None]
    return hashlib.sha256(f"{text_of(fixed)}{sorted(order)}{host['userspace']}".encode()).hexdigest()


def document(item, host, addresses=None, **notes):
    """The whole definition; devices that were there keep their PCI `addresses` ({disk id or MAC: element})."""
    domain = machine(item, host)
    title = re.sub(r"[\x00-\x1f\x7f]+", " ", item.get("name") or "").strip()
    if title:
        title_element = ET.Element("title")
        title_element.text = title
        domain.insert(2, title_element)
    add(domain, "metadata").append(note(item, digest=digest(item, host), **notes))
    devices = domain.find("devices")
    for key, element in [(d["id"], disk(d, host)) for d in item["disks"]] + [
        (n["mac"].lower(), nic(n, host)) for n in item["nics"]
    ]:
        if addresses and key in addresses:
            element.append(copy.deepcopy(addresses[key]))
        devices.append(element)
    return text_of(domain)


def note(item, **values):
    """What Pileus writes into a domain's metadata: whose it is, which intent made it so, what was done already."""
    mine = {"id": item["id"], "intent": item.get("intent"), "project": item.get("project_id"), **values}
    return ET.Element(TAG, {key: str(value) for key, value in mine.items() if value})


def machine(item, host):
    """The domain without what identifies, titles or plugs into it."""
    virt_type = item.get("virt_type") or host["virt_type"]
    if virt_type not in ("kvm", "qemu"):
        raise ItemError(f"acceleration is {virt_type}, not kvm or qemu: what does {host['host_facts']} say?")
    domain = ET.Element("domain", {"type": virt_type})
    add(domain, "name", domain_name(item))
    add(domain, "uuid", item["id"])
    add(domain, "memory", item["memory_mib"] * 1024, unit="KiB")
    add(domain, "vcpu", item["vcpus"])
    system = add(add(domain, "sysinfo", type="smbios"), "system")
    # cloud-init knows its data source by this product name.
    for key, value in (("manufacturer", "Pileus"), ("product", "OpenStack Nova"), ("serial", item["id"])):
        add(system, "entry", value, name=key)
    add(system, "entry", item["id"], name="uuid")
    add(system, "entry", "Virtual Machine", name="family")
    system_type = add(domain, "os")
    add(system_type, "type", "hvm", arch="x86_64", machine=host["machine"])
    if all(disk["boot_index"] is None for disk in item["disks"]):
        add(system_type, "boot", dev="hd")
    add(system_type, "smbios", mode="sysinfo")
    processor(domain, virt_type, host)
    add(domain, "clock", offset="utc")
    devices(domain, item, host)
    return domain


def processor(domain, virt_type, host):
    """Features and processor model, by whether the guest is accelerated."""
    features = add(domain, "features")
    add(features, "acpi")
    add(features, "apic")
    if virt_type == "kvm":
        add(domain, "cpu", mode="host-model")
    else:
        add(add(features, "tcg"), "tb-cache", host["tcg_cache_mib"], unit="MiB")
        add(add(domain, "cpu", mode="custom", match="exact"), "model", "qemu64", fallback="forbid")


def devices(domain, item, host):
    """Console, screen, entropy and balloon: the devices that every server has."""
    parent = add(domain, "devices")
    for tag in ("serial", "console"):
        port = add(parent, tag, type="pty")
        add(port, "log", file=console_log(item), append="off")
        add(port, "target", port=0, type=None if tag == "serial" else "serial")
    add(parent, "graphics", type="vnc", port=-1, autoport="yes", listen=host["vnc_listen"])
    add(add(parent, "video"), "model", type="vga", vram=8192)
    add(parent, "input", type="tablet", bus="usb")
    add(add(parent, "rng", model="virtio"), "backend", "/dev/urandom", model="random")
    add(add(parent, "memballoon", model="virtio"), "stats", period=10)


def disk(wanted, host):
    """One disk in Ceph."""
    element = ET.Element("disk", {"type": "network", "device": "disk"})
    add(element, "driver", name="qemu", type="raw", cache="writeback", discard="unmap")
    add(add(element, "auth", username=host["ceph_client"]), "secret", type="ceph", uuid=host["secret_uuid"])
    source = add(element, "source", protocol="rbd", name=f"{wanted['pool']}/{wanted['image']}")
    add(source, "config", file=host["ceph_conf"])
    add(element, "target", dev=wanted["device"], bus=wanted["bus"])
    add(element, "serial", wanted["serial"] or wanted["id"])
    if wanted["boot_index"] is not None:
        add(element, "boot", order=wanted["boot_index"] + 1)
    return element


def nic(wanted, host):
    """One network card on the integration bridge; OVN knows it by the port's UUID."""
    element = ET.Element("interface", {"type": "bridge"})
    add(element, "mac", address=wanted["mac"].lower())
    add(element, "source", bridge=host["bridge"])
    add(add(element, "virtualport", type="openvswitch"), "parameters", interfaceid=wanted["id"])
    add(element, "target", dev=f"tap{wanted['id'].replace('-', '')[-11:]}")  # 15 characters are all there may be
    add(element, "model", type="virtio")
    if host["userspace"]:  # a vSwitch in user space drops what has no checksum
        add(add(element, "driver", name="qemu"), "host", csum="off")
    if wanted["mtu"]:
        add(element, "mtu", size=wanted["mtu"])
    return element


def wanted_devices(item):
    """{kind: {key: what makes it the same device}} of an item, to compare with plugged()."""
    disks = {d["serial"] or d["id"]: (f"{d['pool']}/{d['image']}", d["device"], d["bus"]) for d in item["disks"]}
    nics = {n["mac"].lower(): (n["id"], str(n["mtu"] or "")) for n in item["nics"]}
    return {"disk": disks, "nic": nics}


def plugged(domain):
    """The devices of a domain document in the form of wanted_devices(), and the elements they were read from."""
    disks, nics, elements = {}, {}, {}
    for element in domain.iterfind("devices/disk[@device='disk']"):
        key, target = element.findtext("serial") or "", element.find("target")
        disks[key] = (element.find("source").get("name"), target.get("dev"), target.get("bus"))
        elements["disk", key] = element
    for element in domain.iterfind("devices/interface"):
        key, mtu = element.find("mac").get("address").lower(), element.find("mtu")
        port = element.find("virtualport/parameters")
        nics[key] = (port.get("interfaceid") if port is not None else "", mtu.get("size") if mtu is not None else "")
        elements["nic", key] = element
    return {"disk": disks, "nic": nics}, elements


def read(text):
    """What a domain document says: devices, their elements, addresses, processors, memory, notes and the VNC port."""
    domain = ET.fromstring(text)
    found, elements = plugged(domain)
    addresses = {key: e.find("address") for (_kind, key), e in elements.items() if e.find("address") is not None}
    mine = domain.find(f"metadata/{TAG}")
    graphics = domain.find("devices/graphics[@type='vnc']")
    return {
        "devices": found,
        "elements": elements,
        "addresses": addresses,
        "vcpus": int(domain.findtext("vcpu", "0")),
        "memory_mib": int(domain.findtext("memory", "0")) // 1024,
        "notes": dict(mine.attrib) if mine is not None else {},
        "vnc_port": int(graphics.get("port", "-1")) if graphics is not None else -1,
    }
