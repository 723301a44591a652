"""Hashes that passlib made (as Keystone does) are checked as passlib checks them; nothing malformed ever fits."""

import pytest

from pileus.identity.operations import old_hashes

SECRET = "correct horse ✓ battery"
LONG = "é" * 60  # 120 bytes
HASHES = [
    "$2b$04$DA4zzhU7/YEyhZeT8iL0VeoVCWASSL7dsHgFbz8NLvD/HY1k/Jeb6",
    "$2a$04$yQgmXNj1H5XEtYVknM6viONxdAWCNyDRUDLK8Nb9Ry9PGbNd3YmHi",
    "$2y$04$9hDNlMgl/ENFH6jJ5kPFVOV7bn7oFEaOZWPXEscnYH93czQj0o3ey",
    "$bcrypt-sha256$v=2,t=2b,r=4$45vEDmzBGjpQpe2q.aztcO$.JvUm9hCGnOaSYkFp.ABTLJ57ePQ/hm",
    "$bcrypt-sha256$2b,4$i0/cbynfbIgg7VeTD/dg7u$fC7xDUY3Gt.E9CF8tEUsQIDPZaHdl1W",
    "$scrypt$ln=4,r=8,p=1$e88ZQ6i1VirFmPNeyzknZA$X9nDflKASg5POAdyoMXzeWH+SA1debEC0oblK6dHAG4",
    "$scrypt$ln=10,r=8,p=2$izGG0Npb6/1/b00p5TwnxA$HEHyCMe6fJECEwAlnjrEi0B+LgSCydeVrxPALxKzcXU",
    "$pbkdf2-sha512$1000$8t5by/k/p7QWIgQgxNibUw$"
    "7XdTrUM5ivgLFpm57MS.v2pkiQ4mF0a4oAaVb3f.JOcS2vIPSP0eDaYFmGpv6vfNzkXZkzYPynymW2BFBfYDVA",
    "$pbkdf2-sha256$1000$qDWmNIaQ8t6bcy6FECIEYA$dpkfpW798Kg9FTh1C0r3kkJu7u.xGmtgSnFm6FaNswo",
]
HASHES_OF_LONG = {
    "$2b$04$20LQOnGVUki9KBMTQIpM9eHzNhJctuDVvwad1vMujMHzZOJ2e2bEu": LONG[:36],
    "$bcrypt-sha256$v=2,t=2b,r=4$56YJvSkQLAcWPRRRQZ240.$7DgItjOuler3szZ4AtFkMk5MRlCGn3C": LONG,
    "$scrypt$ln=4,r=8,p=1$A4Cw9v6fcw4BwFiLUeo9Zw$vpdYXA4x5zIDpO0j7+EhzeK/PHYrznfAfGZRKKUqHIg": LONG,
}


@pytest.mark.parametrize("hashed", HASHES)
def test_the_right_secret_fits_and_no_other(hashed: str) -> None:
    assert old_hashes.verify(hashed, SECRET)
    for wrong in (SECRET + "!", SECRET[:-1], "", "\0"):
        assert not old_hashes.verify(hashed, wrong)


@pytest.mark.parametrize(("hashed", "enough"), HASHES_OF_LONG.items())
def test_bcrypt_looks_at_72_bytes_and_the_others_at_all(hashed: str, enough: str) -> None:
    assert old_hashes.verify(hashed, LONG)
    assert old_hashes.verify(hashed, enough)
    assert old_hashes.verify(hashed, LONG + "more") == (enough != LONG)


def variants(hashed: str) -> list[str]:
    """What bad luck or malice make of a hash."""
    parts = hashed.split("$")
    return [
        *(hashed[:end] for end in range(len(hashed))),
        *("$".join(p for number, p in enumerate(parts) if number != left_out) for left_out in range(1, len(parts))),
        *(
            "$".join(p if number != emptied else "" for number, p in enumerate(parts))
            for emptied in range(1, len(parts))
        ),
        hashed + "A",
        hashed + "\n",
        " " + hashed,
        hashed.replace("$", "%"),
        hashed.upper(),
        "$".join([*parts[:-1], "!" * len(parts[-1])]),
        "$".join([*parts[:-1], "A"]),
    ]


@pytest.mark.parametrize("hashed", HASHES)
def test_a_malformed_hash_fits_nothing(hashed: str) -> None:
    for bad in variants(hashed):
        if bad != hashed:
            assert not old_hashes.verify(bad, SECRET), bad


@pytest.mark.parametrize(
    "hashed",
    [
        "",
        "x",
        "$6$rounds=5000$salt$" + "a" * 86,
        "$2b$31$" + "." * 53,  # would take hours
        "$2b$04$" + "z" * 53,
        "$scrypt$ln=40,r=8,p=1$aaaa$" + "A" * 43,
        "$scrypt$ln=0,r=8,p=1$aaaa$" + "A" * 43,
        "$scrypt$ln=4,r=0,p=1$aaaa$" + "A" * 43,
        "$scrypt$ln=4,r=8,p=0$aaaa$" + "A" * 43,
        "$scrypt$ln=20,r=999,p=999$aaaa$" + "A" * 43,
        "$pbkdf2-sha512$0$aaaa$" + "A" * 86,
        "$pbkdf2-sha512$99999999$aaaa$" + "A" * 86,
        "$bcrypt-sha256$v=2,t=2b,r=99$" + "." * 22 + "$" + "." * 31,
    ],
)
def test_a_hash_of_another_kind_or_cost_fits_nothing(hashed: str) -> None:
    assert not old_hashes.verify(hashed, SECRET)
