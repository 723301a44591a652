"""Policy rules of the block-storage service, by OpenStack's names."""

from pileus.core.policy import rule

MEMBER, READER, ADMIN = "rule:admin_or_member", "rule:admin_or_reader", "rule:admin"

# rule, who, what for, (method, path below /v3)
TABLE: list[tuple[str, str, str, tuple[str, str]]] = [
    ("volume:create", MEMBER, "Create a volume", ("POST", "/volumes")),
    ("volume:get", READER, "Show a volume", ("GET", "/volumes/{volume_id}")),
    ("volume:get_all", READER, "List volumes", ("GET", "/volumes")),
    ("volume:update", MEMBER, "Change name and description", ("PUT", "/volumes/{volume_id}")),
    ("volume:delete", MEMBER, "Delete a volume", ("DELETE", "/volumes/{volume_id}")),
    ("volume:force_delete", ADMIN, "Delete a volume in any state", ("DELETE", "/volumes/{volume_id}")),
    ("volume:extend", MEMBER, "Grow a volume", ("POST", "/volumes/{volume_id}/action")),
    ("volume:retype", MEMBER, "Change the type of a volume", ("POST", "/volumes/{volume_id}/action")),
    ("volume:update_readonly_flag", MEMBER, "Make read-only", ("POST", "/volumes/{volume_id}/action")),
    ("volume:create_snapshot", MEMBER, "Take a snapshot", ("POST", "/snapshots")),
    ("volume:get_snapshot", READER, "Show a snapshot", ("GET", "/snapshots/{snapshot_id}")),
    ("volume:get_all_snapshots", READER, "List snapshots", ("GET", "/snapshots")),
    ("volume:update_snapshot", MEMBER, "Change name and description", ("PUT", "/snapshots/{snapshot_id}")),
    ("volume:delete_snapshot", MEMBER, "Delete a snapshot", ("DELETE", "/snapshots/{snapshot_id}")),
    ("volume:availability_zone_list", READER, "List zones", ("GET", "/os-availability-zone")),
    ("volume:attachment_create", MEMBER, "Create an attachment", ("POST", "/attachments")),
    ("volume:attachment_update", MEMBER, "Connect an attachment", ("PUT", "/attachments/{attachment_id}")),
    ("volume:attachment_complete", MEMBER, "Complete it", ("POST", "/attachments/{attachment_id}/action")),
    ("volume:attachment_delete", MEMBER, "Delete an attachment", ("DELETE", "/attachments/{attachment_id}")),
    ("volume:create_transfer", MEMBER, "Offer a volume", ("POST", "/volume-transfers")),
    ("volume:accept_transfer", MEMBER, "Take a volume", ("POST", "/volume-transfers/{transfer_id}/accept")),
    ("volume:delete_transfer", MEMBER, "Withdraw an offer", ("DELETE", "/volume-transfers/{transfer_id}")),
    ("volume:get_transfer", READER, "Show an offer", ("GET", "/volume-transfers/{transfer_id}")),
    ("volume:get_all_transfers", READER, "List offers", ("GET", "/volume-transfers")),
    ("message:get_all", READER, "List messages", ("GET", "/messages")),
    ("message:get", READER, "Show a message", ("GET", "/messages/{message_id}")),
    ("message:delete", MEMBER, "Delete a message", ("DELETE", "/messages/{message_id}")),
    ("limits_extension:used_limits", READER, "Show limits and usage", ("GET", "/limits")),
    ("volume_extension:list_extensions", READER, "List extensions", ("GET", "/extensions")),
    ("volume_extension:hosts", ADMIN, "List hosts", ("GET", "/os-hosts")),
    ("volume_extension:capabilities", ADMIN, "Show what storage can do", ("GET", "/capabilities/{host}")),
    ("volume_extension:services:index", ADMIN, "List services", ("GET", "/os-services")),
    (
        "scheduler_extension:scheduler_stats:get_pools",
        ADMIN,
        "List storage pools",
        ("GET", "/scheduler-stats/get_pools"),
    ),
    ("volume_extension:quotas:show", READER, "Show quotas", ("GET", "/os-quota-sets/{project}")),
    ("volume_extension:quotas:update", ADMIN, "Set quotas", ("PUT", "/os-quota-sets/{project}")),
    ("volume_extension:quotas:delete", ADMIN, "Reset quotas", ("DELETE", "/os-quota-sets/{project}")),
    ("volume_extension:quota_classes:get", ADMIN, "Show default quotas", ("GET", "/os-quota-class-sets/{name}")),
    ("volume_extension:quota_classes:update", ADMIN, "Set default quotas", ("PUT", "/os-quota-class-sets/{name}")),
    ("volume_extension:type_get_all", READER, "List types", ("GET", "/types")),
    ("volume_extension:type_get", READER, "Show a type", ("GET", "/types/{type_id}")),
    ("volume_extension:type_create", ADMIN, "Create a type", ("POST", "/types")),
    ("volume_extension:type_update", ADMIN, "Change a type", ("PUT", "/types/{type_id}")),
    ("volume_extension:type_delete", ADMIN, "Delete a type", ("DELETE", "/types/{type_id}")),
]
_SPECS = ("/types/{type_id}/extra_specs", "/types/{type_id}/extra_specs/{key}")
_ACCESS = "volume_extension:volume_type_access"
_ACTION = ("POST", "/volumes/{volume_id}/action")
TABLE += [
    ("volume_extension:types_extra_specs:index", READER, "List extra specs", ("GET", _SPECS[0])),
    ("volume_extension:types_extra_specs:create", ADMIN, "Set extra specs", ("POST", _SPECS[0])),
    ("volume_extension:types_extra_specs:show", READER, "Show an extra spec", ("GET", _SPECS[1])),
    ("volume_extension:types_extra_specs:update", ADMIN, "Change an extra spec", ("PUT", _SPECS[1])),
    ("volume_extension:types_extra_specs:delete", ADMIN, "Delete an extra spec", ("DELETE", _SPECS[1])),
    (f"{_ACCESS}:get_all_for_type", ADMIN, "List projects", ("GET", "/types/{type_id}/os-volume-type-access")),
    (f"{_ACCESS}:addProjectAccess", ADMIN, "Let a project in", ("POST", "/types/{type_id}/action")),
    (f"{_ACCESS}:removeProjectAccess", ADMIN, "Shut a project out", ("POST", "/types/{type_id}/action")),
    ("volume_extension:volume_image_metadata:show", READER, "Show image metadata", _ACTION),
    ("volume_extension:volume_image_metadata:set", MEMBER, "Set image metadata", _ACTION),
    ("volume_extension:volume_image_metadata:remove", MEMBER, "Remove image metadata", _ACTION),
    ("volume_extension:volume_admin_actions:reset_status", ADMIN, "Set the state by hand", _ACTION),
    ("volume_extension:volume_admin_actions:force_delete", ADMIN, "Delete in any state", _ACTION),
    ("volume_extension:volume_admin_actions:force_detach", ADMIN, "Forget an attachment", _ACTION),
]
TABLE += [
    (f"volume_extension:volume_actions:{name}", MEMBER, about, _ACTION)
    for name, about in (
        ("reserve", "Hold a volume"),
        ("unreserve", "Give a hold back"),
        ("attach", "Write an attachment down"),
        ("detach", "Forget an attachment"),
        ("begin_detaching", "Begin to detach"),
        ("roll_detaching", "Do not detach after all"),
        ("set_bootable", "Say whether servers can boot from it"),
        ("upload_image", "Make an image of a volume"),
    )
]
TABLE.append(("volume_extension:volume_actions:upload_public", ADMIN, "Make a public image of a volume", _ACTION))
TABLE += [
    (f"volume_extension:snapshot_admin_actions:{name}", ADMIN, about, ("POST", "/snapshots/{snapshot_id}/action"))
    for name, about in (("reset_status", "Set the state by hand"), ("force_delete", "Delete in any state"))
]
TABLE += [
    (
        f"volume:{verb}_{kind}_metadata",
        who,
        f"{verb.capitalize()} metadata",
        (method, f"/{kind}s/{{id}}/metadata{more}"),
    )
    for kind in ("volume", "snapshot")
    for verb, who, method, more in (
        ("get", READER, "GET", ""),
        ("create", MEMBER, "POST", ""),
        ("update", MEMBER, "PUT", ""),
        ("delete", MEMBER, "DELETE", "/{key}"),
    )
]
RULES = [rule(name, who, about, (where[0], f"/v3{where[1]}")) for name, who, about, where in TABLE]
