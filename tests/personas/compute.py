"""Who may call which route of compute; /v2 means the same as /v2.1."""

SERVER = "/v2.1/servers/<server_id>"
TABLE = """
GET /v2.1/extensions | all
GET /v2.1/extensions/<alias> | all
GET /v2.1/flavors | read
GET /v2.1/flavors/detail | read
GET /v2.1/flavors/<flavor_id> | read
POST /v2.1/flavors | admin
PUT /v2.1/flavors/<flavor_id> | admin
DELETE /v2.1/flavors/<flavor_id> | admin
GET /v2.1/flavors/<flavor_id>/os-extra_specs | read
POST /v2.1/flavors/<flavor_id>/os-extra_specs | admin
GET /v2.1/flavors/<flavor_id>/os-extra_specs/<key> | read
PUT /v2.1/flavors/<flavor_id>/os-extra_specs/<key> | admin
DELETE /v2.1/flavors/<flavor_id>/os-extra_specs/<key> | admin
GET /v2.1/flavors/<flavor_id>/os-flavor-access | admin
POST /v2.1/flavors/<flavor_id>/action addTenantAccess | admin
POST /v2.1/flavors/<flavor_id>/action removeTenantAccess | admin
GET /v2.1/os-keypairs | all | own
GET /v2.1/os-keypairs/<name> | all
POST /v2.1/os-keypairs | all
DELETE /v2.1/os-keypairs/<name> | all
GET /v2.1/servers | read | own
GET /v2.1/servers/detail | read | own
POST /v2.1/servers | change
GET /v2.1/servers/<server_id> | read | hidden
PUT /v2.1/servers/<server_id> | change | hidden
DELETE /v2.1/servers/<server_id> | change | hidden
GET /v2.1/os-server-groups | read | own
GET /v2.1/os-server-groups/<group_id> | read | hidden
POST /v2.1/os-server-groups | change
DELETE /v2.1/os-server-groups/<group_id> | change | hidden
GET /v2.1/os-availability-zone | read
GET /v2.1/os-availability-zone/detail | admin
GET /v2.1/os-quota-sets/<project_id> | read | refused
GET /v2.1/os-quota-sets/<project_id>/defaults | all
GET /v2.1/os-quota-sets/<project_id>/detail | read | refused
PUT /v2.1/os-quota-sets/<project_id> | admin
DELETE /v2.1/os-quota-sets/<project_id> | admin
GET /v2.1/os-quota-class-sets/<name> | admin
PUT /v2.1/os-quota-class-sets/<name> | admin
GET /v2.1/limits | all
GET /v2.1/os-simple-tenant-usage | admin
GET /v2.1/os-simple-tenant-usage/<project_id> | read | refused
GET /v2.1/images | read | own
GET /v2.1/images/detail | read | own
GET /v2.1/images/<image_id> | read | hidden
DELETE /v2.1/images/<image_id> | change | hidden
"""
ACTIONS = {
    "os-start": None,
    "os-stop": None,
    "reboot": {"type": "SOFT"},
    "resize": {"flavorRef": "2"},
    "createImage": {"name": "i"},
    "confirmResize": None,
    "revertResize": None,
    "rebuild": {"imageRef": "$image_id"},
    "lock": None,
    "unlock": None,
    "os-getConsoleOutput": {},
    "forceDelete": None,
}
for action in ACTIONS:
    TABLE += f"POST {SERVER}/action {action} | change | hidden\n"
TABLE += f"POST {SERVER}/action os-resetState | admin\n"
for call in (
    "metadata",
    "metadata/<key>",
    "tags",
    "tags/<tag>",
    "ips",
    "ips/<name>",
    "os-volume_attachments",
    "os-volume_attachments/<volume_id>",
    "os-interface",
    "os-interface/<port_id>",
    "os-instance-actions",
    "os-instance-actions/<request_id>",
):
    TABLE += f"GET {SERVER}/{call} | read | hidden\n"
for call in (
    "POST metadata",
    "PUT metadata",
    "PUT metadata/<key>",
    "DELETE metadata/<key>",
    "PUT tags",
    "DELETE tags",
    "PUT tags/<tag>",
    "DELETE tags/<tag>",
    "POST os-volume_attachments",
    "PUT os-volume_attachments/<volume_id>",
    "DELETE os-volume_attachments/<volume_id>",
    "POST os-interface",
    "DELETE os-interface/<port_id>",
):
    TABLE += f"{call.replace(' ', f' {SERVER}/')} | change | hidden\n"
for noun in ("", "/detail", "/statistics", "/<hypervisor_id>", "/<pattern>/search", "/<pattern>/servers"):
    TABLE += f"GET /v2.1/os-hypervisors{noun} | admin\n"
for call in (
    *("GET /v2.1/os-services", "PUT /v2.1/os-services/<service_id>", "DELETE /v2.1/os-services/<service_id>"),
    *(f"PUT /v2.1/os-services/{what}" for what in ("enable", "disable", "disable-log-reason", "force-down")),
    *(f"{method} /v2.1/os-aggregates" for method in ("GET", "POST")),
    *(f"{method} /v2.1/os-aggregates/<aggregate_id>" for method in ("GET", "PUT", "DELETE")),
    *(f"POST /v2.1/os-aggregates/<aggregate_id>/action {what}" for what in ("add_host", "remove_host", "set_metadata")),
):
    TABLE += f"{call} | admin\n"
BODIES = {
    "POST /v2.1/os-keypairs": {"keypair": {"name": "mine", "public_key": "$public_key"}},
    "POST /v2.1/servers": {"server": {"name": "s", "imageRef": "$image_id", "flavorRef": "1", "networks": []}},
    f"PUT {SERVER}": {"server": {"name": "changed"}},
    f"POST {SERVER}/metadata": {"metadata": {"k": "v"}},
    f"PUT {SERVER}/metadata": {"metadata": {"k": "v"}},
    f"PUT {SERVER}/metadata/<key>": {"meta": {"k": "v"}},
    f"PUT {SERVER}/tags": {"tags": ["t"]},
    f"POST {SERVER}/os-volume_attachments": {"volumeAttachment": {"volumeId": "$volume_id"}},
    f"PUT {SERVER}/os-volume_attachments/<volume_id>": {
        "volumeAttachment": {"volumeId": "$volume_id", "delete_on_termination": True}
    },
    f"POST {SERVER}/os-interface": {"interfaceAttachment": {"net_id": "$network"}},
}
