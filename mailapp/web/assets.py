"""Static files, held in memory: versioned addresses, gzip, conditional requests."""

import gzip
import hashlib
import mimetypes
import time
from dataclasses import field
from pathlib import Path

from quart import Blueprint, Response, abort, request

from mailapp.values import dataclass
from mailapp.web.bare import bare_script, bare_style
from mailapp.web.bundles import BUNDLES

VERSION_LENGTH = 12
LOOK_AGAIN_S = 3.0
"""How long a version is believed: twenty look-ups a page would cost 1.5 ms."""
COMPRESSED = ("text/", "application/javascript", "application/json", "application/manifest+json", "image/svg+xml")
FOREVER = "public, max-age=31536000, immutable"


@dataclass(slots=True)
class Asset:
    """One file as it was read; `stamp` tells when it has to be read again."""

    stamp: tuple[int, ...]
    body: bytes = field(repr=False)
    content_type: str
    version: str
    packed: bytes | None = field(default=None, repr=False)

    def gzipped(self) -> bytes | None:
        """The body packed once; None where packing does not pay."""
        if self.packed is None and self.content_type.startswith(COMPRESSED) and len(self.body) > 500:
            self.packed = gzip.compress(self.body, 9, mtime=0)
        return self.packed


class Assets:
    """The files under static/. A file that changes on disk is read again: no restart while working on a look."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()
        self._known: dict[str, Asset] = {}
        self._urls: dict[str, tuple[float, str]] = {}

    def find(self, name: str) -> Asset | None:
        """The asset with this path below static/, None where there is no such file.

        Only one spelling of a path is known: each name is kept in memory, and strangers choose the names.
        """
        try:
            paths = [self.folder / part for part in BUNDLES.get(name, ())] or [self._path(name)]
            status = [path.stat() for path in paths]
            stamp = tuple(value for each in status for value in (each.st_mtime_ns, each.st_size))
            known = self._known.get(name)
            if known is None or known.stamp != stamp:
                body = b"\n".join([_shorter(name, path.read_bytes()) for path in paths])
                version = hashlib.sha256(body).hexdigest()[:VERSION_LENGTH]
                known = self._known[name] = Asset(stamp, body, _content_type(Path(name)), version)
        except (ValueError, OSError):  # NUL in the name, a name too long, a file gone meanwhile
            return None
        return known

    def _path(self, name: str) -> Path:
        """The file of this name. Raises ValueError where it is none, or is spelled otherwise."""
        path = (self.folder / name).resolve()
        if not path.is_relative_to(self.folder) or path.relative_to(self.folder).as_posix() != name:
            raise ValueError(name)
        if not path.is_file():
            raise ValueError(name)
        return path

    def url(self, name: str) -> str:
        """The address that changes with the file's bytes, so that it may be kept for ever."""
        until, url = self._urls.get(name, (0.0, ""))
        now = time.monotonic()
        if now >= until:
            asset = self.find(name)
            if asset is None:
                return f"/static/{name}"
            url = f"/static/{name}?v={asset.version}"
            self._urls[name] = (now + LOOK_AGAIN_S, url)
        return url

    def blueprint(self) -> Blueprint:
        blueprint = Blueprint("assets", __name__)

        @blueprint.get("/static/<path:name>")
        async def static(name: str) -> Response:
            asset = self.find(name)
            if asset is None:
                abort(404)
            return _answer(asset)

        return blueprint


def _answer(asset: Asset) -> Response:
    etag = f'"{asset.version}"'
    current = request.args.get("v") == asset.version
    headers = {"ETag": etag, "Vary": "Accept-Encoding", "Cache-Control": FOREVER if current else "no-cache"}
    if request.headers.get("If-None-Match") == etag:
        return Response("", 304, headers)
    packed = asset.gzipped() if "gzip" in request.headers.get("Accept-Encoding", "") else None
    if packed is not None:
        headers["Content-Encoding"] = "gzip"
    return Response(packed if packed is not None else asset.body, 200, headers, content_type=asset.content_type)


def _shorter(name: str, body: bytes) -> bytes:
    """What is sent of a file: of our own scripts and styles no comments. They are read in the repository."""
    if name.startswith("css/"):
        return bare_style(body)
    return bare_script(body) if name.startswith("js/") else body


def _content_type(path: Path) -> str:
    if path.suffix == ".webmanifest":
        return "application/manifest+json"
    kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    return f"{kind}; charset=utf-8" if kind.startswith("text/") else kind
