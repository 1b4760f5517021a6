"""Who signs a film: a certificate with its private key, and one made on the spot that proves nothing and says so."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TypeVar

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from onereel.errors import BadInput

Read = TypeVar("Read")

CURVES = {"secp256r1": "es256", "secp384r1": "es384", "secp521r1": "es512"}
SHORTEST_RSA = 2048
TEST = "test certificate, proves nothing"
"""Said in the name of every certificate made here."""


@dataclass(frozen=True)
class Signatory:
    """Who signs.

    Attributes:
        name: Organisation and common name, for people.
        chain: Certificates in PEM, the signer's own first.
        key: Its private key in PEM; never shown.
        algorithm: As C2PA calls it: es256, ps256, ed25519.
        until: The certificate holds no longer than this.
        test: Made here: whoever verifies it learns nothing of who made the film.
    """

    name: str
    chain: bytes = field(repr=False)
    key: bytes = field(repr=False)
    algorithm: str
    until: dt.datetime
    test: bool = False


def signatory_from(certificate: str, key: str) -> Signatory | None:
    """Return who signs by the files named; None if none are.

    Args:
        certificate: File of the certificate chain in PEM, the signer's own first; empty: nobody signs.
        key: File of its private key in PEM, without a passphrase.

    Raises:
        BadInput: One is missing, cannot be read, or they do not belong together; says which, and never what is in it.
    """
    if not certificate and not key:
        return None
    if not certificate or not key:
        there, missing = ("CERTIFICATE", "KEY") if certificate else ("KEY", "CERTIFICATE")
        raise BadInput(f"ONEREEL_C2PA_{there} is set, ONEREEL_C2PA_{missing} is not; set both, or neither")
    chain, secret = _certificates(certificate), _secret(key)
    leaf = chain[0]
    if _public(leaf) != secret.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo):
        raise BadInput(f"ONEREEL_C2PA_KEY is not the key of the first certificate in {certificate}")
    now = dt.datetime.now(dt.UTC)
    if not leaf.not_valid_before_utc <= now < leaf.not_valid_after_utc:
        since, until = leaf.not_valid_before_utc.date(), leaf.not_valid_after_utc.date()
        raise BadInput(f"the certificate in {certificate} holds from {since} to {until} only; renew it")
    return _signatory(chain, secret)


@cache
def stand_in(whose: str) -> Signatory:
    """Return a signatory made on the spot: for rehearsals and for tests.

    Args:
        whose: Said in its name: "onereel rehearsal".
    """
    authority, secret = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    root = _named(f"{whose} root"), _named(f"{whose} root")
    ca = (
        _begun(*root, authority.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(authority=True), critical=True)
        .sign(authority, hashes.SHA256())
    )
    above = x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.public_key())
    leaf = (
        _begun(_named(whose), root[0], secret.public_key())
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(authority=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION]), critical=False)
        .add_extension(above, critical=False)
        .sign(authority, hashes.SHA256())
    )
    return _signatory([leaf, ca], secret, test=True)


def _begun(subject: x509.Name, issuer: x509.Name, public: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
    now = dt.datetime.now(dt.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(days=3650))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
    )


def _named(whose: str) -> x509.Name:
    return x509.Name(
        [x509.NameAttribute(NameOID.ORGANIZATION_NAME, TEST), x509.NameAttribute(NameOID.COMMON_NAME, whose)]
    )


def _usage(*, authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not authority,
        key_cert_sign=authority,
        crl_sign=authority,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _signatory(chain: list[x509.Certificate], secret: PrivateKeyTypes, *, test: bool = False) -> Signatory:
    leaf = chain[0]
    parts = (leaf.subject.get_attributes_for_oid(oid) for oid in (NameOID.ORGANIZATION_NAME, NameOID.COMMON_NAME))
    names = [str(part[0].value) for part in parts if part]
    return Signatory(
        name=", ".join(dict.fromkeys(names)) or leaf.subject.rfc4514_string(),
        chain=b"".join(one.public_bytes(Encoding.PEM) for one in chain),
        key=secret.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
        algorithm=_algorithm(secret),
        until=leaf.not_valid_after_utc,
        test=test,
    )


def _algorithm(secret: PrivateKeyTypes) -> str:
    if isinstance(secret, ec.EllipticCurvePrivateKey) and secret.curve.name in CURVES:
        return CURVES[secret.curve.name]
    if isinstance(secret, rsa.RSAPrivateKey) and secret.key_size >= SHORTEST_RSA:
        return "ps256"
    if isinstance(secret, ed25519.Ed25519PrivateKey):
        return "ed25519"
    raise BadInput("ONEREEL_C2PA_KEY: C2PA signs with EC P-256, P-384 or P-521, RSA of 2048 bits or more, or Ed25519")


def _certificates(path: str) -> list[x509.Certificate]:
    return _read("ONEREEL_C2PA_CERTIFICATE", path, x509.load_pem_x509_certificates, "certificates in PEM")


def _secret(path: str) -> PrivateKeyTypes:
    def load(data: bytes) -> PrivateKeyTypes:
        return load_pem_private_key(data, None)

    return _read("ONEREEL_C2PA_KEY", path, load, "a private key in PEM without a passphrase")


def _read(setting: str, path: str, load: Callable[[bytes], Read], wanted: str) -> Read:
    try:
        return load(Path(path).read_bytes())
    except OSError as error:
        raise BadInput(f"{setting} {path}: cannot be read ({error.strerror}); correct the path") from error
    except (ValueError, TypeError, UnsupportedAlgorithm):
        # What the library says may quote the file, and that may be the key.
        raise BadInput(f"{setting} {path}: is not {wanted}") from None


def _public(certificate: x509.Certificate) -> bytes:
    return certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
