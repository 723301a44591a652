"""Policy rules of compute, with the names that operators know."""

from pileus.core import policy

READ, CHANGE, ADMIN = "rule:admin_or_reader", "rule:admin_or_member", "rule:admin"
SERVER = "/servers/{server_id}"
# (name below os_compute_api:, check, what it is about, method, path)
_RULES: list[tuple[str, str, str, str, str]] = [
    ("servers:index", READ, "List servers", "GET", "/servers"),
    ("servers:detail", READ, "List servers with details", "GET", "/servers/detail"),
    ("servers:detail:get_all_tenants", ADMIN, "List the servers of all projects", "GET", "/servers/detail"),
    ("servers:show", READ, "Show a server", "GET", SERVER),
    ("servers:create", CHANGE, "Create servers", "POST", "/servers"),
    ("servers:update", CHANGE, "Change a server", "PUT", SERVER),
    ("servers:delete", CHANGE, "Delete a server", "DELETE", SERVER),
    ("servers:start", CHANGE, "Start a server", "POST", f"{SERVER}/action (os-start)"),
    ("servers:stop", CHANGE, "Stop a server", "POST", f"{SERVER}/action (os-stop)"),
    ("servers:reboot", CHANGE, "Reboot a server", "POST", f"{SERVER}/action (reboot)"),
    ("os-lock-server:lock", CHANGE, "Lock a server", "POST", f"{SERVER}/action (lock)"),
    ("os-lock-server:unlock", CHANGE, "Unlock a server", "POST", f"{SERVER}/action (unlock)"),
    (
        "os-lock-server:unlock:unlock_override",
        ADMIN,
        "Unlock what an admin locked",
        "POST",
        f"{SERVER}/action (unlock)",
    ),
    ("os-admin-actions:reset_state", ADMIN, "Set a server's state", "POST", f"{SERVER}/action (os-resetState)"),
    ("os-deferred-delete:force", CHANGE, "Delete a server at once", "POST", f"{SERVER}/action (forceDelete)"),
    ("os-console-output", CHANGE, "Read the console", "POST", f"{SERVER}/action (os-getConsoleOutput)"),
    ("os-extended-server-attributes", ADMIN, "See host, instance name and user data of servers", "GET", SERVER),
    ("server-metadata:index", READ, "List metadata", "GET", f"{SERVER}/metadata"),
    ("server-metadata:show", READ, "Show one item of metadata", "GET", f"{SERVER}/metadata/{{key}}"),
    ("server-metadata:create", CHANGE, "Add metadata", "POST", f"{SERVER}/metadata"),
    ("server-metadata:update_all", CHANGE, "Replace metadata", "PUT", f"{SERVER}/metadata"),
    ("server-metadata:update", CHANGE, "Set one item of metadata", "PUT", f"{SERVER}/metadata/{{key}}"),
    ("server-metadata:delete", CHANGE, "Delete one item of metadata", "DELETE", f"{SERVER}/metadata/{{key}}"),
    ("os-server-tags:index", READ, "List tags", "GET", f"{SERVER}/tags"),
    ("os-server-tags:show", READ, "Check a tag", "GET", f"{SERVER}/tags/{{tag}}"),
    ("os-server-tags:update", CHANGE, "Add a tag", "PUT", f"{SERVER}/tags/{{tag}}"),
    ("os-server-tags:update_all", CHANGE, "Replace tags", "PUT", f"{SERVER}/tags"),
    ("os-server-tags:delete", CHANGE, "Remove a tag", "DELETE", f"{SERVER}/tags/{{tag}}"),
    ("os-server-tags:delete_all", CHANGE, "Remove all tags", "DELETE", f"{SERVER}/tags"),
    ("ips:index", READ, "List addresses", "GET", f"{SERVER}/ips"),
    ("ips:show", READ, "List the addresses on one network", "GET", f"{SERVER}/ips/{{network}}"),
    ("os-volumes-attachments:index", READ, "List attached volumes", "GET", f"{SERVER}/os-volume_attachments"),
    ("os-volumes-attachments:show", READ, "Show an attached volume", "GET", f"{SERVER}/os-volume_attachments/{{id}}"),
    ("os-volumes-attachments:create", CHANGE, "Attach a volume", "POST", f"{SERVER}/os-volume_attachments"),
    ("os-volumes-attachments:update", CHANGE, "Keep a volume or not", "PUT", f"{SERVER}/os-volume_attachments/{{id}}"),
    ("os-volumes-attachments:delete", CHANGE, "Detach a volume", "DELETE", f"{SERVER}/os-volume_attachments/{{id}}"),
    ("os-attach-interfaces:list", READ, "List interfaces", "GET", f"{SERVER}/os-interface"),
    ("os-attach-interfaces:show", READ, "Show an interface", "GET", f"{SERVER}/os-interface/{{port_id}}"),
    ("os-attach-interfaces:create", CHANGE, "Attach an interface", "POST", f"{SERVER}/os-interface"),
    ("os-attach-interfaces:delete", CHANGE, "Detach an interface", "DELETE", f"{SERVER}/os-interface/{{port_id}}"),
    ("os-instance-actions:list", READ, "List what was asked of a server", "GET", f"{SERVER}/os-instance-actions"),
    ("os-instance-actions:show", READ, "Show one action", "GET", f"{SERVER}/os-instance-actions/{{request_id}}"),
    ("os-instance-actions:events", ADMIN, "See hosts in events", "GET", f"{SERVER}/os-instance-actions/{{request_id}}"),
    (
        "os-instance-actions:events:details",
        ADMIN,
        "See what events say",
        "GET",
        f"{SERVER}/os-instance-actions/{{request_id}}",
    ),
    ("flavors", READ, "List and show flavors", "GET", "/flavors"),
    ("os-flavor-manage:create", ADMIN, "Create a flavor", "POST", "/flavors"),
    ("os-flavor-manage:update", ADMIN, "Describe a flavor", "PUT", "/flavors/{flavor_id}"),
    ("os-flavor-manage:delete", ADMIN, "Delete a flavor", "DELETE", "/flavors/{flavor_id}"),
    ("os-flavor-extra-specs:index", READ, "List extra specs", "GET", "/flavors/{flavor_id}/os-extra_specs"),
    ("os-flavor-extra-specs:show", READ, "Show an extra spec", "GET", "/flavors/{flavor_id}/os-extra_specs/{key}"),
    ("os-flavor-extra-specs:create", ADMIN, "Add extra specs", "POST", "/flavors/{flavor_id}/os-extra_specs"),
    ("os-flavor-extra-specs:update", ADMIN, "Set an extra spec", "PUT", "/flavors/{flavor_id}/os-extra_specs/{key}"),
    (
        "os-flavor-extra-specs:delete",
        ADMIN,
        "Delete an extra spec",
        "DELETE",
        "/flavors/{flavor_id}/os-extra_specs/{key}",
    ),
    ("os-flavor-access", ADMIN, "List who may use a flavor", "GET", "/flavors/{flavor_id}/os-flavor-access"),
    ("os-flavor-access:add_tenant_access", ADMIN, "Open a flavor", "POST", "/flavors/{flavor_id}/action"),
    ("os-flavor-access:remove_tenant_access", ADMIN, "Close a flavor", "POST", "/flavors/{flavor_id}/action"),
    ("extensions", "@", "List extensions", "GET", "/extensions"),
]
_OWN_KEYS = "rule:admin or user_id:%(user_id)s"
_KEYPAIRS = [
    ("os-keypairs:index", _OWN_KEYS, "List keypairs", "GET", "/os-keypairs"),
    ("os-keypairs:show", _OWN_KEYS, "Show a keypair", "GET", "/os-keypairs/{name}"),
    ("os-keypairs:create", _OWN_KEYS, "Create or import a keypair", "POST", "/os-keypairs"),
    ("os-keypairs:delete", _OWN_KEYS, "Delete a keypair", "DELETE", "/os-keypairs/{name}"),
]
POLICIES = [
    policy.rule(f"os_compute_api:{name}", check, description, (method, path))
    for name, check, description, method, path in [*_RULES, *_KEYPAIRS]
]
