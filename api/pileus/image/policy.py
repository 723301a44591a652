"""Policy rules of the image service, by OpenStack's names."""

from pileus.core.policy import rule

MEMBER = "rule:admin_or_member"
READER = "rule:admin_or_reader"
RULES = [
    rule("add_image", MEMBER, "Create an image", ("POST", "/v2/images")),
    rule("delete_image", MEMBER, "Delete an image", ("DELETE", "/v2/images/{image_id}")),
    rule("get_image", READER, "Show an image", ("GET", "/v2/images/{image_id}")),
    rule("get_images", READER, "List images", ("GET", "/v2/images")),
    rule("modify_image", MEMBER, "Change an image", ("PATCH", "/v2/images/{image_id}")),
    rule("publicize_image", "rule:admin", "Make an image public", ("PATCH", "/v2/images/{image_id}")),
    rule("communitize_image", MEMBER, "Make an image a community image", ("PATCH", "/v2/images/{image_id}")),
    rule("download_image", MEMBER, "Download an image", ("GET", "/v2/images/{image_id}/file")),
    rule("upload_image", MEMBER, "Upload an image's data", ("PUT", "/v2/images/{image_id}/file")),
    rule("stage_image", MEMBER, "Stage an image's data", ("PUT", "/v2/images/{image_id}/stage")),
    rule("import_image", MEMBER, "Import an image", ("POST", "/v2/images/{image_id}/import")),
    rule("deactivate", MEMBER, "Deactivate an image", ("POST", "/v2/images/{image_id}/actions/deactivate")),
    rule("reactivate", MEMBER, "Reactivate an image", ("POST", "/v2/images/{image_id}/actions/reactivate")),
    rule("add_member", MEMBER, "Share an image", ("POST", "/v2/images/{image_id}/members")),
    rule("delete_member", MEMBER, "Stop sharing", ("DELETE", "/v2/images/{image_id}/members/{member_id}")),
    rule("get_member", READER, "Show a member", ("GET", "/v2/images/{image_id}/members/{member_id}")),
    rule("get_members", READER, "List members", ("GET", "/v2/images/{image_id}/members")),
    rule("modify_member", MEMBER, "Accept or reject", ("PUT", "/v2/images/{image_id}/members/{member_id}")),
]
