"""Throw-away certificates with their keys, for the tests that sign."""

from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, pkcs12
from cryptography.x509.oid import NameOID

from govern_reports import credentials


def make(folder, name, key):
    """A self-signed certificate in a PKCS#12 file; returns (file, certificate in PEM)."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    start = datetime.now(UTC) - timedelta(days=1)
    algorithm = None if isinstance(key, ed25519.Ed25519PrivateKey) else hashes.SHA256()
    certificate = (
        x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(key.public_key()).serial_number(x509.random_serial_number())
        .not_valid_before(start).not_valid_after(start + timedelta(days=30))
        .add_extension(x509.KeyUsage(digital_signature=True, content_commitment=True, key_encipherment=False, data_encipherment=False, key_agreement=False,
                                     key_cert_sign=False, crl_sign=False, encipher_only=False, decipher_only=False), critical=True)
        .sign(key, algorithm)
    )
    path = folder / f"{name}.p12"
    path.write_bytes(pkcs12.serialize_key_and_certificates(name.encode(), key, certificate, None, BestAvailableEncryption(b"open sesame")))
    return path, certificate.public_bytes(Encoding.PEM)


def opened(people, who):
    return credentials.load(people[who][0], lambda _: "open sesame")
