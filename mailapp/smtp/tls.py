"""The certificate of STARTTLS, reread when its files change."""

import logging
import ssl
import time
from pathlib import Path

logger = logging.getLogger(__name__)

_CHECK_EVERY = 3.0


class Certificates:
    """A TLS context over a certificate and a key file."""

    def __init__(self, cert: Path, key: Path, check_every: float = _CHECK_EVERY) -> None:
        """Raises OSError (ssl.SSLError is one) when the pair cannot be used."""
        self._cert = cert
        self._key = key
        self._check_every = check_every
        self._seen = self._signature()
        self._context = self._load()
        self._checked_at = time.monotonic()

    def context(self) -> ssl.SSLContext:
        """Return the current context; looks at the files at most every few seconds.

        A pair that does not work (often: only one of the two is replaced yet) leaves the old one in use.
        """
        now = time.monotonic()
        if now - self._checked_at >= self._check_every:
            self._checked_at = now
            self._refresh()
        return self._context

    def _refresh(self) -> None:
        try:
            signature = self._signature()
            if signature == self._seen:
                return
            self._seen = signature
            self._context = self._load()
        except OSError as error:
            logger.warning("TLS certificate not reread, the old one stays in use: %s", error)

    def _signature(self) -> tuple[tuple[int, int, int], ...]:
        stats = (self._cert.stat(), self._key.stat())
        return tuple((stat.st_mtime_ns, stat.st_ino, stat.st_size) for stat in stats)

    def _load(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        # Without a password function OpenSSL would ask on the terminal for an encrypted key, and block.
        context.load_cert_chain(self._cert, self._key, password=lambda: "")
        return context
