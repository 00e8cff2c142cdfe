"""One part of the MIME tree, and what its header says of it (RFC 2045, RFC 2183)."""

import re
from collections.abc import Mapping
from dataclasses import field
from functools import lru_cache
from typing import NamedTuple

from mailapp.mail.bodies import encoding_of
from mailapp.mail.headers import fields, first_of_each, value_of
from mailapp.mail.parameters import file_name, value_and_parameters
from mailapp.values import dataclass

_KEPT_HEADER_BYTES = 512
"""Headers of parts up to this are read once and remembered: nearly every mail has the same few."""
_TYPE = re.compile(r"[\w.+-]+/[\w.+-]+", re.ASCII)


@dataclass(slots=True)
class Node:
    """One part: what its header says and where its body lies."""

    content_type: str = "text/plain"
    parameters: Mapping[str, str] = field(default_factory=dict)
    disposition: str = ""
    name: str = ""
    content_id: str = ""
    location: str = ""
    encoding: str = ""
    start: int = 0
    end: int = 0
    children: "list[Node]" = field(default_factory=list)

    @property
    def is_multipart(self) -> bool:
        return self.content_type.startswith("multipart/")


class Description(NamedTuple):
    """What the Content-* fields of a header say: the first fields of a Node."""

    content_type: str
    """ "" where the header names none."""
    parameters: Mapping[str, str]
    disposition: str
    name: str
    content_id: str
    location: str
    encoding: str


def describe(first: Mapping[str, str]) -> Description:
    """Read the Content-* fields; `first` is what `first_of_each` returns."""
    content_type = disposition = name = content_id = location = encoding = ""
    parameters: dict[str, str] = {}
    if "content-type" in first:
        kind, parameters = value_and_parameters(value_of(first["content-type"]))
        matched = _TYPE.match(kind)
        if matched:
            content_type = matched[0][:127]
        elif kind == "text":
            content_type = "text/plain"
        elif kind:
            content_type = "application/octet-stream"
    if "content-transfer-encoding" in first:
        encoding = encoding_of(value_of(first["content-transfer-encoding"]))
    if "content-disposition" in first:
        disposition, more = value_and_parameters(value_of(first["content-disposition"]))
        name = file_name(more, "filename") or file_name(more, "name")
    if not name and parameters:
        name = file_name(parameters, "name") or file_name(parameters, "filename")
    if "content-id" in first:
        content_id = value_of(first["content-id"]).strip("<> ")[:200]
    if "content-location" in first:
        location = value_of(first["content-location"]).strip()[:2_000]
    return Description(content_type, parameters, disposition, name, content_id, location, encoding)


def describe_section(section: bytes, limit: int) -> Description:
    """Read the header section of a part, at most `limit` fields of it."""
    return (_describe_known if len(section) <= _KEPT_HEADER_BYTES else _describe)(section, limit)


def _describe(section: bytes, limit: int) -> Description:
    return describe(first_of_each(fields(section, limit)))


_describe_known = lru_cache(maxsize=512)(_describe)


def node_of(said: Description, start: int, end: int, default_type: str = "text/plain") -> Node:
    """A node of a described header whose body lies from `start` to `end`."""
    content_type, parameters, disposition, name, content_id, location, encoding = said
    return Node(content_type or default_type, parameters, disposition, name, content_id, location, encoding, start, end)
