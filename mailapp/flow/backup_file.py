"""The file a backup is: a tar of manifest, database and checksum, packed with zstd, encrypted with age if wanted.

`age -d -i KEY F | zstd -d | tar x` opens it without us. It is written and read in pieces, whatever its size.
"""

import hashlib
import json
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import asdict
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO, Any, cast

from mailapp.store.snapshot import Damaged, Progress
from mailapp.values import dataclass

FORMAT = 1
BLOCK = 512
"""Bytes a tar is made of."""
MANIFEST, DATABASE, CHECKSUM = "manifest.json", "emails.db", "SHA256SUMS"
PIECE = 1_048_576
MANIFEST_LONGEST = 1_048_576
LEVEL = 3
AGE, ZSTD = b"age-encryption.org/v1", b"\x28\xb5\x2f\xfd"
"""What the two kinds of file begin with."""
KEY_LONGEST = 100_000
RECIPIENTS_MAX, RECIPIENT_LONGEST = 20, 4_000


class RecipientRefused(Exception):
    """Not a public key age can encrypt for: which one."""


class KeyNeeded(Exception):
    """The backup is encrypted, and no key was given, or none that opens it."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup says of itself."""

    created_at: str
    """RFC 3339."""
    mailapp: str
    """The release that made it."""
    database_size: int
    """Bytes."""
    counts: dict[str, int]
    """Rows by table, and "schema"."""
    format: int = FORMAT

    @classmethod
    def read(cls, data: bytes) -> "Manifest":
        """Raises Damaged."""
        try:
            values = json.loads(data)
            counts = {str(name): int(number) for name, number in values["counts"].items()}
            read = cls(
                str(values["created_at"]), str(values["mailapp"]), int(values["database_size"]), counts,
                int(values["format"]),
            )  # fmt: skip
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise Damaged("its manifest cannot be read") from error
        if read.format != FORMAT:
            raise Damaged(f"it has format {read.format}, which this release does not know")
        return read


def manifest_of(copy: Path, counts: dict[str, int], release: str, now: float) -> Manifest:
    """The manifest of a copy of the database."""
    created = datetime.fromtimestamp(now, UTC).isoformat(timespec="seconds")
    return Manifest(created, release, copy.stat().st_size, counts)


def recipients_of(text: str) -> list[str]:
    """The public keys of a text, one a line. Raises RecipientRefused on the first that is none."""
    found = list(dict.fromkeys(line.strip() for line in text.splitlines() if line.strip() and line[0] != "#"))
    if len(found) > RECIPIENTS_MAX:
        raise RecipientRefused(found[RECIPIENTS_MAX])
    for each in found:
        _recipient(each)
    return found


def pack(copy: Path, manifest: Manifest, target: IO[bytes], recipients: Sequence[str], progress: Progress) -> None:
    """Write the backup; what `progress` raises ends it. It rests as long as it works, so that deliveries go on."""
    pieces = _packed(_tar(copy, manifest, progress))
    if not recipients:
        for piece in pieces:
            target.write(piece)
        return
    import pyrage  # 1.2 MB that a server without encrypted backups does not need

    failed: list[BaseException] = []
    try:
        pyrage.encrypt_io(cast(Any, _Reader(pieces, failed)), target, [_recipient(each) for each in recipients])
    except Exception:
        if failed:
            raise failed[0] from None
        raise


def unpack(source: Path, into: Path, key: str) -> tuple[Manifest, Path]:
    """Take a backup apart into a directory: its manifest, and the database as it was packed, complete and unharmed.

    `key` is the text of an age identity file or an SSH private key, "" for none. Raises Damaged, KeyNeeded, OSError.
    """
    import tarfile  # half a megabyte that a server at rest does not need

    zstd = _zstd()
    with ExitStack() as stack:
        packed: IO[bytes] = stack.enter_context(source.open("rb"))
        if packed.read(len(AGE)) == AGE:
            packed = cast(IO[bytes], stack.enter_context(NamedTemporaryFile(dir=into)))
            _decrypt(source, packed, key)
        packed.seek(0)
        if packed.read(len(ZSTD)) != ZSTD:
            raise Damaged("this is not a backup of mailapp")
        packed.seek(0)
        try:
            with zstd.ZstdFile(packed) as plain:
                taken = _take(plain, into)
                while plain.read(PIECE):
                    pass  # the packer's own checksum stands at the end
        except (tarfile.TarError, zstd.ZstdError, EOFError) as error:
            raise Damaged("it is incomplete or was changed") from error
    return taken


def _take(plain: IO[bytes], into: Path) -> tuple[Manifest, Path]:
    manifest = Manifest.read(_member(plain, MANIFEST, MANIFEST_LONGEST))
    size = _next(plain, DATABASE)
    if size != manifest.database_size:
        raise Damaged("its database has another size than its manifest says")
    path, digest = into / DATABASE, hashlib.sha256()
    path.touch(mode=0o600, exist_ok=False)
    with path.open("wb") as out:
        for piece in _content(plain, size):
            digest.update(piece)
            out.write(piece)
    if _member(plain, CHECKSUM, 1_000).decode("ascii", "replace") != _checksum(digest.hexdigest()):
        raise Damaged("its checksum is wrong")
    return manifest, path


def _member(plain: IO[bytes], name: str, longest: int) -> bytes:
    size = _next(plain, name)
    if size > longest:
        raise Damaged(f"{name} is too large")
    return b"".join(_content(plain, size))


