"""Certificates for servers of tests, made on the spot: no file in the repository expires."""

import datetime
import functools
import ipaddress
import ssl
import tempfile
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

GOOD, WRONG_NAME, UNTRUSTED, EXPIRED = "good", "wrong name", "untrusted", "expired"


@dataclass(frozen=True)
class Pair:
    """A self-signed certificate and its key, PEM."""

    certificate: bytes
    key: bytes

    def server_context(self) -> ssl.SSLContext:
        """What a server with this pair uses."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        with tempfile.TemporaryDirectory() as directory:
            cert, key = Path(directory) / "cert.pem", Path(directory) / "key.pem"
            cert.write_bytes(self.certificate)
            key.write_bytes(self.key)
            context.load_cert_chain(cert, key)
        return context

    def trusting_context(self) -> ssl.SSLContext:
        """What a client uses that trusts this certificate and nothing else."""
        return ssl.create_default_context(cadata=self.certificate.decode())


@functools.cache
def pair(kind: str) -> Pair:
    """A certificate for localhost, 127.0.0.1 and relay.example; or one that is wrong in the way asked for."""
    now = datetime.datetime.now(datetime.UTC)
    end = now - datetime.timedelta(days=1) if kind == EXPIRED else now + datetime.timedelta(days=2)
    names: list[x509.GeneralName] = [x509.DNSName("somebody-else.example")]
    if kind != WRONG_NAME:
        loopback = ipaddress.ip_address("127.0.0.1")
        names = [x509.DNSName("localhost"), x509.DNSName("relay.example"), x509.IPAddress(loopback)]
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a relay of the tests")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=3))
        .not_valid_after(end)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    return Pair(
        certificate.public_bytes(serialization.Encoding.PEM),
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()),
    )
