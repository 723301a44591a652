"""Who may call which route of the image service; to accept a share is for those with whom it is shared."""

TABLE = """
GET /v2/schemas/<name> | read
GET /v2/info/import | read
GET /v2/images | read | own
POST /v2/images | change
GET /v2/images/ | read | hidden
PATCH /v2/images/ | read | hidden
DELETE /v2/images/ | read | hidden
GET /v2/images/<image_id> | read | hidden
PATCH /v2/images/<image_id> | change | hidden
DELETE /v2/images/<image_id> | change | hidden
PUT /v2/images/<image_id>/tags/<tag> | change | hidden
DELETE /v2/images/<image_id>/tags/<tag> | change | hidden
POST /v2/images/<image_id>/actions/deactivate | change | hidden
POST /v2/images/<image_id>/actions/reactivate | change | hidden
PUT /v2/images/<image_id>/file | change | hidden
GET /v2/images/<image_id>/file | change | hidden
PUT /v2/images/<image_id>/stage | change | hidden
POST /v2/images/<image_id>/import | change | hidden
GET /v2/images/<image_id>/members | read | hidden
POST /v2/images/<image_id>/members | change | hidden
GET /v2/images/<image_id>/members/<member_id> | read | hidden
PUT /v2/images/<image_id>/members/<member_id> | admin | hidden
DELETE /v2/images/<image_id>/members/<member_id> | change | hidden
"""
ARGS = {"GET /v2/images/<image_id>/file": {"image_id": "$queued_id"}}  # there is nothing to send yet
BODIES = {
    "POST /v2/images": {"name": "new", "container_format": "bare", "disk_format": "raw"},
    "PATCH /v2/images/<image_id>": [{"op": "replace", "path": "/name", "value": "changed"}],
    "POST /v2/images/<image_id>/import": {"method": {"name": "glance-direct"}},
    "POST /v2/images/<image_id>/members": {"member": "p9"},
    "PUT /v2/images/<image_id>/members/<member_id>": {"status": "accepted"},
}
TYPES = {
    "PATCH /v2/images/<image_id>": "application/openstack-images-v2.1-json-patch",
    "PUT /v2/images/<image_id>/file": "application/octet-stream",
    "PUT /v2/images/<image_id>/stage": "application/octet-stream",
}
