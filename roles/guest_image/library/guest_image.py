#!/usr/bin/python
"""Ansible module: guest images, built from packages of the machine's own Debian sources and kept in a cache."""

from __future__ import annotations

DOCUMENTATION = r"""
module: guest_image
short_description: Guest images built from Debian packages
description:
  - An image is built once for all that decides its content, which is hashed into its name in the cache.
  - The halt image is a boot sector. Any other is made by the program C(make) of its recipe, run inside a tree
    of tools that packages were extracted into, next to the installation that O(contents) names, if any.
options:
  names: {type: list, elements: str, required: true, description: Images wanted.}
  suite: {type: str, default: bookworm, description: Debian suite to build from.}
  cache: {type: path, required: true, description: Folder the images are kept in.}
  recipes: {type: path, required: true, description: "Folder with a folder per image: make, and for make its files."}
  tools: {type: list, elements: str, default: [], description: Packages that the recipes work with.}
  contents: {type: dict, default: {}, description: Packages to install for the images that are installations.}
  links: {type: path, required: true, description: Folder that gets a link per image.}
author: Pileus
"""

EXAMPLES = r"""
- name: The boot sector that halts
  guest_image:
    names: [halt]
    cache: /var/cache/pileus
    recipes: "{{ role_path }}/files"
    links: /var/lib/pileus-lab/images
"""

RETURN = r"""
paths:
  description: Path of each image.
  returned: always
  type: dict
"""

import fcntl
import hashlib
import os
import shutil
from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule

# Says "halted" on the serial line, then stops the processor for good.
HALT = bytes.fromhex("be127c baf803 ac 84c0 7403 ee ebf8 fa f4 ebfd") + b"halted\r\n\0"
HALT_BYTES = 2**20  # SeaBIOS boots no disk of less than a cylinder
OPTIONS = ["--mode=root", "--components=main", '--aptopt=Apt::Install-Recommends "false"']
# What an installation leaves out (extracting tools is much faster without such filters).
LEAN = [f"--dpkgopt=path-exclude=/usr/share/{name}/*" for name in ("man", "doc", "locale")]
LEAN.append("--dpkgopt=force-unsafe-io")


def plan(have: dict[str, str | None], want: dict[str, str]) -> list[str]:
    """Return the names of the images to make or to link anew; both map a name to a path in the cache."""
    return [name for name, path in want.items() if have.get(name) != path]


def image_path(name: str, params: dict[str, Any]) -> str:
    """Return where an image of this content is kept."""
    content = hashlib.sha256()
    if name == "halt":
        content.update(HALT + str(HALT_BYTES).encode())
    else:
        content.update(repr([params["suite"], params["tools"], params["contents"].get(name), OPTIONS, LEAN]).encode())
        for path in sorted(Path(params["recipes"], name).rglob("*")):
            if path.is_file():
                content.update(f"{path.name}\0{path.stat().st_mode}\0".encode() + path.read_bytes())
    suffix = "raw" if name == "halt" else "qcow2"
    return f"{params['cache']}/{name}-{content.hexdigest()[:16]}.{suffix}"


def build(module: AnsibleModule, name: str, target: str) -> None:
    """Build one image; it gets its name when it is whole."""
    params = module.params
    tree = Path(params["cache"], f"{name}.partial")
    shutil.rmtree(tree, ignore_errors=True)
    tree.mkdir(parents=True)
    if name == "halt":
        image = tree / "image"
        image.write_bytes(HALT.ljust(510, b"\0") + b"\x55\xaa")
        os.truncate(image, HALT_BYTES)
    else:
        recipe = Path(params["recipes"], name)
        install(module, tree, "extract", params["tools"], [])
        shutil.copytree(recipe, tree / "work")
        if name in params["contents"]:
            hooks = [*LEAN, f"--essential-hook={recipe}/before", f"--customize-hook={recipe}/after"]
            install(module, tree / "work" / "root", "minbase", params["contents"][name], hooks)
        alone = ["unshare", "--pid", "--fork", "--kill-child", f"--mount-proc={tree}/proc"]
        module.run_command([*alone, "chroot", str(tree), "/work/make"], check_rc=True)
        image = tree / "work" / "image.qcow2"
    for old in Path(target).parent.glob(f"{name}-*"):
        old.unlink()
    image.replace(target)
    shutil.rmtree(tree)


def install(module: AnsibleModule, tree: Path, variant: str, packages: list[str], options: list[str]) -> None:
    """Extract or install packages into a tree."""
    include = f"--include={','.join(packages)}"
    argv = ["mmdebstrap", f"--variant={variant}", *OPTIONS, *options, include, module.params["suite"], str(tree), "-"]
    module.run_command(argv, data=sources(module), check_rc=True)


def sources(module: AnsibleModule) -> str:
    """Return the machine's own Debian sources, for the wanted suite."""
    argv = ["apt-get", "indextargets", "--format", "$(REPO_URI) $(RELEASE) $(CODENAME)"]
    argv += ["Created-By: Packages", "Origin: Debian", "Component: main"]
    lines = set()
    if not module.run_command(argv, check_rc=True)[1]:  # apt knows where its sources come from once it has read them
        module.run_command(["apt-get", "--quiet", "update"], check_rc=True)
    for line in module.run_command(argv, check_rc=True)[1].splitlines():
        uri, release, codename = line.split()
        pocket = release.removeprefix(codename.removesuffix("-security").removesuffix("-updates"))
        lines.add(f"deb {uri} {module.params['suite']}{pocket} main\n")
    return "".join(sorted(lines))


def main() -> None:
    """Converge the images."""
    module = AnsibleModule(
        argument_spec={
            "names": {"type": "list", "elements": "str", "required": True},
            "suite": {"default": "bookworm"},
            "cache": {"type": "path", "required": True},
            "recipes": {"type": "path", "required": True},
            "tools": {"type": "list", "elements": "str", "default": []},
            "contents": {"type": "dict", "default": {}},
            "links": {"type": "path", "required": True},
        },
        supports_check_mode=True,
    )
    paths = {name: image_path(name, module.params) for name in module.params["names"]}
    links = {name: Path(module.params["links"], name + Path(path).suffix) for name, path in paths.items()}
    have = {name: os.path.realpath(link) if link.exists() else None for name, link in links.items()}
    todo = plan(have, {name: os.path.realpath(path) for name, path in paths.items()})
    if todo and not module.check_mode:
        Path(module.params["cache"]).mkdir(parents=True, exist_ok=True)
        Path(module.params["links"]).mkdir(parents=True, exist_ok=True)
        with Path(module.params["cache"], "images.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            for name in todo:
                if not os.path.exists(paths[name]):
                    build(module, name, paths[name])
                links[name].unlink(missing_ok=True)
                links[name].symlink_to(paths[name])
    after = "".join(f"{paths[name]}\n" for name in todo)
    module.exit_json(changed=bool(todo), paths=paths, diff={"before": "", "after": after})


if __name__ == "__main__":
    main()
