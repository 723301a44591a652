"""Certificate authorities of a test's own, and the certificates of servers at 127.0.0.1 by them."""

import datetime as dt
import ipaddress
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

HERE = "127.0.0.1"
USAGES = (
    "digital_signature",
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
    "encipher_only",
    "decipher_only",
)


@dataclass(frozen=True)
class Authority:
    """A certificate authority that is believed as long as a day."""

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    def write(self, file: Path) -> None:
        """Write the authority's certificate, as those who believe it read it."""
        file.write_bytes(_pem(self.certificate))

    def certify(self, certificate: Path, key: Path) -> None:
        """Write a certificate for a server at 127.0.0.1, and its key."""
        own = ec.generate_private_key(ec.SECP256R1())
        names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(HERE))])
        builder = _begun(HERE, own, self.certificate.subject, self.key).add_extension(names, critical=False)
        certificate.write_bytes(_pem(builder.sign(self.key, hashes.SHA256())))
        form = (serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        key.write_bytes(own.private_bytes(serialization.Encoding.PEM, *form))


def authority(name: str) -> Authority:
    """A new certificate authority."""
    key = ec.generate_private_key(ec.SECP256R1())
    usage = x509.KeyUsage(**dict.fromkeys(USAGES, False) | {"key_cert_sign": True, "crl_sign": True})
    builder = _begun(name, key, _called(name), key).add_extension(usage, critical=True)
    return Authority(key, builder.sign(key, hashes.SHA256()))


def _begun(
    name: str, key: ec.EllipticCurvePrivateKey, issuer: x509.Name, signer: ec.EllipticCurvePrivateKey
) -> x509.CertificateBuilder:
    """What all have in common; who signs their own is an authority."""
    now, day = dt.datetime.now(dt.UTC), dt.timedelta(days=1)
    return (
        x509.CertificateBuilder()
        .subject_name(_called(name))
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - day)
        .not_valid_after(now + day)
        .add_extension(x509.BasicConstraints(ca=key is signer, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
    )


def _called(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)
