"""The object store through S3: boto3 with the keys that `openstack ec2 credentials create` makes."""

import secrets
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from botocore.exceptions import ClientError
from cloud_under_test import Tenant
from object_store_under_test import Key, admin, as_user, make_key, project, s3, swift

MIB = 1 << 20


@pytest.fixture(scope="module")
def member() -> Iterator[Tenant]:
    with project("member") as made:
        yield made[0]


@pytest.fixture(scope="module")
def key(member: Tenant) -> Key:
    made = member.json("ec2", "credentials", "create")
    return Key(made["access"], made["secret"])


@pytest.fixture
def bucket(key: Key) -> str:
    name = f"bucket-{secrets.token_hex(4)}"
    s3(key).create_bucket(Bucket=name)
    s3(key).put_object(Bucket=name, Key="letter", Body=b"dear reader")
    return name


def refusal(client: Any, bucket: str) -> tuple[int, str]:
    """Status and code of the fault with which a request is refused."""
    with pytest.raises(ClientError) as refused:
        client.list_objects_v2(Bucket=bucket)
    answer = refused.value.response
    return answer["ResponseMetadata"]["HTTPStatusCode"], answer["Error"]["Code"]


def test_objects_are_put_listed_read_and_deleted(key: Key, bucket: str) -> None:
    client, data = s3(key), secrets.token_bytes(2 * MIB)
    client.put_object(Bucket=bucket, Key="a/data", Body=data, Metadata={"colour": "blue"})
    got = client.get_object(Bucket=bucket, Key="a/data")
    assert got["Body"].read() == data and got["Metadata"] == {"colour": "blue"}
    listed = client.list_objects_v2(Bucket=bucket)["Contents"]
    assert {o["Key"]: o["Size"] for o in listed} == {"a/data": 2 * MIB, "letter": 11}
    client.delete_object(Bucket=bucket, Key="a/data")
    assert [o["Key"] for o in client.list_objects_v2(Bucket=bucket)["Contents"]] == ["letter"]
    assert bucket in [b["Name"] for b in client.list_buckets()["Buckets"]]


def test_a_large_object_goes_up_in_parts(key: Key, bucket: str) -> None:
    client, parts = s3(key), [secrets.token_bytes(5 * MIB), secrets.token_bytes(MIB)]
    upload = client.create_multipart_upload(Bucket=bucket, Key="large")["UploadId"]
    done = []
    for number, part in enumerate(parts, start=1):
        sent = client.upload_part(Bucket=bucket, Key="large", PartNumber=number, UploadId=upload, Body=part)
        done.append({"PartNumber": number, "ETag": sent["ETag"]})
    client.complete_multipart_upload(Bucket=bucket, Key="large", UploadId=upload, MultipartUpload={"Parts": done})
    assert client.get_object(Bucket=bucket, Key="large")["Body"].read() == b"".join(parts)


def test_a_presigned_url_opens_one_object(key: Key, bucket: str) -> None:
    url = s3(key).generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "letter"}, ExpiresIn=60)
    assert requests.get(url, timeout=30).content == b"dear reader"
    assert requests.get(url.replace("letter", "others"), timeout=30).status_code == 403


def test_swift_sees_what_s3_has_stored(member: Tenant, bucket: str) -> None:
    assert swift(member).get_object(bucket, "letter")[1] == b"dear reader"


def test_a_wrong_secret_is_refused(key: Key, bucket: str) -> None:
    assert refusal(s3(key, secrets.token_hex(16)), bucket)[0] == 403
    assert refusal(s3(Key(secrets.token_hex(16), key.secret)), bucket)[0] == 403


def test_another_projects_key_opens_nothing(bucket: str) -> None:
    with project("member") as (stranger,):
        client = s3(make_key(as_user(stranger)))
        assert bucket not in [b["Name"] for b in client.list_buckets()["Buckets"]]
        assert refusal(client, bucket) == (404, "NoSuchBucket")


def test_a_key_is_of_no_use_to_one_who_has_become_a_reader() -> None:
    cloud = admin()
    with project("member") as (tenant,):
        mine = as_user(tenant)
        client = s3(make_key(mine))
        client.create_bucket(Bucket="box")
        for change, role in ((cloud.identity.assign_project_role_to_user, "reader"),
                             (cloud.identity.unassign_project_role_from_user, "member")):  # fmt: skip
            change(mine.current_project_id, mine.current_user_id, cloud.identity.find_role(role))
        assert refusal(client, "box")[0] == 403


@pytest.mark.parametrize("how", ["key deleted", "user disabled", "role taken", "project disabled"])
def test_a_key_that_may_no_more_is_refused_at_once(how: str) -> None:
    cloud = admin()
    with project("member") as (tenant,):
        mine = as_user(tenant)
        key = make_key(mine)
        client, user = s3(key), mine.current_user_id
        client.create_bucket(Bucket="box")
        client.list_objects_v2(Bucket="box")
        if how == "key deleted":
            tenant.openstack("ec2", "credentials", "delete", key.access)
        elif how == "user disabled":
            cloud.identity.update_user(user, is_enabled=False)
        elif how == "role taken":
            role = cloud.identity.find_role("member")
            cloud.identity.unassign_project_role_from_user(mine.current_project_id, user, role)
        else:
            cloud.identity.update_project(mine.current_project_id, is_enabled=False)
        assert refusal(client, "box")[0] in (401, 403)
