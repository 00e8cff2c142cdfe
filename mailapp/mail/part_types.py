"""What an attachment is, where its header does not say or says it the old way."""

_BY_ENDING = {
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "gif": "image/gif",
    "webp": "image/webp",
    "avif": "image/avif",
    "bmp": "image/bmp",
    "heic": "image/heic",
    "pdf": "application/pdf",
    "xls": "application/vnd.ms-excel",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv",
    "ics": "text/calendar",
    "eml": "message/rfc822",
    "txt": "text/plain",
}
"""What a page shows or names by its kind. QQ Mail and many programs send every file as application/octet-stream."""
_UNTOLD = frozenset(
    ("application/octet-stream", "application/x-octet-stream", "application/unknown", "application/x-unknown")
)
_OLD_NAMES = {
    "image/jpg": "image/jpeg",
    "image/pjpeg": "image/jpeg",
    "image/x-png": "image/png",
    "image/x-ms-bmp": "image/bmp",
    "application/x-pdf": "application/pdf",
}


def part_type(content_type: str, name: str) -> str:
    """The type by which a part is shown: of a part that names none, the one its file name ends in."""
    if content_type in _UNTOLD:
        return _BY_ENDING.get(name.rpartition(".")[2].lower(), content_type) if "." in name else content_type
    return _OLD_NAMES.get(content_type, content_type)