def _next(plain: IO[bytes], name: str) -> int:
    """The size of the next file. Read by hand: tarfile takes headers of headers into memory, however large."""
    import tarfile  # half a megabyte that a server at rest does not need

    info = tarfile.TarInfo.frombuf(_exactly(plain, tarfile.BLOCKSIZE), "utf-8", "replace")
    if info.name != name or info.type != tarfile.REGTYPE or info.size < 0:
        raise Damaged(f"{name} is missing")
    return info.size


def _content(plain: IO[bytes], size: int) -> Iterator[bytes]:
    """What follows a header, in pieces; the padding is passed over."""
    for at in range(0, size, PIECE):
        yield _exactly(plain, min(PIECE, size - at))
    _exactly(plain, -size % 512)


def _exactly(plain: IO[bytes], size: int) -> bytes:
    """Raises EOFError where there is less."""
    data = plain.read(size)
    if len(data) < size:
        raise EOFError
    return data


def _tar(copy: Path, manifest: Manifest, progress: Progress) -> Iterator[bytes]:
    at = int(datetime.fromisoformat(manifest.created_at).timestamp())
    yield from _small(MANIFEST, json.dumps(asdict(manifest), indent=1).encode(), at)
    yield _head(DATABASE, manifest.database_size, at)
    digest, done, began = hashlib.sha256(), 0, time.monotonic()
    with copy.open("rb") as file:
        while piece := file.read(PIECE):
            digest.update(piece)
            yield piece
            done += len(piece)
            progress(done, manifest.database_size)
            time.sleep(min(time.monotonic() - began, 0.1))
            began = time.monotonic()
    yield bytes(-done % BLOCK)
    yield from _small(CHECKSUM, _checksum(digest.hexdigest()).encode(), at)
    yield bytes(2 * BLOCK)


def _small(name: str, data: bytes, at: int) -> Iterator[bytes]:
    yield _head(name, len(data), at)
    yield data + bytes(-len(data) % BLOCK)


def _head(name: str, size: int, at: int) -> bytes:
    import tarfile  # half a megabyte that a server at rest does not need

    info = tarfile.TarInfo(name)
    info.size, info.mode, info.mtime = size, 0o600, at
    return info.tobuf(tarfile.GNU_FORMAT)


def _checksum(digest: str) -> str:
    return f"{digest}  {DATABASE}\n"


def _packed(pieces: Iterator[bytes]) -> Iterator[bytes]:
    zstd = _zstd()
    options = {zstd.CompressionParameter.compression_level: LEVEL, zstd.CompressionParameter.checksum_flag: 1}
    packer = zstd.ZstdCompressor(options=options)
    for piece in pieces:
        if packed := packer.compress(piece):
            yield packed
    yield packer.flush()


def _zstd() -> Any:
    """1.4 MB that a server at rest does not need; in the standard library from 3.14 on."""
    try:
        return import_module("compression.zstd")
    except ImportError:
        return import_module("backports.zstd")


class _Reader:
    """Pieces as a file that age reads from."""

    def __init__(self, pieces: Iterator[bytes], failed: list[BaseException]) -> None:
        self._pieces = pieces
        self._failed = failed
        """What ended the pieces: age tells only that something did."""
        self._held = memoryview(b"")

    def read(self, size: int = -1) -> bytes:
        if not self._held:
            try:
                self._held = memoryview(next((piece for piece in self._pieces if piece), b""))
            except BaseException as error:
                self._failed.append(error)
                raise
        taken, self._held = (self._held, memoryview(b"")) if size < 0 else (self._held[:size], self._held[size:])
        return bytes(taken)


def _recipient(text: str) -> Any:
    import pyrage  # 1.2 MB that a server without encrypted backups does not need

    kind = pyrage.ssh if text.startswith("ssh-") else pyrage.x25519
    try:
        if len(text) > RECIPIENT_LONGEST:
            raise ValueError
        return kind.Recipient.from_str(text)
    except (pyrage.RecipientError, ValueError):
        raise RecipientRefused(text[:80]) from None


def _decrypt(source: Path, target: IO[bytes], key: str) -> None:
    import pyrage  # 1.2 MB that a server without encrypted backups does not need

    identities = _identities(key)
    if not identities:
        raise KeyNeeded("the backup is encrypted: give the file with its private key")
    try:
        with source.open("rb") as packed:
            pyrage.decrypt_io(packed, target, identities)
    except pyrage.DecryptError as error:
        if "matching" in str(error):
            raise KeyNeeded("this private key does not open it") from None
        raise Damaged("it is incomplete or was changed") from error
    except OSError as error:
        if error.errno is not None:
            raise
        raise Damaged("it is incomplete or was changed") from error
    target.flush()


def _identities(key: str) -> list[Any]:
    """Every private key of a file: an age identity a line, or one SSH key as a whole."""
    import pyrage  # 1.2 MB that a server without encrypted backups does not need

    found: list[Any] = []
    if "PRIVATE KEY-----" in key:
        with suppress(pyrage.IdentityError):
            found.append(pyrage.ssh.Identity.from_buffer(key.encode()))
        return found
    for line in key[:KEY_LONGEST].splitlines():
        if line.strip().startswith("AGE-SECRET-KEY-"):
            with suppress(pyrage.IdentityError):
                found.append(pyrage.x25519.Identity.from_str(line.strip()))
    return found
