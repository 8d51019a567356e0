"""Throw-away certificate authorities, and certificates they signed; whole enough for Python 3.13, which is strict."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

DAY = timedelta(days=1)
SIGNS_CERTIFICATES = x509.KeyUsage(
    digital_signature=False,
    content_commitment=False,
    key_encipherment=False,
    data_encipherment=False,
    key_agreement=False,
    key_cert_sign=True,
    crl_sign=True,
    encipher_only=False,
    decipher_only=False,
)


@dataclass(frozen=True)
class Authority:
    """Signs certificates into `folder`; `certificate` is what trusts them."""

    folder: Path
    key: ec.EllipticCurvePrivateKey
    root: x509.Certificate

    @classmethod
    def new(cls, folder: Path) -> "Authority":
        folder.mkdir(parents=True, exist_ok=True)
        key = ec.generate_private_key(ec.SECP256R1())
        name = named("An authority for one test")
        builder = (
            begun(name, name, key, days=1)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(SIGNS_CERTIFICATES, critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        )
        authority = cls(folder, key, builder.sign(key, hashes.SHA256()))
        authority.certificate.write_bytes(authority.root.public_bytes(serialization.Encoding.PEM))
        return authority

    @property
    def certificate(self) -> Path:
        return self.folder / "authority.pem"

    def sign(self, host: str, *, days: int = 1) -> tuple[Path, Path]:
        """The files of a certificate for `host` and of its key; with `days` below 0 it has run out."""
        key = ec.generate_private_key(ec.SECP256R1())
        builder = (
            begun(named(host), self.root.subject, key, days=days)
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key()), critical=False)
        )
        certificate, private = self.folder / f"{host}.pem", self.folder / f"{host}.key"
        signed = builder.sign(self.key, hashes.SHA256())
        certificate.write_bytes(signed.public_bytes(serialization.Encoding.PEM))
        private.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        return certificate, private


def named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def begun(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, *, days: int
) -> x509.CertificateBuilder:
    ends = datetime.now(UTC) + days * DAY
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(min(ends, datetime.now(UTC)) - DAY)
        .not_valid_after(ends)
    )
