"""Who may call which route of block storage; each answers with and without the project in its path."""

TABLE = """
GET /v3/extensions | read
GET /v3/os-availability-zone | read
GET /v3/os-hosts | admin
GET /v3/os-hosts/<name> | admin
GET /v3/capabilities/<name> | admin
GET /v3/os-services | admin
GET /v3/scheduler-stats/get_pools | admin
POST /v3/volumes | change
GET /v3/volumes | read | own
GET /v3/volumes/detail | read | own
GET /v3/volumes/summary | read | own
GET /v3/volumes/ | read | hidden
PUT /v3/volumes/ | read | hidden
DELETE /v3/volumes/ | read | hidden
GET /v3/volumes/<volume_id> | read | hidden
PUT /v3/volumes/<volume_id> | change | hidden
DELETE /v3/volumes/<volume_id> | change | hidden
POST /v3/volumes/<volume_id>/action os-extend | change | hidden
POST /v3/volumes/<volume_id>/action os-reserve | change | hidden
POST /v3/volumes/<volume_id>/action os-unreserve | change | hidden
POST /v3/volumes/<volume_id>/action os-attach | change | hidden
POST /v3/volumes/<volume_id>/action os-detach | change | hidden
POST /v3/volumes/<volume_id>/action os-begin_detaching | change | hidden
POST /v3/volumes/<volume_id>/action os-roll_detaching | change | hidden
POST /v3/volumes/<volume_id>/action os-set_bootable | change | hidden
POST /v3/volumes/<volume_id>/action os-update_readonly_flag | change | hidden
POST /v3/volumes/<volume_id>/action os-reset_status | admin
POST /v3/volumes/<volume_id>/action os-force_delete | admin
POST /v3/volumes/<volume_id>/action os-force_detach | admin
POST /v3/volumes/<volume_id>/action os-retype | change | hidden
POST /v3/volumes/<volume_id>/action os-volume_upload_image | change | hidden
POST /v3/volumes/<volume_id>/action os-show_image_metadata | read | hidden
POST /v3/volumes/<volume_id>/action os-set_image_metadata | change | hidden
POST /v3/volumes/<volume_id>/action os-unset_image_metadata | change | hidden
POST /v3/snapshots | change | hidden
GET /v3/snapshots | read | own
GET /v3/snapshots/detail | read | own
GET /v3/snapshots/<snapshot_id> | read | hidden
PUT /v3/snapshots/<snapshot_id> | change | hidden
DELETE /v3/snapshots/<snapshot_id> | change | hidden
POST /v3/snapshots/<snapshot_id>/action os-reset_status | admin
POST /v3/snapshots/<snapshot_id>/action os-force_delete | admin
GET /v3/volumes/<owner>/metadata | read | hidden
POST /v3/volumes/<owner>/metadata | change | hidden
PUT /v3/volumes/<owner>/metadata | change | hidden
GET /v3/volumes/<owner>/metadata/<key> | read | hidden
PUT /v3/volumes/<owner>/metadata/<key> | change | hidden
DELETE /v3/volumes/<owner>/metadata/<key> | change | hidden
GET /v3/snapshots/<owner>/metadata | read | hidden
POST /v3/snapshots/<owner>/metadata | change | hidden
PUT /v3/snapshots/<owner>/metadata | change | hidden
GET /v3/snapshots/<owner>/metadata/<key> | read | hidden
PUT /v3/snapshots/<owner>/metadata/<key> | change | hidden
DELETE /v3/snapshots/<owner>/metadata/<key> | change | hidden
GET /v3/types | read
POST /v3/types | admin
GET /v3/types/<type_id> | read
PUT /v3/types/<type_id> | admin
DELETE /v3/types/<type_id> | admin
GET /v3/types/<type_id>/extra_specs | read
POST /v3/types/<type_id>/extra_specs | admin
GET /v3/types/<type_id>/extra_specs/<key> | read
PUT /v3/types/<type_id>/extra_specs/<key> | admin
DELETE /v3/types/<type_id>/extra_specs/<key> | admin
GET /v3/types/<type_id>/os-volume-type-access | admin
POST /v3/types/<type_id>/action addProjectAccess | admin
POST /v3/types/<type_id>/action removeProjectAccess | admin
GET /v3/os-quota-sets/<project> | read | refused
GET /v3/os-quota-sets/<project>/defaults | read
PUT /v3/os-quota-sets/<project> | admin
DELETE /v3/os-quota-sets/<project> | admin
GET /v3/os-quota-class-sets/<name> | admin
PUT /v3/os-quota-class-sets/<name> | admin
GET /v3/limits | read
GET /v3/attachments | read | own
GET /v3/attachments/detail | read | own
GET /v3/attachments/<attachment_id> | read | hidden
POST /v3/attachments | change | hidden
PUT /v3/attachments/<attachment_id> | change | hidden
DELETE /v3/attachments/<attachment_id> | change | hidden
POST /v3/attachments/<attachment_id>/action os-complete | change | hidden
GET /v3/messages | read | own
GET /v3/messages/<message_id> | read | hidden
DELETE /v3/messages/<message_id> | change | hidden
"""
for noun in ("os-volume-transfer", "volume-transfers"):  # whoever has the key of an offer may take it
    TABLE += f"""GET /v3/{noun} | read | own
GET /v3/{noun}/detail | read | own
GET /v3/{noun}/<transfer_id> | read | hidden
POST /v3/{noun} | change | hidden
DELETE /v3/{noun}/<transfer_id> | change | hidden
POST /v3/{noun}/<transfer_id>/accept | change
"""
META = {"metadata": {"k": "v"}}
BODIES = {
    "POST /v3/volumes": {"volume": {"size": 1}},
    "PUT /v3/volumes/<volume_id>": {"volume": {"name": "changed"}},
    "POST /v3/snapshots": {"snapshot": {"volume_id": "$volume_id"}},
    "PUT /v3/snapshots/<snapshot_id>": {"snapshot": {"name": "changed"}},
    "POST /v3/attachments": {"attachment": {"volume_uuid": "$volume_id"}},
    "PUT /v3/attachments/<attachment_id>": {"attachment": {"connector": {"host": "h1"}}},
    **{f"{method} /v3/{noun}s/<owner>/metadata": META for method in ("POST", "PUT") for noun in ("volume", "snapshot")},
    **{f"PUT /v3/{noun}s/<owner>/metadata/<key>": {"meta": {"k": "v"}} for noun in ("volume", "snapshot")},
    **{
        f"POST /v3/{noun}": {"transfer": {"volume_id": "$volume_id"}}
        for noun in ("os-volume-transfer", "volume-transfers")
    },
}
ACTIONS = {
    "os-extend": {"new_size": 2},
    "os-attach": {"instance_uuid": "00000000-0000-4000-8000-000000000000", "mountpoint": "/dev/vdb"},
    "os-detach": {},
    "os-set_bootable": {"bootable": True},
    "os-update_readonly_flag": {"readonly": True},
    "os-retype": {"new_type": "t", "migration_policy": "never"},
    "os-volume_upload_image": {"image_name": "i"},
    "os-set_image_metadata": {"metadata": {"k": "v"}},
    "os-unset_image_metadata": {"key": "k"},
}
